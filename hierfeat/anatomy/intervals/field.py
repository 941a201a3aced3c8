"""Which pixels each unit of a tensor sees: intervals along every image axis, held as unions of boxes.

A :class:`Field` describes one tensor of the forward pass. It is a union of terms; a :class:`Term` says that unit
``u`` sees the box ``H(u) × W(u)``. Every ``H`` is one small array that broadcasts against the tensor's shape: in an
ordinary map it varies along the rows only, so that a whole layer costs a few hundred numbers.

Dimensions are lists of atoms, so that ``view`` can merge (C, H, W) into one dimension and take it apart again.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
T = TypeVar("T")

REAL, VIRTUAL = slice(0, 2), slice(2, 4)  # rows of a span's values: start and negated stop of either interval
DEAD = 1 << 40  # the interval of a unit that sees nothing: its start is +DEAD and its stop -DEAD
LOCAL, GLOBAL, BOUND = 0, 1, 2  # how a term came about: windows only, a reduction over a whole axis, an unknown op


class lazy(Generic[T]):
    """As ``functools.cached_property``, without its lock (before Python 3.12): a network takes tens of thousands."""

    def __init__(self, value_of: Callable[[Any], T]) -> None:
        self.value_of = value_of

    def __get__(self, owner: Any, _: Any = None) -> T:
        value = owner.__dict__[self.value_of.__name__] = self.value_of(owner)  # found there from now on
        return value


@dataclass(frozen=True, eq=False)
class Atom:
    """One factor of a tensor's dimension; atoms are told apart by identity."""

    size: int


class Step(NamedTuple):
    """How far the virtual interval moves along one atom: `period` units further it lies `shift` pixels further."""

    period: int
    shift: int

    def strided(self, rate: Fraction) -> "Step":
        """The step of an atom that advances `rate` units of this one at a time."""
        per = rate / self.period
        return Step(per.denominator, self.shift * per.numerator)


Path = Mapping[Atom, Step]
"""The atoms that count along an image axis, the slowest first, and the step of each."""


@dataclass(frozen=True, eq=False)
class Span:
    """The intervals along one image axis.

    Attributes
    ----------
    values : numpy.ndarray
        Shape ``(4, *atoms)``, where an atom along which nothing changes has size 1. The rows `REAL` are the start
        and the negated stop of the real interval (clipped at every layer), the rows `VIRTUAL` those of the virtual
        one (running on through padding). Thus the hull of intervals is one ``minimum``.
    path : dict of Atom to Step
        The atoms that count along this axis, the slowest first.
    """

    values: Ints
    path: Path = field(default_factory=dict)

    @lazy
    def key(self) -> tuple[tuple[int, ...], bytes]:
        return self.values.shape, self.values.tobytes()

    @lazy
    def dead(self) -> npt.NDArray[np.bool_]:
        return self.values > DEAD // 2

    @lazy
    def has_holes(self) -> bool:
        return bool(self.values.max(initial=0) > DEAD // 2)

    def varies(self, position: int) -> bool:
        """Whether the interval changes along the atom at `position`."""
        return bool(self.values.shape[position + 1] > 1)

    def with_values(self, values: Ints) -> "Span":
        return self if values is self.values else Span(values, self.path)

    def with_path(self, path: Path) -> "Span":
        """The same intervals along other atoms: what has been found of their values is known of these."""
        made = object.__new__(Span)
        made.__dict__.update(self.__dict__, path=path)
        return made

    def hull(self, other: "Span") -> "Span":
        return self if self is other else self.with_values(np.minimum(self.values, other.values))


@dataclass(frozen=True, eq=False)
class Term:
    """One product of intervals: ``spans[0]`` says which units it counts for, ``spans[1:]`` are the image axes."""

    spans: tuple[Span, ...]
    level: int = LOCAL

    @lazy
    def is_empty(self) -> bool:
        return any(span.has_holes and bool(span.dead.all()) for span in self.spans)

    @lazy
    def holes(self) -> tuple[object, ...]:
        """Which units the term does not count for."""
        return tuple((span.dead.shape, span.dead.tobytes()) if span.has_holes else None for span in self.spans)

    def keys(self, axes: Iterable[int]) -> tuple[object, ...]:
        return tuple(self.spans[axis].key for axis in axes)

    def with_spans(self, spans: Iterable[Span]) -> "Term":
        return Term(tuple(spans), self.level)

    def hull(self, other: "Term") -> "Term":
        return Term(tuple(a.hull(b) for a, b in zip(self.spans, other.spans, strict=True)), self.level)


@dataclass(frozen=True, eq=False)
class Field:
    """What every unit of one tensor sees: its dimensions, and a union of terms."""

    dims: tuple[tuple[Atom, ...], ...]
    terms: tuple[Term, ...] = field(default=())

    @lazy
    def atoms(self) -> tuple[Atom, ...]:
        return tuple(atom for dim in self.dims for atom in dim)

    @lazy
    def shape(self) -> tuple[int, ...]:
        return tuple(math.prod(atom.size for atom in dim) for dim in self.dims)

    @lazy
    def sizes(self) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(atom.size for atom in dim) for dim in self.dims)

    def position(self, atom: Atom) -> int:
        return next(index for index, other in enumerate(self.atoms) if other is atom)

    def positions(self, dim: int) -> range:
        """Where the atoms of dimension `dim` stand among all atoms."""
        before = sum(len(atoms) for atoms in self.dims[:dim])
        return range(before, before + len(self.dims[dim]))


def image_field(shape: Sequence[int]) -> Field:
    """The field of an image batch of `shape` (N, C, *spatial): every pixel sees itself."""
    atoms = [Atom(int(size)) for size in shape]
    spans = [nothing(len(atoms))]
    for position in range(2, len(atoms)):
        start = np.arange(atoms[position].size, dtype=np.int64)
        values = np.stack([start, -start - 1, start, -start - 1])
        values = values.reshape(4, *(atoms[position].size if at == position else 1 for at in range(len(atoms))))
        spans.append(Span(values, {atoms[position]: Step(1, 1)}))
    return Field(tuple((atom,) for atom in atoms), (Term(tuple(spans)),))


def nothing(rank: int) -> Span:
    """A span that is alive everywhere and varies along no atom."""
    return Span(np.zeros((4, *([1] * rank)), dtype=np.int64))


def simplified(terms: Iterable[Term]) -> tuple[Term, ...]:
    """Unite the terms that can be united without making any unit's box larger than it is.

    Two terms make one if they count for the same units, or if they differ along a single axis.
    """
    kept = [term for term in terms if not term.is_empty]
    if len(kept) > 1:
        kept = _grouped(kept, lambda term: term.holes)
    for axis in range(len(kept[0].spans)) if len(kept) > 1 else ():
        image_axes = [other for other in range(1, len(kept[0].spans)) if other != axis]
        if len({(term.level, term.keys(image_axes)) for term in kept}) < len(kept):
            others = image_axes if axis == 0 else [0, *image_axes]  # the first is long where channels were joined
            kept = _grouped(kept, lambda term, others=others: term.keys(others))  # type: ignore[misc]
    return tuple(kept)


def _grouped(terms: Sequence[Term], key: Callable[[Term], tuple[object, ...]]) -> list[Term]:
    """The hulls of the terms that agree in level and `key`."""
    groups: dict[tuple[object, ...], Term] = {}
    for term in terms:
        name = (term.level, *key(term))
        groups[name] = groups[name].hull(term) if name in groups else term
    return list(groups.values())


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
