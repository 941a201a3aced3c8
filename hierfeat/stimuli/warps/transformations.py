"""Changes of an image along one axis: position, angle, size, contrast, noise."""

from collections.abc import Callable

import torch
from torch import Tensor

from hierfeat.errors import HierfeatError
from hierfeat.stimuli.warps.deform import warp
from hierfeat.stimuli.warps.shifts import shift


def rotate(images: Tensor, degrees: float, first: int = 0) -> Tensor:
    """Turn about the centre, counter-clockwise, bilinearly; what comes in is black.

    Examples
    --------
    >>> import torch
    >>> rotate(torch.tensor([[[[1.0, 0.0], [0.0, 0.0]]]]), 90).round().tolist()
    [[[[0.0, 0.0], [1.0, 0.0]]]]
    """
    return warp(images, rotation=degrees)


def magnify(images: Tensor, factor: float, first: int = 0) -> Tensor:
    """Enlarge about the centre by `factor` (smaller than 1: reduce), bilinearly; what comes in is black."""
    if not factor > 0:
        raise HierfeatError(f"expected a positive factor of magnification, got {factor}")
    return warp(images, scale=factor)


def contrast(images: Tensor, factor: float, first: int = 0) -> Tensor:
    """Multiply each image's deviations from its own mean by `factor`."""
    mean = images.mean((-1, -2, -3), keepdim=True)
    return mean + factor * (images - mean)


def noisy(images: Tensor, deviation: float, first: int = 0) -> Tensor:
    """Add Gaussian noise of this standard deviation, drawn for each image by its number, and clip to [0, 1]."""
    numbers = range(first, first + len(images))
    draws = [torch.randn(images.shape[1:], generator=torch.Generator().manual_seed(number)) for number in numbers]
    noise = torch.stack(draws).to(images)
    return (images + deviation * noise).clamp(0, 1)


def _shifted(images: Tensor, pixels: float, first: int = 0) -> Tensor:
    """Half to the right and half down, in turn over the images."""
    right, down = shift(images, 0, pixels), shift(images, pixels, 0)
    odd = torch.arange(first, first + len(images), device=images.device) % 2 == 1
    return torch.where(odd[:, None, None, None], down, right)


Transformation = Callable[[Tensor, float, int], Tensor]
"""``transformation(images, amount, first)``: `first` is the number of the first image in the data.

What is drawn for an image, or which way it is moved, so does not depend on its place in a batch.
"""

#: By name: the function, its unit, and the amounts that are shown unless others are asked for.
TRANSFORMATIONS: dict[str, tuple[Transformation, str, tuple[float, ...]]] = {
    "shift": (_shifted, "pixels", (1, 2, 3, 4, 6)),
    "rotation": (rotate, "degrees", (5, 10, 20, 30, 45)),
    "magnification": (magnify, "times", (1.1, 1.2, 1.35, 1.5, 1.75)),
    "contrast": (contrast, "times", (0.8, 0.6, 0.4, 0.2, 0.1)),
    "noise": (noisy, "s.d.", (0.05, 0.1, 0.2, 0.4, 0.6)),
}
