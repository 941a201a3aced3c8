"""The whole against the sum of its parts."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from hierfeat.physiology.rectification.additivity import Additivity

LESS, MORE, ADDED = "#0072b2", "#d55e00", "#009e73"


def plot_additivity(result: "Additivity") -> Figure:
    """Draw, by depth, how far the whole is from the sum of its parts, and how much of the weights subtracts."""
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
