"""The non-linearities and pools that the zoo's siblings differ in, by name."""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hierfeat.errors import HierfeatError


class Maxout(nn.Module):
    """The largest of each group of `pieces` neighbouring channels; the layer before it has `pieces` times the units.

    References
    ----------
    Goodfellow, I. et al. (2013). Maxout networks. ICML.
    """

    layer_kind = "activation"
    layer_op = "maxout"

    def __init__(self, pieces: int = 2) -> None:
        super().__init__()
        self.pieces = pieces

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(len(x), -1, self.pieces, *x.shape[2:]).amax(2)

    def extra_repr(self) -> str:
        return f"pieces={self.pieces}"


class MaxBlurPool2d(nn.Module):
    """Max pooling that is low-pass filtered before it is subsampled.

    Notes
    -----
    A dense 2x2 maximum (stride 1), then the binomial filter [1, 2, 1] along rows and columns, reflected at the borders,
    with stride 2. A map of even side n becomes n / 2, as under ``MaxPool2d(2)``.

    References
    ----------
    Zhang, R. (2019). Making convolutional networks shift-invariant again. ICML.
    """

    layer_kind = "pool"
    layer_op = "max_blur_pool2d"
    kernel_size = 4  # 2 for the maximum, 3 for the filter, sharing 1
    stride = 2
    padding = 1
    dilation = 1
    groups = 1
    binomial: Tensor

    def __init__(self) -> None:
        super().__init__()
        row = torch.tensor([1.0, 2.0, 1.0]) / 4
        self.register_buffer("binomial", torch.outer(row, row)[None, None], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        dense = F.pad(F.max_pool2d(x, 2, stride=1), (1, 1, 1, 1), mode="reflect")
        channels = dense.shape[1]
        return F.conv2d(dense, self.binomial.to(dense.dtype).expand(channels, 1, 3, 3), stride=2, groups=channels)

    def layer_macs(self, in_shape: tuple[int, ...], out_shape: tuple[int, ...]) -> int:  # noqa: ARG002 - the protocol
        return 9 * prod(out_shape)


class PermutePixels(nn.Module):
    """One fixed permutation of the pixels of every map: nothing is lost but who is whose neighbour.

    Parameters
    ----------
    shape
        Height and width of the maps.
    seed
        Of the permutation.
    """

    layer_kind = "other"
    layer_op = "permute_pixels"
    order: Tensor

    def __init__(self, shape: tuple[int, int], *, seed: int = 0) -> None:
        super().__init__()
        order = np.random.RandomState(seed).permutation(prod(shape))  # its stream is frozen for good
        self.register_buffer("order", torch.from_numpy(order), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(-2)[..., self.order].reshape(x.shape)


ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": lambda: nn.LeakyReLU(0.01),
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "maxout": Maxout,
}

POOLS: dict[str, Callable[[], nn.Module]] = {
    "max": lambda: nn.MaxPool2d(2),
    "average": lambda: nn.AvgPool2d(2),
    "l2": lambda: nn.LPPool2d(2, 2),
    "blurred_max": MaxBlurPool2d,
}


def choose(table: dict[str, Any], name: str, what: str) -> Any:
    """Return ``table[name]``, or say what there is."""
    if name not in table:
        raise HierfeatError(f"expected {what} among {', '.join(table)}; got {name!r}")
    return table[name]
