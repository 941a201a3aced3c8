"""How well a network classifies: the confusion matrix, and the mistakes that it is surest of."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from hierfeat.plots._style import (
    RATES,
    as_drawn,
    entitle,
    highest,
    ink_on,
    number,
    one_panel,
    picture,
    positive,
    say,
    scale,
    sheet,
    short,
)

if TYPE_CHECKING:
    from hierfeat.representation.evaluation import Evaluation

MOST_CLASSES = 20  # of a confusion matrix whose cells have their numbers


@one_panel
def plot_evaluation(evaluation: "Evaluation") -> Figure:
    """Draw the confusion matrix; a row adds up to 100 %, and the diagonal is left out so that mistakes stand out.

    Of more than 20 classes those are drawn that have an image or were answered.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    counts, names = evaluation.confusion, evaluation.table["label"].tolist()
    classes, few = len(counts), ""
    if classes > MOST_CLASSES:
        shown = np.flatnonzero(counts.any(0) | counts.any(1))
        counts, names = counts[np.ix_(shown, shown)], [names[place] for place in shown]
        few = f"; {len(shown)} of {classes} classes occur" if len(shown) < classes else ""
    percent = 100 * counts / np.maximum(counts.sum(1, keepdims=True), 1)
    mistakes = np.where(np.eye(len(counts), dtype=bool), 0, percent)
    size = 4.0 + 0.32 * min(len(counts), MOST_CLASSES)
    figure = sheet(size + 1, size)
    axes = figure.subplots()
    drawn = positive(axes, mistakes, highest(mistakes, 1.0), RATES)
    scale(drawn, axes, "mistakes (% of the class)")
    axes.set(xlabel="predicted", ylabel="label")
    if len(counts) <= MOST_CLASSES:
        labels = [short(name) for name in names]
        axes.set_xticks(range(len(names)), labels, rotation=45, ha="right")
        axes.set_yticks(range(len(names)), labels)
        _shares(axes, percent, drawn)
    entitle(figure, evaluation, f"accuracy {number(100 * evaluation.accuracy, '.2f')} %{few}")
    return figure


def _shares(axes: Axes, percent: np.ndarray, drawn: AxesImage) -> None:
    for (row, column), value in np.ndenumerate(percent):
        where: dict[str, Any] = {"ha": "center", "va": "center"}
        if row == column:
            axes.text(column, row, f"{value:.1f}", fontsize=10, weight="bold", **where)
        elif value >= 0.05:
            axes.text(column, row, f"{value:.1f}", fontsize=10, color=ink_on(drawn, value), **where)


def plot_mistakes(evaluation: "Evaluation", images: Any, *, k: int = 16) -> Figure:
    """Draw the most confident mistakes among the images that were evaluated, each with its prediction and its label.

    Parameters
    ----------
    images
        All those that were evaluated and no others, in whatever held them.
    k
        So many mistakes.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.

    Raises
    ------
    HierfeatError
        If there are more or fewer images than were evaluated.
    """
    names, chosen = evaluation.table["label"].tolist(), evaluation.mistakes[:k]
    shown = evaluation._looked_up(images, chosen)
    columns = min(8, max(len(chosen), 1))
    rows = max(-(-len(chosen) // columns), 1)
    figure = sheet(max(1.55 * columns, 4.5), 1.95 * rows + 0.3)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, image, index in zip(grid.flat, shown, chosen, strict=False):
        axes.imshow(picture(image), interpolation="nearest")
        sure = number(100 * evaluation.confidence[index], ".0f")
        label, predicted = names[evaluation.labels[index]], names[evaluation.predicted[index]]
        axes.set_title(f"{predicted}, {sure} %\nlabel: {label}", fontsize=10)
    if not len(chosen):
        grid[0, 0].set_axis_on()
        say(grid[0, 0], "no mistakes")
    note = as_drawn(len(shown[0])) if len(shown) else ""
    entitle(figure, evaluation, f"the most confident mistakes{note}", size=10)
    return figure
