"""The graph and weights of a network as text that a page can hold."""

import base64
import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from hierfeat.atlas.live.export import Graph, export
from hierfeat.atlas.live.rewrite import Ref
from hierfeat.atlas.live.weights import Block, pack
from hierfeat.subjects.hierarchy import Hierarchy


@dataclass(frozen=True)
class Live:
    """A network as the page's engine takes it.

    Attributes
    ----------
    graph : dict
        What JSON can hold: ``name``, ``input_shape``, ``image`` (the value that holds it), ``tensors`` (as in
        :class:`hierfeat.atlas.live.weights.Block`), ``nodes`` (``[name, op, args, shape]``; a value among the
        arguments is ``{"v": name}``, a number that JSON lacks ``{"n": "inf"}``), ``layers`` (``[name, value]``),
        ``output``, ``half`` and ``half_error``.
    weights : bytes
        Deflated.
    """

    graph: dict[str, Any]
    weights: bytes

    @property
    def text(self) -> str:
        """The weights as base64."""
        return base64.b64encode(self.weights).decode("ascii")


def live(h: Hierarchy, images: Tensor) -> Live:
    """Return `h` as the page's engine takes it; `images` decide whether half precision will do.

    Raises
    ------
    hierfeat.atlas.live.export.CannotRun
        If the engine cannot run it.
    """
    graph = export(h)
    return assembled(graph, pack(graph, images))


def assembled(graph: Graph, block: Block) -> Live:
    """Return a graph and its packed weights as the page's engine takes them."""
    facts = {
        "name": graph.name,
        "input_shape": list(graph.input_shape),
        "image": Graph.INPUT,
        "tensors": block.table,
        "nodes": [[node.name, node.op, _plain(node.args), list(node.shape)] for node in graph.nodes],
        "layers": [list(pair) for pair in graph.layers.items()],
        "output": graph.output,
        "half": block.half,
        "half_error": block.error,
    }
    return Live(facts, block.data)


def _plain(value: Any) -> Any:
    """An argument as JSON can hold it; what no engine looks at (types, devices, memory formats) is None."""
    if isinstance(value, Ref):
        return {"v": value.name}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"n": str(value)}
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    if isinstance(value, torch.SymInt | torch.SymFloat | torch.SymBool):
        raise TypeError(f"{value} is no number yet")
    return None
