"""Whether the channels of a layer see different boxes at the same place of its map."""

from collections.abc import Collection, Sequence
from itertools import product

import numpy as np

from hierfeat.anatomy.intervals.field import DEAD, REAL, Atom, Field, Ints, Span

Channel = tuple[int, ...]
"""An index for each of the atoms that are no part of the map."""


def channels_differ(field: Field, grid: Collection[Atom]) -> bool:
    """Whether units at one place of the map, in different channels, have different boxes.

    Parameters
    ----------
    field : Field
        Of a layer's output.
    grid : collection of Atom
        The atoms that make up the map; all others count as channels.
    """
    others = [at for at, atom in enumerate(field.atoms) if atom not in grid]
    spans = [span for term in field.terms for span in term.spans if any(span.varies(at) for at in others)]
    if not spans:
        return False
    turns = [_turns(spans, at, field.atoms[at].size) for at in others]
    first, *rest = _kinds(spans, turns, others)
    boxes = _boxes(field, first, others)
    # the last channels of a concatenation most often see what the first do not
    return any(not np.array_equal(boxes, _boxes(field, channel, others)) for channel in reversed(rest))


def _turns(spans: Sequence[Span], at: int, size: int) -> list[int]:
    """The first index of each run of channels along an atom that look alike."""
    changes = np.zeros(size, dtype=bool)
    changes[0] = True
    for span in spans:
        if span.varies(at):
            values = np.moveaxis(span.values[REAL], at + 1, 0).reshape(size, -1)
            changes[1:] |= (values[1:] != values[:-1]).any(1)
    return [int(index) for index in np.flatnonzero(changes)]


def _kinds(spans: Sequence[Span], turns: Sequence[list[int]], others: Sequence[int]) -> list[Channel]:
    """One channel for each set of channels whose intervals are alike in every span."""
    kinds: dict[bytes, Channel] = {}
    for channel in product(*turns):
        key = b"".join(_of_channel(span.values[REAL], channel, others).tobytes() for span in spans)
        kinds.setdefault(key, channel)
    return list(kinds.values())


def _of_channel(values: Ints, channel: Channel, others: Sequence[int]) -> Ints:
    where = [slice(None)] * values.ndim
    for at, index in zip(others, channel, strict=True):
        if values.shape[at + 1] > 1:
            where[at + 1] = slice(index, index + 1)
    return values[tuple(where)]


def _boxes(field: Field, channel: Channel, others: Sequence[int]) -> Ints:
    """The boxes of one channel at all places of the map: starts and negated stops along every axis."""
    shape = tuple(1 if at in others else atom.size for at, atom in enumerate(field.atoms))
    hull = np.full((len(field.terms[0].spans) - 1, 2, *shape), DEAD)
    for term in field.terms:
        alive, *axes = (
            np.broadcast_to(_of_channel(span.values[REAL], channel, others), (2, *shape)) for span in term.spans
        )
        ends = np.stack(axes)
        seen = (ends[:, 0] < -ends[:, 1]).all(0) & (alive[0] < DEAD // 2)
        hull = np.minimum(hull, np.where(seen, ends, DEAD))
    return hull
