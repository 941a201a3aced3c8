"""From the field of a layer's output to plain arrays: an interval per row and per column."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hierfeat.anatomy.intervals import BOUND, DEAD, LOCAL, Atom, Field, Ints, Span, Term, folded, simplified

STATUS = ("exact", "global", "bound")


@dataclass(frozen=True, eq=False)
class AxisFields:
    """The intervals of one layer along one image axis.

    Attributes
    ----------
    real : numpy.ndarray
        (terms, units, 2): half-open start and stop of what each unit depends on. A unit's field is the hull of
        those terms of which it has a pixel along every axis.
    virtual : numpy.ndarray
        (units, 2): the same with windows that run on through the padding, along the local path.
    stride : float
        Pixels from one unit to the next; NaN where there is no map.
    """

    real: Ints
    virtual: Ints
    stride: float


@dataclass(frozen=True, eq=False)
class LayerFields:
    """What the units of one layer see, along every image axis."""

    axes: tuple[AxisFields, ...]
    status: str
    channels_differ: bool


def layer_fields(field: Field, axes: int) -> LayerFields:
    """Reduce a tensor's field to its map: the hull over channels, per row and per column."""
    maps = [_map_atoms(field, axis) for axis in range(axes)]
    shared = len({id(atom) for atoms in maps for atom in atoms}) < sum(len(atoms) for atoms in maps)
    if shared:  # rows and columns along one dimension (tokens beside a class token): no map to tell units apart by
        maps = [()] * axes
    reduced = [_on_map(field, term, maps) for term in field.terms]
    terms = simplified(term for term, _ in reduced)
    level = max((term.level for term in terms), default=LOCAL)
    if any(joint for _, joint in reduced) or (shared and level == LOCAL):
        level = BOUND
    local = [term for term in terms if term.level == LOCAL] or terms
    return LayerFields(
        tuple(_axis_fields(terms, local, axis, maps[axis]) for axis in range(axes)),
        STATUS[level],
        _channels_differ(field, maps),
    )


def _map_atoms(field: Field, axis: int) -> tuple[Atom, ...]:
    """The atoms that count a layer's rows (or columns): those of a dimension of their own where there is one."""
    ordered = sorted(field.terms, key=lambda term: term.level)
    path = next((term.spans[axis + 1].path for term in ordered if term.spans[axis + 1].path), ())
    own: list[Atom] = []
    for dim in field.dims:
        here = [atom for atom in dim if atom in path]
        if here and all(atom in path or atom.size == 1 for atom in dim):
            own.extend(here)
    return tuple(atom for atom in path if not own or atom in own)


def _on_map(field: Field, term: Term, maps: Sequence[tuple[Atom, ...]]) -> tuple[Term, bool]:
    """The hull over everything but the map, as a term with one atom per axis; and whether it is more than exact."""
    kept = [field.position(atom) for atoms in maps for atom in atoms]
    others = [at for at in range(len(field.atoms)) if at not in kept]
    order = [0, *(at + 1 for at in (*kept, *others))]
    spans: list[Span] = []
    for span in folded(term.spans, others):
        hull = span.values.min(axis=tuple(at + 1 for at in others), keepdims=True).transpose(order)
        spans.append(span.with_values(_one_atom_per_axis(hull, maps)))
    joint = False
    for axis in range(len(maps)):
        spans[axis + 1] = _masked(spans[axis + 1], spans[0], axis)
    for index, span in enumerate(spans):
        foreign = tuple(at + 1 for at in range(len(maps)) if at + 1 != index and span.varies(at))
        joint |= len(foreign) > (index == 0)
        spans[index] = span.with_values(span.values.min(axis=foreign, keepdims=True)) if foreign and index else span
    spans[0] = spans[0].with_values(np.zeros((4, *([1] * len(maps))), dtype=np.int64))
    return Term(tuple(spans), term.level), joint


def _one_atom_per_axis(values: Ints, maps: Sequence[tuple[Atom, ...]]) -> Ints:
    sizes: list[int] = []
    before = 1
    for atoms in maps:
        here = values.shape[before : before + len(atoms)]
        full = tuple(atom.size for atom in atoms) if any(size > 1 for size in here) else here
        values = np.broadcast_to(values, (*values.shape[:before], *full, *values.shape[before + len(atoms) :]))
        sizes.append(math.prod(full))
        before += len(atoms)
    return values.reshape(4, *sizes)


def _masked(span: Span, alive: Span, axis: int) -> Span:
    """Carry the holes of `alive` along one axis into that axis' intervals."""
    if not (alive.has_holes and alive.varies(axis)):
        return span
    others = tuple(at + 1 for at in range(alive.values.ndim - 1) if at != axis)
    return span.with_values(np.where(alive.dead.all(axis=others, keepdims=True), DEAD, span.values))


def _axis_fields(terms: Sequence[Term], local: Sequence[Term], axis: int, atoms: Sequence[Atom]) -> AxisFields:
    count = math.prod(atom.size for atom in atoms)
    lines = [np.broadcast_to(term.spans[axis + 1].values.reshape(4, -1), (4, count)) for term in terms]
    if not terms:
        return AxisFields(np.zeros((0, count, 2), dtype=np.int64), np.zeros((count, 2), dtype=np.int64), float("nan"))
    windowed = [line for line, term in zip(lines, terms, strict=True) if term in local]
    span = local[0].spans[axis + 1]
    stride = abs(span.shift / span.period) if local[0].level == LOCAL and atoms else float("nan")
    return AxisFields(
        np.stack([_half_open(line[:2]) for line in lines]), _half_open(np.minimum.reduce(windowed)[2:]), stride
    )


def _half_open(line: Ints) -> Ints:
    """(2, units) of start and negated stop as (units, 2) of start and stop; (0, 0) where nothing is seen."""
    start, stop = line[0], -line[1]
    seen = (start < DEAD // 2) & (stop > start)
    return np.where(seen, np.stack([start, stop]), 0).T.astype(np.int64)


def _channels_differ(field: Field, maps: Sequence[Sequence[Atom]]) -> bool:
    """Whether units at one place of the map, in different channels, see different boxes."""
    kept = [atom for atoms in maps for atom in atoms]
    others = [at for at, atom in enumerate(field.atoms) if atom not in kept]
    return any(span.varies(at) for term in field.terms for span in term.spans for at in others)
