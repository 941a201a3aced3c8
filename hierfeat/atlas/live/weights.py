"""Weights as the page holds them: half precision where that changes no activation visibly, and deflated."""

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hierfeat.atlas.live.export import Graph

#: Half precision may change an activation by this share of its layer's largest magnitude.
TOLERANCE = 1e-3
#: How hard the bytes are pressed; the highest level takes three times as long for half a per cent.
LEVEL = 6
#: Images on which that is measured, at most.
IMAGES = 3


@dataclass(frozen=True)
class Block:
    """Weights ready for the page.

    Attributes
    ----------
    table : list
        ``[name, shape, bytes of each value]`` for each tensor, in the order in which they are stored.
    data : bytes
        Deflated; the half-precision values first. Of each of both runs the values' highest bytes come first, then the
        next ones: exponents compress better among themselves.
    half : bool
        Whether weights are stored in half precision (vectors, as biases are, never are, and the first few where it
        must be).
    error : float
        The largest change of an activation by it, as a share of its layer's largest magnitude, on the images given.
    """

    table: list[list[Any]]
    data: bytes
    half: bool
    error: float


def pack(graph: Graph, images: Tensor) -> Block:
    """Pack the graph's tensors, in half precision if `images` (N, C, H, W) in [0, 1] allow it.

    Raises
    ------
    hierfeat.HierfeatError
        If `images` do not fit the graph.
    """
    chosen, error = _halves(graph, images[:IMAGES])
    half = any(chosen.values())
    order = sorted(graph.tensors, key=lambda name: not chosen[name])
    table = [[name, list(graph.tensors[name].shape), 2 if chosen[name] else 4] for name in order]
    runs = [
        _planes([graph.tensors[name] for name in order if chosen[name]], np.dtype("<f2")),
        _planes([graph.tensors[name] for name in order if not chosen[name]], np.dtype("<f4")),
    ]
    return Block(table, zlib.compress(b"".join(runs), LEVEL), half, error if half else 0.0)


def _halves(graph: Graph, images: Tensor) -> tuple[dict[str, bool], float]:
    """Which tensors are rounded, and what that changes: all of them, or all but the first few.

    What the first layers round off, all later ones carry on; and the first layers are small.
    """
    able = [name for name, tensor in graph.tensors.items() if _may_be_halved(tensor)]
    for spared in (0, 1, 2, 4, 8, 16):
        if spared and spared >= len(able):
            break
        rounded = dict.fromkeys(graph.tensors, False) | dict.fromkeys(able[spared:], True)
        tensors = {name: _halved(tensor) if rounded[name] else tensor for name, tensor in graph.tensors.items()}
        error = max(_change(graph, tensors, image[None]) for image in images)
        if error <= TOLERANCE:
            return rounded, error
    return dict.fromkeys(graph.tensors, False), 0.0


def stored(graph: Graph, block: Block) -> dict[str, Tensor]:
    """Return the graph's tensors with the values that `block` holds."""
    half = {name for name, _, size in block.table if size == 2}
    return {name: _halved(tensor) if name in half else tensor for name, tensor in graph.tensors.items()}


def _may_be_halved(tensor: Tensor) -> bool:
    return tensor.is_floating_point() and tensor.ndim > 1


def _halved(tensor: Tensor) -> Tensor:
    return tensor.half().to(tensor.dtype) if _may_be_halved(tensor) else tensor


def _change(graph: Graph, rounded: dict[str, Tensor], image: Tensor) -> float:
    """The largest change of a layer, or of the output, as a share of the layer's largest magnitude; inf for none."""
    some = next((tensor for tensor in graph.tensors.values() if tensor.is_floating_point()), image)
    image = image.to(some.device, some.dtype)
    exact, coarse = graph.run(image), graph.run(image, rounded)
    worst = 0.0
    for name in {*graph.layers.values(), graph.output}:
        values, changed = exact[name], coarse[name]
        largest = float(values.abs().max()) if values.numel() else 0.0
        difference = float((values - changed).abs().max()) if values.numel() else 0.0
        if difference:
            worst = max(worst, difference / largest if largest else np.inf)
        if not np.isfinite(difference):
            return np.inf
    return worst


def _planes(tensors: list[Tensor], dtype: np.dtype[Any]) -> bytes:
    if not tensors:
        return b""
    flat = torch.cat([tensor.detach().to("cpu", torch.float32).reshape(-1) for tensor in tensors]).numpy()
    raw = np.ascontiguousarray(flat.astype(dtype)).view(np.uint8).reshape(-1, dtype.itemsize)
    return bytes(np.ascontiguousarray(raw[:, ::-1].T).tobytes())
