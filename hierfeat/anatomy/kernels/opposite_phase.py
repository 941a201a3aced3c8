"""Opposite-phase pairs: kernels that look for the negative of what another kernel looks for."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from hierfeat._result import Result, drawn
from hierfeat.anatomy.kernels._opposites import opposites
from hierfeat.errors import HierfeatError
from hierfeat.subjects.arguments import any_layers, checked
from hierfeat.subjects.call import Call, Stop
from hierfeat.subjects.checks import check_has_weights
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.kernels import Kernels, kernels_of
from hierfeat.subjects.layer_table import Layers
from hierfeat.subjects.precision import double
from hierfeat.subjects.provenance import provenance


@dataclass(frozen=True, eq=False)
class OppositePhase(Result):
    """The most opposite partner of every kernel.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per layer and channel: ``layer, channel, partner, cosine`` (the smallest with any other kernel of its
        group), ``random`` (its mean for Gaussian kernels), ``below_random`` (the share of Gaussian kernels whose
        smallest cosine is larger: above 0.95, a pair that chance does not make) and ``status``: ``ok``, or why there is
        no partner (−1) and no cosine (NaN): ``zero kernel``, ``only one of its group``, ``NaN or infinity``.
    """

    plot = drawn("filters.plot_opposite_phase")


@checked(layers=any_layers)
def opposite_phase(h: Hierarchy, *, layers: Layers = "conv", draws: int = 200, seed: int = 0) -> OppositePhase:
    """Find for every kernel the one that is most nearly its negative.

    Parameters
    ----------
    h
        The network under study.
    layers
        Names, glob patterns or kinds; layers without kernels, or with a single one, are left out, and named in the
        provenance as ``left_out``.
    draws
        Kernels of the Gaussian control.
    seed
        Seed of what is drawn at random.

    Returns
    -------
    OppositePhase
        A row per layer and channel.

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

    Memory: the kernels of one layer and their correlations: time and memory grow with the square of its channels.

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
    check_has_weights(h)
    chosen = {layer.name for layer in h.layers.select(layers)}
    generator = torch.Generator().manual_seed(seed)
    found = {name: kernels for name, kernels in _kernels(h, chosen).items() if len(kernels.weights) > 1}
    frames = [_pairs(name, kernels, draws, generator) for name, kernels in found.items()]
    if not frames:
        raise HierfeatError(f"expected a layer with at least two kernels among layers={layers!r} of {h.name}")
    left_out = [layer.name for layer in h.layers.select(layers) if layer.name not in found]
    about = provenance(h, layers=layers, draws=draws, seed=seed)
    return OppositePhase(table=pd.concat(frames, ignore_index=True), provenance=about | {"left_out": left_out})


def _kernels(h: Hierarchy, chosen: set[str]) -> dict[str, Kernels]:
    """The kernels of each layer, in call order."""
    found: dict[str, Kernels] = {}
    seen: set[str] = set()

    def before(call: Call) -> None:
        if call.name in chosen:
            seen.add(call.name)
            kernels = kernels_of(call)
            if kernels is not None:
                found[call.name] = kernels
        if chosen <= seen:
            raise Stop

    with torch.no_grad(), h.watching(before=before):
        h.forward(torch.zeros(1, *h.input_shape))
    return found


def _pairs(name: str, kernels: Kernels, draws: int, generator: torch.Generator) -> pd.DataFrame:
    shape = kernels.weights.flatten(1).shape
    own = opposites(double(kernels.weights.flatten(1)).cpu().numpy(), kernels.groups)
    control: list[np.ndarray] = []
    while len(control) * shape[0] < draws:
        drawn_ = torch.randn(shape, generator=generator, dtype=torch.float64).numpy()
        control.append(opposites(drawn_, kernels.groups).cosine)
    random = np.concatenate(control)[:draws]
    below = (random[None] > own.cosine[:, None]).mean(1)
    return pd.DataFrame(
        {
            "layer": name,
            "channel": np.arange(shape[0]),
            "partner": own.partner,
            "cosine": own.cosine,
            "random": float(random.mean()),
            "below_random": np.where(np.isnan(own.cosine), np.nan, below),
            "status": own.status,
        }
    )
