"""A pretend accelerator: tensors say that they lie on another device, and the CPU computes them.

It refuses what a GPU refuses: operations on tensors of two devices, ``numpy()``, generators of the CPU, and, where
:data:`NO_FLOAT64` is set, float64, which Apple's mps does not have. To import this file registers the device for the
whole process: run it in one of its own.
"""

import os
from collections import Counter
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten, tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NO_FLOAT64 = os.environ.get("PRETEND_NO_FLOAT64") == "1"
NAME = "pretend"
_MAKERS = {
    "empty.memory_format": torch.empty, "empty_strided": torch.empty_strided, "zeros": torch.zeros,
    "arange": torch.arange, "arange.start": torch.arange, "arange.start_step": torch.arange,
    "linspace": torch.linspace, "eye": torch.eye, "eye.m": torch.eye, "randperm": torch.randperm,
}  # fmt: skip

WAITS: Counter[str] = Counter()
"""What a program would wait for an accelerator for: numbers, copies to the CPU, shapes that depend on values."""
_WAIT = {"_local_scalar_dense", "equal", "nonzero", "masked_select", "_unique2", "unique_dim", "is_nonzero"}

_setup_privateuseone_for_python_backend(NAME)


def inner(value: Any) -> Any:
    return value.inner if isinstance(value, There) else value


class There(Tensor):
    """A tensor on the pretend device."""

    @staticmethod
    def __new__(cls, tensor: Tensor):
        if NO_FLOAT64 and tensor.dtype == torch.float64:
            raise TypeError("Cannot convert a tensor of the pretend device to float64: it has none")
        shape = {"strides": tensor.stride(), "storage_offset": tensor.storage_offset(), "dtype": tensor.dtype}
        made = Tensor._make_wrapper_subclass(cls, tensor.size(), **shape, device=f"{NAME}:0")
        made.inner = tensor
        return made

    def __init__(self, tensor: Tensor) -> None:
        pass

    def __repr__(self) -> str:
        return f"There({self.inner})"

    def tolist(self) -> Any:
        WAITS["tolist"] += 1
        return self.inner.tolist()

    __torch_function__ = torch._C._disabled_torch_function_impl

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        name, tensors = func.overloadpacket.__name__, _tensors(args, kwargs)
        _refuse_mixtures(name, tensors, args, kwargs)
        wanted = kwargs.get("device")
        if wanted is not None and torch.device(wanted).type == "meta":
            return func(*tree_map(inner, args), **tree_map(inner, kwargs))
        home = wanted is not None and torch.device(wanted).type == "cpu"
        if home or name in _WAIT:
            WAITS[name] += 1
        if wanted is not None:
            kwargs["device"] = "cpu"
        found = func(*tree_map(inner, args), **tree_map(inner, kwargs))
        if home:
            return found
        known = {id(inner(tensor)): tensor for tensor in tensors}
        return tree_map(lambda one: known.get(id(one), There(one)) if _is_here(one) else one, found)


def _is_here(value: Any) -> bool:
    return isinstance(value, Tensor) and not isinstance(value, There)


def _tensors(args: Any, kwargs: Any) -> list[Tensor]:
    return [value for value in tree_flatten((args, kwargs))[0] if isinstance(value, Tensor)]


def _refuse_mixtures(name: str, tensors: list[Tensor], args: Any, kwargs: Any) -> None:
    there = [tensor for tensor in tensors if isinstance(tensor, There)]
    here = [tensor for tensor in tensors if _is_here(tensor) and tensor.dim() > 0 and not tensor.is_meta]
    may_mix = name in ("copy_", "_to_copy") or (name.startswith("index") and isinstance(args[0], There))
    if there and here and not may_mix:
        raise RuntimeError(f"Expected all tensors to be on the same device, but found {NAME}:0 and cpu! ({name})")
    generator = kwargs.get("generator")
    if generator is not None and generator.device.type == "cpu":
        raise RuntimeError(f"Expected a '{NAME}' device type for generator but found 'cpu' ({name})")


def _made(make):
    def on_the_device(*args, **kwargs):
        for name in ("device", "pin_memory", "layout"):
            kwargs.pop(name, None)
        if kwargs.get("memory_format", 0) is None:
            kwargs.pop("memory_format")
        return There(make(*args, **kwargs))

    return on_the_device


for _name, _make in _MAKERS.items():
    torch.library.impl(f"aten::{_name}", "privateuseone")(_made(_make))


@torch.library.impl("aten::_copy_from", "privateuseone")
def _copy_from(source, target, non_blocking=False):
    WAITS["copy to the CPU"] += not isinstance(target, There)
    inner(target).copy_(inner(source))
    return target


def moved(model: nn.Module) -> nn.Module:
    """The model with its parameters and buffers on the pretend device."""
    for module in model.modules():
        for name, parameter in module._parameters.items():
            if parameter is not None:
                there = There(parameter.detach().clone())
                module._parameters[name] = nn.Parameter(there, requires_grad=parameter.requires_grad)
        for name, buffer in module._buffers.items():
            if buffer is not None:
                module._buffers[name] = There(buffer.detach().clone())
    return model
