"""Which layers the overview shows where not all have room: a convolution together with what rectifies it."""

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
