"""What rectifiers do: distributions, sums of parts, linear regions, and the gradient by depth."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hierfeat.plots._style import shades

if TYPE_CHECKING:
    import pandas as pd

    from hierfeat.physiology.rectification.additivity import Additivity
    from hierfeat.physiology.rectification.gradient_flow import GradientFlow
    from hierfeat.physiology.rectification.linear_regions import LinearRegions
    from hierfeat.physiology.rectification.nonnegativity import NonNegativity

BLUE, ORANGE, GREEN, GREY = "#0072b2", "#d55e00", "#009e73", "0.55"
MOST_ROWS = 6


def plot_nonnegativity(result: "NonNegativity") -> Figure:
    """Draw a row per rectifier: distributions, activity and sparseness of each channel, and what is kept.

    Of more than six rectifiers, six evenly spread ones are drawn.

    Returns
    -------
    matplotlib.figure.Figure
    """
    names = list(result.negative)
    names = [names[place] for place in np.unique(np.linspace(0, len(names) - 1, MOST_ROWS).astype(int))]
    figure, axes = plt.subplots(
        len(names), 3, figsize=(12, 0.8 + 2.4 * len(names)), layout="constrained", squeeze=False
    )
    for row, name in zip(axes, names, strict=True):
        rows = result.table[result.table["layer"] == name]
        _distribution(row[0], result, name)
        _channels(row[1], rows)
        _gaussian(row[2], rows)
    for panel, title in zip(
        axes[0], ("Values", "Channels, sorted by activity", "Against a Gaussian input"), strict=True
    ):
        panel.set_title(title)
    axes[0, 0].legend(fontsize=8, frameon=False)
    axes[0, 1].legend(fontsize=8, frameon=False)
    axes[0, 2].legend(fontsize=8, frameon=False, loc="lower right")
    settings = result.provenance["parameters"]
    figure.suptitle(f"{result.provenance['model']}: before and after each rectifier, {settings['images']} images")
    plt.close(figure)
    return figure


def _distribution(axes: Axes, result: "NonNegativity", name: str) -> None:
    for values, colour, label in ((result.before[name], GREY, "before"), (result.after[name], ORANGE, "after")):
        edges, shares = values
        width = edges[1] - edges[0]
        axes.stairs(shares, [*edges, edges[-1] + width], fill=label == "before", alpha=0.6 if label == "before" else 1,
                    color=colour, label=label, linewidth=1.5)  # fmt: skip
    axes.set_yscale("log")
    axes.axvline(0, color="black", linewidth=0.7)
    axes.set_xlabel("value")
    axes.set_ylabel(f"{name}\nshare of values")
    axes.spines[["top", "right"]].set_visible(False)


def _channels(axes: Axes, rows: "pd.DataFrame") -> None:
    ordered = rows.sort_values("active_fraction", ascending=False)
    places = np.arange(len(ordered))
    axes.plot(places, ordered["active_fraction"], color=BLUE, marker=".", linewidth=0.8, label="active fraction")
    axes.plot(
        places, ordered["lifetime_sparseness"], color=ORANGE, marker=".", linewidth=0, label="lifetime sparseness"
    )
    axes.axhline(ordered["population_sparseness"].iloc[0], color=GREEN, linestyle="--", label="population sparseness")
    dead = int(ordered["dead"].sum())
    if dead:
        axes.axvspan(len(ordered) - dead - 0.5, len(ordered) - 0.5, color="0.88", zorder=0)
        axes.annotate(
            f"{dead} dead", (len(ordered) - dead / 2 - 0.5, 0.5), ha="center", rotation=90, va="center", fontsize=8
        )
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlabel("channel")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[["top", "right"]].set_visible(False)


def _gaussian(axes: Axes, rows: "pd.DataFrame") -> None:
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=0.8)
    pairs = (("active", "active_fraction", BLUE, "active fraction"),
             ("sparseness", "lifetime_sparseness", ORANGE, "lifetime sparseness"),
             ("energy_kept", "energy_kept", GREEN, "energy kept"))  # fmt: skip
    for stem, column, colour, label in pairs:
        axes.plot(rows[f"{stem}_gaussian"], rows[column], ".", color=colour, label=label, markersize=6)
    axes.set_xlabel("expected of a Gaussian input")
    axes.set_ylabel("measured")
    axes.set_aspect("equal")
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(-0.03, 1.03)
    axes.spines[["top", "right"]].set_visible(False)


LESS, MORE, ADDED = "#0072b2", "#d55e00", "#009e73"


def plot_additivity(result: "Additivity") -> Figure:
    """Draw, by depth, how far the whole is from the sum of its parts, and how much of the weights subtracts.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = result.table
    places = np.arange(len(table))
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    less, more = table["error"] * table["less"], table["error"] * table["more"]
    left.bar(places, less, color=LESS, label="the whole is less than the sum")
    left.bar(places, more, bottom=less, color=MORE, label="the whole is more than the sum")
    left.set_xticks(places, table["layer"], rotation=45, ha="right")
    left.set_ylabel("error of adding the parts\n(share of the response’s energy)")
    left.set_title("A(x + y) against A(x) + A(y), disjoint halves")
    left.legend(frameon=False, loc="upper left")
    left.set_ylim(0, 1.3 * max(float(table["error"].max()), 0.05))
    weighted = table[table["index"].notna()].reset_index(drop=True)
    places = np.arange(len(weighted))
    right.bar(places - 0.2, 1 - weighted["negative_mass"], 0.4, color=ADDED, label="weights that add (share of Σ|w|)")
    right.bar(places + 0.2, weighted["index"], 0.4, color="0.5", label="additivity index (E − I)/(E + I)")
    right.axhline(1, color="black", linestyle=":", linewidth=0.8)
    right.text(len(weighted) - 0.5, 0.98, "only additive", ha="right", va="top", fontsize=9)
    right.axhline(0, color="black", linewidth=0.8)
    right.set_xticks(places, weighted["layer"], rotation=45, ha="right")
    right.set_title("What the weights do")
    right.set_ylim(min(0.0, float(weighted["index"].min()) * 1.2), 1.3)
    right.legend(frameon=False, loc="upper left", ncols=2, fontsize=8)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(f"{result.provenance['model']}: only additive combinations?")
    plt.close(figure)
    return figure


def plot_linear_regions(result: "LinearRegions") -> Figure:
    """Draw how many borders lie where on the way, and the share of units that switch, by layer.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
    steps = result.crossings.shape[-1]
    along = (np.arange(steps) + 0.5) / steps
    colours = shades(len(result.table))
    for row, name, colour in zip(result.crossings, result.table["layer"], colours, strict=True):
        left.plot(along, np.cumsum(row.mean(0)), color=colour, label=name)
    left.set_xlabel("way from one image to the next")
    left.set_ylabel("borders crossed so far (mean)")
    left.legend(frameon=False, fontsize=8)
    left.set_xlim(0, 1)
    places = np.arange(len(result.table))
    right.bar(places, 100 * result.table["switched"], color=colours)
    right.set_xticks(places, result.table["layer"], rotation=45, ha="right")
    right.set_ylabel("units that switch on the way (%)")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    total = result.table["crossings"].sum()
    figure.suptitle(f"{result.provenance['model']}: {total:,.0f} borders of linear regions between two images (mean)")
    plt.close(figure)
    return figure


def plot_gradient_flow(result: "GradientFlow") -> Figure:
    """Draw the gradient's norm relative to the last layer's, and the share of zeros, by layer.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = result.table
    places = np.arange(len(table))
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
    left.semilogy(places, table["relative"], color="#0072b2", marker="o")
    left.axhline(1, color="0.6", linewidth=0.8)
    left.set_ylabel("norm of the gradient\n(last layer = 1)")
    right.bar(places, 100 * table["zero_fraction"], color="#e69f00")
    right.set_ylabel("units without gradient (%)")
    for axes in (left, right):
        axes.set_xticks(places, table["layer"], rotation=90 if len(places) > 20 else 45, ha="right")
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(f"{result.provenance['model']}: what arrives of the loss’s gradient")
    plt.close(figure)
    return figure
