"""Learning without a teacher, 1980: the cell that responds most is reinforced, and its plane with it.

References
----------
.. [1] Fukushima, K. (1980). Neocognitron: a self-organizing neural network model for a mechanism of pattern
       recognition unaffected by shift in position. Biological Cybernetics 36, 193-202.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from hierfeat.errors import HierfeatError
from hierfeat.zoo.neocognitron.neocognitron_1980 import Network1980, ShuntingS

S_COLUMN = 5
"""Side of the window of places whose cells, over all planes, form one S-column."""

Place = tuple[int, int]


def representatives(responses: Tensor) -> dict[int, Place]:
    """Choose the cells to reinforce: at most one to a plane, and each the largest of some S-column.

    Parameters
    ----------
    responses
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
    layer
        Changed in place.
    below
        Responses of the layer below to one pattern, (1, planes_in, H, W).
    amplification
        q.

    Returns
    -------
    dict
        The representatives: plane to (row, column).
    """
    chosen = representatives(layer(below)[0])
    v = layer.v_cells(below)[0, 0]
    padded, side = F.pad(below[0], [layer.padding] * 4), layer.kernel_size
    starts = layer.window_starts(len(v))
    for plane, (row, column) in chosen.items():
        top, left = starts[row], starts[column]
        layer.a[plane] += amplification * layer.window * padded[:, top : top + side, left : left + side]
        layer.b[plane] += amplification / 2 * v[row, column]
    return chosen


@torch.no_grad()
def self_organise(network: Network1980, patterns: Tensor, *, seed: int = 0) -> Network1980:
    """Train the network by showing all patterns in turn, `presentations` times, in the order of its settings.

    Parameters
    ----------
    network
        Starts anew from small connections, and is changed in place.
    patterns
        (N, 1, 16, 16), shown in this order. No label is used.
    seed
        Of the random shifts; without them nothing is drawn.

    Returns
    -------
    Network1980
        The same network.

    Raises
    ------
    HierfeatError
        If a shift would move a pattern out of U0.

    Notes
    -----
    The settings say whether the S-layers learn one after the other or all at every presentation, and how far each
    presentation is shifted. Where all learn at once, a layer's responses go up after its cells have been reinforced.
    """
    settings = network.settings
    check_margins(patterns, settings.shift)
    for layer in (network.s1, network.s2, network.s3):
        layer.reset_parameters()
    generator = torch.Generator().manual_seed(seed)
    stages = [(0, 1, 2)] if settings.order == "all_at_once" else [(0,), (1,), (2,)]
    for learning in stages:
        for _ in range(settings.presentations):
            for pattern in patterns:
                present(network, shifted(pattern[None], settings.shift, generator=generator), learning)
    return network


def present(network: Network1980, pattern: Tensor, learning: tuple[int, ...]) -> None:
    """Show one pattern, (1, 1, 16, 16), to the modules from the first up; those named in `learning` are reinforced."""
    below = pattern
    for index in range(max(learning) + 1):
        if index in learning:
            s_layer = (network.s1, network.s2, network.s3)[index]
            reinforce(s_layer, below, amplification=network.settings.amplification[index])
        if index < max(learning):
            below = network.module(index, below)


def shifted(pattern: Tensor, most: int, *, generator: torch.Generator) -> Tensor:
    """Move a pattern at random by up to `most` cells along rows and along columns, each step equally likely."""
    if not most:
        return pattern
    down, right = torch.randint(-most, most + 1, (2,), generator=generator).tolist()
    return torch.roll(pattern, (down, right), (2, 3))  # only black cells go round: check_margins saw to that


def check_margins(patterns: Tensor, most: int) -> None:
    """Refuse shifts that would move some cell of a pattern out of the frame."""
    active = patterns.amax((0, 1)) > 0
    rows, columns = (active.any(axis).nonzero().flatten() for axis in (1, 0))
    if not most or not len(rows):
        return
    height, width = active.shape
    ends = (rows[0], height - 1 - rows[-1], columns[0], width - 1 - columns[-1])
    free = int(torch.stack(ends).min())
    if most > free:
        raise HierfeatError(
            f"expected a shift of at most {free} cells, so that no pattern leaves the frame; got shift={most}"
        )
