"""Receptive fields drawn on an image."""

from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

if TYPE_CHECKING:
    from hierfeat.anatomy.intervals.boxes import Box
    from hierfeat.anatomy.receptive_fields import ReceptiveFields

_SEEN, _VIRTUAL = "#d55e00", "#0072b2"  # Okabe and Ito's vermilion and blue


def plot_receptive_fields(
    fields: "ReceptiveFields", layer: str | None, *, row: int | None, col: int | None, image: Any
) -> Figure:
    """Draw the box of one unit, or without a layer those of the central units of all convs and pools, nested.

    Parameters
    ----------
    fields : ReceptiveFields
    layer : str or None
    row, col : int, optional
        The unit; the central one by default.
    image : array_like, optional
        (C, H, W) or (H, W) in [0, 1], of the size the fields were computed for.

    Returns
    -------
    matplotlib.figure.Figure
    """
    height, width = fields.image_size
    fig, ax = plt.subplots(figsize=(8.6, 5.2) if layer is None else (6.4, 5.6), layout="constrained")
    _show_image(ax, image, fields.image_size)
    shown = [] if layer is None else [_draw_unit(ax, fields, layer, row, col)]
    if layer is None:
        shown = _draw_nested(ax, fields)
    margin = 0.04 * max(height, width)
    around = _around([(0, 0, height, width), *shown])
    ax.set_xlim(around[1] - margin, around[3] + margin)
    ax.set_ylim(around[2] + margin, around[0] - margin)
    ax.set_xlabel("column (pixels)")
    ax.set_ylabel("row (pixels)")
    ax.set_aspect("equal")
    plt.close(fig)  # the caller holds it; pyplot need not
    return fig


def _show_image(ax: Axes, image: Any, size: tuple[int, int]) -> None:
    height, width = size
    if image is None:
        ax.add_patch(Rectangle((0, 0), width, height, facecolor="0.92", edgecolor="0.6"))
        return
    pixels = np.asarray(image, dtype=float)
    pixels = np.moveaxis(pixels, 0, -1) if pixels.ndim == 3 else pixels
    ax.imshow(np.clip(pixels, 0, 1), cmap="gray", vmin=0, vmax=1, extent=(0, width, height, 0))


def _draw_unit(ax: Axes, fields: "ReceptiveFields", layer: str, row: int | None, col: int | None) -> "Box":
    rows, cols = fields.map_size(layer)
    row, col = rows // 2 if row is None else row, cols // 2 if col is None else col
    seen, virtual = fields.box(layer, row, col), fields.box(layer, row, col, clip=False)
    if virtual != seen:
        size = f"{virtual[2] - virtual[0]} × {virtual[3] - virtual[1]}"
        _rectangle(ax, virtual, edgecolor=_VIRTUAL, linestyle="--", linewidth=1.6, label=f"window with padding, {size}")
    size = f"{seen[2] - seen[0]} × {seen[3] - seen[1]}"
    _rectangle(ax, seen, edgecolor=_SEEN, linewidth=2.4, label=f"pixels seen, {size}")
    status = fields.table.loc[fields.table["layer"] == layer, "status"].iloc[0]
    note = "" if status == "exact" else f" ({status})"
    ax.set_title(f"{layer}: unit (row {row}, column {col}) of {rows} × {cols}{note}")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=2, frameon=False)
    return virtual


def _draw_nested(ax: Axes, fields: "ReceptiveFields") -> "list[Box]":
    """The boxes of the central units, from the first layer on, wherever they grow."""
    table = fields.table[fields.table["kind"].isin(["conv", "pool"]) & (fields.table["status"] != "bound")]
    boxes: list[tuple[Box, str]] = []
    largest = 0
    for layer in table["layer"]:
        rows, cols = fields.map_size(layer)
        box = fields.box(layer, rows // 2, cols // 2)
        area = (box[2] - box[0]) * (box[3] - box[1])
        if area > largest:
            boxes.append((box, layer))
            largest = area
    chosen = _spaced(boxes, 8)
    colours = plt.get_cmap("viridis")(np.linspace(0, 0.92, len(chosen)))
    for (box, layer), colour in zip(chosen, colours, strict=True):
        size = f"{box[2] - box[0]} × {box[3] - box[1]}"
        _rectangle(ax, box, edgecolor=colour, linewidth=2, label=f"{layer}, {size}")
    ax.set_title("Pixels seen by the central unit of each layer")
    ax.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=9)
    return [box for box, _ in chosen]


def _spaced(items: list[Any], most: int) -> list[Any]:
    """At most `most` of the items, evenly spaced, the first and last among them."""
    if len(items) <= most:
        return items
    return [items[index] for index in np.linspace(0, len(items) - 1, most).round().astype(int)]


def _rectangle(ax: Axes, box: "Box", **style: Any) -> None:
    top, left, bottom, right = box
    ax.add_patch(Rectangle((left, top), right - left, bottom - top, fill=False, **style))


def _around(boxes: "list[Box]") -> "Box":
    tops, lefts, bottoms, rights = zip(*boxes, strict=True)
    return min(tops), min(lefts), max(bottoms), max(rights)
