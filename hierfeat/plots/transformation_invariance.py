"""Invariances compared on one axis."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from hierfeat.plots.translation_invariance import MARKERS, colours

if TYPE_CHECKING:
    from hierfeat.physiology.invariance.transformation_invariance import TransformationInvariance

MOST_LINES = 12


def plot_transformation_invariance(result: "TransformationInvariance") -> Figure:
    """Draw a panel per transformation: the invariance of layers against that of the pixels.

    Of more than twelve layers, twelve evenly spread ones are drawn.
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
        for name, colour in zip(names, colours(len(names)), strict=True):
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
