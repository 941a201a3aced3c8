"""Gratings as a full grid of orientations, frequencies and phases, also where they are a person's own."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hierfeat.errors import HierfeatError
from hierfeat.stimuli.stimulus_set import StimulusSet, Values, spread
from hierfeat.subjects.hierarchy import Hierarchy

AXES = ("orientation", "frequency", "phase")
"""Columns that the table of one's own gratings must have, in the order of the cube's axes."""


TYPED = np.arange(16) * (180 / 16)
"""Orientations that decide the types, in degrees.

Where a unit's curve has several narrow peaks, which of them is the highest, and with it the type, depends on where
samples fall: of the units of a network of dense layers 9 % had another type by 90 orientations than by 16.
"""
FINE = 8
"""At least so many phases decide the types.

Of 5 or 6, which grating drives a unit most depends on where they fall: of the units of small networks up to 5 % had
another type by them than by 48, by 8 and more at most 2.6 %.
"""
NYQUIST = 0.5
"""Cycles/pixel."""


class Grid(NamedTuple):
    """Axes of the grid, in degrees, cycles/pixel and degrees, and which stimulus stands at each of its places.

    `every` orientation is shown: those asked for, and those by which `typing` is done; and `fine` phases, those asked
    for among them.
    """

    orientations: np.ndarray
    frequencies: np.ndarray
    phases: np.ndarray
    order: np.ndarray
    every: np.ndarray
    typing: np.ndarray
    fine: np.ndarray

    def cube(self, rows: np.ndarray) -> np.ndarray:
        """Responses (stimuli, channels) as (channels, orientations, frequencies, phases)."""
        sizes = (len(self.every), len(self.frequencies), len(self.fine))
        return np.asarray(rows[self.order].T.reshape(-1, *sizes))

    def named(self) -> dict[str, np.ndarray]:
        """The axes that were asked for, as a provenance names them."""
        return {"orientations": self.orientations, "frequencies": self.frequencies}

    def asked(self, responses: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The part of the `responses` shown that was asked for."""
        step = len(self.fine) // len(self.phases)
        found = self._at(self.orientations, responses)
        return {name: np.ascontiguousarray(cube[..., ::step]) for name, cube in found.items()}

    def typed(self, responses: dict[str, np.ndarray]) -> dict[str, np.ndarray] | None:
        """The part that decides the types, where it is another than what was asked for."""
        same = np.array_equal(self.typing, self.orientations) and len(self.fine) == len(self.phases)
        return None if same else self._at(self.typing, responses)

    def _at(self, orientations: np.ndarray, responses: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        if len(orientations) == len(self.every):
            return responses
        places = np.abs(self.every - orientations[:, None]).argmin(1)
        return {name: cube[:, places] for name, cube in responses.items()}


def counted_grid(h: Hierarchy, orientations: int | Values, frequencies: int | Values, phases: int) -> Grid:
    """The grid that is described by its axes; a number of orientations below 16 is multiplied until it is not."""
    angles, spectrum = spread(orientations, 180.0), _frequencies(frequencies, h.input_shape)
    if len(angles) < 3:
        raise HierfeatError(f"expected at least 3 orientations, got {len(angles)}")
    every = typing = angles
    if isinstance(orientations, int | np.integer):
        angles = spread(orientations * -(-len(TYPED) // orientations), 180.0)
        typing, every = (
            TYPED,
            np.sort(np.append(angles, [angle for angle in TYPED if np.abs(angles - angle).min() > 1e-6])),
        )
    if angles[0] < 0 or angles[-1] >= 180 or not (np.diff(angles) > 0).all():
        raise HierfeatError(f"expected rising orientations from 0 to below 180 degrees, got {angles}")
    drift, fine = spread(phases, 360.0), spread(phases * -(-FINE // phases), 360.0)
    order = np.arange(len(every) * len(spectrum) * len(fine))
    return Grid(angles, spectrum, drift, order, every, typing, fine)


def _frequencies(frequencies: int | Values, shape: Sequence[int]) -> np.ndarray:
    if isinstance(frequencies, int | np.integer):
        return np.geomspace(min(1.5 / min(shape[1:]), 0.25), NYQUIST, int(frequencies))
    given = np.atleast_1d(np.asarray(frequencies, dtype=float))
    if (np.diff(given) <= 0).any():
        raise HierfeatError(f"expected rising frequencies, got {given}")
    return given


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
    return Grid(angles, axes[1], phases, np.argsort(places), angles, angles, phases)
