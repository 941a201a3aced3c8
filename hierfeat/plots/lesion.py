"""The figure of lesions."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hierfeat.plots._style import (
    BLUE,
    GREY,
    entitle,
    few_ticks,
    highest,
    number,
    open_frame,
    scale,
    sheet,
    short,
    signed,
)

if TYPE_CHECKING:
    from hierfeat.representation.lesion import Lesion

MOST_NAMED = 40  # classes, or channels
_ORDER = {"given": "in the order given", "selectivity": "the most selective first",
          "norm": "the smallest norm first", "random": "in random order"}  # fmt: skip


def plot_lesion(result: "Lesion") -> Figure:
    """Draw the accuracy after each lesion, and the change in each class's recall.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels.
    """
    asked = result.provenance["parameters"]
    figure = sheet(10, 4.4)
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.1])
    _accuracies(left, result, cumulative=asked["how"] == "cumulatively")
    _recalls(right, result)
    order = "" if asked["how"] == "together" else f", {_ORDER[asked['order']]}"
    entitle(figure, result, f"channels of {asked['layer']} removed {asked['how']} ({asked['mode']}){order}")
    return figure


def _accuracies(axes: Axes, result: "Lesion", *, cumulative: bool) -> None:
    table, places = result.table, np.arange(len(result.table))
    percent = 100 * table["accuracy"]
    intact = 100 * result.accuracy
    axes.axhline(intact, color=GREY, linestyle="--", linewidth=1, label=f"intact, {number(intact, '.1f')} %")
    if cumulative:
        axes.plot(table["removed"], percent, color=BLUE, marker="o", markersize=4, label="lesioned")
        axes.set_xlabel("channels removed")
        few_ticks(axes.xaxis)
    else:
        axes.plot(places, percent, color=BLUE, marker="o", markersize=4, linestyle="none", label="lesioned")
        _name_lesions(axes, result)
    axes.set(ylabel="accuracy (%)", ylim=(0, 1.15 * max(highest(percent), intact if np.isfinite(intact) else 0, 1)))
    axes.legend(frameon=False, fontsize=10, loc="lower left")
    open_frame(axes)


def _recalls(axes: Axes, result: "Lesion") -> None:
    changes, labels, about = 100 * (result.recall - result.intact_recall), list(result.labels), "class"
    seen = np.flatnonzero(np.isfinite(changes).any(0))
    if len(labels) > MOST_NAMED and 0 < len(seen) < len(labels):
        about = f"class ({len(seen)} of {len(labels)} have images)"
        changes, labels = changes[:, seen], [labels[place] for place in seen]
    drawn = signed(axes, changes.T, aspect="auto")
    scale(drawn, axes, "change in recall (points)")
    if len(labels) <= MOST_NAMED:
        axes.set_yticks(range(len(labels)), [short(str(label)) for label in labels], fontsize=10)
    else:
        few_ticks(axes.yaxis)
    axes.set_ylabel(about)
    _name_lesions(axes, result)


def _name_lesions(axes: Axes, result: "Lesion") -> None:
    """Name the channels, in the order in which they were removed: all of them, or as many as there is room for."""
    channels = result.table["channel"].tolist()
    step = -(-len(channels) // 14)
    names = ["all" if channel < 0 else str(channel) for channel in channels]
    axes.set_xticks(range(0, len(channels), step), names[::step], fontsize=10)
    cumulative = result.provenance["parameters"]["how"] == "cumulatively"
    axes.set_xlabel("channel removed last" if cumulative else "channel removed")
