"""Receptive fields: exact boxes on an image, effective fields, and fields mapped by hand."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from hierfeat.errors import HierfeatError
from hierfeat.plots._style import (
    BLUE,
    INK,
    LIGHT,
    PALE,
    VERMILION,
    as_drawn,
    entitle,
    highest,
    one_panel,
    picture,
    positive,
    say,
    scale,
    shades,
    sheet,
    short,
    signed,
    some_channels,
    spaced,
    whole_pixels,
)

if TYPE_CHECKING:
    from hierfeat.anatomy.receptive_fields import Box, ReceptiveFields
    from hierfeat.physiology.fields.effective_field import EffectiveField
    from hierfeat.physiology.fields.map_field import FieldMap

MOST_BOXES = 8
PROBES = {"spot": "spots", "bar": "bars", "noise": "white noise"}


@one_panel
def plot_receptive_fields(
    fields: "ReceptiveFields",
    layer: str | None = None,
    *,
    row: int | None = None,
    col: int | None = None,
    image: Any = None,
) -> Figure:
    """Draw the field of one unit on an image, or without a layer those of the central units of all convs and pools.

    Of more than eight layers whose fields grow, eight evenly spaced ones are drawn.

    Parameters
    ----------
    layer
    row, col
        The unit; the central one by default.
    image
        (C, H, W) or (H, W) in [0, 1], of the size the fields were computed for. Three channels are drawn as colours,
        any other number as the grey of their mean.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.

    Raises
    ------
    HierfeatError
        If there is no such layer or unit, or the image has another size.
    """
    height, width = fields.image_size
    figure = sheet(8.6 if layer is None else 6.4, 5.6)
    axes = figure.subplots()
    note = _show_image(axes, image, fields.image_size)
    if layer is None:
        shown, about = _draw_nested(axes, fields)
    else:
        shown, about = _draw_unit(axes, fields, layer, row, col)
    margin = 0.04 * max(height, width)
    top, left, bottom, right = _around([(0, 0, height, width), *shown])
    axes.set_xlim(left - margin, right + margin)
    axes.set_ylim(bottom + margin, top - margin)
    axes.set(xlabel="column (pixels)", ylabel="row (pixels)", aspect="equal")
    whole_pixels(axes)
    entitle(figure, fields, about + ("\n" + note.removeprefix("; ") if note else ""))
    return figure


def _show_image(axes: Axes, image: Any, size: tuple[int, int]) -> str:
    """Draw the image, or its outline; return a remark for the title."""
    height, width = size
    if image is None:
        axes.add_patch(Rectangle((0, 0), width, height, facecolor=PALE, edgecolor=LIGHT))
        return ""
    rgb = picture(image)
    if rgb.shape[:2] != (height, width):
        got = " × ".join(str(side) for side in rgb.shape[:2])
        raise HierfeatError(f"expected an image of {height} × {width} pixels, for which the fields are; got {got}")
    axes.imshow(rgb, extent=(0, width, height, 0), interpolation="nearest")
    return as_drawn(len(image)) if np.ndim(image) == 3 else ""


def _draw_unit(
    axes: Axes, fields: "ReceptiveFields", layer: str, row: int | None, col: int | None
) -> "tuple[list[Box], str]":
    rows, cols = fields.map_size(layer)
    row, col = rows // 2 if row is None else row, cols // 2 if col is None else col
    seen, virtual = fields.box(layer, row, col), fields.box(layer, row, col, clip=False)
    if virtual != seen:
        label = f"window with padding, {_size(virtual)}"
        _rectangle(axes, virtual, edgecolor=BLUE, linestyle="--", linewidth=1.6, label=label)
    _rectangle(axes, seen, edgecolor=VERMILION, linewidth=2.4, label=f"pixels seen, {_size(seen)}")
    status = fields.table.loc[fields.table["layer"] == layer, "status"].iloc[0]
    note = "" if status == "exact" else f" ({status})"
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=2, frameon=False)
    return [virtual], f"{layer}, unit (row {row}, column {col}) of {rows} × {cols}{note}"


def _draw_nested(axes: Axes, fields: "ReceptiveFields") -> "tuple[list[Box], str]":
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
    chosen = spaced(boxes, MOST_BOXES)
    for (box, layer), colour in zip(chosen, shades(len(chosen)), strict=False):
        _rectangle(axes, box, edgecolor=colour, linewidth=2, label=f"{short(layer)}, {_size(box)}")
    if chosen:
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=10)
    some = f" ({len(chosen)} of the {len(boxes)} where they grow)" if len(chosen) < len(boxes) else ""
    return [box for box, _ in chosen], f"pixels seen by the central unit of each layer{some}"


def _size(box: "Box") -> str:
    return f"{box[2] - box[0]} × {box[3] - box[1]}"


def _rectangle(axes: Axes, box: Sequence[int], **style: Any) -> None:
    top, left, bottom, right = box
    halo = withStroke(linewidth=style.get("linewidth", 1) + 1.6, foreground="white", alpha=0.8)
    axes.add_patch(Rectangle((left, top), right - left, bottom - top, fill=False, path_effects=[halo], **style))


def _around(boxes: "list[Box]") -> "Box":
    tops, lefts, bottoms, rights = zip(*boxes, strict=True)
    return min(tops), min(lefts), max(bottoms), max(rights)


def plot_effective_field(field: "EffectiveField", *, channels: int | Sequence[int] = 8) -> Figure:
    """Draw the mean map with the theoretical field, single channels' maps, and the profile beside a Gaussian.

    Parameters
    ----------
    channels
        How many maps to draw, from the first on, or which, by their place in ``.map``.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.

    Raises
    ------
    HierfeatError
        If there is no such map.
    """
    count = len(field.map)
    chosen = some_channels(channels, range(count), repr(field.layer))
    mean = field.map.mean(0)
    figure = sheet(11.5, 4.3)
    first, second, third = np.ravel(np.asarray(figure.subfigures(1, 3, width_ratios=[1.15, 1.5, 1.25])))
    axes = first.subplots()
    drawn = positive(axes, mean / (highest(mean) or 1.0), 1.0, extent=(0, mean.shape[1], mean.shape[0], 0))
    _rectangle(axes, field.box, edgecolor=VERMILION, linewidth=1.6)
    axes.set_title(f"mean of {count} channels\nred: theoretical field", fontsize=10)
    axes.set(xlabel="column (pixels)", ylabel="row (pixels)")
    whole_pixels(axes)
    scale(drawn, axes, "share of the peak", shrink=0.75)
    across = min(len(chosen), max(4, int(np.ceil(np.sqrt(len(chosen))))))
    panels = second.subplots(-(-len(chosen) // across), across, squeeze=False)
    second.suptitle("single channels, each to its own peak", fontsize=10)
    _channel_maps(panels, field, chosen)
    _profile(third.subplots(), mean, (field.box[1], field.box[3]))
    entitle(figure, field, f"{field.layer}, effective field")
    return figure


def _channel_maps(panels: "np.ndarray", field: "EffectiveField", chosen: list[int]) -> None:
    for axes in panels.flat:
        axes.set_axis_off()
    for axes, index in zip(panels.flat, chosen, strict=False):
        positive(axes, field.map[index])
        row = field.table.iloc[index]
        sigma = "no gradient" if np.isnan(row["sigma_w"]) else f"σ {row['sigma_w']:.1f} px"
        axes.set_title(f"{row['channel']}: {sigma}", fontsize=10, pad=2)


def _profile(axes: Axes, mean: "np.ndarray", sides: tuple[int, int]) -> None:
    """The map summed over rows, beside the Gaussian of the same centre and spread."""
    total = float(mean.sum())
    if not total > 0:
        say(axes, "no gradient")
        return
    profile = mean.sum(0) / total
    place = np.arange(len(profile)) + 0.5
    middle = (profile * place).sum()
    sigma = max(float(np.sqrt((profile * (place - middle) ** 2).sum())), 1e-6)
    axes.plot(place, profile, "o", markersize=3, color=INK, label="measured")
    fine = np.linspace(0, len(profile), 400)
    gaussian = np.exp(-((fine - middle) ** 2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
    axes.plot(fine, gaussian, color=BLUE, label=f"Gaussian, σ = {sigma:.2f} px")
    for side in sides:
        axes.axvline(side, color=VERMILION, linewidth=1.4)
    axes.set_ylim(0, 1.25 * float(profile.max()))
    axes.set(xlabel="column (pixels)", ylabel="share of the total")
    axes.legend(fontsize=10, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0))


def plot_map_field(field: "FieldMap") -> Figure:
    """Draw responses to light, to dark, and half their difference, with the exact field outlined.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    top, left, bottom, right = field.region
    shown = [("light", field.light), ("dark", field.dark), ("(light − dark)/2", field.map)]
    if field.probe == "noise":
        shown = [("reverse correlation", field.map)]
    limit = highest(np.abs([values for _, values in shown])) or 1.0
    figure = sheet(2.9 * len(shown) + 1.9, 3.8)
    panels = figure.subplots(1, len(shown), squeeze=False, sharey=True)[0]
    drawn = []
    for axes, (name, values) in zip(panels, shown, strict=True):
        drawn.append(signed(axes, values, limit, extent=(left, right, bottom, top)))
        _rectangle(axes, field.box, edgecolor=INK, linewidth=1.4)
        axes.set_title(name, fontsize=10)
        axes.set_xlabel("column (pixels)")
        whole_pixels(axes)
    panels[0].set_ylabel("row (pixels)")
    scale(drawn, panels, "change of response", shrink=0.85)
    about = f"{field.layer}, channel {field.channel}, field mapped with {PROBES[field.probe]}; box: exact field"
    entitle(figure, field, about, size=10)
    return figure
