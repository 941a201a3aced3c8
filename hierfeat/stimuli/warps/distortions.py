"""Random planar distortions of images: affine, as LeNet-5 was trained with, and elastic."""

from dataclasses import dataclass
from math import pi
from typing import Any

import torch
from torch import Tensor

from hierfeat._values import Given, real
from hierfeat.errors import HierfeatError
from hierfeat.stimuli.warps.sampler import batch, elastic_field, resample
from hierfeat.subjects.arguments import checked

_LIMITS = {"translation": 1e4, "scale": 5.0, "squeeze": 5.0, "shear": 100.0, "rotation": 360.0, "elastic": 1e3}


@dataclass(frozen=True)
class Distortion:
    """How far an image may be distorted; every amount is drawn uniformly from minus to plus its limit, per image.

    Parameters
    ----------
    translation
        Pixels, along rows and columns independently.
    scale
        Natural logarithm of the magnification: 0.1 allows 0.905 to 1.105 times.
    squeeze
        Natural logarithm of the horizontal compression that goes with an equal vertical elongation (or the reverse).
    shear
        Horizontal shift in pixels per pixel of height.
    rotation
        Degrees.
    elastic
        Pixels: the standard deviation of a smooth random displacement of every pixel, along each axis; 0 for none.
    smoothness
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

    def __post_init__(self) -> None:
        """Refuse what is not a limit: negative, not finite, or not a number."""
        for name, most in _LIMITS.items():
            real(0, most)(getattr(self, name), name, {})
        real(above=0, high=100)(self.smoothness, "smoothness", {})


def _is_distortion(value: Any, name: str, _: Given) -> Distortion:
    if not isinstance(value, Distortion):
        raise HierfeatError(f"expected {name} as hf.Distortion(translation=2, ...), got {type(value).__name__}")
    return value


@checked(images=batch, distortion=_is_distortion)
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
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    matrices = affine_matrices(len(images), distortion, generator=generator)
    displacement = None
    if distortion.elastic:
        options = {"deviation": distortion.elastic, "smoothness": distortion.smoothness}
        displacement = elastic_field(images, **options, generator=generator)
    return resample(images, matrices, displacement=displacement)


def affine_matrices(count: int, distortion: Distortion, *, generator: torch.Generator | None = None) -> Tensor:
    """Draw `count` matrices (2, 3) from an output pixel (row, column, 1), seen from the centre, to its input place."""
    draw = torch.rand(7, count, generator=generator) * 2 - 1
    columns, rows = draw[0] * distortion.translation, draw[1] * distortion.translation
    magnify, squeeze = (draw[2] * distortion.scale).exp(), (draw[3] * distortion.squeeze).exp()
    shear, angle = draw[4] * distortion.shear, draw[5] * distortion.rotation * pi / 180
    cos, sin = angle.cos(), angle.sin()
    across, down = squeeze / magnify, 1 / (squeeze * magnify)
    to_row = torch.stack([down * (shear * sin + cos), down * sin, rows], 1)
    to_column = torch.stack([across * (shear * cos - sin), across * cos, columns], 1)
    return torch.stack([to_row, to_column], 1)
