"""Copies of a model's buffers and of what its modules keep, and putting them back where they were written into."""

import operator
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

_OF_EVERY_MODULE = nn.Module().__dict__.keys()


def alike(buffers: Iterable[Tensor]) -> list[list[Tensor]]:
    """Buffers by their type and device; each that is no ordinary tensor alone."""
    groups: dict[Any, list[Tensor]] = {}
    for buffer in buffers:
        alone = 0 if type(buffer) is Tensor and buffer.layout == torch.strided else id(buffer)
        groups.setdefault((buffer.dtype, buffer.device, alone), []).append(buffer)
    return list(groups.values())


class Together:
    """Copies of several buffers of one type and device, end to end: one copy and one look for all of them."""

    def __init__(self, buffers: list[Tensor]) -> None:
        self._buffers = [(buffer, _version(buffer), buffer.shape) for buffer in buffers]
        self._saved = _end_to_end(buffers)

    def restore(self) -> None:
        """Write back what was changed; no version counter sees a write through ``.data``."""
        counted = all(_version(buffer) == version for buffer, version, _ in self._buffers)
        now = [buffer for buffer, _, _ in self._buffers]
        near = all(map(_is_near, now))
        if counted and near and (self._saved.is_meta or _same(_end_to_end(now), self._saved)):
            return
        parts = self._saved.split([shape.numel() for _, _, shape in self._buffers]) if len(now) > 1 else [self._saved]
        for (buffer, version, shape), part in zip(self._buffers, parts, strict=True):
            saved = part.view(shape) if len(now) > 1 else part
            if _version(buffer) == version:
                if not near:  # to look would be to wait; no graph of gradients takes this for a change
                    buffer.data.copy_(saved)
                    continue
                if _same(buffer, saved):
                    continue
            if buffer.shape != shape:  # as observers of quantisation do
                buffer.resize_(shape)
            buffer.copy_(saved)


class Contents:
    """What lies in the dicts that modules keep beside those of every module: caches, as a rule.

    Lists are left as they are: models keep logs in them.
    """

    def __init__(self, modules: Iterable[nn.Module]) -> None:
        self._saved: list[tuple[dict[Any, Any], dict[Any, Any]]] = [
            (kept, kept.copy())
            for module in modules
            for kept in map(module.__dict__.__getitem__, module.__dict__.keys() - _OF_EVERY_MODULE)
            if type(kept) is dict
        ]

    def leave_graphs(self) -> None:
        """Let tensors that an earlier pass of the user's has computed be values: their graph may be used up."""
        for kept, contents in self._saved:
            computed = {k: v.detach() for k, v in contents.items() if isinstance(v, Tensor) and v.grad_fn is not None}
            kept.update(computed)

    def restore(self) -> None:
        """Put the very things back."""
        for kept, contents in self._saved:
            if kept.keys() != contents.keys() or not all(map(operator.is_, kept.values(), contents.values())):
                kept.clear()
                kept.update(contents)


def _end_to_end(buffers: list[Tensor]) -> Tensor:
    if len(buffers) == 1:
        return buffers[0].detach().clone()
    return torch.cat([buffer.detach().reshape(-1) for buffer in buffers])


def _same(one: Tensor, other: Tensor) -> bool:
    if one.layout != torch.strided:  # torch compares dense tensors only
        one, other = one.to_dense(), other.to_dense()
    return one.shape == other.shape and torch.equal(one, other)


def _is_near(buffer: Tensor) -> bool:
    """Whether its values can be looked at without waiting for a device."""
    return buffer.device.type in ("cpu", "meta") or buffer.is_inference()


def _version(tensor: Tensor) -> int:
    return -1 if tensor.is_inference() else int(tensor._version)
