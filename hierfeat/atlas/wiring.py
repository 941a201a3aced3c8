"""What one forward pass tells of the wiring: the kernels of every convolution, and whose outputs each layer reads."""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from hierfeat.atlas.images import quantise_weights
from hierfeat.subjects.call import Call
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.kernels import kernels_of

#: Kernels of at most so many output and input channels are stored.
KERNELS = (24, 16)
#: Pools with windows of at most so many cells show who wins.
WINDOW = 16


@dataclass(frozen=True)
class Wiring:
    """Kernels (out, in per group, h, w) of 2-d convolutions by layer; the first layer that each one reads, and all."""

    weights: dict[str, Tensor] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, list[str]] = field(default_factory=dict)


def wiring(h: Hierarchy, images: Tensor) -> Wiring:
    """Watch one forward pass; a source is found where the very tensor that one layer returned is given to the next."""
    wired = Wiring()
    makers: dict[int, tuple[str, Tensor]] = {}  # the tensor is kept, so that its id is not given to another

    def before(call: Call) -> None:
        maker = makers.get(id(call.input))
        if maker is not None:
            wired.sources[call.name] = maker[0]
        read = (makers.get(id(leaf)) for leaf in tree_leaves((call.args, call.kwargs)) if isinstance(leaf, Tensor))
        wired.inputs[call.name] = list(dict.fromkeys(one[0] for one in read if one))
        kernels = kernels_of(call) if call.kind == "conv" and not call.whole else None
        if kernels is not None and kernels.weights.ndim == 4:
            wired.weights[call.name] = kernels.weights

    def after(call: Call, output: Tensor) -> None:
        makers[id(output)] = (call.name, output)

    with torch.no_grad(), h.watching(before=before, after=after):
        h.forward(images)
    return wired


def add_wiring(row: dict[str, Any], rows: list[dict[str, Any]], wired: Wiring) -> None:
    """Put into one of the payload's rows what it reads, and its kernels."""
    source = wired.sources.get(row["name"])
    names = [other["name"] for other in rows]
    row["source"] = names.index(source) if source in names else None
    row["inputs"] = [names.index(one) for one in wired.inputs.get(row["name"], []) if one in names]
    row["window"] = row["kind"] == "pool" and row["source"] is not None and _has_window(row, rows[row["source"]])
    weight = wired.weights.get(row["name"])
    row["kernels"] = None if weight is None else _kernels(weight)


def _has_window(pool: dict[str, Any], source: dict[str, Any]) -> bool:
    """Whether the cells that the pool's stored units look at are stored too, and few enough to be told apart."""
    if not (pool["maps"] and source["maps"] and pool["kernel"] and len(pool["kernel"]) == 2):
        return False
    same = pool["in_shape"] == source["out_shape"] and pool["maps"]["shape"][0] <= source["maps"]["shape"][0]
    whole = pool["maps"]["step"] == source["maps"]["step"] == 1
    spatial = pool["maps"]["shape"][1] * pool["maps"]["shape"][2] > 1
    return bool(same and whole and spatial and pool["kernel"][0] * pool["kernel"][1] <= WINDOW)


def _kernels(weight: Tensor) -> dict[str, Any]:
    total = list(weight.shape[:2])
    kept = weight[: KERNELS[0], : KERNELS[1]].float()
    colour = total[1] == 3 and kept.shape[2] * kept.shape[3] > 1
    return {"shape": list(kept.shape), "total": total, "colour": colour, **quantise_weights(kept)}
