"""Whether the channels of a layer see different boxes at the same place of its map."""

from collections.abc import Collection, Iterator, Sequence
from itertools import product

import numpy as np

from hierfeat.anatomy.intervals.field import DEAD, REAL, Atom, Field, Ints, Span

Channel = tuple[int, ...]
"""An index for each of the atoms that are not part of the map."""


def channels_differ(field: Field, grid: Collection[Atom]) -> bool:
    """Whether units at one place of the map, in different channels, have different boxes.

    Parameters
    ----------
    field
        Of a layer's output.
    grid
        The atoms that make up the map; all others count as channels.
    """
    others = [at for at, atom in enumerate(field.atoms) if atom not in grid]
    spans = [span for term in field.terms for span in term.spans if any(span.varies(at) for at in others)]
    if not spans:
        return False
    turns = [_turns(spans, at, field.atoms[at].size) for at in others]
    kinds = _kinds(field, turns, others)
    boxes = next(kinds)
    return any(not np.array_equal(boxes, other) for other in kinds)


def _turns(spans: Sequence[Span], at: int, size: int) -> list[int]:
    """The first index of each run of channels along an atom that look alike, the last run first."""
    changes = np.zeros(size, dtype=bool)
    changes[0] = True
    for span in spans:
        if span.varies(at):
            values = np.moveaxis(span.values[REAL], at + 1, 0).reshape(size, -1)
            changes[1:] |= (values[1:] != values[:-1]).any(1)
    return [int(index) for index in np.flatnonzero(changes)[::-1]]


def _kinds(field: Field, turns: Sequence[list[int]], others: Sequence[int]) -> Iterator[Ints]:
    """The boxes of one channel of each set whose intervals are alike in every term."""
    shape = tuple(1 if at in others else atom.size for at, atom in enumerate(field.atoms))
    map_axes = tuple(at for at in range(len(shape)) if at not in others)
    # which channels each term counts for at all: of a concatenation, most terms count for others
    counts = [(term.spans[0].values[0] < DEAD // 2).any(axis=map_axes) for term in field.terms]
    alive = [np.broadcast_to(count, [field.atoms[at].size for at in others]) for count in counts]
    met: set[bytes] = set()
    for channel in product(*turns):
        terms = [
            [_of_channel(span.values[REAL], channel, others) for span in term.spans]
            for term, count in zip(field.terms, alive, strict=True)
            if count[channel]
        ]
        key = b"".join(part.tobytes() for parts in terms for part in parts)
        if key not in met:
            met.add(key)
            yield _boxes(terms, shape)


def _of_channel(values: Ints, channel: Channel, others: Sequence[int]) -> Ints:
    where = [slice(None)] * values.ndim
    for at, index in zip(others, channel, strict=True):
        if values.shape[at + 1] > 1:
            where[at + 1] = slice(index, index + 1)
    return values[tuple(where)]


def _boxes(terms: Sequence[Sequence[Ints]], shape: tuple[int, ...]) -> Ints:
    """The boxes of one channel at all places of the map: starts and negated stops along every axis."""
    hull = np.full((1, 2, *shape), DEAD)
    for alive, *axes in terms:
        ends = np.stack([np.broadcast_to(part, (2, *shape)) for part in axes])
        seen = (ends[:, 0] < -ends[:, 1]).all(0) & (alive[0] < DEAD // 2)
        hull = np.minimum(hull, np.where(seen, ends, DEAD))
    return hull
