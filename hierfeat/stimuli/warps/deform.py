"""Shifts, rotations, changes of size, elastic deformation and noise, to train on and to be tested by.

Every function returns new images of the same shape; what leaves the frame is lost, and black comes in.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from hierfeat._values import Given, real
from hierfeat.errors import HierfeatError
from hierfeat.stimuli.warps.sampler import batch, elastic_field, resample
from hierfeat.subjects.arguments import checked


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


_MOST = 1e5  # pixels or degrees


def _amounts(low: float, high: float) -> Any:
    """A check for one number, or a tensor of one for each image."""
    one = real(low, high)

    def check(value: Any, name: str, given: Given) -> float | Tensor:
        if not isinstance(value, Tensor):
            return float(one(value, name, given))
        n = len(given["images"])
        if value.shape not in ((), (n,)) or not (torch.isfinite(value) & (value >= low) & (value <= high)).all():
            raise HierfeatError(
                f"expected {name} as a number from {low:g} to {high:g}, or a tensor of one for each of {n} images; "
                f"got {tuple(value.shape)}"
            )
        return value

    return check


def _pair(value: Any, name: str, given: Given) -> tuple[float | Tensor, float | Tensor]:
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise HierfeatError(f"expected {name} as (pixels downwards, pixels to the right), got {value!r}")
    one = _amounts(-_MOST, _MOST)
    return one(value[0], f"the first of {name}", given), one(value[1], f"the second of {name}", given)


def _field(value: Any, name: str, given: Given) -> Tensor:
    n, _, height, width = given["images"].shape
    if not isinstance(value, Tensor) or value.shape != (n, height, width, 2):
        got = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
        raise HierfeatError(f"expected {name} as a tensor ({n}, {height}, {width}, 2), got {got}")
    return value


@checked(
    images=batch,
    shift=_pair,
    rotation=_amounts(-_MOST, _MOST),
    scale=_amounts(1e-3, 1e3),
    shear=_amounts(-1e3, 1e3),
    displacement=_field,
)
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
    n = len(images)
    down, right = (_each(value, n) for value in shift)
    angle = torch.deg2rad(_each(rotation, n))
    size, slant = _each(scale, n), _each(shear, n)
    cosine, sine = torch.cos(angle) / size, torch.sin(angle) / size
    rows = torch.stack([cosine, sine], -1)
    columns = torch.stack([slant * cosine - sine, slant * sine + cosine], -1)
    turn = torch.stack([rows, columns], 1)
    start = -(turn @ torch.stack([down, right], -1)[..., None])
    return resample(images, torch.cat([turn, start], -1), displacement=displacement)


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
        displacement=_shaken(images, jitter, generator) if jitter.elastic else None,
    )


def _shaken(images: Tensor, jitter: Jitter, generator: torch.Generator) -> Tensor:
    return elastic_field(images, deviation=jitter.elastic, smoothness=jitter.smoothness, generator=generator)


def flipped(images: Tensor, share: float, *, generator: torch.Generator) -> Tensor:
    """Noise: a `share` of all pixels, drawn at random, is replaced by 1 - value."""
    chosen = torch.rand(images.shape, generator=generator) < share
    return torch.where(chosen.to(images.device), 1 - images, images)


def inked(images: Tensor, *, threshold: float = 0.4) -> Tensor:
    """Black and white again: 1 where a pixel is covered to `threshold` or more."""
    return (images >= threshold).to(images.dtype)


def _each(value: float | Tensor, n: int) -> Tensor:
    """(n,), on the CPU: the sampler brings what comes of it to the images' device."""
    return torch.as_tensor(value, dtype=torch.float32).cpu().expand(n)
