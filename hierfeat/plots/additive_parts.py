"""Parts, and where they are."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.ticker import MaxNLocator

if TYPE_CHECKING:
    from hierfeat.representation.additive_parts import AdditiveParts

MOST_PARTS = 8


def plot_additive_parts(result: "AdditiveParts") -> Figure:
    """Draw what each part is made of, where it is on a few images, and the error of each method.

    Maps are stretched over the image; a layer without maps has only the left and right panels.
    """
    rank = min(len(result.parts), MOST_PARTS)
    has_maps = result.maps.shape[-1] > 1
    shown = len(result.images) if has_maps else 0
    figure = plt.figure(figsize=(7.5 + 1.05 * (rank + 1) * (shown > 0), 5.2), layout="constrained")
    grid = figure.add_gridspec(1, 3 if shown else 2, width_ratios=[1, 0.36 * (rank + 1), 1] if shown else [1, 1])
    _parts(figure.add_subplot(grid[0]), result, rank)
    if shown:
        _maps(figure, grid[1], result, rank)
    _errors(figure.add_subplot(grid[-1]), result)
    settings = result.provenance["parameters"]
    figure.suptitle(f"{result.provenance['model']}, {settings['layer']}: {len(result.parts)} additive parts (NMF)")
    plt.close(figure)
    return figure


def _parts(axes: Axes, result: "AdditiveParts", rank: int) -> None:
    axes.imshow(result.parts[:rank].T, aspect="auto", cmap="viridis", vmin=0, interpolation="nearest")
    axes.set_xlabel("part")
    axes.set_ylabel("channel")
    axes.set_xticks(range(rank), [str(part + 1) for part in range(rank)])
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_title("What it is made of", fontsize=10)


def _maps(figure: Figure, place: SubplotSpec, result: "AdditiveParts", rank: int) -> None:
    grid = place.subgridspec(len(result.images), rank + 1)
    tops = result.maps.max((0, 2, 3))
    height, width = result.images.shape[-2:]
    for row, image in enumerate(result.images):
        for column in range(rank + 1):
            axes = figure.add_subplot(grid[row, column])
            axes.imshow(np.moveaxis(image, 0, -1) if len(image) == 3 else image[0], cmap="gray", vmin=0, vmax=1)
            if column:
                part = result.maps[row, column - 1]
                axes.imshow(part, cmap="magma", vmin=0, vmax=tops[column - 1] or 1, alpha=0.8,
                            extent=(-0.5, width - 0.5, height - 0.5, -0.5), interpolation="nearest")  # fmt: skip
            axes.set_axis_off()
            if row == 0:
                axes.set_title("image" if column == 0 else f"part {column}", fontsize=9)


def _errors(axes: Axes, result: "AdditiveParts") -> None:
    table = result.table
    places = np.arange(len(table))
    axes.bar(places - 0.2, 100 * table["error_positive"], 0.4, color="#0072b2", label="error (%)")
    axes.bar(places + 0.2, 100 * table["part_sparsity"], 0.4, color="#e69f00", label="sparsity of the parts (%)")
    axes.set_xticks(places, table["method"])
    axes.set_ylim(0, 119)
    axes.legend(frameon=False, loc="upper left", fontsize=8)
    axes.set_title("Equal rank", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
