"""The depth profile: every measure of a layer against its depth."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from hierfeat.representation.profile import Profile

# title, y label, highest value (None: free), (column, label) of each line
_PANELS: tuple[tuple[str, str, float | None, tuple[tuple[str, str], ...]], ...] = (
    ("what it sees", "pixels", None, (("field", "receptive field"), ("effective_field", "effective (√12 σ)"))),
    ("orientation tuning", "", 1, (("gosi", "global OSI, median"), ("responsive", "share responsive"))),
    ("invariance to shifts", "", 1, (("invariance", ""),)),
    ("activity", "", 1, (("active_fraction", "active"), ("lifetime_sparseness", "lifetime sparseness"))),
    ("class selectivity", "", 1, (("selectivity", "median"), ("selectivity_null", "labels permuted"))),
    ("dimensions", "participation ratio", None, (("participation_ratio", ""),)),
    ("probe accuracy", "%", 100, (("probe_accuracy", ""),)),
)
_STYLES = (("#0072b2", "-", "o"), ("#d55e00", "--", "s"))


def plot_profile(result: "Profile") -> Figure:
    """Draw a panel per measure, with the layers from left to right; pools have open markers."""
    table = result.table
    figure, grid = plt.subplots(2, 4, figsize=(13, 5.4 + 0.05 * table["layer"].str.len().max()), layout="constrained")
    for axes, (title, label, top, lines) in zip(grid.flat, _PANELS, strict=False):
        axes.set_title(title, fontsize=10)
        for (column, name), style in zip(lines, _STYLES, strict=False):
            scale = 100 if column.startswith("probe") else 1
            _line(axes, scale * table[column].to_numpy(dtype=float), (table["kind"] == "pool").to_numpy(), name, style)
            if column == "probe_accuracy":
                low, high = 100 * table["probe_low"], 100 * table["probe_high"]
                axes.fill_between(range(len(table)), low, high, color=style[0], alpha=0.2, label="95 % interval")
        axes.set_ylabel(label)
        axes.set_ylim(0, 1.1 * axes.get_ylim()[1] if top is None else 1.03 * top)
        if len(lines) > 1 and top is not None:
            axes.set_ylim(0, 1.3 * top)  # room for the legend
            axes.set_yticks(np.linspace(0, top, 6))
        axes.set_xticks(range(len(table)), table["layer"], rotation=90, fontsize=8)
        axes.spines[["top", "right"]].set_visible(False)
        if any(name for _, name in lines) or "probe_accuracy" in dict(lines):
            axes.legend(fontsize=8, frameon=False, loc="upper left", ncols=1 if top is None else 2)
    grid.flat[-1].set_axis_off()
    grid.flat[-1].text(0, 0.8, "filled: convolution\nopen: pool", fontsize=10, va="top")
    figure.suptitle(f"{result.provenance['model']}: the hierarchy, layer by layer")
    plt.close(figure)
    return figure


def _line(axes: Axes, values: "np.ndarray", pools: "np.ndarray", name: str, style: tuple[str, str, str]) -> None:
    colour, dash, marker = style
    at = np.arange(len(values))
    axes.plot(at, values, color=colour, linestyle=dash, marker=marker, label=name or None)
    axes.plot(at[pools], values[pools], color=colour, linestyle="none", marker=marker, markerfacecolor="white")
