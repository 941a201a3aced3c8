"""Pictures as tensors: a folder of one's own, and windows of the two photographs that scikit-learn ships."""

import os
from collections.abc import Iterator
from math import ceil
from pathlib import Path
from reprlib import repr as shorter
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from hierfeat._deprecation import renamed
from hierfeat._values import Given, flag, whole
from hierfeat.errors import HierfeatError, warn
from hierfeat.stimuli._decoding import read
from hierfeat.subjects.arguments import checked

PHOTOGRAPHS = ("china.jpg", "flower.jpg")

_SUFFIXES = {".png", ".jpg", ".jpeg", ".jfif", ".jpe", ".bmp", ".gif", ".webp", ".tif", ".tiff"}
_SUFFIXES |= {".ppm", ".pgm", ".pbm", ".pnm"}
_OTHER_KINDS = {".heic", ".heif", ".avif", ".jxl", ".jp2", ".j2k", ".tga", ".svg", ".exr", ".hdr", ".dcm"}
_OTHER_KINDS |= {".dng", ".cr2", ".cr3", ".nef", ".arw"}
_MOST_SIDE = 8192  # of what is returned
_LUMINANCE = (0.299, 0.587, 0.114)  # ITU-R BT.601
_NAMED = 3

Item = tuple[Path, int]


def _sides(value: Any, name: str, given: Given) -> tuple[int, int]:
    """One length for a square, or (height, width)."""
    one = whole(1, _MOST_SIDE)
    if not isinstance(value, tuple | list):
        return (one(value, name, given),) * 2
    if len(value) != 2:
        raise HierfeatError(f"expected {name} as pixels, or as (height, width); got {value!r}")
    return one(value[0], f"height in {name}", given), one(value[1], f"width in {name}", given)


def _grey_or_colour(value: Any, name: str, _: Given) -> int:
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value not in (1, 3):
        raise HierfeatError(f"expected {name} as 1 (grey) or 3 (colour), got {shorter(value)}")
    return int(value)


def _folder(value: Any, name: str, _: Given) -> Path:
    if not isinstance(value, str | Path):
        raise HierfeatError(f"expected {name} as the path of a folder of images, got {type(value).__name__}")
    if not Path(value).is_dir():
        raise HierfeatError(f"expected a folder of images, or of one sub-folder per class; {value} is not a folder")
    return Path(value)


@renamed(limit="max_images", since="0.1", until="0.2")
@checked(root=_folder, size=_sides, grey=flag)
def image_folder(
    root: str | Path,
    *,
    size: int | tuple[int, int] = 224,
    grey: bool = False,
    ground: float = 1.0,
    max_images: int | None = None,
    seed: int = 0,
) -> tuple[Tensor, Tensor]:
    """Load a folder of images, a sub-folder per class, resized and centre-cropped to one size.

    Parameters
    ----------
    root
        The folder. Sub-folders that hold images are classes 0, 1, ... in alphabetical order;
        :func:`folder_classes` gives their names. Images in a folder without such sub-folders get the label -1, which
        says that their class is not known.
    size
        Pixels: of a square, or (height, width). The image is resized, with antialiasing, until it just covers them,
        and what sticks out is cropped evenly.
    grey
        Luminance (ITU-R BT.601), one channel; colours, three channels, otherwise.
    ground
        What transparent places are laid on: from 0 (black) to 1 (white).
    max_images
        Read no more than this many images, drawn with `seed`, as equally from all classes as their sizes allow.
    seed
        Of the choice that `max_images` makes.

    Returns
    -------
    images : torch.Tensor
        (N, 3, height, width), or (N, 1, height, width), float32 in [0, 1].
    labels : torch.Tensor
        (N,), int64.

    Raises
    ------
    HierfeatError
        If there is no such folder or no image in it; if an image cannot be read, has 32 bits a pixel, or more than
        89 million pixels, with its name.

    Notes
    -----
    Hidden files and folders (``.ipynb_checkpoints``, ``._photo.png``) are left out. Images are turned upright as their
    EXIF orientation says. 16-bit grey images keep their values. Of an animation or a stack the first frame is read,
    and a warning says so. CMYK is converted without its colour profile.

    Examples
    --------
    >>> images, labels = image_folder("photographs", size=224)  # doctest: +SKIP
    """
    height, width = size if isinstance(size, tuple) else (size, size)
    items = _chosen(_items(root), max_images, seed)
    channels = 1 if grey else 3
    try:
        images = torch.empty(len(items), channels, height, width)
    except RuntimeError as error:
        said = f"{len(items)} images of {height} x {width} do not fit into memory: pass max_images="
        raise HierfeatError(said) from error
    several = []
    for place, (path, _) in enumerate(items):
        bands, frames = read(path, (height, width), ground)
        images[place] = _in_channels(bands, channels)
        if frames > 1:
            several.append(path.name)
    if several:
        warn(f"animations or stacks, of which the first frame is read: {_some(several)}")
    return images, torch.tensor([label for _, label in items])


@checked(root=_folder)
def folder_classes(root: str | Path) -> tuple[str, ...]:
    """Name the classes of a folder of images: its sub-folders that hold images.

    Parameters
    ----------
    root
        The folder that :func:`image_folder` reads.

    Returns
    -------
    tuple of str
        The k-th name is that of label k; empty for a folder without classes.

    Raises
    ------
    HierfeatError
        If there is no such folder.

    Examples
    --------
    >>> import tempfile
    >>> folder_classes(tempfile.mkdtemp())
    ()
    """
    return tuple(folder.name for folder in _class_folders(root) if any(True for _ in _files_under(folder)))


@checked(count=whole(1, 10**5), size=whole(1, _MOST_SIDE), channels=_grey_or_colour)
def photographs(count: int = 8, *, size: int = 224, channels: int = 3) -> Tensor:
    """Cut square windows out of scikit-learn's photographs of a Chinese temple and of a flower.

    Parameters
    ----------
    count
        How many windows; they are spread over both photographs and may overlap.
    size
        Height and width of each, in pixels.
    channels
        3 for colour, 1 for luminance (ITU-R BT.601).

    Returns
    -------
    torch.Tensor
        (count, channels, size, size), float32 in [0, 1].

    Raises
    ------
    HierfeatError
        If `count` or `size` is below 1, or `channels` is neither 1 nor 3.

    Examples
    --------
    >>> tuple(photographs(4, size=64).shape)
    (4, 3, 64, 64)
    """
    shares = [ceil(count / len(PHOTOGRAPHS)), count // len(PHOTOGRAPHS)]
    parts = [_windows(_photograph(name), share, size) for name, share in zip(PHOTOGRAPHS, shares, strict=True) if share]
    images = torch.cat(parts)
    return images if channels == 3 else (images * _luminance()).sum(1, keepdim=True)


def _items(root: Path | str) -> list[Item]:
    """Every image of the folder, with its label."""
    root = Path(root)
    others: list[str] = []
    folders = {folder: list(_files_under(folder, others)) for folder in _class_folders(root)}
    beside = [path for path in _visible(root) if not path.is_dir()]
    loose = [path for path in beside if path.suffix.lower() in _SUFFIXES]
    others += [path.name for path in beside if path.suffix.lower() in _OTHER_KINDS]
    empty = [folder.name for folder, files in folders.items() if not files]
    classes = [files for files in folders.values() if files]
    items = [(path, label) for label, files in enumerate(classes) for path in files]
    if not (items or loose):
        found = f"; there are {_some(others)}, to be saved anew" if others else ""
        raise HierfeatError(f"expected images ({', '.join(sorted(_SUFFIXES))}) in {root} or in its sub-folders{found}")
    if others:
        warn(f"pictures of kinds that are not read, which are left out: {_some(others)}; save them as PNG or JPEG")
    _warn_of_folders_within({folder: files for folder, files in folders.items() if files})
    if items and empty:
        warn(f"sub-folders of {root} without images, which do not count as classes: {_some(empty)}")
    if items and loose:
        names = [path.name for path in loose]
        warn(f"images beside the class folders of {root}, which are left out: {_some(names)}")
    return items or [(path, -1) for path in loose]


def _warn_of_folders_within(classes: dict[Path, list[Path]]) -> None:
    """Say so where the classes look like the parts of a data set (train, test), in which the classes lie."""
    within = {path.relative_to(folder).parts[0] for folder, files in classes.items() for path in files}
    direct = any(path.parent == folder for folder, files in classes.items() for path in files)
    if classes and not direct and len(within) > 1:
        names = [folder.name for folder in classes]
        warn(
            f"the classes are {_some(names)}, all of whose images lie in folders within ({_some(sorted(within))}); "
            f"if these are the classes, give the folder that holds them, as {next(iter(classes))}"
        )


def _class_folders(root: Path | str) -> list[Path]:
    """Sub-folders, and links to folders that do not hold this one."""
    above = os.path.realpath(root)
    return [path for path in _visible(Path(root)) if path.is_dir() and not _holds(os.path.realpath(path), above)]


def _holds(folder: str, other: str) -> bool:
    return os.path.commonpath([folder, other]) == folder


def _visible(folder: Path) -> list[Path]:
    """What lies in a folder and is not hidden, by name: case counts on every system."""
    return sorted((path for path in folder.iterdir() if not path.name.startswith(".")), key=lambda path: path.name)


def _files_under(folder: Path, others: list[str] | None = None) -> Iterator[Path]:
    """Image files at any depth, behind links too, without what is hidden; a link back to where it lies is not followed.

    torchvision's ``ImageFolder`` does not serve here: hidden folders are classes to it, and hidden files images.
    Names of pictures of kinds that are not read are added to `others`.
    """
    for place, folders, names in os.walk(folder, followlinks=True):
        here = os.path.realpath(place)
        own = (name for name in folders if not name.startswith("."))
        folders[:] = sorted(name for name in own if not _holds(os.path.realpath(Path(place) / name), here))
        visible = [(name, Path(name).suffix.lower()) for name in sorted(names) if not name.startswith(".")]
        if others is not None:
            others += [name for name, suffix in visible if suffix in _OTHER_KINDS]
        yield from (Path(place) / name for name, suffix in visible if suffix in _SUFFIXES)


def _chosen(items: list[Item], limit: int | None, seed: int) -> list[Item]:
    """At most `limit` of the items, in their order: the first of each class in a random order, then the second ..."""
    if limit is None or limit >= len(items):
        return items
    order = np.random.default_rng(seed).permutation(len(items))
    seen: dict[int, int] = {}
    rounds = []
    for place in order.tolist():
        label = items[place][1]
        seen[label] = seen.get(label, -1) + 1
        rounds.append((seen[label], place))
    rounds.sort(key=lambda pair: pair[0])  # stable: within a round the order stays random
    return [items[place] for place in sorted(place for _, place in rounds[:limit])]


def _in_channels(bands: Tensor, channels: int) -> Tensor:
    if channels == 3 or len(bands) == 1:
        return bands.expand(channels, -1, -1)
    return (bands * _luminance()[0]).sum(0, keepdim=True)


def _luminance() -> Tensor:
    return torch.tensor(_LUMINANCE).view(1, 3, 1, 1)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _photograph(name: str) -> Tensor:
    from sklearn.datasets import load_sample_image

    pixels: np.ndarray = load_sample_image(name)
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255


def _windows(photograph: Tensor, count: int, size: int) -> Tensor:
    """Evenly spaced windows, each two thirds of the photograph's height, resized to `size`."""
    height, width = photograph.shape[-2:]
    side = 2 * height // 3
    lefts = np.linspace(0, width - side, count).round().astype(int)
    tops = np.linspace(0, height - side, 3).round().astype(int)
    cut = [photograph[..., tops[i % 3] :, left:][..., :side, :side] for i, left in enumerate(lefts)]
    resized = F.interpolate(torch.cat(cut), size=(size, size), mode="bilinear", antialias=True, align_corners=False)
    return resized.clamp(0, 1)
