"""The lazy stimulus set: a table with one row per image, and images that exist only while they are looked at."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Self, overload

import numpy as np
import pandas as pd
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from hierfeat._files import write_text, write_with
from hierfeat._result import drawn
from hierfeat._values import real
from hierfeat.errors import HierfeatError
from hierfeat.stimuli._checks import MOST, image_shape
from hierfeat.subjects.own_data import as_images
from hierfeat.subjects.precision import device as checked_device

Values = float | Sequence[float] | np.ndarray
"""One value, or several of which each makes a condition."""

Draw = Callable[[Tensor, Tensor, Mapping[str, Tensor]], Tensor]
"""``draw(rows, cols, parameters)``: rows (H, 1) and cols (1, W) hold pixel centres, every parameter is (n, 1, 1);
returns patterns in [-1, 1], (n, H, W), or (n, C, H, W) where the channels differ."""

MOST_BYTES = 2**33
"""Of images drawn at once."""


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

    Every analysis that takes images takes a set; all of its images are then drawn at once.

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
        table: pd.DataFrame | None = None,
        draw: Draw | None = None,
        *,
        ground: float = 0.5,
        device: torch.device | str = "cpu",
    ) -> None:
        if table is None or draw is None:
            raise HierfeatError(
                "expected a shape, a table and a function that draws its rows; a set of images that there are already "
                "is StimulusSet.of(images, table)"
            )
        self.shape = image_shape(shape)
        self.table = _checked_table(table)
        self.ground = real(0, 1)(ground, "ground", {})
        self.device = checked_device(device, "device", {})
        self._draw = draw
        self._given: Tensor | None = None

    plot = drawn("stimuli.plot_stimuli")

    @classmethod
    def of(cls, images: Tensor | np.ndarray, table: pd.DataFrame | None = None, *, ground: float = 0.5) -> Self:
        """Make a set of images of your own.

        Parameters
        ----------
        images
            (N, C, H, W), floating point, in [0, 1].
        table
            A row per image: numeric columns with the conditions it was made under. None numbers the images.
        ground
            Luminance of the background: what units are shown to find their response at rest.

        Returns
        -------
        StimulusSet
            The images, one for each row of the table.

        Raises
        ------
        HierfeatError
            If the images are none, not in [0, 1], or not as many as the rows of the table.

        Examples
        --------
        >>> StimulusSet.of(torch.rand(3, 1, 8, 8), pd.DataFrame({"orientation": [0, 60, 120]}))
        StimulusSet(3 images of (1, 8, 8), varying orientation)
        """
        tensor = as_images(images, "images")
        if tensor.ndim != 4 or not tensor.numel():
            raise HierfeatError(f"expected images of shape (N, C, H, W), got {tuple(tensor.shape)}")
        if not bool(((tensor >= 0) & (tensor <= 1)).all()):
            raise HierfeatError("expected images in [0, 1], without NaN; divide by 255 where they are bytes")
        rows = pd.DataFrame({"image": np.arange(len(tensor))}) if table is None else table
        made = cls(tuple(tensor.shape[1:]), rows, _not_drawn, ground=ground)
        if len(made) != len(tensor):
            raise HierfeatError(f"expected a row of the table for each of {len(tensor)} images, got {len(made)}")
        made._given = tensor.detach().cpu()
        return made

    def __len__(self) -> int:
        return len(self.table)

    def __repr__(self) -> str:
        varying = [name for name in self.table.columns if (self.table[name] != self.table[name].iloc[0]).any()]
        return f"StimulusSet({len(self)} images of {self.shape}, varying {', '.join(varying) or 'nothing'})"

    @overload
    def __getitem__(self, index: int) -> Tensor: ...
    @overload
    def __getitem__(self, index: slice | Sequence[int] | np.ndarray) -> Tensor: ...
    def __getitem__(self, index: int | slice | Sequence[int] | np.ndarray) -> Tensor:
        """One image (C, H, W), or those of a slice, of numbers or of a mask over the rows, (n, C, H, W)."""
        if isinstance(index, int | np.integer):
            if not -len(self) <= index < len(self):
                raise IndexError(f"stimulus {index} of {len(self)}")
            return self._images(np.array([index % len(self)]))[0]
        given: object = index  # whatever the user's type checker did not see
        if isinstance(given, str):
            raise HierfeatError(f"expected places of images, got {given!r}; a column is stimuli.table[{given!r}]")
        return self._images(np.arange(len(self))[index])

    def batches(self, size: int = 256) -> Iterator[Tensor]:
        """Yield the images in order, at most `size` at a time."""
        if size < 1:
            raise HierfeatError(f"expected a batch size of at least 1, got {size}")
        for start in range(0, len(self), size):
            yield self[start : start + size]

    def as_tensor(self) -> Tensor:
        """All images, (N, C, H, W)."""
        size = 4 * len(self) * int(np.prod(self.shape))
        if size > MOST_BYTES:
            raise HierfeatError(
                f"all {len(self):,} images would take {size / 2**30:.0f} GB; take some: stimuli[:1000], or go "
                "through them by stimuli.batches()"
            )
        return self[:]

    def to(self, device: torch.device | str) -> "StimulusSet":
        """Return the same set, drawn on `device`."""
        moved = copy(self)
        moved.device = checked_device(device, "device", {})
        return moved

    def save(self, folder: str | Path) -> Path:
        """Write ``table.csv``, the drawn images and the ground into `folder`, and return it."""
        folder, images = Path(folder), self.as_tensor().cpu().contiguous()
        write_with(folder / "table.csv", partial(self.table.to_csv, index=False))
        write_with(folder / "images.safetensors", partial(save_file, {"images": images}))
        write_text(folder / "stimuli.json", json.dumps({"ground": self.ground, "shape": self.shape}) + "\n")
        return folder

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what :meth:`save` wrote; the images are then kept, not drawn."""
        folder = Path(folder)
        missing = [name for name in SAVED if not (folder / name).is_file()]
        if missing:
            raise HierfeatError(f"expected stimuli saved by StimulusSet.save in {folder}; it has no {missing[0]}")
        settings = json.loads((folder / "stimuli.json").read_text(encoding="utf-8"))
        images = load_file(folder / "images.safetensors")["images"]
        return cls.of(images, pd.read_csv(folder / "table.csv"), ground=settings["ground"])

    @cached_property
    def _columns(self) -> dict[str, np.ndarray]:
        """The table's columns, which pandas takes its time to part."""
        return {str(name): self.table[name].to_numpy() for name in self.table.columns}

    def _images(self, which: np.ndarray) -> Tensor:
        channels, height, width = self.shape
        if not len(which):
            return torch.empty(0, channels, height, width, device=self.device)
        if self._given is not None:
            return self._given[torch.as_tensor(which)].to(self.device)
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


SAVED = ("table.csv", "images.safetensors", "stimuli.json")
"""Files of a saved set."""


def _not_drawn(*_: Any) -> Tensor:
    raise AssertionError("images that are given are not drawn")


def _checked_table(table: Any) -> pd.DataFrame:
    """A table with a row per image, of numbers."""
    if not isinstance(table, pd.DataFrame):
        raise HierfeatError(f"expected a pandas table with a row per image, got {type(table).__name__}")
    if table.empty:
        raise HierfeatError("expected at least one stimulus, got an empty table; give every parameter a value")
    words = [str(name) for name, dtype in table.dtypes.items() if dtype.kind not in "iufb"]
    if words:
        raise HierfeatError(f"expected numbers in every column of the table; {', '.join(words)} holds others")
    return table.reset_index(drop=True)


def product_table(**parameters: Values) -> pd.DataFrame:
    """Cross every parameter with every other, the last varying fastest.

    Raises
    ------
    HierfeatError
        If a parameter has no values or holds NaN or infinity, or the images would be more than 10,000,000.
    """
    axes = {name: np.atleast_1d(np.asarray(values, dtype=float)) for name, values in parameters.items()}
    for name, axis in axes.items():
        if axis.ndim != 1 or not len(axis) or not np.isfinite(axis).all():
            raise HierfeatError(f"expected {name} as a number or a flat sequence of finite numbers, got {axis}")
    refuse_too_many(int(np.prod([len(axis) for axis in axes.values()], dtype=float)))
    grids = np.meshgrid(*axes.values(), indexing="ij")
    return pd.DataFrame(np.stack([grid.ravel() for grid in grids], axis=1), columns=list(axes))


def refuse_too_many(count: int) -> None:
    """Refuse a set whose table alone would fill the memory."""
    if count > MOST:
        raise HierfeatError(f"expected a set of at most {MOST:,} stimuli, got {count:,}; show fewer conditions")


def spread(values: int | Values, period: float) -> np.ndarray:
    """`values` themselves, or, of an int n, n steps over one period: ``spread(4, 180)`` is 0, 45, 90, 135."""
    if isinstance(values, int | np.integer) and not isinstance(values, bool):
        if values < 1:
            raise HierfeatError(f"expected at least one step, got {values}")
        return np.arange(values) * (period / values)
    return np.atleast_1d(np.asarray(values, dtype=float))


def centre(position: tuple[float, float] | None, shape: Sequence[int]) -> tuple[float, float]:
    """(row, col) of a stimulus, by default the middle of the image."""
    _, height, width = image_shape(shape)
    if position is None:
        return height / 2, width / 2
    return float(position[0]), float(position[1])
