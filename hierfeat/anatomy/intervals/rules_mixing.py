"""Rules of the aten operations that mix whole dimensions: reductions, normalisation, products and attention."""

from collections.abc import Sequence

import numpy as np

from hierfeat.anatomy.intervals import windows
from hierfeat.anatomy.intervals.field import BOUND, Atom, Field
from hierfeat.anatomy.intervals.rules import Found, Op, dims_of, elementwise, rule, with_constants
from hierfeat.anatomy.intervals.shapes import reduce
from hierfeat.anatomy.intervals.unions import constant, union, with_atoms


@rule("glu")
def glu(op: Op) -> Field:
    """The first half of the channels, gated by the second."""
    field = op.input
    (dim,) = dims_of(op)
    half = field.shape[dim] // 2
    return union([windows.pick(field, dim, np.arange(half) + start) for start in (0, half)], op.shape)


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


@rule("_softmax", "_safe_softmax", "_log_softmax", "sort", "cumsum", "cumprod", "logcumsumexp", "cummax", "cummin")
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
            if dim == -2:  # columns of its own: of a product with itself, rows and columns are different units
                last = len(field.dims) - 1
                parts[-1] = with_atoms(parts[-1], last, tuple(Atom(atom.size) for atom in field.dims[last]))
    if len(op.tensors) == 3 and (bias := op.lookup(op.tensors[0])) is not None:
        parts.append(bias)
    return union(parts, op.shape)


@rule("_scaled_dot_product_flash_attention", "_scaled_dot_product_flash_attention_for_cpu",
      "_scaled_dot_product_efficient_attention", "_scaled_dot_product_attention_math",
      "_scaled_dot_product_cudnn_attention", "_scaled_dot_product_fused_attention_overrideable")  # fmt: skip
def attention(op: Op) -> Found:
    parts = []
    for tensor, dims in zip(op.tensors[:3], ([-1], [-1, -2], [-2]), strict=True):
        field = op.lookup(tensor)
        if field is not None:
            parts.append(reduce(field, [len(field.dims) + dim for dim in dims], keepdim=True))
    masks = [field for tensor in op.tensors[3:] if (field := op.lookup(tensor)) is not None]
    parts += [constant(field, [1] * len(op.shape), BOUND) for field in masks]
    return union(parts, op.shape)
