"""From the field of a layer's output to plain arrays: the intervals of the units of its map."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from hierfeat.anatomy.intervals.channels import channels_differ
from hierfeat.anatomy.intervals.field import (
    DEAD,
    LOCAL,
    REAL,
    VIRTUAL,
    Atom,
    Field,
    Ints,
    Step,
    Term,
    folded,
    simplified,
)
from hierfeat.anatomy.intervals.shapes import joined_step
from hierfeat.anatomy.intervals.windows import measured

STATUS = ("exact", "global", "bound")
Atoms = tuple[Atom, ...]


@dataclass(frozen=True, eq=False)
class LayerFields:
    """What the units of one layer see, along every image axis.

    Attributes
    ----------
    units : tuple of int
        The size of the layer's map, (rows, columns) for images; 1 where there is none.
    real : tuple of numpy.ndarray
        Per image axis (terms, rows, columns, 2): half-open start and stop of what each unit depends on; a size of 1
        stands for all rows or all columns. A unit's field is the hull of those terms of which it has a pixel along
        every axis.
    virtual : tuple of numpy.ndarray
        Per image axis (rows, columns, 2): the same with windows that run on through the padding, along the local path.
    strides : tuple of float
        Per image axis: pixels from one unit to the next; NaN where there is no map.
    status : str
    channels_differ : bool
    """

    units: tuple[int, ...]
    real: tuple[Ints, ...]
    virtual: tuple[Ints, ...]
    strides: tuple[float, ...]
    status: str
    channels_differ: bool


def layer_fields(field: Field, axes: int) -> LayerFields:
    """Reduce a tensor's field to its map: the hull over channels, for every row and column."""
    grid = _grid(field, axes)
    terms = simplified(_on_grid(field, term, grid) for term in field.terms)
    level = max((term.level for term in terms), default=LOCAL)
    local = [term for term in terms if term.level == LOCAL] or list(terms)
    empty = np.zeros((0, *([1] * axes), 2), dtype=np.int64)
    return LayerFields(
        units=tuple(math.prod(atom.size for atom in atoms) for atoms in grid),
        real=tuple(_stacked([term.spans[axis + 1].values[REAL] for term in terms], empty) for axis in range(axes)),
        virtual=tuple(_virtual(local, axis, empty) for axis in range(axes)),
        strides=tuple(_stride(local, axis, grid) for axis in range(axes)),
        status=STATUS[level],
        channels_differ=channels_differ(field, [atom for atoms in grid for atom in atoms]),
    )


def _grid(field: Field, axes: int) -> list[Atoms]:
    """The atoms of the map's rows, columns, ... in the order in which they stand in the tensor."""
    paths = [_path(field, axis) for axis in range(axes)]
    grid: list[Atoms] = []
    for axis, path in enumerate(paths):
        others = [atom for other in (*paths[:axis], *paths[axis + 1 :]) for atom in other]
        taken = [atom for atoms in grid for atom in atoms]
        grid.append(tuple(atom for atom in _along(field, path, others) if atom not in taken))
    if len(field.dims) == axes + 2:  # an axis along which all units see the same is where the others leave room
        free = iter([dim for dim in field.dims[2:] if not any(atom in atoms for atoms in grid for atom in dim)])
        grid = [atoms or next(free, ()) for atoms in grid]
    return sorted(grid, key=lambda atoms: min((field.position(atom) for atom in atoms), default=len(field.atoms)))


def _path(field: Field, axis: int) -> Atoms:
    """The atoms along which the field moves on an image axis, by the most local of its terms."""
    ordered = sorted(field.terms, key=lambda term: term.level)
    return next((tuple(term.spans[axis + 1].path) for term in ordered if term.spans[axis + 1].path), ())


def _along(field: Field, path: Atoms, others: Sequence[Atom]) -> Atoms:
    """The atoms of the dimension that `path` has to itself; those of the path where another axis shares it (tokens)."""
    dim = next((dim for dim in field.dims if path and path[0] in dim), ())
    if not dim or any(atom in others for atom in dim):
        return path
    leads = next((atom for atom in dim if atom.size > 1), path[0]) is path[0]
    return dim if leads else tuple(atom for atom in dim if atom in path)


def _on_grid(field: Field, term: Term, grid: Sequence[Atoms]) -> Term:
    """The hull over everything but the map, as a term with one atom per dimension of the map."""
    kept = [field.position(atom) for atoms in grid for atom in atoms]
    others = [at for at in range(len(field.atoms)) if at not in kept]
    order = [0, *(at + 1 for at in (*kept, *others))]
    spans = [
        span.with_values(
            _one_atom_each(span.values.min(axis=tuple(at + 1 for at in others), keepdims=True).transpose(order), grid)
        )
        for span in folded(term.spans, others)
    ]
    if spans[0].has_holes:  # units that the term does not count for, as holes of its intervals
        spans[1] = spans[1].with_values(np.where(spans[0].dead, DEAD, spans[1].values))
        spans[0] = spans[0].with_values(np.zeros_like(spans[0].values))
    return term.with_spans(spans)


def _one_atom_each(values: Ints, grid: Sequence[Atoms]) -> Ints:
    sizes: list[int] = []
    before = 1
    for atoms in grid:
        here = values.shape[before : before + len(atoms)]
        full = tuple(atom.size for atom in atoms) if any(size > 1 for size in here) else here
        if full != here:
            values = np.broadcast_to(values, (*values.shape[:before], *full, *values.shape[before + len(atoms) :]))
        sizes.append(math.prod(full))
        before += len(atoms)
    return values.reshape(4, *sizes)


def _virtual(local: Sequence[Term], axis: int, empty: Ints) -> Ints:
    if not local:
        return np.zeros(empty.shape[1:], dtype=np.int64)
    return _half_open(_hull(local, axis))


def _hull(local: Sequence[Term], axis: int) -> Ints:
    """Starts and negated stops of the virtual intervals, (2, rows, columns)."""
    return reduce(np.minimum, (term.spans[axis + 1].values[VIRTUAL] for term in local))


def _stacked(values: Sequence[Ints], empty: Ints) -> Ints:
    if not values:
        return empty
    if len(values) == 1:
        return _half_open(values[0])[None]
    shape = np.broadcast_shapes(*(value.shape for value in values))
    return np.stack([_half_open(np.broadcast_to(value, shape)) for value in values])


def _half_open(pair: Ints) -> Ints:
    """(2, ...) of start and negated stop as (..., 2) of start and stop; (0, 0) where nothing is seen."""
    ends = np.empty((*pair.shape[1:], 2), dtype=np.int64)
    ends[..., 0] = pair[0]
    np.negative(pair[1], out=ends[..., 1])
    blind = (pair[0] > DEAD // 2) | (ends[..., 1] <= ends[..., 0])
    if blind.any():
        ends[blind] = 0
    return ends


def _stride(local: Sequence[Term], axis: int, grid: Sequence[Atoms]) -> float:
    """How far the virtual boxes move from one unit to the next: by the windows, if the boxes agree."""
    if not local or local[0].level != LOCAL or not local[0].spans[axis + 1].path:
        return float("nan")
    path = local[0].spans[axis + 1].path
    hull = _hull(local, axis)
    moving = _moving(hull)
    if len(moving) > 1:
        return float("nan")
    sizes = hull.shape[1:]
    still = axis if sizes[axis] > 1 else int(np.argmax(sizes))
    at, middles = _middles(hull, next(iter(moving), still))
    atoms = next((atoms for atoms in grid if any(atom in path for atom in atoms)), tuple(path))
    step = joined_step(path, atoms) or next(iter(path.values()))
    if len(at) < 2 or _agrees(at, middles, step):
        return abs(step.shift / step.period) if step.shift else float("nan")
    moves = np.diff(middles)
    if (moves >= 0).all() or (moves <= 0).all():  # elsewhere a mean says little
        return float(abs(_mean_move(at, middles)) / 2) or float("nan")
    return _commonest(moves) / 2


def _moving(hull: Ints) -> list[int]:
    """The axes of the map along which intervals of one image axis move: both, in a map added to its transpose."""
    middles = np.where((hull > DEAD // 2).any(0), np.nan, hull[0] - hull[1])  # from one that sees nothing is no move
    return [along for along in range(middles.ndim) if (np.abs(np.diff(middles, axis=along)) > 0).any()]


def _middles(hull: Ints, along: int) -> tuple[Ints, Ints]:
    """The units along an axis of the map that see anything, and the middles of their virtual intervals, doubled."""
    sizes = hull.shape[1:]
    lines = np.moveaxis(hull, along + 1, -1).reshape(2, -1, sizes[along])
    seeing = (lines < DEAD // 2).all(0)
    starts, stops = lines[:, int(seeing.sum(1).argmax())]
    at = np.flatnonzero((starts < DEAD // 2) & (stops < DEAD // 2))
    return at, np.asarray(starts[at] - stops[at])


def _agrees(at: Ints, middles: Ints, step: Step) -> bool:
    """Whether intervals move by `step`: from period to period, or all in all to within one of their own moves."""
    exact = middles[step.period :] - middles[: -step.period]
    if len(exact) and len(at) == at[-1] - at[0] + 1 and (exact == 2 * step.shift).all():
        return True
    off = abs(middles[-1] - middles[0] - 2 * step.shift / step.period * (at[-1] - at[0]))
    in_order = bool((np.diff(middles) * np.sign(step.shift) >= 0).all())
    return in_order and bool(off <= np.abs(np.diff(middles)).max())


def _mean_move(at: Ints, middles: Ints) -> float:
    """From one unit to the next: over whole periods, if there are any, else from the first to the last."""
    found = measured(middles) if len(at) == at[-1] - at[0] + 1 else None
    return found.shift / found.period if found else float((middles[-1] - middles[0]) / (at[-1] - at[0]))


def _commonest(moves: Ints) -> float:
    """The move of most units, where rows were rolled, repeated or joined; NaN where most units move otherwise."""
    values, counts = np.unique(moves, return_counts=True)
    best = float(abs(values[counts.argmax()])) if 2 * counts.max() > counts.sum() else 0.0
    return best or float("nan")
