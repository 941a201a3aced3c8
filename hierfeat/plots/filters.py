"""Kernels as pictures, beside their Gabor fits and their opposites."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator

if TYPE_CHECKING:
    from hierfeat.anatomy.kernels.filters import Filters
    from hierfeat.anatomy.kernels.opposite_phase import OppositePhase

MOST = 96
"""Kernels in one picture of kernels."""
ROWS = 10
"""Rows in a picture of a deeper layer."""


def plot_filters(filters: "Filters", *, shared_scale: bool = False, channels: Sequence[int] | None = None) -> Figure:
    """Draw kernels as pictures: red positive, blue negative, RGB for colour; deeper ones by their strongest inputs.

    Parameters
    ----------
    shared_scale : bool
        Whether all kernels share one scale; by default each has its own.
    channels : sequence of int, optional
        By default the first 96, or 10 of a deeper layer.

    Returns
    -------
    matplotlib.figure.Figure
    """
    if filters.kernels.shape == filters.effective.shape:
        return _mosaic(filters, shared_scale, _chosen(filters, channels, MOST))
    return _deep(filters, shared_scale, _chosen(filters, channels, ROWS))


def _chosen(filters: "Filters", channels: Sequence[int] | None, most: int) -> list[int]:
    return list(channels) if channels is not None else list(range(min(len(filters.kernels), most)))


def _mosaic(filters: "Filters", shared: bool, chosen: list[int]) -> Figure:
    across = min(len(chosen), 12)
    down = -(-len(chosen) // across)
    width = max(0.85 * across, 5.0)
    fig, axes = plt.subplots(down, across, figsize=(width, 0.98 * down + 0.8), squeeze=False, layout="constrained")
    limit = np.abs(filters.kernels[chosen]).max()
    for ax in axes.flat:
        ax.set_axis_off()
    for ax, channel in zip(axes.flat, chosen, strict=False):
        show_kernel(ax, filters.kernels[channel], limit if shared else None)
        ax.set_title(str(channel), fontsize=7, pad=2)
    colour = "colour as in RGB, grey is 0" if filters.kernels.shape[1] == 3 else "red positive, blue negative, white 0"
    scale = "one scale for all" if shared else "each to its own scale"
    break_ = "\n" if across < 10 else " "
    title = f"{filters.layer}: {len(chosen)} kernels of {_size(filters.kernels)};{break_}{colour}; {scale}"
    fig.suptitle(title, fontsize=9)
    plt.close(fig)
    return fig


def _deep(filters: "Filters", shared: bool, chosen: list[int]) -> Figure:
    inputs = filters.table.set_index("channel").strongest_inputs
    across = len(inputs.iloc[0]) + 1
    fig, axes = plt.subplots(
        len(chosen), across, figsize=(1.25 * across, 1.2 * len(chosen) + 0.7), squeeze=False, layout="constrained"
    )
    limit = np.abs(filters.kernels[chosen]).max() if shared else None
    for row, channel in zip(axes, chosen, strict=True):
        for ax, source in zip(row, inputs[channel], strict=False):
            own = limit if shared else np.abs(filters.kernels[channel]).max()
            show_kernel(ax, filters.kernels[channel][[source]], own)
            ax.set_title(f"from {source}", fontsize=7, pad=2)
        show_kernel(row[-1], filters.effective[channel], None)
        row[0].set_ylabel(f"unit {channel}", fontsize=8)
    axes[0, -1].set_title("on the image", fontsize=8, pad=2)
    fig.suptitle(
        f"{filters.layer}: strongest inputs ({_size(filters.kernels)}), effective kernel at the right;\n"
        "red positive, blue negative, white 0",
        fontsize=9,
    )
    plt.close(fig)
    return fig


def show_kernel(ax: Any, kernel: np.ndarray, limit: float | None) -> None:
    """Draw one kernel (channels, height, width): three channels as RGB about grey, others as their sum about white."""
    top = limit or max(float(np.abs(kernel).max()), 1e-12)
    if len(kernel) == 3:
        ax.imshow(np.clip(0.5 + kernel.transpose(1, 2, 0) / (2 * top), 0, 1), interpolation="nearest")
    else:
        flat = kernel.sum(0)
        top = limit or max(float(np.abs(flat).max()), 1e-12)
        ax.imshow(flat, cmap="RdBu_r", vmin=-top, vmax=top, interpolation="nearest")
    ax.set_xticks([])
    ax.set_yticks([])


def plot_gabor_fits(filters: "Filters", *, channels: Sequence[int] | None = None) -> Figure:
    """Draw kernels above their Gabor fits, the best-fitted first.

    Parameters
    ----------
    channels : sequence of int, optional
        By default the 16 that are fitted best.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = filters.table.set_index("channel")
    ordered = table.sort_values("gabor_r2", ascending=False).index[:16]
    chosen = list(channels) if channels is not None else [int(channel) for channel in ordered]
    across = min(len(chosen), 8)
    blocks = -(-len(chosen) // across)
    fig, axes = plt.subplots(
        2 * blocks,
        across,
        figsize=(max(1.3 * across, 5), 3.05 * blocks + 0.5),
        squeeze=False,
        layout=ConstrainedLayoutEngine(hspace=0.06),
    )
    for ax in axes.flat:
        ax.set_xticks([])
        ax.set_yticks([])
        ax.set_frame_on(False)
    for index, channel in enumerate(chosen):
        block, column = divmod(index, across)
        top = max(float(np.abs(filters.profiles[channel]).max()), 1e-12)
        show_kernel(axes[2 * block, column], filters.profiles[channel][None], top)
        show_kernel(axes[2 * block + 1, column], filters.fits[channel][None], top)
        row = table.loc[channel]
        axes[2 * block, column].set_title(f"{channel}: {row.orientation:.0f}°\n{row.frequency:.2f} c/px", fontsize=7.5)
        axes[2 * block + 1, column].set_xlabel(f"R² {row.gabor_r2:.2f}", fontsize=7.5)
    for block in range(blocks):
        axes[2 * block, 0].set_ylabel("kernel", fontsize=8)
        axes[2 * block + 1, 0].set_ylabel("Gabor", fontsize=8)
    title = f"{filters.layer}: kernels and their Gabor fits (median R² of all {table.gabor_r2.median():.2f});"
    fig.suptitle(f"{title} red positive, blue negative", fontsize=9)
    plt.close(fig)
    return fig


def plot_opposites(filters: "Filters", *, pairs: int = 8) -> Figure:
    """Draw the most opposite kernels, pair by pair, and the distribution of the cosines beside that of random kernels.

    Parameters
    ----------
    pairs : int
        Pairs to draw.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = filters.table.dropna(subset=["opposite_cosine"]).sort_values("opposite_cosine")
    shown: list[tuple[int, int, float]] = []
    for one, other, cosine in zip(table["channel"], table["opposite"], table["opposite_cosine"], strict=True):
        if not any({one, other} == {first, second} for first, second, _ in shown):
            shown.append((int(one), int(other), float(cosine)))
    shown = shown[:pairs]
    fig = plt.figure(figsize=(0.85 * max(len(shown), 4) + 4.4, 2.6), layout="constrained")
    left, right = np.ravel(np.asarray(fig.subfigures(1, 2, width_ratios=[0.85 * max(len(shown), 4), 4.2])))
    axes = left.subplots(2, max(len(shown), 1), squeeze=False)
    for column, (first, second, cosine) in enumerate(shown):
        show_kernel(axes[0, column], filters.effective[first], None)
        show_kernel(axes[1, column], filters.effective[second], None)
        axes[0, column].set_title(f"{first}, {second}", fontsize=8)
        axes[1, column].set_xlabel(f"{cosine:.2f}", fontsize=8)
    left.suptitle("most opposite pairs and their cosine", fontsize=9)
    ax = right.subplots()
    bins = np.linspace(-1, 0.2, 25).tolist()
    ax.hist(filters.table.opposite_cosine.dropna(), bins, color="#0072b2", alpha=0.8, label=filters.layer)
    ax.hist(
        filters.random_opposites[np.isfinite(filters.random_opposites)],
        bins,
        color="#e69f00",
        alpha=0.6,
        label="random kernels",
    )
    ax.set_xlabel("least cosine with another kernel")
    ax.set_ylabel("kernels")
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend(fontsize=8, frameon=False)
    plt.close(fig)
    return fig


def _size(kernels: np.ndarray) -> str:
    return f"{kernels.shape[2]} × {kernels.shape[3]} pixels"


def plot_opposite_phase(result: "OppositePhase") -> Figure:
    """Draw each kernel's smallest cosine with another, a column per layer, and the mean of random kernels.

    Returns
    -------
    matplotlib.figure.Figure
    """
    names = list(result.table["layer"].unique())
    figure, axes = plt.subplots(figsize=(max(4.5, 1.5 + 0.8 * len(names)), 4), layout="constrained")
    for place, name in enumerate(names):
        rows = result.table[result.table["layer"] == name]
        spread = np.linspace(-0.25, 0.25, len(rows)) if len(rows) > 1 else np.zeros(1)
        axes.plot(
            place + spread, rows["cosine"].sort_values(), ".", color="#0072b2", label="kernels" if not place else None
        )
        axes.plot([place - 0.35, place + 0.35], [rows["random"].iloc[0]] * 2, color="#d55e00", linewidth=2,
                  label="random kernels, mean" if not place else None)  # fmt: skip
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_ylabel("cosine with the most opposite kernel\n(−1: the same with its sign turned)")
    axes.set_ylim(-1.02, 0.05 if result.table["cosine"].max() < 0 else None)
    axes.set_title(f"{result.provenance['model']}: opposite-phase pairs")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    plt.close(figure)
    return figure
