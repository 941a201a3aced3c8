"""Sums in double precision, also where a device has none."""

from functools import cache

import torch
from torch import Tensor


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


@cache
def _has_float64(device: str) -> bool:
    if device in ("cpu", "cuda", "meta"):
        return True
    try:
        torch.zeros(1, device=device).double()
    except (TypeError, RuntimeError, NotImplementedError):
        return False
    return True
