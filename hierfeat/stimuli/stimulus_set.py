"""The lazy stimulus set: a table with one row per image, and images that exist only while they are looked at."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from functools import cached_property
from typing import Any, overload

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hierfeat.errors import HierfeatError

Values = float | Sequence[float] | np.ndarray
"""One value, or several of which each makes a condition."""

Draw = Callable[[Tensor, Tensor, Mapping[str, Tensor]], Tensor]
"""``draw(rows, cols, parameters)``: rows (H, 1) and cols (1, W) hold pixel centres, every parameter is (n, 1, 1);
returns patterns in [-1, 1], (n, H, W), or (n, C, H, W) where the channels differ."""


class StimulusSet:
    """Images in [0, 1] that are drawn when asked for; a set of 100,000 costs the memory of its table.

    Parameters
    ----------
    shape
        (channels, height, width) of each image.
    table
        One row per image, one numeric column per parameter.
    draw
        Turns rows of the table into patterns in [-1, 1]: 0 is the ground, 1 white, -1 black.
    ground
        Luminance where the pattern is 0.
    device
        Where the images are made.

    Notes
    -----
    Pixel ``i`` covers ``[i, i + 1)``; its centre is at ``i + 0.5``, and the middle of the image is at
    ``(height / 2, width / 2)``. Above the ground a pattern ``p`` is drawn as ``ground + (1 - ground) p``,
    below it as ``ground + ground p``; on the usual grey of 0.5 both are ``0.5 (1 + p)``.

    Examples
    --------
    >>> from hierfeat.stimuli.gratings import gratings
    >>> stimuli = gratings((1, 28, 28), orientations=4, frequencies=0.1, phases=2)
    >>> len(stimuli), stimuli[2:5].shape, stimuli.table.orientation.tolist()[:4]
    (8, torch.Size([3, 1, 28, 28]), [0.0, 0.0, 45.0, 45.0])
    """

    def __init__(
        self,
        shape: Sequence[int],
        table: pd.DataFrame,
        draw: Draw,
        *,
        ground: float = 0.5,
        device: torch.device | str = "cpu",
    ) -> None:
        self.shape = image_shape(shape)
        self.table = table.reset_index(drop=True)
        self.ground = between(ground, 0.0, 1.0, "ground")
        self.device = torch.device(device)
        self._draw = draw
        if self.table.empty:
            raise HierfeatError("expected at least one stimulus, got an empty table; give every parameter a value")

    def __len__(self) -> int:
        return len(self.table)

    def __repr__(self) -> str:
        varying = [name for name in self.table.columns if (self.table[name] != self.table[name].iloc[0]).any()]
        return f"StimulusSet({len(self)} images of {self.shape}, varying {', '.join(varying) or 'nothing'})"

    @overload
    def __getitem__(self, index: int) -> Tensor: ...
    @overload
    def __getitem__(self, index: slice) -> Tensor: ...
    def __getitem__(self, index: int | slice) -> Tensor:
        """One image (C, H, W), or the images of a slice (n, C, H, W)."""
        if isinstance(index, slice):
            return self._images(index)
        if not -len(self) <= index < len(self):
            raise IndexError(f"stimulus {index} of {len(self)}")
        return self._images(slice(index % len(self), index % len(self) + 1))[0]

    def batches(self, size: int = 256) -> Iterator[Tensor]:
        """Yield the images in order, at most `size` at a time."""
        if size < 1:
            raise HierfeatError(f"expected a batch size of at least 1, got {size}")
        for start in range(0, len(self), size):
            yield self[start : start + size]

    def to(self, device: torch.device | str) -> "StimulusSet":
        """Return the same set, drawn on `device`."""
        moved = copy(self)
        moved.device = torch.device(device)
        return moved

    @cached_property
    def _columns(self) -> dict[str, np.ndarray]:
        """The table's columns, which pandas takes its time to part."""
        return {name: self.table[name].to_numpy() for name in self.table.columns}

    def _images(self, which: slice) -> Tensor:
        channels, height, width = self.shape
        if not range(len(self))[which]:
            return torch.empty(0, channels, height, width, device=self.device)
        values = {name: self._column(column[which]) for name, column in self._columns.items()}
        rows = (torch.arange(height, device=self.device) + 0.5)[:, None]
        cols = (torch.arange(width, device=self.device) + 0.5)[None, :]
        pattern = self._draw(rows, cols, values)
        if self.ground == 0.5:
            images = pattern.mul_(0.5).add_(0.5)
        else:
            images = self.ground + torch.where(pattern > 0, 1 - self.ground, self.ground) * pattern
        images = images.clamp_(0, 1)
        return images if images.dim() == 4 else images[:, None].expand(-1, channels, -1, -1)

    def _column(self, values: np.ndarray) -> Tensor:
        kind = torch.int64 if values.dtype.kind in "iu" else torch.float32
        return torch.tensor(values, dtype=kind, device=self.device).reshape(-1, 1, 1)


def product_table(**parameters: Values) -> pd.DataFrame:
    """Cross every parameter with every other, the last varying fastest.

    Raises
    ------
    HierfeatError
        If a parameter has no values or holds NaN or infinity.
    """
    axes = {name: np.atleast_1d(np.asarray(values, dtype=float)) for name, values in parameters.items()}
    for name, axis in axes.items():
        if axis.ndim != 1 or not len(axis) or not np.isfinite(axis).all():
            raise HierfeatError(f"expected {name} as a number or a flat sequence of finite numbers, got {axis}")
    grids = np.meshgrid(*axes.values(), indexing="ij")
    return pd.DataFrame({name: grid.ravel() for name, grid in zip(axes, grids, strict=True)})


def spread(values: int | Values, period: float) -> np.ndarray:
    """`values` themselves, or, of an int n, n steps over one period: ``spread(4, 180)`` is 0, 45, 90, 135."""
    if isinstance(values, int | np.integer) and not isinstance(values, bool):
        if values < 1:
            raise HierfeatError(f"expected at least one step, got {values}")
        return np.arange(values) * (period / values)
    return np.atleast_1d(np.asarray(values, dtype=float))


def image_shape(shape: Sequence[int]) -> tuple[int, int, int]:
    """Check (channels, height, width)."""
    sizes = tuple(shape) if isinstance(shape, Iterable) else ()
    if len(sizes) != 3 or any(int(size) != size or size < 1 for size in sizes):
        raise HierfeatError(f"expected an image shape (channels, height, width) of positive ints, got {shape!r}")
    return int(shape[0]), int(shape[1]), int(shape[2])


def centre(position: tuple[float, float] | None, shape: Sequence[int]) -> tuple[float, float]:
    """(row, col) of a stimulus, by default the middle of the image."""
    _, height, width = image_shape(shape)
    if position is None:
        return height / 2, width / 2
    if len(position) != 2:
        raise HierfeatError(f"expected a position (row, col) in pixels, got {position}")
    return float(position[0]), float(position[1])


def between(value: Any, low: float, high: float, name: str) -> Any:
    """Return `value` unchanged where all of it lies in [low, high]; refuse it otherwise."""
    array = np.asarray(value, dtype=float)
    if not ((array >= low) & (array <= high)).all():
        wrong = np.unique(array[~((array >= low) & (array <= high))])
        shown = ", ".join(f"{one:g}" for one in wrong[:3]) + (", ..." if len(wrong) > 3 else "")
        raise HierfeatError(f"expected {name} between {low:g} and {high:g}, got {shown}")
    return value
