"""The learning curve."""

from typing import TYPE_CHECKING

from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

if TYPE_CHECKING:
    from hierfeat.zoo.training.train import Training

_BLUE, _ORANGE = "#0072b2", "#d55e00"


def plot_train(training: "Training") -> Figure:
    """Draw the loss on the left, the accuracies and the final test accuracy on the right."""
    table, card = training.table, training.card
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    figure.suptitle(f"{card['model']}: {card['parameters']:,} parameters, seed {card['recipe']['seed']}")
    left.plot(table["epoch"], table["train_loss"], color=_BLUE, marker=".")
    left.set(xlabel="epoch", ylabel="training loss", ylim=(min(0, table["train_loss"].min()), None))
    right.plot(table["epoch"], 100 * table["train_accuracy"], color=_BLUE, marker=".", label="training (augmented)")
    if table["validation_accuracy"].notna().any():
        right.plot(table["epoch"], 100 * table["validation_accuracy"], color=_ORANGE, marker=".", label="validation")
    test = 100 * card["test_accuracy"]
    right.axhline(test, color="black", linestyle=":", label=f"test, at the end: {test:.2f} %")
    right.set(xlabel="epoch", ylabel="accuracy (%)")
    right.legend(loc="lower right")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    plt.close(figure)
    return figure
