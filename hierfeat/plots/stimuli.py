"""Stimuli as they are shown."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hierfeat.plots._style import as_drawn, bare, picture, sheet

if TYPE_CHECKING:
    from hierfeat.stimuli.stimulus_set import StimulusSet

ACROSS = 8


def plot_stimuli(stimuli: "StimulusSet", *, count: int = 24) -> Figure:
    """Draw some stimuli, evenly over the set, each with the values of what varies.

    Parameters
    ----------
    count
        At most how many.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.

    Raises
    ------
    HierfeatError
        If that is not a positive number.
    """
    chosen = np.unique(np.linspace(0, len(stimuli) - 1, min(count, len(stimuli))).round().astype(int))
    varying = [name for name, column in stimuli.table.items() if (column != column.iloc[0]).any()]
    across = min(ACROSS, len(chosen))
    down = -(-len(chosen) // across)
    figure = sheet(1.45 * across + 0.2, (1.35 + 0.14 * min(len(varying), 4)) * down + 0.6)
    grid = figure.subplots(down, across, squeeze=False)
    for axes, index in zip(grid.flat, chosen, strict=False):
        axes.imshow(picture(stimuli[int(index)]), interpolation="nearest")
        axes.set_title(_values(stimuli.table.iloc[index], [str(name) for name in varying[:4]]), fontsize=10)
        bare(axes)
    for axes in list(grid.flat)[len(chosen) :]:
        axes.set_visible(False)
    shown = f"{len(chosen)} of {len(stimuli)} stimuli" if len(chosen) < len(stimuli) else f"{len(stimuli)} stimuli"
    figure.suptitle(shown + as_drawn(stimuli.shape[0]), fontsize=11)
    return figure


def _values(row: "pd.Series[float]", names: list[str]) -> str:
    return "\n".join(f"{name} {row[name]:.3g}" for name in names)
