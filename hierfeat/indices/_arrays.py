"""Rates, and the angles or steps that they were measured at, as arrays of floats or an error."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from hierfeat.errors import HierfeatError, warn
from hierfeat.physiology.tuning import _indices

Array = np.ndarray | Sequence[Any]


def as_rates(responses: Array) -> np.ndarray:
    """Rates as an array of floats, refused where they can be none."""
    try:
        given = np.asarray(responses, dtype=float)
    except (TypeError, ValueError):
        raise HierfeatError(f"expected rates as an array (..., conditions), got {type(responses).__name__}") from None
    return _indices.rates(given)


def with_blank(responses: Array, blank: Array | float) -> tuple[np.ndarray, np.ndarray]:
    """Rates, and the response of each cell to the ground."""
    rates, ground = as_rates(responses), np.asarray(blank, dtype=float)
    if ground.shape not in ((), rates.shape[:-1]):
        raise HierfeatError(
            f"expected one blank for all, or one for each of {rates.shape[:-1]} cells, got {ground.shape}"
        )
    return rates, ground


def around(responses: Array, angles: Array | None, period: float) -> tuple[np.ndarray, np.ndarray]:
    """Rates and their angles, by default spread evenly over the period."""
    rates = as_rates(responses)
    if angles is None:
        return rates, np.arange(rates.shape[-1]) * (period / rates.shape[-1])
    given = _numbers(angles, "angles", rates.shape[-1])
    if len(np.unique(given % period)) < len(given):
        raise HierfeatError(f"expected different angles within {period:g} degrees, got {given}")
    if len(given) > 2 and 0 < np.ptp(given) < 2 * np.pi:
        warn(f"angles are in degrees; these span {np.ptp(given):.3g}: np.rad2deg(angles) if they are radians")
    return rates, given


def along(responses: Array, steps: Array, what: str) -> tuple[np.ndarray, np.ndarray]:
    """Rates and the rising property that they were measured at."""
    rates = as_rates(responses)
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
