"""Shifts, rotations, changes of size, elastic deformation and noise, to train on and to be tested by.

Every function returns new images of the same shape; what leaves the frame is lost, and black comes in.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from hierfeat.stimuli.geometry import gaussian


@dataclass(frozen=True)
class Jitter:
    """How much images vary at random, a draw for each image.

    Parameters
    ----------
    shift
        Largest shift by rows and by columns, in pixels (uniform).
    rotation
        Largest rotation either way, in degrees (uniform).
    scale
        Largest relative change of size either way (log-uniform).
    shear
        Largest slant either way: columns of shift per row (uniform).
    elastic
        Root mean square displacement of a smooth random deformation, in pixels.
    smoothness
        Standard deviation of the Gaussian that smooths the deformation, in pixels.
    """

    shift: float = 0.0
    rotation: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    elastic: float = 0.0
    smoothness: float = 4.0


def warp(
    images: Tensor,
    *,
    shift: tuple[float | Tensor, float | Tensor] = (0.0, 0.0),
    rotation: float | Tensor = 0.0,
    scale: float | Tensor = 1.0,
    shear: float | Tensor = 0.0,
    displacement: Tensor | None = None,
) -> Tensor:
    """Transform images about their centre, by bilinear interpolation.

    Parameters
    ----------
    images
        (N, C, H, W).
    shift
        Pixels downwards and to the right; a number for all images, or a tensor (N,); so for the following too.
    rotation
        Degrees, counter-clockwise.
    scale
        Above 1 enlarges.
    shear
        Columns to the right per row upwards.
    displacement
        (N, H, W, 2): rows and columns by which each pixel's content is moved, after the rest.

    Returns
    -------
    Tensor
        (N, C, H, W).

    Examples
    --------
    >>> images = torch.zeros(1, 1, 5, 5)
    >>> images[0, 0, 1, 2] = 1
    >>> warp(images, shift=(2, 0))[0, 0].nonzero().tolist()
    [[3, 2]]
    """
    n, _, height, width = images.shape
    down, right = (_each(value, n) for value in shift)
    angle = torch.deg2rad(_each(rotation, n))
    size, slant = _each(scale, n), _each(shear, n)
    row, column = torch.meshgrid(_centred(height), _centred(width), indexing="ij")
    row, column = row - down, column - right
    if displacement is not None:
        row, column = row - displacement[..., 0], column - displacement[..., 1]
    cosine, sine = torch.cos(angle), torch.sin(angle)
    row, column = (cosine * row + sine * column) / size, (cosine * column - sine * row) / size
    column = column + slant * row
    grid = torch.stack([2 * column / width, 2 * row / height], -1).to(images.dtype)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def jittered(images: Tensor, jitter: Jitter, *, generator: torch.Generator) -> Tensor:
    """Deform each image at random, within the limits of `jitter`.

    Examples
    --------
    >>> square = torch.zeros(1, 1, 8, 8)
    >>> square[..., 2:6, 2:6] = 1
    >>> generator = torch.Generator().manual_seed(0)
    >>> torch.equal(jittered(square, Jitter(), generator=generator), square)
    True
    """
    n = len(images)

    def draw(limit: float) -> Tensor:
        return limit * (2 * torch.rand(n, generator=generator) - 1)

    return warp(
        images,
        shift=(draw(jitter.shift), draw(jitter.shift)),
        rotation=draw(jitter.rotation),
        scale=torch.exp(draw(jitter.scale)),
        shear=draw(jitter.shear),
        displacement=elastic_field(images, jitter, generator=generator) if jitter.elastic else None,
    )


def elastic_field(images: Tensor, jitter: Jitter, *, generator: torch.Generator) -> Tensor:
    """A smooth random displacement of every pixel (Simard, Steinkraus & Platt 2003); (N, H, W, 2), in pixels."""
    n, _, height, width = images.shape
    reach = int(3 * jitter.smoothness)
    noise = torch.randn(2 * n, 1, height + 2 * reach, width + 2 * reach, generator=generator)
    window = gaussian(2 * reach + 1, jitter.smoothness)
    line = window.sum(0) / window.sum()
    smooth = F.conv2d(F.conv2d(noise, line[None, None, :, None]), line[None, None, None])
    field = smooth / (line**2).sum()  # white noise smoothed by a separable window has this standard deviation
    return jitter.elastic * field.reshape(n, 2, height, width).permute(0, 2, 3, 1)


def flipped(images: Tensor, share: float, *, generator: torch.Generator) -> Tensor:
    """Noise: a `share` of all pixels, drawn at random, is replaced by 1 - value."""
    return torch.where(torch.rand(images.shape, generator=generator) < share, 1 - images, images)


def inked(images: Tensor, *, threshold: float = 0.4) -> Tensor:
    """Black and white again: 1 where a pixel is covered to `threshold` or more."""
    return (images >= threshold).to(images.dtype)


def _each(value: float | Tensor, n: int) -> Tensor:
    return torch.as_tensor(value, dtype=torch.float32).expand(n)[:, None, None]


def _centred(size: int) -> Tensor:
    return torch.arange(size, dtype=torch.float32) - (size - 1) / 2
