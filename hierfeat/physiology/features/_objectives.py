"""What a synthesised image is to maximise."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import normalize

from hierfeat.errors import HierfeatError

Objective = Callable[[Tensor, Tensor], Tensor]


def channel_mean(activation: Tensor, channels: Tensor) -> Tensor:
    """The mean of one channel of each image over all places.

    Parameters
    ----------
    activation
        (N, C, ...): the layer's output for N images.
    channels
        (N,): which channel each image is made for.

    Returns
    -------
    torch.Tensor
        (N,).
    """
    chosen = maps(activation, channels)
    return chosen if chosen.ndim == 1 else chosen.flatten(1).mean(1)  # a unit of a dense layer is a channel by itself


def central_unit(activation: Tensor, channels: Tensor) -> Tensor:
    """The unit in the middle of one channel's map of each image; arguments as for :func:`channel_mean`."""
    chosen = maps(activation, channels)
    for size in chosen.shape[1:]:
        chosen = chosen.select(1, size // 2)
    return chosen


def one_unit(activation: Tensor, units: Tensor) -> Tensor:
    """One unit of each image, by its place in the flattened response (C·H·W): (N,)."""
    return maps(activation.flatten(1), units)


def maps(activation: Tensor, channels: Tensor) -> Tensor:
    """One channel of each image, (N, ...)."""
    return activation[torch.arange(len(activation), device=activation.device), channels]


OBJECTIVES: dict[str, Objective] = {"channel": channel_mean, "center": central_unit, "centre": central_unit}


def objective_of(objective: str | Objective) -> tuple[str, Objective]:
    """The name and the function of an objective.

    Raises
    ------
    HierfeatError
        If it is neither callable nor one of the names.
    """
    if callable(objective):
        return getattr(objective, "__name__", "custom"), objective
    if not isinstance(objective, str) or objective not in OBJECTIVES:
        raise HierfeatError(f"expected objective as 'channel', 'center' or a function, got {objective!r}")
    return objective.replace("centre", "center"), OBJECTIVES[objective]


def likeness(activation: Tensor, copies: int) -> Tensor:
    """How alike the copies made for one channel are in the layer's eyes, (N,): mean cosine of their Gram matrices.

    Notes
    -----
    The diversity term of Olah et al. (2017): Gram matrices of channels describe texture, not place.
    """
    flat = activation.flatten(2) if activation.ndim > 2 else activation[..., None]
    grams = normalize((flat @ flat.transpose(1, 2)).flatten(1), dim=1)
    groups = grams.view(-1, copies, grams.shape[1])
    cosines = groups @ groups.transpose(1, 2)
    return (cosines.sum(2) - cosines.diagonal(dim1=1, dim2=2)).flatten() / max(copies - 1, 1)
