"""Gradients of many channels' central units from one forward pass."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from hierfeat.errors import HierfeatError
from hierfeat.physiology._responses import central_units
from hierfeat.subjects.call import Call, Stop
from hierfeat.subjects.gradients import gradients, leaf
from hierfeat.subjects.guard import undisturbed
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_checks import check_count

BACKWARD = 8
"""Backward passes that a forward pass serves at least, where there are as many channels."""


def copies_of(images: int, channels: int, size: int) -> int:
    """How many channels share a backward pass, each on its own copy of the images.

    Few images alone leave most of a batch of `size` unused; each copy costs its share of the one forward pass, so that
    there are an eighth as many as channels at most.
    """
    return max(1, min(channels // BACKWARD, size // images))


def unit_gradients(
    h: Hierarchy,
    layer: str,
    images: Tensor,
    channels: Sequence[int],
    copies: int,
    take: Callable[[int, Tensor], None],
) -> None:
    """Hand the gradients of some channels' central units after the other to `take`.

    Parameters
    ----------
    h, layer
        The subject and a layer's name.
    images
        (N, C, H, W), in [0, 1].
    channels
        Whose units.
    copies
        Channels that share a backward pass.
    take
        ``take(start, gradients)``: how many channels there were before, and (k, N, C, H, W).
    """
    picked: list[Tensor] = []

    def after(call: Call, output: Tensor) -> None:
        if call.name == layer:
            picked.append(central_units(output))
            raise Stop

    with undisturbed(h.model):
        with torch.enable_grad():
            inputs = leaf(h, images, copies=copies)
            with h.watching(after=after):
                h.run(inputs)
        if not picked:
            raise HierfeatError(f"{h.name} did not call {layer!r} for these images")
        check_count(h, layer, picked[0], len(inputs))
        for start in range(0, len(channels), copies):
            part = channels[start : start + copies]
            own = torch.arange(len(part) * len(images), device=picked[0].device)
            which = torch.tensor(list(part), device=own.device).repeat_interleave(len(images))
            with torch.enable_grad():
                value = picked[0][own, which].sum()
            [found] = gradients(h, value, [inputs], what=f"layer {layer!r}", again=start + copies < len(channels))
            found = torch.zeros_like(inputs) if found is None else found
            take(start, found.detach().unflatten(0, (copies, len(images)))[: len(part)])
