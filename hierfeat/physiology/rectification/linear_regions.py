"""How many linear regions of a piecewise linear network lie between two images."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hierfeat._result import Result, drawn
from hierfeat.errors import HierfeatError
from hierfeat.physiology.invariance._similarities import subsample
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.calls import Call
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_table import Layers
from hierfeat.subjects.provenance import provenance

PIECEWISE_LINEAR = frozenset({"relu", "leaky_relu", "prelu", "clamp", "clamp_min", "threshold", "rrelu"})


@dataclass(frozen=True, eq=False)
class LinearRegions(Result):
    """Borders of linear regions crossed on the straight way from one image to another.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per rectifier: ``layer, op, units, crossings`` (mean over the ways), ``per_unit`` (crossings/units),
        ``switched`` (the share of units that cross at least once) and ``status``: ``lower bound``, as two crossings
        within one step are not seen, or ``no regions`` for functions that are not piecewise linear with one kink at
        zero, of which changes of sign are counted.
    crossings : numpy.ndarray
        (rectifiers, ways, steps): where on the way they lie.
    """

    crossings: np.ndarray

    plot = drawn("rectification.plot_linear_regions")


@checked()
def linear_regions(
    h: Hierarchy, images: Tensor, *, layers: Layers = "activation", ways: int = 16, steps: int = 128, seed: int = 0
) -> LinearRegions:
    """Walk in a straight line from image to image, and count the units that are switched on or off on the way.

    Parameters
    ----------
    h : Hierarchy
    images : torch.Tensor
        (N, C, H, W) in [0, 1], two at least.
    layers : str or sequence of str
        Names, glob patterns or kinds; what is no pointwise activation function is left out.
    ways : int
        Pairs of images, at most N − 1.
    steps : int
        Into which each way is divided.
    seed : int

    Returns
    -------
    LinearRegions

    Raises
    ------
    HierfeatError
        If there is no activation function, or images or numbers do not fit.

    Notes
    -----
    A network of ReLUs is linear on each region of the input where no unit changes between on and off. On a generic
    line no two units change at the same point, so that each change of sign of a pre-activation is one border
    crossed. Pools of the maximum add borders of their own, which are not counted.

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
    if ways < 1 or steps < 1:
        raise HierfeatError(f"expected at least one way and one step, got ways={ways}, steps={steps}")
    images = subsample(images, ways + 1, seed)
    ops = {layer.name: layer.op for layer in h.layers.select(layers) if layer.kind == "activation"}
    if not ops:
        raise HierfeatError(f"expected activation functions among layers={layers!r} of {h.name}, found none")
    counted = _Crossings(set(ops))
    along = torch.linspace(0, 1, steps + 1).view(-1, 1, 1, 1).to(images)
    with torch.no_grad(), h.watching(before=counted.before):
        for start, end in pairwise(images):
            h.forward(start + along * (end - start))
    names = list(counted.steps)
    rows = [counted.row(name, ops[name]) for name in names]
    return LinearRegions(
        table=pd.DataFrame(rows),
        provenance=provenance(h, layers=layers, ways=len(images) - 1, steps=steps, seed=seed),
        crossings=np.stack([np.stack(counted.steps[name]) for name in names]),
    )


@dataclass(eq=False)
class _Crossings:
    """Changes of sign of each rectifier's input along the ways."""

    chosen: set[str]
    steps: dict[str, list[np.ndarray]] = field(default_factory=dict)
    _switched: dict[str, list[float]] = field(default_factory=dict)
    _units: dict[str, int] = field(default_factory=dict)

    def before(self, call: Call) -> None:
        if call.name not in self.chosen:
            return
        on = call.input.flatten(1) > 0
        changed = on[1:] != on[:-1]
        self._units[call.name] = on.shape[1]
        self.steps.setdefault(call.name, []).append(changed.sum(1).cpu().numpy())
        self._switched.setdefault(call.name, []).append(float(changed.any(0).double().mean()))

    def row(self, name: str, op: str) -> dict[str, object]:
        crossings = float(np.mean([steps.sum() for steps in self.steps[name]]))
        return {
            "layer": name,
            "op": op,
            "units": self._units[name],
            "crossings": crossings,
            "per_unit": crossings / self._units[name],
            "switched": float(np.mean(self._switched[name])),
            "status": "lower bound" if op in PIECEWISE_LINEAR else "no regions",
        }
