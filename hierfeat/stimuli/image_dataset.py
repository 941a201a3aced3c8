"""Images one at a time: data sets of any size, of which no more is in memory than what is being looked at."""

import importlib
import inspect
from collections.abc import Callable, Sized
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, IterableDataset

from hierfeat._values import flag
from hierfeat.errors import HierfeatError
from hierfeat.stimuli._decoding import fit, read
from hierfeat.stimuli._tar_shards import TarShards
from hierfeat.stimuli.pictures import _in_channels, _items, _sides
from hierfeat.subjects.arguments import checked

_IMAGE = ("image", "img", "pixel_values", "jpg", "jpeg", "png", "webp", "ppm", "pgm")  # names in a dict
_LABEL = ("label", "labels", "cls", "fine_label", "target")
_SPLITS: dict[str, Callable[[str], Any]] = {
    "split": lambda split: split,
    "train": lambda split: split == "train",
}  # arguments of torchvision's sets


class ImageDataset(Dataset[tuple[Tensor, int]]):
    """A map-style data set of images as a network takes them, with labels.

    Parameters
    ----------
    items
        A sequence of images, of (image, label) pairs or of dicts that hold them. An image is a path, a picture of
        Pillow's, or a tensor or array.
    size
        (height, width) in pixels.
    channels
        1 or 3.
    ground
        What transparent places are laid on.
    """

    def __init__(self, items: Any, size: tuple[int, int], channels: int, ground: float) -> None:
        self._items, self._size, self._channels, self._ground = items, size, channels, ground

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        try:
            image, label = _image_and_label(self._items[index])
            return self._fitted(image, index), label
        except HierfeatError:
            raise
        except Exception as error:  # decoders fail in as many ways as bytes can be wrong
            raise HierfeatError(
                f"expected an image in {self.path(index)}; it cannot be read as one: {error}"
            ) from error

    def path(self, index: int) -> str:
        """What image `index` is called in messages: its file, if it has one."""
        path = getattr(self._items, "path", None)
        if callable(path):
            return str(path(index))
        files = self._items if isinstance(self._items, list) else getattr(self._items, "samples", None)
        first = files[index][0] if isinstance(files, list) and isinstance(files[index], tuple) else None
        return str(first) if isinstance(first, str | Path) else f"image {index}"

    def _fitted(self, image: Any, index: int) -> Tensor:
        if isinstance(image, str | Path):
            bands, _ = read(Path(image), self._size, self._ground)
        elif isinstance(image, Tensor):
            bands = fit(_floats(image), self._size)
        else:
            bands = fit(_as_picture(image), self._size, where=self.path(index), ground=self._ground)
        if len(bands) not in (1, 3):
            raise HierfeatError(f"expected 1 or 3 channels in {self.path(index)}, got {len(bands)}")
        return _in_channels(bands, self._channels)


@checked(size=_sides, grey=flag)
def image_dataset(
    source: str | Path | Any,
    *,
    size: int | tuple[int, int] = 224,
    grey: bool = False,
    ground: float = 1.0,
    split: str = "test",
    root: str | Path | None = None,
) -> ImageDataset:
    """Open a data set of images of any size, for :func:`hierfeat.sweep`; images are read when they are asked for.

    Parameters
    ----------
    source
        A folder, as :func:`image_folder` takes it; ``torchvision:NAME`` (a set of ``torchvision.datasets`` that lies in
        `root`); ``hf:NAME`` (a set of Hugging Face's, or the folder of one that was saved; needs `datasets`);
        ``wds:SHARDS`` (tar files in WebDataset's form, by ``*`` or ``{000..012}``); or any object with a length whose
        items are images, (image, label) pairs or dicts that hold them.
    size
        Pixels: of a square, or (height, width). The image is resized, with antialiasing, until it just covers them,
        and what sticks out is cropped evenly.
    grey
        One channel of luminance (ITU-R BT.601), not three of colour.
    ground
        What transparent places are laid on: from 0 (black) to 1 (white).
    split
        Which part of a set of torchvision's or Hugging Face's.
    root
        The folder of torchvision's sets; nothing is downloaded.

    Returns
    -------
    ImageDataset
        A map-style data set: of each index a tensor (3, height, width), or (1, height, width) if `grey`, float32 in
        [0, 1], and a label, -1 where it is not known.

    Raises
    ------
    HierfeatError
        If there is no such source, or a library that it needs is not installed. An image that cannot be read raises it
        when it is asked for; :func:`hierfeat.sweep` leaves it out and names it.

    Notes
    -----
    Memory: the paths, or whatever the source itself keeps, and one image. Of shards, the places of all members, which
    are found once by going through the heads in the files.

    Examples
    --------
    >>> import torch, hierfeat as hf
    >>> pictures = list(torch.rand(3, 3, 64, 48))
    >>> image, label = hf.image_dataset(pictures, size=32)[2]
    >>> tuple(image.shape), label
    ((3, 32, 32), -1)
    """
    height, width = size if isinstance(size, tuple) else (size, size)
    return ImageDataset(_opened(source, split, root), (height, width), 1 if grey else 3, ground)


def _opened(source: Any, split: str, root: str | Path | None) -> Any:
    if not isinstance(source, str | Path):
        if isinstance(source, IterableDataset) or not isinstance(source, Sized) or not hasattr(source, "__getitem__"):
            raise HierfeatError(f"expected a data set with a length and items by number, got {type(source).__name__}")
        return source
    kind, colon, name = str(source).partition(":")
    if colon and kind == "torchvision":
        return _of_torchvision(name, split, root)
    if colon and kind == "hf":
        return _of_hugging_face(name, split)
    if colon and kind == "wds":
        return TarShards(name)
    if not Path(source).is_dir():
        raise HierfeatError(
            f"expected a folder of images, torchvision:NAME, hf:NAME or wds:SHARDS; {source} is none of these"
        )
    return _items(source)


def _library(name: str, needed_for: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise HierfeatError(f"{needed_for} need the package {name}: pip install {name} ({error})") from error


def _of_torchvision(name: str, split: str, root: str | Path | None) -> Any:
    kinds: Any = importlib.import_module("torchvision.datasets")
    if name not in kinds.__all__:
        raise HierfeatError(f"expected a set among {', '.join(sorted(kinds.__all__))}; got {name!r}")
    kind: Callable[..., Any] = getattr(kinds, name)
    parameters = inspect.signature(kind).parameters
    given = {argument: make(split) for argument, make in _SPLITS.items() if argument in parameters}
    if "root" in parameters:
        given["root"] = root or "."
    try:
        return kind(**given)
    except Exception as error:  # each set complains in its own way
        raise HierfeatError(f"cannot open torchvision's {name} in {root or '.'}: {error}") from error


def _of_hugging_face(name: str, split: str) -> Any:
    datasets = _library("datasets", "sets of Hugging Face's")
    try:
        found = datasets.load_from_disk(name) if Path(name).is_dir() else datasets.load_dataset(name)
        parts = found if hasattr(found, "keys") else {split: found}
    except Exception as error:
        raise HierfeatError(f"cannot open {name} with Hugging Face's datasets: {error}") from error
    if split not in parts:
        raise HierfeatError(f"expected a part among {', '.join(parts)} of {name}, got {split!r}")
    return parts[split]


def _image_and_label(item: Any) -> tuple[Any, int]:
    if isinstance(item, dict):
        named = {name.lstrip(".").lower(): value for name, value in item.items()}
        image = next((named[name] for name in _IMAGE if name in named), None)
        label = next((named[name] for name in _LABEL if name in named), -1)
        if image is None:
            raise HierfeatError(f"expected an image under one of {', '.join(_IMAGE)}, got {', '.join(named)}")
    elif isinstance(item, tuple | list):
        image, label = item[0], item[1] if len(item) > 1 else -1
    else:
        image, label = item, -1
    try:
        return image, int(label)
    except (TypeError, ValueError):  # boxes, captions
        return image, -1


def _floats(image: Tensor) -> Tensor:
    image = image if image.ndim == 3 else image[None]
    return image.float() / 255 if image.dtype == torch.uint8 else image.float()


def _as_picture(image: Any) -> Any:
    """A picture of Pillow's, of an array or the bytes of a file."""
    from io import BytesIO

    from PIL import Image

    if isinstance(image, np.ndarray):
        return Image.fromarray(image)
    return Image.open(BytesIO(image)) if isinstance(image, bytes) else image
