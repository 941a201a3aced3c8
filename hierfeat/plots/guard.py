"""Fingerprints of networks, and where two of them part."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from hierfeat.plots._canvas import one_panel
from hierfeat.plots._style import (
    BLUE,
    GREY,
    INK,
    VERMILION,
    by_depth,
    entitle,
    highest,
    open_frame,
    sheet,
    width_by_depth,
)  # fmt: skip

if TYPE_CHECKING:
    from hierfeat.testing.comparison import Comparison
    from hierfeat.testing.fingerprint import Fingerprint

_LEAST = 1e-9  # deviations below it are drawn there


def plot_fingerprint(result: "Fingerprint") -> Figure:
    """Draw each layer's mean, spread and range, and below it how many values are active, and how sparsely.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels, one above the other.
    """
    table, at = result.table, np.arange(len(result.table))
    figure = sheet(width_by_depth(len(table), least=6), 5.5)
    above, below = figure.subplots(2, sharex=True)
    above.vlines(at, table["min"], table["max"], color=GREY, linewidth=1, label="from least to largest")
    above.errorbar(at, table["mean"], table["sd"], fmt="o", color=BLUE, markersize=4, label="mean ± sd")
    above.set_yscale("symlog", linthresh=1)
    above.set_ylim(-2 * highest(-table["min"], 1), 2 * highest(table["max"], 1))  # less than a decade has no ticks
    above.set_ylabel("response")
    below.plot(at, table["active"], "o-", color=BLUE, markersize=4, label="active")
    below.plot(at, table["lifetime_sparseness"], "s--", color=VERMILION, markersize=4, label="lifetime sparseness")
    below.plot(at, table["population_sparseness"], "^:", color=INK, markersize=4, label="population sparseness")
    below.set(ylabel="share", ylim=(-0.03, 1.03))
    by_depth(below, list(table["layer"]))
    for axes in (above, below):
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, fontsize=10, frameon=False)
        open_frame(axes)
    entitle(figure, result, "fingerprint")
    return figure


@one_panel
def plot_comparison(result: "Comparison") -> Figure:
    """Draw each layer's largest deviation beside what is allowed; layers of one network only have a cross on top.

    Returns
    -------
    matplotlib.figure.Figure
        One panel.
    """
    table, at = result.table, np.arange(len(result.table))
    deviation = table["deviation"].to_numpy(dtype=float)
    lonely, differs = table["status"].isin(["gone", "new"]).to_numpy(), (table["status"] != "same").to_numpy()
    shown = np.clip(deviation, _LEAST, None)
    figure = sheet(width_by_depth(len(table), least=6), 4)
    axes = figure.subplots()
    axes.plot(at[~differs], shown[~differs], "o", color=BLUE, markersize=5, label="as it was")
    axes.plot(at[differs & ~lonely], shown[differs & ~lonely], "s", color=VERMILION, markersize=5, label="differs")
    axes.plot(at, table["tolerance"].to_numpy(dtype=float), "--", color=INK, linewidth=1, label="allowed")
    top = max(10.0, *(10 * shown[np.isfinite(shown)]), 1.0)
    if lonely.any():
        axes.plot(at[lonely], np.full(lonely.sum(), top / 3), "X", color=VERMILION, label="in one network only")
    axes.set(yscale="log", ylim=(_LEAST / 3, top), ylabel="largest deviation")
    by_depth(axes, list(table["layer"]))
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, fontsize=10, frameon=False)
    open_frame(axes)
    entitle(figure, result, "where two fingerprints part")
    return figure
