"""Learning without a teacher, 1980: the cell that answers most is reinforced, and its plane with it.

References
----------
.. [1] Fukushima, K. (1980). Neocognitron: a self-organizing neural network model for a mechanism of pattern
       recognition unaffected by shift in position. Biological Cybernetics 36, 193-202. Section 3, eqs. 7 and 8.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from hierfeat.subjects.neocognitron.cells import SLayer
from hierfeat.subjects.neocognitron.neocognitron_1980 import Network1980, ShuntingS, inner

S_COLUMN = 5
"""Side of the window of places whose cells, over all planes, form one S-column."""

Place = tuple[int, int]


def initial_connections(layer: SLayer, *, size: float) -> Tensor:
    """Small connections that differ between planes: plane k prefers bars at 180·k/K degrees (1980, section 3).

    Parameters
    ----------
    layer : SLayer
        Gives the numbers of planes and the window.
    size : float
        Largest connection.

    Returns
    -------
    Tensor
        a(κ, ν, k), (planes, planes_in, k, k). Above the first module plane k also prefers plane κ ≈ k below.
    """
    k, below, side = layer.out_channels, layer.in_channels, layer.kernel_size
    steps = torch.arange(side) - (side - 1) / 2
    angle = math.pi * torch.arange(k)[:, None, None] / k
    across = steps[None, :, None] * torch.cos(angle) + steps[None, None, :] * torch.sin(angle)
    bars = torch.exp(-(across**2) / 2)[:, None]
    offset = torch.arange(k)[:, None] / k - torch.arange(below)[None] / below
    kinship = torch.exp(-8 * offset**2) if below > 1 else torch.ones(k, below)
    return size * bars * kinship[:, :, None, None]


def representatives(responses: Tensor) -> dict[int, Place]:
    """Choose the cells to reinforce: at most one to a plane, and each the largest of some S-column.

    Parameters
    ----------
    responses : Tensor
        Responses of an S-layer to one pattern, (planes, rows, columns).

    Returns
    -------
    dict
        Plane to (row, column). A plane with several nominations keeps the largest; one with none is absent.
    """
    _, rows, columns = responses.shape
    side = min(S_COLUMN, rows)
    column_cells = F.unfold(responses[None], side, padding=0 if side == rows else side // 2)[0]
    best, winner = column_cells.max(0)
    plane, offset = winner // side**2, winner % side**2
    shift = 0 if side == rows else side // 2
    centres = columns if side != rows else columns - side + 1
    column = torch.arange(len(best))
    row_of = column // centres + offset // side - shift
    column_of = column % centres + offset % side - shift
    chosen: dict[int, Place] = {}
    for index in best.argsort(stable=True).tolist():  # ascending: the last nomination of a plane is its largest
        if best[index] > 0:
            chosen[int(plane[index])] = (int(row_of[index]), int(column_of[index]))
    return chosen


def reinforce(layer: ShuntingS, below: Tensor, *, amplification: float) -> dict[int, Place]:
    """Show one pattern to an S-layer: its representatives' connections grow, and their planes share them.

    Δa(κ, ν, k) = q c(ν) u_C(κ, n + ν) (eq. 7) and Δb(k) = (q/2) v_C(n) (eq. 8), at the representative's place n.

    Parameters
    ----------
    layer : ShuntingS
        Changed in place.
    below : Tensor
        Responses of the layer below to one pattern, (1, planes_in, H, W).
    amplification : float
        q.

    Returns
    -------
    dict
        The representatives: plane to (row, column).
    """
    chosen = representatives(layer(below)[0])
    v = layer.v_cells(below)[0, 0]
    padded, side = F.pad(below[0], [layer.padding] * 4), layer.kernel_size
    for plane, (row, column) in chosen.items():
        layer.a[plane] += amplification * layer.window * padded[:, row : row + side, column : column + side]
        layer.b[plane] += amplification / 2 * v[row, column]
    return chosen


@torch.no_grad()
def self_organise(network: Network1980, patterns: Tensor) -> Network1980:
    """Train the modules one after the other, showing all patterns in turn, `presentations` times.

    Parameters
    ----------
    network : Network1980
        Starts anew from small connections, and is changed in place.
    patterns : Tensor
        (N, 1, 16, 16), shown in this order. No label is used.

    Returns
    -------
    Network1980
        The same network.
    """
    settings = network.settings
    tolerances = (lambda u: network.c1(inner(u)), network.c2, network.c3)
    for index, (s_layer, c_layer) in enumerate(zip((network.s1, network.s2, network.s3), tolerances, strict=True)):
        s_layer.a.copy_(initial_connections(s_layer, size=settings.initial))
        s_layer.b.zero_()
        for _ in range(settings.presentations):
            for pattern in patterns:
                reinforce(s_layer, pattern[None], amplification=settings.amplification[index])
        patterns = c_layer(s_layer(patterns))
    return network
