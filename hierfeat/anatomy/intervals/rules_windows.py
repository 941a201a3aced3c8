"""Rules of the aten operations that read a neighbourhood: convolutions, pools, resampling and padding."""

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from hierfeat.anatomy.intervals import windows
from hierfeat.anatomy.intervals.field import BOUND, Field, Ints
from hierfeat.anatomy.intervals.rules import Op, rule, with_constants
from hierfeat.anatomy.intervals.shapes import reduce
from hierfeat.anatomy.intervals.unions import at_least


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
        unsure = axis == 0 and inputs != outputs and op.shape[-1] == 1 and op.name.endswith("_aa")
        if (
            unsure
        ):  # of one column, torch's antialiasing gives every row the weights of the first in some memory formats
            taps = np.concatenate([taps, np.broadcast_to(taps[:1], taps.shape)], axis=1)
        field = windows.window(field, axis + 2, taps, rate=Fraction(inputs, outputs))
        field = at_least(field, BOUND) if unsure else field
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
    # two columns wide: on one, torch's antialiasing kernels give every output the weights of the first
    impulses = torch.eye(inputs, dtype=torch.float64)[:, None, :, None].expand(-1, -1, -1, 2)
    size = [outputs, 2]
    if mode == "bicubic":
        operation = functional._upsample_bicubic2d_aa if kind.endswith("_aa") else functional.upsample_bicubic2d
        reading = operation(impulses, size, align, scale, 1.0)
    elif mode == "bilinear":
        operation = functional._upsample_bilinear2d_aa if kind.endswith("_aa") else functional.upsample_bilinear2d
        reading = operation(impulses, size, align, scale, 1.0)
    else:
        nearest = functional.upsample_nearest2d if mode == "nearest" else functional._upsample_nearest_exact2d
        reading = nearest(impulses, size, scale, 1.0)
    reads = reading[:, 0, :, 0].T.abs().numpy() > 1e-9
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
