"""Indices of curves over phase, frequency, size and contrast."""

import numpy as np

from hierfeat.indices._arrays import Array, along, as_rates, with_blank
from hierfeat.physiology.tuning import _curves, _indices


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
    return _indices.f1_f0(*with_blank(responses, blank))


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
    rates, tones = along(responses, frequencies, "frequencies")
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
    rates, tones = along(responses, frequencies, "frequencies")
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
    return _curves.end_stopping(as_rates(responses))


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
    return _curves.end_stopping(as_rates(responses))


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
    rates, sizes = along(responses, diameters, "diameters")
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
    rates, sizes = along(responses, diameters, "diameters")
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
    rates, steps = along(responses, contrasts, "contrasts")
    fit = _curves.fit_naka_rushton(rates.reshape(-1, rates.shape[-1]), steps)
    silent = rates.max(-1) <= 0
    return np.asarray(np.where(silent, np.nan, fit.c50.reshape(rates.shape[:-1])))
