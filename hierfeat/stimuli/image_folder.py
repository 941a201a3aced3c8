"""Images of one's own: a folder of files, a sub-folder per class."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from hierfeat.errors import HierfeatError

if TYPE_CHECKING:
    from PIL.Image import Image

_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm"}


def image_folder(root: str | Path, *, size: int = 224, limit: int | None = None) -> tuple[Tensor, Tensor]:
    """Load a folder of images, a sub-folder per class, resized and centre-cropped to a square.

    Parameters
    ----------
    root : str or Path
        The folder. Sub-folders in alphabetical order are classes 0, 1, ...; images that lie directly in a folder
        without sub-folders get the label -1 (unknown).
    size : int
        Height and width in pixels; the shorter side is resized to it with antialiasing, the longer one cropped.
    limit : int, optional
        Read no more than this many images.

    Returns
    -------
    images : Tensor
        N, 3, `size`, `size`, float32 in [0, 1].
    labels : Tensor
        N, int64.

    Raises
    ------
    HierfeatError
        If there is no such folder, or no image in it.

    Examples
    --------
    >>> images, labels = image_folder("photographs", size=224)  # doctest: +SKIP
    """
    root = Path(root)
    if size < 1:
        raise HierfeatError(f"expected size in pixels, at least 1; got {size}")
    if not root.is_dir():
        raise HierfeatError(f"expected a folder of images, or of one sub-folder per class; {root} is no folder")
    files = _images_of(root)[:limit]
    if not files:
        raise HierfeatError(f"expected images ({', '.join(sorted(_SUFFIXES))}) in {root} or in its sub-folders")
    images = torch.stack([_read_square(path, size) for path, _ in files])
    return images, torch.tensor([label for _, label in files])


def _images_of(root: Path) -> list[tuple[Path, int]]:
    folders = sorted(path for path in root.iterdir() if path.is_dir())
    if not folders:
        return [(path, -1) for path in sorted(root.iterdir()) if path.suffix.lower() in _SUFFIXES]
    return [
        (path, label)
        for label, folder in enumerate(folders)
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in _SUFFIXES
    ]


def _in_colour(picture: "Image", path: Path) -> Tensor:
    """(3, H, W) in [0, 1]. Pillow's own conversion would clip 16 bits at 255."""
    if picture.mode in ("I", "F"):
        raise HierfeatError(f"expected 8 or 16 bits a pixel in {path}, got 32, whose range is unknown: save it anew")
    if picture.mode.startswith("I;16"):
        grey = torch.from_numpy(np.asarray(picture, dtype=np.float32) / 65535)
        return grey.expand(3, -1, -1)
    return torch.from_numpy(np.asarray(picture.convert("RGB"), dtype=np.float32) / 255).permute(2, 0, 1)


def _read_square(path: Path, size: int) -> Tensor:
    from PIL import Image

    try:
        with Image.open(path) as picture:
            pixels = _in_colour(picture, path)
    except OSError as error:
        raise HierfeatError(f"expected an image in {path}; it cannot be read as one: {error}") from error
    scale = size / min(pixels.shape[1:])
    height, width = (max(size, round(side * scale)) for side in pixels.shape[1:])
    resized = F.interpolate(pixels[None], size=(height, width), mode="bilinear", antialias=True)[0]
    top, left = (height - size) // 2, (width - size) // 2
    return resized[:, top : top + size, left : left + size].clamp(0, 1)
