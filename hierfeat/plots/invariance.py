"""Invariance to any transformation: by layer, by unit, and of the accuracy."""

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hierfeat.plots._style import (
    BLUE,
    CATEGORIES,
    GREY,
    INK,
    LIGHT,
    MARKERS,
    VERMILION,
    by_depth,
    entitle,
    few_ticks,
    highest,
    key_by_depth,
    one_panel,
    open_frame,
    shades,
    sheet,
    width_by_depth,
)

if TYPE_CHECKING:
    from hierfeat.physiology.invariance.distortion_tolerance import DistortionTolerance
    from hierfeat.physiology.invariance.invariance_score import InvarianceScore
    from hierfeat.physiology.invariance.transformation_invariance import TransformationInvariance

_SHAPES = "osD^vP"
_TITLES = {"scale": "size", "noise": "flipped pixels", "elastic": "elastic deformation"}


def plot_transformation_invariance(result: "TransformationInvariance") -> Figure:
    """Draw the invariance of each layer against that of the pixels, a panel per transformation.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    table = result.table
    kinds, names = list(table["transformation"].unique()), list(table["layer"].unique())
    figure = sheet(2.0 + 2.9 * len(kinds), 4.1)
    panels = figure.subplots(1, len(kinds), squeeze=False, sharey=True)[0]
    for panel, kind in zip(panels, kinds, strict=True):
        rows = table[table["transformation"] == kind]
        _against_pixels(panel, rows, names)
        amounts = " to ".join(dict.fromkeys(f"{rows['amount'].iloc[place]:g}" for place in (0, -1)))
        panel.set_title(f"{kind}\n{amounts} {rows['unit'].iloc[0]}", fontsize=10)
        panel.set_xlabel("invariance of the pixels")
    panels[0].set_ylabel("invariance of the layer")
    key_by_depth(figure, panels, names)
    entitle(figure, result, "invariance of each layer against that of the pixels (grey line: as tolerant as they)")
    return figure


def _against_pixels(panel: Axes, rows: pd.DataFrame, names: list[str]) -> None:
    """A curve per layer, from the smallest change of the pixels on the left to the largest."""
    lines = dict(iter(rows.groupby("layer", sort=False)))
    for name, colour in zip(names, shades(len(names)), strict=True):
        if name in lines:
            line = lines[name]
            marker = MARKERS.get(line["kind"].iloc[0], ".")
            panel.plot(line["pixels"], line["invariance"], color=colour, marker=marker, markersize=4.5, label=name)
    low = min(0.0, -highest(-rows["pixels"]))
    panel.plot([low, 1], [low, 1], color=LIGHT, linewidth=0.8, zorder=0)
    panel.invert_xaxis()
    few_ticks(panel.xaxis, most=4, whole=False)
    open_frame(panel)


@one_panel
def plot_invariance_score(result: "InvarianceScore") -> Figure:
    """Draw the scores of all units, a column per layer, and the means of all and of the best tenth.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    names = list(result.table["layer"].unique())
    summary = result.summary.set_index("layer")
    figure = sheet(width_by_depth(len(names), 0.75, least=5.5), 4.2)
    axes = figure.subplots()
    scores = [result.table.loc[result.table["layer"] == name, "score"].dropna() for name in names]
    _boxes(axes, {place: values for place, values in enumerate(scores) if len(values)})
    axes.plot(range(len(names)), summary.loc[names, "best_100"], "o", color=BLUE, label="mean of all units")
    axes.plot(range(len(names)), summary.loc[names, "best_10"], "^", color=VERMILION, label="mean of the best tenth")
    axes.axhline(1, color=GREY, linewidth=0.8, linestyle=":")
    by_depth(axes, names)
    settings = result.provenance["parameters"]
    most = 1 / settings["firing"]
    axes.set_ylabel(f"invariance score L/G\n(1: by chance; {most:g}: fires throughout)")
    axes.set_ylim(0, 1.05 * max(1.0, highest(result.table["score"])))
    axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, fontsize=10)
    open_frame(axes)
    entitle(figure, result, f"invariance of units to {settings['transformation']}, {settings['images']} images")
    return figure


def _boxes(axes: Axes, scores: "dict[int, pd.Series[float]]") -> None:
    if not scores:  # matplotlib refuses a plot of no boxes
        return
    axes.boxplot(
        list(scores.values()), positions=list(scores), widths=0.5, showfliers=False, medianprops={"color": INK},
        boxprops={"color": GREY}, whiskerprops={"color": GREY}, capprops={"color": GREY}, manage_ticks=False,
    )  # fmt: skip


def plot_distortion_tolerance(result: "DistortionTolerance", *others: "DistortionTolerance") -> Figure:
    """Draw a panel per distortion and a curve per network; an untrained twin has its network's colour, dotted.

    Parameters
    ----------
    *others
        Those of other networks, to be drawn beside this one.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    results = (result, *others)
    names = list(dict.fromkeys(result.table["distortion"]))
    models = [str(one.table["model"].iloc[0]) for one in results]
    bases = list(dict.fromkeys(_trained(model) for model in models))
    figure = sheet(2.75 * len(names) + 0.6, 3.8)
    panels = figure.subplots(1, len(names), squeeze=False, sharey=True)[0]
    for one, model in zip(results, models, strict=True):
        style = bases.index(_trained(model)) % len(CATEGORIES)
        for axes, name in zip(panels, names, strict=True):
            rows = one.table[one.table["distortion"] == name]
            axes.plot(
                rows["amount"], 100 * rows["accuracy"], color=CATEGORIES[style], marker=_SHAPES[style],
                linestyle="-" if model == _trained(model) else ":", markersize=4, linewidth=1.6, label=model,
            )  # fmt: skip
            axes.set_title(_TITLES.get(name, name), fontsize=10)
            axes.set(xlabel=_first(rows["unit"]), ylim=(-3, 103))
    for axes in panels:
        axes.grid(alpha=0.3)
        open_frame(axes)
    panels[0].set_ylabel("correct (%)")
    if len(results) > 1:
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="outside lower center", ncols=min(len(results), 4), frameon=False, fontsize=10
        )
        figure.suptitle("accuracy against the amount of each distortion", fontsize=11)
    else:
        entitle(figure, result, "accuracy against the amount of each distortion")
    return figure


def _trained(model: str) -> str:
    """The name of the network that a model is, or is the untrained twin of."""
    return model.replace(" (untrained)", "")


def _first(values: "pd.Series[str]") -> str:
    return str(values.iloc[0]) if len(values) else ""
