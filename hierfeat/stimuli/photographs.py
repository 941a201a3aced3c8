"""Natural images that need no download: windows of the two photographs that scikit-learn ships."""

from math import ceil

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from hierfeat.errors import HierfeatError

NAMES = ("china.jpg", "flower.jpg")


def photographs(count: int = 8, *, size: int = 224, channels: int = 3) -> Tensor:
    """Cut square windows out of scikit-learn's photographs of a Chinese temple and of a flower.

    Parameters
    ----------
    count : int
        How many windows; they are spread over both photographs and may overlap.
    size : int
        Height and width of each, in pixels.
    channels : int
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
    if count < 1 or size < 1 or channels not in (1, 3):
        raise HierfeatError(
            f"expected count and size of at least 1 and 1 or 3 channels; got {count}, {size} and {channels}"
        )
    shares = [ceil(count / len(NAMES)), count // len(NAMES)]
    parts = [_windows(_photograph(name), share, size) for name, share in zip(NAMES, shares, strict=True) if share]
    images = torch.cat(parts)
    luminance = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    return images if channels == 3 else (images * luminance).sum(1, keepdim=True)


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
