"""The field of ``tensor.view``: atoms are dealt out anew to dimensions, and cut or joined where they must be."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from hierfeat.anatomy.intervals.field import Atom, Field, Span
from hierfeat.anatomy.intervals.shapes import joined, parted


def regroup(field: Field, shape: Sequence[int]) -> Field | None:
    """The field of ``tensor.view(shape)``; None where an atom would have to be cut in a way that is not a factor."""
    queue = list(field.atoms)
    flat = Field((field.atoms,), field.terms)
    dims: list[list[int]] = []
    sizes: list[int] = [atom.size for atom in queue]
    for size in shape:
        taken = list(_take(sizes, int(size)))
        if not taken or math.prod(taken) != size:
            return None
        dims.append(taken)
    while sizes and sizes[0] == 1:
        dims[-1].append(sizes.pop(0))
    fresh = _insert_ones(flat, [size for dim in dims for size in dim])
    if fresh is None:
        return None
    atoms = iter(fresh.atoms)
    return _coalesced(Field(tuple(tuple(next(atoms) for _ in dim) for dim in dims), fresh.terms))


def _take(sizes: list[int], wanted: int) -> Iterator[int]:
    """Draw atoms, the last one in part if need be, until their product is `wanted`."""
    if wanted == 1:
        if sizes and sizes[0] == 1:
            sizes.pop(0)
        yield 1
        return
    product = 1
    while product < wanted and sizes:
        need, size = wanted // product, sizes.pop(0)
        if size > need or need % size:
            if size % need or wanted % product:
                return
            sizes.insert(0, size // need)
            size = need
        product *= size
        yield size


def _insert_ones(flat: Field, sizes: Sequence[int]) -> Field | None:
    """Split the atoms of a one-dimensional field into `sizes`, which may hold ones that the field has not."""
    old, position, at = list(flat.atoms), 0, 0
    while at < len(sizes):
        atom = old[position] if position < len(old) else None
        if sizes[at] == 1 and (atom is None or atom.size != 1):
            flat = _one_more(flat, position)
            old.insert(position, flat.atoms[position])
            at, position = at + 1, position + 1
            continue
        if atom is None:
            return None
        run, product = [sizes[at]], sizes[at]
        while product < atom.size and at + len(run) < len(sizes):
            run.append(sizes[at + len(run)])
            product *= run[-1]
        if product != atom.size:
            return None
        if len(run) > 1:
            fresh = tuple(Atom(size) for size in run)
            flat = parted(flat, position, atom, fresh)
            old[position : position + 1] = fresh
        at, position = at + len(run), position + len(run)
    return flat


def _one_more(flat: Field, position: int) -> Field:
    terms = tuple(
        term.with_spans(tuple(span.with_values(np.expand_dims(span.values, position + 1)) for span in term.spans))
        for term in flat.terms
    )
    return Field(((*flat.atoms[:position], Atom(1), *flat.atoms[position:]),), terms)


def _coalesced(field: Field) -> Field:
    """Join neighbouring atoms of a dimension that vary together, or not at all."""
    for dim in range(len(field.dims)):
        at = 0
        while at + 1 < len(field.dims[dim]):
            position = field.positions(dim).start + at
            first, second = field.dims[dim][at : at + 2]
            if all(_joins(span, position, first, second) for term in field.terms for span in term.spans):
                field = _join_pair(field, dim, at, position)
            else:
                at += 1
    return field


def _joins(span: Span, position: int, first: Atom, second: Atom) -> bool:
    on = [atom in span.path for atom in (first, second)]
    if on[0] != on[1] or span.varies(position) != span.varies(position + 1):
        return False
    if not on[0]:
        return True
    order = list(span.path)
    where = order.index(first)
    if order[where + 1 : where + 2] != [second]:
        return False
    outer, inner = span.path[first], span.path[second]  # neighbours in memory, and in the image if they go on alike
    return outer.shift * inner.period == inner.shift * second.size * outer.period


def _join_pair(field: Field, dim: int, at: int, position: int) -> Field:
    first, second = field.dims[dim][at : at + 2]
    new = Atom(first.size * second.size)
    terms = tuple(
        term.with_spans(tuple(joined(span, position + 1, (first, second), new) for span in term.spans))
        for term in field.terms
    )
    atoms = (*field.dims[dim][:at], new, *field.dims[dim][at + 2 :])
    return Field((*field.dims[:dim], atoms, *field.dims[dim + 1 :]), terms)
