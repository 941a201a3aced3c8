"""Similarity between layers as two matrices."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from hierfeat.representation.similarity import Similarity

_NUMBERS = 12  # layers up to which the cells have their numbers


def plot_similarity(result: "Similarity") -> Figure:
    """Draw CKA on the left and RSA on the right; what is NaN stays white."""
    rows, columns = (list(dict.fromkeys(result.table[name])) for name in ("layer", "other"))
    side = 1.9 + 0.34 * max(len(rows), len(columns), 6)
    figure, grid = plt.subplots(1, 2, figsize=(2 * side, side), layout="constrained")
    own, other = result.names
    for axes, matrix, title in zip(grid, (result.cka, result.rsa), ("CKA (linear)", "RSA (Spearman)"), strict=True):
        drawn = axes.imshow(matrix, cmap="cividis", vmin=0, vmax=1)
        axes.set_title(title, fontsize=10)
        axes.set_xticks(range(len(columns)), columns, rotation=90, fontsize=8)
        axes.set_yticks(range(len(rows)), rows, fontsize=8)
        axes.set_xlabel(other if other != own else "")
        axes.set_ylabel(own)
        if max(matrix.shape) <= _NUMBERS:
            for (row, column), value in ((at, matrix[at]) for at in _places(matrix.shape)):
                colour = "black" if value > 0.55 else "white"
                text = "" if np.isnan(value) else f"{value:.2f}"
                axes.text(column, row, text, ha="center", va="center", fontsize=7, color=colour)
    below = min(np.nanmin(matrix, initial=0.0) for matrix in (result.cka, result.rsa)) < 0
    figure.colorbar(drawn, ax=grid.tolist(), label="similarity", shrink=0.8, extend="min" if below else "neither")
    plt.close(figure)
    return figure


def _places(shape: tuple[int, ...]) -> list[tuple[int, int]]:
    return [(row, column) for row in range(shape[0]) for column in range(shape[1])]
