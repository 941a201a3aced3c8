"""The kernels of the lecture, what they make of an image, and a convolution as a matrix with its spectrum."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from hierfeat.plots._style import (
    BLUE,
    CATEGORIES,
    DARK,
    GREY,
    INK,
    as_drawn,
    bare,
    entitle,
    highest,
    ink_on,
    ink_on_colour,
    number,
    picture,
    positive,
    scale,
    sheet,
    signed,
)

if TYPE_CHECKING:
    from hierfeat.anatomy.lessons.convolution import AppliedKernels
    from hierfeat.anatomy.lessons.singular_values import SingularValues
    from hierfeat.anatomy.lessons.toeplitz import Toeplitz
    from hierfeat.stimuli.kernels import ImageKernels


MOST_COLUMNS = 12


def plot_kernels(result: "ImageKernels", *, columns: int = 6) -> Figure:
    """Draw every kernel, blue for negative weights and red for positive ones, with numbers where they fit.

    Parameters
    ----------
    columns
        Kernels side by side, up to twelve.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    columns = max(1, min(columns, len(result.kernels), MOST_COLUMNS))
    rows = -(-len(result.kernels) // columns)
    figure = sheet(max(1.5 * columns, 4.5), 1.7 * rows + 0.4)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis, (name, kernel) in zip(axes, result.kernels.items(), strict=False):
        draw_kernel(axis, kernel)
        axis.set_title(title(name), fontsize=10)
    for axis in axes[len(result.kernels) :]:
        axis.axis("off")
    entitle(figure, result, "image kernels: blue inhibits, white ignores, red excites", size=12)
    return figure


def draw_kernel(axis: Axes, kernel: np.ndarray) -> AxesImage:
    """Draw one kernel about zero, with its weights if it is small."""
    drawn = signed(axis, kernel)
    bare(axis)
    if max(kernel.shape) <= 3:
        for (row, column), weight in np.ndenumerate(kernel):
            colour = ink_on(drawn, weight)
            axis.text(column, row, _weight(weight), ha="center", va="center", fontsize=11, color=colour)
    return drawn


def _weight(weight: float) -> str:
    if weight == 0 or abs(weight) >= 1 or not np.isfinite(weight):
        return number(weight, "g").replace("-", "−")
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


def plot_applied_kernels(result: "AppliedKernels", *, columns: int = 4) -> Figure:
    """Draw the image first, then every output with its kernel in the corner; signed outputs in red and blue.

    Parameters
    ----------
    columns
        Pictures side by side, up to six.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    panels = 1 + len(result.outputs)
    columns = max(1, min(columns, panels, MOST_COLUMNS // 2))
    rows = -(-panels // columns)
    height, width = result.image.shape[:2]
    figure = sheet(3.2 * columns, (3.2 * height / width + 0.55) * rows)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    axes[0].imshow(_upright(result.image), interpolation="nearest")
    channels = result.image.shape[2] if result.image.ndim == 3 else 1
    axes[0].set_title(f"image, {height} × {width} pixels{as_drawn(channels).replace('; ', chr(10))}", fontsize=10)
    for axis, (name, output) in zip(axes[1:], result.outputs.items(), strict=False):
        _output(axis, name, output, result.kernels[name])
        _inset(axis, result.kernels[name])
    for axis in axes:
        bare(axis)
    for axis in axes[panels:]:
        axis.axis("off")
    return figure


def _upright(image: np.ndarray) -> np.ndarray:
    """RGB of an image (H, W) or (H, W, channels)."""
    return picture(np.moveaxis(image, -1, 0) if image.ndim == 3 else image)


def _output(axis: Axes, name: str, output: np.ndarray, kernel: np.ndarray) -> None:
    """Draw the output of a kernel that removes grey about zero, any other as an image, clipped to [0, 1]."""
    if abs(kernel.sum()) > 1e-6 * np.abs(kernel).sum():
        axis.imshow(_upright(output), interpolation="nearest")
        beyond = " (clipped to [0, 1])" if highest(np.abs(output - 0.5)) > 0.5 + 1e-6 else ""
        axis.set_title(title(name) + beyond, fontsize=10)
        return
    grey = output.mean(axis=2) if output.ndim == 3 else output
    known = np.abs(grey[np.isfinite(grey)])
    bound = float(np.quantile(known, 0.995)) if known.size else 1.0
    drawn = signed(axis, grey, bound)
    top = drawn.get_clim()[1]
    axis.set_title(f"{title(name)}\nblue −{top:.2g}, red +{top:.2g}, darkest: beyond", fontsize=10)


def _inset(axis: Axes, kernel: np.ndarray) -> None:
    box = axis.get_window_extent()
    small = axis.inset_axes((0.015, 0.02, 0.2, 0.2 * box.width / box.height))
    draw_kernel(small, kernel)
    for text in small.texts:
        text.set_visible(False)
    for spine in small.spines.values():
        spine.set(edgecolor=INK, linewidth=1.2)


def plot_toeplitz(result: "Toeplitz") -> Figure:
    """Draw the matrix and, beside it, the kernel whose entries it repeats, in the same colours.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    rows, columns = result.entries.shape
    taps = np.array(result.table["tap"].tolist())
    colours = _colours(taps)
    height = min(8.0, max(3.4, 8 * rows / columns)) if rows > 15 else 4.5
    figure = sheet(min(11, max(7.5, 3.2 + 1.1 * height * columns / rows)), height + 0.9)
    left, right = figure.subplots(1, 2, width_ratios=(1, 4.2))
    _kernel(left, taps, colours)
    shown = ListedColormap(np.vstack([[0, 0, 0], [0.955] * 3, colours]))
    right.imshow(result.entries + 2, cmap=shown, vmin=-0.5, vmax=len(colours) + 1.5, interpolation="nearest")
    _blocks(right, result)
    right.set_xlabel(f"input cell, {_shape(result.in_shape)} = {columns}", fontsize=12)
    right.set_ylabel(f"output cell, {_shape(result.out_shape)} = {rows}", fontsize=12)
    weights = f"{len(result.table)} weights fill a matrix of {rows} × {columns} = {result.entries.size:,} entries"
    entitle(figure, result, weights, size=12)
    return figure


def _colours(taps: np.ndarray) -> np.ndarray:
    """Give every weight the colour of its place in the kernel: rows differ in hue, columns in lightness."""
    sizes = taps.max(axis=0) + 1
    line, light = taps[:, -1], np.zeros(len(taps))
    if len(sizes) > 1:
        line = np.ravel_multi_index(tuple(taps[:, :-1].T), tuple(sizes[:-1]))
        light = taps[:, -1] / max(1, sizes[-1] - 1) * 0.6
    palette = (*CATEGORIES, DARK)
    hues = np.array([to_rgb(palette[place % len(palette)]) for place in line])
    return np.asarray(hues + (1 - hues) * light[:, None])


def _kernel(axis: Axes, taps: np.ndarray, colours: np.ndarray) -> None:
    """Draw one kernel (every channel's has the same colours), each entry with its place."""
    sizes = tuple(int(size) for size in taps.max(axis=0) + 1)
    count = int(np.prod(sizes))
    axis.imshow(colours[:count].reshape(-1, sizes[-1], 3))
    bare(axis)
    axis.set_title("kernel" if count == len(taps) else "each kernel", fontsize=12)
    for place, tap in enumerate(taps[:count]):
        row, column = divmod(place, sizes[-1])
        ink = ink_on_colour(colours[place])
        axis.text(column, row, f"w{_subscript(tap)}", ha="center", va="center", fontsize=12, color=ink)


def _subscript(tap: np.ndarray) -> str:
    return "".join(str(place) for place in tap).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _blocks(axis: Axes, result: "Toeplitz") -> None:
    """Rule off the blocks: one image row each; channels with a heavier line."""
    for line, shape in ((axis.axhline, result.out_shape), (axis.axvline, result.in_shape)):
        total, per_channel, per_row = int(np.prod(shape)), int(np.prod(shape[1:])), shape[-1]
        if len(shape) < 3 or total > 300:
            continue
        for place in range(per_row, total, per_row):
            line(place - 0.5, color=INK if place % per_channel == 0 else GREY, linewidth=0.7)


def _shape(shape: list[int]) -> str:
    return " × ".join(str(size) for size in shape)


def plot_singular_values(result: "SingularValues") -> Figure:
    """Draw the singular values by rank, and the largest one at every spatial frequency.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    figure = sheet(10, 4.2)
    left, right = figure.subplots(1, 2)
    left.plot(np.arange(1, len(result.values) + 1), result.values, color=BLUE, linewidth=2)
    left.axhline(1, color=GREY, linewidth=1, linestyle="--")
    left.set(xlabel="rank", ylabel="singular value (gain)", xlim=(1, max(2, len(result.values))))
    left.set_ylim(0, 1.05 * highest(result.values, 1.0))
    rows, columns = result.gain.shape
    shown = positive(right, result.gain, origin="lower", extent=(*_edges(columns), *_edges(rows)))
    right.set(xlabel="horizontal frequency (cycles/output cell)", ylabel="vertical frequency (cycles/output cell)")
    scale(shown, right, "largest gain", shrink=1)
    row = result.table.iloc[0]
    norm, status = number(row["spectral_norm"], ".3g"), str(row["status"]).lower()
    entitle(figure, result, f"{row['outputs']} × {row['inputs']} matrix, spectral norm {norm} ({status})")
    return figure


def _edges(size: int) -> tuple[float, float]:
    """Give the outer edges of the first and the last frequency of `size`, zero in the centre."""
    return (-(size // 2) - 0.5) / size, ((size - 1) // 2 + 0.5) / size
