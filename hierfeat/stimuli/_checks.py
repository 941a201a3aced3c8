"""Checks of what stimuli are made from."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from hierfeat._values import Given, levels, real, whole
from hierfeat.errors import HierfeatError

LARGEST = 2**28
"""Values of one image, a gigabyte."""
MOST = 10**7
"""Images of one set."""
FARTHEST = 1e6
"""Pixels from the image's corner to where a stimulus may stand."""


def image_shape(shape: Any, name: str = "an image shape", _: Given = {}) -> tuple[int, int, int]:  # noqa: B006
    """Check (channels, height, width)."""
    sizes = tuple(shape) if isinstance(shape, Sequence | np.ndarray) and not isinstance(shape, str) else ()
    try:
        checked = tuple(whole(1, 2**20)(size, name, {}) for size in sizes)
    except HierfeatError:
        checked = ()
    if len(checked) != 3 or np.prod(checked, dtype=float) > LARGEST:
        raise HierfeatError(
            f"expected {name} as (channels, height, width), positive ints of at most {LARGEST} values, got {shape!r}"
        )
    return checked[0], checked[1], checked[2]


def position(value: Any, name: str, given: Given) -> tuple[float, float]:
    """Check the (row, col) of a stimulus, in pixels."""
    if not isinstance(value, Sequence | np.ndarray) or isinstance(value, str) or len(value) != 2:
        raise HierfeatError(f"expected {name} as (row, col) in pixels, got {value!r}")
    number = real(-FARTHEST, FARTHEST)
    return number(value[0], f"the row of {name}", given), number(value[1], f"the column of {name}", given)


def positions(value: Any, name: str, _: Given) -> np.ndarray:
    """Check the (row, col) of several stimuli, in pixels."""
    try:
        places = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        places = np.empty(0)
    if places.ndim != 2 or places.shape[1] != 2 or not len(places):
        raise HierfeatError(f"expected {name} as (row, col) pairs in pixels, got shape {places.shape}: {value!r:.80}")
    if not (np.abs(places) <= FARTHEST).all():
        raise HierfeatError(f"expected {name} as (row, col) pairs of finite numbers within {FARTHEST:g} pixels")
    return places


def axis(low: float, high: float, *, above: float | None = None) -> Any:
    """A check for the values of a property that is crossed with others."""
    return levels(low, high, above=above, counted=False, most=MOST)


ANGLES = axis(-1e6, 1e6)
SPREAD_ANGLES = levels(-1e6, 1e6, most=MOST)
SIZES = axis(0, 1e6, above=0)
UNIT = axis(0, 1)
POLARITIES = axis(-1, 1)
FREQUENCIES = axis(0, 0.5, above=0)
OFFSETS = axis(-FARTHEST, FARTHEST)
