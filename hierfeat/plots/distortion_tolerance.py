"""Accuracy against the amount of each distortion."""

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from hierfeat.physiology.invariance.distortion_tolerance import DistortionTolerance

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_MARKERS = "osD^vP"
_TITLES = {
    "shift": "shift",
    "scale": "size",
    "rotation": "rotation",
    "noise": "flipped pixels",
    "elastic": "elastic deformation",
}


def plot_distortion_tolerance(*results: "DistortionTolerance") -> Figure:
    """Draw a panel per distortion; the untrained twin of a network is drawn in its colour, dashed."""
    names = list(dict.fromkeys(results[0].table["distortion"]))
    figure, axes = plt.subplots(1, len(names), figsize=(2.75 * len(names) + 0.6, 3.4), sharey=True, squeeze=False)
    trained = [r.table["model"].iloc[0] for r in results if "(untrained)" not in r.table["model"].iloc[0]]
    for result in results:
        model = result.table["model"].iloc[0]
        base = model.replace(" (untrained)", "")
        style = trained.index(base) if base in trained else 0
        for axis, name in zip(axes[0], names, strict=True):
            rows = result.table[result.table["distortion"] == name]
            axis.plot(
                rows["amount"],
                100 * rows["accuracy"],
                color=_COLOURS[style % 6],
                marker=_MARKERS[style % 6],
                linestyle="-" if base == model else ":",
                markersize=4,
                lw=1.6,
                label=model,
            )
            axis.set(title=_TITLES[name], xlabel=rows["unit"].iloc[0], ylim=(-3, 103))
            axis.grid(alpha=0.3)
            axis.spines[["top", "right"]].set_visible(False)
    axes[0, 0].set_ylabel("read right (%)")
    if len(results) > 1:
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="lower center", ncols=min(len(results), 4), frameon=False, fontsize=9)
    figure.tight_layout(rect=(0, 0.05 * (1 + (len(results) - 1) // 4) + 0.03 if len(results) > 1 else 0, 1, 1))
    plt.close(figure)
    return figure
