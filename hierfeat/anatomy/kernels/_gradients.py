"""Gradients of central units with respect to the image, many channels in one backward pass."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from hierfeat.errors import HierfeatError
from hierfeat.subjects.calls import Call, Stop
from hierfeat.subjects.gradients import gradients, leaf
from hierfeat.subjects.guard import undisturbed
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.ops import settings


def central_gradients(
    h: Hierarchy, layer: str, images: Tensor, channels: Sequence[int], *, linear: bool = False
) -> Tensor:
    """Gradient of each channel's central unit, (h//2, w//2), with respect to each normalised image.

    Parameters
    ----------
    h
        The subject.
    layer
        A layer's name.
    images
        (N, C, H, W), in [0, 1].
    channels
        The K channels wanted; the images are repeated K times, and one backward pass serves all.
    linear
        Linearise on the way, see :func:`linearised`.

    Returns
    -------
    torch.Tensor
        (K, N, C, H, W), on the CPU.
    """
    count, number = len(channels), len(images)
    picked: list[Tensor] = []

    def after(call: Call, output: Tensor) -> None:
        if call.name == layer:
            picked.append(_central_units(output, channels, number))
            raise Stop

    with undisturbed(h.model), torch.enable_grad():
        inputs = leaf(h, images, copies=count)
        with h.watching(before=linearised if linear else None, after=after):
            h.run(inputs)
        if not picked:
            raise HierfeatError(f"{h.name} did not call {layer!r} for these images")
        [gradient] = gradients(h, picked[0], [inputs], what=f"layer {layer!r}")
    found = torch.zeros_like(inputs) if gradient is None else gradient
    return found.detach().reshape(count, number, *inputs.shape[1:]).cpu()


def _central_units(output: Tensor, channels: Sequence[int], number: int) -> Tensor:
    """The sum over images and channels of each copy's own unit: its gradient keeps the copies apart."""
    for axis in range(output.dim() - 1, 1, -1):
        output = output.select(axis, output.shape[axis] // 2)
    which = torch.tensor(list(channels), device=output.device).repeat_interleave(number)
    return output.gather(1, which[:, None]).sum()


def declared_kernel(call: Call) -> Tensor | None:
    """The (outputs, inputs, height, width) kernel that a module which is a layer as a whole says it has."""
    declare: Callable[[], Tensor] | None = getattr(call.module, "layer_kernel", None) if call.whole else None
    return None if declare is None else declare().detach()


def by_output(call: Call, weight: Tensor) -> Tensor:
    """The weights of a call as (outputs, inputs per group, ...): transposed convolutions keep them by input."""
    if "transpose" not in call.op:
        return weight
    groups = settings(call.op, call.args, call.kwargs).get("groups") or 1
    grouped: Tensor = weight.unflatten(0, (groups, -1))
    return grouped.transpose(1, 2).flatten(0, 1)


def linearised(call: Call) -> Tensor | None:
    """Replace what is not linear: activations by the identity, max pools by average pools.

    A layer that declares its kernel becomes that convolution: of an S-cell the excitation is left.
    """
    kernel = declared_kernel(call)
    if kernel is not None:
        names = ("stride", "padding", "dilation", "groups")
        return F.conv2d(call.input, kernel, **{name: getattr(call.module, name) for name in names})
    if call.kind == "activation":
        return call.input * 1  # a copy: a later in-place operation must not reach back
    if call.op.startswith("max_pool"):
        return _averaged(call)
    if call.op.startswith("adaptive_max_pool"):
        average: Callable[..., Tensor] = getattr(F, call.op.replace("max", "avg"))
        return average(call.input, settings(call.op, call.args, call.kwargs)["output_size"])
    return None


def _averaged(call: Call) -> Tensor:
    given = settings(call.op, call.args, call.kwargs)
    if given.get("dilation", 1) not in (1, (1, 1), [1, 1]):
        raise HierfeatError(f"cannot linearise {call.name}: a dilated max pool has no average pool to stand for it")
    stride = given.get("stride")
    average: Callable[..., Tensor] = getattr(F, call.op.replace("max", "avg"))
    return average(
        call.input,
        given["kernel_size"],
        stride=None if stride in (None, [], ()) else stride,
        padding=given.get("padding", 0),
        ceil_mode=bool(given.get("ceil_mode", False)),
    )
