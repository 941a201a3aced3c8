"""Boxes of pixels, half-open (top, left, bottom, right): products, hulls, and what they leave uncovered."""

import numpy as np
import numpy.typing as npt

from hierfeat.anatomy.intervals.field import Ints

Box = tuple[int, int, int, int]


def products(rows: Ints, cols: Ints) -> Ints:
    """Boxes (..., 4) from intervals (..., 2) of rows and of columns; zeros where either is empty."""
    boxes = np.stack([rows[..., 0], cols[..., 0], rows[..., 1], cols[..., 1]], axis=-1)
    return boxes * _seen(boxes)[..., None]


def _seen(boxes: Ints) -> npt.NDArray[np.bool_]:
    seen: npt.NDArray[np.bool_] = (boxes[..., 2] > boxes[..., 0]) & (boxes[..., 3] > boxes[..., 1])
    return seen


def hull(boxes: list[Ints]) -> Ints:
    """The smallest boxes around those of several terms; an empty one has no say."""
    first, *rest = boxes
    for other in rest:
        around = np.concatenate([np.minimum(first, other)[..., :2], np.maximum(first, other)[..., 2:]], axis=-1)
        either = np.where(_seen(first)[..., None], first, other)
        first = np.where((_seen(first) & _seen(other))[..., None], around, either)
    return first


def unseen(rows: Ints, cols: Ints, image: tuple[int, int]) -> tuple[int, int, int, float]:
    """Rows, columns and pixels of the image in no box, and the fraction of pixels."""
    seen = np.zeros(image, dtype=bool)
    for down, across in zip(rows, cols, strict=True):
        if down.shape[1] == 1 and across.shape[0] == 1:
            seen |= _covered(down[:, 0], image[0])[:, None] & _covered(across[0], image[1])
            continue
        wide = np.broadcast_shapes(down.shape, across.shape)
        for box in products(np.broadcast_to(down, wide), np.broadcast_to(across, wide)).reshape(-1, 4):
            seen[box[0] : box[2], box[1] : box[3]] = True
    pixels = int((~seen).sum())
    return int((~seen.any(axis=1)).sum()), int((~seen.any(axis=0)).sum()), pixels, pixels / seen.size


def _covered(intervals: Ints, size: int) -> npt.NDArray[np.bool_]:
    """Which of `size` pixels lie in at least one of the half-open intervals."""
    steps = np.zeros(size + 1, dtype=np.int64)
    np.add.at(steps, intervals[:, 0], 1)
    np.add.at(steps, intervals[:, 1], -1)
    return steps[:-1].cumsum() > 0
