"""Goodfellow's scores by layer."""

from typing import TYPE_CHECKING

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from hierfeat.physiology.invariance.invariance_score import InvarianceScore


def plot_invariance_score(result: "InvarianceScore") -> Figure:
    """Draw the scores of all units, a column per layer, and the means of all and of the best tenth."""
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
