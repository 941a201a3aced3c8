"""A few numbers that stand for a long vector: its sums under random signs, which any change of the vector changes."""

import hashlib
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Floats = npt.NDArray[np.float64]

WAYS = 4
"""Random signs that each vector is summed under."""


@lru_cache(maxsize=256)
def signs(axis: int, length: int) -> Tensor:
    """(length, WAYS) of -1 and 1 in float64, which depend on the axis and nothing else; longer ones go on from shorter.

    The bits are those of SHAKE-128, the same on every machine and in every version.
    """
    columns = []
    for way in range(WAYS):
        stream = hashlib.shake_128(f"hierfeat {axis} {way}".encode()).digest(length // 8 + 1)
        bits = np.unpackbits(np.frombuffer(stream, dtype=np.uint8))[:length]
        columns.append(torch.from_numpy(bits.astype(np.float64) * 2 - 1))
    return torch.stack(columns, dim=1)


def sketch(values: Tensor) -> Floats:
    """The WAYS sums of an array under random signs, over the root of its size.

    Notes
    -----
    For each way k and signs s with one factor per axis, Σ s_k v / √n. The mean of the squares of the WAYS numbers has
    the expectation Σ v²/n (Alon, Matias & Szegedy 1996): the root mean square of the difference of two sketches
    estimates that of the arrays, and is exact where one element alone differs.
    """
    left = values.detach().cpu().double()
    size = left.numel()
    if not size:
        return np.zeros(WAYS)
    left = left.unsqueeze(-1)  # (..., WAYS) from the first product on
    for axis in reversed(range(left.ndim - 1)):
        left = (left * signs(axis, left.shape[axis])).sum(axis)
    return np.asarray(left.numpy() / np.sqrt(size))
