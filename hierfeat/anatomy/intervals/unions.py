"""Element-wise operations on fields: tensors are brought to common atoms, and each unit sees what any operand sees."""

from collections.abc import Mapping, Sequence
from itertools import chain, pairwise

import numpy as np

from hierfeat.anatomy.intervals.field import GLOBAL, Atom, Field, Span, Step, Term, nothing, simplified
from hierfeat.anatomy.intervals.shapes import Atoms, collapse, insert, reduce, split, with_dim


def broadcast(fields: Sequence[Field], shape: Sequence[int]) -> list[Field]:
    """Bring fields to a common shape and common atoms, as element-wise operations do."""
    for index, field in enumerate(fields):
        while len(field.dims) < len(shape):
            field = insert(field, 0)
        fields = [*fields[:index], field, *fields[index + 1 :]]
    if {field.shape for field in fields} == {tuple(shape)} and len({field.sizes for field in fields}) == 1:
        return [_with_dims(field, fields[0].dims) for field in fields]
    for dim, size in enumerate(shape):
        fields = _common(list(fields), dim, int(size))
    return list(fields)


def _common(fields: list[Field], dim: int, size: int) -> list[Field]:
    """One dimension of `broadcast`."""
    full = [index for index, field in enumerate(fields) if field.shape[dim] == size]
    structures = {fields[index].sizes[dim] for index in full}
    if len(structures) > 1:
        fields = _refined(fields, full, dim, structures)
    model = fields[full[0]].dims[dim] if full else (Atom(size),)
    spatial = any(_is_spatial(fields[index], dim) for index in full)
    result = []
    for index, field in enumerate(fields):
        if index in full:
            result.append(with_atoms(field, dim, model))
            continue
        wide = with_dim(field, dim, model)
        # what was one value and is now spread over a map is seen by every unit alike
        result.append(at_least(wide, GLOBAL) if spatial and field is not wide else wide)
    return result


def _refined(fields: list[Field], full: Sequence[int], dim: int, structures: set[tuple[int, ...]]) -> list[Field]:
    """Give a dimension the same atoms in all fields: their common refinement, or else one atom."""
    ends = sorted({int(end) for sizes in structures for end in np.cumprod(sizes)})
    nested = all(after % before == 0 for before, after in pairwise(ends))
    common = [ends[0], *(after // before for before, after in pairwise(ends))]
    fields = list(fields)
    for index in full:
        parted = split(fields[index], dim, common) if nested else None
        fields[index] = fields[index] if parted is None else parted
    if len({fields[index].sizes[dim] for index in full}) > 1:
        for index in full:
            fields[index] = collapse(fields[index], dim)
    return fields


def _is_spatial(field: Field, dim: int) -> bool:
    places = field.positions(dim)
    return any(span.varies(at) for term in field.terms for span in term.spans[1:] for at in places)


def at_least(field: Field, level: int) -> Field:
    """The same field, of at least this level."""
    return Field(field.dims, tuple(Term(term.spans, max(term.level, level)) for term in field.terms))


def with_atoms(field: Field, dim: int, model: Atoms) -> Field:
    """Rename the atoms of a dimension to those of `model`, which have the same sizes."""
    return _with_dims(field, (*field.dims[:dim], model, *field.dims[dim + 1 :]))


def _with_dims(field: Field, dims: Sequence[Atoms]) -> Field:
    """Rename all atoms, at once: a name may be given away and taken."""
    atoms = chain.from_iterable(dims)
    names = {old: new for old, new in zip(field.atoms, atoms, strict=True) if old is not new}
    if not names:
        return field
    terms = tuple(term.with_spans([_under_names(span, names) for span in term.spans]) for term in field.terms)
    return Field(tuple(dims), terms)


def _under_names(span: Span, names: Mapping[Atom, Atom]) -> Span:
    if names.keys().isdisjoint(span.path):
        return span
    path: dict[Atom, Step] = {}
    for atom, step in span.path.items():
        path.setdefault(names.get(atom, atom), step)
    return span.with_path(path)


def union(fields: Sequence[Field], shape: Sequence[int]) -> Field:
    """The field of an element-wise operation on tensors with these fields."""
    if len(fields) == 1 and fields[0].shape == tuple(shape):
        return fields[0]
    wide = broadcast(fields, shape)
    return Field(wide[0].dims, simplified(term for field in wide for term in field.terms))


def constant(field: Field, shape: Sequence[int], level: int) -> Field:
    """Every unit of a tensor of `shape` sees the hull of all that `field` sees."""
    flat = reduce(field, range(len(field.dims)), keepdim=False)
    rank = len(shape)
    terms = [
        Term(
            tuple(
                Span(span.values.reshape(4, *([1] * rank))) if index else nothing(rank)
                for index, span in enumerate(term.spans)
            ),
            max(term.level, level),
        )
        for term in flat.terms
    ]
    return Field(tuple((Atom(int(size)),) for size in shape), simplified(terms))
