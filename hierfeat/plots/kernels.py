"""The kernels of the lecture with their weights."""

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from hierfeat.stimuli.kernels import ImageKernels


def plot_kernels(result: "ImageKernels", *, columns: int = 6) -> Figure:
    """Draw every kernel, blue for negative weights and red for positive ones, with numbers where they fit."""
    rows = -(-len(result.kernels) // columns)
    figure = plt.figure(figsize=(1.75 * columns, 1.95 * rows + 0.4), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis, (name, kernel) in zip(axes, result.kernels.items(), strict=False):
        draw_kernel(axis, kernel)
        axis.set_title(title(name), fontsize=11)
    for axis in axes[len(result.kernels) :]:
        axis.axis("off")
    figure.suptitle("Image kernels: blue inhibits, white ignores, red excites", fontsize=14)
    plt.close(figure)
    return figure


def draw_kernel(axis: Axes, kernel: np.ndarray) -> None:
    """Draw one kernel in a diverging map symmetric about zero."""
    bound = np.abs(kernel).max() or 1.0
    axis.imshow(kernel, cmap="RdBu_r", vmin=-bound, vmax=bound)
    axis.set(xticks=[], yticks=[])
    if max(kernel.shape) > 3:
        return
    for (row, column), weight in np.ndenumerate(kernel):
        colour = "white" if abs(weight) > 0.6 * bound else "black"
        axis.text(column, row, _number(weight), ha="center", va="center", fontsize=11, color=colour)


def _number(weight: float) -> str:
    if weight == 0 or abs(weight) >= 1:
        return f"{weight:g}".replace("-", "−")
    return f"1/{1 / weight:.0f}" if np.isclose(1 / weight, round(1 / weight)) else f"{weight:.2f}"


def title(name: str) -> str:
    """Write a kernel's name for people: ``sobel_45`` becomes ``sobel 45°``.

    Examples
    --------
    >>> title("sobel_45"), title("box_blur")
    ('sobel 45°', 'box blur')
    """
    words = "DoG" if name == "dog" else name.replace("_", " ")
    return words + ("°" if name.rsplit("_", 1)[-1].replace(".", "").isdigit() else "")
