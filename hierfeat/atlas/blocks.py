"""How the layers of a large network fold: by the path of their modules, into blocks that can be looked through."""

from itertools import groupby
from typing import Any, NamedTuple

#: Layers that are shown as they are; with more, those of one module fold, and so do its parts where it has more.
PLAIN = 40


class Block(NamedTuple):
    """Layers in a row; with the name of the module that they belong to where they fold."""

    name: str | None
    layers: list[dict[str, Any]]


def blocks(layers: list[dict[str, Any]]) -> list[Block]:
    """Fold the payload's layers, in call order.

    Examples
    --------
    >>> layers = [{"name": "conv1"}, *({"name": f"layer1.{i}.conv"} for i in range(40)), {"name": "fc"}]
    >>> [(block.name, len(block.layers)) for block in blocks(layers)]
    [(None, 1), ('layer1', 40), (None, 1)]
    """
    return [Block(None, layers)] if len(layers) <= PLAIN else _joined(_split(layers, 1))


def _split(layers: list[dict[str, Any]], depth: int) -> list[Block]:
    found: list[Block] = []
    for name, members in groupby(layers, key=lambda layer: ".".join(_path(layer)[:depth])):
        group = list(members)
        deeper = max(map(len, map(_path, group))) > depth
        parts = _split(group, depth + 1) if len(group) > PLAIN and deeper else []
        if any(part.name for part in parts):
            found += parts
        else:
            found.append(Block(name if len(group) > 1 and deeper else None, group))
    return found


def _path(layer: dict[str, Any]) -> list[str]:
    return str(layer["name"]).partition("#")[0].split(".")


def _joined(found: list[Block]) -> list[Block]:
    """Single layers that follow each other stand together."""
    joined: list[Block] = []
    for block in found:
        if block.name is None and joined and joined[-1].name is None:
            joined[-1] = Block(None, joined[-1].layers + block.layers)
        else:
            joined.append(block)
    return joined
