"""Curves against size, contrast, length and direction."""

from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hierfeat.errors import HierfeatError

if TYPE_CHECKING:
    from hierfeat.physiology.tuning._preferred import PreferredSeries
    from hierfeat.physiology.tuning.direction_tuning import DirectionTuning

AXES = {
    "diameters": ("diameter of the grating (pixels)", "suppression_index"),
    "contrasts": ("contrast", "linearity"),
    "lengths": ("length of the bar (pixels)", "end_stopping"),
}
"""What each series runs over: the axis's label, and the index that is read off the curves."""
BEST = 8
"""Polar plots of the most direction-selective units."""


def plot_series(result: "PreferredSeries", layer: str | None) -> Figure:
    """Draw curves of one layer to their own peak, and the index of every layer's units."""
    steps = next(field for field in AXES if hasattr(result, field))
    places, (label, index) = getattr(result, steps), AXES[steps]
    name = _layer(result.curves, layer)
    curves = result.curves[name]
    peak = np.nanmax(np.where(np.isfinite(curves), curves, 0), axis=1, keepdims=True)
    curves = (curves / np.where(peak > 0, peak, 1))[np.isfinite(curves).all(1)]
    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    left.plot(places, curves.T, color="#0072b2", alpha=min(1, max(0.1, 8 / max(len(curves), 1))), lw=1)
    left.plot(places, np.median(curves, axis=0), color="black", lw=2, label="median")
    if steps != "contrasts":
        left.set_xscale("log", base=2)
        left.xaxis.set_major_formatter("{x:g}")
    left.set_xlabel(label)
    left.set_ylabel("response / its peak")
    left.set_ylim(0, 1.05)
    left.set_title(f"{name}: {len(curves)} units", fontsize=10)
    left.legend(frameon=False, fontsize=8)
    _strip(right, result.table, list(result.curves), index)
    plt.close(fig)
    return fig


def _strip(ax: Any, table: pd.DataFrame, layers: list[str], index: str) -> None:
    for place, layer in enumerate(layers):
        known = table.loc[table.layer == layer, index].dropna().to_numpy()
        ax.plot(
            known,
            place + ((np.arange(len(known)) * 0.618) % 1 - 0.5) * 0.6,
            "o",
            ms=3.5,
            alpha=0.6,
            color="#0072b2",
            mew=0,
        )
        if len(known):
            ax.plot([np.median(known)] * 2, [place - 0.38, place + 0.38], color="black", lw=2)
    ax.set_yticks(range(len(layers)), layers)
    ax.invert_yaxis()
    ax.set_xlim(-0.02, 1.02)
    ax.set_xlabel(index.replace("_", " "))
    ax.grid(axis="x", alpha=0.3)


def plot_direction_tuning(result: "DirectionTuning", layer: str | None) -> Figure:
    """Draw polar direction tuning of the most selective units."""
    name = _layer(result.curves, layer)
    rows = result.table[result.table.layer == name].sort_values("dsi", ascending=False).head(BEST)
    fig, axes = plt.subplots(
        1,
        len(rows),
        figsize=(2.1 * len(rows), 2.9),
        subplot_kw={"projection": "polar"},
        squeeze=False,
        layout="constrained",
    )
    around = np.deg2rad(np.append(result.directions, result.directions[0]))
    for ax, channel, index in zip(axes[0], rows["channel"], rows["dsi"], strict=True):
        curve = result.curves[name][int(channel)]
        ax.plot(around, np.append(curve, curve[0]) / max(float(curve.max()), 1e-12), "o-", ms=3, color="#0072b2")
        ax.set_yticks([0.5, 1.0], ["", ""])
        ax.set_xticks(np.deg2rad([0, 90, 180, 270]), ["0°", "90°", "", ""], fontsize=7)
        ax.set_title(f"unit {channel}\nDSI {index:.2f}", fontsize=8)
    plt.close(fig)
    return fig


def _layer(curves: dict[str, np.ndarray], layer: str | None) -> str:
    name = layer if layer is not None else next(iter(curves))
    if name not in curves:
        raise HierfeatError(f"expected a layer of this result, one of {', '.join(curves)}; got {name!r}")
    return name
