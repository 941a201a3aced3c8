"""Indices of curves over orientation and direction."""

import numpy as np

from hierfeat.indices._arrays import Array, around
from hierfeat.physiology.tuning import _curves, _indices


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
    rates, angles = around(responses, orientations, 180.0)
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
    rates, angles = around(responses, orientations, 180.0)
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
    rates, angles = around(responses, orientations, 180.0)
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
        (...,), degrees; NaN where it would exceed 90°, or lie below half a step, which samples cannot resolve.

    Examples
    --------
    >>> angles = np.arange(0, 180, 11.25)
    >>> curve = np.exp(2 * (np.cos(2 * np.deg2rad(angles - 30)) - 1))
    >>> half_width(curve, angles).round(2).item()  # ½ arccos(1 − ln 2 / κ) with κ = 2
    24.6
    """
    rates, angles = around(responses, orientations, 180.0)
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
    rates, angles = around(responses, orientations, 180.0)
    return _indices.ringach_bandwidth(rates, angles)


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
    rates, angles = around(responses, orientations, 180.0)
    return _indices.permutation_p(rates, angles, permutations=permutations, seed=seed)


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
    rates, angles = around(responses, directions, 360.0)
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
    rates, angles = around(responses, directions, 360.0)
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
    rates, angles = around(responses, directions, 360.0)
    return _indices.wrapped(np.rad2deg(np.angle(_indices.resultant(rates, angles, 1))), 360.0)
