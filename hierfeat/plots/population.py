"""The figure of a population: how its units share out what they prefer."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hierfeat.plots._style import BLUE, DARK, entitle, number, open_frame, pale, pick, say, sheet, short

if TYPE_CHECKING:
    from hierfeat.physiology.tuning.population import Population

_PANELS = {
    "preferred": ("preferred orientation (degrees)", np.arange(-11.25, 180, 22.5)),
    "f1_f0": ("F1/F0", np.linspace(0, 2, 11)),
    "half_width": ("half-width (degrees)", np.linspace(0, 90, 10)),
    "bandwidth": ("bandwidth (octaves)", np.linspace(0, 5, 11)),
}
MOST_LAYERS = 6


def plot_population(result: "Population", layers: Sequence[str] | None = None) -> Figure:
    """Draw, for each layer, how many of its units prefer what; another network as an outline.

    Parameters
    ----------
    layers
        Which; six at most by default, evenly spaced.

    Returns
    -------
    matplotlib.figure.Figure
        A row per layer.
    """
    table = result.table.set_index("layer")
    names, remark = pick(list(table.index), layers, MOST_LAYERS)
    figure = sheet(14, 0.9 + 2.5 * len(names))
    grid = figure.subplots(len(names), len(_PANELS), squeeze=False)
    for panels, name in zip(grid, names, strict=True):
        row = table.loc[name]
        bias = number(row["cardinal_bias"], ".2f")
        said = {
            "preferred": f"{short(name)}\nRayleigh p {number(row['rayleigh_p'], '.2g')}, bias {bias}",
            "f1_f0": f"dip {number(row['dip'], '.3f')}, p {number(row['dip_p'], '.2g')}",
            "half_width": f"median {number(row['half_width'], '.0f')}°",
            "bandwidth": f"median {number(row['bandwidth'], '.1f')}",
        }
        for axes, (kind, (label, edges)) in zip(panels, _PANELS.items(), strict=True):
            own, other = getattr(result, kind)[name], getattr(result, f"other_{kind}").get(name)
            axes.set_title(said[kind], fontsize=10)
            _shares(axes, own, other, edges, wrapped=kind == "preferred")
            if name == names[-1]:
                axes.set_xlabel(label)
        panels[0].set_ylabel("share of units")
    other = result.provenance["parameters"]["other"]
    beside = f"; outline: {other}" if other else ""
    entitle(figure, result, f"what units prefer, layer by layer{remark}{beside}")
    return figure


def _shares(axes: Axes, own: np.ndarray, other: np.ndarray | None, edges: np.ndarray, *, wrapped: bool) -> None:
    known = own[np.isfinite(own)]
    if not len(known):
        say(axes, "no unit")
        return
    axes.stairs(_heights(known, edges, wrapped), edges, fill=True, color=pale(BLUE), edgecolor=BLUE)
    if other is not None and np.isfinite(other).any():
        axes.stairs(_heights(other[np.isfinite(other)], edges, wrapped), edges, color=DARK, linewidth=1.2)
    axes.set_xlim(edges[0], edges[-1])
    if wrapped:
        axes.set_xticks([0, 45, 90, 135])
    open_frame(axes)


def _heights(values: np.ndarray, edges: np.ndarray, wrapped: bool) -> np.ndarray:
    """Shares in each bin; what lies beyond the last edge counts in the last bin."""
    span = edges[-1] - edges[0]
    inside = (values - edges[0]) % span + edges[0] if wrapped else np.clip(values, edges[0], edges[-1])
    return np.asarray(np.histogram(inside, edges)[0] / len(values))
