"""Checking the images that an analysis is given, before anything runs on them."""

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from hierfeat.errors import HierfeatError

if TYPE_CHECKING:
    from hierfeat.subjects.hierarchy import Hierarchy

_SLACK = 1e-3  # resampling may overshoot [0, 1] by a rounding error


def checked_images(h: "Hierarchy", images: Any, *, where: str = "images") -> Tensor:
    """Return `images` as a float tensor (N, C, H, W) that `h` can take, or say what is wrong with it.

    Parameters
    ----------
    h : Hierarchy
    images : torch.Tensor or numpy.ndarray
        (N, C, H, W), floating point, in [0, 1].
    where : str
        What the images are called in messages.

    Raises
    ------
    HierfeatError
        If type, shape, dtype or range do not fit, if there are none, or if any is NaN or infinite.
    """
    tensor = torch.as_tensor(np.ascontiguousarray(images)) if isinstance(images, np.ndarray) else images
    if not isinstance(tensor, Tensor):
        raise HierfeatError(f"expected {where} as a tensor (N, C, H, W), got {type(images).__name__}")
    _check_shape(h, tensor, where)
    if not tensor.is_floating_point():
        hint = "; divide by 255" if tensor.dtype == torch.uint8 else ""
        raise HierfeatError(f"expected {where} as floats in [0, 1], got {tensor.dtype}{hint}")
    _check_values(h, tensor, where)
    return tensor


def _check_shape(h: "Hierarchy", tensor: Tensor, where: str) -> None:
    expected = " x ".join(("N", *(str(size) for size in h.input_shape)))
    if tuple(tensor.shape) == h.input_shape:
        raise HierfeatError(f"expected {where} of shape {expected} for {h.name}, got one image: pass image[None]")
    if tensor.ndim != 4 or tuple(tensor.shape[1:]) != h.input_shape:
        raise HierfeatError(f"expected {where} of shape {expected} for {h.name}, got {tuple(tensor.shape)}")
    if len(tensor) == 0:
        raise HierfeatError(f"expected at least one image in {where}, got an empty tensor {tuple(tensor.shape)}")


def _check_values(h: "Hierarchy", tensor: Tensor, where: str) -> None:
    if h.device.type == "meta":
        raise HierfeatError(f"{h.name} has no weights (meta device): load some before {where} are shown to it")
    if tensor.is_meta or tensor.layout != torch.strided:
        raise HierfeatError(
            f"expected {where} as a dense tensor with data, got one of {tensor.layout}, {tensor.device}"
        )
    low, high = (float(value) for value in torch.aminmax(tensor.detach().float()))
    if not (np.isfinite(low) and np.isfinite(high)):
        bad = (~torch.isfinite(tensor)).flatten(1).any(1).nonzero().flatten().tolist()
        raise HierfeatError(f"expected finite {where}; NaN or infinity in image {bad[0]} ({len(bad)} such in all)")
    normalises = h.mean is not None or h.std is not None
    if normalises and (low < -_SLACK or high > 1 + _SLACK):
        raise HierfeatError(
            f"expected {where} in [0, 1], got [{low:.3g}, {high:.3g}]: {h.name} normalises them itself, "
            "so pass them as they are before normalisation"
        )
