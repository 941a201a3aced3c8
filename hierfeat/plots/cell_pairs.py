"""S-units and the C-units that pool them."""

from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

if TYPE_CHECKING:
    import pandas as pd

    from hierfeat.physiology.tuning.cell_pairs import CellPairs

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")

WINDOWS = 400
"""The widest range of phases drawn; past one cycle nothing is left to modulate."""


def plot_cell_pairs(pairs: "CellPairs") -> Figure:
    """Draw F1/F0, global OSI and position tolerance before against after, and F1/F0 against the pooling law."""
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


def _law(ax: Any, pairs: "CellPairs", tuned: "pd.DataFrame") -> None:
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
