"""The lecture's operators: padding and stride, and the activation functions."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Polygon, Rectangle

from hierfeat.plots._style import (
    BLUE,
    DARK,
    GREEN,
    GREY,
    LIGHT,
    ORANGE,
    SKY,
    VERMILION,
    bare,
    entitle,
    highest,
    number,
    open_frame,
    pale,
    scale,
    sheet,
    signed,
)

if TYPE_CHECKING:
    from hierfeat.anatomy.lessons.activation_functions import ActivationFunctions
    from hierfeat.anatomy.lessons.padding_and_stride import PaddingAndStride

_INPUT, _PADDING, _TAP, _TAP_IN_PADDING = pale(SKY), "white", BLUE, ORANGE
_OUTPUT, _NOW, _UNSEEN = pale(GREEN), GREEN, pale(VERMILION)
_CELLS: list[Any] = [_INPUT, _PADDING, _TAP, _TAP_IN_PADDING, _UNSEEN]
_WIDEST = 24
_FLAT = LIGHT
_TITLES = {"relu": "ReLU", "leaky_relu": "leaky ReLU", "elu": "ELU", "gelu": "GELU", "silu": "SiLU (swish)"}


def plot_padding_and_stride(result: "PaddingAndStride", *, planar: bool = True) -> Figure:
    """Draw the kernel in the plane for the first outputs and the last, and along one axis for every output.

    Parameters
    ----------
    planar
        Whether to draw the plane at all; wide inputs have only the axis.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    width = _padded(result)[1] - _padded(result)[0]
    planar = planar and width <= _WIDEST
    figure = sheet(11, 7.4) if planar else sheet(9, 5)
    if planar:
        shown = _shown(int(result.settings["out"]))
        grid = figure.add_gridspec(2, len(shown), height_ratios=(1.5, 1))
        for place, cell in enumerate(shown):
            _plane(figure.add_subplot(grid[0, place]), result, cell)
        _line(figure.add_subplot(grid[1, :]), result)
    else:
        _line(figure.subplots(), result)
    entitle(figure, result, _settings_in_words(result.settings), size=14)
    return figure


def _settings_in_words(settings: dict[str, Any]) -> str:
    padding = settings["before"]
    if settings["after"] != settings["before"]:
        padding = f"({settings['before']}, {settings['after']})"
    named = f"w = {settings['w']}, f = {settings['f']}, p = {padding}, s = {settings['s']}, d = {settings['d']}"
    return f"{named}:   {settings['formula']}"


def _padded(result: "PaddingAndStride") -> tuple[int, int]:
    """The first cell of the padded input and the one past its last; a window may hang over further."""
    end = int(result.settings["w"]) + int(result.settings["after"])
    return -int(result.settings["before"]), max(end, int(result.taps[-1, -1]) + 1)


def _shown(count: int) -> list[tuple[int, int]]:
    """Choose the output cells to show: the first, its right and lower neighbours, the last."""
    last = count - 1
    return sorted({(0, 0), (0, min(1, last)), (min(1, last), 0), (last, last)})


def _plane(axis: Axes, result: "PaddingAndStride", cell: tuple[int, int]) -> None:
    """Draw the square input with the kernel laid on it, and the square output above with the cell it gives."""
    first, end = _padded(result)
    count, w = int(result.settings["out"]), int(result.settings["w"])
    rows, columns = result.taps[cell[0]], result.taps[cell[1]]
    for row, column in np.ndindex(end - first, end - first):
        inside = 0 <= row + first < w and 0 <= column + first < w
        tapped = row + first in rows and column + first in columns
        colour = (_TAP if inside else _TAP_IN_PADDING) if tapped else _INPUT
        if inside and not tapped and 0 in result.coverage[[row + first, column + first]]:
            colour = _UNSEEN
        _cell(axis, column + first, -row - first, colour, inside or tapped)
    lift, shift = -first + 1.5, (first + end - count) / 2
    for row, column in np.ndindex(count, count):
        _cell(axis, shift + column, lift + count - 1 - row, _NOW if (row, column) == cell else _OUTPUT, True)
    _beam(axis, columns, rows, shift + cell[1], lift + count - 1 - cell[0])
    axis.set_aspect("equal")
    axis.set_xlim(first - 0.2, end + 0.2)
    axis.set_ylim(-end + 0.8, lift + count + 0.2)
    axis.axis("off")
    axis.set_title(f"output cell {cell}", fontsize=12)


def _beam(axis: Axes, columns: np.ndarray, rows: np.ndarray, left: float, bottom: float) -> None:
    """Join the patch under the kernel to the output cell."""
    patch = (columns[0], columns[-1] + 1, -rows[-1], -rows[0] + 1)
    corners = [(patch[0], patch[3]), (left, bottom), (left + 1, bottom), (patch[1], patch[3])]
    axis.add_patch(Polygon(corners, facecolor=_NOW, alpha=0.18, edgecolor=_NOW, zorder=3))
    size = (patch[1] - patch[0], patch[3] - patch[2])
    axis.add_patch(Rectangle((patch[0], patch[2]), *size, fill=False, edgecolor=_NOW, linewidth=2.2, zorder=4))


def _cell(axis: Axes, left: float, bottom: float, colour: Any, solid: bool) -> None:
    style: dict[str, Any] = {"facecolor": colour, "edgecolor": DARK, "linewidth": 0.8}
    if not solid:
        style = {"facecolor": _PADDING, "edgecolor": GREY, "linewidth": 0.8, "linestyle": (0, (2, 2))}
    axis.add_patch(Rectangle((left, bottom), 1, 1, **style))


def _line(axis: Axes, result: "PaddingAndStride") -> None:
    """Draw one row per output cell, one column per padded input cell."""
    first, end = _padded(result)
    w, count = int(result.settings["w"]), int(result.settings["out"])
    cells = np.zeros((count, end - first), dtype=int)
    cells[:, : -first or None] = 1 if first else cells[:, : -first or None]
    cells[:, w - first :] = 1
    cells[:, [cell - first for cell in range(w) if result.coverage[cell] == 0]] = 4
    for output, taps in enumerate(result.taps):
        cells[output, taps - first] = np.where((taps >= 0) & (taps < w), 2, 3)
    extent = (first - 0.5, end - 0.5, count - 0.5, -0.5)
    axis.imshow(cells, cmap=ListedColormap(_CELLS), vmin=-0.5, vmax=4.5, extent=extent, aspect="auto")
    if cells.size < 1500:
        axis.set_xticks(np.arange(first, end) - 0.5, minor=True)
        axis.set_yticks(np.arange(count) - 0.5, minor=True)
        axis.grid(which="minor", color=LIGHT, linewidth=0.7)
        axis.tick_params(which="minor", length=0)
    step = max(1, (end - first) // 20)
    axis.set_xticks([cell for cell in range(w) if cell % step == 0])
    axis.set_yticks([output for output in range(count) if output % max(1, count // 10) == 0])
    axis.set_xlabel("input cell, along one axis", fontsize=12)
    axis.set_ylabel("output cell", fontsize=12)
    axis.legend(handles=_keys(cells), loc="upper left", bbox_to_anchor=(1.005, 1.0), fontsize=10, frameon=False)


def _keys(cells: np.ndarray) -> list[Patch]:
    names = ["input", "padding", "kernel on the input", "kernel on the padding", "input never seen"]
    present = np.unique(cells)
    return [Patch(facecolor=_CELLS[kind], edgecolor=DARK, label=names[kind]) for kind in present]


def plot_activation_functions(result: "ActivationFunctions") -> Figure:
    """Draw every function and its slope (`z` one-dimensional), or what each makes of a map (two-dimensional).

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    return _maps(result) if result.z.ndim == 2 else _curves(result)


def _curves(result: "ActivationFunctions") -> Figure:
    count = len(result.values)
    columns = min(3, count)
    rows = -(-count // columns)
    figure = sheet(3.7 * columns, 2.75 * rows + 0.7)
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    order = np.argsort(result.z.ravel())
    z = result.z.ravel()[order]
    table = result.table.set_index("function")
    for axis, name in zip(axes.ravel(), result.values, strict=False):
        row = table.loc[name]
        slope = result.slopes[name].ravel()[order]
        axis.fill_between(z, 0, 1, where=np.abs(slope) < 0.01, color=_FLAT, transform=axis.get_xaxis_transform())
        axis.plot(z, result.values[name].ravel()[order], color=BLUE, linewidth=2.6, label="value σ(z)")
        axis.plot(z, slope, color=VERMILION, linewidth=1.8, linestyle="--", label="slope σ′(z)")
        axis.set_title(f"{_name(name)}:  {row['formula']}", fontsize=12)
        centred = "zero-centred" if row["zero_centred"] else f"mean {number(row['normal_mean'], '+.2f')}"
        note = f"{row['range']}\n{centred}"
        axis.text(0.03, 0.95, note, transform=axis.transAxes, va="top", fontsize=11)
        _dress(axis)
    for axis in axes.ravel()[count:]:
        axis.axis("off")
    _name_axes(figure, axes)
    title = "activation functions: range, mean output for a standard normal input; grey where |slope| < 0.01"
    entitle(figure, result, title, size=12)
    return figure


def _name(name: str) -> str:
    return _TITLES.get(name, name)


def _dress(axis: Axes) -> None:
    axis.axhline(0, color=DARK, linewidth=0.8)
    axis.axvline(0, color=DARK, linewidth=0.8)
    axis.set_ylim(-1.25, 3.1)
    open_frame(axis)


def _name_axes(figure: Figure, axes: np.ndarray) -> None:
    for axis in axes[-1]:
        axis.set_xlabel("weighted input z", fontsize=11)
    for axis in axes[:, 0]:
        axis.set_ylabel("output", fontsize=11)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False, fontsize=11)


def _maps(result: "ActivationFunctions") -> Figure:
    columns = 5
    rows = -(-(1 + len(result.values)) // columns)
    figure = sheet(2.35 * columns, 2.75 * rows + 0.5)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    bound = highest(np.abs([result.z, *result.values.values()])) or 1.0
    drawn = [signed(axes[0], result.z, bound)]
    axes[0].set_title("weighted input z", fontsize=12)
    table = result.table.set_index("function")
    for axis, (name, values) in zip(axes[1:], result.values.items(), strict=False):
        drawn.append(signed(axis, values, bound))
        axis.set_title(_name(name), fontsize=12)
        row = table.loc[name]
        flat, mean = number(row["flat_fraction"], ".0%"), number(row["mean"], "+.2f")
        axis.set_xlabel(f"flat {flat}, mean {mean}", fontsize=10)
    for axis in axes:
        bare(axis)
    for axis in axes[1 + len(result.values) :]:
        axis.axis("off")
    scale(drawn, list(axes), "activation", shrink=0.6)
    entitle(figure, result, "one feature map through each activation function; flat: |slope| < 0.01", size=12)
    return figure
