"""What populations represent, layer by layer: classes, similarity, parts, dimensions, and the depth profile."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.ticker import MaxNLocator

if TYPE_CHECKING:
    from hierfeat.representation.additive_parts import AdditiveParts
    from hierfeat.representation.class_selectivity import ClassSelectivity
    from hierfeat.representation.evaluation import Evaluation
    from hierfeat.representation.layer_probes import LayerProbes
    from hierfeat.representation.participation_ratio import ParticipationRatio
    from hierfeat.representation.profile import Profile
    from hierfeat.representation.similarity import Similarity

_BLUE = "#0072b2"


def plot_layer_probes(result: "LayerProbes") -> Figure:
    """Draw test accuracy by depth with its 95 % intervals, training accuracy and chance.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = result.table
    figure, axes = plt.subplots(figsize=(max(4.5, 1.2 + 0.5 * len(table)), 3.6), layout="constrained")
    at = np.arange(len(table))
    accuracy = 100 * table["accuracy"]
    spans = np.stack([accuracy - 100 * table["low"], 100 * table["high"] - accuracy])
    axes.errorbar(at, accuracy, spans, color=_BLUE, marker="o", capsize=3, label="test, 95 % interval")
    axes.plot(at, 100 * table["train_accuracy"], color="0.5", linestyle="--", marker=".", label="training")
    axes.axhline(100 * table["chance"].iloc[0], color="black", linestyle=":", label="the commonest class")
    axes.set_xticks(at, table["layer"], rotation=90 if len(table) > 8 else 0, fontsize=9)
    axes.set(xlabel="layer", ylabel="probe accuracy (%)", ylim=(0, 103))
    axes.set_title(result.provenance["model"], fontsize=10)
    axes.legend(loc="center right", fontsize=8, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    plt.close(figure)
    return figure


_NUMBERS = 12  # layers up to which the cells have their numbers


def plot_similarity(result: "Similarity") -> Figure:
    """Draw CKA on the left and RSA on the right; what is NaN stays white.

    Returns
    -------
    matplotlib.figure.Figure
    """
    rows, columns = (list(dict.fromkeys(result.table[name])) for name in ("layer", "other"))
    side = 1.9 + 0.34 * max(len(rows), len(columns), 6)
    figure, grid = plt.subplots(1, 2, figsize=(2 * side, side), layout="constrained")
    own, other = result.names
    for axes, matrix, title in zip(grid, (result.cka, result.rsa), ("CKA (linear)", "RSA (Spearman)"), strict=True):
        drawn = axes.imshow(matrix, cmap="cividis", vmin=0, vmax=1)
        axes.set_title(title, fontsize=10)
        axes.set_xticks(range(len(columns)), columns, rotation=90, fontsize=8)
        axes.set_yticks(range(len(rows)), rows, fontsize=8)
        axes.set_xlabel(other if other != own else "")
        axes.set_ylabel(own)
        if max(matrix.shape) <= _NUMBERS:
            for (row, column), value in ((at, matrix[at]) for at in _places(matrix.shape)):
                colour = "black" if value > 0.55 else "white"
                text = "" if np.isnan(value) else f"{value:.2f}"
                axes.text(column, row, text, ha="center", va="center", fontsize=7, color=colour)
    below = min(np.nanmin(matrix, initial=0.0) for matrix in (result.cka, result.rsa)) < 0
    figure.colorbar(drawn, ax=grid.tolist(), label="similarity", shrink=0.8, extend="min" if below else "neither")
    plt.close(figure)
    return figure


def _places(shape: tuple[int, ...]) -> list[tuple[int, int]]:
    return [(row, column) for row in range(shape[0]) for column in range(shape[1])]


def plot_class_selectivity(result: "ClassSelectivity") -> Figure:
    """Draw a point per channel, the layer's median, and the 95 % bound of chance.

    Returns
    -------
    matplotlib.figure.Figure
    """
    layers = list(dict.fromkeys(result.table["layer"]))
    figure, axes = plt.subplots(figsize=(max(4.5, 1.2 + 0.6 * len(layers)), 3.6), layout="constrained")
    generator = np.random.default_rng(0)
    for at, layer in enumerate(layers):
        rows = result.table[(result.table["layer"] == layer) & (result.table["status"] == "ok")]
        spread = at + generator.uniform(-0.2, 0.2, len(rows))
        label = "channel" if at == 0 else None
        axes.plot(spread, rows["selectivity"], ".", color="#0072b2", alpha=0.6, label=label)
        ends = at - 0.3, at + 0.3
        median, bound = rows["selectivity"].median(), rows["null_95"].median()
        axes.plot(ends, (median, median), color="black", label="median" if at == 0 else None)
        axes.plot(ends, (bound, bound), color="#d55e00", linestyle="--", label="95 % of chance" if at == 0 else None)
    axes.set_xticks(range(len(layers)), layers, rotation=90 if len(layers) > 8 else 0, fontsize=9)
    axes.set(xlabel="layer", ylabel="class selectivity", ylim=(0, 1))
    axes.set_title(result.provenance["model"], fontsize=10)
    axes.legend(fontsize=8, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    plt.close(figure)
    return figure


def plot_participation_ratio(result: "ParticipationRatio") -> Figure:
    """Draw the participation ratio by depth; a constant layer has no point.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = result.table
    figure, axes = plt.subplots(figsize=(max(4.5, 1.2 + 0.5 * len(table)), 3.2), layout="constrained")
    axes.plot(range(len(table)), table["participation_ratio"], color="#0072b2", marker="o")
    axes.set_xticks(range(len(table)), table["layer"], rotation=90 if len(table) > 8 else 0, fontsize=9)
    axes.set(xlabel="layer", ylabel="participation ratio (dimensions)", ylim=(0, 1.1 * axes.get_ylim()[1]))
    axes.set_title(result.provenance["model"], fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    plt.close(figure)
    return figure


MOST_PARTS = 8


def plot_additive_parts(result: "AdditiveParts") -> Figure:
    """Draw what each part is made of, where it is on a few images, and the error of each method.

    Maps are stretched over the image; a layer without maps has only the left and right panels.

    Returns
    -------
    matplotlib.figure.Figure
    """
    rank = min(len(result.parts), MOST_PARTS)
    has_maps = result.maps.shape[-1] > 1
    shown = len(result.images) if has_maps else 0
    figure = plt.figure(figsize=(7.5 + 1.05 * (rank + 1) * (shown > 0), 5.2), layout="constrained")
    grid = figure.add_gridspec(1, 3 if shown else 2, width_ratios=[1, 0.36 * (rank + 1), 1] if shown else [1, 1])
    _parts(figure.add_subplot(grid[0]), result, rank)
    if shown:
        _maps(figure, grid[1], result, rank)
    _errors(figure.add_subplot(grid[-1]), result)
    settings = result.provenance["parameters"]
    figure.suptitle(f"{result.provenance['model']}, {settings['layer']}: {len(result.parts)} additive parts (NMF)")
    plt.close(figure)
    return figure


def _parts(axes: Axes, result: "AdditiveParts", rank: int) -> None:
    axes.imshow(result.parts[:rank].T, aspect="auto", cmap="viridis", vmin=0, interpolation="nearest")
    axes.set_xlabel("part")
    axes.set_ylabel("channel")
    axes.set_xticks(range(rank), [str(part + 1) for part in range(rank)])
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_title("What it is made of", fontsize=10)


def _maps(figure: Figure, place: SubplotSpec, result: "AdditiveParts", rank: int) -> None:
    grid = place.subgridspec(len(result.images), rank + 1)
    tops = result.maps.max((0, 2, 3))
    height, width = result.images.shape[-2:]
    for row, image in enumerate(result.images):
        for column in range(rank + 1):
            axes = figure.add_subplot(grid[row, column])
            axes.imshow(np.moveaxis(image, 0, -1) if len(image) == 3 else image[0], cmap="gray", vmin=0, vmax=1)
            if column:
                part = result.maps[row, column - 1]
                axes.imshow(part, cmap="magma", vmin=0, vmax=tops[column - 1] or 1, alpha=0.8,
                            extent=(-0.5, width - 0.5, height - 0.5, -0.5), interpolation="nearest")  # fmt: skip
            axes.set_axis_off()
            if row == 0:
                axes.set_title("image" if column == 0 else f"part {column}", fontsize=9)


def _errors(axes: Axes, result: "AdditiveParts") -> None:
    table = result.table
    places = np.arange(len(table))
    axes.bar(places - 0.2, 100 * table["error_positive"], 0.4, color="#0072b2", label="error (%)")
    axes.bar(places + 0.2, 100 * table["part_sparsity"], 0.4, color="#e69f00", label="sparsity of the parts (%)")
    axes.set_xticks(places, table["method"])
    axes.set_ylim(0, 119)
    axes.legend(frameon=False, loc="upper left", fontsize=8)
    axes.set_title("Equal rank", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)


_FEW = 20  # numbers are written into the cells up to this many classes


def plot_evaluation(evaluation: "Evaluation") -> Figure:
    """Draw the confusion matrix; a row adds up to 100 %, and the diagonal is left white so that mistakes stand out.

    Returns
    -------
    matplotlib.figure.Figure
    """
    counts, names = evaluation.confusion, evaluation.table["label"].tolist()
    percent = 100 * counts / np.maximum(counts.sum(1, keepdims=True), 1)
    mistakes = np.where(np.eye(len(counts), dtype=bool), np.nan, percent)
    size = 4.0 + 0.32 * min(len(counts), _FEW)
    figure, axes = plt.subplots(figsize=(size + 1, size), layout="constrained")
    drawn = axes.imshow(mistakes, cmap="Oranges", vmin=0, vmax=max(float(np.nanmax(mistakes)), 1.0))
    figure.colorbar(drawn, ax=axes, label="mistakes (% of the class)", shrink=0.8)
    axes.set(xlabel="predicted", ylabel="label", title=f"accuracy {100 * evaluation.accuracy:.2f} %")
    if len(counts) <= _FEW:
        axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
        axes.set_yticks(range(len(names)), names)
        _write_numbers(axes, percent)
    plt.close(figure)
    return figure


def _write_numbers(axes: Axes, percent: np.ndarray) -> None:
    highest = max(float((percent - np.diag(np.diag(percent))).max()), 1.0)
    for row, column in np.ndindex(percent.shape):
        value = percent[row, column]
        if row == column:
            axes.text(column, row, f"{value:.1f}", ha="center", va="center", fontsize=8, weight="bold")
        elif value >= 0.05:
            colour = "white" if value > 0.6 * highest else "black"
            axes.text(column, row, f"{value:.1f}", ha="center", va="center", fontsize=7, color=colour)


def plot_mistakes(evaluation: "Evaluation", images: np.ndarray, *, k: int = 16) -> Figure:
    """Show the `k` most confident mistakes, each with what it is and what it was called."""
    names, chosen = evaluation.table["label"].tolist(), evaluation.mistakes[:k]
    columns = min(8, max(len(chosen), 1))
    rows = max(-(-len(chosen) // columns), 1)
    figure, grid = plt.subplots(
        rows, columns, figsize=(1.55 * columns, 1.95 * rows), layout="constrained", squeeze=False
    )
    for axes in grid.flat:
        axes.axis("off")
    for axes, index in zip(grid.flat, chosen, strict=False):
        image = images[index].transpose(1, 2, 0)
        axes.imshow(image.squeeze(-1) if image.shape[-1] == 1 else image, cmap="gray", vmin=0, vmax=1)
        called = f"{names[evaluation.predicted[index]]} {100 * evaluation.confidence[index]:.0f} %"
        axes.set_title(f"{called}\nis {names[evaluation.labels[index]]}", fontsize=8)
    figure.suptitle("the most confident mistakes", fontsize=10)
    plt.close(figure)
    return figure


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
    """Draw a panel per measure, with the layers from left to right; pools have open markers.

    Returns
    -------
    matplotlib.figure.Figure
    """
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
