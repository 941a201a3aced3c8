"""Indices of tuning, on arrays: of units of a network, of another framework, or of neurones recorded from an animal.

Every function takes rates of shape (..., conditions), so that all cells go in at once, and works on the last axis.
Rates are not negative; where a cell does not respond at all the answer is NaN. They are the functions that
:func:`hierfeat.orientation_tuning` and its neighbours use, so that network and animal are measured with one ruler.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from hierfeat.errors import HierfeatError
from hierfeat.physiology.tuning import _curves, _indices

Array = np.ndarray | Sequence[Any]

__all__ = [
    "bandwidth", "c50", "direction", "dsi", "end_stopping", "f1_f0", "gdsi", "gosi", "half_width", "orientation", "osi",
    "permutation_p", "preferred_frequency", "ringach_bandwidth", "sparseness", "summation_field", "suppression",
    "surround", "treves_rolls",
]  # fmt: skip


def osi(responses: Array, orientations: Array | None = None) -> np.ndarray:
    """Classical orientation selectivity, (R_pref − R_orth) / (R_pref + R_orth).

    Parameters
    ----------
    responses
        Rates, (..., orientations).
    orientations
        Degrees in [0, 180); None means evenly spaced from 0.

    Returns
    -------
    numpy.ndarray
        (...,), 0 to 1; the largest sample is preferred, the orthogonal response is interpolated at 90° from it.

    Raises
    ------
    HierfeatError
        If rates are negative or NaN, or the orientations do not fit them.

    Notes
    -----
    It needs one sample at the peak, and jumps with the sampling of a narrow curve; :func:`gosi` uses all samples.

    Examples
    --------
    >>> osi([[3.0, 2, 1, 2], [0, 0, 0, 0]]).tolist()
    [0.5, nan]
    """
    rates, angles = _around(responses, orientations, 180.0)
    return _indices.osi(rates, angles)


def gosi(responses: Array, orientations: Array | None = None) -> np.ndarray:
    """Global orientation selectivity, |Σ R e^{2iθ}| / Σ R, which is 1 − circular variance.

    Parameters
    ----------
    responses
        Rates, (..., orientations).
    orientations
        Degrees in [0, 180), evenly spaced; None means from 0.

    Returns
    -------
    numpy.ndarray
        (...,): 0 of a flat curve, 1 of a cell that responds to one orientation only.

    Raises
    ------
    HierfeatError
        If rates are negative or NaN, or the orientations do not fit them.

    Notes
    -----
    Ringach et al. (2002) take the mean rate, without subtracting the spontaneous one, as R. AllenSDK's ``cv_os`` is
    this number, not the circular variance. Curves without harmonics beyond n − 2 have the same gOSI for any n samples.

    Examples
    --------
    >>> gosi([1.0, 0, 0, 0]).round(6).item()
    1.0
    """
    rates, angles = _around(responses, orientations, 180.0)
    return _indices.global_osi(rates, angles)


def orientation(responses: Array, orientations: Array | None = None) -> np.ndarray:
    """Preferred orientation, that of the resultant Σ R e^{2iθ}.

    Parameters
    ----------
    responses
        Rates, (..., orientations).
    orientations
        Degrees in [0, 180), evenly spaced; None means from 0.

    Returns
    -------
    numpy.ndarray
        (...,), degrees in [0, 180).

    Examples
    --------
    >>> orientation([0.0, 1, 1, 0]).round(6).item()
    67.5
    """
    rates, angles = _around(responses, orientations, 180.0)
    return _indices.vector_orientation(rates, angles)


def half_width(responses: Array, orientations: Array | None = None) -> np.ndarray:
    """Half-width at half-height of a von Mises function fitted to the curve, above its base.

    Parameters
    ----------
    responses
        Rates, (..., orientations).
    orientations
        Degrees in [0, 180); None means evenly spaced from 0.

    Returns
    -------
    numpy.ndarray
        (...,), degrees; NaN where it would exceed 90°, or lie below half a step, which samples cannot tell.

    Examples
    --------
    >>> angles = np.arange(0, 180, 11.25)
    >>> curve = np.exp(2 * (np.cos(2 * np.deg2rad(angles - 30)) - 1))
    >>> half_width(curve, angles).round(2).item()  # ½ arccos(1 − ln 2 / κ) with κ = 2
    24.6
    """
    rates, angles = _around(responses, orientations, 180.0)
    fit = _curves.fit_von_mises(rates.reshape(-1, rates.shape[-1]), angles)
    width = np.where((fit.r2 > 0) & (fit.half_width > 90 / len(angles)), fit.half_width, np.nan)
    return np.asarray(width.reshape(rates.shape[:-1]))


def ringach_bandwidth(responses: Array, orientations: Array | None = None) -> np.ndarray:
    """Orientation bandwidth of Ringach et al. (2002): half of the width at 1/√2 of the peak.

    Parameters
    ----------
    responses
        Rates, (..., orientations).
    orientations
        Degrees in [0, 180); None means evenly spaced from 0.

    Returns
    -------
    numpy.ndarray
        (...,), degrees; NaN where the curve does not fall so far within 90° on both sides.

    Notes
    -----
    The curve is interpolated to 1° and smoothed by a Hanning window of 13.5° half-width at half-height, as there.

    Examples
    --------
    >>> ringach_bandwidth(1 + np.cos(2 * np.deg2rad(np.arange(180.0)))).round(1).item()
    33.3
    """
    rates, angles = _around(responses, orientations, 180.0)
    return _indices.ringach_bandwidth(rates, angles)


def dsi(responses: Array, directions: Array | None = None) -> np.ndarray:
    """Classical direction selectivity, (R_pref − R_null) / (R_pref + R_null), the null 180° away.

    Parameters
    ----------
    responses
        Rates, (..., directions).
    directions
        Degrees in [0, 360); None means evenly spaced from 0.

    Returns
    -------
    numpy.ndarray
        (...,), 0 to 1.

    Examples
    --------
    >>> dsi([3.0, 2, 1, 2]).item()
    0.5
    """
    rates, angles = _around(responses, directions, 360.0)
    return _indices.dsi(rates, angles)


def gdsi(responses: Array, directions: Array | None = None) -> np.ndarray:
    """Global direction selectivity, |Σ R e^{iθ}| / Σ R.

    Parameters
    ----------
    responses
        Rates, (..., directions).
    directions
        Degrees in [0, 360), evenly spaced; None means from 0.

    Returns
    -------
    numpy.ndarray
        (...,), 0 to 1.

    Examples
    --------
    >>> gdsi([0.0, 1, 0, 0]).round(6).item()
    1.0
    """
    rates, angles = _around(responses, directions, 360.0)
    return _indices.global_dsi(rates, angles)


def direction(responses: Array, directions: Array | None = None) -> np.ndarray:
    """Preferred direction, that of the resultant Σ R e^{iθ}.

    Parameters
    ----------
    responses
        Rates, (..., directions).
    directions
        Degrees in [0, 360), evenly spaced; None means from 0.

    Returns
    -------
    numpy.ndarray
        (...,), degrees in [0, 360).

    Examples
    --------
    >>> direction([0.0, 0, 1, 1]).round(6).item()
    225.0
    """
    rates, angles = _around(responses, directions, 360.0)
    return _indices.wrapped(np.rad2deg(np.angle(_indices.resultant(rates, angles, 1))), 360.0)


def f1_f0(responses: Array, blank: Array | float = 0.0) -> np.ndarray:
    """Modulation ratio F1/|F0 − blank| over one cycle of a drifting grating; above 1 simple, below 1 complex.

    Parameters
    ----------
    responses
        Rates, (..., phases), at least 5 phases evenly over one cycle.
    blank
        The spontaneous rate, or the response to grey, of each cell; 0 by default.

    Returns
    -------
    numpy.ndarray
        (...,).

    Raises
    ------
    HierfeatError
        If rates are negative or NaN, or there are fewer than 5 phases: a half-rectified wave of 3 or 4 reads 1.6 to
        2.0 where π/2 is right.

    Notes
    -----
    Skottun et al. (1991) subtract the spontaneous rate; AllenSDK and Brain-Score do not. A threshold-linear wave that
    explains the samples stands for them where there are few.

    Examples
    --------
    >>> phases = np.deg2rad(np.arange(0, 360, 45) + 10)
    >>> f1_f0(np.maximum(0, np.cos(phases))).round(4).item()  # π/2
    1.5708
    """
    return _indices.f1_f0(_rates(responses), np.asarray(blank, dtype=float))


def preferred_frequency(responses: Array, frequencies: Array) -> np.ndarray:
    """Frequency of the peak, by a parabola through the largest sample and its neighbours.

    Parameters
    ----------
    responses
        Rates, (..., frequencies).
    frequencies
        Rising, in any unit.

    Returns
    -------
    numpy.ndarray
        (...,), in that unit; a largest sample at an end of the range is taken as it is.

    Notes
    -----
    The parabola is one of the logarithm of the rate in octaves, exact for a log-Gaussian curve.

    Examples
    --------
    >>> preferred_frequency([1.0, 4, 1], [1, 2, 4]).item()
    2.0
    """
    rates, tones = _along(responses, frequencies, "frequencies")
    flat = rates.reshape(-1, rates.shape[-1])
    peak = np.where(flat.max(1) > 0, _curves.interpolated_peak(flat, tones), np.nan)
    return np.asarray(peak.reshape(rates.shape[:-1]))


def bandwidth(responses: Array, frequencies: Array) -> np.ndarray:
    """Full width at half height of a log-Gaussian fitted to the curve, log2(high / low).

    Parameters
    ----------
    responses
        Rates, (..., frequencies).
    frequencies
        Rising, in any unit.

    Returns
    -------
    numpy.ndarray
        (...,), octaves; NaN where the largest sample lies at an end of the range.

    Notes
    -----
    Brain-Score's "oct" is high/low − 1, which is not octaves.

    Examples
    --------
    >>> tones = np.geomspace(0.5, 8, 9)
    >>> bandwidth(np.exp(-np.log2(tones / 2) ** 2 / 2), tones).round(3).item()  # 2 √(2 ln 2)
    2.355
    """
    rates, tones = _along(responses, frequencies, "frequencies")
    flat = rates.reshape(-1, rates.shape[-1])
    return np.asarray(_curves.fit_log_gaussian(flat, tones).bandwidth.reshape(rates.shape[:-1]))


def suppression(responses: Array) -> np.ndarray:
    """Suppression index (peak − plateau) / peak, the plateau being the response to the largest stimulus.

    Parameters
    ----------
    responses
        Rates, (..., sizes), from the smallest stimulus to the largest.

    Returns
    -------
    numpy.ndarray
        (...,), 0 to 1.

    Notes
    -----
    Cavanaugh et al. (2002) fit a ratio of Gaussians first and read the index off it; here it is read off the rates.

    Examples
    --------
    >>> suppression([0.0, 5, 10, 8, 6]).item()
    0.4
    """
    return _curves.end_stopping(_rates(responses))


def end_stopping(responses: Array) -> np.ndarray:
    """End-stopping (R_opt − R_long) / R_opt; 1 is wholly hypercomplex.

    Parameters
    ----------
    responses
        Rates, (..., lengths), from the shortest bar to the longest.

    Returns
    -------
    numpy.ndarray
        (...,), 0 to 1.

    Examples
    --------
    >>> end_stopping([1.0, 4, 1]).item()
    0.75
    """
    return _curves.end_stopping(_rates(responses))


def summation_field(responses: Array, diameters: Array) -> np.ndarray:
    """Grating summation field: the smallest diameter that reaches 95 % of the peak, interpolated.

    Parameters
    ----------
    responses
        Rates, (..., diameters).
    diameters
        Rising, in any unit.

    Returns
    -------
    numpy.ndarray
        (...,), in that unit.

    Examples
    --------
    >>> summation_field([0.0, 5, 10, 8], [2, 4, 6, 8]).item()
    5.8
    """
    rates, sizes = _along(responses, diameters, "diameters")
    found = _curves.size_indices(rates.reshape(-1, rates.shape[-1]), sizes)
    return np.asarray(found.summation_field.reshape(rates.shape[:-1]))


def surround(responses: Array, diameters: Array) -> np.ndarray:
    """Diameter of the surround: the first one past the peak whose response is within 5 % of the plateau.

    Parameters
    ----------
    responses
        Rates, (..., diameters).
    diameters
        Rising, in any unit.

    Returns
    -------
    numpy.ndarray
        (...,), in that unit; NaN without suppression.

    Examples
    --------
    >>> surround([0.0, 5, 10, 8, 6, 6], [2, 4, 6, 8, 10, 12]).round(2).item()
    9.7
    """
    rates, sizes = _along(responses, diameters, "diameters")
    found = _curves.size_indices(rates.reshape(-1, rates.shape[-1]), sizes)
    return np.asarray(found.surround.reshape(rates.shape[:-1]))


def c50(responses: Array, contrasts: Array) -> np.ndarray:
    """Semi-saturation contrast of the Naka-Rushton function R_max cⁿ / (cⁿ + c50ⁿ) + base, fitted.

    Parameters
    ----------
    responses
        Rates, (..., contrasts).
    contrasts
        Rising, 0 to 1.

    Returns
    -------
    numpy.ndarray
        (...,); far above 1 for a cell whose response is linear in contrast.

    Examples
    --------
    >>> contrasts = np.arange(1, 13) / 12
    >>> c50(contrasts**2 / (contrasts**2 + 0.3**2), contrasts).round(3).item()
    0.3
    """
    rates, steps = _along(responses, contrasts, "contrasts")
    fit = _curves.fit_naka_rushton(rates.reshape(-1, rates.shape[-1]), steps)
    silent = rates.max(-1) <= 0
    return np.asarray(np.where(silent, np.nan, fit.c50.reshape(rates.shape[:-1])))


def sparseness(responses: Array) -> np.ndarray:
    """Sparseness of Vinje and Gallant (2000), (1 − a) / (1 − 1/n), with a that of Treves and Rolls.

    Parameters
    ----------
    responses
        Rates, (..., n): over stimuli it is lifetime sparseness, over cells that of the population.

    Returns
    -------
    numpy.ndarray
        (...,): 0 where all rates are equal, 1 where all but one are 0.

    Examples
    --------
    >>> sparseness([[1.0, 1, 1, 1], [0, 0, 3, 0]]).tolist()
    [0.0, 1.0]
    """
    rates = _rates(responses)
    if rates.shape[-1] < 2:
        raise HierfeatError("expected at least 2 rates for a sparseness, got 1")
    return np.asarray((1 - treves_rolls(rates)) / (1 - 1 / rates.shape[-1]))


def treves_rolls(responses: Array) -> np.ndarray:
    """Sparseness of Treves and Rolls, a = (Σ r / n)² / (Σ r² / n); small where few respond.

    Parameters
    ----------
    responses
        Rates, (..., n).

    Returns
    -------
    numpy.ndarray
        (...,), 1/n to 1.

    Examples
    --------
    >>> treves_rolls([0.0, 0, 3, 0]).item()
    0.25
    """
    rates = _rates(responses)
    top = rates.max(-1, keepdims=True)
    scaled = rates / np.where(top > 0, top, 1)  # so that no square overflows
    with np.errstate(invalid="ignore"):
        return np.asarray(scaled.mean(-1) ** 2 / (scaled**2).mean(-1))


def permutation_p(
    responses: Array, orientations: Array | None = None, *, permutations: int = 999, seed: int = 0
) -> np.ndarray:
    """How often shuffled orientations give a gOSI at least as large; for responses with noise.

    Parameters
    ----------
    responses
        Rates, (..., orientations).
    orientations
        Degrees in [0, 180); None means evenly spaced from 0.
    permutations
        How many.
    seed
        Of the shuffling.

    Returns
    -------
    numpy.ndarray
        (...,), (1 + exceeding) / (1 + permutations); NaN where the order makes no difference: flat curves, and cells
        that respond to one orientation only.

    Notes
    -----
    The null is that orientations are exchangeable. Its power grows with their number, so that it says whether a cell
    is selective, never how much; single trials are to be shuffled where they were recorded.

    Examples
    --------
    >>> permutation_p(1 + np.cos(2 * np.deg2rad(np.arange(0, 180, 11.25)))).item()
    0.001
    """
    rates, angles = _around(responses, orientations, 180.0)
    return _indices.permutation_p(rates, angles, permutations=permutations, seed=seed)


def _rates(responses: Array) -> np.ndarray:
    """Rates as an array of floats, refused where they can be none."""
    try:
        given = np.asarray(responses, dtype=float)
    except (TypeError, ValueError):
        raise HierfeatError(f"expected rates as an array (..., conditions), got {type(responses).__name__}") from None
    return _indices.rates(given)


def _around(responses: Array, angles: Array | None, period: float) -> tuple[np.ndarray, np.ndarray]:
    """Rates and their angles, by default spread evenly over the period."""
    rates = _rates(responses)
    if angles is None:
        return rates, np.arange(rates.shape[-1]) * (period / rates.shape[-1])
    given = _numbers(angles, "angles", rates.shape[-1])
    if len(np.unique(given % period)) < len(given):
        raise HierfeatError(f"expected different angles within {period:g} degrees, got {given}")
    return rates, given


def _along(responses: Array, steps: Array, what: str) -> tuple[np.ndarray, np.ndarray]:
    """Rates and the rising property that they were measured at."""
    rates = _rates(responses)
    given = _numbers(steps, what, rates.shape[-1])
    if (np.diff(given) <= 0).any() or given[0] < 0:
        raise HierfeatError(f"expected rising {what}, got {given}")
    return rates, given


def _numbers(values: Array, what: str, count: int) -> np.ndarray:
    try:
        given = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        given = np.empty(0)
    if given.shape != (count,) or not np.isfinite(given).all():
        raise HierfeatError(f"expected {count} {what}, one for each of the responses, got shape {given.shape}")
    return given
