"""Curves fitted to responses: von Mises, log-Gaussian, Naka-Rushton; and the indices read from size series."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from hierfeat._fits import best_starts, fit_scaled, r_squared
from hierfeat.errors import HierfeatError
from hierfeat.physiology.tuning._indices import rates, wrapped

LN2 = float(np.log(2))
KAPPAS = (-np.inf, -4.0), (np.inf, 6.0)
"""Limits of a peak, which has none, and of ln κ: at the lower one the curve is a cosine to within half a percent."""
WIDTHS = (-np.inf, -6.0), (np.inf, 6.0)
"""Limits of a peak, and of the logarithm of a width in octaves."""
C50S, EXPONENTS, STARTS = np.geomspace(0.03, 1, 12), np.geomspace(0.2, 20, 10), 3
"""Where the best starts of a Naka-Rushton fit are looked for, c50 over the largest contrast, and how many are tried.

A response that saturates hardly is also fitted by a power of contrast, whatever the c50: no search from there returns.
"""
FAR = 1.5
"""Octaves between the largest sample and a fitted peak from which on the fit is not believed."""


@dataclass(frozen=True)
class VonMises:
    """``base + amplitude · exp(κ (cos 2(θ − peak) − 1))``, an array of curves; angles in degrees."""

    peak: np.ndarray
    kappa: np.ndarray
    amplitude: np.ndarray
    base: np.ndarray
    r2: np.ndarray

    @property
    def half_width(self) -> np.ndarray:
        """Half-width at half-height above the base, ``½ arccos(1 − ln 2 / κ)``; NaN beyond 90°."""
        argument = 1 - LN2 / self.kappa
        return np.asarray(np.where(argument >= -1, np.rad2deg(np.arccos(np.clip(argument, -1, 1))) / 2, np.nan))

    def at(self, orientations: np.ndarray) -> np.ndarray:
        """Evaluate each curve at `orientations`, (n, k)."""
        angle = np.deg2rad(2 * (np.asarray(orientations)[None, :] - self.peak[:, None]))
        return np.asarray(
            self.base[:, None] + self.amplitude[:, None] * np.exp(self.kappa[:, None] * (np.cos(angle) - 1))
        )


def fit_von_mises(curve: np.ndarray, orientations: np.ndarray) -> VonMises:
    """Fit orientation tuning curves (n, k) by a von Mises function on the half circle, base not below 0.

    References
    ----------
    Swindale NV (1998). Orientation tuning curves: empirical description and estimation of parameters. Biol Cybern
    78:45-56.
    """
    curve = np.atleast_2d(rates(curve))
    scale = np.maximum(curve.max(-1), 1e-30)
    angles = 2 * np.deg2rad(np.asarray(orientations, dtype=float))
    curve = curve / scale[:, None]
    start = _von_mises_start(curve, angles)
    fit = fit_scaled(lambda p: _von_mises(p, angles), start[:, None], curve, limits=KAPPAS, offset=True)
    return VonMises(
        peak=wrapped(np.rad2deg(fit.params[:, 0]) / 2, 180.0),
        kappa=np.exp(fit.params[:, 1]),
        amplitude=fit.amplitude * scale,
        base=fit.base * scale,
        r2=r_squared(fit.fitted, curve),
    )


def _von_mises(params: np.ndarray, angles: np.ndarray) -> list[np.ndarray]:
    """``exp(κ (cos(angle − peak) − 1))``, and the slopes of its logarithm in the peak and in ln κ."""
    apart, kappa = angles - params[:, :1], np.exp(params[:, 1:])
    level, rise = kappa * np.cos(apart), kappa * np.sin(apart)
    fall = level - kappa
    return [np.exp(fall), rise, fall, -level, rise, fall]


def _von_mises_start(curve: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """The best of a grid of peaks and widths, by correlation with the curve."""
    peaks, widths = np.deg2rad(np.arange(0, 360, 10.0)), np.log(np.geomspace(0.2, 60, 12))
    grid = np.stack([np.repeat(peaks, len(widths)), np.tile(widths, len(peaks))], axis=1)
    kappas = np.exp(widths)[:, None]
    shapes = np.exp(kappas * np.cos(angles - peaks[:, None])[:, None] - kappas).reshape(len(grid), -1)
    centred = shapes - shapes.mean(1, keepdims=True)
    lengths = np.sqrt((centred**2).sum(1, keepdims=True))
    seen = lengths[:, 0] > 1e-6  # a sharp curve between two samples is flat on all of them
    return np.asarray(grid[seen][(curve @ (centred[seen] / lengths[seen]).T).argmax(1)])


@dataclass(frozen=True)
class LogGaussian:
    """``amplitude · exp(−(log2 f − log2 peak)² / 2σ²)``, an array of curves; σ in octaves."""

    peak: np.ndarray
    sigma: np.ndarray
    amplitude: np.ndarray
    r2: np.ndarray

    @property
    def bandwidth(self) -> np.ndarray:
        """Full width at half height in octaves, ``2 σ √(2 ln 2)`` = log2(high / low)."""
        return np.asarray(2 * np.sqrt(2 * LN2) * self.sigma)


def fit_log_gaussian(curve: np.ndarray, frequencies: np.ndarray) -> LogGaussian:
    """Fit frequency tuning curves (n, k) by a Gaussian of log2 frequency.

    Notes
    -----
    Where the largest sample lies at an end of the range, or the fitted peak more than 1.5 octaves from it, neither
    peak nor width can be told: peak and amplitude are that sample's, σ and r² are NaN.
    """
    curve = np.atleast_2d(rates(curve))
    octaves = np.log2(np.asarray(frequencies, dtype=float))
    if (np.diff(octaves) <= 0).any():
        raise HierfeatError(f"expected rising frequencies, got {frequencies}")
    best, top = curve.argmax(-1), curve.max(-1)
    peak, amplitude, (sigma, r2) = octaves[best], top.astype(float), np.full((2, len(curve)), np.nan)
    inside = np.flatnonzero((best > 0) & (best < len(octaves) - 1))
    target = curve[inside] / top[inside, None]
    starts = np.stack(_parabola(target, octaves), axis=1)[:, None]
    fit = fit_scaled(lambda p: _log_gaussian(p, octaves), starts, target, limits=WIDTHS, offset=False)
    near = np.abs(fit.params[:, 0] - peak[inside]) < FAR
    kept = inside[near]
    peak[kept], sigma[kept] = fit.params[near, 0], np.exp(fit.params[near, 1])
    amplitude[kept], r2[kept] = fit.amplitude[near] * top[kept], r_squared(fit.fitted, target)[near]
    return LogGaussian(peak=2**peak, sigma=sigma, amplitude=amplitude, r2=r2)


def _log_gaussian(params: np.ndarray, octaves: np.ndarray) -> list[np.ndarray]:
    """``exp(−z²/2)``, ``z = (octaves − peak)/σ``, and the slopes of its logarithm in the peak and in ln σ."""
    sharpness = np.exp(-params[:, 1:])
    z = (octaves - params[:, :1]) * sharpness
    rise, square = z * sharpness, z**2
    return [np.exp(-square / 2), rise, square, -(sharpness**2), -2 * rise, -2 * square]


def interpolated_peak(curve: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """Peak frequency of each curve (n, k), by a parabola through the largest sample and its neighbours.

    In octaves, and of the logarithm of the response: exact for a log-Gaussian curve, and unlike a fit of the whole
    curve not drawn away by its tails. A largest sample at an end of the range is taken as it is.
    """
    curve, octaves = np.atleast_2d(rates(curve)), np.log2(np.asarray(frequencies, dtype=float))
    if len(octaves) < 3:
        return np.asarray(2 ** octaves[curve.argmax(-1)])
    return np.asarray(2 ** _parabola(curve, octaves)[0])


def _parabola(curve: np.ndarray, octaves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Peak and ln σ of the log-Gaussian through the largest sample and its neighbours; at an end that sample, and 0."""
    best = curve.argmax(-1)
    around = np.clip(best, 1, len(octaves) - 2)[:, None] + np.array([-1, 0, 1])
    heights = np.log(np.maximum(np.take_along_axis(curve, around, -1), 1e-12 * curve.max(-1, keepdims=True) + 1e-300))
    left, middle, right = octaves[around].T
    rise, fall = (heights[:, 1] - heights[:, 0]) / (middle - left), (heights[:, 1] - heights[:, 2]) / (right - middle)
    with np.errstate(invalid="ignore", divide="ignore"):
        place = middle + (rise * (right - middle) - fall * (middle - left)) / (2 * (rise + fall))
        width = np.log((right - left) / (2 * (rise + fall))) / 2
    inside = (best > 0) & (best < len(octaves) - 1) & np.isfinite(place)
    return np.where(inside, place, octaves[best]), np.where(inside & np.isfinite(width), width, 0)


@dataclass(frozen=True)
class NakaRushton:
    """``r_max cⁿ / (cⁿ + c50ⁿ) + base``, an array of curves."""

    r_max: np.ndarray
    c50: np.ndarray
    exponent: np.ndarray
    base: np.ndarray
    r2: np.ndarray


def fit_naka_rushton(responses: np.ndarray, contrasts: np.ndarray) -> NakaRushton:
    """Fit contrast responses (n, k) by the Naka-Rushton function.

    References
    ----------
    Albrecht DG, Hamilton DB (1982). Striate cortex of monkey and cat: contrast response function. J Neurophysiol
    48:217-237.
    """
    responses, contrasts = np.atleast_2d(rates(responses)), np.asarray(contrasts, dtype=float)
    top = np.maximum(responses.max(-1), 1e-30)
    curve, steps = responses / top[:, None], np.log(np.maximum(contrasts, 1e-300))
    c50s, powers = np.log(contrasts.max() * C50S), np.log(EXPONENTS)
    grid = np.stack(np.meshgrid(c50s, powers, indexing="ij"), axis=-1)
    shapes = _naka_rushton(grid.reshape(-1, 2), steps)[0].reshape(*grid.shape[:2], -1)
    starts = grid.reshape(-1, 2)[best_starts(shapes, curve, STARTS)]
    fit = fit_scaled(lambda p: _naka_rushton(p, steps), starts, curve, limits=((-12, -3), (6, 3)), offset=True)
    return NakaRushton(
        r_max=fit.amplitude * top,
        c50=np.exp(fit.params[:, 0]),
        exponent=np.exp(fit.params[:, 1]),
        base=fit.base * top,
        r2=r_squared(fit.fitted, curve),
    )


def _naka_rushton(params: np.ndarray, steps: np.ndarray) -> list[np.ndarray]:
    """``cⁿ / (cⁿ + c50ⁿ)`` at ln c = `steps`, and the slopes of its logarithm in ln c50 and ln n."""
    power = np.exp(params[:, 1:])
    rise = power * (steps - params[:, :1])
    share = expit(rise)
    left, bend = 1 - share, -share * (1 - share)
    second = [bend * power**2, -power * (bend * rise + left), bend * rise**2 + left * rise]
    return [share, -power * left, left * rise, *second]


@dataclass(frozen=True)
class SizeIndices:
    """Indices of a size series; diameters in pixels."""

    suppression_index: np.ndarray
    summation_field: np.ndarray
    surround: np.ndarray
    peak: np.ndarray
    plateau: np.ndarray


def size_indices(responses: np.ndarray, diameters: np.ndarray) -> SizeIndices:
    """Read suppression, summation field and surround off responses (n, k) to growing gratings.

    Notes
    -----
    Suppression index (peak − plateau) / peak, the plateau being the response to the largest stimulus; summation field
    (grating summation field) the smallest diameter that reaches 95 % of the peak; surround the first diameter past the
    peak at which the response has fallen to the plateau plus 5 % of it, NaN without suppression. All interpolated
    linearly between diameters.

    References
    ----------
    Cavanaugh JR, Bair W, Movshon JA (2002). Nature and interaction of signals from the receptive field center and
    surround in macaque V1 neurons. J Neurophysiol 88:2530-2546.
    """
    responses, diameters = np.atleast_2d(rates(responses)), np.asarray(diameters, dtype=float)
    best, peak, plateau = responses.argmax(-1), responses.max(-1), responses[:, -1]
    with np.errstate(invalid="ignore", divide="ignore"):
        index = np.where(peak > 0, (peak - plateau) / peak, np.nan)
    rising = [_crossing(row[: b + 1], diameters, 0.95 * top) for row, b, top in zip(responses, best, peak, strict=True)]
    falling = [
        diameters[b] + _crossing(-row[b:], diameters[b:] - diameters[b], -1.05 * low) if row[b] > 1.05 * low else np.nan
        for row, b, low in zip(responses, best, plateau, strict=True)
    ]
    return SizeIndices(index, np.where(peak > 0, rising, np.nan), np.asarray(falling), peak, plateau)


def _crossing(row: np.ndarray, places: np.ndarray, level: float) -> float:
    """Where a row first reaches `level`."""
    index = int(np.argmax(row >= level))
    if index == 0:
        return float(places[0])
    share = (level - row[index - 1]) / (row[index] - row[index - 1])
    return float(places[index - 1] + share * (places[index] - places[index - 1]))


def end_stopping(responses: np.ndarray) -> np.ndarray:
    """``(R_opt − R_long) / R_opt`` for responses (..., k) to bars of growing length; 1 is wholly hypercomplex."""
    responses = rates(responses)
    best, longest = responses.max(-1), responses[..., -1]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(best > 0, (best - longest) / best, np.nan))
