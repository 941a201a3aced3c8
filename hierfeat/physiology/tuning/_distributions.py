"""Statistics of distributions: of angles, of one or two peaks, and of two samples."""

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
MOST = 400
"""Largest sample whose dips under the null are drawn; beyond, √n times the dip has the same distribution."""


class Concentration(NamedTuple):
    """Mean resultant length in [0, 1], mean orientation in [0, 180) degrees, and Rayleigh's p."""

    length: float
    mean: float
    p_value: float


def rayleigh(orientations: Floats) -> Concentration:
    """Rayleigh's test of uniformity for orientations in degrees, whose angles are doubled.

    Notes
    -----
    R = |Σ exp(2iθ)|/n. The p-value is Zar's approximation (Biostatistical Analysis, equation 27.4), within 0.003 of
    simulated ones for n of 5 and more.

    Examples
    --------
    >>> rayleigh(np.array([10.0, 100.0])).length < 1e-12  # crossed bars have no common orientation
    True
    """
    n = len(orientations)
    if n == 0:
        return Concentration(np.nan, np.nan, np.nan)
    resultant = np.exp(2j * np.deg2rad(orientations)).sum()
    total = abs(resultant)
    p = np.exp(np.sqrt(1 + 4 * n + 4 * (n**2 - total**2)) - (1 + 2 * n))
    mean = np.rad2deg(np.angle(resultant)) / 2 % 180
    return Concentration(float(total / n), float(mean), float(min(p, 1.0)))


def cardinal_bias(orientations: Floats) -> tuple[float, float]:
    """The mean of cos 4θ, and its two-sided p-value by the V-test for uniform orientations.

    Notes
    -----
    1: all horizontal or vertical, −1: all at 45° or 135°, 0: neither. For uniform θ, √(2n) times the mean is about
    normal.

    Examples
    --------
    >>> cardinal_bias(np.array([0.0, 90.0, 90.0]))[0]
    1.0
    """
    from scipy.stats import norm

    n = len(orientations)
    if n == 0:
        return np.nan, np.nan
    bias = float(np.cos(4 * np.deg2rad(orientations)).mean())
    return bias, float(2 * norm.sf(np.sqrt(2 * n) * abs(bias)))


def dip(values: Floats) -> float:
    """Hartigan's dip: the largest distance of the empirical distribution from the nearest one with a single peak.

    Notes
    -----
    The interval that holds the peak is narrowed from both sides: within it the greatest convex minorant and the least
    concave majorant of the empirical distribution are compared at their corners, until they are nearer to each other
    than the distribution was found to be from them outside of it (Hartigan 1985).

    Examples
    --------
    >>> dip(np.array([0.0, 1.0]))  # 1/(2n), the least there is
    0.25
    """
    x, counts = np.unique(np.asarray(values, dtype=float), return_counts=True)
    if not len(x):
        return np.nan
    after: Floats = counts.cumsum().astype(np.float64)  # in counts, as all heights here
    before: Floats = after - counts.astype(np.float64)
    low, high, found = 0, len(x) - 1, 1.0
    while high > low:
        part = np.arange(low, high + 1)
        below, above = part[_corners(x[part], before[part])], part[_corners(x[part], -after[part])]
        gap, left, right = _widest(x, before, after, below, above)
        if gap <= found or (low, high) == (left, right):
            break
        rising, falling = np.arange(low, left), np.arange(right + 1, high + 1)
        over = after[rising] - np.interp(x[rising], x[below], before[below])
        under = np.interp(x[falling], x[above], after[above]) - before[falling]
        found = max(found, over.max(initial=0), under.max(initial=0))
        low, high = left, right
    return float(found / (2 * after[-1]))


def _corners(x: Floats, heights: Floats) -> list[int]:
    """Indices of the corners of the greatest convex minorant of points whose x rise."""
    hull: list[int] = []
    for i in range(len(x)):
        while len(hull) > 1:
            a, b = hull[-2], hull[-1]
            if (heights[b] - heights[a]) * (x[i] - x[a]) < (heights[i] - heights[a]) * (x[b] - x[a]):
                break
            hull.pop()
        hull.append(i)
    return hull


def _widest(
    x: Floats, before: Floats, after: Floats, below: npt.NDArray[np.intp], above: npt.NDArray[np.intp]
) -> tuple[float, int, int]:
    """The largest distance of minorant and majorant at a corner of either, and the interval of the peak it leaves."""
    at_lower = np.interp(x[below], x[above], after[above]) - before[below]
    at_upper = after[above] - np.interp(x[above], x[below], before[below])
    one, other = int(at_lower.argmax()), int(at_upper.argmax())
    if at_lower[one] >= at_upper[other]:
        left = int(below[one])
        return float(at_lower[one]), left, int(above[np.searchsorted(above, left)])
    right = int(above[other])
    return float(at_upper[other]), int(below[np.searchsorted(below, right, side="right") - 1]), right


def dip_p(value: float, n: int, *, draws: int, seed: int) -> float:
    """The share of uniform samples of size `n` whose dip is at least `value`, the data counted as one."""
    if not np.isfinite(value):
        return np.nan
    size = min(n, MOST)
    null = _uniform_dips(size, draws, seed) * np.sqrt(size / n)
    return float((1 + (null >= value - 1e-12).sum()) / (1 + draws))


@cache
def _uniform_dips(n: int, draws: int, seed: int) -> Floats:
    generator = np.random.default_rng(seed)
    return np.array([dip(generator.random(n)) for _ in range(draws)])


def kolmogorov_smirnov(one: Floats, other: Floats) -> float:
    """The largest distance of two samples' distribution functions; NaN where either is empty."""
    if not (len(one) and len(other)):
        return np.nan
    places = np.concatenate([one, other])
    shares = (np.searchsorted(np.sort(sample), places, side="right") / len(sample) for sample in (one, other))
    return float(np.abs(np.subtract(*shares)).max())


def kuiper(one: Floats, other: Floats) -> float:
    """Kuiper's distance of two samples of angles: the same wherever the circle is cut."""
    if not (len(one) and len(other)):
        return np.nan
    places = np.concatenate([one, other])
    shares = [np.searchsorted(np.sort(sample), places, side="right") / len(sample) for sample in (one, other)]
    gap = shares[0] - shares[1]
    return float(max(gap.max(), 0.0) - min(gap.min(), 0.0))
