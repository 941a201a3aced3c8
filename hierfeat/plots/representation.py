"""What populations represent, layer by layer: classes, similarity, parts, dimensions, and the depth profile."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.image import AxesImage

from hierfeat.plots._style import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    VERMILION,
    as_drawn,
    by_depth,
    entitle,
    few_ticks,
    highest,
    ink_on,
    jitter,
    one_panel,
    open_frame,
    picture,
    positive,
    scale,
    sheet,
    width_by_depth,
)

if TYPE_CHECKING:
    from hierfeat.representation.additive_parts import AdditiveParts
    from hierfeat.representation.class_selectivity import ClassSelectivity
    from hierfeat.representation.layer_probes import LayerProbes
    from hierfeat.representation.participation_ratio import ParticipationRatio
    from hierfeat.representation.profile import Profile
    from hierfeat.representation.similarity import Similarity

MOST_PARTS = 8
MOST_LAYERS = 12  # of a matrix whose cells have their numbers

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
_STYLES = ((BLUE, "-", "o"), (VERMILION, "--", "s"))


@one_panel
def plot_layer_probes(result: "LayerProbes") -> Figure:
    """Draw test accuracy by depth with its 95 % intervals, training accuracy and chance.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    table = result.table
    figure = sheet(width_by_depth(len(table), least=6.3), 4.0)
    axes = figure.subplots()
    at, accuracy = np.arange(len(table)), 100 * table["accuracy"]
    spans = np.stack([accuracy - 100 * table["low"], 100 * table["high"] - accuracy]).clip(0)
    axes.errorbar(at, accuracy, spans, color=BLUE, marker="o", markersize=4, capsize=3, label="test, 95 % interval")
    axes.plot(at, 100 * table["train_accuracy"], color=GREY, linestyle="--", marker=".", label="training")
    axes.axhline(100 * table["chance"].iloc[0], color=INK, linestyle=":", label="the commonest class")
    by_depth(axes, list(table["layer"]))
    axes.set(xlabel="layer", ylabel="probe accuracy (%)", ylim=(0, 103))
    _key_above(axes)
    open_frame(axes)
    entitle(figure, result, "linear probes of each layer", size=10)
    return figure


def _key_above(axes: Axes) -> None:
    """The legend above the panel, where it covers nothing."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, fontsize=10, frameon=False, columnspacing=1)


def plot_similarity(result: "Similarity") -> Figure:
    """Draw CKA on the left and RSA on the right; what is NaN is grey.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    rows, columns = (list(dict.fromkeys(result.table[name])) for name in ("layer", "other"))
    side = min(8.5, 1.9 + 0.34 * max(len(rows), len(columns), 6))
    figure = sheet(2 * side, side + 0.3)
    panels = figure.subplots(1, 2)
    own, other = result.names
    drawn = []
    for axes, matrix, title in zip(panels, (result.cka, result.rsa), ("CKA (linear)", "RSA (Spearman)"), strict=True):
        drawn.append(positive(axes, matrix, 1.0, aspect="auto"))
        axes.set_title(title, fontsize=10)
        by_depth(axes, columns, size=10)
        by_depth(axes, rows, along="y", size=10)
        axes.set_xlim(-0.5, len(columns) - 0.5)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set(xlabel=other if other != own else "", ylabel=own)
        if max(matrix.shape) <= MOST_LAYERS:
            _numbers(axes, matrix, drawn[-1])
    scale(drawn, panels, "similarity")
    entitle(figure, result, "similarity of layers", size=10)
    return figure


def _numbers(axes: Axes, matrix: np.ndarray, drawn: AxesImage) -> None:
    for (row, column), value in np.ndenumerate(matrix):
        if np.isfinite(value):
            ink = ink_on(drawn, value)
            axes.text(column, row, f"{value:z.2f}", ha="center", va="center", fontsize=10, color=ink)


@one_panel
def plot_class_selectivity(result: "ClassSelectivity") -> Figure:
    """Draw a point per channel, the layer's median, and the 95 % bound of chance.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    layers = list(dict.fromkeys(result.table["layer"]))
    figure = sheet(width_by_depth(len(layers), 0.6, least=5.0), 4.0)
    axes = figure.subplots()
    known = dict(iter(result.table[result.table["status"] == "ok"].groupby("layer", sort=False)))
    labels = {"dot": "channel", "median": "median", "chance": "95 % of chance"}
    for at, layer in enumerate(layers):
        if layer not in known:
            continue
        values, bounds = known[layer]["selectivity"], known[layer]["null_95"]
        axes.plot(at + jitter(len(values)), values, ".", color=BLUE, alpha=0.6, label=labels.pop("dot", None))
        for value, name, colour, dash in (
            (values.median(), "median", INK, "-"),
            (bounds.median(), "chance", VERMILION, "--"),
        ):
            axes.plot([at - 0.38, at + 0.38], [value] * 2, color=colour, linestyle=dash, label=labels.pop(name, None))
    by_depth(axes, layers)
    axes.set(xlabel="layer", ylabel="class selectivity", ylim=(0, 1.02))
    if known:
        _key_above(axes)
    open_frame(axes)
    entitle(figure, result, "class selectivity of each layer’s channels", size=10)
    return figure


@one_panel
def plot_participation_ratio(result: "ParticipationRatio") -> Figure:
    """Draw the participation ratio by depth; a constant layer has no point.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    table = result.table
    figure = sheet(width_by_depth(len(table)), 3.6)
    axes = figure.subplots()
    axes.plot(range(len(table)), table["participation_ratio"], color=BLUE, marker="o", markersize=4)
    by_depth(axes, list(table["layer"]))
    top = 1.1 * (highest(table["participation_ratio"]) or 1.0)
    axes.set(xlabel="layer", ylabel="participation ratio (dimensions)", ylim=(0, top))
    open_frame(axes)
    entitle(figure, result, "dimensions of each layer’s representation", size=10)
    return figure


def plot_additive_parts(result: "AdditiveParts") -> Figure:
    """Draw what each part is made of, where it is on a few images, and the error of each method.

    Of more than eight parts, the first eight are drawn. Maps are stretched over the image; a layer without maps has
    only the left and right panels.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    rank = min(len(result.parts), MOST_PARTS)
    shown = len(result.images) if result.maps.shape[-1] > 1 else 0
    figure = sheet(7.5 + 1.05 * (rank + 1) * (shown > 0), 5.4)
    grid = figure.add_gridspec(1, 3 if shown else 2, width_ratios=[1, 0.36 * (rank + 1), 1] if shown else [1, 1])
    _parts(figure.add_subplot(grid[0]), result, rank)
    if shown:
        _part_maps(figure, grid[1], result, rank)
    _errors(figure.add_subplot(grid[-1]), result)
    layer = result.provenance["parameters"]["layer"]
    some = f", the first {rank}" if rank < len(result.parts) else ""
    note = as_drawn(result.images.shape[1]) if shown else ""
    entitle(figure, result, f"{layer}, {len(result.parts)} additive parts (NMF){some}{note}")
    return figure


def _parts(axes: Axes, result: "AdditiveParts", rank: int) -> None:
    drawn = positive(axes, result.parts[:rank].T, aspect="auto")
    axes.set(xlabel="part", ylabel="channel")
    axes.set_xticks(range(rank), [str(part + 1) for part in range(rank)])
    few_ticks(axes.yaxis)
    axes.set_title("What it is made of", fontsize=10)
    scale(drawn, axes, "weight", shrink=0.6)


def _part_maps(figure: Figure, place: SubplotSpec, result: "AdditiveParts", rank: int) -> None:
    """The images, and over each the map of each part, to one scale per part."""
    grid = place.subgridspec(len(result.images), rank + 1)
    tops = [highest(result.maps[:, part]) for part in range(rank)]
    height, width = result.images.shape[-2:]
    extent = (-0.5, width - 0.5, height - 0.5, -0.5)
    for row, image in enumerate(result.images):
        for column in range(rank + 1):
            axes = figure.add_subplot(grid[row, column])
            axes.imshow(picture(image), interpolation="nearest")
            if column:
                positive(axes, result.maps[row, column - 1], tops[column - 1], alpha=0.8, extent=extent)
            axes.set_axis_off()
            if row == 0:
                axes.set_title(f"part {column}" if column else "image", fontsize=10)


def _errors(axes: Axes, result: "AdditiveParts") -> None:
    table, places = result.table, np.arange(len(result.table))
    errors, sparsity = 100 * table["error_positive"], 100 * table["part_sparsity"]
    axes.bar(places - 0.2, errors, 0.4, color=BLUE, label="error (%)")
    axes.bar(places + 0.2, sparsity, 0.4, color=ORANGE, label="sparsity of the parts (%)")
    axes.set_xticks(places, table["method"])
    axes.set_ylim(0, max(119.0, 1.2 * highest(errors), 1.2 * highest(sparsity)))
    axes.legend(frameon=False, loc="upper left", fontsize=10)
    axes.set_title("Equal rank", fontsize=10)
    open_frame(axes)


def plot_profile(result: "Profile") -> Figure:
    """Draw a panel per measure, with the layers from left to right; pools have open markers.

    Returns
    -------
    matplotlib.figure.Figure
        Not closed: ``plt.show()`` shows it, ``savefig`` saves it.
    """
    table = result.table
    names, pools = list(table["layer"]), (table["kind"] == "pool").to_numpy()
    figure = sheet(max(13, width_by_depth(2 * len(names), 0.3)), 6.4)
    grid = figure.subplots(2, 4)
    for axes, (title, label, top, lines) in zip(grid.flat, _PANELS, strict=False):
        axes.set_title(title, fontsize=10)
        reached = 0.0
        for (column, name), style in zip(lines, _STYLES, strict=False):
            values = (100 if column.startswith("probe") else 1) * table[column].to_numpy(dtype=float)
            reached = max(reached, highest(values))
            _depth_line(axes, values, pools, name, style)
            if column == "probe_accuracy":
                low, high = 100 * table["probe_low"], 100 * table["probe_high"]
                axes.fill_between(range(len(table)), low, high, color=style[0], alpha=0.2, label="95 % interval")
        axes.set_ylabel(label)
        named = any(name for _, name in lines) or "probe_accuracy" in dict(lines)
        bound = max(top or 0.0, reached) or 1.0
        axes.set_ylim(0, (1.65 if named else 1.1) * bound)  # room for the legend
        if top is not None and bound == top:
            axes.set_yticks(np.linspace(0, top, 6))
        by_depth(axes, names, size=10)
        open_frame(axes)
        if named:
            axes.legend(fontsize=10, frameon=False, loc="upper left")
    grid.flat[-1].set_axis_off()
    grid.flat[-1].text(0, 0.8, "filled: convolution\nopen: pool", fontsize=10, va="top")
    entitle(figure, result, "the hierarchy, layer by layer")
    return figure


def _depth_line(axes: Axes, values: np.ndarray, pools: np.ndarray, name: str, style: tuple[str, str, str]) -> None:
    colour, dash, marker = style
    at = np.arange(len(values))
    how: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 5}
    axes.plot(at, values, linestyle=dash, label=name or None, **how)
    axes.plot(at[pools], values[pools], linestyle="none", markerfacecolor="white", **how)
