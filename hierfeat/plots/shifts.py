"""Invariance to shifts: by distance, over the plane of shifts, of the predicted class, and what pools do to it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from hierfeat.plots._style import (
    BLUE,
    GREEN,
    GREY,
    LIGHT,
    MARKERS,
    MOST_NAMED,
    POSITIVE,
    PURPLE,
    VERMILION,
    by_depth,
    entitle,
    few_ticks,
    highest,
    ink_on,
    key_by_depth,
    number,
    open_frame,
    pick,
    positive,
    scale,
    shades,
    sheet,
    short,
    signed,
    whole_pixels,
)

if TYPE_CHECKING:
    from hierfeat.physiology.invariance.pooling_invariance import PoolingInvariance
    from hierfeat.physiology.invariance.sensitivity_map import SensitivityMap
    from hierfeat.physiology.invariance.shift_consistency import ShiftConsistency
    from hierfeat.physiology.invariance.translation_invariance import TranslationInvariance

MOST_POOLS, MOST_MAPS, MOST_NUMBERS = 6, 16, 81
COLUMNS = 4


def plot_translation_invariance(result: "TranslationInvariance") -> Figure:
    """Draw, against the shift and as means over the four directions: invariance, and equivariance at inner units.

    Up to fourteen layers are curves, more are rows of a map.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    table = result.table.assign(distance=result.table["dy"].abs() + result.table["dx"].abs())
    names = list(table["layer"].unique())
    curves = len(names) <= MOST_NAMED
    figure = sheet(11, 4.6 if curves else min(14.0, 1.6 + 0.16 * len(names)))
    left, right = figure.subplots(1, 2, sharex=True)
    for axes, column in ((left, "invariance"), (right, "equivariance")):
        means = table.pivot_table(index="layer", columns="distance", values=column, dropna=False).reindex(names)
        if curves:
            _curves(axes, means, table)
        else:
            _rows_of_a_map(axes, means, column)
    left.set_title("Invariance: the response stays as it was", fontsize=10)
    right.set_title("Equivariance: the map moves along with the image", fontsize=10)
    if curves:
        left.set_ylabel("invariance\n(0: like another image, 1: unchanged)")
        left.axhline(0, color=LIGHT, linewidth=0.8, zorder=0)
        right.set_ylabel("equivariance\n(1: aliasing-free)")
        key_by_depth(figure, [left, right], names)
    settings = result.provenance["parameters"]
    entitle(figure, result, f"{settings['images']} images shifted, boundary “{settings['boundary']}”")
    return figure


def _curves(axes: Axes, means: pd.DataFrame, table: pd.DataFrame) -> None:
    kinds = dict(zip(table["layer"], table["kind"], strict=True))
    for name, curve, colour in zip(means.index, means.to_numpy(), shades(len(means)), strict=True):
        marker = MARKERS.get(kinds[name], ".")
        axes.plot(means.columns, curve, color=colour, marker=marker, markersize=4.5, label=name)
    axes.set_xlabel("shift (pixels)")
    few_ticks(axes.xaxis, most=5)
    open_frame(axes)


def _rows_of_a_map(axes: Axes, means: pd.DataFrame, column: str) -> None:
    """Too many layers for curves: a row each, and a column for each shift."""
    drawn = positive(axes, means, 1.0, aspect="auto")
    by_depth(axes, list(means.index), along="y", size=10)
    axes.set_xticks(range(len(means.columns)), [f"{distance:g}" for distance in means.columns])
    axes.set_xlabel("shift (pixels)")
    scale(drawn, axes, column)


def plot_pooling_invariance(result: "PoolingInvariance", *, layers: Sequence[str] | None = None) -> Figure:
    """Draw a row per pool: the invariance before it and after it, what it costs, and what the output makes of it.

    Parameters
    ----------
    layers
        The pools to draw; by default all of them, or of more than six, six evenly spaced ones.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.

    Raises
    ------
    HierfeatError
        If there is no such pool.
    """
    names, some = pick(list(result.table["layer"].unique()), layers, MOST_POOLS)
    figure = sheet(12, 1.1 + 2.75 * len(names))
    axes = figure.subplots(len(names), 3, squeeze=False, sharey="row")
    for row, layer in zip(axes, names, strict=True):
        rows = result.table[result.table["layer"] == layer].reset_index(drop=True)
        _before_and_after(row[0], rows)
        _costs(row[1], rows)
        _output(row[2], rows)
    handles, labels = axes[0, 1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=10)
    settings = result.provenance["parameters"]
    shifts = f"1-{settings['max_shift']} pixels" if settings["max_shift"] > 1 else "1 pixel"
    about = f"pools as they are and swapped{some}, {settings['images']} images, shifts of {shifts}"
    entitle(figure, result, about)
    return figure


def _before_and_after(axes: Axes, rows: pd.DataFrame) -> None:
    """A bar from the invariance before to that after, for each kind of pooling."""
    before = float(rows["before"].iloc[0])
    axes.axvline(before, color=GREY, linestyle=":", zorder=0)
    for place, after in enumerate(rows["after"]):
        axes.plot([before, after], [place, place], color=_colour(place), linewidth=2.5, solid_capstyle="butt")
        axes.plot(after, place, "o", color=_colour(place), markersize=6)
    if np.isfinite(before):
        span = 2.8 * highest((rows["after"] - before).abs(), 0.005)  # room for numbers on either side
        axes.set_xlim(before - span, before + span)
    for place, (after, gain) in enumerate(zip(rows["after"], rows["gain"], strict=True)):
        side = -1 if gain < 0 else 1
        axes.annotate(
            number(gain, "+.3f"), (after, place), (7 * side, 0), textcoords="offset points", va="center",
            ha="left" if side > 0 else "right", fontsize=10,
        )  # fmt: skip
    axes.set_yticks(range(len(rows)), [f"as it is ({rows['op'].iloc[0]})", *rows["pooling"].iloc[1:]])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_title(f"{short(rows['layer'].iloc[0])}: invariance before (dotted) and after", fontsize=10)
    axes.set_xlabel("invariance to shifts")
    few_ticks(axes.xaxis, most=5, whole=False)
    open_frame(axes)


def _costs(axes: Axes, rows: pd.DataFrame) -> None:
    places = np.arange(len(rows))
    axes.barh(places - 0.18, rows["energy_kept"], 0.34, color=GREEN, label="energy kept")
    axes.barh(places + 0.18, rows["position_after"].clip(lower=0), 0.34, color=PURPLE, label="position decoded (R²)")
    before = max(float(rows["position_before"].iloc[0]), 0.0)
    axes.axvline(before, color=PURPLE, linestyle=":", label="position, before the pool")
    axes.set_xlim(0, max(1.0, 1.05 * highest(rows["energy_kept"])))
    axes.set_title("What is left", fontsize=10)
    axes.set_xlabel("share")
    open_frame(axes)


def _output(axes: Axes, rows: pd.DataFrame) -> None:
    beside = ("axes fraction", "data")
    for place, (output, same) in enumerate(zip(rows["output"], rows["same_class"], strict=True)):
        if np.isfinite(output):
            axes.plot(output, place, "o", color=_colour(place), markersize=6)
            share = f"{number(100 * same, '.0f')} %"
            axes.annotate(share, (1.02, place), xycoords=beside, va="center", fontsize=10)
        else:
            axes.annotate(
                "no output (see status)", (0.03, place), xycoords=beside, va="center", fontsize=10, color=GREY
            )
    axes.margins(x=0.15)
    few_ticks(axes.xaxis, most=4, whole=False)
    axes.set_title("Output’s invariance; images of unchanged class →", fontsize=10)
    axes.set_xlabel("invariance to shifts")
    open_frame(axes)


def _colour(place: int) -> str:
    return BLUE if place else VERMILION


def plot_sensitivity_map(result: "SensitivityMap", *, layers: Sequence[str] | None = None) -> Figure:
    """Draw a map of invariance over all shifts per layer.

    Parameters
    ----------
    layers
        The layers to draw; by default all of them, or of more than sixteen, sixteen evenly spaced ones.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.

    Raises
    ------
    HierfeatError
        If there is no such layer.
    """
    names, some = pick(list(result.maps), layers, MOST_MAPS)
    columns = min(len(names), COLUMNS)
    rows = -(-len(names) // columns)
    figure = sheet(max(2.6 * columns + 1.2, 5.5), 2.7 * rows + 0.7)
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    reach = len(next(iter(result.maps.values()))) / 2
    drawn = []
    for panel, name in zip(axes.flat, names, strict=False):
        drawn.append(signed(panel, result.maps[name], 1.0, extent=(-reach, reach, reach, -reach)))
        panel.set_title(short(name), fontsize=10)
    for panel in axes.flat[len(names) :]:
        panel.set_visible(False)
    whole_pixels(axes[0, 0])
    for column in axes.T:
        lowest = [panel for panel in column if panel.get_visible()][-1]
        lowest.set_xlabel("right (pixels)")
        lowest.xaxis.set_tick_params(labelbottom=True)
    for panel in axes[:, 0]:
        panel.set_ylabel("down (pixels)")
    scale(drawn, list(axes.flat), "invariance (0: like another image, 1: unchanged)")
    entitle(figure, result, f"invariance over the plane of shifts{some}")
    return figure


def plot_shift_consistency(result: "ShiftConsistency") -> Figure:
    """Draw the share of images of unchanged class, and the accuracy if there were labels, for every shift.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    columns = ["agreement"] if result.table["accuracy"].isna().all() else ["agreement", "accuracy"]
    titles = {"agreement": "class unchanged (%)", "accuracy": "class correct (%)"}
    figure = sheet(max(5.2 * len(columns), 6), 4.8)
    panels = figure.subplots(1, len(columns), squeeze=False)[0]
    for axes, column in zip(panels, columns, strict=True):
        drawn = _plane(axes, result.table, column)
        axes.set_title(titles[column], fontsize=10)
        scale(drawn, axes, "")
    settings = result.provenance["parameters"]
    about = (
        f"two shifts agree in {number(100 * result.consistency, '.1f')} % "
        f"({settings['images']} images, boundary “{settings['boundary']}”)"
    )
    entitle(figure, result, about)
    return figure


def _plane(axes: Axes, table: pd.DataFrame, column: str) -> AxesImage:
    """Shares over the shifts; the scale begins at the lowest, since it is the differences that are looked at."""
    grid = 100 * table.pivot_table(index="dy", columns="dx", values=column, dropna=False)
    reach = grid.index.max() + 0.5
    low = min(100 - highest(100 - grid), 99.0)
    extent = (-reach, reach, reach, -reach)
    drawn = axes.imshow(np.ma.masked_invalid(grid), cmap=POSITIVE, vmin=low, vmax=100, extent=extent)
    if grid.size <= MOST_NUMBERS:
        for dy, dx, share in zip(table["dy"], table["dx"], 100 * table[column], strict=True):
            text = number(share, ".0f")
            axes.text(dx, dy, text, ha="center", va="center", fontsize=10, color=ink_on(drawn, share))
    axes.set(xlabel="shift right (pixels)", ylabel="shift down (pixels)")
    whole_pixels(axes)
    return drawn
