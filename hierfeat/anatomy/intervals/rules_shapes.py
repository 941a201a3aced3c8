"""Rules of the aten operations that move values about: views, slices, joins, shuffles and unfolding."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from torch import Tensor

from hierfeat.anatomy.intervals import shapes, windows
from hierfeat.anatomy.intervals.field import Atom, Field, Ints, Span, Step
from hierfeat.anatomy.intervals.rules import Found, Op, dims_of, rule, unknown
from hierfeat.anatomy.intervals.unions import union
from hierfeat.anatomy.intervals.views import regroup


@rule("view", "_unsafe_view", "reshape", "_reshape_alias", "flatten", "view_as", "unflatten")
def view(op: Op) -> Field:
    return regroup(op.input, op.shape) or unknown(op)


@rule("as_strided")
def as_strided(op: Op) -> Field:
    """Restriding a list of values (the channels of a global pool) leaves them as they are."""
    is_list = sum(size > 1 for size in op.shape) <= 1
    return op.input if is_list and op.shape == op.input.shape else unknown(op)


@rule("permute")
def permute(op: Op) -> Field:
    rank = len(op.input.dims)
    return shapes.permute(op.input, [int(dim) % rank for dim in op.arg("dims")])


@rule("transpose", "t", "swapaxes")
def transpose(op: Op) -> Field:
    return shapes.permute(op.input, _swapped(op, len(op.input.dims)))


def _swapped(op: Op, rank: int) -> list[int]:
    order = list(range(rank))
    first, second = (int(op.arg("dim0")) % rank, int(op.arg("dim1")) % rank) if op.name != "t" else (0, rank - 1)
    order[first], order[second] = second, first
    return order


@rule("unsqueeze")
def unsqueeze(op: Op) -> Field:
    return shapes.insert(op.input, int(op.arg("dim")) % len(op.shape))


@rule("squeeze")
def squeeze(op: Op) -> Field:
    field = op.input
    for dim in reversed(dims_of(op)):
        field = shapes.drop(field, dim) if field.shape[dim] == 1 else field
    return field


@rule("expand")
def expand(op: Op) -> Field:
    return union([op.input], op.shape)


@rule("repeat")
def repeat(op: Op) -> Field:
    field = op.input
    while len(field.dims) < len(op.shape):
        field = shapes.insert(field, 0)
    for dim, size in enumerate(op.shape):
        if size != field.shape[dim]:
            field = windows.pick(field, dim, np.arange(size) % field.shape[dim])
    return field


@rule("slice")
def slice_(op: Op) -> Field:
    dim, index = slice_index(op)
    return windows.pick(op.input, dim, index, rate=Fraction(int(op.arg("step"))))


def slice_index(op: Op) -> tuple[int, np.ndarray]:
    """The dimension that a ``slice`` or ``select`` cuts, and the coordinates it keeps."""
    source: Tensor = op.args[0]
    dim = int(op.arg("dim")) % source.dim()
    size = int(source.shape[dim])
    if op.name == "select":
        return dim, np.array([int(op.arg("index")) % size])
    return dim, np.arange(size)[slice(op.arg("start"), op.arg("end"), int(op.arg("step")))]


@rule("select")
def select(op: Op) -> Field:
    dim, index = slice_index(op)
    return shapes.drop(windows.pick(op.input, dim, index), dim)


@rule("split", "split_with_sizes", "chunk", "unbind", "tensor_split", "split_copy", "split_with_sizes_copy")
def split(op: Op) -> Found:
    dim = int(op.arg("dim")) % len(op.input.dims)
    parts: list[Field | None] = []
    start = 0
    for tensor in op.out:
        size = 1 if op.name == "unbind" else int(tensor.shape[dim])
        part = windows.pick(op.input, dim, np.arange(start, start + size))
        parts.append(shapes.drop(part, dim) if op.name == "unbind" else part)
        start += size
    return parts


@rule("cat")
def cat(op: Op) -> Field:
    tensors = [tensor for tensor in op.tensors if tensor.dim() > 1 or tensor.numel() > 0]
    dim = int(op.arg("dim")) % len(op.shape)
    return windows.concatenate([op.lookup(tensor) for tensor in tensors], dim, [int(t.shape[dim]) for t in tensors])


@rule("stack")
def stack(op: Op) -> Field:
    dim = int(op.arg("dim")) % len(op.shape)
    fields = [None if (field := op.lookup(tensor)) is None else shapes.insert(field, dim) for tensor in op.tensors]
    return windows.concatenate(fields, dim, [1] * len(fields))


def undone(op: Op, field: Field, shape: Sequence[int]) -> Field | None:
    """The field of a tensor of `shape` whose view by `op` has `field`; None where the view leaves part of it out."""
    if op.name in ("alias", "detach"):
        return field
    if op.name in ("view", "_unsafe_view", "_reshape_alias", "squeeze", "unsqueeze"):
        return regroup(field, shape)
    if op.name in ("permute", "transpose", "t"):
        rank = len(shape)
        order = [int(dim) % rank for dim in op.arg("dims")] if op.name == "permute" else _swapped(op, rank)
        return shapes.permute(field, [order.index(dim) for dim in range(rank)])
    return None


def part_of(op: Op, part: Tensor) -> tuple[int, np.ndarray] | None:
    """The dimension of its base, and the coordinates along it, of a view that is a part of it."""
    if op.name in ("slice", "select"):
        return slice_index(op)
    if op.name not in ("split", "split_with_sizes", "unbind"):
        return None
    dim, start = int(op.arg("dim")) % op.args[0].dim(), 0
    for other in op.out:
        size = 1 if op.name == "unbind" else int(other.shape[dim])
        if other is part:
            return dim, np.arange(start, start + size)
        start += size
    return None


@rule("roll")
def roll(op: Op) -> Field:
    field = op.input
    if not op.arg("dims"):
        return unknown(op)
    for shift, dim in zip(_list(op.arg("shifts")), _list(op.arg("dims")), strict=True):
        size = field.shape[dim]
        field = windows.pick(field, dim % len(field.dims), (np.arange(size) - shift) % size)
    return field


@rule("flip")
def flip(op: Op) -> Field:
    field = op.input
    for dim in dims_of(op, "dims"):
        field = windows.pick(field, dim, np.arange(field.shape[dim])[::-1], rate=Fraction(-1))
    return field


def _list(value: Any) -> list[int]:
    return [int(item) for item in value] if isinstance(value, list | tuple) else [int(value)]


@rule("index_select")
def index_select(op: Op) -> Field:
    if op.lookup(op.arg("index")) is not None:
        return unknown(op)
    return windows.pick(op.input, int(op.arg("dim")) % len(op.shape), _values(op.arg("index")), rate=None)


@rule("index")
def index(op: Op) -> Field:
    """Advanced indexing along one dimension by a constant list of coordinates."""
    used = [(dim, item) for dim, item in enumerate(op.arg("indices")) if item is not None]
    if len(used) != 1 or used[0][1].dim() != 1 or len(op.fields) > 1:
        return unknown(op)
    dim, item = used[0]
    known = _values(item)
    coordinates = np.flatnonzero(known) if known.dtype == bool else known % op.input.shape[dim]
    return windows.pick(op.input, dim, coordinates, rate=None)


def _values(tensor: Tensor) -> np.ndarray:
    """The values of an index; a run for shapes only ends here, and a real one takes its place."""
    if tensor.is_meta:
        raise RuntimeError("the values of an index are needed, and a run on the meta device has none")
    return tensor.cpu().numpy()


@rule("unfold")
def unfold(op: Op) -> Field:
    """``tensor.unfold``: windows as a new last dimension."""
    field, size, step = op.input, int(op.arg("size")), int(op.arg("step"))
    dim = int(op.arg("dimension")) % len(field.dims)
    taps = np.arange(op.shape[dim])[:, None] * step + np.arange(size)
    field = _two(field, dim, taps, (step, 1))
    order = [at for at in range(len(field.dims)) if at != dim + 1]
    return shapes.permute(field, [*order, dim + 1])


def _two(field: Field, dim: int, taps: Ints, rates: tuple[int, int]) -> Field:
    """Make two dimensions of one: the inputs that their units read, and how many of them each steps over."""
    picked = windows.pick(field, dim, taps.ravel())
    (flat,) = picked.dims[dim]
    pair = (Atom(taps.shape[0]), Atom(taps.shape[1]))
    parted = shapes.parted(picked, picked.positions(dim).start, flat, pair)
    # windows overlap: the slower of the two does not go on where the faster one ends
    steps = dict(zip(pair, map(Fraction, rates), strict=True))
    terms = tuple(
        term.with_spans(
            _stepping(span, before.path.get(flat), steps) for span, before in zip(term.spans, old.spans, strict=True)
        )
        for term, old in zip(parted.terms, picked.terms, strict=True)
    )
    return Field((*field.dims[:dim], *((atom,) for atom in pair), *field.dims[dim + 1 :]), terms)


def _stepping(span: Span, step: Step | None, rates: dict[Atom, Fraction]) -> Span:
    if step is None:
        return span
    return Span(
        span.values, {atom: step.strided(rates[atom]) if atom in rates else own for atom, own in span.path.items()}
    )


@rule("im2col")
def im2col(op: Op) -> Field:
    field = op.input
    kernel, dilation, padding, stride = (_list(op.arg(n)) for n in ("kernel_size", "dilation", "padding", "stride"))
    for axis in (1, 0):
        dim = len(field.dims) - 1 if axis else len(field.dims) - 3
        size = (field.shape[dim] + 2 * padding[axis] - dilation[axis] * (kernel[axis] - 1) - 1) // stride[axis] + 1
        taps = windows.sliding(size, kernel[axis], stride[axis], padding[axis], dilation[axis])
        field = _two(field, dim, taps.T, (dilation[axis], stride[axis]))
    # (N, C, kh, oh, kw, ow) -> (N, C kh kw, oh ow)
    field = shapes.permute(field, [*range(len(field.dims) - 4), *(len(field.dims) - 4 + at for at in (0, 2, 1, 3))])
    return regroup(field, op.shape) or unknown(op)


@rule("pixel_shuffle")
def pixel_shuffle(op: Op) -> Field:
    n, c, h, w = op.input.shape[-4:]
    r = int(op.arg("upscale_factor"))
    return _through(op, [n, c // r**2, r, r, h, w], [0, 1, 4, 2, 5, 3])


@rule("pixel_unshuffle")
def pixel_unshuffle(op: Op) -> Field:
    n, c, h, w = op.input.shape[-4:]
    r = int(op.arg("downscale_factor"))
    return _through(op, [n, c, h // r, r, w // r, r], [0, 1, 3, 5, 2, 4])


@rule("channel_shuffle", "native_channel_shuffle")
def channel_shuffle(op: Op) -> Field:
    n, c, *rest = op.input.shape
    groups = int(op.arg("groups"))
    return _through(op, [n, groups, c // groups, *rest], [0, 2, 1, *range(3, 3 + len(rest))])


def _through(op: Op, shape: Sequence[int], order: Sequence[int]) -> Field:
    """View, permute, view."""
    field = regroup(op.input, shape)
    last = None if field is None else regroup(shapes.permute(field, order), op.shape)
    return last or unknown(op)
