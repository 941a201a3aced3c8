"""The one place where an image is sampled at other places: every shift, turn, change of size and deformation ends here.

Places are (row, column) in pixels from the centre of the image, on the image's own device.
"""

from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from hierfeat._values import Given
from hierfeat.errors import HierfeatError
from hierfeat.stimuli.geometry import gaussian
from hierfeat.subjects.own_data import as_images

Outside = Literal["zeros", "reflection"]


def resample(
    images: Tensor,
    affine: Tensor,
    *,
    size: tuple[int, int] | None = None,
    displacement: Tensor | None = None,
    mode: str = "bilinear",
    outside: Outside = "zeros",
) -> Tensor:
    """Sample images at an affine function of the output's places.

    Parameters
    ----------
    images
        (N, C, H, W).
    affine
        (2, 3), or (N, 2, 3) for each image its own: from an output's (row, column, 1), in pixels from its centre, to
        (row, column) in the image, in pixels from the image's centre.
    size
        (height, width) of the output; by default the images' own.
    displacement
        (N, height, width, 2): rows and columns by which the output's content is moved after the rest.
    mode
        ``bilinear`` or ``bicubic``.
    outside
        What lies beyond the image: ``zeros`` (black), or its ``reflection``.

    Returns
    -------
    torch.Tensor
        (N, C, height, width), differentiable with respect to `images`.
    """
    height, width = size if size is not None else (images.shape[-2], images.shape[-1])
    # halves place a pixel no finer than a tenth of one; and not every device has doubles
    kind = images.dtype if images.dtype == torch.float64 else torch.float32
    affine = affine.to(images.device, kind).reshape(-1, 2, 3)
    rows, columns = torch.meshgrid(from_centre(height, affine), from_centre(width, affine), indexing="ij")
    places = torch.stack([rows, columns], -1)[None]
    if displacement is not None:
        places = places - displacement.to(images.device, kind)
    found = places.flatten(1, 2) @ affine[..., :2].transpose(1, 2) + affine[:, None, :, 2]
    relative = torch.stack([2 * found[..., 1] / images.shape[-1], 2 * found[..., 0] / images.shape[-2]], -1)
    grid = relative.view(-1, height, width, 2).expand(len(images), -1, -1, -1)
    sampled = F.grid_sample(images.to(kind), grid, mode=mode, padding_mode=outside, align_corners=False)
    return sampled.to(images.dtype)


def from_centre(size: int, like: Tensor) -> Tensor:
    """Each pixel's distance from the middle of a line of `size`, (size,), of the kind and on the device of `like`."""
    return torch.arange(size, dtype=like.dtype, device=like.device) - (size - 1) / 2


def elastic_field(
    images: Tensor, *, deviation: float, smoothness: float, generator: torch.Generator | None = None
) -> Tensor:
    """Draw a smooth random displacement of every pixel, after Simard, Steinkraus & Platt (2003).

    Parameters
    ----------
    images
        (N, C, H, W), of which only the shape is used.
    deviation
        Root mean square displacement along each axis, in pixels, the same at every place.
    smoothness
        Standard deviation of the Gaussian that smooths white noise, in pixels.
    generator
        Of the noise, on the CPU; torch's global one by default.

    Returns
    -------
    torch.Tensor
        (N, H, W, 2): rows and columns, on the CPU.

    Notes
    -----
    The noise is drawn for a larger picture than is kept: noise continued beyond the border by its own reflection adds
    up there, and would displace corners 1.8 times as far as the middle.
    """
    n, _, height, width = images.shape
    reach = int(3 * smoothness)
    noise = torch.randn(2 * n, 1, height + 2 * reach, width + 2 * reach, generator=generator)
    window = gaussian(2 * reach + 1, smoothness)
    line = window.sum(0) / window.sum()
    smooth = F.conv2d(F.conv2d(noise, line[None, None, :, None]), line[None, None, None])
    field = smooth / (line**2).sum()  # white noise smoothed by a separable window has this standard deviation
    return deviation * field.reshape(n, 2, height, width).permute(0, 2, 3, 1)


def batch(value: Any, name: str, _: Given) -> Tensor:
    """Check for images (N, C, H, W), of any size."""
    images = as_images(value, name)
    if images.ndim != 4 or 0 in images.shape:
        raise HierfeatError(f"expected {name} as a batch of images (N, C, H, W), got {tuple(images.shape)}")
    return images
