"""Checks of what users pass: values, images, labels, layers and channels, each in one place.

A check takes the value, the name of the argument and what else was passed; it returns the value in the one form that
analyses work with, or raises an error that says what was expected, what came, and what to do.
:func:`hierfeat.subjects.arguments.checked` applies them by the arguments' names.
"""

from collections.abc import Mapping, Sequence
from reprlib import repr as shorter
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from hierfeat.errors import HierfeatError
from hierfeat.subjects.own_data import collected, described
from hierfeat.subjects.values import whole

if TYPE_CHECKING:
    from hierfeat.subjects.hierarchy import Hierarchy

UNKNOWN = -1
"""The label of an image whose class is not known."""
_SLACK = 1e-3  # resampling may overshoot [0, 1] by a rounding error


def checked_images(h: "Hierarchy", images: Any, *, where: str = "images") -> Tensor:
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


def shaped_images(h: "Hierarchy", images: Any, *, where: str = "images") -> Tensor:
    """As :func:`checked_images`, but for their values: on a device one would wait for them."""
    tensor = collected(images, where, channels=h.input_shape[0]).images
    _check_shape(h, tensor, where)
    return tensor


def check_has_weights(h: "Hierarchy", where: str = "images") -> None:
    """Refuse a model on the meta device, of which only the shapes are known."""
    if h.device.type == "meta":
        raise HierfeatError(f"{h.name} has no weights (meta device): load some before {where} are shown to it")


def check_values(h: "Hierarchy", tensor: Tensor, where: str) -> None:
    """Refuse images without data, with NaN or infinity, or already normalised."""
    check_has_weights(h, where)
    if tensor.is_meta or tensor.layout != torch.strided:
        raise HierfeatError(
            f"expected {where} as a dense tensor with data, got one of {tensor.layout}, {tensor.device}"
        )
    low, high = ends_of(tensor).tolist()
    if not (np.isfinite(low) and np.isfinite(high)):
        bad = (~torch.isfinite(tensor)).flatten(1).any(1).nonzero().flatten().tolist()
        raise HierfeatError(f"expected finite {where}; NaN or infinity in image {bad[0]} ({len(bad)} such in all)")
    check_ends(h, low, high, where)


def ends_of(images: Tensor) -> Tensor:
    """(2,): the smallest and the largest value, where the images lie."""
    return torch.stack(torch.aminmax(images.detach().float()))


def check_ends(h: "Hierarchy", low: float, high: float, where: str) -> None:
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
        Classes from 0; -1 says that the class of an image is not known.
    count
        Number of images.
    where
        What the labels are called in messages.

    Raises
    ------
    HierfeatError
        If they are not whole numbers, not flat, not as many as the images, or below -1.
    """
    try:
        tensor = torch.as_tensor(np.asarray(labels) if not isinstance(labels, Tensor) else labels).detach().cpu()
    except (TypeError, ValueError, RuntimeError):
        raise HierfeatError(f"expected {where} as ints, one for each image, got {described(labels)}") from None
    if tensor.is_floating_point() or tensor.is_complex():
        raise HierfeatError(f"expected {where} as ints, one for each image, got {tensor.dtype}; use {where}.long()")
    if tensor.ndim != 1:
        hint = f"{where}[:, 0]" if tensor.ndim == 2 and tensor.shape[1] == 1 else f"{where}.argmax(1) of one-hot rows"
        raise HierfeatError(f"expected flat {where} (N,), got {tuple(tensor.shape)}; use {hint}")
    if len(tensor) != count:
        raise HierfeatError(f"expected one of {where} for each of {count} images, got {len(tensor)}")
    tensor = tensor.long()
    if count and int(tensor.min()) < UNKNOWN:
        raise HierfeatError(f"expected {where} from 0 (-1: not known), got {int(tensor.min())}")
    return tensor


def check_images_first(h: "Hierarchy", layer: str, output: Tensor, count: int) -> None:
    """Refuse the output of a layer whose first axis is not that of the `count` images.

    Raises
    ------
    HierfeatError
        If rows, windows or tokens lie there, so that the layer cannot be read image by image.
    """
    length = output.shape[0] if output.ndim > 1 else 0
    if length != count or layer in h.layers.folded:
        raise HierfeatError(_images_not_first(h, layer, f"shape {tuple(output.shape)} for {count} images"))


def check_image_axes(h: "Hierarchy", layers: Sequence[str]) -> None:
    """Refuse, before anything is shown, layers whose first axis is known not to be that of the images.

    Raises
    ------
    HierfeatError
        As :func:`check_images_first`.
    """
    for layer in layers:
        if layer in h.layers.folded:
            raise HierfeatError(_images_not_first(h, layer, f"{h.layers.folded[layer]} for one image"))


def _images_not_first(h: "Hierarchy", layer: str, got: str) -> str:
    """What to say of a layer that cannot be read image by image."""
    per_image = h.layers.folded.get(layer)
    many = f", {per_image} for each image" if per_image else ""
    return (
        f"expected a first axis of images in layer {layer!r} of {h.name}, got {got}: rows, windows or tokens lie on "
        f"it{many}, so that the layer cannot be read image by image; leave it out of layers="
    )


def check_same_path(h: "Hierarchy", *responses: Mapping[str, Tensor]) -> None:
    """Refuse to compare responses of the same layers to other images where the model took another way for these.

    Raises
    ------
    HierfeatError
        If layers are missing, or their maps differ in size.
    """
    first = {name: response.shape[1:] for name, response in responses[0].items()}
    for other in responses[1:]:
        shapes = {name: response.shape[1:] for name, response in other.items()}
        unlike = next((name for name in (*first, *shapes) if first.get(name) != shapes.get(name)), None)
        if unlike is not None:
            raise HierfeatError(
                f"{h.name} took another path for changed images than for the images, so that layer {unlike!r} "
                "cannot be compared: its control flow depends on values; leave such layers out of layers="
            )


def check_finite(h: "Hierarchy", layer: str, output: Tensor) -> None:
    """Refuse an output that holds NaN or infinity, or is so large that its squares overflow.

    Raises
    ------
    HierfeatError
        With the layer's name.
    """
    check_norms(h, [(layer, norm_of(output))])


def norm_of(output: Tensor) -> Tensor | None:
    """The root of the sum of squares of an output, which is finite only if all values are; None if they cannot be."""
    values = output.detach()
    if not values.is_floating_point() or values.numel() == 0 or values.is_meta:
        return None
    norm: Tensor = torch.linalg.vector_norm(values.float() if values.element_size() < 4 else values)
    return norm


def check_norms(h: "Hierarchy", norms: Sequence[tuple[str, Tensor | None]]) -> None:
    """Refuse the outputs of layers by their :func:`norm_of`: one look at all together, since a GPU is waited for.

    Raises
    ------
    HierfeatError
        With the name of the first layer that is not finite.
    """
    known = [(layer, norm) for layer, norm in norms if norm is not None]
    if not known or bool(torch.stack([norm.isfinite() for _, norm in known]).all()):
        return
    layer, norm = next((layer, norm) for layer, norm in known if not bool(norm.isfinite()))
    raise HierfeatError(not_finite(h, layer, norm))


def not_finite(h: "Hierarchy", layer: str, norms: Tensor) -> str:
    """What to say of a layer of which some norm (the root of a sum of squares) is not finite."""
    found = "NaN" if bool(norms.isnan().any()) else f"infinity, or values whose squares overflow {norms.dtype}"
    return (
        f"expected finite activations, got {found} in layer {layer!r} of {h.name}: "
        "check its weights and running statistics, and the layers before it"
    )


def known(images: Tensor, labels: Tensor, where: str = "labels") -> tuple[Tensor, Tensor]:
    """The images whose class is known, and their labels: what every comparison with labels works on."""
    keep = labels != UNKNOWN
    if not keep.any():
        raise HierfeatError(f"expected a class for some images at least, got {where} that are all -1 (not known)")
    return (images, labels) if keep.all() else (images[keep.to(images.device)], labels[keep])


def checked_layer(h: "Hierarchy", layer: Any, name: str = "layer") -> str:
    """The name of the one layer that `layer` stands for."""
    if not isinstance(layer, str):
        raise HierfeatError(f"expected {name} as the name of one layer of {h.name}, got {shorter(layer)}")
    if layer in h.layers:
        return layer
    found = [item.name for item in h.layers.select(layer)]
    if len(found) != 1:
        raise HierfeatError(f"expected {name} as one layer of {h.name}, got {layer!r}, which is {len(found)}: {found}")
    return found[0]


def checked_channels(h: "Hierarchy", layer: str, channels: Any, name: str = "channels") -> list[int]:
    """Channels of `layer`, one int or several, as a list of ints."""
    count = h.layers[layer].out_shape[0]
    items = list(channels) if isinstance(channels, Sequence | np.ndarray | Tensor | range) else [channels]
    inside = whole(0, count - 1)
    if not items or isinstance(channels, str):
        raise HierfeatError(f"expected {name} of {layer!r} as ints from 0 to {count - 1}, got {shorter(channels)}")
    return [inside(item, f"{name} of {layer!r}", {}) for item in items]


def _check_shape(h: "Hierarchy", tensor: Tensor, where: str) -> None:
    expected = " x ".join(("N", *(str(size) for size in h.input_shape)))
    if tuple(tensor.shape) == h.input_shape:
        raise HierfeatError(f"expected {where} of shape {expected} for {h.name}, got one image: pass image[None]")
    if tensor.ndim != 4 or tuple(tensor.shape[1:]) != h.input_shape:
        got = f"{tuple(tensor.shape)}{_resizing(h, tensor)}"
        raise HierfeatError(f"expected {where} of shape {expected} for {h.name}, got {got}")
    if len(tensor) == 0:
        raise HierfeatError(f"expected at least one image in {where}, got an empty tensor {tuple(tensor.shape)}")


def _resizing(h: "Hierarchy", tensor: Tensor) -> str:
    """What to pass to a data set where height and width alone do not fit."""
    if tensor.ndim != 4 or tensor.shape[1] != h.input_shape[0]:
        return ""
    height, width = h.input_shape[1:]
    return f"; hierfeat's data sets take size={height if height == width else (height, width)}"
