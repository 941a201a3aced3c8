"""The weights of a layer call, read in one way: as the call was given them, one kernel for each of its channels."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from torch import Tensor

from hierfeat.errors import HierfeatError
from hierfeat.subjects._lanes import unwrapped
from hierfeat.subjects.call import Call
from hierfeat.subjects.ops import settings


@dataclass(frozen=True, eq=False)
class Kernels:
    """The kernels of a convolution or a dense layer.

    Attributes
    ----------
    weights : torch.Tensor
        (outputs, inputs per group, *window), detached; transposed convolutions too.
    groups : int
    """

    weights: Tensor
    groups: int

    @property
    def inputs(self) -> npt.NDArray[np.int64]:
        """The input channels that each kernel reads, (outputs, inputs per group)."""
        outputs, each = self.weights.shape[:2]
        group = np.arange(outputs) // (outputs // self.groups)
        return group[:, None] * each + np.arange(each)


def kernels_of(call: Call) -> Kernels | None:
    """The kernels that a call was given, or that its module declares; None where it has none."""
    if call.kind not in ("conv", "linear"):
        return None
    given = settings(call.op, call.args, call.kwargs)
    weight = declared_kernel(call)
    if weight is not None:
        return Kernels(weight, int(getattr(call.module, "groups", 1)))
    weight = given.get("weight")
    if not isinstance(weight, Tensor) or weight.dim() < 2:
        return None
    weight, lanes = unwrapped(weight)
    if lanes:
        raise HierfeatError(
            f"layer {call.name!r} has the kernels of several networks, mapped over by torch.vmap: examine one of them"
        )
    groups = int(given.get("groups") or 1)
    return Kernels(_by_output(call.op, weight.detach(), groups), groups)


def declared_kernel(call: Call) -> Tensor | None:
    """The (outputs, inputs, height, width) kernel that a module which is a layer as a whole says it has."""
    declare: Callable[[], Tensor] | None = getattr(call.module, "layer_kernel", None) if call.whole else None
    return None if declare is None else declare().detach()


def _by_output(op: str, weight: Tensor, groups: int) -> Tensor:
    """Weights as (outputs, inputs per group, ...): transposed convolutions keep them by input."""
    if "transpose" not in op:
        return weight
    grouped: Tensor = weight.unflatten(0, (groups, -1))
    return grouped.transpose(1, 2).flatten(0, 1)
