"""Checks of what users pass: values, images and labels, each in one place.

A check takes the value, the name of the argument and what else was passed; it returns the value in the one form that
analyses work with, or raises an error that says what was expected, what came, and what to do.
:func:`hierfeat.subjects.arguments.checked` applies them by the arguments' names.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from hierfeat.errors import HierfeatError
from hierfeat.subjects._sources import described, native
from hierfeat.subjects.own_data import collected
from hierfeat.subjects.subject import Subject

UNKNOWN = -1
"""The label of an image whose class is not known."""
_SLACK = 1e-3  # resampling may overshoot [0, 1] by a rounding error


def checked_images(h: Subject, images: Any, *, where: str = "images") -> Tensor:
    """Return `images` as a float tensor (N, C, H, W) that `h` can take, or say what is wrong with it.

    Parameters
    ----------
    h
        The network under study.
    images
        (N, C, H, W), floating point, in [0, 1], or whatever :func:`hierfeat.subjects.own_data.collected` takes.
    where
        What the images are called in messages.

    Raises
    ------
    HierfeatError
        If type, shape, dtype or range do not fit, if there are none, or if any is NaN or infinite.
    """
    tensor = shaped_images(h, images, where=where)
    check_values(h, tensor, where)
    return tensor


def shaped_images(h: Subject, images: Any, *, where: str = "images") -> Tensor:
    """As :func:`checked_images`, but for their values: on a device one would wait for them."""
    tensor = collected(images, where, channels=h.input_shape[0]).images
    _check_shape(h, tensor, where)
    return tensor


def check_has_weights(h: Subject, where: str = "images") -> None:
    """Refuse a model on the meta device, of which only the shapes are known."""
    if h.device.type == "meta":
        raise HierfeatError(f"{h.name} has no weights (meta device): load some before {where} are shown to it")


def check_values(h: Subject, tensor: Tensor, where: str) -> None:
    """Refuse images without data, with NaN or infinity, or already normalised."""
    check_has_weights(h, where)
    if tensor.is_meta:
        raise HierfeatError(f"expected {where} with data, got a tensor of the meta device, which has none")
    low, high = ends_of(tensor).tolist()
    if not (np.isfinite(low) and np.isfinite(high)):
        bad = (~torch.isfinite(tensor)).flatten(1).any(1).nonzero().flatten().tolist()
        raise HierfeatError(f"expected finite {where}; NaN or infinity in image {bad[0]} ({len(bad)} such in all)")
    check_ends(h, low, high, where)


def ends_of(images: Tensor) -> Tensor:
    """(2,): the smallest and the largest value, where the images lie."""
    return torch.stack(torch.aminmax(images.detach().float()))


def check_ends(h: Subject, low: float, high: float, where: str) -> None:
    """Refuse images of which the smallest or largest value is not finite, or shows that they are normalised already."""
    if not (np.isfinite(low) and np.isfinite(high)):
        raise HierfeatError(f"expected finite {where}; NaN or infinity in some of them")
    normalises = h.mean is not None or h.std is not None
    if normalises and (low < -_SLACK or high > 1 + _SLACK):
        raise HierfeatError(
            f"expected {where} in [0, 1], got [{low:.3g}, {high:.3g}]: {h.name} normalises them itself, "
            "so pass them as they are before normalisation"
        )


def checked_labels(labels: Any, count: int, *, where: str = "labels") -> Tensor:
    """Return `labels` as an int64 tensor (N,) on the CPU, one for each of `count` images.

    Parameters
    ----------
    labels
        Classes from 0; -1, or a place that is masked, says that the class of an image is not known.
    count
        Number of images.
    where
        What the labels are called in messages.

    Raises
    ------
    HierfeatError
        If they are not whole numbers, not flat, not as many as the images, or below -1.
    """
    if isinstance(labels, np.ma.MaskedArray) and labels.dtype.kind in "iu":
        labels = np.ma.filled(labels.astype(np.int64), UNKNOWN)
    try:  # copied: pandas lends arrays that may not be written into, of which torch warns
        tensor = torch.as_tensor(labels if isinstance(labels, Tensor) else native(np.array(labels))).detach().cpu()
    except (TypeError, ValueError, RuntimeError):
        got = f"{described(labels)}{_hint(labels, where)}"
        raise HierfeatError(f"expected {where} as ints, one for each image, got {got}") from None
    if tensor.is_nested or tensor.layout != torch.strided:
        raise HierfeatError(f"expected {where} as a dense tensor, got one of {tensor.layout}; use {where}.to_dense()")
    if tensor.is_floating_point() or tensor.is_complex():
        to = f"{where}.nan_to_num(nan={UNKNOWN}).long()" if bool(tensor.isnan().any()) else f"{where}.long()"
        raise HierfeatError(f"expected {where} as ints, one for each image, got {tensor.dtype}; use {to}")
    if tensor.ndim != 1:
        hint = f"{where}[:, 0]" if tensor.ndim == 2 and tensor.shape[1] == 1 else f"{where}.argmax(1) of one-hot rows"
        raise HierfeatError(f"expected flat {where} (N,), got {tuple(tensor.shape)}; use {hint}")
    if len(tensor) != count:
        raise HierfeatError(f"expected one of {where} for each of {count} images, got {len(tensor)}")
    tensor = tensor.long()
    if count and int(tensor.min()) < UNKNOWN:
        raise HierfeatError(f"expected {where} from 0 (-1: not known), got {int(tensor.min())}")
    return tensor


def _hint(labels: Any, where: str) -> str:
    """What to do with labels that torch does not take as numbers."""
    try:
        values = set(map(type, np.asarray(labels, dtype=object).ravel().tolist()))
    except (TypeError, ValueError):  # rows of several lengths
        return ""
    if values & {str, bytes}:
        return f"; np.unique({where}, return_inverse=True)[1] numbers names"
    return f"; {UNKNOWN} says that a class is not known" if type(None) in values else ""


def known(images: Tensor, labels: Tensor, where: str = "labels") -> tuple[Tensor, Tensor]:
    """The images whose class is known, and their labels: what every comparison with labels works on."""
    keep = labels != UNKNOWN
    if not keep.any():
        raise HierfeatError(f"expected a class for some images at least, got {where} that are all -1 (not known)")
    return (images, labels) if keep.all() else (images[keep.to(images.device)], labels[keep])


def _check_shape(h: Subject, tensor: Tensor, where: str) -> None:
    expected = " x ".join(("N", *(str(size) for size in h.input_shape)))
    if tuple(tensor.shape) == h.input_shape:
        raise HierfeatError(f"expected {where} of shape {expected} for {h.name}, got one image: pass image[None]")
    if tensor.ndim != 4 or tuple(tensor.shape[1:]) != h.input_shape:
        got = f"{tuple(tensor.shape)}{_resizing(h, tensor)}"
        raise HierfeatError(f"expected {where} of shape {expected} for {h.name}, got {got}")
    if len(tensor) == 0:
        raise HierfeatError(f"expected at least one image in {where}, got an empty tensor {tuple(tensor.shape)}")


def _resizing(h: Subject, tensor: Tensor) -> str:
    """What to pass to a data set where height and width alone do not fit."""
    if tensor.ndim != 4 or tensor.shape[1] != h.input_shape[0]:
        return ""
    height, width = h.input_shape[1:]
    return f"; hierfeat's data sets take size={height if height == width else (height, width)}"
