"""What matplotlib's own boxes say of a figure: what is written over, cut off, covered, or too small to be read."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text

SMALLEST = 10.0
"""Points, where the figure is as wide as a slide at most."""
SLACK = 2.5
"""Pixels, of 60 to an inch, that two boxes may share: a box has room for tails that digits do not have."""


def texts_of(one: Figure) -> list[Text]:
    """Everything that is written."""
    found: list[Text] = [*one.texts, *([one._suptitle] if one._suptitle else [])]
    for legend in legends_of(one):
        found += [*legend.get_texts(), legend.get_title()]
    for axes in (axes for axes in one.axes if axes.get_visible()):
        found += [axes.title, axes._left_title, axes._right_title, *axes.texts]
        found += [text for axis in _axes_shown(axes) for text in _along(axis)]
    return [text for text in dict.fromkeys(found) if text.get_visible() and text.get_text().strip()]


def legends_of(one: Figure) -> list[Legend]:
    """Those of the figure and of its panels."""
    own = [*one.legends, *(axes.get_legend() for axes in one.axes if axes.get_visible())]
    return [legend for legend in own if legend is not None]


def _axes_shown(axes: Axes) -> list[Any]:
    return [axes.xaxis, axes.yaxis] if axes.axison else []


def _along(axis: Any) -> Iterator[Text]:
    along = axis.get_transform()  # equal steps of a logarithmic axis are equal only there
    low, high = sorted(along.transform(axis.get_view_interval()))
    slack = 1e-6 * (high - low)
    for tick in axis.get_major_ticks():
        if low - slack <= along.transform(np.array([tick.get_loc()]))[0] <= high + slack:
            yield from (tick.label1, tick.label2)
    yield from (axis.label, axis.offsetText)


def corners(text: Text) -> np.ndarray:
    """The four corners of a text's box, turned as the text is, in pixels: (4, 2)."""
    around = text.get_window_extent()
    turned = text.get_rotation()
    if turned % 90 == 0:
        return np.array(
            [(around.x0, around.y0), (around.x1, around.y0), (around.x1, around.y1), (around.x0, around.y1)]
        )
    text.set_rotation(0)
    flat = text.get_window_extent()
    text.set_rotation(turned)
    half = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (flat.width / 2, flat.height / 2)
    angle = np.deg2rad(turned)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return half @ turn.T + (around.x0 + around.width / 2, around.y0 + around.height / 2)


def depth(one: np.ndarray, other: np.ndarray) -> float:
    """Pixels by which two convex boxes reach into each other, none where a line parts them."""
    least = np.inf
    for box in (one, other):
        for edge in (box[1] - box[0], box[2] - box[1]):
            length = np.hypot(*edge)
            if not length:
                continue
            normal = np.array([-edge[1], edge[0]]) / length
            a, b = one @ normal, other @ normal
            least = min(least, a.max() - b.min(), b.max() - a.min())
    return max(0.0, float(least))


def written_over(one: Figure) -> list[str]:
    """Pairs of texts that overlap."""
    boxes = [(text, corners(text)) for text in texts_of(one)]
    ends = np.array([(*box.min(0), *box.max(0)) for _, box in boxes])
    found = []
    for i, j in combinations(range(len(boxes)), 2):
        if (ends[i, :2] + SLACK < ends[j, 2:]).all() and (ends[j, :2] + SLACK < ends[i, 2:]).all():
            (first, box), (second, other) = boxes[i], boxes[j]
            if depth(box, other) > SLACK:
                found.append(f"{first.get_text()!r} and {second.get_text()!r} overlap")
    for legend in legends_of(one):
        own, keys = {*legend.get_texts(), legend.get_title()}, legend.get_window_extent().padded(-SLACK).corners()
        keys = keys[[0, 1, 3, 2]]
        found += [
            f"a legend and {text.get_text()!r} overlap"
            for text, box in boxes
            if text not in own and depth(box, keys) > SLACK
        ]
    return found


def above_the_title(one: Figure) -> list[str]:
    """Titles of panels that are written larger than that of the whole."""
    whole = one._suptitle.get_fontsize() if one._suptitle else np.inf
    titles = [axes.title for axes in one.axes if axes.title.get_text().strip()]
    return [f"{title.get_text()!r} is larger than the title" for title in titles if title.get_fontsize() > whole]


def cut_off(one: Figure) -> list[str]:
    """Texts and legends that run off the figure."""
    found = []
    for text in texts_of(one):
        box = corners(text)
        if box.min() < -1 or (box.max(0) > (one.bbox.width + 1, one.bbox.height + 1)).any():
            found.append(f"{text.get_text()!r} runs off the figure")
    for legend in legends_of(one):
        box = legend.get_window_extent()
        if min(box.x0, box.y0) < -2 or box.x1 > one.bbox.width + 2 or box.y1 > one.bbox.height + 2:
            found.append("a legend runs off the figure")
    return found


def too_small(one: Figure) -> list[str]:
    """Letters of less than ten points."""
    return [
        f"{text.get_text()!r} is of {text.get_fontsize()} points"
        for text in texts_of(one)
        if text.get_fontsize() < SMALLEST
    ]


def covered(one: Figure) -> list[str]:
    """Curves, dots, areas and pictures that a legend hides."""
    found = []
    for legend in legends_of(one):
        box = legend.get_window_extent().padded(-2)
        for axes in (axes for axes in one.axes if axes.get_visible()):
            points = _drawn_in(axes)
            inside = axes.get_window_extent()
            for x, y in points:
                if box.contains(x, y) and inside.contains(x, y):
                    found.append(f"a legend covers what is drawn at ({x:.0f}, {y:.0f})")
                    break
    return found


def _drawn_in(axes: Axes) -> np.ndarray:
    """Points in pixels: along every curve, dot, bar and picture."""
    points = [np.zeros((0, 2))]
    for line in axes.lines:
        if line.get_visible() and line.get_transform().contains_branch(axes.transData):
            xy = line.get_transform().transform(np.asarray(line.get_xydata(), dtype=float))
            linked = line.get_linestyle() not in ("None", "", " ")
            points.append(_along_a_path(xy) if linked else xy)
    for part in axes.collections:
        offsets = np.asarray(part.get_offsets(), dtype=float)
        if len(offsets) and np.abs(offsets).max(initial=0) > 0:
            points.append(part.get_offset_transform().transform(offsets))
        else:
            points += [_along_a_path(part.get_transform().transform(path.vertices)) for path in part.get_paths()]
    for patch in axes.patches:
        box = patch.get_window_extent()
        grid = np.stack(np.meshgrid(np.linspace(box.x0, box.x1, 9), np.linspace(box.y0, box.y1, 9)), -1)
        points.append(grid.reshape(-1, 2))
    for image in axes.images:
        box = image.get_window_extent()
        grid = np.stack(np.meshgrid(np.linspace(box.x0, box.x1, 30), np.linspace(box.y0, box.y1, 30)), -1)
        points.append(grid.reshape(-1, 2))
    return np.concatenate(points)


def _along_a_path(xy: np.ndarray, steps: int = 12) -> np.ndarray:
    if len(xy) < 2:
        return xy
    share = np.linspace(0, 1, steps)[:, None, None]
    return (xy[None, :-1] * (1 - share) + xy[None, 1:] * share).reshape(-1, 2)


def faults(one: Figure) -> list[str]:
    """All of these."""
    return [*too_small(one), *cut_off(one), *written_over(one), *covered(one), *above_the_title(one)]
