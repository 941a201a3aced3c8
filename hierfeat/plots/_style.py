"""What figures share: shades by depth, markers by kind, images as pictures, and which of many to show."""

from collections.abc import Sequence
from typing import Any, TypeVar

import matplotlib as mpl
import numpy as np
import numpy.typing as npt

T = TypeVar("T")

MARKERS = {"conv": "o", "activation": "^", "pool": "s", "linear": "D"}
OUTSIDE = (0.80, 0.86, 0.92, 1.0)
"""A pale blue that no grey image holds."""


def shades(count: int) -> list[tuple[float, float, float, float]]:
    """Shallow to deep: dark to bright, without the palest end."""
    return [mpl.colormaps["viridis"](value) for value in np.linspace(0, 0.9, max(count, 1))]


def spaced(items: Sequence[T], most: int) -> list[T]:
    """At most `most` of the items, evenly spaced, the first and last among them.

    Examples
    --------
    >>> spaced("abcdefg", 3)
    ['a', 'd', 'g']
    """
    if len(items) <= most:
        return list(items)
    return [items[index] for index in np.linspace(0, len(items) - 1, most).round().astype(int)]


def jitter(count: int) -> npt.NDArray[np.float64]:
    """Offsets in [-0.3, 0.3) that keep `count` dots of one place apart, by the golden ratio: the same every time."""
    return np.asarray(((np.arange(count) * 0.618) % 1 - 0.5) * 0.6)


def picture(patch: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """RGBA of an image (C, H, W) in [0, 1]; a pale blue where it is NaN."""
    image = np.asarray(patch, dtype=float)
    outside = np.isnan(image).any(0)
    image = np.clip(np.nan_to_num(image), 0, 1)
    if len(image) == 3:
        rgba = np.concatenate([image.transpose(1, 2, 0), np.ones((*image.shape[1:], 1))], -1)
    else:
        rgba = np.asarray(mpl.colormaps["gray"](image.mean(0)), dtype=float)
    rgba[outside] = OUTSIDE
    return rgba
