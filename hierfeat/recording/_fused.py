"""One pass over an activation for all that the measures of channels want to know of it, compiled by numba.

Each value is read from memory once: rows (the values of one image and channel) go through in pieces that stay in the
nearest cache. Values are summed in single precision, as differences from a value of the channel's own, so that a large
mean costs no digits; pieces and batches in double. Extremes are compared as whole numbers in the order of the floats
that they stand for: compilers vectorise the comparison of floats only where there can be no NaN.
"""

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

COUNTED = LOW, HIGH, POSITIVE, MEAN, M2, RATES, RATE_SQUARES, RATE_MEAN, RATE_M2 = range(9)
"""Rows of what is found of each channel. M2 is Σ(x - mean)²; a rate is max(x, 0)."""

DIGITS = 6  # binary ones of a float that a bin of its distribution keeps
SMALLEST, LARGEST = -20, 17  # powers of two between which there are bins
SIDE = (LARGEST - SMALLEST) << DIGITS  # bins on either side of zero
_DROPPED, _LOWEST = 23 - DIGITS, (127 + SMALLEST) << DIGITS
_SHORT = 32  # values of a row: shorter ones are gathered place by place over the images
_PIECE = 2048  # values, of a row or of one image, that are gone through at a time
_IMAGES = 256  # whose values are added in single precision
_ZERO, _SIGN, _REST = np.float32(0), np.int32(31), np.int32(0x7FFFFFFF)
_LEAST, _MOST = np.int32(-2147483648), np.int32(2147483647)


@dataclass(slots=True, eq=False)
class Found:
    """What has been found of a layer.

    Attributes
    ----------
    channels
        (9, channels), by the names above.
    bins
        How many values of the runs that were looked at lie in each bin of :class:`hierfeat.Histogram`.
    crowd
        Population sparseness, summed over the places with any, and how many these are.
    count
        Values of each channel.
    """

    channels: NDArray[np.float64]
    bins: NDArray[np.int64]
    crowd: NDArray[np.float64]
    count: int = 0


@cache
def is_there() -> bool:
    """Whether numba is installed: with ``pip install hierfeat[fast]``."""
    found = find_spec("numba")
    return found is not None and found.origin is not None  # a folder that pip has left behind has none


@cache
def compiled() -> Any:
    """:func:`_gather`, compiled at the first call, and kept in files beside the package's others."""
    import numba

    loose = numba.njit(error_model="numpy", fastmath={"reassoc", "contract", "nsz"}, cache=True, nogil=True)
    exact = numba.njit(error_model="numpy", cache=True, nogil=True)
    quick: list[Any] = [_sums, _place_sums, _across]
    strict: list[Any] = [_value_of, _ends, _place_ends, _put, _by_rows, _by_places, _finish, _rectify, _merge]
    for part in quick:
        globals()[part.__name__] = loose(part)
    for part in [*strict, _count, _crowd]:
        globals()[part.__name__] = exact(part)
    return exact(_gather)


def _gather(
    x: Any, shape: Any, here: Any, known: bool, before: int, all_: Any, places: Any, run: int, bins: Any, crowd: Any
) -> Any:
    """Take in one activation; return a number that is finite only if all its values are.

    Parameters
    ----------
    x
        Its values, one after the other.
    shape
        Images, channels, positions.
    here
        (9, channels), to work in: what is found of this activation.
    known
        Whether `here` holds what was found of the tensor that this is the rectified form of.
    before
        Values of each channel that have been taken in so far.
    all_
        (9, channels): what was found so far.
    places
        Of each image, its place in the data times a prime: where its samples start.
    run
        Neighbouring values of each image that are counted in `bins`.
    bins
        Counts so far, from negative to positive; none if there are no bins.
    crowd
        Population sparseness so far, summed, the places where there was any, and how many neighbouring positions of
        each image to look at; none if there are fewer than three.
    """
    images, channels, positions = shape
    if known:
        _rectify(here)
    elif positions < _SHORT:
        _by_places(x, images, channels, positions, here)
    else:
        _by_rows(x, images, channels, positions, here)
    total = _merge(here, all_, before, images * positions)
    if len(bins):
        _count(x, images, channels * positions, places, run, bins)
    if len(crowd) == 3:
        _crowd(x, images, channels, positions, places, crowd)
    return total


def _value_of(key: Any, box: Any) -> Any:
    """The float whose place in the order is `key`; `box` is memory for one number."""
    box[0] = np.int32(key ^ ((key >> _SIGN) & _REST))
    return box.view(np.float32)[0]


def _by_rows(x: Any, images: int, channels: int, positions: int, out: Any) -> None:
    bits, box = x.view(np.int32), np.empty(1, np.int32)
    out[:] = 0.0
    out[LOW], out[HIGH] = np.inf, -np.inf
    for image in range(images):
        for channel in range(channels):
            first = np.uint64(channel * positions)
            origin, rate_origin = x[first], max(x[first], _ZERO)
            begin = np.uint64((image * channels + channel) * positions)
            last = begin + np.uint64(positions)
            while begin < last:
                end = min(begin + np.uint64(_PIECE), last)
                total, squares, rates, rate_squares = _sums(x, begin, end, origin, rate_origin)
                low, high, above = _ends(bits, begin, end)
                _put(out, channel, total, squares, rates, rate_squares)
                out[POSITIVE, channel] += above
                out[LOW, channel] = min(out[LOW, channel], _value_of(low, box))
                out[HIGH, channel] = max(out[HIGH, channel], _value_of(high, box))
                begin = end
    for channel in range(channels):
        _finish(out, channel, x[channel * positions], images * positions)


def _sums(x: Any, begin: Any, end: Any, origin: Any, rate_origin: Any) -> Any:
    total, squares, rates, rate_squares = _ZERO, _ZERO, _ZERO, _ZERO
    for at in range(begin, end):
        value = x[at] - origin
        rate = max(x[at], _ZERO) - rate_origin
        total += value
        squares += value * value
        rates += rate
        rate_squares += rate * rate
    return total, squares, rates, rate_squares


def _ends(bits: Any, begin: Any, end: Any) -> Any:
    low, high, above = _MOST, _LEAST, np.int32(0)
    for at in range(begin, end):
        key = np.int32(bits[at] ^ ((bits[at] >> _SIGN) & _REST))
        low = key if key < low else low
        high = key if key > high else high
        above += np.int32(1) if key > np.int32(0) else np.int32(0)
    return low, high, above


def _put(out: Any, channel: int, total: Any, squares: Any, rates: Any, rate_squares: Any) -> None:
    out[MEAN, channel] += total
    out[M2, channel] += squares
    out[RATE_MEAN, channel] += rates
    out[RATE_M2, channel] += rate_squares


def _finish(out: Any, channel: int, origin: Any, count: int) -> None:
    """Turn sums of differences from `origin`, and of their squares, into means and deviations from these."""
    rate_origin = max(origin, _ZERO)
    off, rate_off = out[MEAN, channel] / count, out[RATE_MEAN, channel] / count
    out[M2, channel] -= off * out[MEAN, channel]
    out[RATE_M2, channel] -= rate_off * out[RATE_MEAN, channel]
    out[MEAN, channel] = origin + off
    rate = rate_origin + rate_off
    out[RATE_MEAN, channel] = rate
    out[RATES, channel] = rate * count
    out[RATE_SQUARES, channel] = out[RATE_M2, channel] + rate * rate * count


def _by_places(x: Any, images: int, channels: int, positions: int, out: Any) -> None:
    bits, box, size = x.view(np.int32), np.empty(1, np.int32), np.uint64(channels * positions)
    out[:] = 0.0
    out[LOW], out[HIGH] = np.inf, -np.inf
    step = max(_PIECE // (4 * positions), 1)
    sums, ends = np.empty((6, step * positions), np.float32), np.empty((3, step * positions), np.int32)
    for first in range(0, channels, step):
        some = min(step, channels - first)
        length = some * positions
        for at in range(length):
            sums[4, at] = x[first * positions + at // positions * positions]
            sums[5, at] = max(sums[4, at], _ZERO)
        for start in range(0, images, _IMAGES):
            sums[:4], ends[0], ends[1], ends[2] = _ZERO, _MOST, _LEAST, np.int32(0)
            for image in range(start, min(start + _IMAGES, images)):
                begin = np.uint64(image) * size + np.uint64(first * positions)
                end = begin + np.uint64(length)
                _place_sums(x[begin:end], sums[0], sums[1], sums[2], sums[3], sums[4], sums[5])
                _place_ends(bits[begin:end], ends[0], ends[1], ends[2])
            for at in range(length):
                channel = first + at // positions
                _put(out, channel, sums[0, at], sums[1, at], sums[2, at], sums[3, at])
                out[POSITIVE, channel] += ends[2, at]
                out[LOW, channel] = min(out[LOW, channel], _value_of(ends[0, at], box))
                out[HIGH, channel] = max(out[HIGH, channel], _value_of(ends[1, at], box))
    for channel in range(channels):
        _finish(out, channel, x[channel * positions], images * positions)


def _place_sums(x: Any, total: Any, squares: Any, rates: Any, rate_squares: Any, origin: Any, rate_origin: Any) -> None:
    for at in range(len(x)):
        value = x[at] - origin[at]
        rate = max(x[at], _ZERO) - rate_origin[at]
        total[at] += value
        squares[at] += value * value
        rates[at] += rate
        rate_squares[at] += rate * rate


def _place_ends(bits: Any, low: Any, high: Any, above: Any) -> None:
    for at in range(len(bits)):
        key = np.int32(bits[at] ^ ((bits[at] >> _SIGN) & _REST))
        low[at] = min(low[at], key)
        high[at] = max(high[at], key)
        above[at] += np.int32(1) if key > np.int32(0) else np.int32(0)


def _rectify(here: Any) -> None:
    """What was found of x becomes what is found of max(x, 0)."""
    here[MEAN], here[M2] = here[RATE_MEAN], here[RATE_M2]
    here[LOW], here[HIGH] = np.maximum(here[LOW], 0), np.maximum(here[HIGH], 0)


def _merge(here: Any, all_: Any, before: int, count: int) -> Any:
    """Take what was found of `count` values into what was found of those before, as Chan et al. (1983) do."""
    total, share = 0.0, count / (before + count)
    for channel in range(here.shape[1]):
        off = here[MEAN, channel] - all_[MEAN, channel] if before else here[MEAN, channel]
        total += here[M2, channel]
        all_[MEAN, channel] += off * share
        all_[M2, channel] += here[M2, channel] + off * off * before * share
        all_[POSITIVE, channel] += here[POSITIVE, channel]
        all_[RATES, channel] += here[RATES, channel]
        all_[RATE_SQUARES, channel] += here[RATE_SQUARES, channel]
        all_[LOW, channel] = min(all_[LOW, channel], here[LOW, channel])
        all_[HIGH, channel] = max(all_[HIGH, channel], here[HIGH, channel])
    return total


def _count(x: Any, images: int, length: int, places: Any, run: int, bins: Any) -> None:
    """Count a run of neighbours of each image by their upper bits, which say which bin."""
    bits, side = x.view(np.int32), len(bins) // 2
    run = min(run, length)
    for image in range(images):
        begin = image * length + places[image] % (length - run + 1)
        for at in range(begin, begin + run):
            away: Any = min(max(np.int64((bits[at] & _REST) >> _DROPPED) - _LOWEST, 0), side)
            bins[side - away if bits[at] < 0 else side + away] += 1


def _crowd(x: Any, images: int, channels: int, positions: int, places: Any, crowd: Any) -> None:
    """Add up the population sparseness at some neighbouring positions of each image."""
    many: Any = min(np.int64(crowd[2]), positions)
    for image in range(images):
        first = image * channels * positions + places[image] % (positions - many + 1)
        for begin in range(first, first + many):
            rates, squares = _across(x, np.uint64(begin), np.uint64(positions), channels)
            if squares > 0:
                crowd[1] += 1
                shared = rates * rates / (squares * channels)
                crowd[0] += (1 - shared) / (1 - 1 / channels) if channels > 1 else 0.0


def _across(x: Any, begin: Any, step: Any, channels: int) -> Any:
    """The sum of the rates of all channels at one position, and of their squares."""
    rates, squares = 0.0, 0.0
    for channel in range(channels):
        rate = np.float64(max(x[begin + np.uint64(channel) * step], _ZERO))
        rates += rate
        squares += rate * rate
    return rates, squares
