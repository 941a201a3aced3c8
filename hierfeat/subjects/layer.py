"""What is known of one layer call: sizes, settings, and what it costs."""

from dataclasses import dataclass
from math import prod
from typing import Any

from torch import Tensor, nn

from hierfeat.subjects.call import Call
from hierfeat.subjects.ops import settings, spread
from hierfeat.subjects.output_size import formula, same_padding

Ints = tuple[int, ...]


@dataclass(frozen=True)
class Layer:
    """One layer call, as the layer table lists it. Shapes are without the batch axis.

    Attributes
    ----------
    name, kind, op
        ``conv1``, ``conv``, ``conv2d``. See :attr:`hierfeat.Hierarchy.layers` for how calls are named.
    in_shape, out_shape
        (C, H, W) for images; of the first input, where there are several.
    kernel, stride, padding, dilation
        One number per spatial axis; None where the layer has no window. Padding is the cells before the input.
    groups
        Groups of a convolution.
    module
        The class of the module, ``Conv2d``; empty for the call of a function.
    parameters
        Numbers in the parameters that this call is the first to use; a call that uses the same ones again adds none.
    trainable
        How many of these require a gradient: 0 where the layer is frozen.
    macs
        Multiply-accumulates for one image, by the rules of ``torch.utils.flop_counter`` (which counts 2 per MAC).
    connections
        Synapses as LeCun et al. (1998) counted them: for each output, its inputs and its bias.
    memory
        Bytes that the output of one image takes.
    formula
        The output size worked out, ``(28 - 5 + 2·2)/1 + 1 = 28``; both axes where they differ.
    """

    name: str
    kind: str
    op: str
    in_shape: Ints
    out_shape: Ints
    kernel: Ints | None
    stride: Ints | None
    padding: Ints | None
    dilation: Ints | None
    groups: int | None
    parameters: int
    macs: int
    connections: int
    formula: str
    module: str = ""
    trainable: int = 0
    memory: int = 0


@dataclass(frozen=True)
class _Window:
    """The sliding window of a convolution or pool, one number per axis; padding as (before, after)."""

    kernel: Ints
    stride: Ints
    padding: tuple[tuple[int, int], ...]
    dilation: Ints
    ceil_mode: bool = False
    transposed: bool = False
    output_padding: Ints = ()


def describe(call: Call, output: Tensor, macs: int, *, parameters: int, trainable: int = 0) -> Layer:
    """Put together what one call says about its layer.

    `macs` are those that were counted while it ran, `parameters` those that no call before it has used,
    `trainable` how many of them require a gradient.
    """
    given = settings(call.op, call.args, call.kwargs)
    inputs = _padded_by_module(call)
    source = call.input if inputs is None else inputs
    in_shape, out_shape = _shape(source), _shape(output)
    window = (
        _declared_window(call.module, len(out_shape) - 1) if call.whole else _window(call, given, in_shape, out_shape)
    )
    weight = given.get("weight")
    groups = given.get("groups", 1) if call.kind == "conv" else None
    if call.whole and call.kind == "conv":
        groups = getattr(call.module, "groups", 1)
    return Layer(
        name=call.name,
        kind=call.kind,
        op=call.op,
        in_shape=in_shape,
        out_shape=out_shape,
        kernel=window.kernel if window else None,
        stride=window.stride if window else None,
        padding=tuple(before for before, _ in window.padding) if window else None,
        dilation=window.dilation if window else None,
        groups=groups,
        parameters=parameters,
        macs=_asked(call, "layer_macs", in_shape, out_shape, macs + _bilinear_macs(call, given, out_shape)),
        connections=_asked(
            call, "layer_connections", in_shape, out_shape, _connections(call, given, out_shape, window, weight)
        ),
        formula=_formula(call.op, in_shape, out_shape, window),
        module="" if call.module is None else type(call.module).__name__,
        trainable=trainable,
        memory=output.numel() * output.element_size(),
    )


def _shape(tensor: Tensor) -> Ints:
    return tuple(int(size) for size in tensor.shape[1:])


def _padded_by_module(call: Call) -> Tensor | None:
    """What a convolution with circular or reflect padding was given before its module padded it."""
    if call.kind == "conv" and getattr(call.module, "padding_mode", "zeros") != "zeros":
        return call.module_input
    return None


def _window(call: Call, given: dict[str, Any], in_shape: Ints, out_shape: Ints) -> _Window | None:
    axes = len(in_shape) - 1
    if call.kind == "conv":
        return _conv_window(call, given, axes)
    if call.op.startswith("adaptive"):
        return _adaptive_window(in_shape, out_shape)
    if call.kind != "pool" or call.op.startswith("fractional"):
        return None
    if "kernel_size" not in given:  # a mean over all positions
        return _Window(in_shape[1:], in_shape[1:], ((0, 0),) * axes, (1,) * axes)
    kernel = spread(given["kernel_size"], axes)
    stride = given.get("stride")
    padding = spread(given.get("padding", 0), axes)
    return _Window(
        kernel,
        kernel if stride is None or stride == [] else spread(stride, axes),
        tuple((p, p) for p in padding),
        spread(given.get("dilation", 1), axes),
        bool(given.get("ceil_mode", False)),
    )


def _conv_window(call: Call, given: dict[str, Any], axes: int) -> _Window:
    kernel = tuple(int(size) for size in given["weight"].shape[2:])
    dilation = spread(given.get("dilation", 1), axes)
    padding = given.get("padding", 0)
    if getattr(call.module, "padding_mode", "zeros") != "zeros":
        padding = getattr(call.module, "padding", padding)
    if padding == "valid":
        padding = 0
    if padding == "same":
        sides = tuple(same_padding(f, d) for f, d in zip(kernel, dilation, strict=True))
    else:
        sides = tuple((p, p) for p in spread(padding, axes))
    transposed = "transpose" in call.op
    output_padding = spread(given.get("output_padding", 0), axes) if transposed else ()
    return _Window(kernel, spread(given.get("stride", 1), axes), sides, dilation, False, transposed, output_padding)


def _adaptive_window(in_shape: Ints, out_shape: Ints) -> _Window | None:
    """An adaptive pool has one window size only where the output divides the input."""
    if any(w % n for w, n in zip(in_shape[1:], out_shape[1:], strict=True)):
        return None
    kernel = tuple(w // n for w, n in zip(in_shape[1:], out_shape[1:], strict=True))
    axes = len(kernel)
    return _Window(kernel, kernel, ((0, 0),) * axes, (1,) * axes)


def _declared_window(module: nn.Module | None, axes: int) -> _Window | None:
    """The window that a module which is a layer as a whole says it has."""
    kernel = getattr(module, "kernel_size", None)
    if kernel is None or axes < 1:
        return None
    padding = spread(getattr(module, "padding", 0), axes)
    return _Window(
        spread(kernel, axes),
        spread(getattr(module, "stride", 1), axes),
        tuple((p, p) for p in padding),
        spread(getattr(module, "dilation", 1), axes),
    )


def _formula(op: str, in_shape: Ints, out_shape: Ints, window: _Window | None) -> str:
    if window is None:
        if "adaptive" in op or "fractional" in op:
            name = "adaptive" if "adaptive" in op else "fractional"
            return f"{name}: {_times(in_shape[1:])} → {_times(out_shape[1:])}"
        return ""
    texts = [_axis_formula(window, axis, w) for axis, w in enumerate(in_shape[1:])]
    return texts[0] if len(set(texts)) == 1 else "; ".join(texts)


def _axis_formula(window: _Window, axis: int, w: int) -> str:
    return formula(
        w,
        window.kernel[axis],
        window.padding[axis],
        window.stride[axis],
        window.dilation[axis],
        ceil_mode=window.ceil_mode,
        transposed=window.transposed,
        output_padding=window.output_padding[axis] if window.transposed else 0,
    )


def _times(sizes: Ints) -> str:
    return "×".join(str(size) for size in sizes)


def parameters_of(call: Call) -> list[nn.Parameter]:
    """The parameters that a call uses: those of its module, or those among its arguments."""
    if call.module is not None:
        return list(call.module.parameters())
    return [value for value in (*call.args, *call.kwargs.values()) if isinstance(value, nn.Parameter)]


def _bilinear_macs(call: Call, given: dict[str, Any], out_shape: Ints) -> int:
    """Products of y = x₁ᵀ A x₂, for every output x₁ᵀ A and then its product with x₂; torch's counter has no rule."""
    if call.op != "bilinear" or call.whole:
        return 0
    first, second = (int(size) for size in given["weight"].shape[1:])
    return prod(out_shape) * (first + 1) * second


def _asked(call: Call, method: str, in_shape: Ints, out_shape: Ints, otherwise: int) -> int:
    """A module that is a layer as a whole may count for itself."""
    count = getattr(call.module, method, None) if call.whole else None
    return otherwise if count is None else int(count(in_shape, out_shape))


def _connections(
    call: Call, given: dict[str, Any], out_shape: Ints, window: _Window | None, weight: Tensor | None
) -> int:
    outputs = prod(out_shape)
    if call.kind == "pool" and window is not None:
        return outputs * prod(window.kernel)
    if weight is None or call.kind not in ("conv", "linear"):
        return 0
    bias = outputs if given.get("bias") is not None else 0
    if "transpose" in call.op:
        return prod(_shape(call.input)) * prod(weight.shape[1:]) + bias
    return outputs * prod(weight.shape[1:]) + bias
