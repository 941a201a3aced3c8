"""Invariance to any transformation: by layer, by unit, and of the accuracy."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from hierfeat.plots._style import MARKERS, shades

if TYPE_CHECKING:
    from hierfeat.physiology.invariance.distortion_tolerance import DistortionTolerance
    from hierfeat.physiology.invariance.invariance_score import InvarianceScore
    from hierfeat.physiology.invariance.transformation_invariance import TransformationInvariance

MOST_LINES = 12


def plot_transformation_invariance(result: "TransformationInvariance") -> Figure:
    """Draw the invariance of each layer against that of the pixels, a panel per transformation.

    Of more than twelve layers, twelve evenly spread ones are drawn.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = result.table
    kinds = list(table["transformation"].unique())
    names = list(table["layer"].unique())
    names = [names[place] for place in np.unique(np.linspace(0, len(names) - 1, MOST_LINES).astype(int))]
    figure, axes = plt.subplots(
        1, len(kinds), figsize=(1.6 + 2.9 * len(kinds), 3.9), layout="constrained", squeeze=False, sharey=True
    )
    for panel, kind in zip(axes[0], kinds, strict=True):
        rows = table[table["transformation"] == kind]
        for name, colour in zip(names, shades(len(names)), strict=True):
            line = rows[rows["layer"] == name]
            panel.plot(line["pixels"], line["invariance"], color=colour, marker=MARKERS.get(line["kind"].iloc[0], "."),
                       markersize=4.5, label=name)  # fmt: skip
        low = min(0.0, float(rows["pixels"].min()))
        panel.plot([low, 1], [low, 1], color="0.6", linewidth=0.8, zorder=0)
        amounts = rows.drop_duplicates("amount")["amount"]
        panel.set_title(f"{kind}\n{', '.join(f'{amount:g}' for amount in amounts)} {rows['unit'].iloc[0]}", fontsize=10)
        panel.set_xlabel("invariance of the pixels")
        panel.invert_xaxis()
        panel.spines[["top", "right"]].set_visible(False)
    axes[0, 0].set_ylabel("invariance of the layer")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center", frameon=False)
    figure.suptitle(f"{result.provenance['model']}: above the grey line, more tolerant than the pixels")
    plt.close(figure)
    return figure


def plot_invariance_score(result: "InvarianceScore") -> Figure:
    """Draw the scores of all units, a column per layer, and the means of all and of the best tenth.

    Returns
    -------
    matplotlib.figure.Figure
    """
    names = list(result.table["layer"].unique())
    summary = result.summary.set_index("layer")
    figure, axes = plt.subplots(figsize=(max(5.0, 1.5 + 0.75 * len(names)), 4), layout="constrained")
    scores = [result.table.loc[result.table["layer"] == name, "score"].dropna() for name in names]
    filled = [place for place, values in enumerate(scores) if len(values)]
    axes.boxplot(
        [scores[place] for place in filled], positions=filled, widths=0.5, showfliers=False,
        medianprops={"color": "black"}, boxprops={"color": "0.5"}, whiskerprops={"color": "0.5"},
        capprops={"color": "0.5"}, manage_ticks=False,
    )  # fmt: skip
    axes.plot(range(len(names)), summary.loc[names, "best_100"], "o", color="#0072b2", label="mean of all units")
    axes.plot(range(len(names)), summary.loc[names, "best_10"], "^", color="#d55e00", label="mean of the best tenth")
    axes.axhline(1, color="0.6", linewidth=0.8, linestyle=":")
    settings = result.provenance["parameters"]
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_ylabel(f"invariance score L/G\n(1: at random, {1 / settings['firing']:g}: goes on firing)")
    axes.set_ylim(0, None)
    axes.legend(frameon=False)
    axes.set_title(f"{result.provenance['model']}: {settings['transformation']}, {settings['images']} images")
    axes.spines[["top", "right"]].set_visible(False)
    plt.close(figure)
    return figure


_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_MARKERS = "osD^vP"
_TITLES = {
    "shift": "shift",
    "scale": "size",
    "rotation": "rotation",
    "noise": "flipped pixels",
    "elastic": "elastic deformation",
}


def plot_distortion_tolerance(result: "DistortionTolerance", *others: "DistortionTolerance") -> Figure:
    """Draw a panel per distortion and a curve per network; an untrained twin has its network's colour, dashed.

    Parameters
    ----------
    *others : DistortionTolerance
        Those of other networks, to be drawn beside this one.

    Returns
    -------
    matplotlib.figure.Figure
    """
    results = (result, *others)
    names = list(dict.fromkeys(result.table["distortion"]))
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
