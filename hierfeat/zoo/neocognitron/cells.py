"""The cells of the Neocognitron, as layers: S-cells that extract features, C-cells that tolerate shifts.

One S-layer and one C-layer class carry what every version of the network shares (windows, cell-planes with
shared weights, the fixed V-cell input); a subclass adds the way inhibition acts: by shunting (Fukushima 1980) or
by subtraction (Fukushima 2011). Each declares itself as one layer of kind ``conv`` or ``pool`` and computes with
ordinary torch operations, so that receptive fields, recording and every other analysis apply to it.

References
----------
.. [1] Fukushima, K. (1980). Neocognitron: a self-organizing neural network model for a mechanism of pattern
       recognition unaffected by shift in position. Biological Cybernetics 36, 193-202.
.. [2] Fukushima, K. (2003). Neocognitron for handwritten digit recognition. Neurocomputing 51, 161-180.
.. [3] Fukushima, K. (2010). Neocognitron trained with winner-kill-loser rule. Neural Networks 23, 926-938.
.. [4] Fukushima, K. (2011). Increasing robustness against background noise: visual pattern recognition by a
       neocognitron. Neural Networks 24, 767-778.
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hierfeat.stimuli.geometry import distances

Shape = tuple[int, ...]


def geometric(size: int, ratio: float) -> Tensor:
    """A window ratio**r that falls with the distance r, as c(ν) and d(ν) of 1980; its centre is 1."""
    return ratio ** distances(size)


def root(power: Tensor) -> Tensor:
    """√power, and 0 where it is not above 0, with gradient 0 there: the gradient of √ is unbounded at 0."""
    active = power > 0
    return torch.where(active, power, 1.0).sqrt() * active


class Layer(nn.Module):
    """A window that slides over all cell-planes below, and what the layer table is to say of it.

    Parameters
    ----------
    planes_in, planes
        Cell-planes below, and of this layer.
    window
        Fixed weights by place, (k, k): c(ν) of an S-layer, d(ν) of a C-layer.
    stride
        Spacing of the cells, in cells below.
    padding
        Rows and columns of silent cells around the planes below.
    places
        Of the windows at this stride, number these by rows and by columns, and leave the others out: for cells that
        stand closer in some places than in others.
    """

    layer_kind = "other"
    layer_op = ""
    layer_shows = ("relu",)  # φ, which every cell ends in, is also seen as a rectifier: before and after it
    window: Tensor
    places: Tensor | None

    def __init__(
        self,
        planes_in: int,
        planes: int,
        window: Tensor,
        *,
        stride: int = 1,
        padding: int = 0,
        places: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        self.in_channels, self.out_channels = planes_in, planes
        self.kernel_size, self.stride, self.padding, self.dilation, self.groups = len(window), stride, padding, 1, 1
        self.register_buffer("window", window, persistent=False)
        self.register_buffer("places", None if places is None else torch.tensor(places), persistent=False)

    def at_places(self, planes: Tensor) -> Tensor:
        """Keep the cells at this layer's places, out of those at every window."""
        return planes if self.places is None else planes.index_select(2, self.places).index_select(3, self.places)

    def window_starts(self, cells: int) -> list[int]:
        """First row (or column) of the windows of so many cells, in the padded planes below."""
        places = range(cells) if self.places is None else self.places.tolist()
        return [place * self.stride for place in places]

    def extra_repr(self) -> str:
        return (
            f"{self.in_channels}, {self.out_channels}, window={self.kernel_size}, stride={self.stride}, "
            f"padding={self.padding}"
        )


class SLayer(Layer):
    """S-cells: each plane looks for one feature, by variable excitation `a` against the V-cells' inhibition.

    Attributes
    ----------
    a : nn.Parameter
        Excitatory connections a(κ, ν, k), (planes, planes_in, k, k); set by self-organisation, not by a gradient.
    """

    layer_kind = "conv"
    layer_op = "s_cells"

    def __init__(self, planes_in: int, planes: int, window: Tensor, **where: Any) -> None:
        super().__init__(planes_in, planes, window, **where)
        size = self.kernel_size
        self.a = nn.Parameter(torch.zeros(planes, planes_in, size, size), requires_grad=False)

    def layer_kernel(self) -> Tensor:
        """The excitatory connections."""
        return self.a

    def excitation(self, planes: Tensor) -> Tensor:
        """Σ_κ Σ_ν a(κ, ν, k) u(κ, n + ν), what excites a cell."""
        return self.at_places(F.conv2d(planes, self.a, stride=self.stride, padding=self.padding))

    def v_cells(self, planes: Tensor) -> Tensor:
        """v(n) = √(Σ_κ Σ_ν c(ν) u(κ, n + ν)²), one V-plane per layer (1980)."""
        power = (planes**2).sum(1, keepdim=True)
        return root(self.at_places(F.conv2d(power, self.window[None, None], stride=self.stride, padding=self.padding)))

    def layer_macs(self, in_shape: Shape, out_shape: Shape) -> int:  # noqa: ARG002 - the layer protocol
        """Multiply-adds of the excitatory sum and of the V-plane."""
        cells = out_shape[-2] * out_shape[-1]
        return cells * self.kernel_size**2 * (self.in_channels * self.out_channels + 1)

    def layer_connections(self, in_shape: Shape, out_shape: Shape) -> int:  # noqa: ARG002 - the layer protocol
        """Excitatory connections of every S-cell, and one inhibitory connection each from its V-cell."""
        cells = out_shape[-3] * out_shape[-2] * out_shape[-1]
        return cells * (self.in_channels * self.kernel_size**2 + 1)


class CLayer(Layer):
    """C-cells: each takes in S-cells of one plane within a window d(ν), and responds if any of them does."""

    layer_kind = "pool"
    layer_op = "c_cells"

    def __init__(self, planes: int, window: Tensor, **where: Any) -> None:
        super().__init__(planes, planes, window, **where)
        self.groups = planes

    def layer_kernel(self) -> Tensor:
        """The same window d(ν) for every plane."""
        return self.window.expand(self.out_channels, 1, -1, -1)

    def spread(self, planes: Tensor) -> Tensor:
        """Σ_ν d(ν) u_S(k, n + ν), plane by plane."""
        kernel = self.layer_kernel()
        summed = F.conv2d(planes, kernel, stride=self.stride, padding=self.padding, groups=self.groups)
        return self.at_places(summed)

    def layer_macs(self, in_shape: Shape, out_shape: Shape) -> int:  # noqa: ARG002 - the layer protocol
        """Multiply-adds of the windows; the lateral inhibition of 1980 is small beside them."""
        return out_shape[-3] * out_shape[-2] * out_shape[-1] * self.kernel_size**2

    def layer_connections(self, in_shape: Shape, out_shape: Shape) -> int:
        """One connection per S-cell in a C-cell's window."""
        return self.layer_macs(in_shape, out_shape)
