"""Maps of invariance over the plane of shifts."""

from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

if TYPE_CHECKING:
    from hierfeat.physiology.invariance.sensitivity_map import SensitivityMap

MOST, COLUMNS = 16, 4


def plot_sensitivity_map(result: "SensitivityMap") -> Figure:
    """Draw a map per layer; of more than sixteen layers, sixteen evenly spread ones."""
    names = list(result.maps)
    names = [names[place] for place in np.unique(np.linspace(0, len(names) - 1, MOST).astype(int))]
    columns = min(len(names), COLUMNS)
    rows = ceil(len(names) / columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(2.6 * columns + 1.2, 2.7 * rows + 0.5), layout="constrained", squeeze=False,
        sharex=True, sharey=True,
    )  # fmt: skip
    reach = len(next(iter(result.maps.values()))) / 2
    for panel, name in zip(axes.flat, names, strict=False):
        image = panel.imshow(result.maps[name], vmin=-1, vmax=1, cmap="RdBu_r", extent=(-reach, reach, reach, -reach))
        panel.set_title(name)
    for panel in axes.flat[len(names) :]:
        panel.set_visible(False)
    for place in range(columns):
        lowest = [panel for panel in axes[:, place] if panel.get_visible()][-1]
        lowest.set_xlabel("right (pixels)")
        lowest.xaxis.set_tick_params(labelbottom=True)
        lowest.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    for panel in axes[:, 0]:
        panel.set_ylabel("down (pixels)")
    label = "invariance (0: like another image, 1: unchanged)"
    figure.colorbar(image, ax=axes, label=label, shrink=0.8, extend="min")
    figure.suptitle(f"{result.provenance['model']}: invariance over all shifts")
    plt.close(figure)
    return figure
