"""How a network is built: its dimensions as boxes to scale, and the verdicts of the lecture's rules."""

import textwrap
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import matplotlib.colors
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Patch, Polygon, Rectangle

from hierfeat.plots._canvas import OwnFigure
from hierfeat.plots._style import (
    BLUE,
    DARK,
    GREEN,
    GREY,
    LIGHT,
    ORANGE,
    PALE,
    PURPLE,
    SKY,
    TALLEST,
    WIDEST,
    YELLOW,
    entitle,
    one_panel,
    sheet,
    short,
    width_of,
)

if TYPE_CHECKING:
    from hierfeat.anatomy.lessons.dimensions import Dimensions
    from hierfeat.anatomy.lessons.guidelines import Guidelines

_COLOURS = {"input": LIGHT, "conv": SKY, "pool": ORANGE, "linear": GREEN, "add": PURPLE, "concat": YELLOW}
_OTHER = "0.87"
_VERDICTS = {"kept": BLUE, "broken": ORANGE, "not applicable": PALE}
_MARKS = {"kept": "✓", "broken": "✗", "not applicable": "–"}
_MOST_COLUMNS = 18
_ROW, _EVIDENCE = 0.56, 8.6  # inches of a rule's row; where along it the evidence begins
_APART = 0.05  # inches between maps that are drawn one by one
_TALLEST, _DEEPEST, _THIN = 2.6, 1.7, 0.13  # inches: the largest map, the most maps, the side of a dense layer
_BACK = np.array([-0.72, 0.69])  # where the maps behind the first one lie


@dataclass
class _Box:
    """One layer's box: its front face, and how far the maps reach back, in inches."""

    row: Any
    face: np.ndarray
    back: np.ndarray
    label: str
    left: float = 0.0
    bottom: float = 0.0
    slot: float = 0.0
    """From one column to the next."""

    @property
    def size(self) -> np.ndarray:
        return np.asarray(self.face + np.abs(self.back))


def plot_dimensions(result: "Dimensions", *, fold: bool | None = None) -> Figure:
    """Draw the staircase of boxes to scale, each layer's output as maps × height × width.

    Parameters
    ----------
    fold
        Whether to show one box per stage, the last output of each; by default in deep nets.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    folded = result.table["column"].max() > _MOST_COLUMNS if fold is None else fold
    rows, columns, counts = _chosen(list(result.table.itertuples()), folded)
    few = len(set(columns)) <= 10
    boxes = _boxes(rows, counts, few=few)
    width = _columns(boxes, columns, few=few)
    shrunk = min(1.0, WIDEST / (width + 0.4))
    height = _stacks(boxes, columns, (1.2 if few else 1.6) / shrunk)
    figure = sheet(max(width, 6) + 0.4, shrunk * height + 1.0, layout="none")
    axis = figure.add_axes((0, 0.02, 1, 0.9))
    _arrows(axis, list(pairwise(boxes)) if folded else _wires(boxes), bows=not folded)
    small = max(10.0, (12 if few else 11) * shrunk)
    step = 1 if few else _named(boxes, small, shrunk)
    for box, column in zip(boxes, columns, strict=True):
        _draw(axis, box)
        if column % step == 0:
            _label(axis, box, small, shrunk, formula=few)
    axis.set(xlim=(-0.2, width), ylim=((-0.9 if few else -1.3) / shrunk, height - 0.1), aspect="equal")
    axis.axis("off")
    _name_kinds(figure, axis, result, rows, step)
    return figure


def _named(boxes: list[_Box], size: float, shrunk: float) -> int:
    """Of how many columns one can be labelled: the widest label fits into so many of the narrowest."""
    letters = max(len(line) for box in boxes for line in box.label.split("\n"))
    return int(np.ceil(0.65 * letters * size / 72 / (shrunk * min(box.slot for box in boxes))))


def _chosen(rows: list[Any], folded: bool) -> tuple[list[Any], list[int], dict[str, int]]:
    """Give the rows to draw, the column of each, and how many layers each stands for where stages are folded."""
    if not folded:
        return rows, [row.column for row in rows], {}
    stages: dict[int, list[Any]] = {}
    for row in rows:
        if not row.gate:
            stages.setdefault(-1 if row.kind == "input" else row.stage, []).append(row)
    last = [stage[-1] for stage in stages.values()]
    return last, list(stages), {stage[-1].layer: len(stage) for stage in stages.values()}


def _boxes(rows: list[Any], counts: dict[str, int], *, few: bool) -> list[_Box]:
    """Scale rows and columns by the tallest map, maps by the most maps, dense layers by the longest of them."""
    tall = max(max(row.height, row.width) for row in rows)
    deep = max((row.maps for row in rows if not row.dense), default=1)
    long = max((row.maps for row in rows if row.dense), default=1)
    boxes = []
    for row in rows:
        face = np.array([row.width, row.height]) / tall * _TALLEST
        back = _BACK * row.maps / (long if row.dense else deep) * _DEEPEST
        label = str(row.maps) if row.dense else f"{row.maps}@{'' if few else chr(10)}{row.height}×{row.width}"
        label += f"\n({counts[row.layer]} layers)" if counts.get(row.layer, 1) > 1 else ""
        boxes.append(_Box(row, np.maximum(face, _THIN) if not row.dense else np.full(2, _THIN), back, label))
    return boxes


def _by_column(boxes: list[_Box], columns: list[int]) -> dict[int, list[_Box]]:
    stacks: dict[int, list[_Box]] = {column: [] for column in sorted(columns)}
    for box, column in zip(boxes, columns, strict=True):
        stacks[column].append(box)
    return stacks


def _columns(boxes: list[_Box], columns: list[int], *, few: bool) -> float:
    """Set the columns side by side; return how wide that is."""
    left, gap = 0.2, 0.75 if few else 0.45
    for stack in _by_column(boxes, columns).values():
        widest = max(*(box.size[0] for box in stack), 1.35 if few else 0.6)
        for box in stack:
            box.left, box.slot = left + (widest - box.size[0]) / 2, widest + gap
        left += widest + gap
    return left


def _stacks(boxes: list[_Box], columns: list[int], room: float) -> float:
    """Set the boxes of each column on top of one another, with room for words; return how high that is."""
    stacks = _by_column(boxes, columns).values()
    heights = [sum(box.size[1] + room for box in stack) for stack in stacks]
    for stack, height in zip(stacks, heights, strict=True):
        bottom = (max(heights) - height) / 2 + room / 2
        for box in reversed(stack):
            box.bottom = bottom
            bottom += box.size[1] + room
    return float(max(heights))


def _draw(axis: Axes, box: _Box) -> None:
    """Draw maps one by one where they can be told apart, and a solid box where they cannot."""
    colour = _COLOURS.get(box.row.kind, _OTHER)
    front = np.array([box.left + abs(box.back[0]), box.bottom])
    corners = front + np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) * box.face
    style: dict[str, Any] = {"edgecolor": DARK, "linewidth": 0.8, "joinstyle": "round"}
    apart = np.linalg.norm(box.back) / box.row.maps > _APART
    if apart and not box.row.dense:
        for place in range(box.row.maps - 1, 0, -1):
            shifted = corners + box.back * place / box.row.maps
            axis.add_patch(Polygon(shifted, facecolor=_shade(colour, 0.8), **style))
    else:
        left, top = corners[[0, 3]], corners[[3, 2]]
        for edge, shade in ((left, 0.62), (top, 0.8)):
            axis.add_patch(Polygon([*edge, *(edge + box.back)[::-1]], facecolor=_shade(colour, shade), **style))
    axis.add_patch(Polygon(corners, facecolor=colour, **style))


def _shade(colour: str, factor: float) -> tuple[float, ...]:
    return tuple(part * factor for part in matplotlib.colors.to_rgb(colour))


def _label(axis: Axes, box: _Box, size: float, shrunk: float, *, formula: bool) -> None:
    """Write size, name and formula, `shrunk` being inches of the figure for one of the drawing."""
    middle = box.left + box.size[0] / 2
    axis.text(middle, box.bottom + box.size[1] + 0.06, box.label, ha="center", va="bottom", fontsize=size)
    room = int(72 * box.slot * shrunk / (0.62 * size)) if formula else 16
    name = short(box.row.layer, max(8, room))
    turn: dict[str, Any] = {} if formula else {"rotation": 35, "rotation_mode": "anchor"}
    centre = box.left + abs(box.back[0]) + box.face[0] / 2
    axis.text(centre, box.bottom - 0.07, name, ha="center" if formula else "right", va="top", fontsize=size, **turn)
    if formula and box.row.formula:
        letters, most = max(10.0, 0.78 * size), int(72 * box.slot * shrunk / (0.6 * max(10.0, 0.78 * size)))
        lines = [part for line in box.row.formula.split("; ") for part in _folded(line, most)]
        below = box.bottom - 0.07 - 1.5 * size / 72 / shrunk
        axis.text(centre, below, "\n".join(lines), ha="center", va="top", fontsize=letters, color=DARK)


def _folded(formula: str, most: int) -> list[str]:
    """A formula in lines of at most so many letters, broken before its "+ 1" if it can be."""
    parts = [formula] if len(formula) <= most else formula.replace(" + 1 = ", "\n+ 1 = ").split("\n")
    return [line for part in parts for line in textwrap.wrap(part, most)]


def _wires(boxes: list[_Box]) -> list[tuple[_Box, _Box]]:
    named = {box.row.layer: box for box in boxes}
    return [(named[source], box) for box in boxes for source in box.row.sources]


def _arrows(axis: Axes, wires: list[tuple[_Box, _Box]], *, bows: bool) -> None:
    """Join each box to those that feed it; what skips a column takes a bow over it."""
    for source, box in wires:
        far = bows and box.row.column - source.row.column > 1
        style: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 9, "color": GREY, "linewidth": 1.0}
        style["connectionstyle"] = "arc3,rad=-0.28" if far else "arc3,rad=0"
        axis.add_patch(FancyArrowPatch(_side(source, right=True), _side(box, right=False), zorder=0.5, **style))


def _side(box: _Box, *, right: bool) -> tuple[float, float]:
    height = box.bottom + (box.face[1] / 2 if right else box.size[1] - box.face[1] / 2)
    return (box.left + box.size[0] + 0.02, height) if right else (box.left - 0.02, height)


def _name_kinds(figure: Figure, axis: Axes, result: "Dimensions", rows: list[Any], step: int) -> None:
    kinds = dict.fromkeys(row.kind for row in rows)
    handles = [Patch(facecolor=_COLOURS.get(kind, _OTHER), edgecolor=DARK, label=kind) for kind in kinds]
    axis.legend(handles=handles, loc="lower center", ncols=len(handles), frameon=False, fontsize=10)
    scale = "height and width to one scale, maps to another"
    scale += ", dense layers to a third" if any(row.dense for row in rows) else ""
    scale += f"; 1 column of {step} is named" if step > 1 else ""
    entitle(figure, result, "dimensions, layer by layer", size=13)
    figure.text(0.5, 0.005, f"maps@height×width; {scale}", ha="center", va="bottom", fontsize=10, color=DARK)


@one_panel
def plot_guidelines(result: "Guidelines") -> Figure:
    """Draw the verdicts of one net with their evidence, or those of several nets side by side.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    return _list(result) if result.table["model"].nunique() == 1 else _grid(result)


def _list(result: "Guidelines") -> Figure:
    """One rule after the other, in lines that fit whatever width there is."""
    table = result.table
    figure = sheet(12, 6)
    inches = width_of(figure) / 22.1  # of a unit along the axis
    rows = [_wrapped(row, inches) for row in table.itertuples()]
    tall = [max(1.0, (max(0.19 * rule.count("\n") + 0.19, said + more) + 0.22) / _ROW) for rule, *_, said, more in rows]
    places = [sum(tall[:place]) + own / 2 for place, own in enumerate(tall)]
    if isinstance(figure, OwnFigure):
        figure.set_figheight(min(TALLEST, _ROW * sum(tall) + 0.7))
    axis = figure.subplots()
    for verdict, (rule, evidence, purpose, said, more), place in zip(table["verdict"], rows, places, strict=True):
        _mark(axis, 0, -place, str(verdict))
        axis.text(0.75, -place, rule, va="center", fontsize=11, fontweight="bold")
        top = (said + more) / 2 / _ROW - place
        axis.text(_EVIDENCE, top, evidence, va="top", fontsize=11)
        axis.text(_EVIDENCE, top - (said + 0.06) / _ROW, purpose, va="top", fontsize=10, color=DARK)
    axis.set(xlim=(-0.6, 21.5), ylim=(-sum(tall), 0))
    axis.axis("off")
    figure.suptitle(f"{table['model'].iloc[0]}: the lecture's rules", fontsize=13)
    return figure


def _wrapped(row: Any, inches: float) -> tuple[str, str, str, float, float]:
    """The rule, its evidence and its exceptions in lines; inches that the last two take from top to bottom."""
    room = 72 * inches * (21.5 - _EVIDENCE)
    rule = textwrap.fill(str(row.rule), max(8, int(72 * inches * (_EVIDENCE - 1.0) / (0.66 * 11))))
    evidence = textwrap.wrap(str(row.evidence), max(8, int(room / (0.56 * 11))))
    purpose = f"On purpose: {row.exceptions}" if row.verdict == "broken" else ""
    lines = textwrap.wrap(purpose, max(8, int(room / (0.54 * 10))))
    more = 0.06 + 0.17 * len(lines) if lines else 0.0
    return rule, "\n".join(evidence), "\n".join(lines), 0.19 * len(evidence), more


def _grid(result: "Guidelines") -> Figure:
    table = result.table
    models, rules = list(dict.fromkeys(table["model"])), list(dict.fromkeys(table["rule"]))
    figure = sheet(1.02 * len(rules) + 1.0 + 0.08 * max(map(len, models)), 0.4 * len(models) + 3.1)
    axis = figure.subplots()
    for row in table.itertuples():
        _mark(axis, rules.index(str(row.rule)), models.index(str(row.model)), str(row.verdict))
    wrapped = [textwrap.fill(rule, 26) for rule in rules]
    figure.suptitle(f"the lecture's rules, {len(models)} networks", fontsize=13)
    axis.set_xticks(range(len(rules)), wrapped, rotation=36, ha="left", fontsize=10.5)
    axis.xaxis.tick_top()
    axis.set_yticks(range(len(models)), models, fontsize=11)
    axis.set(xlim=(-0.5, len(rules) - 0.5), ylim=(len(models) - 0.5, -0.5))
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    handles = [Patch(facecolor=colour, label=f"{_MARKS[name]} {name}") for name, colour in _VERDICTS.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=11)
    return figure


def _mark(axis: Axes, column: float, row: float, verdict: str) -> None:
    axis.add_patch(Rectangle((column - 0.46, row - 0.43), 0.92, 0.86, facecolor=_VERDICTS[verdict]))
    colour = {"kept": "white", "broken": "black"}.get(verdict, DARK)
    axis.text(column, row, _MARKS[verdict], ha="center", va="center", fontsize=14, color=colour)
