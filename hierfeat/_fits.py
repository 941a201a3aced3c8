"""Least squares for thousands of small curves at once."""

from collections.abc import Callable

import numpy as np

Model = Callable[[np.ndarray], np.ndarray]
"""Parameters (n, p) to predictions (n, m)."""


def fit_curves(model: Model, start: np.ndarray, target: np.ndarray, *, steps: int = 60) -> np.ndarray:
    """Fit one curve per row by Levenberg and Marquardt's method, all rows in step.

    Parameters
    ----------
    model
        Predicts each row of `target` from the same row of parameters, and from nothing else.
    start
        First guess, (n, p).
    target
        Curves, (n, m).
    steps
        Iterations; a step that does not lower a row's error is not taken for that row.

    Returns
    -------
    numpy.ndarray
        Parameters, (n, p).
    """
    params = np.array(start, dtype=float)
    damping = np.full(len(params), 1e-2)
    predicted = model(params)
    cost = _cost(predicted, target)
    for _ in range(steps):
        slopes = _jacobian(model, params, predicted)
        trial = params + _step(slopes, target - predicted, damping)
        trial_predicted = model(trial)
        trial_cost = _cost(trial_predicted, target)
        better = trial_cost < cost
        if not better.any() and (damping > 1e6).all():
            break
        params[better], predicted[better] = trial[better], trial_predicted[better]
        cost[better] = trial_cost[better]
        damping = np.clip(np.where(better, damping * 0.3, damping * 8), 1e-10, 1e12)
    return params


def r_squared(predicted: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Share of each row's variance that is explained; NaN where the row is constant."""
    total = ((target - target.mean(-1, keepdims=True)) ** 2).sum(-1)
    residual = ((target - predicted) ** 2).sum(-1)
    floor = 1e-12 * (target**2).sum(-1)
    return np.where(total > floor, 1 - residual / np.where(total > floor, total, 1), np.nan)


def _cost(predicted: np.ndarray, target: np.ndarray) -> np.ndarray:
    cost = ((predicted - target) ** 2).sum(-1)
    return np.asarray(np.where(np.isfinite(cost), cost, np.inf))


def _jacobian(model: Model, params: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    columns = []
    for index in range(params.shape[1]):
        step = 1e-6 * np.maximum(1.0, np.abs(params[:, index]))
        moved = params.copy()
        moved[:, index] += step
        columns.append((model(moved) - predicted) / step[:, None])
    return np.asarray(np.nan_to_num(np.stack(columns, axis=2), posinf=0.0, neginf=0.0))


def _step(slopes: np.ndarray, residual: np.ndarray, damping: np.ndarray) -> np.ndarray:
    normal = np.einsum("nmp,nmq->npq", slopes, slopes)
    gradient = np.einsum("nmp,nm->np", slopes, np.nan_to_num(residual))
    scale = np.einsum("npp->np", normal)
    ridge = damping[:, None] * scale + 1e-12 * (1 + scale.max(1, keepdims=True))
    normal = normal + np.eye(slopes.shape[2]) * ridge[:, None, :]
    return np.asarray(np.linalg.solve(normal, gradient[..., None])[..., 0])
