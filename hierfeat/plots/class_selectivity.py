"""Class selectivity of the channels of each layer, beside that of permuted labels."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from hierfeat.representation.class_selectivity import ClassSelectivity


def plot_class_selectivity(result: "ClassSelectivity") -> Figure:
    """Draw a point per channel, the layer's median, and the 95 % bound of chance."""
    layers = list(dict.fromkeys(result.table["layer"]))
    figure, axes = plt.subplots(figsize=(max(4.5, 1.2 + 0.6 * len(layers)), 3.6), layout="constrained")
    generator = np.random.default_rng(0)
    for at, layer in enumerate(layers):
        rows = result.table[(result.table["layer"] == layer) & (result.table["status"] == "ok")]
        spread = at + generator.uniform(-0.2, 0.2, len(rows))
        label = "channel" if at == 0 else None
        axes.plot(spread, rows["selectivity"], ".", color="#0072b2", alpha=0.6, label=label)
        ends = at - 0.3, at + 0.3
        median, bound = rows["selectivity"].median(), rows["null_95"].median()
        axes.plot(ends, (median, median), color="black", label="median" if at == 0 else None)
        axes.plot(ends, (bound, bound), color="#d55e00", linestyle="--", label="95 % of chance" if at == 0 else None)
    axes.set_xticks(range(len(layers)), layers, rotation=90 if len(layers) > 8 else 0, fontsize=9)
    axes.set(xlabel="layer", ylabel="class selectivity", ylim=(0, 1))
    axes.set_title(result.provenance["model"], fontsize=10)
    axes.legend(fontsize=8, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    plt.close(figure)
    return figure
