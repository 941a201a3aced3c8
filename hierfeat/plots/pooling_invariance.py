"""What each pool gains and costs."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

if TYPE_CHECKING:
    import pandas as pd

    from hierfeat.physiology.invariance.pooling_invariance import PoolingInvariance

OWN, OTHER, BEFORE = "#d55e00", "#0072b2", "0.45"


def plot_pooling_invariance(result: "PoolingInvariance") -> Figure:
    """Draw a row per pool: the invariance before it and after it, what it costs, and what the output makes of it."""
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
