"""Invariance to shifts: by distance, over the plane of shifts, of the predicted class, and what pools do to it."""

from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hierfeat.plots._style import MARKERS, shades

if TYPE_CHECKING:
    import pandas as pd

    from hierfeat.physiology.invariance.pooling_invariance import PoolingInvariance
    from hierfeat.physiology.invariance.sensitivity_map import SensitivityMap
    from hierfeat.physiology.invariance.shift_consistency import ShiftConsistency
    from hierfeat.physiology.invariance.translation_invariance import TranslationInvariance

MOST_LINES = 14


def plot_translation_invariance(result: "TranslationInvariance") -> Figure:
    """Draw, against the shift and as means over the four directions: invariance, and equivariance at inner units.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = result.table.assign(distance=result.table["dy"].abs() + result.table["dx"].abs())
    names = list(table["layer"].unique())
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4), layout="constrained", sharex=True)
    draw = _lines if len(names) <= MOST_LINES else _map
    draw(left, table, names, "invariance")
    draw(right, table, names, "equivariance")
    left.set_title("Invariance: the response stays as it was")
    right.set_title("Equivariance: the map moves along with the image")
    model, settings = result.provenance["model"], result.provenance["parameters"]
    figure.suptitle(f"{model}: {settings['images']} images shifted, boundary “{settings['boundary']}”")
    if draw is _lines:
        left.set_ylabel("invariance\n(0: like another image, 1: unchanged)")
        left.axhline(0, color="0.6", linewidth=0.8, zorder=0)
        right.set_ylabel("equivariance\n(1: aliasing-free)")
        handles, labels = left.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside right center", frameon=False)
    plt.close(figure)
    return figure


def _lines(axes: Axes, table: pd.DataFrame, names: list[str], column: str) -> None:
    for name, colour in zip(names, shades(len(names)), strict=True):
        rows = table[table["layer"] == name]
        curve = rows.groupby("distance")[column].mean()
        marker = MARKERS.get(rows["kind"].iloc[0], ".")
        axes.plot(curve.index, curve, color=colour, marker=marker, markersize=4.5, label=name)
    axes.set_xlabel("shift (pixels)")
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=True))
    axes.spines[["top", "right"]].set_visible(False)


def _map(axes: Axes, table: pd.DataFrame, names: list[str], column: str) -> None:
    """Too many layers for lines: a row each."""
    grid = table.pivot_table(index="layer", columns="distance", values=column, dropna=False).reindex(names)
    distances = grid.columns.to_numpy(dtype=float)
    half = (distances[1] - distances[0]) / 2
    extent = (distances[0] - half, distances[-1] + half, len(names) - 0.5, -0.5)
    image = axes.imshow(grid, aspect="auto", vmin=0, vmax=1, cmap="viridis", extent=extent, interpolation="nearest")
    every = -(-len(names) // 30)
    axes.set_yticks(range(0, len(names), every), names[::every], fontsize=6)
    axes.set_xlabel("shift (pixels)")
    axes.figure.colorbar(image, ax=axes, label=column)


OWN, OTHER, BEFORE = "#d55e00", "#0072b2", "0.45"


def plot_pooling_invariance(result: "PoolingInvariance") -> Figure:
    """Draw a row per pool: the invariance before it and after it, what it costs, and what the output makes of it.

    Returns
    -------
    matplotlib.figure.Figure
    """
    layers = list(result.table["layer"].unique())
    figure, axes = plt.subplots(
        len(layers), 3, figsize=(12, 1.0 + 2.75 * len(layers)), layout="constrained", squeeze=False, sharey="row"
    )
    for row, layer in zip(axes, layers, strict=True):
        rows = result.table[result.table["layer"] == layer].reset_index(drop=True)
        _invariance(row[0], rows)
        _costs(row[1], rows)
        _output(row[2], rows)
    handles, labels = axes[0, 1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    settings = result.provenance["parameters"]
    shifts = f"1-{settings['max_shift']} pixels" if settings["max_shift"] > 1 else "1 pixel"
    figure.suptitle(
        f"{result.provenance['model']}: pools as they are and swapped, {settings['images']} images, {shifts}"
    )
    plt.close(figure)
    return figure


def _invariance(axes: Axes, rows: "pd.DataFrame") -> None:
    """Arrows from before to after."""
    before = rows["before"].iloc[0]
    axes.axvline(before, color=BEFORE, linestyle=":", zorder=0)
    for place, after in enumerate(rows["after"]):
        axes.plot([before, after], [place, place], color=_colour(place), linewidth=2.5, solid_capstyle="butt")
        axes.plot(after, place, "o", color=_colour(place), markersize=6)
    span = max(abs(rows["after"] - before).max(), 0.01)
    axes.set_xlim(before - 1.35 * span, before + 1.35 * span)
    for place, (after, gain) in enumerate(zip(rows["after"], rows["gain"], strict=True)):
        side = 1 if gain >= 0 else -1
        axes.annotate(
            f"{gain:+.3f}", (after, place), (7 * side, 0), textcoords="offset points", va="center",
            ha="left" if gain >= 0 else "right", fontsize=8,
        )  # fmt: skip
    _rows(axes, rows)
    axes.set_title(f"{rows['layer'].iloc[0]}: invariance before (dotted) and after", fontsize=10)
    axes.set_xlabel("invariance to shifts")


def _costs(axes: Axes, rows: "pd.DataFrame") -> None:
    places = np.arange(len(rows))
    axes.barh(places - 0.18, rows["energy_kept"], 0.34, color="#009e73", label="energy kept")
    axes.barh(places + 0.18, rows["position_after"].clip(lower=0), 0.34, color="#cc79a7", label="position read (R²)")
    before = max(rows["position_before"].iloc[0], 0)
    axes.axvline(before, color="#cc79a7", linestyle=":", label="position, before the pool")
    axes.set_xlim(0, 1)
    axes.set_title("What is left", fontsize=10)
    axes.set_xlabel("share")
    axes.spines[["top", "right"]].set_visible(False)


def _output(axes: Axes, rows: "pd.DataFrame") -> None:
    for place, (output, same) in enumerate(zip(rows["output"], rows["same_class"], strict=True)):
        if np.isfinite(output):
            axes.plot(output, place, "o", color=_colour(place), markersize=6)
            axes.annotate(
                f"{100 * same:.0f} %", (1.02, place), xycoords=("axes fraction", "data"), va="center", fontsize=8
            )
        else:
            axes.annotate("no output (see status)", (0.03, place), xycoords=("axes fraction", "data"),
                          va="center", fontsize=8, color="0.4")  # fmt: skip
    axes.margins(x=0.15)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.set_title("Output’s invariance; images of unchanged class →", fontsize=10)
    axes.set_xlabel("invariance to shifts")
    axes.spines[["top", "right"]].set_visible(False)


def _rows(axes: Axes, rows: "pd.DataFrame") -> None:
    names = [f"as it is ({rows['op'].iloc[0]})", *rows["pooling"].iloc[1:]]
    axes.set_yticks(range(len(rows)), names)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.spines[["top", "right"]].set_visible(False)


def _colour(place: int) -> str:
    return OWN if place == 0 else OTHER


MOST_MAPS, COLUMNS = 16, 4


def plot_sensitivity_map(result: "SensitivityMap") -> Figure:
    """Draw a map per layer; of more than sixteen layers, sixteen evenly spread ones.

    Returns
    -------
    matplotlib.figure.Figure
    """
    names = list(result.maps)
    names = [names[place] for place in np.unique(np.linspace(0, len(names) - 1, MOST_MAPS).astype(int))]
    columns = min(len(names), COLUMNS)
    rows = ceil(len(names) / columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(2.6 * columns + 1.2, 2.7 * rows + 0.5), layout="constrained", squeeze=False,
        sharex=True, sharey=True,
    )  # fmt: skip
    reach = len(next(iter(result.maps.values()))) / 2
    for panel, name in zip(axes.flat, names, strict=False):
        image = panel.imshow(result.maps[name], vmin=-1, vmax=1, cmap="RdBu_r", extent=(-reach, reach, reach, -reach))
        panel.set_title(name)
    for panel in axes.flat[len(names) :]:
        panel.set_visible(False)
    for place in range(columns):
        lowest = [panel for panel in axes[:, place] if panel.get_visible()][-1]
        lowest.set_xlabel("right (pixels)")
        lowest.xaxis.set_tick_params(labelbottom=True)
        lowest.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    for panel in axes[:, 0]:
        panel.set_ylabel("down (pixels)")
    label = "invariance (0: like another image, 1: unchanged)"
    figure.colorbar(image, ax=axes, label=label, shrink=0.8, extend="min")
    figure.suptitle(f"{result.provenance['model']}: invariance over all shifts")
    plt.close(figure)
    return figure


MOST_NUMBERS = 81


def plot_shift_consistency(result: "ShiftConsistency") -> Figure:
    """Draw the share of images of unchanged class, and the accuracy if there were labels, for every shift.

    Returns
    -------
    matplotlib.figure.Figure
    """
    columns = ["agreement"] if result.table["accuracy"].isna().all() else ["agreement", "accuracy"]
    size = (5.2 * len(columns), 4.6)
    figure, axes = plt.subplots(1, len(columns), figsize=size, layout="constrained", squeeze=False)
    titles = {"agreement": "class unchanged (%)", "accuracy": "class correct (%)"}
    for panel, column in zip(axes[0], columns, strict=True):
        _plane(panel, result.table, column)
        panel.set_title(titles[column])
    settings = result.provenance["parameters"]
    figure.suptitle(
        f"{result.provenance['model']}: two shifts agree in {100 * result.consistency:.1f} % "
        f"({settings['images']} images, boundary “{settings['boundary']}”)"
    )
    plt.close(figure)
    return figure


def _plane(axes: Axes, table: "pd.DataFrame", column: str) -> None:
    grid = 100 * table.pivot_table(index="dy", columns="dx", values=column)
    reach = grid.index.max() + 0.5
    image = axes.imshow(grid, cmap="viridis", extent=(-reach, reach, reach, -reach), vmax=100)
    low, high = image.get_clim()
    if grid.size <= MOST_NUMBERS:
        for dy, row in grid.iterrows():
            for dx, value in row.items():
                dark = value < low + 0.6 * (high - low)
                axes.text(float(str(dx)), float(str(dy)), f"{value:.0f}", ha="center", va="center", fontsize=8,
                          color="white" if dark else "black")  # fmt: skip
    axes.set_xlabel("shift right (pixels)")
    axes.set_ylabel("shift down (pixels)")
    axes.figure.colorbar(image, ax=axes, shrink=0.8)
