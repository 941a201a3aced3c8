"""Tuning curves, polar or against size, contrast and length; their indices by layer; simple and complex cells."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hierfeat.errors import HierfeatError
from hierfeat.plots._style import jitter

if TYPE_CHECKING:
    from hierfeat.physiology.tuning._preferred import PreferredSeries
    from hierfeat.physiology.tuning.cell_pairs import CellPairs
    from hierfeat.physiology.tuning.direction_tuning import DirectionTuning
    from hierfeat.physiology.tuning.orientation_tuning import OrientationTuning

TYPES = {"simple": "#0072b2", "complex": "#d55e00", "untuned": "#999999", "unresponsive": "#e0e0e0"}
"""Okabe and Ito's blue and vermilion, and greys."""


def plot_orientation_tuning(
    tuning: "OrientationTuning", layer: str | None = None, *, channels: int | Sequence[int] = 12
) -> Figure:
    """Draw tuning curves in polar axes: dots as measured, lines as fitted.

    Parameters
    ----------
    layer : str, optional
        The first one by default.
    channels : int or sequence of int
        How many of the best-tuned units to draw, or which channels.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    HierfeatError
        If there is no such layer.
    """
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
    """Draw, layer by layer, gOSI, F1/F0, preferred orientations and the share of each cell type.

    Returns
    -------
    matplotlib.figure.Figure
    """
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
        ax.plot(
            known,
            place + jitter(len(known)),
            "o",
            ms=3,
            alpha=min(1, max(0.25, 20 / max(len(known), 1))),
            color="#0072b2",
            mew=0,
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


AXES = {
    "diameters": ("diameter of the grating (pixels)", "suppression_index"),
    "contrasts": ("contrast", "linearity"),
    "lengths": ("length of the bar (pixels)", "end_stopping"),
}
"""What each series runs over: the axis's label, and the index that is read off the curves."""
MOST_POLAR = 8
"""Polar plots of the most direction-selective units."""


def plot_series(result: "PreferredSeries", layer: str | None = None) -> Figure:
    """Draw the curves of one layer to their own peak, and the index that is read off them of every layer's units.

    Parameters
    ----------
    layer : str, optional
        The first one by default.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    HierfeatError
        If there is no such layer.
    """
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
            place + jitter(len(known)),
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


def plot_direction_tuning(result: "DirectionTuning", layer: str | None = None) -> Figure:
    """Draw polar direction tuning of the most direction-selective units of a layer.

    Parameters
    ----------
    layer : str, optional
        The first one by default.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    HierfeatError
        If there is no such layer.
    """
    name = _layer(result.curves, layer)
    rows = result.table[result.table.layer == name].sort_values("dsi", ascending=False).head(MOST_POLAR)
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


COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")

WINDOWS = 400
"""The widest range of phases drawn; past one cycle nothing is left to modulate."""


def plot_cell_pairs(pairs: "CellPairs") -> Figure:
    """Draw F1/F0, global OSI and position tolerance before against after, and F1/F0 against the pooling law.

    Returns
    -------
    matplotlib.figure.Figure
    """
    fig, axes = plt.subplots(1, 4, figsize=(14.5, 4.4), layout="constrained")
    tuned = pairs.table[pairs.table.cell_type_before.isin(["simple", "complex"])]
    groups = list(tuned.groupby("pool", sort=False))
    for (pool, rows), colour in zip(groups, COLOURS * (len(groups) // len(COLOURS) + 1), strict=False):
        label = f"{rows.before.iloc[0]} → {pool} ({rows.pooling.iloc[0]})"
        for ax, column in zip(axes, ("f1_f0", "gosi", "tolerance"), strict=False):
            ax.plot(
                rows[f"{column}_before"],
                rows[f"{column}_after"],
                "o",
                ms=4.5,
                alpha=0.7,
                color=colour,
                mew=0,
                label=label,
            )
        axes[3].plot(rows.phase_window, rows.f1_f0_after, "o", ms=4.5, alpha=0.7, color=colour, mew=0)
    for ax, name in zip(axes, ("F1/F0", "global OSI", "position tolerance (pixels)"), strict=False):
        _diagonal(ax, name)
    axes[0].axhline(1, color="0.5", lw=1, ls="--")
    axes[0].axvline(1, color="0.5", lw=1, ls="--")
    handles, labels = axes[0].get_legend_handles_labels()
    title = f"{pairs.provenance['model']}: every tuned unit that a pool reads, and the same unit behind it"
    if not groups:
        title = f"{pairs.provenance['model']}: no unit that a pool reads is tuned"
    columns = max(len(groups), 1)
    fig.legend(handles, labels, loc="outside upper center", ncols=columns, title=title, fontsize=8, frameon=False)
    _law(axes[3], pairs, tuned)
    plt.close(fig)
    return fig


def _diagonal(ax: Any, name: str) -> None:
    top = max(ax.get_xlim()[1], ax.get_ylim()[1])
    ax.plot([0, top], [0, top], color="0.6", lw=1)
    ax.set_xlim(0, top)
    ax.set_ylim(0, top)
    ax.set_aspect("equal")
    ax.set_xlabel(f"{name}, before the pool (S)")
    ax.set_ylabel("after the pool (C)")


def _law(ax: Any, pairs: "CellPairs", tuned: pd.DataFrame) -> None:
    ax.plot(pairs.phase_windows, pairs.max_law, color="black", lw=1.6, label="law for a maximum")
    ax.plot(pairs.phase_windows, pairs.average_law, color="black", lw=1.4, ls=":", label="law for an average")
    ax.axhline(1, color="0.5", lw=1, ls="--")
    beyond = int((tuned.phase_window > WINDOWS).sum())
    if beyond:
        ax.text(0.97, 0.55, f"{beyond} units beyond {WINDOWS}°", transform=ax.transAxes, ha="right", fontsize=8)
    ax.set_xlim(0, WINDOWS)
    ax.set_ylim(0, 2.5)  # F1/F0 ends at 2: the legend stands above
    ax.set_box_aspect(1)
    ax.set_xlabel("range of phases pooled (°)")
    ax.set_ylabel("F1/F0 after the pool")
    ax.legend(fontsize=8, frameon=False, loc="upper right")
