"""Verdicts of the lecture's rules: one net with its evidence, or many nets side by side."""

import textwrap
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

if TYPE_CHECKING:
    from hierfeat.anatomy.lessons.guidelines import Guidelines

_COLOURS = {"kept": "#0072B2", "broken": "#E69F00", "not applicable": "#e4e4e4"}
_MARKS = {"kept": "✓", "broken": "✗", "not applicable": "–"}


def plot_guidelines(result: "Guidelines") -> Figure:
    """Draw the verdicts of one net as a list, those of several as a grid."""
    return _list(result) if result.table["model"].nunique() == 1 else _grid(result)


def _list(result: "Guidelines") -> Figure:
    table = result.table
    tall = [1.55 if verdict == "broken" else 1.0 for verdict in table["verdict"]]
    places = [sum(tall[:place]) + own / 2 for place, own in enumerate(tall)]
    figure = plt.figure(figsize=(12, 0.56 * sum(tall) + 0.7), layout="constrained")
    axis = figure.subplots()
    for row, place in zip(table.itertuples(), places, strict=True):
        broken = row.verdict == "broken"
        _mark(axis, 0, -place, str(row.verdict))
        axis.text(0.75, -place, str(row.rule), va="center", fontsize=12, fontweight="bold")
        evidence = textwrap.fill(str(row.evidence), 78)
        axis.text(8.6, -place + (0.3 if broken else 0), evidence, va="center", fontsize=11)
        if broken:
            purpose = textwrap.fill(f"On purpose: {row.exceptions}", 100)
            axis.text(8.6, -place - 0.06, purpose, va="top", fontsize=9, color="#555555")
    axis.set(xlim=(-0.6, 21.5), ylim=(-sum(tall), 0))
    axis.axis("off")
    figure.suptitle(f"{table['model'].iloc[0]}: the lecture's rules", fontsize=15)
    plt.close(figure)
    return figure


def _grid(result: "Guidelines") -> Figure:
    table = result.table
    models, rules = list(dict.fromkeys(table["model"])), list(dict.fromkeys(table["rule"]))
    figure = plt.figure(figsize=(1.02 * len(rules) + 3.4, 0.4 * len(models) + 2.9), layout="constrained")
    axis = figure.subplots()
    for row in table.itertuples():
        _mark(axis, rules.index(str(row.rule)), models.index(str(row.model)), str(row.verdict))
    wrapped = [textwrap.fill(rule, 20) for rule in rules]
    axis.set_xticks(range(len(rules)), wrapped, rotation=32, ha="left", fontsize=10.5)
    axis.xaxis.tick_top()
    axis.set_yticks(range(len(models)), models, fontsize=11)
    axis.set(xlim=(-0.5, len(rules) - 0.5), ylim=(len(models) - 0.5, -0.5))
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    handles = [Patch(facecolor=colour, label=f"{_MARKS[name]} {name}") for name, colour in _COLOURS.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=11)
    plt.close(figure)
    return figure


def _mark(axis: Axes, column: float, row: float, verdict: str) -> None:
    axis.add_patch(Rectangle((column - 0.46, row - 0.43), 0.92, 0.86, facecolor=_COLOURS[verdict]))
    colour = {"kept": "white", "broken": "black"}.get(verdict, "#666666")
    axis.text(column, row, _MARKS[verdict], ha="center", va="center", fontsize=14, color=colour)
