"""The dimensions of each layer's representation, by depth."""

from typing import TYPE_CHECKING

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from hierfeat.representation.participation_ratio import ParticipationRatio


def plot_participation_ratio(result: "ParticipationRatio") -> Figure:
    """Draw the participation ratio by depth; a constant layer has no point."""
    table = result.table
    figure, axes = plt.subplots(figsize=(max(4.5, 1.2 + 0.5 * len(table)), 3.2), layout="constrained")
    axes.plot(range(len(table)), table["participation_ratio"], color="#0072b2", marker="o")
    axes.set_xticks(range(len(table)), table["layer"], rotation=90 if len(table) > 8 else 0, fontsize=9)
    axes.set(xlabel="layer", ylabel="participation ratio (dimensions)", ylim=(0, 1.1 * axes.get_ylim()[1]))
    axes.set_title(result.provenance["model"], fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    plt.close(figure)
    return figure
