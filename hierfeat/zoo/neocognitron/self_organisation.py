"""How S-cells are formed without a teacher: patterns found in the input become cells.

Two rules of the later Neocognitron. *Add-if-silent* (Fukushima 2013): a pattern to which no cell responds becomes a new
cell. *Winner-take-all*: each pattern pulls the cell that responds to it most towards itself. Both look only at the
c-weighted cosine between patterns, which is what an S-cell's excitation divided by its V-cell's response is.

References
----------
.. [1] Fukushima, K. (2013). Artificial vision by multi-layered neural networks: Neocognitron and its advances.
       Neural Networks 37, 103-119.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from hierfeat.errors import HierfeatError
from hierfeat.zoo.neocognitron.cells import SLayer


def in_parts(tensor: Tensor, size: int) -> list[Tensor]:
    """Cut a tensor along its first axis, `size` rows at a time, as views."""
    return [tensor[start : start + size] for start in range(0, len(tensor), size)]


def active_patterns(layer: SLayer, planes: Tensor, *, count: int, floor: float, generator: torch.Generator) -> Tensor:
    """Draw patterns that the layer's cells will see, places with a strong V-cell more often.

    Parameters
    ----------
    layer
        Gives the window, the padding and c(ν).
    planes
        Responses of the layer below, (N, planes_in, H, W).
    count
        Patterns wanted; fewer come back if fewer places are active.
    floor
        Places whose V-cell responds with less than this share of the strongest are left out.
    generator
        Source of the draw.

    Returns
    -------
    Tensor
        Patterns times √c(ν), unit length, (patterns, planes_in·k·k): their inner products are the c-weighted cosines.

    Raises
    ------
    HierfeatError
        If no place is active.
    """
    strength = layer.v_cells(planes)[:, 0]
    weights = torch.where(strength > floor * strength.max(), strength, 0.0).flatten()
    places = int((weights > 0).sum())
    if not places:
        raise HierfeatError("expected active cells to learn from; every V-cell is silent: are the images all black?")
    drawn = torch.multinomial(weights, min(count, places), generator=generator)
    image, row, column = torch.unravel_index(drawn, strength.shape)
    padded = F.pad(planes, [layer.padding] * 4)
    size, stride = layer.kernel_size, layer.stride
    windows = padded.unfold(2, size, stride).unfold(3, size, stride)
    patterns = windows[image, :, row, column] * layer.window.sqrt()
    return F.normalize(patterns.flatten(1), dim=1)


def add_if_silent(patterns: Tensor, *, threshold: float, limit: int) -> Tensor:
    """One cell for each pattern to which no cell so far responds (Fukushima 2013).

    Parameters
    ----------
    patterns
        Unit vectors, (patterns, features), presented in this order.
    threshold
        A cell responds to a pattern whose cosine to its own reaches this.
    limit
        Stop at this number of cells.

    Returns
    -------
    Tensor
        The patterns that became cells, (cells, features).
    """
    cells: list[Tensor] = []
    silent = patterns
    while len(silent) and len(cells) < limit:
        cells.append(silent[0])
        silent = silent[silent @ silent[0] < threshold]
    return torch.stack(cells)


def threshold_for(patterns: Tensor, *, cells: int, steps: int = 6) -> float:
    """The add-if-silent threshold that yields at most `cells` cells, and nearly as many, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(steps):
        middle = (low + high) / 2
        if len(add_if_silent(patterns, threshold=middle, limit=cells + 1)) > cells:
            high = middle
        else:
            low = middle
    return low


def winner_take_all(cells: Tensor, patterns: Tensor, *, passes: int, block: int = 4096) -> Tensor:
    """Move each cell to the mean direction of the patterns it wins, `passes` times; a cell that wins none stays.

    Parameters
    ----------
    cells, patterns
        Unit vectors, (cells, features) and (patterns, features).

    Returns
    -------
    Tensor
        Unit vectors, (cells, features).
    """
    for _ in range(passes):
        winners = torch.cat([(part @ cells.T).argmax(1) for part in in_parts(patterns, block)])
        sums = torch.zeros_like(cells).index_add_(0, winners, patterns)
        wins = torch.bincount(winners, minlength=len(cells))[:, None] > 0
        cells = torch.where(wins, F.normalize(sums, dim=1), cells)
    return cells


def organise(
    layer: SLayer, planes: Tensor, *, patterns: int, floor: float, passes: int, generator: torch.Generator
) -> float:
    """Give an S-layer its connections from the responses of the layer below, and return the learning threshold.

    Planes that add-if-silent leaves over (the bisection stops just below the wanted number) are filled with
    further patterns in the order of their draw, so that every plane has a feature.
    """
    seen = active_patterns(layer, planes, count=patterns, floor=floor, generator=generator)
    wanted = layer.out_channels
    if len(seen) < wanted:
        raise HierfeatError(f"expected at least {wanted} active patterns for as many planes; got {len(seen)}")
    threshold = threshold_for(seen, cells=wanted)
    cells = add_if_silent(seen, threshold=threshold, limit=wanted)
    cells = torch.cat([cells, seen[len(seen) - (wanted - len(cells)) :]])
    cells = winner_take_all(cells, seen, passes=passes)
    layer.a.copy_(cells.reshape(layer.a.shape) * layer.window.sqrt())
    return threshold
