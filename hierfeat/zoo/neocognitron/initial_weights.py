"""Excitatory connections before learning; nothing in them is random, so that a network starts alike every time.

References
----------
.. [1] Fukushima, K. (1980). Neocognitron: a self-organizing neural network model for a mechanism of pattern
       recognition unaffected by shift in position. Biological Cybernetics 36, 193-202.
"""

import math

import torch
from torch import Tensor

BAR_WIDTH = 0.7
"""Standard deviation of the bar that an oriented plane prefers, in cells."""


def graded(planes: int, *, initial: float) -> Tensor:
    """Connections alike at all places and to all planes below, a little weaker from plane to plane; (planes, 1, 1, 1).

    a(κ, ν, k) = a₀ (1 - k / 2K). Not the paper's: there, planes differ in the orientation that they prefer.
    Connections that differ in strength alone, and not in shape, let the first plane that is still free take up a
    feature to which no other responds.
    """
    return (initial * (1 - torch.arange(planes) / (2 * planes)))[:, None, None, None]


def oriented(planes: int, planes_in: int, size: int, *, initial: float, orientation: float, kinship: float) -> Tensor:
    """Connections that are weakly selective for orientation, each plane for another one; (planes, planes_in, k, k).

    Parameters
    ----------
    planes, planes_in
        K of this layer, and of the layer below.
    size
        Side of the window.
    initial
        a₀, the mean of all connections of a plane.
    orientation
        m, from 0 (flat) to 1 (a bar on nothing).
    kinship
        p: how fast connections fall with the distance between a plane and the plane that it looks at.

    Returns
    -------
    Tensor
        (planes, planes_in, size, size); the mean is `initial`.

    Notes
    -----
    a(κ, ν, k) = a₀ [1 - m + m g(ν, k/K)] h(|κ/K' - k/K|): g is a Gaussian bar through the centre of the window, at an
    angle of π k/K, and h(x) = exp(-p x). Both have mean 1, g over ν and h over κ.
    The paper says that the initial connections are a function of ν, k/K and |κ/K' - k/K|, such that planes are very
    weakly selective and prefer different orientations; it does not give the function.
    """
    offset = torch.arange(size) - (size - 1) / 2
    angle = math.pi * torch.arange(planes)[:, None, None] / planes
    across = offset[:, None] * torch.cos(angle) + offset * torch.sin(angle)  # distance from the bar's axis
    bar = torch.exp(-(across**2) / (2 * BAR_WIDTH**2))
    bar = bar / bar.mean((1, 2), keepdim=True)
    apart = torch.arange(planes)[:, None] / planes - torch.arange(planes_in) / planes_in
    kin = torch.exp(-kinship * apart.abs())
    kin = kin / kin.mean(1, keepdim=True)
    return initial * (1 - orientation + orientation * bar)[:, None] * kin[:, :, None, None]
