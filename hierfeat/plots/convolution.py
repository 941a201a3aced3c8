"""A photograph, and what kernels make of it."""

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hierfeat.plots.kernels import draw_kernel, title

if TYPE_CHECKING:
    from hierfeat.anatomy.lessons.convolution import AppliedKernels


def plot_applied_kernels(result: "AppliedKernels", *, columns: int = 4) -> Figure:
    """Draw the image first, then every output with its kernel in the corner; signed outputs in red and blue."""
    panels = 1 + len(result.outputs)
    columns = min(columns, panels)
    rows = -(-panels // columns)
    height = 3.2 * result.image.shape[0] / result.image.shape[1]
    figure = plt.figure(figsize=(3.2 * columns, (height + 0.42) * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    axes[0].imshow(result.image.clip(0, 1), cmap="gray", vmin=0, vmax=1)
    axes[0].set_title(f"image, {result.image.shape[0]} × {result.image.shape[1]} pixels", fontsize=11)
    for axis, (name, output) in zip(axes[1:], result.outputs.items(), strict=False):
        _draw_output(axis, name, output, result.kernels[name])
        _inset(axis, result.kernels[name])
    for axis in axes:
        axis.set(xticks=[], yticks=[])
    for axis in axes[panels:]:
        axis.axis("off")
    plt.close(figure)
    return figure


def _draw_output(axis: Axes, name: str, output: np.ndarray, kernel: np.ndarray) -> None:
    """Draw the output of a kernel that removes grey in a diverging map, any other as an image, clipped to [0, 1]."""
    if abs(kernel.sum()) > 1e-6 * np.abs(kernel).sum():
        axis.imshow(output.clip(0, 1), cmap="gray", vmin=0, vmax=1)
        axis.set_title(title(name), fontsize=11)
        return
    grey = output.mean(axis=2) if output.ndim == 3 else output
    bound = float(np.quantile(np.abs(grey), 0.995)) or 1.0
    axis.imshow(grey, cmap="RdBu_r", vmin=-bound, vmax=bound)
    axis.set_title(f"{title(name)}  (blue −{bound:.2g}, red +{bound:.2g})", fontsize=11)


def _inset(axis: Axes, kernel: np.ndarray) -> None:
    small = axis.inset_axes((0.015, 0.02, 0.2, 0.2 * axis.get_window_extent().width / axis.get_window_extent().height))
    draw_kernel(small, kernel)
    for text in small.texts:
        text.set_visible(False)
    for spine in small.spines.values():
        spine.set(edgecolor="black", linewidth=1.2)
