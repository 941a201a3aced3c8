"""Invariance and equivariance against the shift."""

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

if TYPE_CHECKING:
    from hierfeat.physiology.invariance.translation_invariance import TranslationInvariance

MARKERS = {"conv": "o", "activation": "^", "pool": "s", "linear": "D"}
MOST_LINES = 14


def plot_translation_invariance(result: "TranslationInvariance") -> Figure:
    """Draw, against the shift and as means over the four directions: invariance, and equivariance at inner units."""
    table = result.table.assign(distance=result.table["dy"].abs() + result.table["dx"].abs())
    names = list(table["layer"].unique())
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4), layout="constrained", sharex=True)
    draw = _lines if len(names) <= MOST_LINES else _map
    draw(left, table, names, "invariance")
    draw(right, table, names, "equivariance")
    left.set_title("Invariance: the response stays as it was")
    right.set_title("Equivariance: the map moves along with the image")
    model, settings = result.provenance["model"], result.provenance["parameters"]
    figure.suptitle(f"{model}: {settings['images']} images shifted, boundary “{settings['boundary']}”")
    if draw is _lines:
        left.set_ylabel("invariance\n(0: like another image, 1: unchanged)")
        left.axhline(0, color="0.6", linewidth=0.8, zorder=0)
        right.set_ylabel("equivariance\n(1: aliasing-free)")
        handles, labels = left.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside right center", frameon=False)
    plt.close(figure)
    return figure


def colours(count: int) -> list[tuple[float, float, float, float]]:
    """Shallow to deep: dark to bright, without the palest end."""
    return [mpl.colormaps["viridis"](value) for value in np.linspace(0, 0.9, max(count, 1))]


def _lines(axes: Axes, table: pd.DataFrame, names: list[str], column: str) -> None:
    for name, colour in zip(names, colours(len(names)), strict=True):
        rows = table[table["layer"] == name]
        curve = rows.groupby("distance")[column].mean()
        marker = MARKERS.get(rows["kind"].iloc[0], ".")
        axes.plot(curve.index, curve, color=colour, marker=marker, markersize=4.5, label=name)
    axes.set_xlabel("shift (pixels)")
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=True))
    axes.spines[["top", "right"]].set_visible(False)


def _map(axes: Axes, table: pd.DataFrame, names: list[str], column: str) -> None:
    """Too many layers for lines: a row each."""
    grid = table.pivot_table(index="layer", columns="distance", values=column, dropna=False).reindex(names)
    distances = grid.columns.to_numpy(dtype=float)
    half = (distances[1] - distances[0]) / 2
    extent = (distances[0] - half, distances[-1] + half, len(names) - 0.5, -0.5)
    image = axes.imshow(grid, aspect="auto", vmin=0, vmax=1, cmap="viridis", extent=extent, interpolation="nearest")
    every = -(-len(names) // 30)
    axes.set_yticks(range(0, len(names), every), names[::every], fontsize=6)
    axes.set_xlabel("shift (pixels)")
    axes.figure.colorbar(image, ax=axes, label=column)
