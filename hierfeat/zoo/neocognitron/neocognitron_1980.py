"""The network of 1980: shunting S- and C-cells, three modules, twenty-four cell-planes a layer.

Formulas and letters are those of Fukushima (1980), which has them in this order: S-cells u_S and φ, V-cells v_C
(:class:`ShuntingS`, ``SLayer.v_cells``), C-cells u_C, ψ and v_S (:class:`ShuntingC`), then the reinforcement of a and b
(``reinforcement.reinforce``). ν runs over a window, κ over the cell-planes below.

References
----------
.. [1] Fukushima, K. (1980). Neocognitron: a self-organizing neural network model for a mechanism of pattern
       recognition unaffected by shift in position. Biological Cybernetics 36, 193-202.
"""

import copy
from math import floor
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hierfeat.zoo.neocognitron.cells import CLayer, SLayer, geometric
from hierfeat.zoo.neocognitron.initial_weights import graded, oriented
from hierfeat.zoo.neocognitron.settings_1980 import Settings1980

SIZE = 16
"""Side of the input layer U0, in cells."""
S_SIDES, C_SIDES = (16, 8, 2), (10, 6, 1)
"""Sides of the three S-layers and of the three C-layers, in cells."""
_PADDING = ((2, 0), (1, 1), (0, 0))
"""Of each module's S-layer and C-layer, where neighbouring cells stand one cell of the layer below apart."""


class ShuntingS(SLayer):
    """S-cells whose inhibition divides.

    Parameters
    ----------
    selectivity
        r: how strongly the V-cell inhibits.
    initial
        a₀, the size of the connections a before learning.
    oriented_start
        Orientation m and kinship p of oriented initial connections; without it, they are graded
        (see ``initial_weights``).
    **where
        Padding and places of the cells.

    Attributes
    ----------
    b : nn.Parameter
        Inhibitory connection b(k) of each plane, (planes,).
    """

    def __init__(
        self,
        planes_in: int,
        planes: int,
        window: Tensor,
        *,
        selectivity: float,
        initial: float,
        oriented_start: tuple[float, float] | None = None,
        **where: Any,
    ) -> None:
        super().__init__(planes_in, planes, window, **where)
        self.selectivity, self.initial, self.oriented_start = selectivity, initial, oriented_start
        self.b = nn.Parameter(torch.zeros(planes), requires_grad=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Before learning: a small, and different from plane to plane, b zero; nothing is random."""
        planes, below, size, _ = self.a.shape
        if self.oriented_start is None:
            start = graded(planes, initial=self.initial)
        else:
            orientation, kinship = self.oriented_start
            start = oriented(planes, below, size, initial=self.initial, orientation=orientation, kinship=kinship)
        self.a.copy_(start.expand_as(self.a))
        self.b.zero_()

    def forward(self, planes: Tensor) -> Tensor:
        """u_S = r φ[(1 + Σ a u_C) / (1 + 2r/(1 + r) b v_C) - 1], φ[x] = max(x, 0); (N, planes, rows, columns)."""
        r = self.selectivity
        inhibition = 2 * r / (1 + r) * self.b[:, None, None] * self.v_cells(planes)
        return r * F.relu((1 + self.excitation(planes)) / (1 + inhibition) - 1)


class ShuntingC(CLayer):
    """C-cells with lateral inhibition from all planes and a saturating response.

    Parameters
    ----------
    saturation
        α: the net excitation that brings a cell to half of its largest response, 1.
    """

    def __init__(self, planes: int, window: Tensor, *, saturation: float, **where: Any) -> None:
        super().__init__(planes, window, **where)
        self.saturation = saturation

    def forward(self, planes: Tensor) -> Tensor:
        """u_C = ψ[(1 + Σ d u_S) / (1 + v_S) - 1] with ψ[x] = φ[x/(α + x)]; (N, planes, rows, columns)."""
        spread = self.spread(planes)
        inhibition = spread.mean(1, keepdim=True)  # v_S(n): one cell for all planes
        net = F.relu((1 + spread) / (1 + inhibition) - 1)
        return net / (self.saturation + net)


def _inner(planes: Tensor) -> Tensor:
    """All cells but the outermost ring: so U_C1, at constant density, has 10 rows over the 16 of U_S1."""
    return planes[..., 1:-1, 1:-1]


def spread_places(cells: int, below: int) -> list[int]:
    """Rows of the layer below that so many cells stand over if they are spread evenly over all of it.

    Cell i is centred on (i - (cells - 1)/2) below/cells from the middle, rounded, halves outwards.

    Examples
    --------
    >>> spread_places(6, 8)
    [0, 1, 3, 4, 6, 7]
    """
    middle, apart = (below - 1) / 2, below / cells
    upper = [floor(middle + (i - (cells - 1) / 2) * apart + 0.5) for i in range(cells // 2, cells)]
    lower = [below - 1 - place for place in reversed(upper)]
    return lower[: cells // 2] + upper


class CellLabels(nn.Module):
    """What the U_C3 cells stand for: the score of a class is the largest response of the cells named after it.

    Not part of the published network, which has no labels: an observer names its cells after learning.
    """

    layer_kind = "linear"
    layer_op = "cell_labels"

    def __init__(self, cells: int, classes: int) -> None:
        super().__init__()
        self.in_features, self.out_features = cells, classes
        self.register_buffer("names", torch.zeros(classes, cells))
        self.names: Tensor

    def name_cells(self, responses: Tensor, labels: Tensor) -> None:
        """Name each cell after the class of the pattern that drives it most; silent cells get no name."""
        strongest, pattern = responses.max(0)
        named = F.one_hot(labels[pattern], self.out_features).T * (strongest > 0)
        self.names.copy_(named)

    def forward(self, responses: Tensor) -> Tensor:
        """(N, cells) to (N, classes)."""
        return (responses[:, None] * self.names).amax(2)


class Network1980(nn.Module):
    """U0 16x16; U_S1 16x16x24, U_C1 10x10x24; U_S2 8x8x24, U_C2 6x6x24; U_S3 2x2x24, U_C3 24 cells.

    Windows are 5x5 for S-cells in each module, 5x5, 5x5 and 2x2 for C-cells.

    Parameters
    ----------
    settings
        Constants.
    classes
        Classes that its cells may be named after.
    """

    input_shape = (1, SIZE, SIZE)

    def __init__(self, settings: Settings1980 | None = None, *, classes: int = 5) -> None:
        super().__init__()
        self.settings = settings or Settings1980()
        (self.s1, self.c1), (self.s2, self.c2), (self.s3, self.c3) = (self._module(index) for index in range(3))
        self.readout = CellLabels(self.settings.planes, classes)

    def _module(self, index: int) -> tuple[ShuntingS, ShuntingC]:
        s = self.settings
        below = 1 if index == 0 else s.planes
        c = geometric(5, s.gamma[index])
        c = c / (c.sum() * below)  # the paper's constraint: ΣΣ c(ν) = 1 over places and planes
        d = s.spread[index] * geometric(2 if index == 2 else 5, s.delta[index])
        oriented_start = (s.orientation[index], s.kinship[index]) if s.start == "oriented" else None
        where_s, where_c = self._where(index)
        s_cells = ShuntingS(
            below,
            s.planes,
            c,
            selectivity=s.selectivity[index],
            initial=s.initial_of(index),
            oriented_start=oriented_start,
            **where_s,
        )
        return s_cells, ShuntingC(s.planes, d, saturation=s.saturation, **where_c)

    def _where(self, index: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """Padding and places of a module's S-cells, and of its C-cells."""
        if self.settings.density == "constant":
            s_padding, c_padding = _PADDING[index]
            return {"padding": s_padding}, {"padding": c_padding}
        below, s_side, c_side = (SIZE, *C_SIDES)[index], S_SIDES[index], C_SIDES[index]
        for_s = {"padding": 2, "places": spread_places(s_side, below)}
        return for_s, {} if index == 2 else {"padding": 2, "places": spread_places(c_side, s_side)}

    def module(self, index: int, below: Tensor) -> Tensor:
        """Responses of a module's C-cells from the layer below; `index` is 0, 1 or 2."""
        s_layer, c_layer = ((self.s1, self.c1), (self.s2, self.c2), (self.s3, self.c3))[index]
        u_s = s_layer(below)
        cut = index == 0 and self.settings.density == "constant"
        u_c: Tensor = c_layer(_inner(u_s) if cut else u_s)
        return u_c

    def outputs(self, images: Tensor) -> Tensor:
        """Responses of the U_C3 cells, (N, planes), to patterns on U0, (N, 1, 16, 16)."""
        for index in range(3):
            images = self.module(index, images)
        return images.flatten(1)

    def on_larger_plane(self) -> "Network1980":
        """The same cells under an input layer of 20x20 cells, in the middle of which U0 lies.

        The outermost cells of U_S1 look two cells beyond U0, where they had silent cells: now there are cells too, and
        a pattern that is moved out of U0 is cut off only where no cell of the network looks any more.
        """
        twin = copy.copy(self)
        twin._modules = dict(self._modules)
        twin.s1 = copy.copy(self.s1)
        margin, twin.s1.padding = self.s1.padding, 0
        twin.input_shape = (1, SIZE + 2 * margin, SIZE + 2 * margin)
        return twin

    def forward(self, images: Tensor) -> Tensor:
        """Scores of the classes, (N, classes)."""
        scores: Tensor = self.readout(self.outputs(images))
        return scores
