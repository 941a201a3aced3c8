"""A convolution's matrix, every entry in the colour of the kernel weight that it repeats."""

from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from hierfeat.anatomy.toeplitz import Toeplitz


def plot_toeplitz(result: "Toeplitz") -> Figure:
    """Draw the matrix and, beside it, the kernel whose weights it repeats, in the same colours."""
    rows, columns = result.entries.shape
    colours = _colours(len(result.table))
    height = min(8.0, max(3.4, 8 * rows / columns))
    figure = Figure(figsize=(11, height + 0.9), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1, 4.2))
    _kernel(left, result, colours)
    right.imshow(result.entries + 2, cmap=colours, vmin=-0.5, vmax=len(result.table) + 1.5, interpolation="nearest")
    _blocks(right, result)
    right.set_xlabel(f"input cell, {_shape(result.in_shape)} = {columns}", fontsize=12)
    right.set_ylabel(f"output cell, {_shape(result.out_shape)} = {rows}", fontsize=12)
    figure.suptitle(_title(result), fontsize=14)
    return figure


def _title(result: "Toeplitz") -> str:
    weights, entries = len(result.table), result.entries.size
    return f"{weights} weights fill a matrix of {result.entries.shape[0]} × {result.entries.shape[1]} = {entries:,} entries"


def _colours(count: int) -> ListedColormap:
    """Black for entries where weights meet, near white for none, and one hue for each weight."""
    hues = matplotlib.colormaps["turbo"](np.linspace(0.04, 0.96, count))
    return ListedColormap(np.vstack([[0, 0, 0, 1], [0.955, 0.955, 0.955, 1], hues]))


def _kernel(axis: Axes, result: "Toeplitz", colours: ListedColormap) -> None:
    """Draw the kernels under one another, each weight in its colour with its place."""
    taps = np.array(result.table["tap"].tolist())
    last = taps[:, -1].max() + 1
    numbers = np.asarray(result.table["weight"]).reshape(-1, last) + 2
    axis.imshow(numbers, cmap=colours, vmin=-0.5, vmax=len(result.table) + 1.5)
    axis.set(xticks=[], yticks=[])
    axis.set_title("kernel" if len(result.table) == taps.max(axis=0).__add__(1).prod() else "kernels", fontsize=12)
    if len(result.table) > 100:
        return
    for (row, column), number in np.ndenumerate(numbers):
        shade = np.dot(colours(int(number))[:3], (0.3, 0.59, 0.11))
        label = _subscript(result.table["tap"][int(number) - 2])
        axis.text(
            column, row, f"w{label}", ha="center", va="center", fontsize=10, color="black" if shade > 0.5 else "white"
        )


def _subscript(tap: tuple[int, ...]) -> str:
    return "".join(str(place) for place in tap).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _blocks(axis: Axes, result: "Toeplitz") -> None:
    """Rule off the blocks: one image row each; channels with a heavier line."""
    for line, shape in ((axis.axhline, result.out_shape), (axis.axvline, result.in_shape)):
        total, per_channel, per_row = int(np.prod(shape)), int(np.prod(shape[1:])), shape[-1]
        if len(shape) < 3 or total > 300:
            continue
        for place in range(per_row, total, per_row):
            line(place - 0.5, color="black" if place % per_channel == 0 else "#888888", linewidth=0.7)


def _shape(shape: list[int]) -> str:
    return " × ".join(str(size) for size in shape)
