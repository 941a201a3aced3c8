"""Changes of shape on fields: permuting, dropping, merging, splitting and reducing dimensions."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from hierfeat.anatomy.intervals.field import GLOBAL, Atom, Field, Span, Term, folded, simplified

Path = tuple[Atom, ...]


def permute(field: Field, order: Sequence[int]) -> Field:
    """The field of ``tensor.permute(order)``."""
    axes = [0, *(position + 1 for dim in order for position in field.positions(dim))]
    terms = tuple(
        term.with_spans(tuple(span.with_values(span.values.transpose(axes)) for span in term.spans))
        for term in field.terms
    )
    return Field(tuple(field.dims[dim] for dim in order), terms)


def insert(field: Field, dim: int) -> Field:
    """The field of ``tensor.unsqueeze(dim)``."""
    at = field.positions(dim).start if dim < len(field.dims) else len(field.atoms)
    terms = tuple(
        term.with_spans(tuple(span.with_values(np.expand_dims(span.values, at + 1)) for span in term.spans))
        for term in field.terms
    )
    return Field((*field.dims[:dim], (Atom(1),), *field.dims[dim:]), terms)


def drop(field: Field, dim: int) -> Field:
    """The field of ``tensor.squeeze(dim)`` for a dimension of size 1."""
    axes = tuple(position + 1 for position in field.positions(dim))
    gone = field.dims[dim]
    terms = tuple(
        term.with_spans(
            tuple(span.moved(values=span.values.squeeze(axes), path=without(span.path, gone)) for span in term.spans),
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
            path = without(span.path, [atom for atom in gone if atom.size > 1])
            spans.append(span if len(path) == len(span.path) else span.moved(span.values, path=path))
            continue
        values = span.values.min(axis=axes, keepdims=True)
        if index and values.size == 4:
            level = max(level, GLOBAL)
        spans.append(span.moved(values=values, path=without(span.path, [atom for atom in gone if atom.size > 1])))
    return Term(tuple(spans), level)


def _single(field: Field, dim: int) -> Field:
    """Make a reduced dimension one atom of size 1; an atom that had size 1 before stays on its path."""
    atoms = field.dims[dim]
    old = next((atom for atom in atoms if atom.size == 1 and any(map(_on(atom), field.terms))), None)
    new = old or Atom(1)
    start = field.positions(dim).start + 1
    terms = tuple(
        term.with_spans(
            tuple(
                span.moved(
                    values=reshape(span.values, start, len(atoms), (1,)),
                    path=without(span.path, [atom for atom in atoms if atom is not new]),
                )
                for span in term.spans
            ),
        )
        for term in field.terms
    )
    return Field((*field.dims[:dim], (new,), *field.dims[dim + 1 :]), terms)


def _on(atom: Atom) -> Callable[[Term], bool]:
    return lambda term: any(atom is other for span in term.spans for other in span.path)


def collapse(field: Field, dim: int) -> Field:
    """Make dimension `dim` a single atom."""
    atoms = field.dims[dim]
    if len(atoms) == 1:
        return field
    new, start = Atom(math.prod(atom.size for atom in atoms)), field.positions(dim).start + 1
    return Field(
        (*field.dims[:dim], (new,), *field.dims[dim + 1 :]),
        tuple(term.with_spans(tuple(joined(span, start, atoms, new) for span in term.spans)) for term in field.terms),
    )


def joined(span: Span, start: int, atoms: Path, new: Atom) -> Span:
    shape = span.values.shape
    sizes = tuple(atom.size for atom in atoms)
    values = span.values
    if any(size > 1 for size in shape[start : start + len(atoms)]):
        values = np.broadcast_to(values, (*shape[:start], *sizes, *shape[start + len(atoms) :]))
        target = new.size
    else:
        target = 1
    values = reshape(values, start, len(atoms), (target,))
    return span.moved(values=values, path=renamed(span.path, {id(atom): (new,) for atom in atoms}))


def resize(field: Field, dim: int, size: int) -> Field:
    """Repeat a dimension of size 1 `size` times; nothing may vary along it."""
    return with_dim(field, dim, (Atom(size),))


def with_dim(field: Field, dim: int, atoms: Path) -> Field:
    """Replace a dimension along which nothing varies."""
    old, start = field.dims[dim], field.positions(dim).start + 1
    terms = tuple(
        term.with_spans(
            tuple(
                span.moved(
                    values=reshape(span.values, start, len(old), (1,) * len(atoms)),
                    path=without(span.path, old),
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
            field = parted(field, position, atom, fresh)
        new.extend(fresh)
        position += len(fresh)
    return Field((*field.dims[:dim], tuple(new), *field.dims[dim + 1 :]), field.terms)


def parted(field: Field, position: int, atom: Atom, fresh: Path) -> Field:
    """Replace one atom by several; the dimensions are put right by the caller."""
    terms = tuple(
        term.with_spans(tuple(_apart(span, position + 1, atom, fresh) for span in term.spans)) for term in field.terms
    )
    dims = tuple(tuple(new for old in dim for new in (fresh if old is atom else (old,))) for dim in field.dims)
    return Field(dims, terms)


def _apart(span: Span, axis: int, atom: Atom, fresh: Path) -> Span:
    if span.values.shape[axis] == 1:
        values = reshape(span.values, axis, 1, (1,) * len(fresh))
        return span.moved(values=values, path=renamed(span.path, {id(atom): fresh}))
    values = reshape(span.values, axis, 1, tuple(part.size for part in fresh))
    kept = []
    for offset, part in enumerate(fresh):
        head = values.take([0], axis=axis + offset)
        if part.size > 1 and (values == head).all():
            values = head
        else:
            kept.append(part)
    return span.moved(values=values, path=renamed(span.path, {id(atom): tuple(kept)}))


def _nested(old: Sequence[int], new: Sequence[int]) -> list[list[int]] | None:
    """Part `new` into runs whose products are the `old` sizes in turn."""
    parts: list[list[int]] = []
    rest = list(new)
    for size in old:
        run: list[int] = []
        product = 1
        while rest and (product < size or (not run and rest[0] == 1)):
            run.append(rest.pop(0))
            product *= run[-1]
        if product != size or not run:
            return None
        parts.append(run)
    return None if rest else parts


def reshape(values: np.ndarray, start: int, count: int, sizes: tuple[int, ...]) -> np.ndarray:
    """Replace `count` axes of `values` from `start` on by axes of `sizes`."""
    shape = values.shape
    return values.reshape(*shape[:start], *sizes, *shape[start + count :])


def renamed(path: Path, names: dict[int, Path]) -> Path:
    result: list[Atom] = []
    for atom in path:
        for new in names.get(id(atom), (atom,)):
            if not any(new is other for other in result):
                result.append(new)
    return tuple(result)


def without(path: Path, gone: Sequence[Atom]) -> Path:
    return tuple(atom for atom in path if not any(atom is other for other in gone)) if path else path
