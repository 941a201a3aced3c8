"""Networks that ship: Figs. 3, 6 and 7 of Fukushima (1980), and the learning curve of a training."""

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import ConnectionPatch, Rectangle
from matplotlib.ticker import MaxNLocator

if TYPE_CHECKING:
    from hierfeat.zoo.neocognitron.views import CellPlane, NeocognitronResponses
    from hierfeat.zoo.training.train import Training

_RATES = mpl.colormaps["Greys"].with_extremes(bad="#F3D9B1")
_THREE = ("#0072B2", "#D55E00", "#009E73")


def plot_layers(result: "NeocognitronResponses") -> Figure:
    """Draw every cell of every layer, a column per pattern and a row per layer (Fig. 7 of 1980).

    Returns
    -------
    matplotlib.figure.Figure
    """
    layers, n = result.responses, len(result.images)
    tall = [0.45] + [0.9] * len(layers)
    figure, axes = plt.subplots(
        len(layers) + 1, n, figsize=(1.9 * n + 1.4, sum(tall) * 1.25 + 0.9), height_ratios=tall, squeeze=False
    )
    for column in range(n):
        _cells(axes[0, column], result.images[column, 0], 1.0)
        axes[0, column].set_title(f"“{result.labels[column]}” → {result.predicted[column]}", fontsize=11)
    image = None
    for row, (name, u) in enumerate(layers.items(), start=1):
        top = max(float(u.max()), 1e-9)
        for column in range(n):
            image = _cells(axes[row, column], _mosaic(u[column] / top), 1.0)
        axes[row, 0].set_ylabel(_layer_label(name, u.shape, top), fontsize=9, rotation=0, ha="right", va="center")
    axes[0, 0].set_ylabel(
        "U0\n{} x {}".format(*result.images.shape[2:]), fontsize=9, rotation=0, ha="right", va="center"
    )
    figure.subplots_adjust(left=0.13, right=0.92, top=0.94, bottom=0.02, wspace=0.08, hspace=0.1)
    if image is not None:
        bar = figure.colorbar(image, cax=figure.add_axes((0.94, 0.3, 0.012, 0.4)))
        bar.set_label("response / largest of the layer", fontsize=9)
    plt.close(figure)
    return figure


def plot_answers(result: "NeocognitronResponses", *, titles: list[str] | None = None, columns: int = 8) -> Figure:
    """Draw each pattern above the responses of the cells of the last C-layer (Fig. 6 of 1980).

    Parameters
    ----------
    titles : list of str, optional
        One for each pattern.
    columns : int
        Patterns side by side.

    Returns
    -------
    matplotlib.figure.Figure
    """
    u = list(result.responses.values())[-1]
    answers = u.reshape(len(u), u.shape[1], -1).max(2)
    per_row = min(len(u), columns)
    rows = -(-len(u) // per_row)
    figure, axes = plt.subplots(
        2 * rows,
        per_row,
        figsize=(1.35 * per_row + 0.7, 2.15 * rows + 0.5),
        height_ratios=[1, 0.45] * rows,
        squeeze=False,
    )
    for axis in axes.flat:
        axis.axis("off")
    for index in range(len(u)):
        picture, bars = axes[2 * (index // per_row) : 2 * (index // per_row) + 2, index % per_row]
        picture.axis("on")
        picture.set_anchor("S")  # close above its bars
        _cells(picture, result.images[index, 0], 1.0)
        right = result.predicted[index] == result.labels[index]
        verdict = "no answer" if result.predicted[index] == -1 else f"read as {result.predicted[index]}"
        title = f"{titles[index]}\n{verdict}" if titles else verdict
        picture.set_title(title, fontsize=8.5, color="black" if right else _THREE[1])
        bars.axis("on")
        bars.bar(np.arange(answers.shape[1]), answers[index], color=_THREE[0] if right else _THREE[1], width=0.9)
        bars.set(ylim=(0, max(1.0, float(answers.max()))), xlim=(-1, answers.shape[1]), xticks=[])
        bars.tick_params(labelsize=7)
        bars.spines[["top", "right"]].set_visible(False)
        if index % per_row:
            bars.set_yticks([])
        else:
            bars.set_ylabel("response", fontsize=7.5)
        if index // per_row == rows - 1:
            bars.set_xlabel(f"{answers.shape[1]} cells", fontsize=7.5)
    figure.tight_layout(h_pad=0.6, w_pad=0.5)
    plt.close(figure)
    return figure


def plot_cell_plane(result: "CellPlane") -> Figure:
    """Draw a cell-plane beside the cells below, three of its cells with their windows, and the shared connections.

    The plate is Fig. 3 of 1980.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, (below, above, kernel) = plt.subplots(1, 3, figsize=(10.5, 3.9), width_ratios=[1, 1, 0.85])
    summed = result.below.sum(0)
    _cells(below, summed, float(summed.max()))
    top = max(float(result.above.max()), 1e-9)
    _cells(above, result.above, top)
    for colour, row in zip(_THREE, _spread(result), strict=False):
        box = [result.table[side][row] for side in ("left", "top", "right", "bottom")]
        _frame(below, box, colour)
        r, c = result.table["row"][row], result.table["column"][row]
        _frame(above, [c, r, c + 1, r + 1], colour)
        for corner in (box[1], box[3]):
            window_edge, cell_edge = (box[2] - 0.5, corner - 0.5), (c - 0.5, r)
            line = ConnectionPatch(window_edge, cell_edge, "data", axesA=below, axesB=above, color=colour, lw=1)
            figure.add_artist(line)
    weights = result.kernel.sum(0)
    drawn = kernel.imshow(weights, cmap="viridis", vmin=0)
    bar = figure.colorbar(drawn, ax=kernel, fraction=0.046)
    bar.set_label("Σ a over the planes below" if len(result.kernel) > 1 else "a", fontsize=9)
    kernel.set(title="connections that all its cells share", xlabel="column in the window", ylabel="row")
    below.set_title(f"cells below ({len(result.below)} plane{'s' if len(result.below) > 1 else ''})")
    above.set_title(f"S-plane {result.plane} of {result.layer}: responses to it")
    figure.suptitle("Each cell of a plane sees its own window, with the same connections", fontsize=12)
    figure.tight_layout()
    plt.close(figure)
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


def _cells(axis: Axes, cells: np.ndarray, top: float) -> Any:
    image = axis.imshow(np.ma.masked_invalid(cells), cmap=_RATES, vmin=0, vmax=top, interpolation="nearest")
    axis.set(xticks=[], yticks=[])
    return image


def _mosaic(planes: np.ndarray) -> np.ndarray:
    """Planes side by side, parted by lines of NaN."""
    count, height, width = planes.shape
    across = int(np.ceil(np.sqrt(count * 1.5)))
    down = -(-count // across)
    line = max(1, round(height / 16))
    sheet = np.full((down * (height + line) + line, across * (width + line) + line), np.nan)
    for index, plane in enumerate(planes):
        top, left = divmod(index, across)
        row, column = top * (height + line) + line, left * (width + line) + line
        sheet[row : row + height, column : column + width] = plane
    return sheet


def _layer_label(name: str, shape: tuple[int, ...], top: float) -> str:
    subscript = {"s": "S", "c": "C"}[name[0]] + name[1:]
    return f"U {subscript}\n{shape[2]} x {shape[3]} x {shape[1]}\nlargest {top:.2f}"


_BLUE, _ORANGE = "#0072b2", "#d55e00"


def plot_train(training: "Training") -> Figure:
    """Draw the loss on the left, the accuracies and the final test accuracy on the right (no loss: no left panel).

    Returns
    -------
    matplotlib.figure.Figure
    """
    table, card = training.table, training.card
    has_loss = bool(table["train_loss"].notna().any())
    panels = 1 + has_loss
    figure, axes = plt.subplots(1, panels, figsize=(4.5 * panels, 3.6), layout="constrained", squeeze=False)
    right = axes[0, -1]
    figure.suptitle(f"{card['model']}: {card['parameters']:,} parameters, seed {card['recipe']['seed']}")
    if has_loss:
        axes[0, 0].plot(table["epoch"], table["train_loss"], color=_BLUE, marker=".")
        axes[0, 0].set(xlabel="epoch", ylabel="training loss", ylim=(min(0, table["train_loss"].min()), None))
    right.plot(
        table["epoch"],
        100 * table["train_accuracy"],
        color=_BLUE,
        marker=".",
        label="training (augmented)" if has_loss else "training",
    )
    if table["validation_accuracy"].notna().any():
        right.plot(table["epoch"], 100 * table["validation_accuracy"], color=_ORANGE, marker=".", label="validation")
    test = 100 * card["test_accuracy"]
    right.axhline(test, color="black", linestyle=":", label=f"test, at the end: {test:.2f} %")
    right.set(xlabel="epoch", ylabel="accuracy (%)")
    right.legend(loc="lower right")
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    plt.close(figure)
    return figure
