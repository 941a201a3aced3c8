"""Tensors as callbacks see them: images first inside ``torch.vmap``, and in no graph that nobody asked for."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch._functorch.pyfunctorch import temporarily_clear_interpreter_stack

_functorch = torch._C._functorch


def unwrapped(tensor: Tensor) -> tuple[Tensor, list[int]]:
    """The tensor inside the wrappers of ``torch.vmap``, and the dimensions of it that are mapped over."""
    lanes: list[int] = []
    while _functorch.is_functorch_wrapped_tensor(tensor):
        lane = _functorch.maybe_get_bdim(tensor) if _functorch.is_batchedtensor(tensor) else -1
        tensor = _functorch.get_unwrapped(tensor)
        if lane >= 0:
            lanes = [lane, *(other + (other >= lane) for other in lanes)]
    return tensor, lanes


def untransformed() -> AbstractContextManager[Any]:
    """What runs in the block is in no transform of ``torch.func``, and its tensors are in no wrapper."""
    if _functorch.peek_interpreter_stack() is None:
        return nullcontext()
    return temporarily_clear_interpreter_stack()


def seen(tensor: Tensor, *, graph: bool = True) -> Tensor:
    """What a callback sees of a tensor: all images that are mapped over, and its graph of gradients only with `graph`.

    A model may switch gradients on for itself; what it computes then is in a graph that nobody outside asked for.
    """
    if _functorch.is_functorch_wrapped_tensor(tensor):
        inner, lanes = unwrapped(tensor)
        inner = inner.movedim(lanes, list(range(len(lanes))))
        folded = max(len(lanes), 2 if _is_batch_of_one(tensor, len(lanes)) else 1)
        tensor = inner.flatten(0, folded - 1) if folded > 1 else inner
    return tensor.detach() if tensor.requires_grad and not graph else tensor


def mapped(replacement: Tensor, tensor: Tensor | None) -> Tensor:
    """What a callback gave for what it saw of `tensor`, in the wrapper in which `tensor` came."""
    if tensor is None or not _functorch.is_batchedtensor(tensor):
        return replacement
    inner, lanes = unwrapped(tensor)
    sizes = [inner.shape[lane] for lane in lanes]
    if _is_batch_of_one(tensor, len(lanes)):
        replacement = replacement.unflatten(0, [*sizes, 1])
    elif len(lanes) > 1:
        replacement = replacement.unflatten(0, sizes)
    for level in _levels(tensor):
        replacement = _functorch._add_batch_dim(replacement, 0, level)
    return replacement


def _levels(tensor: Tensor) -> list[int]:
    """The levels of ``torch.vmap`` in which a tensor lies, the outermost first."""
    levels: list[int] = []
    while _functorch.is_functorch_wrapped_tensor(tensor):
        if _functorch.is_batchedtensor(tensor):
            levels = [_functorch.maybe_get_level(tensor), *levels]
        tensor = _functorch.get_unwrapped(tensor)
    return levels


def _is_batch_of_one(tensor: Tensor, lanes: int) -> bool:
    """Whether every image mapped over is a batch of its own there, of maps or vectors."""
    return lanes == 1 and tensor.ndim in (2, 4) and tensor.shape[0] == 1
