"""Sizes and constants of the 1980 network, and the protocol by which it learns.

References
----------
.. [1] Fukushima, K. (1980). Neocognitron: a self-organizing neural network model for a mechanism of pattern
       recognition unaffected by shift in position. Biological Cybernetics 36, 193-202.
"""

from dataclasses import dataclass
from typing import Any

from hierfeat._values import Check, choice, real, several, whole

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Settings1980:
    """Constants of the 1980 network, one for each module where three are given.

    The paper gives `planes`, `selectivity`, `amplification`, `saturation` and `presentations`; these are the defaults.
    It gives no number for the rest: γ, δ, the initial connections and the shifts are ours.
    It also describes a protocol, which the defaults of `start`, `order`, `shift` and `density` do **not** follow;
    see :class:`hierfeat.Neocognitron`, and ``PROTOCOL_1980`` for settings that do.

    Parameters
    ----------
    planes
        Cell-planes K of every layer.
    selectivity
        r of the three S-layers; a cell responds to patterns of similarity above r/(1 + r).
    amplification
        q of the three S-layers, the speed of reinforcement.
    saturation
        α of the C-cells.
    gamma, delta
        Ratios by which c(ν) and d(ν) fall per cell of distance. Below 1 they decrease monotonically, as in the paper.
    spread
        d(ν) of the three C-layers at the centre of the window.
    initial
        Mean size of the connections a before learning, for all S-layers or each of them.
    start
        The connections a before learning. ``"graded"``: alike at all places of the window, and a little weaker from
        plane to plane. ``"oriented"`` (the paper): weakly selective for orientation, each plane for another one.
    orientation
        For ``start="oriented"``: how much of the connections is a bar, from 0 (flat) to 1; of the three S-layers.
    kinship
        For ``start="oriented"``: how fast the connections fall with the difference of κ/K and k/K, of the plane that
        is looked at and the one that looks; of the three S-layers (the first looks at one plane: no effect).
    order
        ``"layer_by_layer"``: each S-layer sees all presentations, then the next one learns.
        ``"all_at_once"`` (the paper): all S-layers learn at every presentation.
    shift
        At every presentation the pattern is shifted at random by up to so many cells, along rows and along columns
        (the paper: so it is done, by how many cells is not said); 0 keeps the patterns in place.
    density
        ``"constant"``: neighbouring cells look at windows one cell of the layer below apart, and U_C1 looks at all but
        the outermost ring of U_S1. ``"falling"`` (the paper): the cells of every layer are spread over the
        whole of the layer below, so that 10 of them stand for 16.
    presentations
        How often each training pattern is shown, to each layer or to all.

    Raises
    ------
    HierfeatError
        If a number is out of range, or a choice unknown.
    """

    planes: int = 24
    selectivity: Triple = (4.0, 1.5, 1.5)
    amplification: Triple = (1.0, 16.0, 16.0)
    saturation: float = 0.5
    gamma: Triple = (0.9, 0.9, 0.9)
    delta: Triple = (0.7, 0.8, 1.0)
    spread: Triple = (1.0, 1.0, 1.0)
    initial: float | Triple = 1e-4
    start: str = "graded"
    orientation: Triple = (0.2, 0.2, 0.2)
    kinship: Triple = (1.0, 1.0, 1.0)
    order: str = "layer_by_layer"
    shift: int = 0
    density: str = "constant"
    presentations: int = 20

    def __post_init__(self) -> None:
        """Refuse what would fail later, or give a network that means something else."""
        for name, check in _CHECKS.items():
            check(getattr(self, name), name, {})
        each_initial = several(3, real(above=0)) if isinstance(self.initial, tuple | list) else real(above=0)
        each_initial(self.initial, "initial", {})

    def initial_of(self, module: int) -> float:
        """Mean size of the connections of an S-layer before learning; `module` is 0, 1 or 2."""
        return self.initial if isinstance(self.initial, int | float) else self.initial[module]


_CHECKS: dict[str, Check] = {
    "planes": whole(),
    "selectivity": several(3, real(above=0)),
    "amplification": several(3, real(above=0)),
    "saturation": real(above=0),
    "gamma": several(3, real(above=0, high=1)),
    "delta": several(3, real(above=0, high=1)),
    "spread": several(3, real(above=0)),
    "start": choice("graded", "oriented"),
    "orientation": several(3, real(0, 1)),
    "kinship": several(3, real(0)),
    "order": choice("layer_by_layer", "all_at_once"),
    "shift": whole(0, 16),
    "density": choice("constant", "falling"),
    "presentations": whole(),
}

PROTOCOL_1980: dict[str, Any] = {
    "start": "oriented",
    "order": "all_at_once",
    "shift": 2,
    "density": "falling",
    "gamma": (0.86, 0.58, 0.99),
    "delta": (0.87, 0.64, 1.0),
    "spread": (0.11, 1.2, 1.0),
    "initial": (2.8e-8, 2.6e-6, 6.2e-6),
    "orientation": (0.034, 0.02, 0.19),
    "kinship": (0.0, 3.3, 0.86),
}
"""Settings that follow the protocol of the paper: ``Neocognitron("1980", **PROTOCOL_1980)``.

The first four are the protocol. The others are constants to which the paper gives no number; they were searched for on
alphabets of jittered digits (seeds 100 to 9,999 and 20,000 to 20,059), and are reported on seeds 0 to 29.
"""
