"""Two fingerprints side by side: the first layer that differs, by how much and in what, and which ones follow."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hierfeat._result import Result, drawn
from hierfeat._values import Given, real
from hierfeat.errors import HierfeatError
from hierfeat.subjects.arguments import checked
from hierfeat.testing._traits import SHARES, SKETCHES, STATISTICS
from hierfeat.testing.fingerprint import IMAGES, INPUT, STRUCTURE, TUNING, Fingerprint

RTOL = 1e-4
TUNING_TOLERANCE = 0.02
"""Tuning is read from fits and thresholds, where rounding can move a unit to the other side."""
_FLOOR = 1e-6  # of the largest layer: below this, a layer's size is its rounding
_SCALES = {"half_width": 90.0, "preferred_frequency": 0.5, "f1_f0": 2.0}  # what a whole difference is
_MEANING = {
    "means": "the means of its channels",
    "spreads": "the standard deviations of its channels",
    "places": "its mean map, channels and places",
}
_MOST = 8  # layers named in a message


@dataclass(frozen=True, eq=False)
class Comparison(Result):
    """What differs between two fingerprints.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per layer of either: ``layer, status, changed, statistic, before, after, deviation, tolerance``. `status`
        is ``same``, ``moved`` (its outputs differ), ``changed`` (it is another layer: `changed` says in what),
        ``renamed`` (the same layer, formerly `changed`), ``gone`` or ``new``. `statistic` is the one that moved most;
        `deviation` its difference, over the layer's root mean square where it is no share or index. Of sketches there
        is no `before` and `after`.
    notes : tuple of str
        What else differs: normalisation, weights, versions.
    """

    notes: tuple[str, ...]

    plot = drawn("guard.plot_comparison")

    @property
    def same(self) -> bool:
        """Whether nothing differs beyond the tolerance."""
        return bool((self.table["status"] == "same").all())

    @property
    def first(self) -> str | None:
        """The first layer that differs, in call order; None where none does."""
        differing = self.table.loc[self.table["status"] != "same", "layer"]
        return None if differing.empty else str(differing.iloc[0])

    def __str__(self) -> str:
        return "\n".join(_report(self))


def _taken(value: object, name: str, _: Given) -> Fingerprint:
    if not isinstance(value, Fingerprint):
        got = type(value).__name__
        raise HierfeatError(f"expected {name} as a Fingerprint, by hf.testing.fingerprint(h); got {got}")
    return value


@checked(before=_taken, after=_taken, rtol=real(0, 1))
def compare(before: Fingerprint, after: Fingerprint, *, rtol: float = RTOL) -> Comparison:
    """Compare two fingerprints layer by layer.

    Parameters
    ----------
    before, after
        As :func:`hierfeat.testing.fingerprint` made them, of the same images.
    rtol
        The largest difference that counts as none: of shares as they are, of other statistics over the layer's root
        mean square. Two values may be active or not in any case, and indices of tuning may differ by 0.02.

    Returns
    -------
    Comparison
        A row per layer of either; ``print`` it for a report, ``.same`` says whether nothing differs.

    Raises
    ------
    HierfeatError
        If either is no fingerprint.

    Notes
    -----
    Layers are paired by name in call order, and what lies between two pairs by kind. The difference of a mean or
    standard deviation is taken over √(mean² + sd²) of the layer before; of a minimum or maximum, over itself where that
    is larger; of a sketch, as the root mean square over its four sums.

    Examples
    --------
    >>> import hierfeat as hf
    >>> h = hf.load("lenet5-digits")
    >>> before = hf.testing.fingerprint(h)
    >>> h.model.act1 = __import__("torch").nn.LeakyReLU(0.1)
    >>> hf.testing.compare(before, hf.testing.fingerprint(h)).first
    'act1'
    """
    rows = [_row(before, after, *pair, rtol) for pair in _pairs(before.table, after.table)]
    about = {"model": after.provenance.get("model"), "before": before.provenance, "after": after.provenance}
    notes = tuple(_notes(before, after))
    return Comparison(table=pd.DataFrame(rows, columns=_COLUMNS), provenance=about | {"rtol": rtol}, notes=notes)


_COLUMNS = ["layer", "status", "changed", "statistic", "before", "after", "deviation", "tolerance"]
Place = int | None
Row = dict[str, Any]


def _pairs(before: pd.DataFrame, after: pd.DataFrame) -> Iterator[tuple[Place, Place]]:
    """Rows of either table, paired by name; within a stretch of other names in order, if kinds agree."""
    names = before["layer"].tolist(), after["layer"].tolist()
    for _, start, stop, begin, end in difflib.SequenceMatcher(None, *names, autojunk=False).get_opcodes():
        left, right = list(range(start, stop)), list(range(begin, end))
        while left or right:
            if left and right and (before["kind"][left[0]] == after["kind"][right[0]]):
                yield left.pop(0), right.pop(0)
            elif left and (not right or before["kind"][left[0]] not in set(after["kind"][right])):
                yield left.pop(0), None
            else:
                yield None, right.pop(0)


def _row(before: Fingerprint, after: Fingerprint, old: Place, new: Place, rtol: float) -> dict[str, Any]:
    if old is None or new is None:
        known, place, status = (before, old, "gone") if new is None else (after, new, "new")
        return {"layer": known.table["layer"].iloc[place or 0], "status": status, "changed": ""}
    then, now = _cells(before, old), _cells(after, new)
    worst = max(_deviations(before, after, then, now, rtol), key=lambda one: one["deviation"] / one["tolerance"])
    moved = worst["deviation"] > worst["tolerance"]
    changed = [f"{one} {_say(now[one])}, was {_say(then[one])}" for one in STRUCTURE if _differ(then, now, one)]
    status = "changed" if changed else "moved" if moved else "same"
    if then["layer"] != now["layer"]:
        status = "renamed" if status == "same" else "changed"
        changed = [f"name, was {then['layer']}", *changed] if status == "changed" else [then["layer"]]
    return {"layer": now["layer"], "status": status, "changed": "; ".join(changed), **worst}


def _cells(one: Fingerprint, place: int) -> Row:
    return {str(name): value for name, value in one.table.iloc[place].items()}


def _differ(then: Row, now: Row, name: str) -> bool:
    return bool(_plain(then[name]) != _plain(now[name]))


def _plain(value: Any) -> Any:
    """A cell, with None for all that pandas writes where there is nothing."""
    return value if isinstance(value, str | tuple) or not pd.isna(value) else None


def _deviations(before: Fingerprint, after: Fingerprint, then: Row, now: Row, rtol: float) -> Iterator[dict[str, Any]]:
    """Each statistic's difference, and how large it may be."""
    tiny, two = np.finfo(float).tiny, 2 / _values(before, then)
    size = max(np.hypot(then["mean"], then["sd"]), _FLOOR * _largest(before), tiny)
    for name in (*STATISTICS, *(index for index in TUNING if index in then and index in now)):
        one, other = float(then[name]), float(now[name])
        scale = _SCALES.get(name, 1.0) if name in (*SHARES, *TUNING) else size
        if name in ("min", "max"):  # whose rounding is that of their own digits
            scale = np.fmax(scale, abs(one))
        gap = 0.0 if np.isnan(one) and np.isnan(other) else abs(other - one) / scale
        tolerance = max(rtol, TUNING_TOLERANCE if name in TUNING else two if name == "active" else 0.0)
        yield _statistic(name, one, other, gap, tolerance)
    old, new = (one.sketches.get(row["layer"]) for one, row in ((before, then), (after, now)))
    for place, name in enumerate(SKETCHES):
        known = old is not None and new is not None
        gap = float(np.sqrt(np.mean((new[place] - old[place]) ** 2))) / size if known else 0.0  # type: ignore[index]
        yield _statistic(name, np.nan, np.nan, gap, rtol)


def _values(one: Fingerprint, row: Row) -> float:
    """How many values of a layer all images gave."""
    return float(max(one.provenance["parameters"]["images"] * np.prod(row["out_shape"]), 1))


def _statistic(name: str, before: float, after: float, gap: float, tolerance: float) -> dict[str, Any]:
    """One statistic; what is a number in one network and none in the other has moved beyond all bounds."""
    gap = np.inf if np.isnan(gap) else gap
    least = max(tolerance, np.finfo(float).tiny)
    return {"statistic": name, "before": before, "after": after, "deviation": gap, "tolerance": least}


def _largest(one: Fingerprint) -> float:
    return float(np.hypot(one.table["mean"], one.table["sd"]).max())


def _notes(before: Fingerprint, after: Fingerprint) -> Iterator[str]:
    then, now = before.provenance, after.provenance
    if before.normalisation != after.normalisation:
        yield f"normalisation {_say(after.normalisation)}, was {_say(before.normalisation)}"
    if then.get("images") != now.get("images"):
        yield f"{now.get('images')} images, were {then.get('images')}"
    same = then.get("weights_sha256") == now.get("weights_sha256")
    yield "the weights are bit for bit the same" if same else "the weights are not bit for bit the same"
    old, new = then.get("versions", {}), now.get("versions", {})
    others = [f"{name} {new[name]} (was {old[name]})" for name in new if name in old and new[name] != old[name]]
    if others:
        yield ", ".join(others)


def _report(found: Comparison) -> Iterator[str]:
    table, model = found.table, found.provenance["model"]
    differing = table[table["status"] != "same"]
    then = found.provenance["before"].get("model")
    name = f"{model} (before: {then})" if then != model else str(model)
    if differing.empty:
        worst = table["deviation"].max()
        yield f"{name}: all {len(table)} layers are as they were (largest deviation {worst:.1e})"
        return
    first, place = differing.iloc[0], int((table["status"] != "same").to_numpy().argmax())
    before, after = table.iloc[:place], differing.iloc[1:]
    yield f"{name}: {first['layer']} is the first of {len(table)} layers that differs"
    yield f"  {_what(first)}"
    if first["layer"] == IMAGES:
        yield "  these are not the images of the baseline: show the same ones, and nothing below need have changed"
    elif first["layer"] == INPUT:
        yield "  the images are the same: the normalisation, or the type that the model computes in, is another"
    if len(before):
        yield f"before it, {len(before)} layers are as they were (largest deviation {before['deviation'].max():.1e})"
    if len(after):
        more = f" and {len(after) - _MOST} more" if len(after) > _MOST else ""
        yield f"after it, {len(after)} of {len(table) - len(before) - 1} differ:{more and ' the first are'}"
        yield from (f"  {row['layer']}: {_what(row)}" for _, row in after.head(_MOST).iterrows())
        if more:
            yield f" {more}"
    yield f"also: {'; '.join(found.notes)}"


def _what(row: pd.Series) -> str:
    """One row in words."""
    if row["status"] in ("gone", "new"):
        return {"gone": "is there no more", "new": "was not there"}[row["status"]]
    if row["status"] == "renamed":
        return f"the same layer, formerly {row['changed']}"
    parts = [row["changed"]] if row["changed"] else []
    if row["deviation"] > row["tolerance"]:
        parts.append(_by_how_much(row))
    return "; ".join(parts)


def _by_how_much(row: pd.Series) -> str:
    name, gap = row["statistic"], row["deviation"]
    allowed = f"(allowed {row['tolerance']:.2g})"
    if name in _MEANING:
        return f"{_MEANING[name]} moved by {gap:.2g} of the layer's size {allowed}"
    beside = "" if name in (*SHARES, *TUNING) else " of the layer's size"
    return f"{name} {row['after']:.6g}, was {row['before']:.6g}: moved by {gap:.2g}{beside} {allowed}"


def _say(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name} {_say(item)}" for name, item in value.items())
    if isinstance(value, list | tuple):
        return f"({', '.join(map(_say, value))})"
    if _plain(value) is None:
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
