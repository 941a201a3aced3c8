"""Changes of shape on fields: permuting, merging, splitting and broadcasting dimensions; no unit sees more or less."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from hierfeat.anatomy.intervals import GLOBAL, LOCAL, Atom, Field, Span, Term, folded, nothing, simplified

Path = tuple[Atom, ...]


def permute(field: Field, order: Sequence[int]) -> Field:
    """The field of ``tensor.permute(order)``."""
    axes = [0, *(position + 1 for dim in order for position in field.positions(dim))]
    terms = tuple(
        replace(term, spans=tuple(span.with_values(span.values.transpose(axes)) for span in term.spans))
        for term in field.terms
    )
    return Field(tuple(field.dims[dim] for dim in order), terms)


def insert(field: Field, dim: int) -> Field:
    """The field of ``tensor.unsqueeze(dim)``."""
    at = field.positions(dim).start if dim < len(field.dims) else len(field.atoms)
    terms = tuple(
        replace(term, spans=tuple(span.with_values(np.expand_dims(span.values, at + 1)) for span in term.spans))
        for term in field.terms
    )
    return Field((*field.dims[:dim], (Atom(1),), *field.dims[dim:]), terms)


def drop(field: Field, dim: int) -> Field:
    """The field of ``tensor.squeeze(dim)`` for a dimension of size 1."""
    axes = tuple(position + 1 for position in field.positions(dim))
    gone = field.dims[dim]
    terms = tuple(
        replace(
            term,
            spans=tuple(
                replace(span, values=span.values.squeeze(axes), path=_without(span.path, gone)) for span in term.spans
            ),
        )
        for term in field.terms
    )
    return Field(field.dims[:dim] + field.dims[dim + 1 :], terms)


def reduce(field: Field, dims: Sequence[int], *, keepdim: bool) -> Field:
    """Every unit along `dims` in one: the field of a sum over these dimensions."""
    positions = [position for dim in dims for position in field.positions(dim)]
    gone = [field.atoms[position] for position in positions]
    terms = [_reduced(term, positions, gone) for term in field.terms]
    lost = Field(field.dims, simplified(terms))
    for dim in sorted(dims, reverse=True):
        lost = _single(lost, dim) if keepdim else drop(lost, dim)
    return lost


def _reduced(term: Term, positions: Sequence[int], gone: Sequence[Atom]) -> Term:
    level = term.level
    spans = []
    axes = tuple(position + 1 for position in positions)
    for index, span in enumerate(folded(term.spans, positions)):
        if not any(span.varies(position) for position in positions):
            path = _without(span.path, [atom for atom in gone if atom.size > 1])
            spans.append(span if len(path) == len(span.path) else replace(span, path=path))
            continue
        values = span.values.min(axis=axes, keepdims=True)
        if index and values.size == 4:
            level = max(level, GLOBAL)
        spans.append(replace(span, values=values, path=_without(span.path, [atom for atom in gone if atom.size > 1])))
    return Term(tuple(spans), level)


def _single(field: Field, dim: int) -> Field:
    """Make a reduced dimension one atom of size 1; an atom that had size 1 before stays on its path."""
    atoms = field.dims[dim]
    old = next((atom for atom in atoms if atom.size == 1 and any(map(_on(atom), field.terms))), None)
    new = old or Atom(1)
    start = field.positions(dim).start + 1
    terms = tuple(
        replace(
            term,
            spans=tuple(
                replace(
                    span,
                    values=_reshape(span.values, start, len(atoms), (1,)),
                    path=_without(span.path, [atom for atom in atoms if atom is not new]),
                )
                for span in term.spans
            ),
        )
        for term in field.terms
    )
    return Field((*field.dims[:dim], (new,), *field.dims[dim + 1 :]), terms)


def _on(atom: Atom):  # type: ignore[no-untyped-def]
    return lambda term: any(atom is other for span in term.spans for other in span.path)


def collapse(field: Field, dim: int) -> Field:
    """Make dimension `dim` a single atom."""
    atoms = field.dims[dim]
    if len(atoms) == 1:
        return field
    new, start = Atom(math.prod(atom.size for atom in atoms)), field.positions(dim).start + 1
    return Field(
        (*field.dims[:dim], (new,), *field.dims[dim + 1 :]),
        tuple(
            replace(term, spans=tuple(_joined(span, start, atoms, new) for span in term.spans)) for term in field.terms
        ),
    )


def _joined(span: Span, start: int, atoms: Path, new: Atom) -> Span:
    shape = span.values.shape
    sizes = tuple(atom.size for atom in atoms)
    values = span.values
    if any(size > 1 for size in shape[start : start + len(atoms)]):
        values = np.broadcast_to(values, (*shape[:start], *sizes, *shape[start + len(atoms) :]))
        target = new.size
    else:
        target = 1
    values = _reshape(values, start, len(atoms), (target,))
    return replace(span, values=values, path=_renamed(span.path, {id(atom): (new,) for atom in atoms}))


def resize(field: Field, dim: int, size: int) -> Field:
    """Repeat a dimension of size 1 `size` times; nothing may vary along it."""
    return _with_dim(field, dim, (Atom(size),))


def _with_dim(field: Field, dim: int, atoms: Path) -> Field:
    """Replace a dimension along which nothing varies."""
    old, start = field.dims[dim], field.positions(dim).start + 1
    terms = tuple(
        replace(
            term,
            spans=tuple(
                replace(
                    span,
                    values=_reshape(span.values, start, len(old), (1,) * len(atoms)),
                    path=_without(span.path, old),
                )
                for span in term.spans
            ),
        )
        for term in field.terms
    )
    return Field((*field.dims[:dim], atoms, *field.dims[dim + 1 :]), terms)


def split(field: Field, dim: int, sizes: Sequence[int]) -> Field | None:
    """Part the atoms of dimension `dim` so that they have `sizes`; None where the sizes do not nest."""
    if field.sizes[dim] == tuple(sizes):
        return field
    atoms, position = field.dims[dim], field.positions(dim).start
    parts = _nested([atom.size for atom in atoms], sizes)
    if parts is None:
        return None
    new: list[Atom] = []
    for atom, factors in zip(atoms, parts, strict=True):
        fresh = (atom,) if len(factors) == 1 else tuple(Atom(factor) for factor in factors)
        if len(factors) != 1:
            field = _parted(field, position, atom, fresh)
        new.extend(fresh)
        position += len(fresh)
    return Field((*field.dims[:dim], tuple(new), *field.dims[dim + 1 :]), field.terms)


def _parted(field: Field, position: int, atom: Atom, fresh: Path) -> Field:
    """Replace one atom by several; the dimensions are put right by the caller."""
    terms = tuple(
        replace(term, spans=tuple(_apart(span, position + 1, atom, fresh) for span in term.spans))
        for term in field.terms
    )
    dims = tuple(
        tuple(new for old in dim for new in (fresh if old is atom else (old,))) for dim in field.dims
    )
    return Field(dims, terms)


def _apart(span: Span, axis: int, atom: Atom, fresh: Path) -> Span:
    if span.values.shape[axis] == 1:
        values = _reshape(span.values, axis, 1, (1,) * len(fresh))
        return replace(span, values=values, path=_renamed(span.path, {id(atom): fresh}))
    values = _reshape(span.values, axis, 1, tuple(part.size for part in fresh))
    kept = []
    for offset, part in enumerate(fresh):
        head = values.take([0], axis=axis + offset)
        if part.size > 1 and (values == head).all():
            values = head
        else:
            kept.append(part)
    return replace(span, values=values, path=_renamed(span.path, {id(atom): tuple(kept)}))


def _nested(old: Sequence[int], new: Sequence[int]) -> list[list[int]] | None:
    """Part `new` into runs whose products are the `old` sizes in turn."""
    parts: list[list[int]] = []
    rest = list(new)
    for size in old:
        run, product = [], 1
        while rest and (product < size or (not run and rest[0] == 1)):
            run.append(rest.pop(0))
            product *= run[-1]
        if product != size or not run:
            return None
        parts.append(run)
    return None if rest else parts


def regroup(field: Field, shape: Sequence[int]) -> Field | None:
    """The field of ``tensor.view(shape)``; None where an atom would have to be cut in a way that is no factor."""
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
            flat = _parted(flat, position, atom, fresh)
            old[position : position + 1] = fresh
        at, position = at + len(run), position + len(run)
    return flat


def _one_more(flat: Field, position: int) -> Field:
    terms = tuple(
        replace(term, spans=tuple(span.with_values(np.expand_dims(span.values, position + 1)) for span in term.spans))
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
    on = [any(atom is other for other in span.path) for atom in (first, second)]
    if on[0] != on[1] or span.varies(position) != span.varies(position + 1):
        return False
    if not on[0]:
        return True
    where = next(index for index, atom in enumerate(span.path) if atom is first)
    return where + 1 < len(span.path) and span.path[where + 1] is second


def _join_pair(field: Field, dim: int, at: int, position: int) -> Field:
    first, second = field.dims[dim][at : at + 2]
    new = Atom(first.size * second.size)
    terms = tuple(
        replace(term, spans=tuple(_joined(span, position + 1, (first, second), new) for span in term.spans))
        for term in field.terms
    )
    atoms = (*field.dims[dim][:at], new, *field.dims[dim][at + 2 :])
    return Field((*field.dims[:dim], atoms, *field.dims[dim + 1 :]), terms)


def broadcast(fields: Sequence[Field], shape: Sequence[int]) -> list[Field]:
    """Bring fields to a common shape and common atoms, as element-wise operations do."""
    for index, field in enumerate(fields):
        while len(field.dims) < len(shape):
            field = insert(field, 0)
        fields = [*fields[:index], field, *fields[index + 1 :]]
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
            result.append(_with_atoms(field, dim, model))
            continue
        wide = _with_dim(field, dim, model)
        result.append(_raised(wide) if spatial and field is not wide else wide)
    return result


def _refined(fields: list[Field], full: Sequence[int], dim: int, structures: set[tuple[int, ...]]) -> list[Field]:
    ends = sorted({int(end) for sizes in structures for end in np.cumprod(sizes)})
    common = [ends[0], *(after // before for before, after in zip(ends, ends[1:], strict=False))]
    if math.prod(common) != ends[-1] or any(b % a for a, b in zip(ends, ends[1:], strict=False)):
        common = [ends[-1]]
    fields = list(fields)
    for index in full:
        parted = split(fields[index], dim, _suffix(structures, common)) if len(common) > 1 else None
        fields[index] = parted if parted is not None else fields[index]
    if len({fields[index].sizes[dim] for index in full}) > 1:
        for index in full:
            fields[index] = collapse(fields[index], dim)
    return fields


def _suffix(structures: set[tuple[int, ...]], common: list[int]) -> list[int]:
    """`common`, where the structures hold no ones; ones cannot be matched by products, so they are left to collapse."""
    return [] if any(1 in sizes for sizes in structures) else common


def _is_spatial(field: Field, dim: int) -> bool:
    return any(span.varies(position) for term in field.terms for span in term.spans[1:] for position in field.positions(dim))


def _raised(field: Field) -> Field:
    """Mark what was one value and is now spread over a map: it is seen by every unit alike."""
    return Field(field.dims, tuple(replace(term, level=max(term.level, GLOBAL)) for term in field.terms))


def _with_atoms(field: Field, dim: int, model: Path) -> Field:
    """Rename the atoms of a dimension to those of `model`, which have the same sizes."""
    if all(a is b for a, b in zip(field.dims[dim], model, strict=True)):
        return field
    names = {id(old): (new,) for old, new in zip(field.dims[dim], model, strict=True)}
    terms = tuple(
        replace(
            term,
            spans=tuple(
                replace(span, path=_renamed(span.path, names)) if any(id(atom) in names for atom in span.path) else span
                for span in term.spans
            ),
        )
        for term in field.terms
    )
    return Field((*field.dims[:dim], model, *field.dims[dim + 1 :]), terms)


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
                Span(span.values.reshape(4, *([1] * rank)), (), span.period, span.shift) if index else nothing(rank)
                for index, span in enumerate(term.spans)
            ),
            max(term.level, level),
        )
        for term in flat.terms
    ]
    return Field(tuple((Atom(int(size)),) for size in shape), simplified(terms))


def is_local(field: Field) -> bool:
    """Whether any unit has a path to the image through windows alone."""
    return any(term.level == LOCAL for term in field.terms)


def _reshape(values: np.ndarray, start: int, count: int, sizes: tuple[int, ...]) -> np.ndarray:
    """Replace `count` axes of `values` from `start` on by axes of `sizes`."""
    shape = values.shape
    return values.reshape(*shape[:start], *sizes, *shape[start + count :])


def _renamed(path: Path, names: dict[int, Path]) -> Path:
    result: list[Atom] = []
    for atom in path:
        for new in names.get(id(atom), (atom,)):
            if not any(new is other for other in result):
                result.append(new)
    return tuple(result)


def _without(path: Path, gone: Sequence[Atom]) -> Path:
    return tuple(atom for atom in path if not any(atom is other for other in gone)) if path else path
