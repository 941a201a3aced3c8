"""Contrast response: how a unit's response to its preferred grating grows with contrast."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hierfeat._result import Result
from hierfeat.errors import HierfeatError
from hierfeat.physiology.orientation_tuning import OrientationTuning, orientation_tuning
from hierfeat.physiology.preferred_stimuli import curves_of, show_preferred
from hierfeat.physiology.size_tuning import drift_responses
from hierfeat.physiology.tuning_fits import fit_naka_rushton
from hierfeat.stimuli.gratings import gratings
from hierfeat.stimuli.stimulus_set import Values
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_table import Layers
from hierfeat.subjects.provenance import provenance

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class ContrastResponse(Result):
    """Contrast responses of every responsive unit; see :func:`contrast_response`.

    Attributes
    ----------
    contrasts : numpy.ndarray
    curves : dict of str to numpy.ndarray
        By layer, (channels, contrasts); NaN for units that do not respond.
    """

    contrasts: np.ndarray
    curves: dict[str, np.ndarray]

    def plot(self, layer: str | None = None) -> "Figure":
        """Contrast responses of a layer, and how linear the layers are."""
        from hierfeat.plots.series import plot_contrast_response

        return plot_contrast_response(self, layer)


def contrast_response(
    h: Hierarchy,
    *,
    layers: Layers = ("conv", "pool"),
    contrasts: int | Values = 8,
    phases: int = 8,
    tuning: OrientationTuning | None = None,
    batch_size: int | None = None,
) -> ContrastResponse:
    """Raise the contrast of each unit's preferred grating, and fit the Naka-Rushton function.

    Parameters
    ----------
    h
        The subject.
    layers
        Names, glob patterns or kinds.
    contrasts
        0 to 1, rising; an int spreads that many evenly from 1/n to 1.
    phases
        Phases of the drift.
    tuning
        What :func:`hierfeat.orientation_tuning` answered for these layers; measured first where it is None.
    batch_size
        Images in one forward pass.

    Returns
    -------
    ContrastResponse
        ``.table`` has a row per responsive unit: ``layer, channel, orientation, frequency, r_max, c50, exponent, base,
        naka_rushton_r2, linearity``.

    Raises
    ------
    HierfeatError
        If no unit responds, or the contrasts do not rise within 0 to 1.

    Notes
    -----
    ``linearity`` is the squared correlation with contrast through the origin: a network of ReLUs and pools without
    biases, shown zero-mean gratings, is exactly linear (1); then c50 lies far above 1 and r_max means nothing.
    Saturation needs biases or normalisation.  The gratings fill the image.

    References
    ----------
    Albrecht DG, Hamilton DB (1982). J Neurophysiol 48:217-237.

    Examples
    --------
    >>> import hierfeat as hf
    >>> found = hf.contrast_response(hf.load("lenet5-digits"), layers="conv1", contrasts=[0.25, 0.5, 0.75, 1.0])
    >>> list(found.curves)
    ['conv1']
    """
    tuning = tuning or orientation_tuning(h, layers=layers, batch_size=batch_size)
    steps = np.arange(1, contrasts + 1) / contrasts if isinstance(contrasts, int) else np.atleast_1d(contrasts)
    if len(steps) < 3 or (np.diff(steps) <= 0).any():
        raise HierfeatError(f"expected at least three rising contrasts, got {steps}")
    wanted, raw = show_preferred(
        h,
        tuning,
        lambda angle, tone, place: gratings(
            h.input_shape, orientations=[angle], frequencies=tone, phases=phases, contrasts=steps, position=place
        ),
        batch_size=batch_size,
    )
    curves = {
        layer: drift_responses(tuning, layer, rows.reshape(len(rows), phases, -1).swapaxes(1, 2))
        for layer, rows in raw.items()
    }
    rows = curves_of(wanted, curves)
    fit = fit_naka_rushton(rows, np.asarray(steps, dtype=float))
    columns = {"r_max": fit.r_max, "c50": fit.c50, "exponent": fit.exponent, "base": fit.base}
    table = wanted.assign(**columns, naka_rushton_r2=fit.r2, linearity=_linearity(rows, steps))
    return ContrastResponse(
        table=table,
        provenance=provenance(h, layers=list(curves), contrasts=steps, phases=phases),
        contrasts=np.asarray(steps, dtype=float),
        curves=curves,
    )


def _linearity(rows: np.ndarray, contrasts: np.ndarray) -> np.ndarray:
    """Squared cosine of each curve with a straight line through the origin."""
    power = (rows**2).sum(1) * (contrasts**2).sum()
    return np.asarray(np.where(power > 0, (rows @ contrasts) ** 2 / np.where(power > 0, power, 1), np.nan))
