"""Kernels and their opposites."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from hierfeat.anatomy.kernels.opposite_phase import OppositePhase


def plot_opposite_phase(result: "OppositePhase") -> Figure:
    """Draw each kernel's smallest cosine with another, a column per layer, and the mean of random kernels."""
    names = list(result.table["layer"].unique())
    figure, axes = plt.subplots(figsize=(max(4.5, 1.5 + 0.8 * len(names)), 4), layout="constrained")
    for place, name in enumerate(names):
        rows = result.table[result.table["layer"] == name]
        spread = np.linspace(-0.25, 0.25, len(rows)) if len(rows) > 1 else np.zeros(1)
        axes.plot(
            place + spread, rows["cosine"].sort_values(), ".", color="#0072b2", label="kernels" if not place else None
        )
        axes.plot([place - 0.35, place + 0.35], [rows["random"].iloc[0]] * 2, color="#d55e00", linewidth=2,
                  label="random kernels, mean" if not place else None)  # fmt: skip
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_ylabel("cosine with the most opposite kernel\n(−1: the same with its sign turned)")
    axes.set_ylim(-1.02, 0.05 if result.table["cosine"].max() < 0 else None)
    axes.set_title(f"{result.provenance['model']}: opposite-phase pairs")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    plt.close(figure)
    return figure
