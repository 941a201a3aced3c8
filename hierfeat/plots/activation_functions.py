"""The activation functions: curves for the lecture, maps for a trained net."""

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from hierfeat.anatomy.lessons.activation_functions import ActivationFunctions

_VALUE, _SLOPE, _FLAT = "#0072B2", "#D55E00", "#dddddd"
_TITLES = {"relu": "ReLU", "leaky_relu": "leaky ReLU", "elu": "ELU", "gelu": "GELU", "silu": "SiLU (swish)"}


def plot_activation_functions(result: "ActivationFunctions") -> Figure:
    """Draw curves where the inputs are a line, maps where they are a feature map."""
    return _maps(result) if result.z.ndim == 2 else _curves(result)


def _curves(result: "ActivationFunctions") -> Figure:
    count = len(result.values)
    columns = min(3, count)
    rows = -(-count // columns)
    figure = plt.figure(figsize=(3.7 * columns, 2.75 * rows + 0.7), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    order = np.argsort(result.z.ravel())
    z = result.z.ravel()[order]
    table = result.table.set_index("function")
    for axis, name in zip(axes.ravel(), result.values, strict=False):
        row = table.loc[name]
        slope = result.slopes[name].ravel()[order]
        axis.fill_between(z, 0, 1, where=np.abs(slope) < 0.01, color=_FLAT, transform=axis.get_xaxis_transform())
        axis.plot(z, result.values[name].ravel()[order], color=_VALUE, linewidth=2.6, label="value σ(z)")
        axis.plot(z, slope, color=_SLOPE, linewidth=1.8, linestyle="--", label="slope σ′(z)")
        axis.set_title(f"{_title(name)}:  {row['formula']}", fontsize=12)
        centred = "zero-centred" if row["zero_centred"] else f"mean {row['normal_mean']:+.2f}"
        note = f"{row['range']}\n{centred}"
        axis.text(0.03, 0.95, note, transform=axis.transAxes, va="top", fontsize=11)
        _dress(axis)
    for axis in axes.ravel()[count:]:
        axis.axis("off")
    _finish(figure, axes)
    plt.close(figure)
    return figure


def _title(name: str) -> str:
    return _TITLES.get(name, name)


def _dress(axis: Axes) -> None:
    axis.axhline(0, color="#666666", linewidth=0.8)
    axis.axvline(0, color="#666666", linewidth=0.8)
    axis.set_ylim(-1.25, 3.1)
    axis.spines[["top", "right"]].set_visible(False)


def _finish(figure: Figure, axes: np.ndarray) -> None:
    for axis in axes[-1]:
        axis.set_xlabel("weighted input z", fontsize=11)
    for axis in axes[:, 0]:
        axis.set_ylabel("output", fontsize=11)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False, fontsize=11)
    title = "Activation functions: range, mean output for a standard normal input; grey where |slope| < 0.01"
    figure.suptitle(title, fontsize=13)


def _maps(result: "ActivationFunctions") -> Figure:
    columns = 5
    rows = -(-(1 + len(result.values)) // columns)
    figure = plt.figure(figsize=(2.35 * columns, 2.75 * rows + 0.5), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    bound = float(np.abs(result.z).max()) or 1.0
    shown = axes[0].imshow(result.z, cmap="RdBu_r", vmin=-bound, vmax=bound)
    axes[0].set_title("weighted input z", fontsize=12)
    table = result.table.set_index("function")
    for axis, (name, values) in zip(axes[1:], result.values.items(), strict=False):
        axis.imshow(values, cmap="RdBu_r", vmin=-bound, vmax=bound)
        axis.set_title(_title(name), fontsize=12)
        row = table.loc[name]
        axis.set_xlabel(f"flat {row['flat_fraction']:.0%}, mean {row['mean']:+.2f}", fontsize=10)
    for axis in axes:
        axis.set(xticks=[], yticks=[])
    for axis in axes[1 + len(result.values) :]:
        axis.axis("off")
    figure.colorbar(shown, ax=list(axes), label="activation", shrink=0.6)
    figure.suptitle("One feature map through each activation function; flat: |slope| < 0.01", fontsize=13)
    plt.close(figure)
    return figure
