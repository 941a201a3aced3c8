"""Size tuning: how a unit's response grows, and is suppressed, as its preferred grating widens."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hierfeat.physiology._responses import Place, checked_place, checked_units
from hierfeat.physiology.tuning._centre import centred_gratings
from hierfeat.physiology.tuning._curves import size_indices
from hierfeat.physiology.tuning._preferred import PreferredSeries, checked_tuning, curves_of, drift_curves, rising
from hierfeat.physiology.tuning.orientation_tuning import PHASES, OrientationTuning, orientation_tuning
from hierfeat.stimuli.stimulus_set import Values
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_table import UNITS, Layers
from hierfeat.subjects.provenance import provenance


@dataclass(frozen=True, eq=False)
class SizeTuning(PreferredSeries):
    """Size tuning of every responsive unit, ``curves`` against ``diameters`` in pixels; see :func:`size_tuning`."""

    diameters: np.ndarray


@checked(phases=PHASES, channels=checked_units, at=checked_place, tuning=checked_tuning)
def size_tuning(
    h: Hierarchy,
    *,
    layers: Layers = UNITS,
    diameters: int | Values = 10,
    phases: int = 8,
    tuning: OrientationTuning | None = None,
    channels: Sequence[int] | None = None,
    at: Place | None = None,
    batch_size: int | None = None,
    progress: bool = True,
) -> SizeTuning:
    """Widen each unit's preferred grating from a few pixels to the whole image.

    Parameters
    ----------
    h
        The subject.
    layers
        Names, glob patterns or kinds.
    diameters
        Pixels, rising; an int spreads that many evenly in octaves from 3 to the image's longer side.
    phases
        Phases of the drift.
    tuning
        What :func:`hierfeat.orientation_tuning` found; its layers then count, whatever `layers` says. Measured first
        where it is None.
    channels
        Which of the units that respond; None means all.
    at
        (row, col) of the unit in each map; None is the one in the middle, (h//2, w//2).
    batch_size
        Images in one forward pass; by default as many as suit their size. It changes no number.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    SizeTuning
        ``.table`` has a row per responsive unit: ``layer, channel, orientation, frequency, suppression_index,
        summation_field, surround, peak, plateau``; lengths are diameters in pixels.

    Raises
    ------
    HierfeatError
        If no unit responds, or the diameters do not rise.

    Notes
    -----
    The response is F1, or F0 less the response to grey, whichever is the larger at its peak over the diameters. The
    grating is the one that the unit prefers full-field; where wider gratings suppress it, the one it prefers within the
    centre of its field, found in windows that widen from 3 pixels (see
    :func:`hierfeat.physiology.tuning._centre.centred_gratings`): one that fills the image drives the surround as well.
    Indices after Cavanaugh, Bair & Movshon (2002), see :func:`hierfeat.physiology.tuning._curves.size_indices`; there
    they are read off a ratio of Gaussians fitted to the responses, here off the responses themselves, interpolated.
    A convolution's own field cannot be suppressed from beyond its edge: suppression within it comes from its kernel.

    Stimuli are shared by all units that prefer the same grating and look at the same place. The cost is that many
    times diameters x phases images, up to 240 for each window of the search, and memory that of one batch.

    Memory: one batch of stimuli, and the answer of one unit of each channel to every stimulus.

    References
    ----------
    Cavanaugh JR, Bair W, Movshon JA (2002). J Neurophysiol 88:2530-2546.

    Examples
    --------
    >>> import hierfeat as hf
    >>> sizes = hf.size_tuning(hf.load("lenet5-digits"), layers="conv1", diameters=[2, 4, 8, 16, 32])
    >>> bool(sizes.table.suppression_index.between(0, 1).all())
    True
    """
    tuning = tuning or orientation_tuning(h, layers=layers, at=at, batch_size=batch_size)
    steps = rising(diameters, lambda n: np.geomspace(3, max(h.input_shape[1:]), n), "diameters", least=2)
    unit: dict[str, Any] = {"at": at, "batch_size": batch_size}
    wanted = centred_gratings(h, tuning, channels, **unit)
    curves = drift_curves(h, tuning, wanted, "diameters", steps, phases=phases, **unit)
    found = size_indices(curves_of(wanted, curves), steps)
    return SizeTuning(
        table=wanted.assign(**vars(found)),
        provenance=provenance(h, layers=list(curves), diameters=steps, phases=phases, channels=channels, at=at),
        curves=curves,
        diameters=steps,
    )
