"""Numbers that sum up a tuning curve; each names its variant.

Every function takes curves of shape (..., n) and works on the last axis, so all channels of a layer go in at once.
Responses are rates: not negative.
"""

from functools import lru_cache

import numpy as np

from hierfeat._fits import r_squared
from hierfeat.errors import HierfeatError, warn

ENOUGH = 32
"""Phases from which on a rectified wave's F1/F0 is right within 0.4 % as it is."""
LEAST_PHASES = 5
"""Of one cycle, below which F1/F0 of a rectified wave is far off."""
STEP = 1.0
"""Degrees between the points of an interpolated orientation curve."""
LEAN = 0.02
"""Selectivity that a flat curve may have by uneven angles without a word: that of angles rounded to whole degrees."""
CHUNK = 64
"""Curves whose permutations are tried at once."""


def resultant(curve: np.ndarray, angles: np.ndarray, harmonic: int) -> np.ndarray:
    """Σ R e^{i·harmonic·θ} / Σ R, complex; NaN where the curve is zero throughout. `angles` in degrees."""
    curve = rates(curve)
    total = curve.sum(-1)
    phasors = np.exp(1j * harmonic * np.deg2rad(angles))
    _warn_of_lean(angles, phasors, 360 / harmonic)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(total > 0, (curve @ phasors) / total, np.nan))


def _warn_of_lean(angles: np.ndarray, phasors: np.ndarray, period: float) -> None:
    """Say so where a flat curve, or one of a single wave, has another resultant by these angles than by even ones."""
    if max(abs(phasors.mean()), abs((phasors**2).mean()) * (len(phasors) > 2)) > LEAN:
        around = np.sort(angles % period)
        gaps = np.diff(around, append=around[0] + period)
        warn(
            f"the angles are {gaps.min():g} to {gaps.max():g} degrees apart: selectivity and preferred angle weigh all "
            "of them alike, and lean to where they are dense; give evenly spaced ones"
        )


def global_osi(curve: np.ndarray, orientations: np.ndarray) -> np.ndarray:
    """Global orientation selectivity, ``|Σ R e^{2iθ}| / Σ R`` = 1 − circular variance.

    AllenSDK calls the same number ``cv_os``; 0 is untuned, 1 responds to a single orientation.

    References
    ----------
    Ringach DL, Shapley RM, Hawken MJ (2002). Orientation selectivity in macaque V1. J Neurosci 22:5639-5651.

    Examples
    --------
    >>> global_osi(np.array([1.0, 0, 0, 0]), np.array([0, 45, 90, 135])).round(6).item()
    1.0
    """
    return np.asarray(np.abs(resultant(curve, orientations, 2)))


def global_dsi(curve: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Global direction selectivity, ``|Σ R e^{iθ}| / Σ R`` over directions in [0, 360)."""
    return np.asarray(np.abs(resultant(curve, directions, 1)))


def vector_orientation(curve: np.ndarray, orientations: np.ndarray) -> np.ndarray:
    """Orientation of the resultant, degrees in [0, 180)."""
    return wrapped(np.rad2deg(np.angle(resultant(curve, orientations, 2))) / 2, 180.0)


def wrapped(angle: np.ndarray, period: float) -> np.ndarray:
    """`angle` in [0, period); a hair below 0 is 0, not `period`."""
    turned = np.asarray(angle) % period
    return np.asarray(np.where(turned > period - 1e-5, 0.0, turned))


def osi(curve: np.ndarray, orientations: np.ndarray) -> np.ndarray:
    """Classical orientation selectivity, ``(R_pref − R_orth) / (R_pref + R_orth)``.

    The preferred orientation is the largest sample; the orthogonal response is interpolated at 90° from it.

    Examples
    --------
    >>> osi(np.array([3.0, 2, 1, 2]), np.array([0, 45, 90, 135])).item()
    0.5
    """
    return _contrast_of_opposites(rates(curve), orientations, 180.0)


def dsi(curve: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Classical direction selectivity, ``(R_pref − R_null) / (R_pref + R_null)``, the null 180° away."""
    return _contrast_of_opposites(rates(curve), directions, 360.0)


def _contrast_of_opposites(curve: np.ndarray, angles: np.ndarray, period: float) -> np.ndarray:
    best = curve.argmax(-1)
    peak = np.take_along_axis(curve, best[..., None], -1)[..., 0]
    opposite = interpolate_circular(curve, angles, period, (angles[best] + period / 2)[..., None])[..., 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((peak - opposite) / (peak + opposite))


def interpolate_circular(curve: np.ndarray, angles: np.ndarray, period: float, at: np.ndarray) -> np.ndarray:
    """Linear interpolation on a circle; `at` (..., k) in the units of `period`."""
    order = np.argsort(angles % period)
    grid, values = (angles % period)[order], np.asarray(curve)[..., order]
    at = np.broadcast_to(at % period, (*values.shape[:-1], at.shape[-1]))
    upper = np.searchsorted(grid, at, side="right") % len(grid)
    lower = upper - 1
    gap = (grid[upper] - grid[lower]) % period
    share = ((at - grid[lower]) % period) / np.where(gap > 0, gap, period)
    below, above = np.take_along_axis(values, lower % len(grid), -1), np.take_along_axis(values, upper, -1)
    return np.asarray(below + share * (above - below))


def ringach_bandwidth(curve: np.ndarray, orientations: np.ndarray) -> np.ndarray:
    """Orientation bandwidth in degrees: half of the width at 1/√2 of the peak, of the smoothed curve.

    Notes
    -----
    The curve is interpolated to 1° and smoothed by a Hanning window of 13.5° half-width at half-height; where it
    never falls to 1/√2 of its peak on one side within 90°, the unit is not selective and the bandwidth NaN.

    References
    ----------
    Ringach DL, Shapley RM, Hawken MJ (2002). Orientation selectivity in macaque V1. J Neurosci 22:5639-5651.
    """
    smooth = rates(curve) @ _smoothing(tuple(np.asarray(orientations, dtype=float)))
    centred = np.take_along_axis(smooth, (smooth.argmax(-1)[..., None] + np.arange(180)) % 180, -1)
    level = centred[..., :1] / np.sqrt(2)
    right, left = centred[..., :91], centred[..., np.r_[0, 179:89:-1]]
    return np.asarray((_first_fall(right, level) + _first_fall(left, level)) / 2)


@lru_cache(maxsize=8)
def _smoothing(orientations: tuple[float, ...]) -> np.ndarray:
    """What turns a curve into its interpolated and smoothed one, (orientations, 180): both are linear."""
    fine = interpolate_circular(np.eye(len(orientations)), np.array(orientations), 180.0, np.arange(0, 180, STEP))
    offsets = np.arange(-26, 27)
    window = 0.5 * (1 + np.cos(np.pi * offsets / 27.0))
    shifted = [weight * np.roll(fine, offset, -1) for weight, offset in zip(window, offsets, strict=True)]
    return np.asarray(np.sum(shifted, axis=0) / window.sum())


def _first_fall(side: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Where a curve first falls to `level`, interpolated; NaN where it never does."""
    fallen = side <= level
    index = np.maximum(fallen.argmax(-1), 1)[..., None]
    before, after = np.take_along_axis(side, index - 1, -1), np.take_along_axis(side, index, -1)
    with np.errstate(invalid="ignore", divide="ignore"):
        place = (index - 1 + (before - level) / (before - after))[..., 0]
    return np.asarray(np.where(fallen.any(-1) & (level[..., 0] > 0), place, np.nan))


def harmonics(responses: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """F0 and the cosine and sine parts of F1, from equally spaced phases of one cycle on the last axis.

    Notes
    -----
    ``F0`` is the mean, ``F1 = 2 |FFT₁| / n``, as in AllenSDK's ``f1_f0``: the length of the two parts. Their angle is
    the stimulus phase at which the fundamental peaks.
    """
    responses = np.asarray(responses, dtype=float)
    if responses.shape[-1] < LEAST_PHASES:
        raise HierfeatError(
            f"expected at least {LEAST_PHASES} phases for a first harmonic, got {responses.shape[-1]}: with 3 or 4, "
            "F1/F0 of a half-rectified wave reads 1.6 to 2.0 where π/2 is right"
        )
    angles = np.arange(responses.shape[-1]) * (2 * np.pi / responses.shape[-1])
    waves = np.stack([np.ones_like(angles), 2 * np.cos(angles), 2 * np.sin(angles)], axis=1) / len(angles)
    mean, even, odd = np.moveaxis(responses @ waves, -1, 0)
    return mean, even, odd


def f1_f0(responses: np.ndarray, blank: np.ndarray | float = 0.0) -> np.ndarray:
    """Modulation ratio F1/|F0 − blank| over one cycle of phases; above 1 simple, below 1 complex.

    Parameters
    ----------
    responses
        Rates at equally spaced phases, (..., n).
    blank
        The response to the grey ground, subtracted from F0 as Skottun et al. subtract the spontaneous rate.

    Notes
    -----
    A few phases sample the mean of a rectified wave badly: with 8 the ratio of a half-rectified sinusoid is off by
    up to 5.5 %, with 16 by 1.3 %.  Where ``max(0, m + A cos(φ − δ))`` explains 99.99 % of the variance, the ratio is
    taken from that curve, which removes the error; elsewhere, and from 32 phases on, from the samples.

    References
    ----------
    Skottun BC et al. (1991). Classifying simple and complex cells on the basis of response modulation. Vision Res
    31:1079-1086. Mechler F, Ringach DL (2002). On the classification of simple and complex cells. Vision Res
    42:1017-1033: that the ratio is bimodal does not by itself prove two classes.

    Examples
    --------
    >>> phases = np.deg2rad(np.arange(0, 360, 45) + 10)
    >>> f1_f0(np.maximum(0, np.cos(phases))).round(4).item()  # π/2
    1.5708
    """
    mean, first = _unaliased_harmonics(rates(responses))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(first > 0, first / np.abs(mean - blank), np.where(mean != blank, 0.0, np.nan)))


def _unaliased_harmonics(responses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """F0 and F1, of the threshold-linear wave where it explains the samples, of the samples elsewhere."""
    mean, even, odd = harmonics(responses)
    first = np.hypot(even, odd)
    if responses.shape[-1] >= ENOUGH:
        return mean, first
    rows = responses.reshape(-1, responses.shape[-1])
    offset, amplitude, fits = _threshold_linear(rows)
    fits = fits.reshape(mean.shape)
    fine_mean, fine_first = (wave.reshape(mean.shape) for wave in _threshold_linear_harmonics(offset, amplitude))
    return np.where(fits, fine_mean, mean), np.where(fits, fine_first, first)


def _threshold_linear(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Offset and amplitude of ``max(0, m + A cos(φ − δ))`` fitted to rows (n, phases), and whether it explains them.

    Above threshold the wave is linear in m, A cos δ and A sin δ: least squares over the samples above it, which are
    first those above 0 and then those where the wave found is.
    """
    phases = np.linspace(0, 2 * np.pi, rows.shape[-1], endpoint=False)
    waves = np.stack([np.ones_like(phases), np.cos(phases), np.sin(phases)], axis=1)
    squares = (waves[:, :, None] * waves[:, None, :]).reshape(len(waves), 9)
    above, enough = rows > 0, (rows > 0).sum(-1) >= 3
    params, best = np.zeros((len(rows), 3)), np.full(len(rows), -np.inf)
    for _ in range(3):
        normal = (above @ squares).reshape(-1, 3, 3) + 1e-12 * np.eye(3)
        found = np.linalg.solve(normal, ((above * rows) @ waves)[..., None])[..., 0]
        wave = found @ waves.T
        r2 = np.nan_to_num(r_squared(np.maximum(wave, 0), rows), nan=-np.inf)
        params, best = np.where((r2 > best)[:, None], found, params), np.maximum(r2, best)
        above = wave > 0
    return params[:, 0], np.hypot(params[:, 1], params[:, 2]), (best > 0.9999) & enough


def _threshold_linear_harmonics(offset: np.ndarray, amplitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """F0 and F1 of ``max(0, m + A cos φ)``, in closed form: it is above 0 for |φ| up to arccos(−m/A)."""
    half = np.arccos(np.clip(-offset / np.maximum(amplitude, 1e-300), -1, 1))
    mean = (offset * half + amplitude * np.sin(half)) / np.pi
    return mean, (2 * offset * np.sin(half) + amplitude * (half + np.sin(half) * np.cos(half))) / np.pi


def finer_phases(responses: np.ndarray, factor: int) -> np.ndarray:
    """Band-limited interpolation on the last axis: exact for a linear unit, whose response is one sinusoid."""
    return np.asarray(responses @ _interpolation(responses.shape[-1], factor))


@lru_cache(maxsize=16)
def _interpolation(n: int, factor: int) -> np.ndarray:
    """(n, n · factor): each sample's own band-limited wave."""
    spectrum = np.fft.rfft(np.eye(n), axis=-1)
    if n % 2 == 0:
        spectrum[..., -1] /= 2
    return np.asarray(np.fft.irfft(spectrum, n * factor, axis=-1) * factor)


def permutation_p(curve: np.ndarray, orientations: np.ndarray, *, permutations: int = 999, seed: int = 0) -> np.ndarray:
    """How often shuffled orientation labels give a global OSI at least as large: ``(1 + exceeding) / (1 + n)``.

    Parameters
    ----------
    curve
        Rates, (..., n).
    orientations
        Degrees, (n,).
    permutations
        How many; with none the result is NaN.
    seed
        Of the shuffling.

    Returns
    -------
    numpy.ndarray
        (...,); NaN where every order of the responses gives the same global OSI, so that nothing can be tested: a
        unit that is silent, flat, or responds to one orientation only.

    Notes
    -----
    A test for responses with noise. Its null is that orientations are exchangeable. Those of a network have no
    noise: there its power grows with the number of orientations while the curve stays the same, so that no cell type
    is decided by it. What can be asked of a network is whether a unit is more selective than units of the untrained
    twin: ``OrientationTuning.p_against``.
    """
    curve = rates(curve)
    rows = curve.reshape(-1, curve.shape[-1])
    if permutations < 1:
        return np.full(curve.shape[:-1], np.nan)
    phasors = np.exp(2j * np.deg2rad(orientations))
    even, odd = _shuffled(tuple(phasors), permutations, seed)
    least = np.maximum(np.abs(rows @ phasors) - 1e-9 * rows.sum(-1), 0) ** 2
    exceeding = np.empty(len(rows), dtype=int)
    for start in range(0, len(rows), CHUNK):  # small enough for the processor's cache
        part = slice(start, start + CHUNK)
        power = np.square(rows[part] @ even)
        power += np.square(rows[part] @ odd)
        exceeding[part] = np.count_nonzero(power >= least[part, None], axis=1)
    p = np.where(_testable(rows), (1 + exceeding) / (1 + permutations), np.nan)
    return np.asarray(p.reshape(curve.shape[:-1]))


def _testable(rows: np.ndarray) -> np.ndarray:
    """Whether the order of a row's values matters: neither all equal, nor all but one."""
    ordered = np.sort(rows, axis=-1)
    step = 1e-9 * np.maximum(ordered[:, -1:], 1e-300)
    inner = (np.diff(ordered, axis=-1) > step).sum(-1)
    one_stands_out = (inner == 1) & (
        (ordered[:, 1:2] - ordered[:, :1] > step) | (ordered[:, -1:] - ordered[:, -2:-1] > step)
    )[:, 0]
    return np.asarray((inner > 0) & ~one_stands_out)


@lru_cache(maxsize=4)
def _shuffled(phasors: tuple[complex, ...], permutations: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Real and imaginary parts of `phasors` in every shuffled order, (n, permutations): the same for all layers."""
    order = np.random.default_rng(seed).random((permutations, len(phasors))).argsort(axis=1).T
    shuffled = np.array(phasors)[order]
    return shuffled.real.copy(), shuffled.imag.copy()


def rates(curve: np.ndarray) -> np.ndarray:
    """Refuse what no firing rate can be: empty, negative or NaN."""
    curve = np.asarray(curve, dtype=float)
    if curve.ndim == 0 or curve.shape[-1] == 0:
        raise HierfeatError("expected a curve with at least one response")
    if np.isnan(curve).any():
        raise HierfeatError("expected responses without NaN; leave out the conditions or cells that were not measured")
    if (curve < 0).any():
        raise HierfeatError("expected responses of at least 0 (rates); rectify them first")
    return curve
