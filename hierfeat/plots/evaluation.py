"""The confusion matrix, and the images that a classifier is surest about and wrong."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from hierfeat.representation.evaluation import Evaluation

_FEW = 20  # numbers are written into the cells up to this many classes


def plot_evaluation(evaluation: "Evaluation") -> Figure:
    """Draw the confusion matrix; a row adds up to 100 %, and the diagonal is left white so that mistakes stand out."""
    counts, names = evaluation.confusion, evaluation.table["label"].tolist()
    percent = 100 * counts / np.maximum(counts.sum(1, keepdims=True), 1)
    mistakes = np.where(np.eye(len(counts), dtype=bool), np.nan, percent)
    size = 4.0 + 0.32 * min(len(counts), _FEW)
    figure, axes = plt.subplots(figsize=(size + 1, size), layout="constrained")
    drawn = axes.imshow(mistakes, cmap="Oranges", vmin=0, vmax=max(float(np.nanmax(mistakes)), 1.0))
    figure.colorbar(drawn, ax=axes, label="mistakes (% of the class)", shrink=0.8)
    axes.set(xlabel="predicted", ylabel="label", title=f"accuracy {100 * evaluation.accuracy:.2f} %")
    if len(counts) <= _FEW:
        axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
        axes.set_yticks(range(len(names)), names)
        _write_numbers(axes, percent)
    plt.close(figure)
    return figure


def _write_numbers(axes: Axes, percent: np.ndarray) -> None:
    highest = max(float((percent - np.diag(np.diag(percent))).max()), 1.0)
    for row, column in np.ndindex(percent.shape):
        value = percent[row, column]
        if row == column:
            axes.text(column, row, f"{value:.1f}", ha="center", va="center", fontsize=8, weight="bold")
        elif value >= 0.05:
            colour = "white" if value > 0.6 * highest else "black"
            axes.text(column, row, f"{value:.1f}", ha="center", va="center", fontsize=7, color=colour)


def plot_mistakes(evaluation: "Evaluation", images: np.ndarray, *, k: int = 16) -> Figure:
    """Show the `k` most confident mistakes, each with what it is and what it was called."""
    names, chosen = evaluation.table["label"].tolist(), evaluation.mistakes[:k]
    columns = min(8, max(len(chosen), 1))
    rows = max(-(-len(chosen) // columns), 1)
    figure, grid = plt.subplots(
        rows, columns, figsize=(1.55 * columns, 1.95 * rows), layout="constrained", squeeze=False
    )
    for axes in grid.flat:
        axes.axis("off")
    for axes, index in zip(grid.flat, chosen, strict=False):
        image = images[index].transpose(1, 2, 0)
        axes.imshow(image.squeeze(-1) if image.shape[-1] == 1 else image, cmap="gray", vmin=0, vmax=1)
        called = f"{names[evaluation.predicted[index]]} {100 * evaluation.confidence[index]:.0f} %"
        axes.set_title(f"{called}\nis {names[evaluation.labels[index]]}", fontsize=8)
    figure.suptitle("the most confident mistakes", fontsize=10)
    plt.close(figure)
    return figure
