"""Cutting the patch of an image that a unit sees, at one size for all units of a layer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from hierfeat.anatomy.receptive_fields import ReceptiveFields

Ints = npt.NDArray[np.int64]


def boxes_of_places(boxes: Ints, places: Sequence[int]) -> Ints:
    """The `boxes` of a map, (rows, cols, 4), laid out as the `places` of an response are: its axes behind the channels.

    A map that was flattened has a box at each of its places, (1, rows · cols, 4); an response with other places (one
    with its channels last, say) has the hull of all boxes, (1, 1, 4).
    """
    rows, cols = boxes.shape[:2]
    if tuple(places) == (rows, cols):
        return boxes
    if tuple(places) == (rows * cols,):
        return boxes.reshape(1, -1, 4)
    return np.concatenate([boxes[..., :2].min((0, 1)), boxes[..., 2:].max((0, 1))]).reshape(1, 1, 4)


@dataclass(frozen=True, eq=False)
class LayerCutter:
    """Where the units of one layer look, and the frame in which a patch of each is shown.

    Attributes
    ----------
    boxes : numpy.ndarray
        (rows, cols, 4), half-open (top, left, bottom, right) in pixels: what each unit sees, clipped.
    corners : numpy.ndarray
        (rows, cols, 2): top and left of the frame, which may lie outside the image.
    size : tuple of int
        Height and width of the frame in pixels: those of the field, but at most those of the image.
    shown : tuple of int
        Height and width of a patch; smaller than `size` where large patches are reduced.
    """

    boxes: Ints
    corners: Ints
    size: tuple[int, int]
    shown: tuple[int, int]

    @classmethod
    def of(
        cls, fields: ReceptiveFields, layer: str, *, largest: int | None, places: Sequence[int] | None = None
    ) -> "LayerCutter":
        """Prepare to cut patches of `layer`, whose response has `places`, with no side longer than `largest`."""
        places = fields.map_size(layer) if places is None else places
        real, virtual = (boxes_of_places(fields.boxes(layer, clip=clip), places) for clip in (True, False))
        local = _is_open(virtual)  # a local path leads to the image
        within = np.concatenate([np.maximum(real, virtual)[..., :2], np.minimum(real, virtual)[..., 2:]], -1)
        boxes = np.where((local & _is_open(within))[..., None], within, real)
        image = np.array(fields.image_size)
        windows = np.where(local[..., None], virtual, real)
        extent = (windows[..., 2:] - windows[..., :2]).reshape(-1, 2).max(0)
        fits = extent <= image  # otherwise the whole image is the frame, along that axis
        corners = np.where(fits, windows[..., :2], 0)
        size = np.where(fits, extent, image)
        scale = 1.0 if largest is None else min(1.0, largest / size.max())
        shown = np.maximum(1, np.rint(size * scale).astype(int))
        return cls(boxes, corners, _pair(size), _pair(shown))

    def cut(self, image: Tensor, row: int, col: int) -> Tensor:
        """What unit (`row`, `col`) sees of `image`, (C, H, W): (C, *shown), NaN where it sees nothing."""
        top, left, bottom, right = self.boxes[row, col].tolist()
        at_row, at_col = self.corners[row, col].tolist()
        patch = torch.full((len(image), *self.size), torch.nan)
        rows, cols = slice(top - at_row, bottom - at_row), slice(left - at_col, right - at_col)
        patch[:, rows, cols] = image[:, top:bottom, left:right].float().cpu()
        return patch if self.shown == self.size else adaptive_avg_pool2d(patch[None], self.shown)[0]


def _is_open(boxes: Ints) -> npt.NDArray[np.bool_]:
    open_: npt.NDArray[np.bool_] = np.all(boxes[..., 2:] > boxes[..., :2], axis=-1)
    return open_


def _pair(sizes: Ints) -> tuple[int, int]:
    return int(sizes[0]), int(sizes[1])
