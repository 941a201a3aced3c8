"""The predicted class over the plane of shifts."""

from typing import TYPE_CHECKING

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

if TYPE_CHECKING:
    import pandas as pd

    from hierfeat.physiology.invariance.shift_consistency import ShiftConsistency

MOST_NUMBERS = 81


def plot_shift_consistency(result: "ShiftConsistency") -> Figure:
    """Draw the share of images of unchanged class, and the accuracy, for every shift."""
    columns = ["agreement"] if result.table["accuracy"].isna().all() else ["agreement", "accuracy"]
    size = (5.2 * len(columns), 4.6)
    figure, axes = plt.subplots(1, len(columns), figsize=size, layout="constrained", squeeze=False)
    titles = {"agreement": "class unchanged (%)", "accuracy": "class correct (%)"}
    for panel, column in zip(axes[0], columns, strict=True):
        _plane(panel, result.table, column)
        panel.set_title(titles[column])
    settings = result.provenance["parameters"]
    figure.suptitle(
        f"{result.provenance['model']}: two shifts agree in {100 * result.consistency:.1f} % "
        f"({settings['images']} images, boundary “{settings['boundary']}”)"
    )
    plt.close(figure)
    return figure


def _plane(axes: Axes, table: "pd.DataFrame", column: str) -> None:
    grid = 100 * table.pivot_table(index="dy", columns="dx", values=column)
    reach = grid.index.max() + 0.5
    image = axes.imshow(grid, cmap="viridis", extent=(-reach, reach, reach, -reach), vmax=100)
    low, high = image.get_clim()
    if grid.size <= MOST_NUMBERS:
        for dy, row in grid.iterrows():
            for dx, value in row.items():
                dark = value < low + 0.6 * (high - low)
                axes.text(float(str(dx)), float(str(dy)), f"{value:.0f}", ha="center", va="center", fontsize=8,
                          color="white" if dark else "black")  # fmt: skip
    axes.set_xlabel("shift right (pixels)")
    axes.set_ylabel("shift down (pixels)")
    axes.figure.colorbar(image, ax=axes, shrink=0.8)
