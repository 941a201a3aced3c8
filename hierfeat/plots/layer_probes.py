"""What a linear classifier reads from each layer, by depth."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from hierfeat.representation.layer_probes import LayerProbes

_BLUE = "#0072b2"


def plot_layer_probes(result: "LayerProbes") -> Figure:
    """Draw test accuracy by depth with its 95 % intervals, training accuracy and chance."""
    table = result.table
    figure, axes = plt.subplots(figsize=(max(4.5, 1.2 + 0.5 * len(table)), 3.6), layout="constrained")
    at = np.arange(len(table))
    accuracy = 100 * table["accuracy"]
    spans = np.stack([accuracy - 100 * table["low"], 100 * table["high"] - accuracy])
    axes.errorbar(at, accuracy, spans, color=_BLUE, marker="o", capsize=3, label="test, 95 % interval")
    axes.plot(at, 100 * table["train_accuracy"], color="0.5", linestyle="--", marker=".", label="training")
    axes.axhline(100 * table["chance"].iloc[0], color="black", linestyle=":", label="the commonest class")
    axes.set_xticks(at, table["layer"], rotation=90 if len(table) > 8 else 0, fontsize=9)
    axes.set(xlabel="layer", ylabel="probe accuracy (%)", ylim=(0, 103))
    axes.set_title(result.provenance["model"], fontsize=10)
    axes.legend(loc="center right", fontsize=8, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    plt.close(figure)
    return figure
