"""Opposite-phase pairs: kernels that look for the negative of what another kernel looks for."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hierfeat._result import Result, drawn
from hierfeat.anatomy.kernels._gradients import by_output
from hierfeat.errors import HierfeatError
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.calls import Call, Stop
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_table import Layers
from hierfeat.subjects.ops import settings
from hierfeat.subjects.provenance import provenance


@dataclass(frozen=True, eq=False)
class OppositePhase(Result):
    """The most opposite partner of every kernel.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per layer and channel: ``layer, channel, partner, cosine`` (the smallest with any other kernel of the
        layer), ``random`` (its mean for Gaussian kernels) and ``below_random`` (the share of Gaussian kernels whose
        smallest cosine is larger: above 0.95, a pair that chance does not make).
    """

    plot = drawn("filters.plot_opposite_phase")


@checked()
def opposite_phase(h: Hierarchy, *, layers: Layers = "conv", draws: int = 200, seed: int = 0) -> OppositePhase:
    """Find for every kernel the one that is most nearly its negative.

    Parameters
    ----------
    h : Hierarchy
    layers : str or sequence of str
        Names, glob patterns or kinds; layers without a weight, or with a single kernel, are left out.
    draws : int
        Kernels of the Gaussian control.
    seed : int

    Returns
    -------
    OppositePhase

    Raises
    ------
    HierfeatError
        If no layer has two kernels to compare.

    Notes
    -----
    For kernels φ, min over j of cos(φ_i, φ_j): −1 for a pair that differs in sign only. A rectifier throws away the
    negative half of a response, and a net that needs it has to learn the kernel twice; Shang et al. found such pairs in
    the lower layers of AlexNet, and made CReLU from it. The control is the smallest cosine among as many independent
    Gaussian kernels of the same size.

    References
    ----------
    Shang, W., Sohn, K., Almeida, D. and Lee, H. (2016). Understanding and improving convolutional neural networks via
    concatenated rectified linear units. ICML.

    Examples
    --------
    >>> import hierfeat as hf
    >>> pairs = opposite_phase(hf.load("lenet5-digits"), layers="conv1")
    >>> len(pairs.table)
    6
    """
    chosen = {layer.name for layer in h.layers.select(layers)}
    generator = torch.Generator().manual_seed(seed)
    frames = [
        _pairs(name, kernels, draws, generator) for name, kernels in _kernels(h, chosen).items() if len(kernels) > 1
    ]
    if not frames:
        raise HierfeatError(f"expected a layer with at least two kernels among layers={layers!r} of {h.name}")
    return OppositePhase(
        table=pd.concat(frames, ignore_index=True), provenance=provenance(h, layers=layers, draws=draws, seed=seed)
    )


def _kernels(h: Hierarchy, chosen: set[str]) -> dict[str, Tensor]:
    """The weights of each layer, (kernels, numbers)."""
    found: dict[str, Tensor] = {}

    def before(call: Call) -> None:
        weight = settings(call.op, call.args, call.kwargs).get("weight")
        if call.name in chosen and call.kind in ("conv", "linear") and isinstance(weight, Tensor):
            found[call.name] = by_output(call, weight.detach()).flatten(1).double().cpu()
        if chosen <= found.keys():
            raise Stop

    with torch.no_grad(), h.watching(before=before):
        h.forward(torch.zeros(1, *h.input_shape))
    return found


def _pairs(name: str, kernels: Tensor, draws: int, generator: torch.Generator) -> pd.DataFrame:
    cosine, partner = _most_opposite(kernels)
    control: list[Tensor] = []
    while len(control) * len(kernels) < draws:
        control.append(_most_opposite(torch.randn(kernels.shape, generator=generator, dtype=torch.float64))[0])
    random = torch.cat(control)[:draws]
    return pd.DataFrame(
        {
            "layer": name,
            "channel": np.arange(len(kernels)),
            "partner": partner.numpy(),
            "cosine": cosine.numpy(),
            "random": float(random.mean()),
            "below_random": (random[None] > cosine[:, None]).double().mean(1).numpy(),
        }
    )


def _most_opposite(kernels: Tensor) -> tuple[Tensor, Tensor]:
    units = torch.nn.functional.normalize(kernels, dim=1)
    cosines = units @ units.T
    cosines.fill_diagonal_(torch.inf)
    smallest = cosines.min(1)
    return smallest.values, smallest.indices
