"""Synthesised images, each with its activation and robustness."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hierfeat.errors import HierfeatError
from hierfeat.plots.top_patches import picture

if TYPE_CHECKING:
    from hierfeat.physiology.features.synthesize import Synthesis

_MOST = 64
_EDGES = {"fragile": "#d55e00", "ok": "0.6"}


def plot_synthesize(result: "Synthesis", *, columns: int = 8) -> Figure:
    """Draw up to 64 images in a grid; one that does not survive small shifts has an orange frame.

    Parameters
    ----------
    result : Synthesis
    columns : int
        Images side by side.
    """
    if columns < 1:
        raise HierfeatError(f"expected at least one column, got {columns}")
    rows = result.table.head(_MOST).to_dict("records")
    columns = min(columns, len(rows))
    lines = -(-len(rows) // columns)
    figure, grid = plt.subplots(
        lines, columns, figsize=(1.2 * columns + 0.2, 1.62 * lines + 0.75), layout="constrained", squeeze=False
    )
    figure.suptitle(_title(result), fontsize=9)
    for axes in grid.flat:
        axes.set_axis_off()
    several = bool(result.table["copy"].max())
    for axes, row, image in zip(grid.flat, rows, result.images, strict=False):
        axes.set_axis_on()
        axes.set(xticks=[], yticks=[])
        axes.set_title(f"channel {row['channel']}" + (f", {row['copy']}" if several else ""), fontsize=8, pad=2)
        if row["status"] in ("dead", "constant"):
            _say(axes, row["status"])
        else:
            axes.imshow(picture(image), interpolation="nearest")
            axes.set_xlabel(_caption(row), fontsize=7, labelpad=2)
            axes.spines[:].set(color=_EDGES[row["status"]], linewidth=2 if row["status"] == "fragile" else 0.8)
    plt.close(figure)
    return figure


def _title(result: "Synthesis") -> str:
    layer, objective = result.table["layer"].iloc[0], result.table["objective"].iloc[0]
    verb = "minimise" if result.provenance["parameters"]["negative"] else "maximise"
    what = {"channel": "each channel's mean", "center": "each channel's central unit"}.get(objective, objective)
    left_out = f" (the first {_MOST} of {len(result.table)})" if len(result.table) > _MOST else ""
    natural = "" if (result.table["natural_image"] < 0).all() else ", times that of the best natural image"
    return (
        f"{layer}: images made to {verb} {what}{left_out}\n"
        f"below: activation{natural}, share kept under small shifts (orange: under half)"
    )


def _caption(row: Mapping[Any, Any]) -> str:
    natural = "" if not row["activation"] * row["natural"] > 0 else f"   × {row['activation'] / row['natural']:.1f}"
    return f"{row['activation']:.3g}{natural}   {100 * row['shift_kept']:.0f} %"


def _say(axes: Axes, status: str) -> None:
    axes.set_facecolor("0.95")
    axes.text(0.5, 0.5, status, ha="center", va="center", transform=axes.transAxes, fontsize=9, color="0.35")
    axes.set_box_aspect(1)
