"""Random planar distortions of images: affine, as LeNet-5 was trained with, and elastic."""

from dataclasses import dataclass
from math import pi

import torch
import torch.nn.functional as F
from torch import Tensor

from hierfeat.errors import HierfeatError


@dataclass(frozen=True)
class Distortion:
    """How far an image may be distorted; every amount is drawn uniformly from minus to plus its limit, per image.

    Attributes
    ----------
    translation : float
        Pixels, along rows and columns independently.
    scale : float
        Natural logarithm of the magnification: 0.1 allows 0.905 to 1.105 times.
    squeeze : float
        Natural logarithm of the horizontal compression that goes with an equal vertical elongation (or the reverse).
    shear : float
        Horizontal shift in pixels per pixel of height.
    rotation : float
        Degrees.
    elastic : float
        Pixels: the standard deviation of a smooth random displacement of every pixel, along each axis; 0 for none.
    smoothness : float
        Pixels: the standard deviation of the Gaussian that smooths that displacement.

    References
    ----------
    LeCun, Y., Bottou, L., Bengio, Y. & Haffner, P. (1998). Gradient-based learning applied to document recognition.
    Proceedings of the IEEE 86, 2278-2324, section III.A: translation, scaling, squeezing and horizontal shearing. The
    paper gives no limits; those of the zoo's recipe are its own.
    Simard, P., Steinkraus, D. & Platt, J. (2003). Best practices for convolutional neural networks applied to visual
    document analysis. ICDAR: the elastic part.
    """

    translation: float = 0.0
    scale: float = 0.0
    squeeze: float = 0.0
    shear: float = 0.0
    rotation: float = 0.0
    elastic: float = 0.0
    smoothness: float = 4.0


def distort(images: Tensor, distortion: Distortion, *, seed: int | None = None) -> Tensor:
    """Distort each image in its own random way.

    Parameters
    ----------
    images
        N, C, H, W in [0, 1]; what lies outside the image is 0.
    distortion
        The limits.
    seed
        Of the draw; None takes (and advances) torch's global random state.

    Returns
    -------
    Tensor
        N, C, H, W: bilinear samples of the input.

    Raises
    ------
    HierfeatError
        If `images` is not a batch of floating-point images.

    Examples
    --------
    >>> images = torch.rand(2, 1, 28, 28)
    >>> bool(torch.allclose(distort(images, Distortion()), images, atol=1e-5))
    True
    """
    if images.ndim != 4 or not images.is_floating_point():
        raise HierfeatError(f"expected floating-point images N, C, H, W; got {images.dtype} {tuple(images.shape)}")
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    height, width = images.shape[-2:]
    moved = affine_matrices(len(images), distortion, generator=generator) @ _coordinates(height, width)
    if distortion.elastic:
        moved = moved + _smooth_noise(len(images), height, width, distortion, generator)
    unit = torch.tensor([2 / width, 2 / height])[:, None]
    grid = (moved * unit).transpose(1, 2).reshape(len(images), height, width, 2)
    return F.grid_sample(images, grid.to(images), mode="bilinear", padding_mode="zeros", align_corners=False)


def affine_matrices(count: int, distortion: Distortion, *, generator: torch.Generator | None = None) -> Tensor:
    """Draw `count` matrices (2, 3) from an output pixel (column, row, 1), seen from the centre, to its input place."""
    draw = torch.rand(7, count, generator=generator) * 2 - 1
    columns, rows = draw[0] * distortion.translation, draw[1] * distortion.translation
    magnify, squeeze = (draw[2] * distortion.scale).exp(), (draw[3] * distortion.squeeze).exp()
    shear, angle = draw[4] * distortion.shear, draw[5] * distortion.rotation * pi / 180
    cos, sin = angle.cos(), angle.sin()
    across, down = squeeze / magnify, 1 / (squeeze * magnify)
    top = torch.stack([across * cos, across * (shear * cos - sin), columns], 1)
    bottom = torch.stack([down * sin, down * (shear * sin + cos), rows], 1)
    return torch.stack([top, bottom], 1)


def _coordinates(height: int, width: int) -> Tensor:
    """Return (3, H * W): column, row and 1 of every pixel, from the image's centre."""
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    flat = torch.stack([columns.flatten() - (width - 1) / 2, rows.flatten() - (height - 1) / 2])
    return torch.cat([flat, torch.ones(1, height * width)])


def _smooth_noise(
    count: int, height: int, width: int, distortion: Distortion, generator: torch.Generator | None
) -> Tensor:
    """Return (N, 2, H * W) displacements: white noise under a Gaussian, scaled to its standard deviation."""
    noise = torch.randn(2 * count, 1, height, width, generator=generator)
    radius = min(int(3 * distortion.smoothness), height - 1, width - 1)
    taps = torch.exp(-0.5 * (torch.arange(-radius, radius + 1) / distortion.smoothness) ** 2)
    taps = taps / taps.norm()  # so that white noise of unit variance keeps it, away from the borders
    smooth = F.conv2d(F.pad(noise, (radius,) * 4, mode="reflect"), taps[None, None, None])
    smooth = F.conv2d(smooth, taps[None, None, :, None])
    return distortion.elastic * smooth.reshape(count, 2, height * width)
