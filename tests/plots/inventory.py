"""What a figure draws, as numbers: the strict test of a plot, which no font and no anti-aliasing moves."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.figure import Figure
from matplotlib.patches import Patch

INVENTORY = Path(__file__).parent / "inventory.json"
FEW = 16
"""Numbers that are stored one by one; of more, those that any change would move."""

Row = list[Any]  # panel, what, which, numbers or words


def rows_of(figure: Figure) -> list[Row]:
    """Title, words, curves, bars and other patches, points and areas, and maps of every panel."""
    title = figure.get_suptitle()
    rows: list[Row] = [[-1, "words", "title", title]] if title else []
    legends = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    rows += [[-1, "words", "legend", legends]] if legends else []
    for panel, axes in enumerate(figure.axes):
        if axes.get_visible():
            rows += [[panel, *row] for row in _panel(axes)]
    return rows


def _panel(axes: Axes) -> list[Row]:
    rows: list[Row] = []
    words = [axes.get_title(), axes.get_xlabel(), axes.get_ylabel()]
    if any(words):
        rows.append(["words", "title and axes", words])
    texts = [text.get_text() for text in axes.texts if text.get_visible()]
    if texts:
        rows.append(["words", "texts", texts if len(texts) <= 2 * FEW else [len(texts), texts[0], texts[-1]]])
    rows += _curves(axes)
    rows += [row for row in (_patches(axes.patches), _collections(list(axes.collections))) if row]
    for index, image in enumerate(axes.images):
        values = np.ma.filled(np.ma.asarray(image.get_array(), dtype=float), np.nan)
        rows.append(["map", f"{index} {values.shape} {image.cmap.name}", digest(values)])
        rows.append(["map", f"{index} scale and extent", digest([*image.get_clim(), *image.get_extent()])])
    return rows


def _curves(axes: Axes) -> list[Row]:
    curves = [np.asarray(line.get_xydata(), dtype=float) for line in axes.lines]
    if not curves:
        return []
    if len(curves) > FEW:
        return [["curves", f"all {len(curves)}", digest(np.concatenate(curves))]]
    labels = [str(line.get_label()) for line in axes.lines]
    return [
        ["curve", "" if name.startswith("_") else name, digest(xy)] for name, xy in zip(labels, curves, strict=True)
    ]


def _patches(patches: list[Patch]) -> Row:
    corners = [patch.get_patch_transform().transform(patch.get_path().vertices) for patch in patches]
    return ["patches", f"{len(patches)}", digest(np.concatenate(corners))] if corners else []


def _collections(collections: list[Collection]) -> Row:
    points = [np.asarray(path.vertices) for part in collections for path in part.get_paths()]
    points += [np.asarray(part.get_offsets()) for part in collections]
    points = [part.reshape(-1, 2) for part in points if part.size]
    return ["areas", f"{len(collections)}", digest(np.concatenate(points))] if points else []


def digest(values: Any) -> list[float | None]:
    """The numbers themselves if they are few, else count, NaN, extremes, mean, spread and a moment of their order."""
    flat = np.asarray(values, dtype=float).ravel()
    if len(flat) > FEW:
        known = flat[np.isfinite(flat)]
        numbers = [len(flat), len(flat) - len(known)]
        if len(known):
            order = known @ np.cos(np.arange(len(known))) / len(known)
            numbers += [known.min(), known.max(), known.mean(), known.std(), order]
        flat = np.asarray(numbers, dtype=float)
    return [None if not np.isfinite(number) else float(f"{number:.5g}") for number in flat]


def differences(stored: list[Row], now: list[Row]) -> list[str]:
    """What has changed, in words; numbers may differ by a thousandth of the row's largest."""
    found = []
    if [row[:3] for row in stored] != [row[:3] for row in now]:
        before, after = (Counter(str(row[:3]) for row in rows) for rows in (stored, now))
        found += [f"gone: {row}" for row in before - after]
        found += [f"new: {row}" for row in after - before]
        return found or ["other order"]
    for old, new in zip(stored, now, strict=True):
        same = old[3] == new[3] if old[1] == "words" else _alike(old[3], new[3])
        if not same:
            found.append(f"{old[:3]}: {old[3]} became {new[3]}")
    return found


def _alike(old: list[float | None], new: list[float | None]) -> bool:
    before, after = np.array(old, dtype=float), np.array(new, dtype=float)
    if before.shape != after.shape:
        return False
    slack = 1e-3 * max(float(np.nanmax(np.abs(before), initial=0.0)), 1e-6)
    return bool(np.allclose(before, after, rtol=1e-3, atol=slack, equal_nan=True))


def read() -> dict[str, list[Row]]:
    return json.loads(INVENTORY.read_text(encoding="utf-8")) if INVENTORY.is_file() else {}


def write(figures: dict[str, list[Row]]) -> None:
    """A row per line, so that a change is seen as one."""
    parts = []
    for name, rows in sorted(figures.items()):
        lines = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in rows)
        parts.append(f"{json.dumps(name)}: [\n  {lines}\n ]")
    INVENTORY.write_text("{\n " + ",\n ".join(parts) + "\n}\n", encoding="utf-8")
