"""How many linear regions of a piecewise linear network lie between two images."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd
import torch

from hierfeat._progress import with_bar
from hierfeat._result import Result, drawn
from hierfeat.errors import HierfeatError
from hierfeat.physiology.invariance._similarities import subsample
from hierfeat.physiology.rectification._rectifiers import pieces
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.call import Call
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_checks import check_count
from hierfeat.subjects.layer_table import Layers
from hierfeat.subjects.own_data import Images
from hierfeat.subjects.precision import double
from hierfeat.subjects.provenance import provenance


@dataclass(frozen=True, eq=False)
class LinearRegions(Result):
    """Borders of linear regions crossed on the straight way from one image to another.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per rectifier: ``layer, op, units, crossings`` (mean over the ways), ``per_unit`` (crossings/units),
        ``switched`` (the share of units that cross at least once) and ``status``: ``lower bound``, as two crossings
        within one step are not seen, or ``no regions`` for functions that are not piecewise linear, of which changes
        of sign are counted.
    crossings : numpy.ndarray
        (rectifiers, ways, steps): where on the way they lie.
    """

    crossings: np.ndarray

    plot = drawn("rectification.plot_linear_regions")


@checked()
def linear_regions(
    h: Hierarchy,
    images: Images,
    *,
    layers: Layers = "activation",
    ways: int = 16,
    steps: int = 128,
    seed: int = 0,
    progress: bool = True,
) -> LinearRegions:
    """Walk in a straight line from image to image, and count the units that are switched on or off on the way.

    Parameters
    ----------
    h
        The network under study.
    images
        (N, C, H, W) in [0, 1], two at least.
    layers
        Names, glob patterns or kinds; what is not a pointwise activation function is left out.
    ways
        Pairs of images, at most N − 1.
    steps
        Into which each way is divided.
    seed
        Seed of what is drawn at random.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    LinearRegions
        A row per rectifier.

    Raises
    ------
    HierfeatError
        If there is no activation function, or images or numbers do not fit.

    Notes
    -----
    A piecewise linear network is linear on each region of the input where no unit passes a kink of its activation
    function: 0 of a ReLU, 0 and 6 of a ReLU6, both limits of a Hardtanh, the threshold of a Threshold, a change of the
    winning piece of a maxout. On a generic line no two units pass a kink at the same point, so that each passage is one
    border crossed. Pools of the maximum add borders of their own, which are not counted.

    Memory: the steps of one way, and a count for each step.

    References
    ----------
    Hanin, B. and Rolnick, D. (2019). Complexity of linear regions in deep networks. ICML.
    Novak, R. et al. (2018). Sensitivity and generalization in neural networks: an empirical study. ICLR.

    Examples
    --------
    >>> import hierfeat as hf
    >>> found = linear_regions(hf.load("lenet5-digits"), hf.digits(split="test")[0], ways=2)
    >>> found.crossings.shape
    (4, 2, 128)
    """
    images = subsample(images, ways + 1, seed)
    ops = {layer.name: layer.op for layer in h.layers.select(layers) if layer.kind == "activation"}
    if not ops:
        raise HierfeatError(f"expected activation functions among layers={layers!r} of {h.name}, found none")
    counted = _Crossings(len(images) - 1)

    def before(call: Call) -> None:
        if call.name in ops:
            check_count(h, call.name, call.input, steps + 1)
            counted.before(call)

    along = torch.linspace(0, 1, steps + 1).view(-1, 1, 1, 1).to(images)
    with torch.no_grad(), h.watching(before=before, until=h.last_of(list(ops))):
        for start, end in with_bar(list(pairwise(images)), "ways"):
            h.forward(start + along * (end - start))
    names = list(counted.steps)
    counted.check(h)
    rows = [counted.row(name, ops[name]) for name in names]
    return LinearRegions(
        table=pd.DataFrame(rows),
        provenance=provenance(h, layers=layers, ways=len(images) - 1, steps=steps, seed=seed),
        crossings=np.stack([counted.steps[name] for name in names]),
    )


@dataclass(eq=False)
class _Crossings:
    """Kinks of each activation function that its inputs pass along so many ways."""

    ways: int
    steps: dict[str, np.ndarray] = field(default_factory=dict)  # (ways, steps)
    _switched: dict[str, list[float]] = field(default_factory=dict)
    _units: dict[str, int] = field(default_factory=dict)
    _linear: dict[str, bool] = field(default_factory=dict)

    def before(self, call: Call) -> None:
        piece, self._linear[call.name] = pieces(call)
        passed = (piece[1:] - piece[:-1]).abs()
        self._units[call.name] = piece.shape[1]
        crossed, switched = passed.sum(1).cpu().numpy(), self._switched.setdefault(call.name, [])
        if not switched:  # one block: small arrays kept between large ones that are not would leave holes in memory
            self.steps[call.name] = np.zeros((self.ways, len(crossed)), crossed.dtype)
        self.steps[call.name][len(switched)] = crossed
        switched.append(float(double((passed > 0).any(0)).mean()))

    def check(self, h: Hierarchy) -> None:
        """Refuse a layer that was called on some of the ways only."""
        for name, found in self._switched.items():
            if len(found) < self.ways:
                raise HierfeatError(
                    f"{h.name} called {name!r} on {len(found)} of {self.ways} ways: its path depends on the image; "
                    "leave it out of layers="
                )

    def row(self, name: str, op: str) -> dict[str, object]:
        crossings = float(np.mean([steps.sum() for steps in self.steps[name]]))
        return {
            "layer": name,
            "op": op,
            "units": self._units[name],
            "crossings": crossings,
            "per_unit": crossings / self._units[name],
            "switched": float(np.mean(self._switched[name])),
            "status": "lower bound" if self._linear[name] else "no regions",
        }
