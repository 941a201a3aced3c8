"""What rectifiers do: distributions, sums of parts, linear regions, and the gradient by depth."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hierfeat.plots._style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    LIGHT,
    ORANGE,
    VERMILION,
    by_depth,
    entitle,
    few_ticks,
    highest,
    key_by_depth,
    number,
    open_frame,
    pick,
    shades,
    sheet,
    short,
    width_by_depth,
)

if TYPE_CHECKING:
    import pandas as pd

    from hierfeat.physiology.rectification.additivity import Additivity
    from hierfeat.physiology.rectification.gradient_flow import GradientFlow
    from hierfeat.physiology.rectification.linear_regions import LinearRegions
    from hierfeat.physiology.rectification.nonnegativity import NonNegativity

MOST_ROWS = 6


def plot_nonnegativity(result: "NonNegativity", *, layers: Sequence[str] | None = None) -> Figure:
    """Draw a row per rectifier: distributions, activity and sparseness of each channel, and what is kept.

    Parameters
    ----------
    layers
        The rectifiers to draw; by default all of them, or of more than six, six evenly spaced ones.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.

    Raises
    ------
    HierfeatError
        If there is no such rectifier.
    """
    names, some = pick(list(result.negative), layers, MOST_ROWS)
    figure = sheet(12, 1.0 + 2.4 * len(names))
    axes = figure.subplots(len(names), 3, squeeze=False)
    for row, name in zip(axes, names, strict=True):
        rows = result.table[result.table["layer"] == name]
        _distribution(row[0], result, name)
        _channels(row[1], rows)
        _gaussian(row[2], rows)
    for panel, title in zip(
        axes[0], ("Values", "Channels, sorted by activity", "Against a Gaussian input"), strict=True
    ):
        panel.set_title(title, fontsize=10)
    keys = {label: handle for axis in axes[0] for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)}
    figure.legend(keys.values(), keys.keys(), loc="outside lower center", ncols=len(keys), frameon=False, fontsize=10)
    settings = result.provenance["parameters"]
    entitle(figure, result, f"before and after each rectifier{some}, {settings['images']} images")
    return figure


def _distribution(axes: Axes, result: "NonNegativity", name: str) -> None:
    for (edges, shares), colour, label in (
        (result.before[name], GREY, "before"),
        (result.after[name], VERMILION, "after"),
    ):
        if np.isfinite(shares).any():
            width = edges[1] - edges[0]
            ends = [*edges, edges[-1] + width]
            filled = label == "before"
            alpha = 0.6 if filled else 1
            axes.stairs(shares, ends, fill=filled, alpha=alpha, color=colour, label=label, linewidth=1.5)
            axes.set_yscale("log")
    axes.axvline(0, color=INK, linewidth=0.7)
    axes.set(xlabel="value", ylabel=f"{short(name, 20)}\nshare of values")
    few_ticks(axes.xaxis, most=4, whole=False)
    open_frame(axes)


def _channels(axes: Axes, rows: "pd.DataFrame") -> None:
    ordered = rows.sort_values("active_fraction", ascending=False)
    places = np.arange(len(ordered))
    axes.plot(places, ordered["active_fraction"], color=BLUE, marker=".", linewidth=0.8, label="active fraction")
    axes.plot(places, ordered["lifetime_sparseness"], ".", color=VERMILION, label="lifetime sparseness")
    axes.axhline(ordered["population_sparseness"].iloc[0], color=GREEN, linestyle="--", label="population sparseness")
    dead = int(ordered["dead"].sum())
    if dead:
        first = len(ordered) - dead - 0.5
        axes.axvspan(first, len(ordered) - 0.5, color="0.88", zorder=0)
        axes.annotate(f"{dead} dead", (first + dead / 2, 0.5), ha="center", rotation=90, va="center", fontsize=10)
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlim(-0.6, len(ordered) - 0.4)
    axes.set_xlabel("channel")
    few_ticks(axes.xaxis)
    open_frame(axes)


def _gaussian(axes: Axes, rows: "pd.DataFrame") -> None:
    axes.plot([0, 1], [0, 1], color=LIGHT, linewidth=0.8)
    pairs = (
        ("active", "active_fraction", BLUE, "active fraction"),
        ("sparseness", "lifetime_sparseness", VERMILION, "lifetime sparseness"),
        ("energy_kept", "energy_kept", GREEN, "energy kept"),
    )
    top = 1.0
    for stem, column, colour, label in pairs:
        axes.plot(rows[f"{stem}_gaussian"], rows[column], ".", color=colour, label=label, markersize=6)
        top = max(top, highest(rows[column]), highest(rows[f"{stem}_gaussian"]))
    axes.set(xlabel="expected of a Gaussian input", ylabel="measured", aspect="equal")
    axes.set_xlim(-0.03, 1.03 * top)
    axes.set_ylim(-0.03, 1.03 * top)
    open_frame(axes)


def plot_additivity(result: "Additivity") -> Figure:
    """Draw, by depth, how far the whole is from the sum of its parts, and how much of the weights subtracts.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    table = result.table
    weighted = table[table["index"].notna()].reset_index(drop=True)
    figure = sheet(max(11, width_by_depth(len(table), 0.7)), 4.6)
    left, right = figure.subplots(1, 2)
    places = np.arange(len(table))
    less, more = table["error"] * table["less"], table["error"] * table["more"]
    left.bar(places, less, color=BLUE, label="the whole is less than the sum")
    left.bar(places, more, bottom=less, color=VERMILION, label="the whole is more than the sum")
    by_depth(left, list(table["layer"]))
    left.set_ylabel("error of adding the parts\n(share of the response’s energy)")
    left.set_title("A(x + y) against A(x) + A(y), disjoint halves", fontsize=10)
    left.set_ylim(0, 1.3 * highest(table["error"], 0.05))
    left.legend(frameon=False, loc="upper left", fontsize=10)
    _weights(right, weighted)
    open_frame(left, right)
    entitle(figure, result, "are combinations only additive?")
    return figure


def _weights(axes: Axes, weighted: "pd.DataFrame") -> None:
    """The share of the weights that adds, and the index between excitation and inhibition, by depth."""
    places = np.arange(len(weighted))
    axes.bar(places - 0.2, 1 - weighted["negative_mass"], 0.4, color=GREEN, label="weights that add (share of Σ|w|)")
    axes.bar(places + 0.2, weighted["index"], 0.4, color=GREY, label="additivity index (E − I)/(E + I)")
    axes.axhline(1, color=INK, linestyle=":", linewidth=0.8)
    axes.axhline(0, color=INK, linewidth=0.8)
    by_depth(axes, list(weighted["layer"]))
    axes.set_title("What the weights do (dotted: only additive)", fontsize=10)
    axes.set_ylim(-1.2 * highest(-weighted["index"]), 1.5)
    axes.legend(frameon=False, loc="upper left", fontsize=10)


def plot_linear_regions(result: "LinearRegions") -> Figure:
    """Draw how many borders lie where on the way, and the share of units that switch, by layer.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    names = list(result.table["layer"])
    figure = sheet(max(11, width_by_depth(len(names), 0.7)), 4.2)
    left, right = figure.subplots(1, 2)
    steps = result.crossings.shape[-1]
    along = (np.arange(steps) + 0.5) / steps
    colours = shades(len(names))
    for row, name, colour in zip(result.crossings, names, colours, strict=True):
        left.plot(along, np.cumsum(row.mean(0)), color=colour, label=name)
    left.set(xlabel="way from one image to the next", ylabel="borders crossed so far (mean)", xlim=(0, 1))
    right.bar(np.arange(len(names)), 100 * result.table["switched"], color=colours)
    by_depth(right, names)
    right.set_ylabel("units that switch on the way (%)")
    open_frame(left, right)
    key_by_depth(figure, [left], names)
    total = number(result.table["crossings"].sum(skipna=False), ",.0f")
    entitle(figure, result, f"{total} borders of linear regions between two images (mean)")
    return figure


def plot_gradient_flow(result: "GradientFlow") -> Figure:
    """Draw the gradient's norm relative to the last layer's, and the share of zeros, by layer.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    table = result.table
    names, places = list(table["layer"]), np.arange(len(table))
    figure = sheet(max(10, width_by_depth(len(names), 0.7)), 4.2)
    left, right = figure.subplots(1, 2)
    left.plot(places, table["relative"].where(table["relative"] > 0), color=BLUE, marker="o", markersize=4)
    if (table["relative"] > 0).any():
        left.set_yscale("log")
    left.axhline(1, color=LIGHT, linewidth=0.8)
    left.set_ylabel("norm of the gradient\n(last layer = 1)")
    right.bar(places, 100 * table["zero_fraction"], color=ORANGE)
    right.set_ylabel("units without gradient (%)")
    for axes in (left, right):
        by_depth(axes, names)
    open_frame(left, right)
    entitle(figure, result, "what arrives of the loss’s gradient")
    return figure
