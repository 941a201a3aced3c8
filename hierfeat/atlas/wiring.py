"""What one forward pass tells of the wiring: the kernels of every convolution, and whose outputs each layer reads."""

from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from hierfeat.subjects.call import Call
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.kernels import kernels_of


@dataclass(frozen=True)
class Wiring:
    """Kernels (out, in per group, h, w) of 2-d convolutions by layer, and for each layer the first that it reads, and all."""

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
