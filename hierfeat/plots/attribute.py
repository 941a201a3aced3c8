"""Images and the maps of what in them a unit's answer is due to."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from hierfeat.errors import HierfeatError
from hierfeat.plots.top_patches import picture

if TYPE_CHECKING:
    from hierfeat.physiology.features.attribute import Attribution


def plot_attribute(result: "Attribution", *, most: int = 8) -> Figure:
    """Draw each image above its map, with the unit's receptive field framed; a map that says nothing is named so.

    Parameters
    ----------
    result : Attribution
    most : int
        Images to draw.
    """
    if most < 1:
        raise HierfeatError(f"expected most as a number of images, at least 1, got {most}")
    rows = result.table.head(most).to_dict("records")
    figure, grid = plt.subplots(
        2, len(rows), figsize=(1.55 * len(rows) + 0.9, 3.7), layout="constrained", squeeze=False
    )
    figure.suptitle(
        f"{rows[0]['layer']}, channel {rows[0]['channel']}: {rows[0]['method'].replace('_', ' ')}", fontsize=10
    )
    signed = result.maps[: len(rows)].sum(1)
    limit = float(np.abs(signed).max()) or 1.0
    drawn = None
    for column, row in enumerate(rows):
        upper, lower = grid[:, column]
        upper.imshow(picture(result.images[column]), interpolation="nearest")
        drawn = lower.imshow(signed[column], cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
        upper.set_title(f"unit ({row['row']}, {row['col']})\nanswers {row['activation']:.3g}", fontsize=8)
        if row["status"] != "ok":
            lower.text(0.5, 0.5, row["status"], ha="center", va="center", transform=lower.transAxes, fontsize=9)
        for axes in (upper, lower):
            axes.set(xticks=[], yticks=[])
            height, width = row["bottom"] - row["top"], row["right"] - row["left"]
            corner = (row["left"] - 0.5, row["top"] - 0.5)
            axes.add_patch(Rectangle(corner, width, height, fill=False, edgecolor="#e69f00", linewidth=1.5))
    assert drawn is not None, "there is at least one image"
    figure.colorbar(drawn, ax=grid[1].tolist(), shrink=0.8, label="attribution")
    grid[0, 0].set_ylabel("image", fontsize=9)
    grid[1, 0].set_ylabel("map (orange: field)", fontsize=9)
    plt.close(figure)
    return figure
