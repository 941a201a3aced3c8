"""Least squares for thousands of small curves at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter

Slopes = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""A choice of rows to their JᵀJ (n, p, p) and Jᵀ residual (n, p): of the slopes J of predictions, and of what these
leave of the target."""

Equations = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, Slopes]]
"""Parameters (n, p), and the rows (n,) they belong to, to squared errors (n,) and what finds the slopes there."""

Shape = Callable[[np.ndarray], Sequence[np.ndarray]]
"""Two parameters (n, 2) to curves, the two slopes of their logarithm and its three second slopes, each (n, m)."""

Limits = tuple[tuple[float, float], tuple[float, float]]
"""Least values of two parameters, and largest ones."""

RELATIVE, ABSOLUTE = 1e-6, 1e-10
"""A row is fitted after the step that promised less of its squared error than this share, or than this much."""


@dataclass(frozen=True)
class ScaledFit:
    """``amplitude · shape(params) + base``, a curve per row."""

    params: np.ndarray
    amplitude: np.ndarray
    base: np.ndarray
    fitted: np.ndarray


PARAMS, ERROR, DESCENT, CURVATURE = slice(0, 2), 2, slice(3, 5), slice(5, 8)
"""What is known of two parameters of each row, (8, n): themselves, their squared error at the best amplitude and base,
its slopes downhill, and its second slopes: of the first parameter, mixed, of the second."""


def fit_scaled(
    shape: Shape, starts: np.ndarray, target: np.ndarray, *, limits: Limits, offset: bool, steps: int = 60
) -> ScaledFit:
    """Fit ``amplitude · shape(a, b) + base`` to each row, amplitude and base at least 0.

    Parameters
    ----------
    shape
        Curves of two parameters, and the slopes of their logarithm.
    starts
        First guesses of them, (n, starts, 2); the best of the fits is kept.
    target
        Curves of a height near 1, (n, m).
    limits
        Least and largest values of both parameters.
    offset
        Whether there is a base; without one it is 0.
    steps
        Iterations at most; rows that are fitted take part in no more of them.

    Notes
    -----
    Variable projection: amplitude and base follow linearly from the shape, so that Newton's method, damped where a
    step would lead uphill, searches two parameters only. It takes half a dozen steps also where the curves are not
    of the shape at all, over which Gauss and Newton's, or Levenberg and Marquardt's, creeps. Each curve is fitted
    with a free base and with none; the free one counts unless it is below 0.

    References
    ----------
    Golub GH, Pereyra V (1973). The differentiation of pseudo-inverses and nonlinear least squares problems whose
    variables separate. SIAM J Numer Anal 10:413-432.
    """
    count, tries = starts.shape[:2]
    free = np.array([False, True] if offset else [False])
    guesses = np.repeat(np.clip(starts, *limits)[:, :, None], len(free), axis=2).reshape(-1, 2)
    based, rows = np.tile(free, count * tries), np.repeat(target, tries * len(free), axis=0)
    centred = rows - (rows.mean(1) * based)[:, None]
    params = _searched(lambda p, *data: _reduced(p, shape(p), *data), guesses, (centred, based), limits, steps)
    curve = shape(params)[0]
    amplitude, base = _linear(curve, rows, based)
    fitted = amplitude[:, None] * curve + base[:, None]
    error = np.where(base < 0, np.inf, ((fitted - rows) ** 2).sum(1)).reshape(count, tries * len(free))
    best = error.argmin(1) + np.arange(count) * error.shape[1]
    return ScaledFit(params[best], amplitude[best], base[best], fitted[best])


def best_starts(curves: np.ndarray, target: np.ndarray, count: int) -> np.ndarray:
    """Where in a grid of shapes each row fits better than all around it.

    Parameters
    ----------
    curves
        Of the parameters on a grid, (rows, columns, m).
    target
        (n, m).
    count
        How many places; where fewer are better than all around them, the next best of all follow.

    Returns
    -------
    numpy.ndarray
        Numbers in the flattened grid, (n, count), the best first, each at its best amplitude and base, both at least 0.
    """
    flat = curves.reshape(-1, curves.shape[-1])
    middle, level, size = flat.mean(1), target.mean(1, keepdims=True), target.shape[1]
    onto = target @ flat.T
    centred = onto - size * level * middle
    amplitude = np.maximum(centred, 0) / np.maximum((flat * (flat - middle[:, None])).sum(1), 1e-300)
    based = centred * amplitude + size * level**2  # what is taken off the error
    gain = np.where(level >= amplitude * middle, based, onto**2 / np.maximum((flat**2).sum(1), 1e-300))
    gain = gain.reshape(-1, *curves.shape[:2])
    below = gain < maximum_filter(gain, size=(1, 3, 3), mode="nearest")
    return np.argsort((below * (1 + gain.max()) - gain).reshape(len(target), -1), axis=1, kind="stable")[:, :count]


def _searched(
    reduced: Callable[..., np.ndarray], start: np.ndarray, data: Sequence[np.ndarray], limits: Limits, steps: int
) -> np.ndarray:
    """Parameters of the least error of each row, by damped Newton steps; `reduced` takes them and rows of `data`."""
    index, damping = np.arange(len(start)), np.full(len(start), 1e-3)
    now = reduced(start, *data)
    done = np.empty_like(now[PARAMS])
    low, high = np.array(limits)[..., None]
    for _ in range(steps):
        step, promised = _newton(now, damping, low, high)
        trial = reduced(np.minimum(np.maximum(now[PARAMS] + step, low), high).T, *data)
        better = trial[ERROR] < now[ERROR]
        ended = (promised < RELATIVE * now[ERROR] + ABSOLUTE) | (~better & (damping > 1e6))
        now = np.where(better, trial, now)
        damping = np.where(better, damping * 0.1, damping * 10 + 1e-6)
        if ended.any():
            going = ~ended
            done[:, index[ended]] = now[PARAMS, ended]
            index, now, damping = index[going], now[:, going], damping[going]
            data = [part[going] for part in data]
        if not len(index):
            break
    done[:, index] = now[PARAMS]
    return np.ascontiguousarray(done.T)


def _linear(curve: np.ndarray, target: np.ndarray, based: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Amplitude, at least 0, and base that fit best; no base where it is not wanted."""
    middle, level = curve.mean(1) * based, target.mean(1) * based
    curve = curve - middle[:, None]
    square = np.einsum("nm,nm->n", curve, curve)
    amplitude = np.maximum(np.einsum("nm,nm->n", curve, target), 0) / np.maximum(square, 1e-300)
    return amplitude, level - amplitude * middle


def _reduced(params: np.ndarray, shapes: Sequence[np.ndarray], target: np.ndarray, based: np.ndarray) -> np.ndarray:
    """What is known of the shapes of `params`.

    With u the shape, less its mean where there is a base, and y the target likewise, the error is that of q u with
    q = y·u / u·u, which is y·y − (y·u)²/u·u.
    """
    curve, one, two, first, mixed, second = shapes
    parts = np.array([curve, one, two, one * one + first, one * two + mixed, two * two + second])
    parts[1:] *= curve
    if based.any():
        parts -= (parts.mean(2) * based)[..., None]
    onto, own = np.einsum("knm,nm->kn", parts, target), np.einsum("knm,nm->kn", parts, parts[0])
    size = np.maximum(own[0], 1e-300)
    q = np.maximum(onto[0], 0) / size
    residual = target - q[:, None] * parts[0]
    miss = onto - q * own
    turn = (miss[1:3] - q * own[1:3]) / size
    slopes = np.einsum("jnm,knm->jkn", parts[1:3], parts[1:3]).reshape(4, -1)[[0, 1, 3]]
    found = np.empty((8, len(params)))
    found[PARAMS], found[DESCENT] = params.T, 2 * q * miss[1:3]
    found[ERROR] = np.einsum("nm,nm->n", residual, residual)
    found[CURVATURE] = -2 * (size * turn[[0, 0, 1]] * turn[[0, 1, 1]] + q * (miss[3:] - q * slopes))
    return found


def _newton(now: np.ndarray, damping: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A step downhill, at most 1 long, and what it promises to take off the squared error.

    A parameter that stands at a limit and is drawn beyond it stays.
    """
    params, descent, (aa, ab, bb) = now[PARAMS], now[DESCENT], now[CURVATURE]
    stays = ((params <= low) & (descent < 0)) | ((params >= high) & (descent > 0))
    if stays.any():
        descent, ab = np.where(stays, 0, descent), np.where(stays.any(0), 0, ab)
    first, second = descent
    size = np.abs(aa) + np.abs(bb) + 1e-30
    least = (aa + bb) / 2 - np.hypot((aa - bb) / 2, ab)
    lift = (damping + 1e-12) * size + np.maximum(-2 * least, 0)
    aa, bb = aa + lift, bb + lift
    step = np.array([bb * first - ab * second, aa * second - ab * first]) / (aa * bb - ab**2)
    step /= np.maximum(np.abs(step).max(0), 1)
    return step, step[0] * first + step[1] * second


def fit_curves(
    equations: Equations, start: np.ndarray, *, limits: Sequence[np.ndarray], steps: int = 60, enough: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Fit one curve per row by Levenberg and Marquardt's method, all rows in step.

    Parameters
    ----------
    equations
        Of the squared error at given parameters, and of a step from there.
    start
        First guess, (n, p).
    limits
        Least and largest values of the parameters, (p,) each; a step beyond them ends there.
    steps
        Iterations; a step that does not lower a row's error is not taken for that row, and rows that no step helps any
        more take part in no other.
    enough
        A row takes part in no more of them after a hardly damped step that takes off less than this share of its error.

    Returns
    -------
    tuple of numpy.ndarray
        Parameters, (n, p), and squared errors, (n,).
    """
    params = np.clip(np.asarray(start, dtype=float), *limits)
    rows, damping = np.arange(len(params)), np.full(len(params), 1e-2)
    errors, slopes = equations(params, rows)
    normal, gradient = slopes(np.full(len(params), True))
    for left in range(steps - 1, -1, -1):
        now, error = params[rows], errors[rows]
        trial = np.clip(now + _step(normal, gradient, damping), *limits)
        found, slopes = equations(trial, rows)
        better = found < error
        ended = better & (damping < 0.1) & (error - found <= enough * error)
        params[rows[better]], errors[rows[better]] = trial[better], found[better]
        # a step that short, or damped that strongly, and still of no use: there is nothing left to gain
        small = (np.abs(trial - now) <= 1e-9 * (1 + np.abs(now))).all(1)
        going = ~ended & (better | ~(small | (damping > 1e6)))
        if not left or not going.any():
            break
        moved = better & going  # slopes cost more than errors
        normal[moved], gradient[moved] = slopes(moved)
        rows, normal, gradient = rows[going], normal[going], gradient[going]
        damping = np.clip(np.where(better, damping * 0.3, damping * 8), 1e-10, 1e12)[going]
    return params, errors


def r_squared(predicted: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Share of each row's variance that is explained; NaN where the row is constant."""
    total = ((target - target.mean(-1, keepdims=True)) ** 2).sum(-1)
    residual = ((target - predicted) ** 2).sum(-1)
    floor = 1e-12 * (target**2).sum(-1)
    return np.where(total > floor, 1 - residual / np.where(total > floor, total, 1), np.nan)


def _step(normal: np.ndarray, gradient: np.ndarray, damping: np.ndarray) -> np.ndarray:
    scale = np.einsum("npp->np", normal)
    ridge = damping[:, None] * scale + 1e-12 * (1 + scale.max(1, keepdims=True))
    normal = normal + np.eye(normal.shape[2]) * ridge[:, None, :]
    return np.asarray(np.linalg.solve(normal, gradient[..., None])[..., 0])
