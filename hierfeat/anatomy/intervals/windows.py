"""Windows on fields: what a unit sees when it reads a few neighbours along one dimension (conv, pool, pad, slice)."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from hierfeat.anatomy.intervals.field import (
    DEAD,
    REAL,
    VIRTUAL,
    Atom,
    Field,
    Ints,
    Span,
    Step,
    Term,
    folded,
    simplified,
)
from hierfeat.anatomy.intervals.shapes import collapse, reduce, resize, split, with_dim
from hierfeat.anatomy.intervals.unions import broadcast

NO_TAP = -(1 << 40)  # stands where an output reads fewer inputs than its neighbours do


_ONE = Fraction(1)


def window(field: Field, dim: int, taps: Ints, *, virtual: Ints | None = None, rate: Fraction | None = _ONE) -> Field:
    """Let output ``i`` along `dim` read the inputs ``taps[i]``.

    Parameters
    ----------
    field
        Of the input.
    dim
        The dimension the windows lie along.
    taps
        (outputs, taps) input coordinates; one outside the input is padding, `NO_TAP` stands for a missing tap.
    virtual
        The same for the virtual intervals, where padding does not read its own coordinate (reflect, circular).
    rate
        Inputs advanced per output; None where that is to be found from where the windows come to lie.
    """
    field = collapse(field, dim)
    position = field.positions(dim).start
    taps = np.asarray(taps, dtype=np.int64)
    reading = _Reading(taps, taps if virtual is None else np.asarray(virtual, dtype=np.int64), field.shape[dim])
    old, new = field.dims[dim][0], Atom(len(taps))
    terms = [_moved(term, position, old, new, reading, rate) for term in field.terms]
    return Field((*field.dims[:dim], (new,), *field.dims[dim + 1 :]), simplified(terms))


class _Reading:
    """The taps of one window along a dimension of size `size`, prepared once for all spans."""

    def __init__(self, taps: Ints, virtual: Ints, size: int) -> None:
        inside = (taps >= 0) & (taps < size)
        self.size, self.virtual = size, virtual
        self.real = np.clip(taps, 0, size - 1)
        self.outside: npt.NDArray[np.bool_] | None = None if inside.all() else ~inside
        self.void: npt.NDArray[np.bool_] | None = virtual == NO_TAP if (virtual == NO_TAP).any() else None
        blank = ~inside.any(axis=1)
        empty = (virtual == NO_TAP).all(axis=1) if self.void is not None else np.zeros(len(taps), dtype=bool)
        self.blank = np.stack([blank, blank, empty, empty]) if blank.any() or empty.any() else None


def _moved(term: Term, position: int, old: Atom, new: Atom, reading: _Reading, rate: Fraction | None) -> Term:
    spans = list(folded(term.spans, [position]))
    touched = [span.varies(position) or old in span.path for span in spans]
    for index, span in enumerate(spans):
        if touched[index]:
            spans[index] = _slid(span, position, old, new, reading, rate)
    if reading.blank is not None and not any(touched):
        spans[0] = _blanked(spans[0], position, reading.blank)
    return term.with_spans(tuple(spans))


def _slid(span: Span, position: int, old: Atom, new: Atom, reading: _Reading, rate: Fraction | None) -> Span:
    axis = position + 1
    values = span.values
    if values.shape[axis] == 1 and reading.size > 1:
        values = np.broadcast_to(values, (*values.shape[:axis], reading.size, *values.shape[axis + 1 :]))
    real = values[REAL].take(reading.real, axis=axis)
    tail = (1,) * (values.ndim - axis - 1)
    if reading.outside is not None:
        real = np.where(reading.outside.reshape(*reading.outside.shape, *tail), DEAD, real)
    index, beyond = _extrapolated(span, old, reading)
    virtual = values[VIRTUAL].take(index, axis=axis)
    if beyond is not None:
        sign = np.array([1, -1]).reshape(2, *([1] * (virtual.ndim - 1)))
        virtual = virtual + sign.astype(np.int64) * beyond.reshape(*beyond.shape, *tail)
    if reading.void is not None:
        virtual = np.where(reading.void.reshape(*reading.void.shape, *tail), DEAD, virtual)
    moved: Ints = np.concatenate([real, virtual]).min(axis=axis + 1)
    if old not in span.path:
        return Span(moved, span.path)
    step = measured(np.moveaxis(moved[2], axis - 1, 0)) if rate is None else None
    step = step or span.path[old].strided(rate or _ONE)
    return Span(moved, {new if atom is old else atom: step if atom is old else own for atom, own in span.path.items()})


def measured(starts: Ints) -> Step | None:
    """The least number of units after which all intervals, (units, ...), have moved equally far, if there is one."""
    size = len(starts)
    for period in range(1, size // 2 + 1):
        moves = starts[period:] - starts[:-period]
        if (moves == moves.flat[0]).all():
            return Step(period, int(moves.flat[0]))
    return None


def _extrapolated(span: Span, old: Atom, reading: _Reading) -> tuple[Ints, Ints | None]:
    """For taps beyond the edge: which inside tap is a whole number of periods away, and how many pixels that is."""
    taps, size = reading.virtual, reading.size
    outside = (taps < 0) | (taps >= size)
    if not outside.any():
        return taps, None
    own = span.path.get(old, Step(1, 0))
    period = own.period if own.period <= size else 1
    # where the map is shorter than one period, go on at the mean rate
    step = Fraction(own.shift, own.period) * period
    turns = np.where(taps < 0, taps // period, np.where(taps >= size, -((size - 1 - taps) // period), 0))
    inside = np.clip(taps - turns * period, 0, size - 1)
    beyond = np.where(taps == NO_TAP, 0, turns) * step.numerator // step.denominator
    return inside, beyond


def _blanked(span: Span, position: int, blank: npt.NDArray[np.bool_]) -> Span:
    rank = span.values.ndim - 1
    shape = (4, *(blank.shape[1] if at == position else 1 for at in range(rank)))
    return span.with_values(np.where(blank.reshape(shape), DEAD, span.values))


def sliding(size: int, kernel: int, stride: int, padding: int, dilation: int) -> Ints:
    """The taps of `size` ordinary windows."""
    return np.arange(size)[:, None] * stride - padding + np.arange(kernel) * dilation


def transposed(size: int, kernel: int, stride: int, padding: int, dilation: int) -> Ints:
    """The taps of `size` outputs of a transposed convolution: those inputs whose window covers the output."""
    reach = np.arange(size)[:, None] + padding - np.arange(kernel) * dilation
    return np.where(reach % stride == 0, reach // stride, NO_TAP)


def adaptive(inputs: int, outputs: int) -> Ints:
    """The taps of adaptive pooling: window i runs from floor(i n / m) to ceil((i + 1) n / m)."""
    index = np.arange(outputs)
    start, stop = index * inputs // outputs, -(-(index + 1) * inputs // outputs)
    taps = start[:, None] + np.arange(int((stop - start).max()))
    return np.where(taps < stop[:, None], taps, NO_TAP)


def as_taps(reads: npt.NDArray[np.bool_]) -> Ints:
    """The taps of a matrix (outputs, inputs) that says which output reads which input."""
    counts = reads.sum(axis=1)
    order = np.argsort(~reads, axis=1, kind="stable")[:, : max(int(counts.max()), 1)]
    return np.where(np.arange(order.shape[1]) < counts[:, None], order, NO_TAP)


def pick(field: Field, dim: int, index: Ints, *, rate: Fraction | None = _ONE) -> Field:
    """The field of ``tensor.index_select(dim, index)``."""
    return window(field, dim, np.asarray(index)[:, None], rate=rate)


def pad(field: Field, dim: int, before: int, after: int) -> Field:
    """The field of padding with a constant; negative amounts crop."""
    size = field.shape[dim] + before + after
    if before == after == 0:
        return field
    return window(field, dim, sliding(size, 1, 1, before, 1))


def concatenate(fields: Sequence[Field | None], dim: int, sizes: Sequence[int]) -> Field:
    """The field of ``torch.cat``; None stands for a tensor that does not depend on the image."""
    total, before, parts = sum(sizes), 0, []
    for field, size in zip(fields, sizes, strict=True):
        if field is not None:
            parts.append(_placed(field, dim, before, size, total))
        before += size
    wide = broadcast(parts, parts[0].shape)
    return Field(wide[0].dims, simplified(term for part in wide for term in part.terms))


def _placed(field: Field, dim: int, before: int, size: int, total: int) -> Field:
    """One of the tensors that are joined along `dim`, with holes where the others lie."""
    if _constant_along(field, dim) and all(
        span.path.keys().isdisjoint(field.dims[dim]) for term in field.terms for span in term.spans
    ):
        new = Atom(total)
        blank = np.ones(total, dtype=bool)
        blank[before : before + size] = False
        flat = with_dim(field, dim, (new,))
        at, rows = flat.positions(dim).start, np.stack([blank] * 4)
        terms = tuple(term.with_spans((_blanked(term.spans[0], at, rows), *term.spans[1:])) for term in flat.terms)
        return Field(flat.dims, terms)
    index = np.arange(total) - before
    return pick(field, dim, np.where((index >= 0) & (index < size), index, NO_TAP))


def _constant_along(field: Field, dim: int) -> bool:
    places = field.positions(dim)
    return not any(span.varies(at) for term in field.terms for span in term.spans for at in places)


def mix_channels(field: Field, dim: int, groups: int, out: int) -> Field:
    """Let every output channel of a group read every input channel of that group."""
    if groups == 1 or _constant_along(field, dim):
        return resize(reduce(field, [dim], keepdim=True), dim, out)
    field = collapse(field, dim)
    parted = split(field, dim, [groups, field.shape[dim] // groups]) if field.shape[dim] > groups else field
    assert parted is not None  # torch has checked that the groups divide the channels
    if parted.sizes[dim] != (groups,):
        parts = Field(
            (*parted.dims[:dim], *((atom,) for atom in parted.dims[dim]), *parted.dims[dim + 1 :]), parted.terms
        )
        parted = reduce(parts, [dim + 1], keepdim=False)
    return pick(parted, dim, np.repeat(np.arange(groups), out // groups))
