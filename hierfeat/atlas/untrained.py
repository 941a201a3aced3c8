"""Whether a network's weights are those of a fresh initialisation."""

from math import sqrt

import torch
from torch import Tensor, nn

from hierfeat.subjects.precision import double

#: Layers with fewer weights than this tell nothing of their distribution.
ENOUGH = 400


def untrained_by(model: nn.Module) -> str | None:
    """Return what shows that `model` was never trained, in words; None where nothing does.

    Notes
    -----
    Training moves the statistics of batch norms away from 0 and 1; biases that begin at zero do not stay there; and
    torch's own initialisation is uniform between ±1/√(inputs), which training spreads.

    Examples
    --------
    >>> untrained_by(nn.Sequential(nn.Conv2d(3, 64, 3)))
    'every weight lies as evenly as torch draws them'
    """
    norms = [module for module in model.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    known = [norm for norm in norms if norm.running_mean is not None and norm.running_var is not None]
    if known and all(_are(norm.running_mean, 0) and _are(norm.running_var, 1) for norm in known):
        return "its batch norms have never seen an image"
    layers = [module for module in model.modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    if not layers:
        return None
    biases = [layer.bias for layer in layers if layer.bias is not None]
    if biases and all(bool((bias == 0).all()) for bias in biases):
        return "all its biases are exactly zero"
    large = [layer.weight for layer in layers if layer.weight.numel() >= ENOUGH]
    if large and all(map(_as_drawn, large)):
        return "every weight lies as evenly as torch draws them"
    return None


def _are(values: Tensor | None, value: float) -> bool:
    return values is None or bool(torch.eq(values, value).all())


def _as_drawn(weight: Tensor) -> bool:
    """Whether weights fill ±1/√(inputs) to the brim and evenly: a uniform density has a kurtosis of 1.8."""
    values = double(weight.detach()).flatten()
    bound = 1 / sqrt(weight[0].numel())
    largest = float(values.abs().max())
    if not 0.97 * bound < largest <= bound * (1 + 1e-6):
        return False
    centred = values - values.mean()
    kurtosis = float(centred.pow(4).mean() / centred.pow(2).mean().square())
    return abs(kurtosis - 1.8) < 6 * sqrt(24 / values.numel())
