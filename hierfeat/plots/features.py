"""What drives a unit: the patches, the synthesised images, and the pixels that its response is due to."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from hierfeat.errors import HierfeatError
from hierfeat.plots._style import picture

if TYPE_CHECKING:
    from hierfeat.physiology.features.attribute import Attribution
    from hierfeat.physiology.features.synthesize import Synthesis
    from hierfeat.physiology.features.top_patches import ChannelPatches

_MOST_CHANNELS = 12


def plot_top_patches(
    result: "ChannelPatches", layer: str | None = None, *, channels: Sequence[int] | None = None
) -> Figure:
    """Draw the patches that drive each channel of a layer most, a row per channel.

    Parameters
    ----------
    layer : str, optional
        The last one by default.
    channels : sequence of int, optional
        The first twelve by default.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    HierfeatError
        If there is no such layer or channel.
    """
    layer = list(result.patches)[-1] if layer is None else layer
    if layer not in result.patches:
        raise HierfeatError(f"no patches of {layer!r} here; there are those of {', '.join(result.patches)}")
    patches = result.patches[layer]
    chosen = list(range(min(_MOST_CHANNELS, len(patches)))) if channels is None else list(channels)
    if not chosen or not all(0 <= c < len(patches) for c in chosen):
        raise HierfeatError(f"expected channels of {layer!r} from 0 to {len(patches) - 1}, got {chosen}")
    table = result.table[result.table["layer"] == layer]
    responses = dict(zip(zip(table["channel"], table["rank"], strict=True), table["value"], strict=True))
    statuses = dict(zip(table["channel"], table["status"], strict=True))
    size = (table["bottom"] - table["top"]).max(), (table["right"] - table["left"]).max()
    columns = patches.shape[1]
    figure, grid = plt.subplots(
        len(chosen),
        columns,
        figsize=(1.0 + 0.75 * columns, 0.6 + 0.92 * len(chosen)),
        layout="constrained",
        squeeze=False,
    )
    what = "least" if result.least else "most"
    figure.suptitle(
        f"{layer}: the {columns} patches that drive each channel {what}\n"
        f"(fields of {size[0]} × {size[1]} pixels; blue: outside the unit's field; number: the response)",
        fontsize=9,
    )
    for axes_row, channel in zip(grid, chosen, strict=True):
        axes_row[0].set_ylabel(f"channel {channel}", fontsize=8, rotation=0, ha="right", va="center")
        for rank, axes in enumerate(axes_row, start=1):
            status = statuses[channel] if (channel, rank) in responses else "none"
            _draw(axes, patches[channel, rank - 1], status)
            if status == "ok":
                axes.set_title(f"{responses[channel, rank]:.3g}", fontsize=7, pad=2)
    plt.close(figure)
    return figure


def _draw(axes: Axes, patch: npt.NDArray[np.float16], status: str) -> None:
    axes.set(xticks=[], yticks=[])
    if status != "ok":
        axes.set_facecolor("0.95")
        axes.text(0.5, 0.5, status, ha="center", va="center", transform=axes.transAxes, fontsize=8, color="0.35")
        axes.set_box_aspect(1)
        return
    axes.imshow(picture(patch), interpolation="nearest")
    axes.spines[:].set_color("0.6")


_MOST_IMAGES = 64
_EDGES = {"fragile": "#d55e00", "ok": "0.6"}


def plot_synthesize(result: "Synthesis", *, columns: int = 8) -> Figure:
    """Draw up to 64 images with what of them is robust; one that does not survive small shifts has an orange frame.

    Parameters
    ----------
    columns : int
        Images side by side.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    HierfeatError
        If `columns` is less than 1.
    """
    if columns < 1:
        raise HierfeatError(f"expected at least one column, got {columns}")
    rows = result.table.head(_MOST_IMAGES).to_dict("records")
    columns = min(columns, len(rows))
    lines = -(-len(rows) // columns)
    figure, grid = plt.subplots(
        lines, columns, figsize=(1.2 * columns + 0.2, 1.62 * lines + 0.75), layout="constrained", squeeze=False
    )
    figure.suptitle(_title(result), fontsize=9)
    for axes in grid.flat:
        axes.set_axis_off()
    several = bool(result.table["copy"].max())
    for axes, row, image in zip(grid.flat, rows, result.images, strict=False):
        axes.set_axis_on()
        axes.set(xticks=[], yticks=[])
        axes.set_title(f"channel {row['channel']}" + (f", {row['copy']}" if several else ""), fontsize=8, pad=2)
        if row["status"] in ("dead", "constant"):
            _say(axes, row["status"])
        else:
            axes.imshow(picture(image), interpolation="nearest")
            axes.set_xlabel(_caption(row), fontsize=7, labelpad=2)
            axes.spines[:].set(color=_EDGES[row["status"]], linewidth=2 if row["status"] == "fragile" else 0.8)
    plt.close(figure)
    return figure


def _title(result: "Synthesis") -> str:
    layer, objective = result.table["layer"].iloc[0], result.table["objective"].iloc[0]
    verb = "minimise" if result.provenance["parameters"]["negative"] else "maximise"
    what = {"channel": "each channel's mean", "center": "each channel's central unit"}.get(objective, objective)
    left_out = f" (the first {_MOST_IMAGES} of {len(result.table)})" if len(result.table) > _MOST_IMAGES else ""
    natural = "" if (result.table["natural_image"] < 0).all() else ", times that of the best natural image"
    return (
        f"{layer}: images made to {verb} {what}{left_out}\n"
        f"below: activation{natural}, share kept under small shifts (orange: under half)"
    )


def _caption(row: Mapping[Any, Any]) -> str:
    natural = "" if not row["activation"] * row["natural"] > 0 else f"   × {row['activation'] / row['natural']:.1f}"
    return f"{row['activation']:.3g}{natural}   {100 * row['shift_kept']:.0f} %"


def _say(axes: Axes, status: str) -> None:
    axes.set_facecolor("0.95")
    axes.text(0.5, 0.5, status, ha="center", va="center", transform=axes.transAxes, fontsize=9, color="0.35")
    axes.set_box_aspect(1)


def plot_attribute(result: "Attribution", *, most: int = 8) -> Figure:
    """Draw each image above its map, with the unit's receptive field framed; a map that says nothing is named so.

    Parameters
    ----------
    most : int
        Images to draw, the first ones.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    HierfeatError
        If `most` is less than 1.
    """
    if most < 1:
        raise HierfeatError(f"expected most as a number of images, at least 1, got {most}")
    rows = result.table.head(most).to_dict("records")
    figure, grid = plt.subplots(
        2, len(rows), figsize=(1.55 * len(rows) + 0.9, 3.7), layout="constrained", squeeze=False
    )
    figure.suptitle(
        f"{rows[0]['layer']}, channel {rows[0]['channel']}: {rows[0]['method'].replace('_', ' ')}", fontsize=10
    )
    signed = result.maps[: len(rows)].sum(1)
    limit = float(np.abs(signed).max()) or 1.0
    drawn = None
    for column, row in enumerate(rows):
        upper, lower = grid[:, column]
        upper.imshow(picture(result.images[column]), interpolation="nearest")
        drawn = lower.imshow(signed[column], cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
        upper.set_title(f"unit ({row['row']}, {row['col']})\nanswers {row['activation']:.3g}", fontsize=8)
        if row["status"] != "ok":
            lower.text(0.5, 0.5, row["status"], ha="center", va="center", transform=lower.transAxes, fontsize=9)
        for axes in (upper, lower):
            axes.set(xticks=[], yticks=[])
            height, width = row["bottom"] - row["top"], row["right"] - row["left"]
            corner = (row["left"] - 0.5, row["top"] - 0.5)
            axes.add_patch(Rectangle(corner, width, height, fill=False, edgecolor="#e69f00", linewidth=1.5))
    assert drawn is not None, "there is at least one image"
    figure.colorbar(drawn, ax=grid[1].tolist(), shrink=0.8, label="attribution")
    grid[0, 0].set_ylabel("image", fontsize=9)
    grid[1, 0].set_ylabel("map (orange: field)", fontsize=9)
    plt.close(figure)
    return figure
