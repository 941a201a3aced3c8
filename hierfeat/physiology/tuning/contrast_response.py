"""Contrast response: how a unit's response to its preferred grating grows with contrast."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hierfeat.physiology._responses import Place, checked_place, checked_units
from hierfeat.physiology.tuning._curves import fit_naka_rushton
from hierfeat.physiology.tuning._preferred import (
    PreferredSeries,
    checked_tuning,
    curves_of,
    drift_curves,
    preferred_gratings,
    refuse_none,
    rising,
)
from hierfeat.physiology.tuning.orientation_tuning import PHASES, OrientationTuning, orientation_tuning
from hierfeat.stimuli.stimulus_set import Values
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_table import UNITS, Layers
from hierfeat.subjects.provenance import provenance


@dataclass(frozen=True, eq=False)
class ContrastResponse(PreferredSeries):
    """Contrast responses of every responsive unit, ``curves`` against ``contrasts``; see :func:`contrast_response`."""

    contrasts: np.ndarray


@checked(phases=PHASES, channels=checked_units, at=checked_place, tuning=checked_tuning)
def contrast_response(
    h: Hierarchy,
    *,
    layers: Layers = UNITS,
    contrasts: int | Values = 8,
    phases: int = 8,
    tuning: OrientationTuning | None = None,
    channels: Sequence[int] | None = None,
    at: Place | None = None,
    batch_size: int | None = None,
    progress: bool = True,
) -> ContrastResponse:
    """Raise the contrast of each unit's preferred grating, and fit the Naka-Rushton function.

    Parameters
    ----------
    h, layers
        As in :func:`hierfeat.size_tuning`.
    contrasts
        0 to 1, rising; an int spreads that many evenly from 1/n to 1.
    phases, tuning, channels, at, batch_size
        As in :func:`hierfeat.size_tuning`.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

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
    Saturation needs biases or normalisation. The gratings fill the image, so that units which look at different places
    share them. The response is F1, or F0 less the response to grey, whichever is the larger at its peak.

    Memory: one batch of stimuli, and the answer of one unit of each channel to every stimulus.

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
    tuning = tuning or orientation_tuning(h, layers=layers, at=at, batch_size=batch_size)
    steps = rising(contrasts, lambda n: np.arange(1, n + 1) / n, "contrasts", least=3)
    wanted = preferred_gratings(tuning, channels)
    refuse_none(h, tuning, wanted)
    shown = {"phases": phases, "centred": False, "at": at, "batch_size": batch_size}
    curves = drift_curves(h, tuning, wanted, "contrasts", steps, **shown)  # type: ignore[arg-type]
    rows = curves_of(wanted, curves)
    fit = fit_naka_rushton(rows, steps)
    columns = {"r_max": fit.r_max, "c50": fit.c50, "exponent": fit.exponent, "base": fit.base}
    return ContrastResponse(
        table=wanted.assign(**columns, naka_rushton_r2=fit.r2, linearity=_linearity(rows, steps)),
        provenance=provenance(h, layers=list(curves), contrasts=steps, phases=phases, channels=channels, at=at),
        curves=curves,
        contrasts=steps,
    )


def _linearity(rows: np.ndarray, contrasts: np.ndarray) -> np.ndarray:
    """Squared cosine of each curve with a straight line through the origin."""
    power = (rows**2).sum(1) * (contrasts**2).sum()
    return np.asarray(np.where(power > 0, (rows @ contrasts) ** 2 / np.where(power > 0, power, 1), np.nan))
