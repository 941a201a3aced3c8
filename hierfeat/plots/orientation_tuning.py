"""Polar tuning curves, and the distributions of selectivity and cell types over the layers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hierfeat.errors import HierfeatError

if TYPE_CHECKING:
    from hierfeat.physiology.tuning.orientation_tuning import OrientationTuning

TYPES = {"simple": "#0072b2", "complex": "#d55e00", "untuned": "#999999", "unresponsive": "#e0e0e0"}
"""Okabe and Ito's blue and vermilion, and greys."""


def plot_orientation_tuning(tuning: "OrientationTuning", layer: str | None, *, channels: int | Sequence[int]) -> Figure:
    """Draw tuning curves in polar axes: dots as measured, lines as fitted, the preferred bar across."""
    name = layer if layer is not None else next(iter(tuning.curves))
    if name not in tuning.curves:
        raise HierfeatError(f"expected a layer of this result, one of {', '.join(tuning.curves)}; got {name!r}")
    rows = tuning.table[tuning.table.layer == name].set_index("channel")
    chosen = _best(rows, channels) if isinstance(channels, int) else list(channels)
    across = min(len(chosen), 6)
    down = -(-len(chosen) // across)
    fig, axes = plt.subplots(
        down, across, figsize=(2.1 * across, 2.45 * down + 0.4), subplot_kw={"projection": "polar"}, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    for ax, channel in zip(axes.flat, chosen, strict=False):
        _polar(ax, tuning, name, channel, rows.loc[channel])
    for ax in axes.flat[len(chosen) :]:
        ax.set_visible(False)
    fig.suptitle(f"{name}: response against orientation of the bars (dots measured, lines von Mises fits)", fontsize=10)
    plt.close(fig)
    return fig


def _best(rows: pd.DataFrame, count: int) -> list[int]:
    tuned = rows[rows.cell_type.isin(["simple", "complex"])]
    ordered = pd.concat([tuned.sort_values("osi", ascending=False), rows.drop(tuned.index)])
    return [int(channel) for channel in ordered.index[:count]]


def _polar(ax: Any, tuning: "OrientationTuning", layer: str, channel: int, row: Any) -> None:
    curve, fit = tuning.curves[layer][channel], tuning.fitted[layer][channel]
    top = max(float(curve.max()), 1e-12)
    colour = TYPES[row.cell_type] if row.cell_type != "unresponsive" else "#999999"
    for turn in (0, 180):
        ax.plot(np.deg2rad(tuning.orientations + turn), curve / top, "o", ms=2.5, color="0.25")
        ax.plot(np.deg2rad(tuning.fitted_orientations + turn), fit / top, color=colour, lw=1.6)
    ax.set_ylim(0, 1.12)
    ax.set_yticks([0.5, 1.0], ["", ""])
    ax.set_xticks(np.deg2rad([0, 45, 90, 135, 180, 225, 270, 315]), ["0°", "", "90°", "", "", "", "", ""], fontsize=7)
    ax.tick_params(pad=-2)
    ax.set_title(f"unit {channel}, {row.cell_type}\nOSI {row.osi:.2f}, F1/F0 {row.f1_f0:.2f}", fontsize=8)


def plot_tuning_summary(tuning: "OrientationTuning") -> Figure:
    """Draw, layer by layer, gOSI, F1/F0, preferred orientations and the share of each cell type."""
    layers = list(tuning.responses)
    fig, axes = plt.subplots(1, 4, figsize=(13, 0.42 * len(layers) + 2.2), layout="constrained", sharey=True)
    places = np.arange(len(layers))
    rows = {name: tuning.table[(tuning.table.layer == name) & tuning.table.responsive] for name in layers}
    tuned = {name: part[part.cell_type.isin(["simple", "complex"])] for name, part in rows.items()}
    _strips(axes[0], [rows[name].gosi for name in layers], "global OSI (1 − circular variance)", (-0.02, 1.02))
    _strips(axes[1], [tuned[name].f1_f0 for name in layers], "F1/F0 of tuned units", (-0.05, 2.05))
    axes[1].axvline(1, color="0.4", lw=1, ls="--")
    orientations = [tuned[name].preferred_orientation for name in layers]
    _strips(axes[2], orientations, "preferred orientation of tuned units (°)", (-4, 184), median=False)  # it goes round
    axes[2].set_xticks([0, 45, 90, 135, 180])
    _shares(axes[3], tuning, layers)
    axes[0].set_yticks(places, layers)
    axes[0].set_ylim(len(layers) - 0.4, -0.6)  # the first layer on top
    axes[0].set_ylabel("layer, first to last")
    fig.suptitle(f"{tuning.provenance['model']}: tuning to gratings, a dot for each unit, bars at medians", fontsize=10)
    plt.close(fig)
    return fig


def _strips(
    ax: Any, values: list["pd.Series[float]"], label: str, limits: tuple[float, float], *, median: bool = True
) -> None:
    """Every unit as a dot, jittered by its rank, and the median as a bar."""
    for place, series in enumerate(values):
        known = series.dropna().to_numpy()
        jitter = ((np.arange(len(known)) * 0.618) % 1 - 0.5) * 0.6
        ax.plot(
            known, place + jitter, "o", ms=3, alpha=min(1, max(0.25, 20 / max(len(known), 1))), color="#0072b2", mew=0
        )
        if len(known) and median:
            ax.plot([np.median(known)] * 2, [place - 0.38, place + 0.38], color="black", lw=2)
    ax.set_xlabel(label)
    ax.set_xlim(*limits)
    ax.grid(axis="x", alpha=0.3)


def _shares(ax: Any, tuning: "OrientationTuning", layers: list[str]) -> None:
    left = np.zeros(len(layers))
    for kind, colour in TYPES.items():
        share = np.array([(tuning.table[tuning.table.layer == name].cell_type == kind).mean() * 100 for name in layers])
        ax.barh(np.arange(len(layers)), share, left=left, color=colour, label=kind, edgecolor="white", lw=0.5)
        left += share
    ax.set_xlabel("share of units (%)")
    ax.set_xlim(0, 100)
    ax.legend(fontsize=8, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
