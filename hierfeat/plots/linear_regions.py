"""Borders between linear regions."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from hierfeat.plots.translation_invariance import colours

if TYPE_CHECKING:
    from hierfeat.physiology.rectification.linear_regions import LinearRegions


def plot_linear_regions(result: "LinearRegions") -> Figure:
    """Draw how many borders lie where on the way, and the share of units that switch, by layer."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
    steps = result.crossings.shape[-1]
    along = (np.arange(steps) + 0.5) / steps
    shades = colours(len(result.table))
    for row, name, colour in zip(result.crossings, result.table["layer"], shades, strict=True):
        left.plot(along, np.cumsum(row.mean(0)), color=colour, label=name)
    left.set_xlabel("way from one image to the next")
    left.set_ylabel("borders crossed so far (mean)")
    left.legend(frameon=False, fontsize=8)
    left.set_xlim(0, 1)
    places = np.arange(len(result.table))
    right.bar(places, 100 * result.table["switched"], color=shades)
    right.set_xticks(places, result.table["layer"], rotation=45, ha="right")
    right.set_ylabel("units that switch on the way (%)")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    total = result.table["crossings"].sum()
    figure.suptitle(f"{result.provenance['model']}: {total:,.0f} borders of linear regions between two images (mean)")
    plt.close(figure)
    return figure
