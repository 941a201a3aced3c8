"""The second network of a page, which stands beside the first and answers to the same drawing."""

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from hierfeat.atlas.live.bundle import Live
from hierfeat.atlas.live.bundle import live as bundled
from hierfeat.atlas.payload import HEAVY, layer_row, model_row, score_kind
from hierfeat.atlas.plan import KINDS
from hierfeat.errors import HierfeatError

if TYPE_CHECKING:
    from hierfeat.subjects.hierarchy import Hierarchy


def beside_of(other: "Hierarchy", images: Tensor) -> tuple[dict[str, Any], Live]:
    """Return what the page says of the other network, and the network as the page's engine takes it.

    The first is ``{model, layers, heavy}`` as :mod:`hierfeat.atlas.payload` has them, a layer's maps being their shape.

    Raises
    ------
    hierfeat.atlas.live.export.CannotRun
        If the engine cannot run it.
    """
    shown = resized(images[:16], other.input_shape).to(other.device)
    network = bundled(other, shown)
    rows = [layer_row(index, layer) for index, layer in enumerate(other.layers)]
    for row in rows:
        shape = row["out_shape"]
        mapped = row["kind"] in KINDS and len(shape) in (1, 3)
        row["maps"] = {"shape": shape if len(shape) == 3 else [*shape, 1, 1]} if mapped else None
    facts = {
        "model": model_row(other) | {"scores": score_kind(other, shown), "named": False},
        "layers": rows,
        "heavy": int(other.layers.table["macs"].sum()) > HEAVY,
    }
    return facts, network


def resized(images: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Images in the size and colours of another network: its weights are rounded as they let it.

    Raises
    ------
    HierfeatError
        If it takes neither one channel nor three.
    """
    channels = shape[0]
    if images.shape[1] != channels:
        if channels not in (1, 3):
            raise HierfeatError(f"expected `beside` with one channel or three, or as many as `h`, got {channels}")
        grey = images.mean(1, keepdim=True)
        images = grey.expand(-1, channels, -1, -1)
    if tuple(images.shape[2:]) != tuple(shape[1:]):
        images = interpolate(images, size=tuple(shape[1:]), mode="bilinear", antialias=True).clamp(0, 1)
    return images.to(torch.float32)
