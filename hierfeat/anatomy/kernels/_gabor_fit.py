"""Gabor functions fitted to kernels, all at once."""

from dataclasses import dataclass, fields
from functools import partial

import numpy as np

from hierfeat._fits import Equations, Slopes, fit_curves, r_squared

NARROWEST, WIDEST = 0.3, 3.0
"""Limits of σ: the least in pixels, below which an envelope falls between them; the largest in kernel sides."""
TOP = 0.6
"""Cycles/pixel that the search could reach if it were not stopped at 0.5."""
SAMPLED = 1024
"""Pixels of a kernel up to which it is fitted at all of them."""
BUDGET = 1 << 18
"""Pixels of kernels that are fitted at a time: what is computed of them stays in the processor's cache."""
ENOUGH = 1e-8
"""A fit of a large kernel ends with the step that takes less than this share of its squared error off."""
NEARLY = 1e-5
"""The same for what is only on its way there, in single precision."""
FIRST, FOLLOWED, POLISH = 8, 24, 4
"""Steps from each start of a large kernel, from the best of these on, and in double precision at the end."""
BLOCK = 32
"""Rows whose slopes are taken at a time: ten functions of each are held in the cache, which saves a sixth."""
HALF_HEIGHT = float(np.sqrt(2 * np.log(2)))
"""Half-width of a Gaussian at half height, in σ: 1.1774."""


@dataclass(frozen=True)
class Gabors:
    """One fitted Gabor per kernel: arrays (n,), and the fitted kernels (n, height, width).

    ``orientation`` and ``phase`` are in degrees, ``frequency`` in cycles/pixel, lengths in pixels. The phase is that
    at the envelope's centre: 0 even and light, 180 even and dark, 90 and 270 odd.
    """

    orientation: np.ndarray
    frequency: np.ndarray
    phase: np.ndarray
    sigma_across: np.ndarray
    sigma_along: np.ndarray
    row: np.ndarray
    col: np.ndarray
    r2: np.ndarray
    kernels: np.ndarray

    @property
    def bandwidth(self) -> np.ndarray:
        """Octaves at half height, ``log2[(2π nx + 1.1774) / (2π nx − 1.1774)]``, nx = σ f; NaN if low-pass."""
        product = 2 * np.pi * self.sigma_across * self.frequency
        with np.errstate(invalid="ignore", divide="ignore"):
            octaves = np.log2((product + HALF_HEIGHT) / (product - HALF_HEIGHT))
        return np.asarray(np.where(product > HALF_HEIGHT, octaves, np.nan))

    @property
    def aspect(self) -> np.ndarray:
        """σ along the bars over σ across them."""
        return np.asarray(self.sigma_along / self.sigma_across)


def fit_gabors(kernels: np.ndarray) -> Gabors:
    """Fit ``exp(−u²/2σu² − v²/2σv²) · cos(2π f u − φ)`` to each kernel (n, height, width), u across the bars, v along.

    Notes
    -----
    Amplitude and phase follow linearly from the other six parameters, which Levenberg and Marquardt's method finds from
    the peak of the kernel's spectrum and several envelopes. A Gabor function has eight parameters: a fit to 3 × 3
    values proves nothing.

    Frequencies lie between 0 and Nyquist's 0.5 cycles/pixel, σ between 0.3 pixels and three times the kernel's longer
    side: a kernel that is flat along its bars has a ``sigma_along`` of that limit, at which the envelope falls by less
    than 1.4 % from the middle to the edge.

    Kernels of more than 1024 pixels are fitted at 512 of them, half of these the strongest, in single precision and at
    the end in double; R² is that of all pixels.

    References
    ----------
    Jones JP, Palmer LA (1987). An evaluation of the two-dimensional Gabor filter model of simple receptive fields in
    cat striate cortex. J Neurophysiol 58:1233-1258. Ringach DL (2002). Spatial structure and symmetry of simple-cell
    receptive fields in macaque primary visual cortex. J Neurophysiol 88:455-463.
    """
    rows = max(1, BUDGET // max(kernels[0].size, 1)) if len(kernels) else 1
    parts = [_fit(kernels[start : start + rows]) for start in range(0, len(kernels), rows)]
    return Gabors(*(np.concatenate([getattr(part, item.name) for part in parts]) for item in fields(Gabors)))


def _fit(kernels: np.ndarray) -> Gabors:
    number, height, width = kernels.shape
    scale = np.maximum(np.abs(kernels).max((1, 2)), 1e-30)
    target = (kernels / scale[:, None, None]).reshape(number, -1).astype(float)
    row, col = (axis.ravel() for axis in np.mgrid[:height, :width])
    grid = (row - (height - 1) / 2, col - (width - 1) / 2)
    params = _searched(kernels, target, grid)
    waves = _waves(params, target, grid, (height, width))
    turned = np.rad2deg(params[:, 0]) % 360 >= 180
    phase = np.rad2deg(np.arctan2(waves.second, waves.first)[:, 0]) * np.where(turned, -1, 1)
    centre_row, centre_col = _bounded(params[:, 4], height / 2), _bounded(params[:, 5], width / 2)
    return Gabors(
        orientation=np.rad2deg(params[:, 0]) % 180,
        frequency=_frequency(params[:, 1]),
        phase=phase % 360,
        sigma_across=np.exp(params[:, 2]),
        sigma_along=np.exp(params[:, 3]),
        row=centre_row + height / 2,
        col=centre_col + width / 2,
        r2=np.nan_to_num(r_squared(waves.fitted, target), nan=0.0),
        kernels=(waves.fitted * scale[:, None]).reshape(kernels.shape),
    )


def _searched(kernels: np.ndarray, target: np.ndarray, grid: "Grid") -> np.ndarray:
    """The parameters of the best of the fits from several starts."""
    size = height, width = kernels.shape[1:]
    fit = partial(fit_curves, limits=_limits(WIDEST * max(height, width)))
    if height * width <= SAMPLED:
        return _best(*fit(_at(target, grid, size), _starts(kernels)), len(kernels))
    target, grid = _samples(target, grid)
    rough = _at(target.astype(np.float32), (grid[0].astype(np.float32), grid[1].astype(np.float32)), size)
    best = _best(*fit(rough, _starts(kernels), steps=FIRST, enough=NEARLY), len(kernels))
    best, _ = fit(rough, best, steps=FOLLOWED, enough=NEARLY)
    return fit(_at(target, grid, size), best, steps=POLISH, enough=ENOUGH)[0]


def _best(params: np.ndarray, errors: np.ndarray, number: int) -> np.ndarray:
    """The parameters of the fit with the least error to each of a number of kernels, of starts times that many."""
    best = errors.reshape(-1, number).argmin(0)
    return np.asarray(params.reshape(-1, number, params.shape[1])[best, np.arange(number)])


def _at(target: np.ndarray, grid: "Grid", size: tuple[int, int]) -> Equations:
    """The equations of fits to the rows of `target`, again and again, at the pixels of `grid`, of each row its own."""

    def equations(params: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, Slopes]:
        rows = rows % len(target)
        places = grid if grid[0].ndim == 1 else (grid[0][rows], grid[1][rows])
        wanted = target[rows]
        waves = _waves(params, wanted, places, size)
        residual = wanted - waves.fitted
        return _dot(residual, residual), lambda some: _slopes(params[some], residual[some], waves.of(some), size)

    return equations


def _samples(target: np.ndarray, grid: "Grid") -> tuple[np.ndarray, "Grid"]:
    """The pixels that large kernels are fitted at: the strongest of each, and as many spread over all of it."""
    half = SAMPLED // 4
    strongest = np.argpartition(-np.abs(target), half, axis=1)[:, :half]
    even = np.linspace(0, target.shape[1] - 1, half).astype(int)
    # rows of one phase would lie on a lattice, which aliases high frequencies to low ones
    spread = (even + np.random.default_rng(0).integers(0, target.shape[1], half)) % target.shape[1]
    places = np.concatenate([strongest, np.broadcast_to(spread, (len(target), half))], axis=1)
    return np.take_along_axis(target, places, axis=1), (grid[0][places], grid[1][places])


Grid = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class _Waves:
    """Gabor functions (n, pixels) of given envelopes and carriers, with their best even and odd amplitudes."""

    across: np.ndarray
    along: np.ndarray
    even: np.ndarray
    odd: np.ndarray
    inverse: np.ndarray
    first: np.ndarray
    second: np.ndarray
    fitted: np.ndarray

    def of(self, rows: np.ndarray | slice) -> "_Waves":
        return _Waves(*(part[rows] for part in vars(self).values()))


def _waves(params: np.ndarray, target: np.ndarray, grid: Grid, size: tuple[int, int]) -> _Waves:
    theta, tone, wide, long, down, right = (params[:, [index]].astype(target.dtype) for index in range(6))
    row, col = grid[0] - _bounded(down, size[0] / 2), grid[1] - _bounded(right, size[1] / 2)
    across, along = row * np.cos(theta) + col * np.sin(theta), col * np.cos(theta) - row * np.sin(theta)
    envelope = np.exp(-0.5 * (across * np.exp(-wide)) ** 2 - 0.5 * (along * np.exp(-long)) ** 2)
    angle = 2 * np.pi * _frequency(tone) * across
    even, odd = envelope * np.cos(angle), envelope * np.sin(angle)
    inverse = _inverse(even, odd)
    onto = np.stack([_dot(target, even), _dot(target, odd)], axis=1)
    first, second = (inverse @ onto[..., None]).transpose(1, 0, 2).astype(target.dtype)
    return _Waves(across, along, even, odd, inverse, first, second, first * even + second * odd)


def _dot(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.asarray(np.einsum("nm,nm->n", one, other), dtype=float)


def _inverse(even: np.ndarray, odd: np.ndarray) -> np.ndarray:
    """Of the normal equations for two coefficients, (n, 2, 2), with a trace of ridge where the waves are alike."""
    ee, oo, eo = _dot(even, even) + 1e-9, _dot(odd, odd) + 1e-9, _dot(even, odd)
    adjugate = np.stack([oo, -eo, -eo, ee], axis=1).reshape(-1, 2, 2)
    return np.asarray(adjugate / np.maximum(ee * oo - eo**2, 1e-15)[:, None, None])


def _slopes(
    params: np.ndarray, residual: np.ndarray, w: _Waves, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """JᵀJ (n, 6, 6) and Jᵀ residual (n, 6), J the slopes of the fitted functions.

    Every slope is a sum of ten functions: fitted and quarter-turned wave times coordinates and their products, which
    are the slopes at fixed amplitudes, and the even and odd wave, since the amplitudes follow.
    """
    blocks = [slice(start, start + BLOCK) for start in range(0, max(len(params), 1), BLOCK)]
    found = zip(*(_products(residual[rows], w.of(rows)) for rows in blocks), strict=True)
    gram, onto, moved = (np.concatenate(part).astype(float) for part in found)
    even, odd = moved.transpose(1, 0, 2)
    shares = _shares(params, size)
    logs, angles = shares[..., :5], shares[..., 5:]
    moved_even = logs @ even[:, :5, None] - angles @ odd[:, 3:, None]  # what the residual has of the moved waves
    moved_odd = logs @ odd[:, :5, None] + angles @ even[:, 3:, None]
    amplitudes = (np.concatenate([moved_even, moved_odd], axis=2) - shares @ gram[:, :8, 8:]) @ w.inverse
    whole = np.concatenate([shares, amplitudes], axis=2)
    return whole @ gram @ whole.transpose(0, 2, 1), (whole @ onto)[..., 0]


def _products(residual: np.ndarray, w: _Waves) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Products of the ten functions with each other and with the residual, and of its waves with the coordinates."""
    u, v = w.across, w.along
    powers = np.stack([u * v, v * v, u * u, u, v, np.ones_like(u)], axis=1)
    parts = np.empty((len(u), 10, u.shape[1]), residual.dtype)
    np.multiply(w.fitted[:, None], powers[:, :5], out=parts[:, :5])
    np.multiply((w.second * w.even - w.first * w.odd)[:, None], powers[:, 3:], out=parts[:, 5:8])
    parts[:, 8], parts[:, 9] = w.even, w.odd
    moved = np.stack([residual * w.even, residual * w.odd], axis=1) @ powers.transpose(0, 2, 1)
    return parts @ parts.transpose(0, 2, 1), parts @ residual[..., None], moved


def _shares(params: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(n, 6, 8): of what the slopes at fixed amplitudes consist.

    Of the envelope's logarithm in uv, v², u², u, v, u across and v along the bars; of the carrier's angle in u, v, 1.
    """
    theta, tone, wide, long, down, right = params.T
    cos, sin, narrow, short = np.cos(theta), np.sin(theta), np.exp(-2 * wide), np.exp(-2 * long)
    rate, rise = 2 * np.pi * _frequency(tone), 1 - _frequency(tone) / TOP
    lower, righter = (
        side / 2 - _bounded(x, side / 2) ** 2 / (side / 2) for side, x in zip(size, (down, right), strict=True)
    )
    found = np.zeros((len(params), 6, 8))
    found[:, 0, 0], found[:, 0, 6] = short - narrow, rate
    found[:, 1, 5] = rate * rise
    found[:, 2, 2], found[:, 3, 1] = narrow, short
    found[:, 4, [3, 4, 7]] = (lower * np.stack([cos * narrow, -sin * short, -rate * cos])).T
    found[:, 5, [3, 4, 7]] = (righter * np.stack([sin * narrow, cos * short, -rate * sin])).T
    return found


def _limits(widest: float) -> tuple[np.ndarray, np.ndarray]:
    """Least and largest parameters: of the frequency's and of the logarithms of both σ; the others have none."""
    free, nyquist = [np.inf, np.inf], np.log(0.5 / (TOP - 0.5))
    low = [-np.inf, -20, np.log(NARROWEST), np.log(NARROWEST), *np.negative(free)]
    return np.array(low), np.array([np.inf, nyquist, np.log(widest), np.log(widest), *free])


def _frequency(value: np.ndarray) -> np.ndarray:
    """Any number to a frequency between 0 and `TOP` cycles/pixel, smoothly."""
    return np.asarray(TOP / (1 + np.exp(-value)))


def _bounded(value: np.ndarray, limit: float) -> np.ndarray:
    """Any number to one within ±`limit`: the envelope's centre stays on the kernel."""
    return np.asarray(limit * np.tanh(value))


def _starts(kernels: np.ndarray) -> np.ndarray:
    """Carrier from the spectrum's peak, envelopes of a sixth and a third of the kernel, carriers also halved.

    (starts times kernels, 6), the kernels of a start one behind the other.
    """
    number, height, width = kernels.shape
    size = 64
    spectrum = np.abs(np.fft.rfft2(kernels, (size, size)))
    vertical, horizontal = np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None, :]
    reach = np.hypot(vertical, horizontal)
    spectrum = np.where((reach > 0.6 / max(height, width)) & (reach <= 0.5), spectrum, 0).reshape(number, -1)
    down, right = np.unravel_index(spectrum.argmax(1), reach.shape)
    tone, angle = reach[down, right], np.arctan2(horizontal[0, right], vertical[down, 0])
    starts = []
    for share in (6.0, 3.0):
        for factor in (1.0, 0.5):
            carrier = np.clip(tone * factor, 0.02, 0.5)
            width_start = np.full(number, np.log(max(height, width) / share))
            columns = [
                angle,
                np.log(carrier / (TOP - carrier)),
                width_start,
                width_start,
                np.zeros(number),
                np.zeros(number),
            ]
            starts.append(np.column_stack(columns))
    return np.concatenate(starts)
