"""Kernels as pictures, beside their Gabor fits and their opposites."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from hierfeat.plots._style import (
    BLUE,
    ORANGE,
    VERMILION,
    bare,
    by_depth,
    entitle,
    few_ticks,
    highest,
    jitter,
    number,
    one_panel,
    open_frame,
    picture,
    say,
    sheet,
    signed,
    some_channels,
    width_by_depth,
)

if TYPE_CHECKING:
    from hierfeat.anatomy.kernels.filters import Filters
    from hierfeat.anatomy.kernels.opposite_phase import OppositePhase

MOST = 96
"""Kernels in one picture of kernels."""
MOST_ROWS = 10
"""Rows in a picture of a deeper layer."""
MOST_FITS = 16


def plot_filters(
    filters: "Filters", *, shared_scale: bool = False, channels: int | Sequence[int] | None = None
) -> Figure:
    """Draw kernels as pictures: red positive, blue negative, RGB for colour; deeper ones by their strongest inputs.

    Kernels of other than three inputs are drawn as their sum over the inputs.

    Parameters
    ----------
    shared_scale
        Whether all kernels share one scale; by default each has its own.
    channels
        How many channels, from the first on, or which; by default 96, or 10 of a deeper layer.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.

    Raises
    ------
    HierfeatError
        If there is no such channel.
    """
    direct = filters.kernels.shape == filters.effective.shape
    wanted = (MOST if direct else MOST_ROWS) if channels is None else channels
    chosen = some_channels(wanted, range(len(filters.kernels)), repr(filters.layer))
    return (_mosaic if direct else _deep)(filters, shared_scale, chosen)


def _mosaic(filters: "Filters", shared: bool, chosen: list[int]) -> Figure:
    across = min(len(chosen), 12)
    down = -(-len(chosen) // across)
    figure = sheet(max(0.85 * across, 5.0), 0.98 * down + 0.8)
    axes = figure.subplots(down, across, squeeze=False)
    limit = max(_span(filters.kernels[channel]) for channel in chosen) if shared else None
    for ax in axes.flat:
        ax.set_axis_off()
    for ax, channel in zip(axes.flat, chosen, strict=False):
        show_kernel(ax, filters.kernels[channel], limit)
        ax.set_title(str(channel), fontsize=10, pad=2)
    inputs = filters.kernels.shape[1]
    colour = "colour as in RGB, grey is 0" if inputs == 3 else "red positive, blue negative, white 0"
    colour = f"sums over {inputs} inputs, {colour}" if inputs not in (1, 3) else colour
    title = f"{filters.layer}, {_count(filters, chosen)} of {_size(filters.kernels)}; {colour}; {_scales(shared)}"
    entitle(figure, filters, title, size=10)
    return figure


def _deep(filters: "Filters", shared: bool, chosen: list[int]) -> Figure:
    inputs = filters.table.set_index("channel").strongest_inputs
    across = max(map(len, inputs)) + 1
    figure = sheet(max(1.25 * across, 5.0), 1.2 * len(chosen) + 0.9)
    axes = figure.subplots(len(chosen), across, squeeze=False)
    limit = highest(np.abs(filters.kernels[chosen])) if shared else None
    for row, channel in zip(axes, chosen, strict=True):
        own = limit if shared else highest(np.abs(filters.kernels[channel]))
        for ax in row:
            ax.set_axis_off()
        for ax, source in zip(row, inputs[channel], strict=False):
            ax.set_axis_on()
            place = np.flatnonzero(filters.inputs[channel] == source)  # a kernel of a group has that group's inputs
            show_kernel(ax, filters.kernels[channel][place], own)
            ax.set_title(f"from {source}", fontsize=10, pad=2)
        row[-1].set_axis_on()
        show_kernel(row[-1], filters.effective[channel], None)
        row[0].set_ylabel(f"channel {channel}", fontsize=10)
    axes[0, -1].set_title("on the image", fontsize=10, pad=2)
    title = (
        f"{filters.layer}, strongest inputs of {_count(filters, chosen)} of {_size(filters.kernels)}, "
        f"effective kernel on the right; red positive, blue negative, white 0; {_scales(shared)}"
    )
    entitle(figure, filters, title, size=10)
    return figure


def show_kernel(ax: Axes, kernel: np.ndarray, limit: float | None) -> None:
    """Draw one kernel (channels, height, width): three channels as RGB about grey, others as their sum about white."""
    top = limit or _span(kernel) or 1.0
    if len(kernel) == 3:
        ax.imshow(picture(0.5 + kernel / (2 * top)), interpolation="nearest")
    else:
        signed(ax, kernel.sum(0), top)
    bare(ax)


def _span(kernel: np.ndarray) -> float:
    """The largest magnitude of what is drawn of a kernel."""
    return highest(np.abs(kernel if len(kernel) == 3 else kernel.sum(0)))


def plot_gabor_fits(filters: "Filters", *, channels: int | Sequence[int] | None = None) -> Figure:
    """Draw kernels above their Gabor fits, the best-fitted first.

    Parameters
    ----------
    channels
        How many of the best-fitted channels, or which; 16 by default.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.

    Raises
    ------
    HierfeatError
        If there is no such channel.
    """
    table = filters.table.set_index("channel")
    ordered = [int(channel) for channel in table.sort_values("gabor_r2", ascending=False).index]
    chosen = some_channels(MOST_FITS if channels is None else channels, ordered, repr(filters.layer))
    across = min(len(chosen), 8)
    blocks = -(-len(chosen) // across)
    figure = sheet(max(1.3 * across, 5), 3.05 * blocks + 0.7)
    if isinstance(figure, Figure):
        figure.set_layout_engine(ConstrainedLayoutEngine(hspace=0.06))
    axes = figure.subplots(2 * blocks, across, squeeze=False)
    for ax in axes.flat:
        bare(ax)
        ax.set_frame_on(False)
    for index, channel in enumerate(chosen):
        block, column = divmod(index, across)
        above, below = axes[2 * block, column], axes[2 * block + 1, column]
        top = highest(np.abs([filters.profiles[channel], filters.fits[channel]]))
        show_kernel(above, filters.profiles[channel][None], top)
        show_kernel(below, filters.fits[channel][None], top)
        row = table.loc[channel]
        about = f"{number(row.orientation, '.0f')}°\n{number(row.frequency, '.2f')} c/px"
        above.set_title(f"{channel}: {about}", fontsize=10)
        below.set_xlabel(f"R² {number(row.gabor_r2, '.2f')}", fontsize=10)
    for block in range(blocks):
        axes[2 * block, 0].set_ylabel("kernel", fontsize=10)
        axes[2 * block + 1, 0].set_ylabel("Gabor", fontsize=10)
    median = number(table.gabor_r2.median(), ".2f")
    title = (
        f"{filters.layer}, {_count(filters, chosen)} and their Gabor fits (median R² of all: {median}); "
        "red positive, blue negative"
    )
    entitle(figure, filters, title, size=10)
    return figure


def plot_opposites(filters: "Filters", *, pairs: int = 8) -> Figure:
    """Draw the most opposite kernels, pair by pair, and the distribution of the cosines beside that of random kernels.

    Parameters
    ----------
    pairs
        Pairs to draw.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    shown = _most_opposite(filters, pairs)
    across = max(len(shown), 1)
    figure = sheet(0.85 * max(across, 4) + 4.4, 3.0)
    left, right = np.ravel(np.asarray(figure.subfigures(1, 2, width_ratios=[0.85 * max(across, 4), 4.2])))
    axes = left.subplots(2, across, squeeze=False)
    for column, (first, second, cosine) in enumerate(shown):
        show_kernel(axes[0, column], filters.effective[first], None)
        show_kernel(axes[1, column], filters.effective[second], None)
        axes[0, column].set_title(f"{first}, {second}", fontsize=10)
        axes[1, column].set_xlabel(f"{cosine:.2f}", fontsize=10)
    if not shown:
        for ax in axes.flat:
            say(ax, "no pairs")
    left.suptitle("most opposite pairs and their cosine", fontsize=10)
    _cosines(right.subplots(), filters)
    entitle(figure, filters, f"{filters.layer}, kernels and their opposites", size=10)
    return figure


def _most_opposite(filters: "Filters", pairs: int) -> list[tuple[int, int, float]]:
    """Channels and cosine of each pair, every pair once."""
    table = filters.table.dropna(subset=["opposite_cosine"]).sort_values("opposite_cosine")
    found: dict[frozenset[int], tuple[int, int, float]] = {}
    for one, other, cosine in zip(table["channel"], table["opposite"], table["opposite_cosine"], strict=True):
        found.setdefault(frozenset((int(one), int(other))), (int(one), int(other), float(cosine)))
    return list(found.values())[:pairs]


def _cosines(ax: Axes, filters: "Filters") -> None:
    own = filters.table["opposite_cosine"].to_numpy(dtype=float)
    chance = np.asarray(filters.random_opposites, dtype=float)
    top = max(0.2, highest(own, -1), highest(chance, -1))
    bins = np.linspace(-1, top, 25).tolist()
    ax.hist(own[np.isfinite(own)], bins, color=BLUE, alpha=0.8, label=filters.layer)
    ax.hist(chance[np.isfinite(chance)], bins, color=ORANGE, alpha=0.6, label="random kernels")
    ax.set(xlabel="least cosine with another kernel", ylabel="kernels")
    few_ticks(ax.yaxis)
    ax.legend(fontsize=10, frameon=False)
    open_frame(ax)


@one_panel
def plot_opposite_phase(result: "OppositePhase") -> Figure:
    """Draw each kernel's smallest cosine with another, a column per layer, and the mean of random kernels.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    names = list(result.table["layer"].unique())
    figure = sheet(width_by_depth(len(names), 0.8), 4)
    axes = figure.subplots()
    for place, name in enumerate(names):
        rows = result.table[result.table["layer"] == name]
        label, other = ("kernels", "random kernels, mean") if not place else (None, None)
        axes.plot(place + jitter(len(rows)), rows["cosine"], ".", color=BLUE, label=label)
        ends = [place - 0.38, place + 0.38]
        axes.plot(ends, [rows["random"].iloc[0]] * 2, color=VERMILION, linewidth=2, label=other)
    by_depth(axes, names)
    axes.set_ylabel("cosine with the most opposite kernel\n(−1: the same with its sign turned)")
    axes.set_ylim(-1.02, max(0.05, 1.05 * highest(result.table["cosine"], -1)))
    axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    open_frame(axes)
    entitle(figure, result, "kernels of opposite phase")
    return figure


def _count(filters: "Filters", chosen: list[int]) -> str:
    total = len(filters.kernels)
    return f"{total} kernels" if len(chosen) == total else f"{len(chosen)} of {total} kernels"


def _scales(shared: bool) -> str:
    return "one scale for all" if shared else "each to its own scale"


def _size(kernels: np.ndarray) -> str:
    return f"{kernels.shape[2]} × {kernels.shape[3]} pixels"
