"""One rule per family of aten operations: from the fields of its inputs to the field of its output.

The rules stand in :data:`RULES` under the operation's aten name. An operation without a rule is element-wise if torch
tags it so; any other is answered with a bound, "all that its inputs see" (see :func:`unknown`).
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hierfeat.anatomy import interval_windows as windows
from hierfeat.anatomy.interval_shapes import constant, reduce, union
from hierfeat.anatomy.intervals import BOUND, GLOBAL, Field, Ints

Answer = Field | list[Field | None] | None
Lookup = Callable[[Any], Field | None]


class Op:
    """One call of an aten operation, with its arguments by name and the fields of its tensors."""

    def __init__(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any, lookup: Lookup) -> None:
        self.func, self.args, self.kwargs, self.out, self.lookup = func, args, kwargs, out, lookup
        self.name: str = func.overloadpacket.__name__

    @cached_property
    def _defaults(self) -> dict[str, Any]:
        return {argument.name: argument.default_value for argument in self.func._schema.arguments}

    def arg(self, name: str) -> Any:
        """The argument called `name`, or its default."""
        names = list(self._defaults)
        where = names.index(name)
        return self.args[where] if where < len(self.args) else self.kwargs.get(name, self._defaults[name])

    def has(self, name: str) -> bool:
        return name in self._defaults

    @property
    def input(self) -> Field:
        """The field of the first argument, which the caller has checked to depend on the image."""
        field = self.lookup(self.args[0])
        assert field is not None
        return field

    @cached_property
    def tensors(self) -> list[Tensor]:
        return list(_tensors([*self.args, *self.kwargs.values()]))

    @cached_property
    def fields(self) -> list[Field]:
        found = (self.lookup(tensor) for tensor in self.tensors)
        return [field for field in found if field is not None]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the first output."""
        first = self.out[0] if isinstance(self.out, tuple | list) else self.out
        return tuple(int(size) for size in first.shape)


def _tensors(values: Sequence[Any]) -> "list[Tensor]":
    found: list[Tensor] = []
    for value in values:
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, list | tuple):
            found.extend(_tensors(value))
    return found


RULES: dict[str, Callable[[Op], Answer]] = {}


def rule(*names: str) -> Callable[[Callable[[Op], Answer]], Callable[[Op], Answer]]:
    """Register a function as the rule of the aten operations called `names`."""

    def register(function: Callable[[Op], Answer]) -> Callable[[Op], Answer]:
        RULES.update(dict.fromkeys(names, function))
        return function

    return register


def answer(op: Op) -> Answer:
    """The field of an operation's output: by its rule, element by element, or a bound."""
    found = RULES.get(op.name) or RULES.get(op.name.rstrip("_"))
    if found is not None:
        needs_first = bool(op.args) and isinstance(op.args[0], Tensor)
        if needs_first and op.lookup(op.args[0]) is None and op.name not in FIRST_MAY_BE_CONSTANT:
            return unknown(op)
        return found(op)
    return elementwise(op) if is_elementwise(op.func) else unknown(op)


FIRST_MAY_BE_CONSTANT = {"mm", "bmm", "addmm", "baddbmm", "native_group_norm"}


@lru_cache(maxsize=None)
def is_elementwise(func: Any) -> bool:
    """Whether torch tags the operation, or the one it is the in-place form of, as pointwise."""
    if torch.Tag.pointwise in func.tags:
        return True
    packet = getattr(torch.ops.aten, func.overloadpacket.__name__.rstrip("_"), None)
    return packet is not None and any(torch.Tag.pointwise in getattr(packet, name).tags for name in packet.overloads())


def elementwise(op: Op) -> Field:
    return union(op.fields, op.shape)


def unknown(op: Op) -> Field:
    """A bound for an operation without a rule: every output sees all that the inputs see."""
    return _whole(op.fields, op.shape, BOUND)


def _whole(fields: Sequence[Field], shape: Sequence[int], level: int) -> Field:
    return union([constant(field, shape, level) for field in fields], shape)


rule("clone", "alias", "detach", "_to_copy", "contiguous", "lift_fresh", "native_dropout", "bernoulli", "prelu",
     "_prelu_kernel", "rrelu_with_noise", "fill", "masked_fill", "where")(elementwise)  # fmt: skip


@rule("convolution")
def convolution(op: Op) -> Field:
    field, weight = op.input, op.arg("weight")
    spatial = weight.dim() - 2
    stride, padding, dilation = (_each(op.arg(name), spatial) for name in ("stride", "padding", "dilation"))
    taps = windows.transposed if op.arg("transposed") else windows.sliding
    out = windows.mix_channels(field, 1, int(op.arg("groups")), op.shape[1])
    for axis in range(spatial):
        s, size = stride[axis], op.shape[axis + 2]
        rate = Fraction(1, s) if op.arg("transposed") else Fraction(s)
        index = taps(size, int(weight.shape[axis + 2]), s, padding[axis], dilation[axis])
        if size != out.shape[axis + 2] or index.shape[1] > 1 or s != 1 or padding[axis]:
            out = windows.window(out, axis + 2, index, rate=rate)
    return with_constants(op, out)


def with_constants(op: Op, field: Field) -> Field:
    """Add what weights see that were themselves computed from the image: each unit sees all of that."""
    extra = [found for tensor in op.tensors[1:] if (found := op.lookup(tensor)) is not None]
    return union([field, _whole(extra, op.shape, GLOBAL)], op.shape) if extra else field


def _each(value: Any, count: int) -> list[int]:
    values = [int(item) for item in value] if isinstance(value, list | tuple) else [int(value)]
    return values * count if len(values) == 1 else values


@rule("max_pool1d_with_indices", "max_pool2d_with_indices", "max_pool3d_with_indices", "max_pool2d", "max_pool3d",
      "avg_pool1d", "avg_pool2d", "avg_pool3d")  # fmt: skip
def pool(op: Op) -> Field:
    spatial = int(op.name[op.name.index("pool") + 4])
    field, shape = op.input, op.shape
    kernel = _each(op.arg("kernel_size"), spatial)
    stride = _each(op.arg("stride"), spatial) if op.arg("stride") else kernel
    padding = _each(op.arg("padding"), spatial)
    dilation = _each(op.arg("dilation"), spatial) if op.has("dilation") else [1] * spatial
    for axis in range(spatial):
        dim = len(shape) - spatial + axis
        index = windows.sliding(shape[dim], kernel[axis], stride[axis], padding[axis], dilation[axis])
        field = windows.window(field, dim, index, rate=Fraction(stride[axis]))
    return field


@rule("_adaptive_avg_pool2d", "_adaptive_avg_pool3d", "adaptive_avg_pool1d", "adaptive_avg_pool2d",
      "adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d")  # fmt: skip
def adaptive_pool(op: Op) -> Field:
    field = op.input
    spatial = int(op.name[op.name.index("pool") + 4])
    for dim in range(len(op.shape) - spatial, len(op.shape)):
        inputs, outputs = field.shape[dim], op.shape[dim]
        if outputs == 1:
            field = reduce(field, [dim], keepdim=True)
        elif inputs != outputs:
            rate = Fraction(inputs, outputs)
            field = windows.window(field, dim, windows.adaptive(inputs, outputs), rate=rate)
    return field


@rule("upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d", "_upsample_nearest_exact1d",
      "_upsample_nearest_exact2d", "_upsample_nearest_exact3d", "upsample_linear1d", "upsample_bilinear2d",
      "upsample_trilinear3d", "upsample_bicubic2d", "_upsample_bilinear2d_aa", "_upsample_bicubic2d_aa")  # fmt: skip
def upsample(op: Op) -> Field:
    field = op.input
    spatial = len(op.shape) - 2
    align = bool(op.arg("align_corners")) if op.has("align_corners") else False
    for axis in range(spatial):
        inputs, outputs = field.shape[axis + 2], op.shape[axis + 2]
        taps = _resampling(op.name, inputs, outputs, _scale(op, axis), align)
        field = windows.window(field, axis + 2, taps, rate=Fraction(inputs, outputs))
    return field


def _scale(op: Op, axis: int) -> float | None:
    if op.has("scale_factors"):
        return float(op.arg("scale_factors")[axis]) if op.arg("scale_factors") else None
    names = [name for name in op._defaults if name.startswith("scales")]
    value = op.arg(names[axis]) if axis < len(names) else None
    return None if value is None else float(value)


_MODES = {"nearest": "nearest", "nearest_exact": "nearest-exact", "linear": "bilinear", "bilinear": "bilinear",
          "trilinear": "bilinear", "bicubic": "bicubic"}  # fmt: skip


@lru_cache(maxsize=256)
def _resampling(name: str, inputs: int, outputs: int, scale: float | None, align: bool) -> Ints:
    """Which inputs each output mixes with a weight other than zero, asked of torch itself on unit impulses."""
    kind = name.removeprefix("_").removeprefix("upsample_")
    mode = _MODES[kind.removesuffix("_aa").rstrip("123d")]
    functional = torch.ops.aten
    impulses = torch.eye(inputs, dtype=torch.float64)[:, None, :, None]
    size = [outputs, 1]
    if mode == "bicubic":
        operation = functional._upsample_bicubic2d_aa if kind.endswith("_aa") else functional.upsample_bicubic2d
        answer = operation(impulses, size, align, scale, 1.0)
    elif mode == "bilinear":
        operation = functional._upsample_bilinear2d_aa if kind.endswith("_aa") else functional.upsample_bilinear2d
        answer = operation(impulses, size, align, scale, 1.0)
    else:
        nearest = functional.upsample_nearest2d if mode == "nearest" else functional._upsample_nearest_exact2d
        answer = nearest(impulses, size, scale, 1.0)
    reads = answer[:, 0, :, 0].T.abs().numpy() > 1e-9
    return windows.as_taps(reads)


@rule("reflection_pad1d", "reflection_pad2d", "reflection_pad3d", "replication_pad1d", "replication_pad2d",
      "replication_pad3d")  # fmt: skip
def mirrored_pad(op: Op) -> Field:
    return padded(op.input, list(op.arg("padding")), op.name.partition("_")[0])


def padded(field: Field, amounts: Sequence[int], mode: str) -> Field:
    """Padding as ``F.pad`` does it, from the last dimension backwards; negative amounts crop."""
    for axis in range(len(amounts) // 2):
        before, after = int(amounts[2 * axis]), int(amounts[2 * axis + 1])
        dim = len(field.dims) - 1 - axis
        size = field.shape[dim]
        virtual = np.arange(-before, size + after)
        if mode == "constant":
            field = windows.pad(field, dim, before, after)
            continue
        real = {
            "reflection": (size - 1) - np.abs((size - 1) - np.abs(virtual)),
            "replication": np.clip(virtual, 0, size - 1),
            "circular": virtual % size,
        }[mode]
        field = windows.window(field, dim, real[:, None], virtual=virtual[:, None])
    return field


@rule("constant_pad_nd")
def constant_pad(op: Op) -> Field:
    return padded(op.input, list(op.arg("pad")), "constant")


def dims_of(op: Op, name: str = "dim") -> list[int]:
    """The dimensions an operation names; all of them where it names none."""
    rank, value = len(op.input.dims), op.arg(name) if op.has(name) else None
    if value is None or (isinstance(value, list | tuple) and not value):
        return list(range(rank))
    return sorted({int(dim) % rank for dim in (value if isinstance(value, list | tuple) else [value])}) if rank else []


@rule("mean", "sum", "amax", "amin", "max", "min", "var", "std", "var_mean", "std_mean", "prod", "logsumexp", "norm",
      "linalg_vector_norm", "any", "all", "argmax", "argmin", "median", "nansum", "aminmax", "mode")  # fmt: skip
def reduction(op: Op) -> Field:
    if len(op.fields) > 1 or (op.name in ("max", "min") and len(op.tensors) > 1):
        return elementwise(op)  # max(a, b) of two tensors
    keepdim = bool(op.arg("keepdim")) if op.has("keepdim") else False
    return reduce(op.input, dims_of(op), keepdim=keepdim)


def spread(field: Field, dims: Sequence[int]) -> Field:
    """Let each unit see itself and all units along `dims`: normalisation, softmax, sorting."""
    return union([field, reduce(field, dims, keepdim=True)], field.shape)


@rule("_softmax", "_log_softmax", "sort", "cumsum", "cumprod", "logcumsumexp", "cummax", "cummin")
def along(op: Op) -> Field:
    if not op.name.startswith(("cum", "logcum")):
        return spread(op.input, dims_of(op))
    (dim,) = dims_of(op)
    size = op.input.shape[dim]
    index = np.arange(size)
    return windows.window(op.input, dim, np.where(index[None] <= index[:, None], index[None], windows.NO_TAP))


@rule("native_layer_norm", "_fused_rms_norm")
def layer_norm(op: Op) -> Field:
    rank = len(op.input.dims)
    return with_constants(op, spread(op.input, range(rank - len(op.arg("normalized_shape")), rank)))


@rule("native_group_norm")
def group_norm(op: Op) -> Field:
    field = op.input
    rank, groups = len(field.dims), int(op.arg("group"))
    pooled = reduce(field, range(2, rank), keepdim=True) if rank > 2 else field
    channels = windows.mix_channels(pooled, 1, groups, field.shape[1])
    return with_constants(op, union([field, channels], field.shape))


@rule("native_batch_norm", "_native_batch_norm_legit", "_native_batch_norm_legit_no_training", "cudnn_batch_norm",
      "miopen_batch_norm", "batch_norm")  # fmt: skip
def batch_norm(op: Op) -> Field:
    field = op.input
    if op.has("training") and op.arg("training"):
        field = spread(field, [dim for dim in range(len(field.dims)) if dim != 1])
    return with_constants(op, field)


@rule("mm", "bmm", "addmm", "baddbmm")
def product(op: Op) -> Field:
    """Row ``n`` of the first factor and column ``m`` of the second meet in output ``(n, m)``."""
    factors = op.tensors[-2:]
    parts = []
    for tensor, dim in zip(factors, (-1, -2), strict=True):
        field = op.lookup(tensor)
        if field is not None:
            parts.append(reduce(field, [len(field.dims) + dim], keepdim=True))
    if len(op.tensors) == 3 and (bias := op.lookup(op.tensors[0])) is not None:
        parts.append(bias)
    return union(parts, op.shape)


@rule("_scaled_dot_product_flash_attention", "_scaled_dot_product_flash_attention_for_cpu",
      "_scaled_dot_product_efficient_attention", "_scaled_dot_product_attention_math",
      "_scaled_dot_product_cudnn_attention", "_scaled_dot_product_fused_attention_overrideable")  # fmt: skip
def attention(op: Op) -> Answer:
    parts = []
    for tensor, dims in zip(op.tensors[:3], ([-1], [-1, -2], [-2]), strict=True):
        field = op.lookup(tensor)
        if field is not None:
            parts.append(reduce(field, [len(field.dims) + dim for dim in dims], keepdim=True))
    masks = [field for tensor in op.tensors[3:] if (field := op.lookup(tensor)) is not None]
    parts += [constant(field, [1] * len(op.shape), BOUND) for field in masks]
    return union(parts, op.shape)

