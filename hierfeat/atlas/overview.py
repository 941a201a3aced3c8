"""What the overview shows where not all has room: a convolution together with what rectifies it, names that differ."""

from collections.abc import Sequence
from typing import Any


def chosen_layers(layers: list[dict[str, Any]], most: int) -> list[int]:
    """Return the indices of at most `most` layers with maps: all of them, or whole groups, evenly spaced.

    A group is a convolution or linear layer with its activation and the pool behind it.
    """
    mapped = [layer for layer in layers if layer["maps"]]
    if len(mapped) <= most:
        return [layer["index"] for layer in mapped]
    groups: list[list[int]] = []
    for layer in mapped:
        if layer["kind"] in ("conv", "linear") or not groups:
            groups.append([])
        groups[-1].append(layer["index"])
    groups = [group[:3] for group in groups]
    for count in range(len(groups), 1, -1):
        taken = [groups[round(place * (len(groups) - 1) / (count - 1))] for place in range(count)]
        if sum(map(len, taken)) <= most:
            return [index for group in taken for index in group]
    return groups[0][:most]


def distinct(names: Sequence[str], most: int, *, keep: str = "end") -> list[str]:
    """Return names of at most `most` characters that differ where the names do; longer ones where they must.

    Parameters
    ----------
    names
    most
    keep
        Which part of a name is the last to go: its ``end``, or its ``start``.

    Examples
    --------
    >>> distinct(["layer1.0.conv1", "layer2.0.conv1", "fc"], 9)
    ['layer1.0…', 'layer2.0…', 'fc']
    """
    names = list(names)
    ways = (_tail, _middle, _head) if keep == "end" else (_head, _middle, _tail)
    for size in range(most, max(map(len, names), default=0)):
        for cut in ways:
            short = {name: name if len(name) <= size else cut(name, size - 1) for name in names}
            if len(set(short.values())) == len(short):
                return [short[name] for name in names]
    return names


def _head(name: str, size: int) -> str:
    return f"{name[:size]}…"


def _tail(name: str, size: int) -> str:
    return f"…{name[-size:]}"


def _middle(name: str, size: int) -> str:
    return f"{name[: size - size // 2]}…{name[-(size // 2) :]}"
