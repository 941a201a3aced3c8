"""A convolution's matrix, every entry in the colour of the kernel weight that it repeats."""

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, to_rgb
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from hierfeat.anatomy.lessons.toeplitz import Toeplitz

# Okabe and Ito's colours, distinct to every eye
_HUES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#444444")


def plot_toeplitz(result: "Toeplitz") -> Figure:
    """Draw the matrix and, beside it, the kernel whose entries it repeats, in the same colours."""
    rows, columns = result.entries.shape
    taps = np.array(result.table["tap"].tolist())
    colours = _colours(taps)
    height = min(8.0, max(3.4, 8 * rows / columns)) if rows > 15 else 4.5
    figure = plt.figure(
        figsize=(min(11, max(7.5, 3.2 + 1.1 * height * columns / rows)), height + 0.9), layout="constrained"
    )
    left, right = figure.subplots(1, 2, width_ratios=(1, 4.2))
    _kernel(left, taps, colours)
    shown = ListedColormap(np.vstack([[0, 0, 0], [0.955] * 3, colours]))
    right.imshow(result.entries + 2, cmap=shown, vmin=-0.5, vmax=len(colours) + 1.5, interpolation="nearest")
    _blocks(right, result)
    right.set_xlabel(f"input cell, {_shape(result.in_shape)} = {columns}", fontsize=12)
    right.set_ylabel(f"output cell, {_shape(result.out_shape)} = {rows}", fontsize=12)
    weights = f"{len(result.table)} weights fill a matrix of {rows} × {columns} = {result.entries.size:,} entries"
    figure.suptitle(weights, fontsize=14)
    plt.close(figure)
    return figure


def _colours(taps: np.ndarray) -> np.ndarray:
    """Give every weight the colour of its place in the kernel: rows differ in hue, columns in lightness."""
    sizes = taps.max(axis=0) + 1
    line, light = taps[:, -1], np.zeros(len(taps))
    if len(sizes) > 1:
        line = np.ravel_multi_index(tuple(taps[:, :-1].T), tuple(sizes[:-1]))
        light = taps[:, -1] / max(1, sizes[-1] - 1) * 0.6
    hues = np.array([to_rgb(_HUES[place % len(_HUES)]) for place in line])
    return np.asarray(hues + (1 - hues) * light[:, None])


def _kernel(axis: Axes, taps: np.ndarray, colours: np.ndarray) -> None:
    """Draw one kernel (every channel's has the same colours), each entry with its place."""
    sizes = tuple(int(size) for size in taps.max(axis=0) + 1)
    count = int(np.prod(sizes))
    axis.imshow(colours[:count].reshape(-1, sizes[-1], 3))
    axis.set(xticks=[], yticks=[])
    axis.set_title("kernel" if count == len(taps) else "each kernel", fontsize=12)
    for place, tap in enumerate(taps[:count]):
        row, column = divmod(place, sizes[-1])
        colour = "black" if float(np.dot(colours[place], (0.3, 0.59, 0.11))) > 0.45 else "white"
        axis.text(column, row, f"w{_subscript(tap)}", ha="center", va="center", fontsize=12, color=colour)


def _subscript(tap: np.ndarray) -> str:
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
