"""Gradients of central units with respect to the image, many channels in one backward pass."""

import warnings
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from hierfeat.errors import HierfeatError
from hierfeat.subjects.call import Call, Stop
from hierfeat.subjects.gradients import checked_gradient, gradients, leaf
from hierfeat.subjects.guard import undisturbed
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.kernels import declared_kernel
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
        The K channels wanted: one forward pass, which ends at the layer, serves all of them.
    linear
        Linearise on the way, see :func:`linearised`.

    Returns
    -------
    torch.Tensor
        (K, N, C, H, W), on the CPU.
    """
    picked: list[Tensor] = []
    shapes = {item.name: item.out_shape for item in h.layers} if linear else {}

    def before(call: Call) -> Tensor | None:
        return _in_its_place(call, shapes.get(call.name))

    def after(call: Call, output: Tensor) -> None:
        if call.name == layer:
            picked.append(_central_units(output, images, h, layer))
            raise Stop

    with undisturbed(h.model), torch.enable_grad():
        inputs = leaf(h, images)
        with h.watching(before=before if linear else None, after=after):
            h.run(inputs)
        if not picked:
            raise HierfeatError(f"{h.name} did not call {layer!r} for these images")
        found = _backward(h, picked[0], inputs, channels, f"layer {layer!r}")
    return found.detach().cpu()


def _backward(h: Hierarchy, units: Tensor, inputs: Tensor, channels: Sequence[int], what: str) -> Tensor:
    """Gradients (K, N, C, H, W) of units (N, channels): all in one batched backward pass, or one by one."""
    if not units.requires_grad:
        gradients(h, units.sum(), [inputs], what=what)  # raises, and says why
    wanted = torch.zeros(len(channels), *units.shape, dtype=units.dtype, device=units.device)
    for place, channel in enumerate(channels):
        wanted[place, :, channel] = 1
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # operations without a batched derivative are looped over
            given: tuple[Tensor | None, ...] = torch.autograd.grad(
                units, [inputs], wanted, allow_unused=True, retain_graph=True, is_grads_batched=True
            )
    except RuntimeError:  # a derivative written in Python may not be batched
        return torch.stack([_one_backward(h, units[:, channel].sum(), inputs, what) for channel in channels])
    if given[0] is None:
        return inputs.new_zeros(len(channels), *inputs.shape)
    return checked_gradient(h, given[0], what)


def _one_backward(h: Hierarchy, unit: Tensor, inputs: Tensor, what: str) -> Tensor:
    [found] = gradients(h, unit, [inputs], what=what, again=True)
    return torch.zeros_like(inputs) if found is None else found


def _central_units(output: Tensor, images: Tensor, h: Hierarchy, layer: str) -> Tensor:
    """The units in the middle of each channel's map, (N, channels)."""
    if output.dim() < 2 or len(output) != len(images):
        raise HierfeatError(
            f"layer {layer!r} of {h.name} has no channels on axis 1 for each image: its output is "
            f"{tuple(output.shape)} for {len(images)} images"
        )
    for axis in range(output.dim() - 1, 1, -1):
        output = output.select(axis, output.shape[axis] // 2)
    return output


def _in_its_place(call: Call, shape: tuple[int, ...] | None) -> Tensor | None:
    found = linearised(call)
    if found is not None and shape is not None and tuple(found.shape[1:]) != shape:
        raise HierfeatError(
            f"cannot linearise {call.name} ({call.op}): it makes {shape} of {tuple(call.input.shape[1:])}, so that the "
            "identity cannot stand in its place; choose a layer before it"
        )
    return found


def linearised(call: Call) -> Tensor | None:
    """Replace what is not linear: activations by the identity, max pools by average pools.

    A gated linear unit becomes the half that it gates, a maxout the mean of its pieces.
    A layer that declares its kernel becomes that convolution: of an S-cell the excitation is left.
    """
    kernel = declared_kernel(call)
    if kernel is not None:
        names = ("stride", "padding", "dilation", "groups")
        return F.conv2d(call.input, kernel, **{name: getattr(call.module, name) for name in names})
    if call.op == "glu":
        given = {"dim": -1, **dict(zip(("input", "dim"), call.args, strict=False)), **call.kwargs}
        return call.input.chunk(2, given["dim"])[0] * 1  # the gate open
    pieces = getattr(call.module, "pieces", None) if call.op == "maxout" else None
    if pieces:
        return call.input.reshape(len(call.input), -1, pieces, *call.input.shape[2:]).mean(2)  # as of a max pool
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
