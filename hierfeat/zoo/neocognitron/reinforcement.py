"""Learning without a teacher, 1980: the cell that answers most is reinforced, and its plane with it.

References
----------
.. [1] Fukushima, K. (1980). Neocognitron: a self-organizing neural network model for a mechanism of pattern
       recognition unaffected by shift in position. Biological Cybernetics 36, 193-202.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from hierfeat.zoo.neocognitron.neocognitron_1980 import Network1980, ShuntingS

S_COLUMN = 5
"""Side of the window of places whose cells, over all planes, form one S-column."""

Place = tuple[int, int]


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

    Δa(κ, ν, k) = q c(ν) u_C(κ, n + ν) and Δb(k) = (q/2) v_C(n), at the representative's place n.

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
    for index, s_layer in enumerate((network.s1, network.s2, network.s3)):
        s_layer.reset_parameters()
        for _ in range(settings.presentations):
            for pattern in patterns:
                reinforce(s_layer, pattern[None], amplification=settings.amplification[index])
        patterns = network.module(index, patterns)
    return network
