"""Size tuning: how a unit's response grows, and is suppressed, as its preferred grating widens."""

from dataclasses import dataclass

import numpy as np

from hierfeat.physiology.tuning._curves import size_indices
from hierfeat.physiology.tuning._preferred import PreferredSeries, curves_of, drift_curves, rising
from hierfeat.physiology.tuning.orientation_tuning import OrientationTuning, orientation_tuning
from hierfeat.stimuli.stimulus_set import Values
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_table import Layers
from hierfeat.subjects.provenance import provenance


@dataclass(frozen=True, eq=False)
class SizeTuning(PreferredSeries):
    """Size tuning of every responsive unit, ``curves`` against ``diameters`` in pixels; see :func:`size_tuning`."""

    diameters: np.ndarray


@checked()
def size_tuning(
    h: Hierarchy,
    *,
    layers: Layers = ("conv", "pool"),
    diameters: int | Values = 10,
    phases: int = 8,
    tuning: OrientationTuning | None = None,
    batch_size: int | None = None,
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
        What :func:`hierfeat.orientation_tuning` answered; its layers then count, whatever `layers` says. Measured first
        where it is None.
    batch_size
        Images in one forward pass.

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
    The response is F1 for a unit with F1/F0 above 1 and F0 less the response to grey for the others.  Indices after
    Cavanaugh, Bair & Movshon (2002), see :func:`hierfeat.physiology.tuning._curves.size_indices`.  A convolution's own
    field cannot be suppressed from beyond its edge: suppression within it comes from its kernel.

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
    tuning = tuning or orientation_tuning(h, layers=layers, batch_size=batch_size)
    steps = rising(diameters, lambda n: np.geomspace(3, max(h.input_shape[1:]), n), "diameters", least=2)
    wanted, curves = drift_curves(h, tuning, "diameters", steps, phases=phases, batch_size=batch_size)
    found = size_indices(curves_of(wanted, curves), steps)
    return SizeTuning(
        table=wanted.assign(**vars(found)),
        provenance=provenance(h, layers=list(curves), diameters=steps, phases=phases),
        curves=curves,
        diameters=steps,
    )
