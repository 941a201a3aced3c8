"""Which pixels each unit of a tensor sees: intervals along every image axis, held as unions of boxes.

A :class:`Field` describes one tensor of the forward pass. It is a union of terms; a :class:`Term` says that unit
``u`` sees the box ``H(u) × W(u)``. Every ``H`` is one small array that broadcasts against the tensor's shape: in an
ordinary map it varies along the rows only, so that a whole layer costs a few hundred numbers.

Dimensions are lists of atoms, so that ``view`` can merge (C, H, W) into one dimension and take it apart again.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

DEAD = 1 << 40  # the interval of a unit that sees nothing: its start is +DEAD and its stop -DEAD
LOCAL, GLOBAL, BOUND = 0, 1, 2  # how a term came about: windows only, a reduction over a whole axis, an unknown op


@dataclass(frozen=True, eq=False)
class Atom:
    """One factor of a tensor's dimension; atoms are told apart by identity."""

    size: int


@dataclass(frozen=True, eq=False)
class Span:
    """The intervals along one image axis.

    Attributes
    ----------
    values : numpy.ndarray
        Shape ``(4, *atoms)``, where an atom along which nothing changes has size 1. The four rows are the start
        and the negated stop of the real interval (clipped at every layer), then of the virtual one (running on
        through padding). Thus the hull of intervals is one ``minimum``.
    path : tuple of Atom
        The atoms that count along this axis, the slowest first.
    period, shift : int
        `period` steps along the path move the virtual interval by `shift` pixels.
    """

    values: Ints
    path: tuple[Atom, ...] = ()
    period: int = 1
    shift: int = 0

    @cached_property
    def key(self) -> tuple[tuple[int, ...], bytes]:
        return self.values.shape, self.values.tobytes()

    @cached_property
    def dead(self) -> npt.NDArray[np.bool_]:
        return self.values > DEAD // 2

    @cached_property
    def has_holes(self) -> bool:
        return bool(self.dead.any())

    def varies(self, position: int) -> bool:
        """Whether the interval changes along the atom at `position`."""
        return self.values.shape[position + 1] > 1

    def with_values(self, values: Ints) -> "Span":
        return self if values is self.values else replace(self, values=values)

    def hull(self, other: "Span") -> "Span":
        return self if self is other else self.with_values(np.minimum(self.values, other.values))


@dataclass(frozen=True, eq=False)
class Term:
    """One product of intervals: ``spans[0]`` says which units it counts for, ``spans[1:]`` are the image axes."""

    spans: tuple[Span, ...]
    level: int = LOCAL

    @cached_property
    def is_empty(self) -> bool:
        return any(span.has_holes and bool(span.dead.all()) for span in self.spans)

    @cached_property
    def has_holes(self) -> bool:
        return any(span.has_holes for span in self.spans)

    def hull(self, other: "Term") -> "Term":
        return replace(self, spans=tuple(a.hull(b) for a, b in zip(self.spans, other.spans, strict=True)))


@dataclass(frozen=True, eq=False)
class Field:
    """What every unit of one tensor sees: its dimensions, and a union of terms."""

    dims: tuple[tuple[Atom, ...], ...]
    terms: tuple[Term, ...] = field(default=())

    @cached_property
    def atoms(self) -> tuple[Atom, ...]:
        return tuple(atom for dim in self.dims for atom in dim)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        return tuple(math.prod(atom.size for atom in dim) for dim in self.dims)

    @cached_property
    def sizes(self) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(atom.size for atom in dim) for dim in self.dims)

    def position(self, atom: Atom) -> int:
        return next(index for index, other in enumerate(self.atoms) if other is atom)

    def positions(self, dim: int) -> range:
        """Where the atoms of dimension `dim` stand among all atoms."""
        before = sum(len(atoms) for atoms in self.dims[:dim])
        return range(before, before + len(self.dims[dim]))

    def with_terms(self, terms: Iterable[Term]) -> "Field":
        return Field(self.dims, simplified(terms))


def image_field(shape: Sequence[int]) -> Field:
    """The field of an image batch of `shape` (N, C, *spatial): every pixel sees itself."""
    atoms = [Atom(int(size)) for size in shape]
    spans = [nothing(len(atoms))]
    for position in range(2, len(atoms)):
        start = np.arange(atoms[position].size, dtype=np.int64)
        values = np.stack([start, -start - 1, start, -start - 1])
        values = values.reshape(4, *(atoms[position].size if at == position else 1 for at in range(len(atoms))))
        spans.append(Span(values, (atoms[position],), 1, 1))
    return Field(tuple((atom,) for atom in atoms), (Term(tuple(spans)),))


def nothing(rank: int) -> Span:
    """A span that is alive everywhere and varies along no atom."""
    return Span(np.zeros((4, *([1] * rank)), dtype=np.int64))


def simplified(terms: Iterable[Term]) -> tuple[Term, ...]:
    """Unite the terms that can be united without making any unit's box larger than it is."""
    kept: list[Term] = []
    for term in terms:
        if term.is_empty:
            continue
        for index, other in enumerate(kept):
            united = _united(other, term)
            if united is not None:
                kept[index] = united
                break
        else:
            kept.append(term)
    return tuple(kept)


def _united(first: Term, second: Term) -> Term | None:
    """The two terms as one, or None if they count for different units and differ along more than one axis."""
    if first.level != second.level:
        return None
    pairs = list(zip(first.spans, second.spans, strict=True))
    differing = [index for index, (a, b) in enumerate(pairs) if a is not b and a.key != b.key]
    if not differing:
        return first
    same_units = not (first.has_holes or second.has_holes)
    if len(differing) == 1 or same_units or all(_same_holes(*pairs[index]) for index in differing):
        return first.hull(second)
    return None


def _same_holes(first: Span, second: Span) -> bool:
    if not first.has_holes and not second.has_holes:
        return True
    return first.dead.shape == second.dead.shape and bool((first.dead == second.dead).all())


def folded(spans: Sequence[Span], positions: Iterable[int]) -> tuple[Span, ...]:
    """Carry holes between spans that vary along a common atom, so that each may be reduced by itself."""
    spans = tuple(spans)
    for position in positions:
        sharing = [index for index, span in enumerate(spans) if span.varies(position)]
        if len(sharing) > 1 and any(spans[index].has_holes for index in sharing):
            dead = reduce(np.logical_or, [spans[index].dead for index in sharing])
            spans = tuple(
                span.with_values(np.where(dead, DEAD, span.values)) if index in sharing else span
                for index, span in enumerate(spans)
            )
    return spans
