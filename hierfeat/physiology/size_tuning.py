"""Size tuning: how a unit's response grows, and is suppressed, as its preferred grating widens."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hierfeat._result import Result
from hierfeat.errors import HierfeatError
from hierfeat.physiology.orientation_tuning import FINE, OrientationTuning, orientation_tuning
from hierfeat.physiology.preferred_stimuli import curves_of, show_preferred
from hierfeat.physiology.responses import rectified
from hierfeat.physiology.tuning_fits import size_indices
from hierfeat.physiology.tuning_indices import finer_phases, harmonics
from hierfeat.stimuli.gratings import gratings
from hierfeat.stimuli.stimulus_set import Values
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_table import Layers
from hierfeat.subjects.provenance import provenance

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class SizeTuning(Result):
    """Size tuning of every responsive unit; see :func:`size_tuning`.

    Attributes
    ----------
    diameters : numpy.ndarray
        Pixels.
    curves : dict of str to numpy.ndarray
        By layer, (channels, diameters); NaN for units that do not respond.
    """

    diameters: np.ndarray
    curves: dict[str, np.ndarray]

    def plot(self, layer: str | None = None) -> "Figure":
        """Size tuning curves of a layer, and the suppression index layer by layer."""
        from hierfeat.plots.series import plot_size_tuning

        return plot_size_tuning(self, layer)


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
        What :func:`hierfeat.orientation_tuning` answered for these layers; measured first where it is None.
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
    Cavanaugh, Bair & Movshon (2002), see :func:`hierfeat.physiology.tuning_fits.size_indices`.  A convolution's own
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
    steps = (
        np.geomspace(3, max(h.input_shape[1:]), diameters) if isinstance(diameters, int) else np.atleast_1d(diameters)
    )
    if len(steps) < 2 or (np.diff(steps) <= 0).any():
        raise HierfeatError(f"expected at least two rising diameters, got {steps}")
    wanted, raw = show_preferred(
        h,
        tuning,
        lambda angle, tone, place: gratings(
            h.input_shape, orientations=[angle], frequencies=tone, phases=phases, diameters=steps, position=place
        ),
        batch_size=batch_size,
    )
    # the table of gratings runs over phases before it runs over diameters
    curves = {
        layer: drift_responses(tuning, layer, rows.reshape(len(rows), phases, -1).swapaxes(1, 2))
        for layer, rows in raw.items()
    }
    found = size_indices(curves_of(wanted, curves), np.asarray(steps, dtype=float))
    table = wanted.assign(**vars(found))
    return SizeTuning(
        table=table,
        provenance=provenance(h, layers=list(curves), diameters=steps, phases=phases),
        diameters=np.asarray(steps, dtype=float),
        curves=curves,
    )


def drift_responses(tuning: OrientationTuning, layer: str, raw: np.ndarray) -> np.ndarray:
    """F1 of simple units and evoked F0 of the others, from (channels, conditions, phases)."""
    signed = tuning.responses[layer].min() < 0
    known = np.isfinite(raw).all(-1, keepdims=True)
    cycle = rectified(finer_phases(np.where(known, raw, 0), FINE) if signed else np.where(known, raw, 0))
    mean, first, _ = harmonics(cycle)
    evoked = rectified(mean - rectified(tuning.blank[layer])[:, None])
    simple = (tuning.table[tuning.table.layer == layer].f1_f0 > 1).to_numpy()[:, None]
    return np.where(known[..., 0], np.where(simple, first, evoked), np.nan)
