"""The output of one layer, with gradients to the image: the forward pass ends at that layer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import torch
from torch import Tensor
from torch.autograd.graph import Node

from hierfeat.errors import HierfeatError
from hierfeat.subjects.call import After, Before, Call
from hierfeat.subjects.gradients import without_gradient
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_checks import check_count

Read = Callable[[Tensor], Tensor]

RECTIFIERS = ("relu", "relu6", "threshold", "clamp", "clamp_min", "hardtanh")


class _Reached(Exception):
    """The layer has run. No :class:`Stop`: modules run their hooks on the way out of an Exception only."""


@contextmanager
def reading(
    h: Hierarchy, layer: str, *, before: Before | None = None, after: After | None = None, to_the_end: bool = False
) -> Iterator[Read]:
    """Within the block, ``read(images)`` is the output of `layer` for images in [0, 1], in the caller's grad mode.

    Parameters
    ----------
    h
        The network under study.
    layer
        The forward pass ends there, so that images may be of another size than the model's head takes.
    before, after
        As for :meth:`hierfeat.Hierarchy.watching`.
    to_the_end
        Go on behind the layer, so that the hooks of its module are run.

    Notes
    -----
    Parameters are frozen for the block: gradients flow to the images alone.
    """
    responses: list[Tensor] = []
    blind: list[bool] = []  # whether a response without a gradient has lost it in the model

    def reached(call: Call, output: Tensor) -> Tensor | None:
        replaced = after(call, output) if after is not None else None
        if call.name == layer:
            blind.append(not torch.is_grad_enabled() or call.input.requires_grad)  # or else it sees no image
            responses.append(output if replaced is None else replaced)
            if not to_the_end:
                raise _Reached
            return responses[-1].clone()  # what comes next may overwrite it
        return replaced

    def read(images: Tensor) -> Tensor:
        with suppress(_Reached):
            h.forward(images)
        if not responses:
            raise HierfeatError(f"{h.name} did not call {layer!r} in this forward pass")
        response, lost = responses.pop(), blind.pop()
        check_count(h, layer, response, len(images))
        if lost and images.requires_grad and torch.is_grad_enabled() and not response.requires_grad:
            raise HierfeatError(without_gradient(h, f"layer {layer!r}"))
        return response

    h.layers[layer]  # refuses a name that is none
    with h.watching(before=before, after=reached):
        for parameter in h.model.parameters():
            parameter.requires_grad_(False)
        yield read


def upstream(h: Hierarchy, layer: str, image: Tensor) -> list[str]:
    """The layers on whose responses to `image`, (1, C, H, W), that of `layer` depends, in call order."""
    kept: dict[str, Tensor] = {}

    def after(call: Call, output: Tensor) -> None:
        if output.requires_grad and call.name != layer:
            kept[call.name] = output

    with torch.enable_grad(), reading(h, layer, after=after) as read:
        response = read(image.detach().clone().requires_grad_())
        if not (kept and response.requires_grad):
            return []
        gradients = torch.autograd.grad(response.sum(), list(kept.values()), allow_unused=True)
    return [name for name, gradient in zip(kept, gradients, strict=True) if gradient is not None]


def last_rectifiers(h: Hierarchy, layer: str, image: Tensor) -> set[str]:
    """The rectifiers that lie between `layer` and the convolutions (or other weights) that feed it, itself included.

    Notes
    -----
    Found in the autograd graph of one forward pass of `image`, (1, C, H, W), so that branches are followed.
    """
    calls: dict[Node, Call] = {}

    def after(call: Call, output: Tensor) -> None:
        if output.grad_fn is not None:
            calls[output.grad_fn] = call

    with reading(h, layer, after=after) as read:
        response = read(image.detach().clone().requires_grad_())
    found, seen, waiting = set(), set(), [response.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        call = calls.get(node)
        if call is not None and call.kind in ("conv", "linear"):
            continue
        if call is not None and call.kind == "activation":
            if call.op in RECTIFIERS:
                found.add(call.name)
            continue
        waiting.extend(parent for parent, _ in node.next_functions)
    return found
