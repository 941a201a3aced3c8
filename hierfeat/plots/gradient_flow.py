"""The gradient by depth."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from hierfeat.physiology.rectification.gradient_flow import GradientFlow


def plot_gradient_flow(result: "GradientFlow") -> Figure:
    """Draw the gradient's norm relative to the last layer's, and the share of zeros, by layer."""
    table = result.table
    places = np.arange(len(table))
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
    left.semilogy(places, table["relative"], color="#0072b2", marker="o")
    left.axhline(1, color="0.6", linewidth=0.8)
    left.set_ylabel("norm of the gradient\n(last layer = 1)")
    right.bar(places, 100 * table["zero_fraction"], color="#e69f00")
    right.set_ylabel("units without gradient (%)")
    for axes in (left, right):
        axes.set_xticks(places, table["layer"], rotation=90 if len(places) > 20 else 45, ha="right")
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(f"{result.provenance['model']}: what arrives of the loss’s gradient")
    plt.close(figure)
    return figure
