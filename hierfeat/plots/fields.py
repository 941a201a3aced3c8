"""Receptive fields: exact boxes on an image, effective fields, and fields mapped by hand."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from hierfeat.plots._style import spaced

if TYPE_CHECKING:
    from hierfeat.anatomy.intervals.boxes import Box
    from hierfeat.anatomy.receptive_fields import ReceptiveFields
    from hierfeat.physiology.fields.effective_field import EffectiveField
    from hierfeat.physiology.fields.map_field import FieldMap

_SEEN, _VIRTUAL = "#d55e00", "#0072b2"  # Okabe and Ito's vermilion and blue


def plot_receptive_fields(
    fields: "ReceptiveFields",
    layer: str | None = None,
    *,
    row: int | None = None,
    col: int | None = None,
    image: Any = None,
) -> Figure:
    """Draw the field of one unit on an image, or without a layer those of the central units of all convs and pools.

    Parameters
    ----------
    layer : str, optional
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
    chosen = spaced(boxes, 8)
    colours = plt.get_cmap("viridis")(np.linspace(0, 0.92, len(chosen)))
    for (box, layer), colour in zip(chosen, colours, strict=True):
        size = f"{box[2] - box[0]} × {box[3] - box[1]}"
        _rectangle(ax, box, edgecolor=colour, linewidth=2, label=f"{layer}, {size}")
    ax.set_title("Pixels seen by the central unit of each layer")
    ax.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=9)
    return [box for box, _ in chosen]


def _rectangle(ax: Axes, box: "Box", **style: Any) -> None:
    top, left, bottom, right = box
    ax.add_patch(Rectangle((left, top), right - left, bottom - top, fill=False, **style))


def _around(boxes: "list[Box]") -> "Box":
    tops, lefts, bottoms, rights = zip(*boxes, strict=True)
    return min(tops), min(lefts), max(bottoms), max(rights)


def plot_effective_field(field: "EffectiveField", *, channels: int | Sequence[int] = 8) -> Figure:
    """Draw the mean map with the theoretical field, single channels' maps, and the profile beside a Gaussian.

    Parameters
    ----------
    channels : int or sequence of int
        How many channels to draw, from the first on, or which.

    Returns
    -------
    matplotlib.figure.Figure
    """
    count = len(field.map)
    chosen = list(range(min(channels, count))) if isinstance(channels, int) else [int(channel) for channel in channels]
    top, left, bottom, right = field.box
    fig = plt.figure(figsize=(11.5, 4.0), layout="constrained")
    first, second, third = np.ravel(np.asarray(fig.subfigures(1, 3, width_ratios=[1.15, 1.5, 1.25])))
    mean = field.map.mean(0)
    ax = first.subplots()
    picture = ax.imshow(
        mean / max(mean.max(), 1e-30), cmap="magma", vmin=0, extent=(0, mean.shape[1], mean.shape[0], 0)
    )
    ax.add_patch(Rectangle((left, top), right - left, bottom - top, fill=False, ec="#56b4e9", lw=1.6))
    ax.set_title(f"{field.layer}: mean of {count} channels\nblue: theoretical field", fontsize=9)
    ax.set_xlabel("column (pixels)")
    ax.set_ylabel("row (pixels)")
    first.colorbar(picture, ax=ax, shrink=0.75, label="share of the peak")
    across = min(len(chosen), 4)
    axes = second.subplots(-(-len(chosen) // across), across, squeeze=False)
    numbers = field.table.set_index("channel")
    for ax in axes.flat:
        ax.set_axis_off()
    for ax, index in zip(axes.flat, chosen, strict=False):
        ax.imshow(field.map[index], cmap="magma", vmin=0)
        channel = field.table.channel[index]
        sigma = numbers.sigma_w[channel]
        ax.set_title(f"{channel}: " + ("no gradient" if np.isnan(sigma) else f"σ {sigma:.1f} px"), fontsize=8, pad=2)
    ax = third.subplots()
    _profile(ax, mean, (left, right))
    plt.close(fig)
    return fig


def _profile(ax: Axes, mean: np.ndarray, sides: tuple[int, int]) -> None:
    profile = mean.sum(0) / max(mean.sum(), 1e-30)
    place = np.arange(len(profile)) + 0.5
    middle = (profile * place).sum()
    sigma = max(float(np.sqrt((profile * (place - middle) ** 2).sum())), 1e-6)
    ax.plot(place, profile, "o", ms=3, color="black", label="measured")
    fine = np.linspace(0, len(profile), 400)
    gaussian = np.exp(-((fine - middle) ** 2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
    ax.plot(fine, gaussian, color="#d55e00", label=f"Gaussian, σ = {sigma:.2f} px")
    for side in sides:
        ax.axvline(side, color="#56b4e9", lw=1.4)
    ax.set_ylim(0, 1.25 * profile.max() or 1.0)
    ax.set_xlabel("column (pixels)")
    ax.set_ylabel("share of the total")
    ax.legend(fontsize=8, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0))


PROBES = {"spot": "spots", "bar": "bars", "noise": "white noise"}


def plot_map_field(field: "FieldMap") -> Figure:
    """Draw responses to light, to dark, and half their difference, with the exact field outlined.

    Returns
    -------
    matplotlib.figure.Figure
    """
    top, left, bottom, right = field.region
    limit = max(float(np.abs([field.light, field.dark]).max()), 1e-12)
    shown = [("light", field.light), ("dark", field.dark), ("(light − dark)/2", field.map)]
    if field.probe == "noise":
        shown = [("reverse correlation", field.map)]
    fig, axes = plt.subplots(
        1, len(shown), figsize=(2.9 * len(shown) + 1.6, 3.6), squeeze=False, layout="constrained", sharey=True
    )
    for ax, (title, values) in zip(axes[0], shown, strict=True):
        picture = ax.imshow(
            values, cmap="RdBu_r", vmin=-limit, vmax=limit, extent=(left, right, bottom, top), interpolation="nearest"
        )
        box = field.box
        ax.add_patch(Rectangle((box[1], box[0]), box[3] - box[1], box[2] - box[0], fill=False, ec="black", lw=1.4))
        ax.set_title(title, fontsize=10)
        ax.set_xlabel("column (pixels)")
    axes[0, 0].set_ylabel("row (pixels)")
    fig.colorbar(picture, ax=axes[0].tolist(), shrink=0.85, label="change of response")
    fig.suptitle(f"{field.layer}, unit {field.channel}: mapped by {PROBES[field.probe]}; box: exact field", fontsize=10)
    plt.close(fig)
    return fig
