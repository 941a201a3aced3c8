"""What differs from device to device: double precision, which not all have, and waiting for what they compute."""

from functools import cache
from reprlib import repr as shorter
from typing import Any

import torch
from torch import Tensor

from hierfeat._values import Given
from hierfeat.errors import HierfeatError


def double(tensor: Tensor) -> Tensor:
    """`tensor` in float64: where it lies, or on the CPU if there is no float64 where it lies (Apple's mps).

    Analyses call it on what is to be summed or divided, and use the result with others of its kind only.

    Examples
    --------
    >>> import torch
    >>> double(torch.ones(2, dtype=torch.float16)).dtype
    torch.float64
    """
    if tensor.dtype != torch.float64 and not _has_float64(tensor.device.type):
        tensor = tensor.cpu()
    return tensor.double()


def sent(tensor: Tensor, device: torch.device, dtype: torch.dtype | None = None) -> Tensor:
    """`tensor` on a device, of a type; a GPU's work that is under way is not waited for.

    Examples
    --------
    >>> import torch
    >>> sent(torch.ones(2), torch.device("cpu"), torch.float16).dtype
    torch.float16
    """
    return tensor.to(device, dtype or tensor.dtype, non_blocking=device.type == "cuda" and not tensor.is_cuda)


@cache
def _has_float64(device: str) -> bool:
    if device in ("cpu", "cuda", "meta"):
        return True
    try:
        torch.zeros(1, device=device).double()
    except (TypeError, RuntimeError, NotImplementedError):
        return False
    return True


def device(value: Any, name: str, _: Given) -> torch.device:
    """A check for a device that torch has here.

    Examples
    --------
    >>> device("cpu", "device", {})
    device(type='cpu')
    """
    try:
        if not isinstance(value, str | torch.device):
            raise TypeError(f"a {type(value).__name__}")
        found = torch.device(value)
        torch.empty(0, device=found)
    except (TypeError, RuntimeError, AssertionError, NotImplementedError, ValueError) as error:
        raise HierfeatError(
            f"expected {name} as one that this torch has ('cpu', 'cuda', 'mps'), got {shorter(value)}: "
            f"{str(error).splitlines()[0]}"
        ) from None
    return found
