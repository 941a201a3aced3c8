"""Checks of layers: whether they can be read image by image, their outputs compared, their channels named."""

from collections.abc import Mapping, Sequence
from reprlib import repr as shorter
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hierfeat._values import whole
from hierfeat.errors import HierfeatError
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer import Layer
from hierfeat.subjects.scores import SQUEEZED

NO_CHANNELS = "which gives one number for each image; leave it out"


def check_images_first(h: Hierarchy, outputs: Mapping[str, Tensor], count: int) -> None:
    """Refuse the outputs of layers, by name, if the first axis of one is not that of the `count` images.

    Raises
    ------
    HierfeatError
        If rows, windows or tokens lie there, so that the layer cannot be read image by image.
    """
    folded = h.layers.folded  # asked for once: to see that the model is as it was takes longer than all else here
    for layer, output in outputs.items():
        if layer in folded or output.ndim < 2 or output.shape[0] != count:
            raise HierfeatError(_unreadable(h, layer, output, count, folded.get(layer)))


def check_count(h: Hierarchy, layer: str, output: Tensor, count: int) -> None:
    """As :func:`check_images_first`, by the length alone: within a pass the table of layers is not to be asked for."""
    if output.ndim < 2 or output.shape[0] != count:
        raise HierfeatError(_unreadable(h, layer, output, count, None))


def _unreadable(h: Hierarchy, layer: str, output: Tensor, count: int, per_image: int | None) -> str:
    got = f"shape {tuple(output.shape)} for {count} images"
    first = output.shape[0] if output.ndim else 0
    if first == count and output.ndim == 1:
        return f"expected a layer with channels, got {layer!r} of {h.name}, {NO_CHANNELS} ({got})"
    if count == 1 and per_image is None:
        return f"expected a first axis of images in layer {layer!r} of {h.name}, got {got}: {SQUEEZED}"
    return _images_not_first(h, layer, got, per_image)


def check_image_axes(h: Hierarchy, layers: Sequence[str]) -> None:
    """Refuse, before anything is shown, layers whose first axis is known not to be that of the images.

    Raises
    ------
    HierfeatError
        As :func:`check_images_first`.
    """
    folded = h.layers.folded
    for layer in layers:
        if layer in folded:
            raise HierfeatError(_images_not_first(h, layer, f"{folded[layer]} for one image", folded[layer]))


def _images_not_first(h: Hierarchy, layer: str, got: str, per_image: int | None) -> str:
    """What to say of a layer that cannot be read image by image."""
    many = f", {per_image} for each image" if per_image else ""
    return (
        f"expected a first axis of images in layer {layer!r} of {h.name}, got {got}: rows, windows or tokens lie on "
        f"it{many}, so that the layer cannot be read image by image; leave it out of layers="
    )


def check_same_path(h: Hierarchy, *responses: Mapping[str, Tensor]) -> None:
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


def check_finite(h: Hierarchy, layer: str, output: Tensor) -> None:
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


def check_norms(h: Hierarchy, norms: Sequence[tuple[str, Tensor | None]]) -> None:
    """Refuse the outputs of layers by their :func:`norm_of`: one look at all together, since a GPU is waited for.

    Raises
    ------
    HierfeatError
        With the name of the first layer that is not finite.
    """
    known = [(layer, norm) for layer, norm in norms if norm is not None]
    if not known:
        return
    norms_alone = [norm for _, norm in known]
    alike = len({norm.dtype for norm in norms_alone}) == 1
    if bool(torch.stack(norms_alone if alike else [norm.double() for norm in norms_alone]).isfinite().all()):
        return
    layer, norm = next((layer, norm) for layer, norm in known if not bool(norm.isfinite()))
    raise HierfeatError(not_finite(h, layer, norm))


def not_finite(h: Hierarchy, layer: str, norms: Tensor) -> str:
    """What to say of a layer of which some norm (the root of a sum of squares) is not finite."""
    found = "NaN" if bool(norms.isnan().any()) else f"infinity, or values whose squares overflow {norms.dtype}"
    return (
        f"expected finite activations, got {found} in layer {layer!r} of {h.name}: "
        "check its weights and running statistics, and the layers before it"
    )


def checked_layer(h: Hierarchy, layer: Any, name: str = "layer") -> str:
    """The name of the one layer that `layer` stands for."""
    if not isinstance(layer, str):
        raise HierfeatError(f"expected {name} as the name of one layer of {h.name}, got {shorter(layer)}")
    if layer in h.layers:
        return layer
    found = [item.name for item in h.layers.select(layer)]
    if len(found) != 1:
        raise HierfeatError(f"expected {name} as one layer of {h.name}, got {layer!r}, which is {len(found)}: {found}")
    return found[0]


def channels_of(h: Hierarchy, layer: str | Layer) -> int:
    """The number of channels of a layer, or an error where it gives one number for each image, or for all."""
    found = h.layers[layer] if isinstance(layer, str) else layer
    if not found.out_shape:
        raise HierfeatError(f"expected a layer with channels, got {found.name!r} of {h.name}, {NO_CHANNELS}")
    return found.out_shape[0]


def checked_channels(h: Hierarchy, layer: str, channels: Any, name: str = "channels") -> list[int]:
    """Channels of `layer`, one int or several, as a list of ints."""
    count = channels_of(h, layer)
    items = list(channels) if isinstance(channels, Sequence | np.ndarray | Tensor | range) else [channels]
    inside = whole(0, count - 1)
    if not items or isinstance(channels, str):
        raise HierfeatError(f"expected {name} of {layer!r} as ints from 0 to {count - 1}, got {shorter(channels)}")
    return [inside(item, f"{name} of {layer!r}", {}) for item in items]
