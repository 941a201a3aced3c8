"""Gratings as a full grid of orientations, frequencies and phases, also where they are a person's own."""

from typing import NamedTuple

import numpy as np

from hierfeat.errors import HierfeatError
from hierfeat.stimuli.stimulus_set import StimulusSet
from hierfeat.subjects.hierarchy import Hierarchy

AXES = ("orientation", "frequency", "phase")
"""Columns that the table of one's own gratings must have, in the order of the cube's axes."""


class Grid(NamedTuple):
    """Axes of the grid, in degrees, cycles/pixel and degrees, and which stimulus stands at each of its places."""

    orientations: np.ndarray
    frequencies: np.ndarray
    phases: np.ndarray
    order: np.ndarray

    def cube(self, rows: np.ndarray) -> np.ndarray:
        """Responses (stimuli, channels) as (channels, orientations, frequencies, phases)."""
        sizes = (len(self.orientations), len(self.frequencies), len(self.phases))
        return np.asarray(rows[self.order].T.reshape(-1, *sizes))


def own_grid(h: Hierarchy, stimuli: StimulusSet) -> Grid:
    """The grid that a set of one's own fills; refused where it does not."""
    if not isinstance(stimuli, StimulusSet):
        raise HierfeatError(f"expected stimuli as a StimulusSet, got {type(stimuli).__name__}; see hf.StimulusSet.of")
    if stimuli.shape != h.input_shape:
        raise HierfeatError(f"expected stimuli of shape {h.input_shape} for {h.name}, got {stimuli.shape}")
    missing = [name for name in AXES if name not in stimuli.table]
    if missing:
        raise HierfeatError(
            f"expected a table of stimuli with the columns {', '.join(AXES)}; {', '.join(missing)} not among "
            f"{', '.join(map(str, stimuli.table.columns))}"
        )
    columns = [stimuli.table[name].to_numpy(dtype=float) for name in AXES]
    columns[2] = columns[2] % 360
    axes = [np.unique(column) for column in columns]
    sizes = [len(axis) for axis in axes]
    places = np.ravel_multi_index([np.searchsorted(a, c) for a, c in zip(axes, columns, strict=True)], sizes)
    if len(places) != np.prod(sizes) or len(np.unique(places)) != len(places):
        raise HierfeatError(
            f"expected every combination of {sizes[0]} orientations, {sizes[1]} frequencies and {sizes[2]} phases "
            f"once, {np.prod(sizes)} stimuli; got {len(places)}, {len(np.unique(places))} of them different"
        )
    angles, _, phases = axes
    even = np.allclose(np.diff(phases, append=phases[0] + 360), 360 / len(phases), atol=1e-3)
    if len(angles) < 3 or len(phases) < 5 or not even or angles[0] < 0 or angles[-1] >= 180:
        raise HierfeatError(
            "expected at least 3 orientations from 0 to below 180 degrees and 5 phases evenly over 360 degrees, "
            f"got orientations {angles} and phases {phases}"
        )
    return Grid(angles, axes[1], phases, np.argsort(places))
