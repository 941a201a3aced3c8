"""Only additive combinations? The whole against the sum of its parts, and who does the subtracting."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional as F

from hierfeat._progress import with_bar
from hierfeat._result import Result, drawn
from hierfeat.physiology.invariance._similarities import responses_of, subsample
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.call import Call
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_checks import check_same_path
from hierfeat.subjects.layer_table import STAGES, Layers
from hierfeat.subjects.ops import settings
from hierfeat.subjects.own_data import Images, default_batch
from hierfeat.subjects.precision import double
from hierfeat.subjects.provenance import provenance


@dataclass(frozen=True, eq=False)
class Additivity(Result):
    """How additive each layer is, and what its weights add and subtract.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per layer: ``layer, kind, error, less, more``, and for layers with weights ``negative_weights,
        negative_mass, index, input_negative``.
    """

    plot = drawn("rectification.plot_additivity")


@checked()
def additivity(
    h: Hierarchy,
    images: Images,
    *,
    layers: Layers = STAGES,
    max_images: int | None = 64,
    seed: int = 0,
    batch_size: int | None = None,
    progress: bool = True,
) -> Additivity:
    """Cut each image in two, show both parts and the whole, and see whether the responses add up.

    Parameters
    ----------
    h
        The network under study.
    images
        (N, C, H, W) in [0, 1], two at least.
    layers
        Names, glob patterns or kinds.
    max_images
        So many images are drawn if there are more, with `seed`.
    seed
        Of the images, and of the lines along which they are cut.
    batch_size
        Images in one forward pass; by default as many as suit their size. It changes no number.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    Additivity
        A row per layer.

    Raises
    ------
    HierfeatError
        If the images do not fit, or an item of `layers` matches nothing.

    Notes
    -----
    Each image is cut along a random line through its centre into x and y of disjoint supports; the rest of each is
    black. With Δ(x) = A(x) − A(0), 0 the black image:

    - ``error``: Σ|Δ(x + y) − Δ(x) − Δ(y)|² / Σ|Δ(x + y)|², over units and images: 0 for a linear layer on the image.
      ``less`` and ``more``: the shares of this error where the whole is less, and more, than the sum of its parts.
    - ``negative_weights``: the share of weights below zero, ``negative_mass``: the share of Σ|w| that is theirs.
    - ``index``: the mean over units of (E − I)/(E + I), where E = Σ max(w, 0)x and I = Σ max(−w, 0)x: 1 for purely
      additive combinations, 0 where as much is taken away as is added. It means that only for inputs x ≥ 0;
      ``input_negative`` is the share of the input's energy that is negative, and where it is not 0 (the first
      layer, after normalisation; tanh) E and I are of |x|: what the weights do, rather than what the inputs do.

    Memory: the responses of the chosen layers to one batch, four times, and in double precision for one layer.

    References
    ----------
    Lee, D. D. and Seung, H. S. (1999). Learning the parts of objects by non-negative matrix factorization. Nature 401,
    788-791: parts emerge where rates and synapses are non-negative; a rectifier sees to the rates alone.

    Examples
    --------
    >>> import hierfeat as hf
    >>> found = additivity(hf.load("lenet5-digits"), hf.digits(split="test")[0], max_images=8)
    >>> bool(found.table.set_index("layer").error["conv1"] < 1e-9)
    True
    """
    images = subsample(images, max_images, seed)
    generator = torch.Generator().manual_seed(seed)
    sums: dict[str, Tensor] = {}
    black = {name: double(value) for name, value in responses_of(h, torch.zeros_like(images[:1]), layers).items()}
    size = batch_size or default_batch(h.input_shape)
    for batch in with_bar(images.split(size), "images"):
        cut = _halves(batch, generator)
        whole, one, other = (responses_of(h, part, layers) for part in (batch, batch * cut, batch * ~cut))
        check_same_path(h, whole, one, other, black)
        for name in whole:
            total = double(whole[name]) - black[name]
            excess = total - (double(one[name]) - black[name]) - (double(other[name]) - black[name])
            parts = [total, excess, excess.clamp(max=0), excess.clamp(min=0)]
            found = torch.stack([part.square().sum() for part in parts])
            sums[name] = sums[name] + found if name in sums else found
    weights = _Weights({layer.name for layer in h.layers.select(layers)})
    with torch.no_grad(), h.watching(before=weights.before, until=h.last_of(layers)):
        for batch in images.split(size):
            h.forward(batch)
    kinds = {layer.name: layer.kind for layer in h.layers}
    rows = [{"layer": name, "kind": kinds[name], **_errors(sums[name]), **weights.row(name)} for name in sums]
    return Additivity(table=pd.DataFrame(rows), provenance=provenance(h, layers=layers, images=len(images), seed=seed))


def _halves(images: Tensor, generator: torch.Generator) -> Tensor:
    """A half-plane per image, (N, 1, H, W), bounded by a line through the centre at a random angle."""
    height, width = images.shape[-2:]
    angles = torch.rand(len(images), 1, 1, 1, generator=generator) * 2 * torch.pi
    rows = torch.arange(height)[:, None] - (height - 1) / 2
    columns = torch.arange(width)[None, :] - (width - 1) / 2
    return ((rows * angles.cos() + columns * angles.sin()) >= 0).to(images.device)


def _errors(sums: Tensor) -> dict[str, float]:
    total, error, less, more = (float(value) for value in sums)
    return {
        "error": error / total if total else float("nan"),
        "less": less / error if error else 0.0,
        "more": more / error if error else 0.0,
    }


@dataclass(eq=False)
class _Weights:
    """What the weights of each layer add to, and subtract from, its units."""

    chosen: set[str]
    _weights: dict[str, Tensor] = field(default_factory=dict)
    _sums: dict[str, Tensor] = field(default_factory=dict)

    def before(self, call: Call) -> None:
        given: dict[str, Any] = settings(call.op, call.args, call.kwargs)
        weight = given.get("weight")
        if call.name not in self.chosen or call.whole or weight is None or call.kind not in ("conv", "linear"):
            return
        function: Any = getattr(F, call.op, None)
        if function is None or call.op == "bilinear":  # it multiplies its inputs: no parts add up
            return
        rest = {name: value for name, value in given.items() if name not in ("input", "weight", "bias")}
        x = call.input.abs()
        added = double(function(x, weight.clamp(min=0), None, **rest))
        taken = double(function(x, (-weight).clamp(min=0), None, **rest))
        driven = (added + taken) > 0
        index = torch.where(driven, (added - taken) / (added + taken), 0.0)
        negative = double(call.input.clamp(max=0)).square().sum()
        values = torch.stack([index.sum(), double(driven.sum()), negative, double(x).square().sum()])
        self._weights[call.name] = weight.detach()
        self._sums[call.name] = self._sums[call.name] + values if call.name in self._sums else values

    def row(self, name: str) -> dict[str, float]:
        if name not in self._weights:
            return dict.fromkeys(("negative_weights", "negative_mass", "index", "input_negative"), float("nan"))
        weight, (index, driven, negative, energy) = self._weights[name], self._sums[name].tolist()
        mass = float(weight.abs().sum())
        return {
            "negative_weights": float(double(weight < 0).mean()),
            "negative_mass": float(-weight.clamp(max=0).sum()) / mass if mass else float("nan"),
            "index": index / driven if driven else float("nan"),
            "input_negative": negative / energy if energy else 0.0,
        }
