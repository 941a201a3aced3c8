"""What drives a unit: the patches, the synthesised images, and the pixels that its response is due to."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from hierfeat.plots._style import (
    LIGHT,
    ORANGE,
    as_drawn,
    bare,
    entitle,
    highest,
    number,
    one_layer,
    picture,
    say,
    scale,
    sheet,
    signed,
    some_channels,
)

if TYPE_CHECKING:
    from hierfeat.physiology.features.attribute import Attribution
    from hierfeat.physiology.features.synthesize import Synthesis
    from hierfeat.physiology.features.top_patches import ChannelPatches

MOST_CHANNELS = 12
MOST_IMAGES = 64


def plot_top_patches(
    result: "ChannelPatches", layer: str | None = None, *, channels: int | Sequence[int] | None = None
) -> Figure:
    """Draw the patches that drive each channel of a layer most, a row per channel.

    Parameters
    ----------
    layer
        The last one by default.
    channels
        How many channels, from the first on, or which; the first twelve by default.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.

    Raises
    ------
    HierfeatError
        If there is no such layer or channel.
    """
    layer = one_layer(list(result.patches), layer, -1)
    patches = result.patches[layer]
    chosen = some_channels(MOST_CHANNELS if channels is None else channels, range(len(patches)), repr(layer))
    table = result.table[result.table["layer"] == layer]
    responses = dict(zip(zip(table["channel"], table["rank"], strict=True), table["value"], strict=True))
    statuses = dict(zip(table["channel"], table["status"], strict=True))
    columns = patches.shape[1]
    figure = sheet(max(1.0 + 0.75 * columns, 5), 0.6 + 0.92 * len(chosen))
    grid = figure.subplots(len(chosen), columns, squeeze=False)
    entitle(figure, result, _patches_in_words(result, layer, table, len(chosen)), size=10)
    for row, channel in zip(grid, chosen, strict=True):
        row[0].set_ylabel(f"channel {channel}", fontsize=10, rotation=0, ha="right", va="center")
        for rank, axes in enumerate(row, start=1):
            status = statuses[channel] if (channel, rank) in responses else "none"
            _patch(axes, patches[channel, rank - 1], status)
            if status == "ok":
                axes.set_title(number(responses[channel, rank], ".3g"), fontsize=10, pad=2)
    return figure


def _patches_in_words(result: "ChannelPatches", layer: str, table: Any, shown: int) -> str:
    patches = result.patches[layer]
    what = "least" if result.least else "most"
    some = f" ({shown} of {len(patches)} channels)" if shown < len(patches) else ""
    height, width = ((table[end] - table[start]).max() for end, start in (("bottom", "top"), ("right", "left")))
    size = f"fields of {height:.0f} × {width:.0f} pixels; " if np.isfinite(height + width) else ""
    return (
        f"{layer}, the {patches.shape[1]} patches that drive each channel {what}{some}\n"
        f"{size}blue: outside the image; number: the response{as_drawn(patches.shape[2])}"
    )


def _patch(axes: Axes, patch: npt.NDArray[np.float16], status: str) -> None:
    if status != "ok":
        say(axes, status)
        axes.set_box_aspect(1)
        return
    bare(axes)
    axes.imshow(picture(patch), interpolation="nearest")
    axes.spines[:].set_color(LIGHT)


def plot_synthesize(result: "Synthesis", *, columns: int = 8) -> Figure:
    """Draw up to 64 images with what of them is robust; one that does not survive small shifts has an orange frame.

    Parameters
    ----------
    columns
        Images side by side.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.

    Raises
    ------
    HierfeatError
        If `columns` is less than 1.
    """
    rows = result.table.head(MOST_IMAGES).to_dict("records")
    columns = min(columns, len(rows))
    lines = -(-len(rows) // columns)
    figure = sheet(max(1.2 * columns + 0.2, 4.5), 1.62 * lines + 0.9)
    grid = figure.subplots(lines, columns, squeeze=False)
    entitle(figure, result, _synthesis_in_words(result), size=10)
    for axes in grid.flat[len(rows) :]:
        axes.set_axis_off()
    several = bool(result.table["copy"].max())
    for axes, row, image in zip(grid.flat, rows, result.images, strict=False):
        axes.set_title(f"channel {row['channel']}" + (f", {row['copy']}" if several else ""), fontsize=10, pad=2)
        _synthetic(axes, row, image)
    return figure


def _synthetic(axes: Axes, row: Mapping[Any, Any], image: npt.NDArray[np.float32]) -> None:
    if row["status"] in ("dead", "constant"):
        say(axes, row["status"])
        axes.set_box_aspect(1)
        return
    bare(axes)
    axes.imshow(picture(image), interpolation="nearest")
    axes.set_xlabel(_caption(row), fontsize=10, labelpad=2)
    fragile = row["status"] == "fragile"
    axes.spines[:].set(color=ORANGE if fragile else LIGHT, linewidth=2 if fragile else 0.8)


def _synthesis_in_words(result: "Synthesis") -> str:
    layer, objective = result.table["layer"].iloc[0], result.table["objective"].iloc[0]
    verb = "minimise" if result.provenance["parameters"]["negative"] else "maximise"
    what = {"channel": "each channel's mean", "center": "each channel's central unit"}.get(objective, objective)
    left_out = f" (the first {MOST_IMAGES} of {len(result.table)})" if len(result.table) > MOST_IMAGES else ""
    natural = "" if (result.table["natural_image"] < 0).all() else ", times that of the best natural image"
    return (
        f"{layer}, images made to {verb} {what}{left_out}\n"
        f"below: activation{natural}, share kept under small shifts (orange: under half)"
        f"{as_drawn(result.images.shape[1])}"
    )


def _caption(row: Mapping[Any, Any]) -> str:
    natural = "" if not row["activation"] * row["natural"] > 0 else f"   × {row['activation'] / row['natural']:.1f}"
    return f"{number(row['activation'], '.3g')}{natural}   {number(100 * row['shift_kept'], '.0f')} %"


def plot_attribute(result: "Attribution", *, most: int = 8) -> Figure:
    """Draw each image above its map, with the unit's receptive field framed; a map that says nothing is named so.

    Parameters
    ----------
    most
        Images to draw, the first ones.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.

    Raises
    ------
    HierfeatError
        If `most` is less than 1.
    """
    rows = result.table.head(most).to_dict("records")
    figure = sheet(max(1.55 * len(rows) + 0.9, 5), 3.8)
    grid = figure.subplots(2, len(rows), squeeze=False)
    method = rows[0]["method"].replace("_", " ")
    some = f" ({len(rows)} of {len(result.table)} images)" if len(rows) < len(result.table) else ""
    about = f"{rows[0]['layer']}, channel {rows[0]['channel']}, {method}{some}{as_drawn(result.images.shape[1])}"
    entitle(figure, result, about, size=10)
    maps = result.maps[: len(rows)].sum(1)
    limit = highest(np.abs(maps)) or 1.0
    drawn = []
    for (upper, lower), row, image, values in zip(grid.T, rows, result.images, maps, strict=False):
        upper.imshow(picture(image), interpolation="nearest")
        drawn.append(signed(lower, values, limit))
        upper.set_title(f"unit ({row['row']}, {row['col']})\nresponse {number(row['activation'], '.3g')}", fontsize=10)
        if row["status"] != "ok":
            lower.text(0.5, 0.5, row["status"], ha="center", va="center", transform=lower.transAxes, fontsize=10)
        for axes in (upper, lower):
            bare(axes)
            _frame(axes, row)
    scale(drawn, grid[1], "attribution")
    grid[0, 0].set_ylabel("image", fontsize=10)
    grid[1, 0].set_ylabel("map (orange: field)", fontsize=10)
    return figure


def _frame(axes: Axes, row: Mapping[Any, Any]) -> None:
    """Frame the receptive field; pixels of a picture lie at whole numbers."""
    corner = row["left"] - 0.5, row["top"] - 0.5
    height, width = row["bottom"] - row["top"], row["right"] - row["left"]
    axes.add_patch(Rectangle(corner, width, height, fill=False, edgecolor=ORANGE, linewidth=1.5))
