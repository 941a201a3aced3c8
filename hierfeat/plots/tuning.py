"""Tuning curves, polar or against size, contrast and length; their indices by layer; simple and complex cells."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from hierfeat.plots._style import (
    BLUE,
    CATEGORIES,
    DARK,
    GREY,
    INK,
    LIGHT,
    TALLEST,
    VERMILION,
    by_depth,
    entitle,
    highest,
    jitter,
    key_by_depth,
    number,
    one_layer,
    open_frame,
    say,
    shades,
    sheet,
    short,
    some_channels,
)

if TYPE_CHECKING:
    from hierfeat.physiology.tuning._preferred import PreferredSeries
    from hierfeat.physiology.tuning.cell_pairs import CellPairs
    from hierfeat.physiology.tuning.direction_tuning import DirectionTuning
    from hierfeat.physiology.tuning.orientation_tuning import OrientationTuning

TYPES = {"simple": BLUE, "complex": VERMILION, "untuned": GREY, "unresponsive": "0.88"}
SERIES = {
    "diameters": ("diameter of the grating (pixels)", "suppression_index"),
    "contrasts": ("contrast", "linearity"),
    "lengths": ("length of the bar (pixels)", "end_stopping"),
}
"""What each series runs over: the axis's label, and the index that is read off the curves."""
MOST_POLAR = 8
"""Polar plots of the most direction-selective units."""
WINDOWS = 400
"""The widest range of phases drawn; past one cycle nothing is left to modulate."""


def plot_orientation_tuning(
    tuning: "OrientationTuning", layer: str | None = None, *, channels: int | Sequence[int] = 12
) -> Figure:
    """Draw tuning curves in polar axes: dots as measured, lines as fitted.

    Parameters
    ----------
    layer
        The first one by default.
    channels
        How many of the best-tuned units to draw, or which channels.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.

    Raises
    ------
    HierfeatError
        If there is no such layer or channel.
    """
    name = one_layer(list(tuning.curves), layer)
    rows = tuning.table[tuning.table["layer"] == name].set_index("channel")
    chosen = some_channels(channels, _best_first(rows), repr(name))
    figure, panels = _polar_panels(len(chosen))
    for axes, channel in zip(panels, chosen, strict=True):
        row, curve = rows.loc[channel], tuning.curves[name][channel]
        top, kind = highest(curve) or 1.0, str(row["cell_type"])
        colour = TYPES[kind] if kind != "unresponsive" else GREY
        for turn in (0, 180):
            axes.plot(np.deg2rad(tuning.orientations + turn), curve / top, "o", markersize=2.5, color=DARK)
            fit = tuning.fitted[name][channel] / top
            axes.plot(np.deg2rad(tuning.fitted_orientations + turn), fit, color=colour, linewidth=1.6)
        indices = f"OSI {number(row['osi'], '.2f')}, F1/F0 {number(row['f1_f0'], '.2f')}"
        axes.set_title(f"channel {channel}, {kind}\n{indices}", fontsize=10)
        axes.set_ylim(0, max(1.12, 1.05 * highest(fit)))
    about = f"{name}, response against orientation of the bars (dots measured, lines von Mises fits)"
    entitle(figure, tuning, about, size=10)
    return figure


def _polar_panels(count: int) -> tuple[Figure, list[Any]]:
    across = min(count, 6)
    down = -(-count // across)
    figure = sheet(max(2.1 * across, 5), 2.45 * down + 0.6)
    panels = figure.subplots(down, across, subplot_kw={"projection": "polar"}, squeeze=False).ravel()
    for axes in panels:
        axes.set_yticks([0.5, 1.0], ["", ""])
        axes.set_xticks(np.deg2rad(np.arange(0, 360, 45)), ["0°", "", "90°", "", "", "", "", ""], fontsize=10)
        axes.tick_params(pad=-2)
    for axes in panels[count:]:
        axes.set_visible(False)
    return figure, list(panels[:count])


def _best_first(rows: pd.DataFrame) -> list[int]:
    tuned = rows[rows["cell_type"].isin(["simple", "complex"])]
    ordered = pd.concat([tuned.sort_values("osi", ascending=False), rows.drop(tuned.index)])
    return [int(channel) for channel in ordered.index]


def plot_tuning_summary(tuning: "OrientationTuning") -> Figure:
    """Draw, layer by layer, gOSI, F1/F0, preferred orientations and the share of each cell type.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    layers = list(tuning.responses)
    figure = sheet(13, min(TALLEST, 0.42 * len(layers) + 2.4))
    axes = figure.subplots(1, 4, sharey=True)
    rows = {name: part[part["responsive"].eq(True)] for name, part in tuning.table.groupby("layer", sort=False)}
    tuned = {name: part[part["cell_type"].isin(["simple", "complex"])] for name, part in rows.items()}
    _strips(axes[0], [rows[name]["gosi"] for name in layers], "global OSI (1 − circular variance)", (-0.02, 1.02))
    _strips(axes[1], [tuned[name]["f1_f0"] for name in layers], "F1/F0 of tuned units", (-0.05, 2.05))
    axes[1].axvline(1, color=GREY, linewidth=1, linestyle="--")
    orientations = [tuned[name]["preferred_orientation"] for name in layers]
    label = "preferred orientation of tuned units (°)"
    _strips(axes[2], orientations, label, (-4, 184), median=False)  # it goes round
    axes[2].set_xticks([0, 45, 90, 135, 180])
    _shares(axes[3], tuning, layers)
    by_depth(axes[0], layers, along="y")
    axes[0].set_ylabel("layer, first to last")
    entitle(figure, tuning, "tuning to gratings, a dot for each unit, bars at medians", size=10)
    return figure


def _strips(
    axes: Axes, values: "list[pd.Series[float]]", label: str, limits: tuple[float, float], *, median: bool = True
) -> None:
    """Every unit as a dot, and the median as a bar; nothing lies outside the limits unseen."""
    known = {place: series.dropna().to_numpy(dtype=float) for place, series in enumerate(values)}
    known = {place: part for place, part in known.items() if len(part)}
    every = np.concatenate([np.empty(0), *known.values()])
    places = np.concatenate([np.empty(0), *(place + jitter(len(part)) for place, part in known.items())])
    alpha = min(1.0, max(0.25, 20 * len(known) / max(len(every), 1)))
    axes.plot(every, places, "o", markersize=3, alpha=alpha, color=BLUE, markeredgewidth=0)
    if median:
        axes.vlines(
            [np.median(part) for part in known.values()], np.array([*known]) - 0.38, np.array([*known]) + 0.38,
            color=INK, linewidth=2,
        )  # fmt: skip
    axes.set_xlabel(label)
    axes.set_xlim(min(limits[0], -1.02 * highest(-every)), max(limits[1], 1.02 * highest(every)))
    axes.grid(axis="x", alpha=0.3)


def _shares(axes: Axes, tuning: "OrientationTuning", layers: list[str]) -> None:
    types = tuning.table["cell_type"].groupby(tuning.table["layer"])
    shares = {name: 100 * part.value_counts(normalize=True) for name, part in types}
    left = np.zeros(len(layers))
    for kind, colour in TYPES.items():
        share = np.array([shares[name].get(kind, 0.0) for name in layers])
        axes.barh(np.arange(len(layers)), share, left=left, color=colour, label=kind, edgecolor="white", linewidth=0.5)
        left += share
    axes.set(xlabel="share of units (%)", xlim=(0, 100))
    axes.legend(fontsize=10, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)


def plot_series(result: "PreferredSeries", layer: str | None = None) -> Figure:
    """Draw the curves of one layer to their own peak, and the index that is read off them of every layer's units.

    Parameters
    ----------
    layer
        The first one by default.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.

    Raises
    ------
    HierfeatError
        If there is no such layer.
    """
    steps = next(field for field in SERIES if hasattr(result, field))
    places, (label, index) = getattr(result, steps), SERIES[steps]
    name, layers = one_layer(list(result.curves), layer), list(result.curves)
    figure = sheet(9, min(TALLEST, max(3.8, 1.2 + 0.3 * len(layers))))
    left, right = figure.subplots(1, 2)
    curves = result.curves[name]
    curves = curves[np.isfinite(curves).all(1)]
    left.set_title(f"{short(name)}\n{len(curves)} units, black: their median", fontsize=10)
    if len(curves):
        _own_peaks(left, places, curves)
        left.set(xlabel=label, ylabel="response / its peak")
        if steps != "contrasts":
            left.set_xscale("log", base=2)
            left.xaxis.set_major_formatter("{x:g}")
        open_frame(left)
    else:
        say(left, "no unit responds")
    table = dict(iter(result.table.groupby("layer", sort=False)[index]))
    strips = [table.get(one, pd.Series(dtype=float)) for one in layers]
    _strips(right, strips, index.replace("_", " "), (-0.02, 1.02))
    by_depth(right, layers, along="y")
    entitle(figure, result, f"each unit’s response against the {label.split(' (')[0]}, all else as it prefers", size=10)
    return figure


def _own_peaks(axes: Axes, places: np.ndarray, curves: np.ndarray) -> None:
    peak = curves.max(1, keepdims=True)
    curves = curves / np.where(peak > 0, peak, 1)
    alpha = min(1.0, max(0.1, 8 / len(curves)))
    each = np.stack(np.broadcast_arrays(places, curves), -1)
    axes.add_collection(LineCollection(list(each), color=BLUE, alpha=alpha, linewidth=1), autolim=True)
    axes.plot(places, np.median(curves, axis=0), color=INK, linewidth=2)
    axes.set_ylim(min(0.0, float(curves.min())), 1.05)


def plot_direction_tuning(result: "DirectionTuning", layer: str | None = None) -> Figure:
    """Draw polar direction tuning of the most direction-selective units of a layer.

    Parameters
    ----------
    layer
        The first one by default.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.

    Raises
    ------
    HierfeatError
        If there is no such layer.
    """
    name = one_layer(list(result.curves), layer)
    rows = result.table[result.table["layer"] == name].sort_values("dsi", ascending=False).head(MOST_POLAR)
    about = f"{name}, response against direction of motion, the most selective units"
    if not len(rows):
        figure = sheet(5, 3)
        say(figure.subplots(), "no unit responds")
    else:
        figure, panels = _polar_panels(len(rows))
        around = np.deg2rad(np.append(result.directions, result.directions[0]))
        for axes, channel, index in zip(panels, rows["channel"], rows["dsi"], strict=True):
            curve = result.curves[name][int(channel)]
            axes.plot(around, np.append(curve, curve[0]) / (highest(curve) or 1.0), "o-", markersize=3, color=BLUE)
            axes.set_title(f"channel {channel}\nDSI {number(index, '.2f')}", fontsize=10)
    entitle(figure, result, about, size=10)
    return figure


def plot_cell_pairs(pairs: "CellPairs") -> Figure:
    """Draw F1/F0, global OSI and position tolerance before against after, and F1/F0 against the pooling law.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    figure = sheet(14.5, 4.2)
    axes = figure.subplots(1, 4)
    tuned = pairs.table[pairs.table["cell_type_before"].isin(["simple", "complex"])]
    groups = list(tuned.groupby("pool", sort=False))
    first = [
        (short(rows["before"].iloc[0], 18), short(str(pool), 18), rows["pooling"].iloc[0]) for pool, rows in groups
    ]
    names = [f"{before} → {pool} ({pooling})" for before, pool, pooling in first]
    colours = CATEGORIES if len(groups) <= len(CATEGORIES) else shades(len(groups))
    dot: dict[str, Any] = {"marker": "o", "linestyle": "none", "markersize": 4.5, "alpha": 0.7, "markeredgewidth": 0}
    for (_, rows), name, colour in zip(groups, names, colours, strict=False):
        for panel, column in zip(axes, ("f1_f0", "gosi", "tolerance"), strict=False):
            panel.plot(rows[f"{column}_before"], rows[f"{column}_after"], color=colour, label=name, **dot)
        axes[3].plot(rows["phase_window"], rows["f1_f0_after"], color=colour, **dot)
    for panel, name in zip(axes, ("F1/F0", "global OSI", "position tolerance (pixels)"), strict=False):
        _diagonal(panel, name)
    axes[0].axhline(1, color=GREY, linewidth=1, linestyle="--")
    axes[0].axvline(1, color=GREY, linewidth=1, linestyle="--")
    _law(axes[3], pairs, tuned)
    if groups:
        key_by_depth(figure, axes, names)
    about = "every tuned unit that a pool reads, and the same unit behind it"
    entitle(figure, pairs, about if groups else "no unit that a pool reads is tuned")
    return figure


def _diagonal(axes: Axes, name: str) -> None:
    top = max(axes.get_xlim()[1], axes.get_ylim()[1])
    axes.plot([0, top], [0, top], color=LIGHT, linewidth=1)
    axes.set(xlim=(0, top), ylim=(0, top), aspect="equal")
    axes.set(xlabel=f"{name},\nbefore the pool (S)", ylabel="after the pool (C)")


def _law(axes: Axes, pairs: "CellPairs", tuned: pd.DataFrame) -> None:
    axes.plot(pairs.phase_windows, pairs.max_law, color=INK, linewidth=1.6, label="law for a maximum")
    axes.plot(
        pairs.phase_windows, pairs.average_law, color=INK, linewidth=1.4, linestyle=":", label="law for an average"
    )
    axes.axhline(1, color=GREY, linewidth=1, linestyle="--")
    beyond = int((tuned["phase_window"] > WINDOWS).sum())
    if beyond:
        axes.set_title(f"{beyond} units beyond {WINDOWS}°", fontsize=10)
    axes.set(xlim=(0, WINDOWS), ylim=(0, 2.9))  # F1/F0 ends at 2: the legend stands above
    axes.set_box_aspect(1)
    axes.set(xlabel="range of phases pooled (°)", ylabel="F1/F0 after the pool")
    axes.legend(fontsize=10, frameon=False, loc="upper right")
