"""All sums, extremes and counts of an activation in one pass over memory: compiled by numba, where it is installed.

A pass of its own for each statistic reads the activation from memory each time; here each row (the values of one image
and channel) is read once, and read again from the nearest cache. A row is summed in single precision, rows in double.
Extremes are compared as whole numbers in the order of the floats that they stand for: compilers vectorise the
comparison of floats only where there can be no NaN.
"""

from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

SUM, SQUARES, POSITIVE, LOW, HIGH, RATES, RATE_SQUARES = range(7)
_SHORT = 32  # values of a row: shorter ones are gathered place by place over the images, and only then summed
_PARTS = {"_row_sums": True, "_row_ends": False, "_value_of": False, "_add_places": False, "_widen_places": False}
_ZERO, _SIGN, _REST = np.float32(0), np.int32(31), np.int32(0x7FFFFFFF)
Statistics = npt.NDArray[np.float64]


@cache
def is_there() -> bool:
    """Whether numba is installed: with ``pip install hierfeat[fast]``."""
    found = find_spec("numba")
    return found is not None and found.origin is not None  # a folder that pip has left behind has none


def statistics(values: npt.NDArray[np.float32]) -> Statistics:
    """(7, C) of values (N, C, positions) that lie one after the other in memory; the rows are named above."""
    images, channels, positions = values.shape
    flat, found = values.reshape(-1), np.empty((7, channels))
    _compiled()[positions < _SHORT](flat, flat.view(np.int32), images, channels, positions, found)
    return found


def rectified(found: Statistics) -> Statistics:
    """The statistics of max(x, 0) from those of x."""
    low, high = np.maximum(found[LOW], 0), np.maximum(found[HIGH], 0)
    return np.stack([found[RATES], found[RATE_SQUARES], found[POSITIVE], low, high, found[RATES], found[RATE_SQUARES]])


@cache
def _compiled() -> tuple[Any, Any]:
    """Both ways through an activation; compiled at the first call, and kept in files beside the package's others."""
    import numba

    loose = numba.njit(error_model="numpy", fastmath={"reassoc", "contract", "nsz"}, cache=True, nogil=True)
    exact = numba.njit(error_model="numpy", cache=True, nogil=True)
    for name, is_loose in _PARTS.items():
        globals()[name] = (loose if is_loose else exact)(globals()[name])
    return exact(_by_rows), exact(_by_places)


def _row_sums(x: Any, begin: Any, end: Any) -> Any:
    total, squares, rates, rate_squares = _ZERO, _ZERO, _ZERO, _ZERO
    for at in range(begin, end):
        value = x[at]
        rate = max(value, _ZERO)
        total += value
        squares += value * value
        rates += rate
        rate_squares += rate * rate
    return total, squares, rates, rate_squares


def _row_ends(bits: Any, begin: Any, end: Any) -> Any:
    low, high, above = np.int32(2147483647), np.int32(-2147483648), np.int32(0)
    for at in range(begin, end):
        key = np.int32(bits[at] ^ ((bits[at] >> _SIGN) & _REST))
        low = key if key < low else low
        high = key if key > high else high
        above += np.int32(1) if key > np.int32(0) else np.int32(0)
    return low, high, above


def _value_of(key: Any, box: Any) -> Any:
    """The float whose place in the order is `key`; `box` is memory for one number."""
    box[0] = np.int32(key ^ ((key >> _SIGN) & _REST))
    return box.view(np.float32)[0]


def _by_rows(x: Any, bits: Any, images: int, channels: int, positions: int, out: Any) -> None:
    box = np.empty(1, np.int32)
    out[:] = 0.0
    out[3], out[4] = np.inf, -np.inf
    for image in range(images):
        for channel in range(channels):
            begin = np.uint64((image * channels + channel) * positions)
            end = np.uint64((image * channels + channel + 1) * positions)
            total, squares, rates, rate_squares = _row_sums(x, begin, end)
            low, high, above = _row_ends(bits, begin, end)
            out[0, channel] += total
            out[1, channel] += squares
            out[2, channel] += above
            out[3, channel] = min(out[3, channel], _value_of(low, box))
            out[4, channel] = max(out[4, channel], _value_of(high, box))
            out[5, channel] += rates
            out[6, channel] += rate_squares


def _by_places(x: Any, bits: Any, images: int, channels: int, positions: int, out: Any) -> None:
    box, places = np.empty(1, np.int32), np.uint64(channels * positions)
    sums, above = np.zeros((4, channels * positions), np.float32), np.zeros(channels * positions, np.int32)
    low, high = bits[:places].copy(), bits[:places].copy()
    for at in range(places):
        low[at] ^= (low[at] >> _SIGN) & _REST
        high[at] = low[at]
    for image in range(images):
        begin = np.uint64(image) * places
        _add_places(x[begin : begin + places], sums[0], sums[1], sums[2], sums[3])
        _widen_places(bits[begin : begin + places], low, high, above)
    out[:] = 0.0
    out[3], out[4] = np.inf, -np.inf
    for channel in range(channels):
        for at in range(channel * positions, (channel + 1) * positions):
            out[0, channel] += sums[0, at]
            out[1, channel] += sums[1, at]
            out[2, channel] += above[at]
            out[3, channel] = min(out[3, channel], _value_of(low[at], box))
            out[4, channel] = max(out[4, channel], _value_of(high[at], box))
            out[5, channel] += sums[2, at]
            out[6, channel] += sums[3, at]


def _add_places(x: Any, total: Any, squares: Any, rates: Any, rate_squares: Any) -> None:
    for at in range(len(x)):
        value = x[at]
        rate = max(value, _ZERO)
        total[at] += value
        squares[at] += value * value
        rates[at] += rate
        rate_squares[at] += rate * rate


def _widen_places(bits: Any, low: Any, high: Any, above: Any) -> None:
    for at in range(len(bits)):
        key = np.int32(bits[at] ^ ((bits[at] >> _SIGN) & _REST))
        low[at] = min(low[at], key)
        high[at] = max(high[at], key)
        above[at] += np.int32(1) if key > np.int32(0) else np.int32(0)
