"""Changes of shape on fields: permuting, dropping, merging, splitting and reducing dimensions."""

import math
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction

import numpy as np

from hierfeat.anatomy.intervals.field import GLOBAL, Atom, Field, Path, Span, Step, Term, folded, simplified

Atoms = tuple[Atom, ...]


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
            tuple(Span(span.values.squeeze(axes), without(span.path, gone)) for span in term.spans),
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
            spans.append(span if len(path) == len(span.path) else Span(span.values, path))
            continue
        values = span.values.min(axis=axes, keepdims=True)
        if index and values.size == 4:
            level = max(level, GLOBAL)
        spans.append(Span(values, without(span.path, [atom for atom in gone if atom.size > 1])))
    return Term(tuple(spans), level)


def _single(field: Field, dim: int) -> Field:
    """Make a reduced dimension one atom of size 1; an atom that had size 1 before stays on its path."""
    atoms = field.dims[dim]
    old = next((atom for atom in atoms if atom.size == 1 and _on_a_path(atom, field)), None)
    new = old or Atom(1)
    start = field.positions(dim).start + 1
    terms = tuple(
        term.with_spans(
            tuple(
                Span(
                    reshape(span.values, start, len(atoms), (1,)),
                    without(span.path, [atom for atom in atoms if atom is not new]),
                )
                for span in term.spans
            ),
        )
        for term in field.terms
    )
    return Field((*field.dims[:dim], (new,), *field.dims[dim + 1 :]), terms)


def _on_a_path(atom: Atom, field: Field) -> bool:
    return any(atom in span.path for term in field.terms for span in term.spans)


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


def joined(span: Span, start: int, atoms: Atoms, new: Atom) -> Span:
    """A span whose `atoms`, from axis `start` on, are one."""
    shape = span.values.shape
    sizes = tuple(atom.size for atom in atoms)
    values = span.values
    if any(size > 1 for size in shape[start : start + len(atoms)]):
        values = np.broadcast_to(values, (*shape[:start], *sizes, *shape[start + len(atoms) :]))
        target = new.size
    else:
        target = 1
    values = reshape(values, start, len(atoms), (target,))
    step = joined_step(span.path, atoms)
    names = {atom: {new: step} for atom in atoms} if step else {}
    return Span(values, renamed(span.path, names))


def joined_step(path: Path, atoms: Atoms) -> Step | None:
    """The step along several atoms made one: the slowest decides, unless a faster one goes on at its rate."""
    found: Step | None = None
    turn = 1  # units of the joined atom in one of this one
    for atom in reversed(atoms):
        if atom in path:
            period, shift = path[atom].period * turn, path[atom].shift
            goes_on = found is not None and path[atom].period == 1 and shift * found.period == found.shift * period
            found = found if goes_on else Step(period, shift)
        turn *= atom.size
    return found


def resize(field: Field, dim: int, size: int) -> Field:
    """Repeat a dimension of size 1 `size` times; nothing may vary along it."""
    return with_dim(field, dim, (Atom(size),))


def with_dim(field: Field, dim: int, atoms: Atoms) -> Field:
    """Replace a dimension along which nothing varies."""
    old, start = field.dims[dim], field.positions(dim).start + 1
    terms = tuple(
        term.with_spans(
            tuple(
                Span(reshape(span.values, start, len(old), (1,) * len(atoms)), without(span.path, old))
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


def parted(field: Field, position: int, atom: Atom, fresh: Atoms) -> Field:
    """Replace one atom by several; the dimensions are put right by the caller."""
    terms = tuple(
        term.with_spans(tuple(_apart(span, position + 1, atom, fresh) for span in term.spans)) for term in field.terms
    )
    dims = tuple(tuple(new for old in dim for new in (fresh if old is atom else (old,))) for dim in field.dims)
    return Field(dims, terms)


def _apart(span: Span, axis: int, atom: Atom, fresh: Atoms) -> Span:
    steps = _steps_apart(span.path[atom], fresh) if atom in span.path else {}
    if span.values.shape[axis] == 1:
        return Span(reshape(span.values, axis, 1, (1,) * len(fresh)), renamed(span.path, {atom: steps}))
    values = reshape(span.values, axis, 1, tuple(part.size for part in fresh))
    for offset, part in enumerate(fresh):
        head = values.take([0], axis=axis + offset)
        if part.size > 1 and (values == head).all():
            values = head
            steps.pop(part, None)
    return Span(values, renamed(span.path, {atom: steps}))


def _steps_apart(step: Step, fresh: Atoms) -> dict[Atom, Step]:
    """The steps of the factors of one atom: a slower one moves as far as all the units of the faster ones do."""
    sizes = [part.size for part in fresh]
    return {part: step.strided(Fraction(math.prod(sizes[place + 1 :]))) for place, part in enumerate(fresh)}


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


def renamed(path: Path, names: Mapping[Atom, Path]) -> Path:
    """The path with other atoms in place of those in `names`, each once."""
    if names.keys().isdisjoint(path):
        return path
    result: dict[Atom, Step] = {}
    for atom, step in path.items():
        for new, own in names.get(atom, {atom: step}).items():
            result.setdefault(new, own)
    return result


def without(path: Path, gone: Collection[Atom]) -> Path:
    """The path without some atoms."""
    if path.keys().isdisjoint(gone):
        return path
    return {atom: step for atom, step in path.items() if atom not in gone}
