"""What rectifiers do."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

if TYPE_CHECKING:
    import pandas as pd

    from hierfeat.physiology.rectification.nonnegativity import NonNegativity

BLUE, ORANGE, GREEN, GREY = "#0072b2", "#d55e00", "#009e73", "0.55"
MOST_ROWS = 6


def plot_nonnegativity(result: "NonNegativity") -> Figure:
    """Draw a row per rectifier: distributions, activity and sparseness of each channel, and what is kept.

    Of more than six rectifiers, six evenly spread ones are drawn.
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
