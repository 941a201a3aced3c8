"""Networks that ship: Figs. 3, 6 and 7 of Fukushima (1980), and the learning curve of a training."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import ConnectionPatch, Rectangle

from hierfeat.errors import HierfeatError
from hierfeat.plots._style import (
    BLUE,
    GREEN,
    INK,
    RATES,
    VERMILION,
    bare,
    entitle,
    few_ticks,
    highest,
    number,
    open_frame,
    positive,
    scale,
    sheet,
)

if TYPE_CHECKING:
    from hierfeat.zoo.neocognitron.views import CellPlane, NeocognitronResponses
    from hierfeat.zoo.training.training import Training

_THREE = (BLUE, VERMILION, GREEN)
MOST_COLUMNS, MOST_PATTERNS = 12, 64


def plot_layers(result: "NeocognitronResponses") -> Figure:
    """Draw every cell of every layer, a column per pattern and a row per layer (Fig. 7 of 1980).

    Of more than twelve patterns, the first twelve are drawn.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    layers, n = result.responses, min(len(result.images), MOST_COLUMNS)
    tall = [0.45] + [0.9] * len(layers)
    figure = sheet(max(1.9 * n + 1.4, 5), sum(tall) * 1.25 + 1.2)
    axes = figure.subplots(len(layers) + 1, n, height_ratios=tall, squeeze=False)
    label: dict[str, Any] = {"fontsize": 10, "rotation": 0, "ha": "right", "va": "center"}
    for column in range(n):
        _cells(axes[0, column], result.images[column, 0], 1.0)
        axes[0, column].set_title(f"“{result.labels[column]}” → {result.predicted[column]}", fontsize=11)
    axes[0, 0].set_ylabel("U0\n{} × {}".format(*result.images.shape[2:]), **label)
    image = None
    for row, (name, u) in enumerate(layers.items(), start=1):
        top = highest(u) or 1.0
        for column in range(n):
            image = _cells(axes[row, column], _mosaic(u[column] / top), 1.0)
        axes[row, 0].set_ylabel(_layer_label(name, u.shape, top), **label)
    if image is not None:
        figure.colorbar(image, ax=list(axes.flat), label="response / largest of the layer", shrink=0.4, aspect=40)
    engine = figure.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):  # square cells make a panel narrower than its place
        engine.set(rect=(0.02, 0, 0.98, 1))
    entitle(figure, result, f"responses of all cells{_first(n, len(result.images))}")
    return figure


def _first(shown: int, count: int) -> str:
    return f" (the first {shown} of {count} patterns)" if shown < count else ""


def plot_answers(result: "NeocognitronResponses", *, titles: list[str] | None = None, columns: int = 8) -> Figure:
    """Draw each pattern above the responses of the cells of the last C-layer (Fig. 6 of 1980).

    Of more than 64 patterns, the first 64 are drawn.

    Parameters
    ----------
    titles
        One for each pattern.
    columns
        Patterns side by side.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.

    Raises
    ------
    HierfeatError
        If there are not as many titles as patterns, or no columns.
    """
    u = list(result.responses.values())[-1]
    if titles is not None and len(titles) != len(u):
        raise HierfeatError(f"expected a title for each of {len(u)} patterns, got {len(titles)}")
    last = u.reshape(len(u), u.shape[1], -1).max(2)
    count = min(len(u), MOST_PATTERNS)
    across = min(count, columns)
    rows = -(-count // across)
    figure = sheet(max(1.35 * across + 0.7, 4), 2.15 * rows + 0.8)
    axes = figure.subplots(2 * rows, across, height_ratios=[1, 0.45] * rows, squeeze=False)
    for axis in axes.flat[:]:
        axis.axis("off")
    top = highest(last, 1.0)
    for index in range(count):
        pattern, bars = axes[2 * (index // across) : 2 * (index // across) + 2, index % across]
        _pattern(pattern, result, index, titles[index] if titles else "")
        _bars(bars, last[index], result.predicted[index] == result.labels[index], top)
        if index % across:
            bars.set_yticks([])
        else:
            bars.set_ylabel("response", fontsize=10.5)
        if index // across == rows - 1:
            bars.set_xlabel(f"{last.shape[1]} cells", fontsize=10.5)
    entitle(figure, result, f"responses of the last layer{_first(count, len(u))}", size=10)
    return figure


def _pattern(axis: Axes, result: "NeocognitronResponses", index: int, title: str) -> None:
    axis.axis("on")
    axis.set_anchor("S")  # close above its bars
    _cells(axis, result.images[index, 0], 1.0)
    predicted, right = result.predicted[index], result.predicted[index] == result.labels[index]
    verdict = "no response" if predicted == -1 else f"classified as {predicted}"
    axis.set_title("\n".join([title, verdict] if title else [verdict]), fontsize=10, color=INK if right else VERMILION)


def _bars(axis: Axes, responses: np.ndarray, right: bool, top: float) -> None:
    axis.axis("on")
    axis.bar(np.arange(len(responses)), responses, color=BLUE if right else VERMILION, width=0.9)
    axis.set(ylim=(0, top), xlim=(-1, len(responses)), xticks=[])
    axis.tick_params(labelsize=10)
    open_frame(axis)


def plot_cell_plane(result: "CellPlane") -> Figure:
    """Draw a cell-plane beside the cells below, three of its cells with their windows, and the shared connections.

    The plate is Fig. 3 of 1980.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    figure = sheet(10.5, 4.1)
    below, above, kernel = figure.subplots(1, 3, width_ratios=[1, 1, 0.85])
    summed = result.below.sum(0)
    _cells(below, summed, highest(summed) or 1.0)
    _cells(above, result.above, highest(result.above) or 1.0)
    for colour, row in zip(_THREE, _spread(result), strict=False):
        box = [result.table[side][row] for side in ("left", "top", "right", "bottom")]
        _frame(below, box, colour)
        r, c = result.table["row"][row], result.table["column"][row]
        _frame(above, [c, r, c + 1, r + 1], colour)
        for corner in (box[1], box[3]):
            window_edge, cell_edge = (box[2] - 0.5, corner - 0.5), (c - 0.5, r)
            line = ConnectionPatch(window_edge, cell_edge, "data", axesA=below, axesB=above, color=colour, lw=1)
            figure.add_artist(line)
    drawn = positive(kernel, result.kernel.sum(0))
    scale(drawn, kernel, "Σ a over the planes below" if len(result.kernel) > 1 else "a")
    kernel.set(xlabel="column in the window", ylabel="row")
    kernel.set_title("connections that all its cells share", fontsize=10)
    planes = "1 plane" if len(result.below) == 1 else f"{len(result.below)} planes"
    below.set_title(f"cells below ({planes})", fontsize=10)
    above.set_title(f"S-plane {result.plane} of {result.layer}: responses to it", fontsize=10)
    entitle(figure, result, "each cell of a plane sees its own window, with the same connections")
    return figure


def _spread(result: "CellPlane") -> list[int]:
    """Three cells of the plane, one of them the most active, whose windows lie apart."""
    rows, columns = result.above.shape
    best = int(result.above.argmax())
    others = [(rows // 5) * columns + (4 * columns) // 5, (4 * rows // 5) * columns + columns // 5]
    return [best, *others]


def _frame(axis: Axes, box: list[Any], colour: str) -> None:
    left, top, right, bottom = box
    axis.add_patch(
        Rectangle(
            (left - 0.5, top - 0.5), right - left, bottom - top, fill=False, edgecolor=colour, lw=2, clip_on=False
        )
    )


def _cells(axis: Axes, cells: np.ndarray, top: float) -> AxesImage:
    bare(axis)
    return positive(axis, cells, top, RATES)


def _mosaic(planes: np.ndarray) -> np.ndarray:
    """Planes side by side, parted by lines of NaN."""
    count, height, width = planes.shape
    across = int(np.ceil(np.sqrt(count * 1.5)))
    down = -(-count // across)
    line = max(1, round(height / 16))
    whole = np.full((down * (height + line) + line, across * (width + line) + line), np.nan)
    for index, plane in enumerate(planes):
        top, left = divmod(index, across)
        row, column = top * (height + line) + line, left * (width + line) + line
        whole[row : row + height, column : column + width] = plane
    return whole


def _layer_label(name: str, shape: tuple[int, ...], top: float) -> str:
    subscript = {"s": "S", "c": "C"}[name[0]] + name[1:]
    return f"U {subscript}\n{shape[2]} × {shape[3]} × {shape[1]}\nlargest {top:.2f}"


def plot_train(training: "Training") -> Figure:
    """Draw the loss on the left, the accuracies and the final test accuracy on the right (no loss: no left panel).

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    table, card = training.table, training.card
    has_loss = bool(table["train_loss"].notna().any())
    figure = sheet(9 if has_loss else 5, 3.8)
    axes = figure.subplots(1, 1 + has_loss, squeeze=False)
    right = axes[0, -1]
    figure.suptitle(f"{card['model']}: {card['parameters']:,} parameters, seed {card['recipe']['seed']}", fontsize=11)
    if has_loss:
        axes[0, 0].plot(table["epoch"], table["train_loss"], color=BLUE, marker=".")
        axes[0, 0].set(
            xlabel="epoch",
            ylabel="training loss",
            ylim=(-highest(-table["train_loss"]), 1.05 * (highest(table["train_loss"]) or 1.0)),
        )
    label = "training (augmented)" if has_loss else "training"
    right.plot(table["epoch"], 100 * table["train_accuracy"], color=BLUE, marker=".", label=label)
    if table["validation_accuracy"].notna().any():
        right.plot(table["epoch"], 100 * table["validation_accuracy"], color=VERMILION, marker=".", label="validation")
    test = 100 * card["test_accuracy"]
    right.axhline(test, color=INK, linestyle=":", label=f"test, at the end: {number(test, '.2f')} %")
    right.set_xlabel("epoch")
    _percent(right, [test, *100 * table["train_accuracy"], *100 * table["validation_accuracy"]])
    if len(table) == 1:  # a Neocognitron, or one epoch: a point, not a curve
        right.set_xlim(0, 2)
    right.legend(loc="lower right")
    for axis in axes.flat:
        open_frame(axis)
        few_ticks(axis.xaxis)
    return figure


def _percent(axes: Axes, drawn: Sequence[float]) -> None:
    """An axis of accuracies that the curves fill: it starts at the ten below them, and its label says so."""
    most = highest(drawn, 1)
    low = max(0, 10 * int((min(most, -highest(np.negative(drawn), -100)) - 1) // 10))
    axes.set(ylabel=f"accuracy (%){f', axis from {low}' if low else ''}", ylim=(low, most + 0.04 * (most - low)))
