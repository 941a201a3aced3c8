"""Changes of an image along one axis: position, angle, size, contrast, noise.

Each is a function of the image and the amount alone: what is drawn at random is seeded by the image's own values, so
that it does not depend on which images stand beside it, or on how many go through the network at once.
"""

from collections.abc import Callable
from zlib import crc32

import torch
from torch import Tensor

from hierfeat.errors import HierfeatError
from hierfeat.stimuli.warps.deform import warp
from hierfeat.stimuli.warps.shifts import shift


def rotate(images: Tensor, degrees: float) -> Tensor:
    """Turn about the centre, counter-clockwise, bilinearly; what comes in is black.

    Examples
    --------
    >>> import torch
    >>> rotate(torch.tensor([[[[1.0, 0.0], [0.0, 0.0]]]]), 90).round().tolist()
    [[[[0.0, 0.0], [1.0, 0.0]]]]
    """
    return warp(images, rotation=degrees)


def magnify(images: Tensor, factor: float) -> Tensor:
    """Enlarge about the centre by `factor` (smaller than 1: reduce), bilinearly; what comes in is black."""
    if not factor > 0:
        raise HierfeatError(f"expected a positive factor of magnification, got {factor}")
    return warp(images, scale=factor)


def contrast(images: Tensor, factor: float) -> Tensor:
    """Multiply each image's deviations from its own mean by `factor`."""
    mean = images.mean((-1, -2, -3), keepdim=True)
    return mean + factor * (images - mean)


def noisy(images: Tensor, deviation: float, *, seed: int = 0) -> Tensor:
    """Add Gaussian noise of this standard deviation, drawn for each image by `seed` and its own values; clip to [0, 1].

    Examples
    --------
    >>> import torch
    >>> images = torch.rand(3, 1, 8, 8)
    >>> torch.equal(noisy(images, 0.1)[1:], noisy(images[1:], 0.1))
    True
    """
    draws = [torch.Generator().manual_seed(seed + fingerprint) for fingerprint in _fingerprints(images)]
    noise = torch.stack([torch.randn(images.shape[1:], generator=draw) for draw in draws]).to(images)
    return (images + deviation * noise).clamp(0, 1)


def _shifted(images: Tensor, pixels: float) -> Tensor:
    """To the right or down, one image in two, as its own values decide."""
    right, down = shift(images, 0, pixels), shift(images, pixels, 0)
    downwards = torch.tensor([fingerprint % 2 == 1 for fingerprint in _fingerprints(images)], device=images.device)
    return torch.where(downwards[:, None, None, None], down, right)


def _fingerprints(images: Tensor) -> list[int]:
    """A number for each image that depends on its values only, and hardly ever agrees for two."""
    values = images.detach().float().cpu().contiguous().numpy()
    return [crc32(value.tobytes()) for value in values]


Transformation = Callable[[Tensor, float], Tensor]

#: By name: the function, its unit, and the amounts that are shown unless others are asked for.
TRANSFORMATIONS: dict[str, tuple[Transformation, str, tuple[float, ...]]] = {
    "shift": (_shifted, "pixels", (1, 2, 3, 4, 6)),
    "rotation": (rotate, "degrees", (5, 10, 20, 30, 45)),
    "magnification": (magnify, "times", (1.1, 1.2, 1.35, 1.5, 1.75)),
    "contrast": (contrast, "times", (0.8, 0.6, 0.4, 0.2, 0.1)),
    "noise": (noisy, "s.d.", (0.05, 0.1, 0.2, 0.4, 0.6)),
}
