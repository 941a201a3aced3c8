"""One picture file as bands of floats: upright, on a ground, fitted to a size, never large in memory for long."""

import warnings
from collections.abc import Iterator
from contextlib import suppress
from math import ceil, prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from hierfeat._files import is_lfs_pointer
from hierfeat.errors import HierfeatError

if TYPE_CHECKING:
    from PIL.Image import Image

_FORMATS = ("PNG", "JPEG", "BMP", "DIB", "GIF", "WEBP", "TIFF", "PPM")  # whatever the suffix says
_MOST_PIXELS = 89_478_485  # of one picture: where Pillow warns of decompression bombs
_LARGE, _LONGEST = 2**24, 8  # a strip whose resized copy had more pixels is first cut to eight times its window
_DEEP = {"PNG", "PPM"}  # formats whose mode "I" is 16 bits; a TIFF's is 32 bits of unknown range
_BITS_PER_SAMPLE, _PHOTOMETRIC = 258, 262  # tags of a TIFF


def read(path: Path, size: tuple[int, int], ground: float) -> tuple[Tensor, int]:
    """One or three bands of the fitted picture, (bands, height, width), and how many frames the file has."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata; the number of pixels is looked at below
            if path.exists() and not path.is_file():
                raise HierfeatError(f"expected an image in {path}; it is no file that could be read to its end")
            # by its stream: what Pillow maps by name it lays out wrongly where a TIFF is stored on its side
            with path.open("rb") as stream, Image.open(stream, formats=_FORMATS) as picture:
                _refuse_huge(picture, path)
                frames = 1 if picture.format == "MPO" else getattr(picture, "n_frames", 1)
                picture.seek(0)
                picture.load()
                _stand_upright(picture)
                bands = [_fitted(band, size) for band in _bands(picture, path, ground)]
    except Image.DecompressionBombError as error:
        raise HierfeatError(f"expected at most {_MOST_PIXELS:,} pixels in {path}: {error}; shrink it first") from error
    except HierfeatError:
        raise
    except Exception as error:  # decoders fail in as many ways as bytes can be wrong
        if is_lfs_pointer(path):
            raise HierfeatError(f"{path} is a git-lfs pointer, not an image: `git lfs pull` fetches it") from error
        raise HierfeatError(f"expected an image in {path}; it cannot be read as one: {error}") from error
    return torch.stack(bands).clamp(0, 1), frames


def fit(image: "Image | Tensor", size: tuple[int, int], *, where: str = "", ground: float = 1.0) -> Tensor:
    """One or three bands, (bands, height, width), of a picture that is open, or of bands of floats."""
    if isinstance(image, Tensor):
        bands = [_fitted(band, size) for band in image]
    else:
        _refuse_huge(image, where)
        image.load()
        _stand_upright(image)
        bands = [_fitted(band, size) for band in _bands(image, where, ground)]
    return torch.stack(bands).clamp(0, 1)


def _refuse_huge(picture: "Image", path: Path | str) -> None:
    width, height = picture.size
    if width * height > _MOST_PIXELS:
        raise HierfeatError(
            f"expected at most {_MOST_PIXELS:,} pixels in {path}, got {width} x {height}: shrink it first"
        )


def _stand_upright(picture: "Image") -> None:
    """Turn it as its EXIF orientation says; leave it as it is where that cannot be read."""
    from PIL import ImageOps

    with suppress(Exception):  # metadata written by anyone
        ImageOps.exif_transpose(picture, in_place=True)


def _bands(picture: "Image", path: Path | str, ground: float) -> Iterator[Tensor]:
    """One band (grey) or three, each (H, W) in [0, 1]; one at a time, since a large picture's floats are large."""
    see_through = picture.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in picture.info
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        yield _sixteen_bits(picture, path, ground)
    elif picture.mode in ("1", "L") and not see_through:
        yield _floats(picture.convert("L"))
    elif not see_through:
        picture = picture if picture.mode == "RGB" else picture.convert("RGB")
        yield from (_floats(picture.getchannel(band)) for band in "RGB")
    else:
        picture = (picture.convert("LA") if picture.mode == "La" else picture).convert("RGBA")
        cover = _floats(picture.getchannel("A"))
        yield from (ground + cover * (_floats(picture.getchannel(band)) - ground) for band in "RGB")


def _floats(band: "Image") -> Tensor:
    return torch.from_numpy(np.array(band, dtype=np.float32)).div_(255)


def _sixteen_bits(picture: "Image", path: Path | str, ground: float) -> Tensor:
    """Pillow's own conversion would clip 16 bits at 255."""
    if picture.mode == "F" or (picture.mode == "I" and picture.format not in _DEEP):
        raise HierfeatError(f"expected 8 or 16 bits a pixel in {path}, got 32, whose range is unknown: save it anew")
    tags: Any = getattr(picture, "tag_v2", {})
    bits = int(np.atleast_1d(tags.get(_BITS_PER_SAMPLE, 16))[0])
    grey = torch.from_numpy(np.asarray(picture, dtype=np.float32) / (2**bits - 1))
    grey = 1 - grey if tags.get(_PHOTOMETRIC) == 0 else grey  # 0: white is zero
    key = picture.info.get("transparency")  # of a PNG, the level that is see-through
    return torch.where(torch.from_numpy(np.asarray(picture) == key), ground, grey) if isinstance(key, int) else grey


def _fitted(band: Tensor, size: tuple[int, int]) -> Tensor:
    """Resized until it just covers `size`, then cropped evenly."""
    if prod(_covering(band, size)) > _LARGE:
        most = [_LONGEST * ceil(side / _scale(band, size)) for side in size]
        band = _middle(band, (min(band.shape[0], most[0]), min(band.shape[1], most[1])))
    covering = _covering(band, size)
    resized = F.interpolate(band[None, None], size=covering, mode="bilinear", antialias=True)[0, 0]
    return _middle(resized, size)


def _scale(band: Tensor, size: tuple[int, int]) -> float:
    return max(side / own for side, own in zip(size, band.shape, strict=True))


def _covering(band: Tensor, size: tuple[int, int]) -> tuple[int, int]:
    """What the band is resized to: its own proportions, and nowhere less than `size`."""
    scale = _scale(band, size)
    return max(size[0], round(band.shape[0] * scale)), max(size[1], round(band.shape[1] * scale))


def _middle(band: Tensor, size: tuple[int, int]) -> Tensor:
    (height, width), (own_height, own_width) = size, band.shape
    top, left = (own_height - height) // 2, (own_width - width) // 2
    return band[top : top + height, left : left + width]
