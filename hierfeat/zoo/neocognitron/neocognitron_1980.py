"""The network of 1980, as published: shunting S- and C-cells, three modules, twenty-four cell-planes a layer.

Formulas and letters are those of Fukushima (1980), which has them in this order: S-cells u_S and φ, V-cells v_C
(:class:`ShuntingS`, ``SLayer.v_cells``), C-cells u_C, ψ and v_S (:class:`ShuntingC`), then the reinforcement of a and b
(``reinforcement.reinforce``). ν runs over a window, κ over the cell-planes below.

References
----------
.. [1] Fukushima, K. (1980). Neocognitron: a self-organizing neural network model for a mechanism of pattern
       recognition unaffected by shift in position. Biological Cybernetics 36, 193-202.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hierfeat.zoo.neocognitron.cells import CLayer, SLayer, geometric

SIZE = 16
"""Side of the input layer U0, in cells."""


@dataclass(frozen=True)
class Settings1980:
    """Sizes and constants of the 1980 network; where the paper gives a number, it is the default.

    Parameters
    ----------
    planes : int
        Cell-planes K of every layer.
    selectivity : tuple of float
        r of the three S-layers; a cell answers patterns of similarity above r/(1 + r).
    amplification : tuple of float
        q of the three S-layers, the speed of reinforcement.
    saturation : float
        α of the C-cells.
    gamma, delta : tuple of float
        Ratios by which c(ν) and d(ν) fall per cell of distance, a value for each module.
    initial : float
        Size of the connections a before learning: small, and different in each plane.
    presentations : int
        How often each training pattern is shown to each layer.
    """

    planes: int = 24
    selectivity: tuple[float, float, float] = (4.0, 1.5, 1.5)
    amplification: tuple[float, float, float] = (1.0, 16.0, 16.0)
    saturation: float = 0.5
    gamma: tuple[float, float, float] = (0.9, 1.0, 1.0)
    delta: tuple[float, float, float] = (0.7, 0.8, 1.0)
    initial: float = 1e-4
    presentations: int = 20


class ShuntingS(SLayer):
    """S-cells whose inhibition divides.

    Parameters
    ----------
    selectivity : float
        r: how strongly the V-cell inhibits.
    initial : float
        Size of the connections a before learning.

    Attributes
    ----------
    b : nn.Parameter
        Inhibitory connection b(k) of each plane, (planes,).
    """

    def __init__(
        self, planes_in: int, planes: int, window: Tensor, *, selectivity: float, initial: float, padding: int = 0
    ) -> None:
        super().__init__(planes_in, planes, window, padding=padding)
        self.selectivity, self.initial = selectivity, initial
        self.b = nn.Parameter(torch.zeros(planes), requires_grad=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Before learning: a small and a little smaller from plane to plane, b zero; nothing is random.

        Connections that differ in strength alone, and not in shape, let the first plane that is still free take up
        a feature that none answers. With planes that prefer different bars from the start, the first digit claims
        nearly all of them, and digits shown later are left with the features they share with it.
        """
        planes = self.out_channels
        self.a.copy_((self.initial * (1 - torch.arange(planes) / (2 * planes)))[:, None, None, None].expand_as(self.a))
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
    saturation : float
        α: the net excitation that brings a cell to half of its largest response, 1.
    """

    def __init__(self, planes: int, window: Tensor, *, saturation: float, padding: int = 0) -> None:
        super().__init__(planes, window, padding=padding)
        self.saturation = saturation

    def forward(self, planes: Tensor) -> Tensor:
        """u_C = ψ[(1 + Σ d u_S) / (1 + v_S) - 1] with ψ[x] = φ[x/(α + x)]; (N, planes, rows, columns)."""
        spread = self.spread(planes)
        inhibition = spread.mean(1, keepdim=True)  # v_S(n): one cell for all planes
        net = F.relu((1 + spread) / (1 + inhibition) - 1)
        return net / (self.saturation + net)


def _inner(planes: Tensor) -> Tensor:
    """All cells but the outermost ring: U_C1 looks at no more of U_S1, which is how 16 rows become 10."""
    return planes[..., 1:-1, 1:-1]


class CellLabels(nn.Module):
    """What the U_C3 cells stand for: the score of a class is the largest response of the cells named after it.

    Not part of the published network, which knows no labels: an observer names its cells after learning.
    """

    layer_kind = "linear"
    layer_op = "cell_labels"

    def __init__(self, cells: int, classes: int) -> None:
        super().__init__()
        self.in_features, self.out_features = cells, classes
        self.register_buffer("names", torch.zeros(classes, cells))
        self.names: Tensor

    def name_cells(self, answers: Tensor, labels: Tensor) -> None:
        """Name each cell after the class of the pattern that drives it most; silent cells get no name."""
        strongest, pattern = answers.max(0)
        named = F.one_hot(labels[pattern], self.out_features).T * (strongest > 0)
        self.names.copy_(named)

    def forward(self, answers: Tensor) -> Tensor:
        """(N, cells) to (N, classes)."""
        return (answers[:, None] * self.names).amax(2)


class Network1980(nn.Module):
    """U0 16x16; U_S1 16x16x24, U_C1 10x10x24; U_S2 8x8x24, U_C2 6x6x24; U_S3 2x2x24, U_C3 24 cells.

    Windows are 5x5 for S-cells in each module, 5x5, 5x5 and 2x2 for C-cells.

    Parameters
    ----------
    settings : Settings1980, optional
        Constants.
    classes : int
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
        s_padding, c_padding = ((2, 0), (1, 1), (0, 0))[index]
        c = geometric(5, s.gamma[index])
        c = c / (c.sum() * below)  # the paper's constraint: ΣΣ c(ν) = 1 over places and planes
        d = geometric(2 if index == 2 else 5, s.delta[index])
        s_cells = ShuntingS(below, s.planes, c, selectivity=s.selectivity[index], initial=s.initial, padding=s_padding)
        return s_cells, ShuntingC(s.planes, d, saturation=s.saturation, padding=c_padding)

    def module(self, index: int, below: Tensor) -> Tensor:
        """Responses of a module's C-cells from the layer below; `index` is 0, 1 or 2."""
        s_layer, c_layer = ((self.s1, self.c1), (self.s2, self.c2), (self.s3, self.c3))[index]
        u_s = s_layer(below)
        u_c: Tensor = c_layer(_inner(u_s) if index == 0 else u_s)
        return u_c

    def answers(self, images: Tensor) -> Tensor:
        """Responses of the U_C3 cells, (N, planes), to patterns on U0, (N, 1, 16, 16)."""
        for index in range(3):
            images = self.module(index, images)
        return images.flatten(1)

    def forward(self, images: Tensor) -> Tensor:
        """Scores of the classes, (N, classes)."""
        scores: Tensor = self.readout(self.answers(images))
        return scores
