"""The figure and the table of docs/plan.md, from what ``growth.json`` holds."""

from pathlib import Path
from typing import Any

from tests.benchmarks.growing import POINTS

DOCS = Path(__file__).parents[2] / "docs"
FIGURE, PAGE = DOCS / "_static" / "growth.png", DOCS / "plan.md"
BEGIN, END = "<!-- exponents: written by tests/benchmarks/growth_page.py -->", "<!-- end -->"
STEEP = 1.2  # an exponent above which a line says why
PAGES = (
    "What grows faster is the kernel's part of the time, which hands out anew every page of whatever is larger than "
    "some megabytes; the program's own has an exponent of 1.2 at most, or adds too little to have one:"
)
IN_STEP = (
    "Counted, the operations and the numbers that they make grow in step (`tests/benchmarks/test_growth.py`). What "
    "makes these exponents larger than 1.2 is of the machine (its caches, batches that are not full yet: they were not "
    "told apart):"
)
COLOURS = {"sweep": "#0072B2", "record to a file": "#D55E00", "record": "#009E73", "similarity": "#CC79A7"}
FLOORS = {"megabytes": 0.1, "seconds": 1e-3}
WHY = {
    "additive_parts images": "NMF and k-means iterate more often, 500 times at most.",
    "additive_parts channels": "the singular values of n samples of c channels take n · c · min(n, c).",
    "filters channels": "the gradient of each channel is followed through the layer's whole map.",
    "opposite_phase channels": "each kernel is compared with each; its docstring says so.",
    "profile layers": "the gradient of each layer is followed to the image.",
    "similarity layers": "a row of the table for each pair of layers.",
}


def written(everything: dict[str, Any]) -> None:
    """Draw the figure, and write the table into the page."""
    draw(everything)
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), everything), encoding="utf-8")


def with_table(page: str, everything: dict[str, Any]) -> str:
    """The page with the table of exponents anew, and with a line for each analysis that is steep."""
    rows = [("", *(f"{axis}" for axis in POINTS)), ("---",) * (len(POINTS) + 1)]
    analyses = dict(sorted(everything["analyses"].items()))
    rows += [(f"`{name}`", *(_cell(about.get(axis)) for axis in POINTS)) for name, about in analyses.items()]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    said = [f"- `{name.partition(' ')[0]}`, {name.partition(' ')[2]}: {why}" for name, why in WHY.items()]
    unsaid = {place: of for place, of in steep(everything).items() if " ".join(place) not in WHY}
    for why, wanted in ((PAGES, lambda of: of == {"seconds"}), (IN_STEP, lambda of: of != {"seconds"})):
        rest = [f"`{name}` ({axis})" for (name, axis), of in unsaid.items() if wanted(of)]
        said += [f"- {why} {', '.join(rest)}."] if rest else []
    begin = page.index(BEGIN) + len(BEGIN)
    table = "\n".join([*lines, "", *said])
    return f"{page[:begin]}\n\n{table}\n\n{page[page.index(END, begin) :]}"


def _cell(about: dict[str, Any] | None) -> str:
    if about is None:
        return ""
    exponents = about["exponents"]
    return " · ".join("–" if exponents[q] is None else f"{exponents[q]:.1f}" for q in ("seconds", "megabytes"))


def steep(everything: dict[str, Any]) -> dict[tuple[str, str], set[str]]:
    """The analyses, and along what, of which an exponent is above :data:`STEEP`, and of what it is."""
    found = {
        (name, axis): {quantity for quantity, value in about["exponents"].items() if (value or 0) > STEEP}
        for name, axes in sorted(everything["analyses"].items())
        for axis, about in axes.items()
    }
    return {place: quantities for place, quantities in found.items() if quantities}


def draw(everything: dict[str, Any]) -> None:
    """Peak memory and time of every analysis along each axis: some named, the others grey."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 6.4), layout="constrained")
    axes = figure.subplots(2, len(POINTS), sharex="col", sharey="row")
    for column, axis in enumerate(POINTS):
        for row, quantity in enumerate(FLOORS):
            for name, about in everything["analyses"].items():
                _line(axes[row, column], name, about.get(axis, {"points": {}})["points"], quantity)
            axes[row, column].set(xscale="log", yscale="log")
        axes[1, column].set_xlabel("side, pixels" if axis == "side" else axis)
    axes[0, 0].set_ylabel("memory added, MB")
    axes[1, 0].set_ylabel("CPU seconds")
    lines, names = axes[0, 0].get_legend_handles_labels()
    figure.legend(lines, names, loc="outside upper center", ncols=len(names), frameon=False, fontsize=11)
    FIGURE.parent.mkdir(exist_ok=True)
    figure.savefig(FIGURE, dpi=110)


def _line(ax: Any, name: str, points: dict[str, dict[str, Any]], quantity: str) -> None:
    known = [(int(at), max(point[quantity], FLOORS[quantity])) for at, point in points.items() if quantity in point]
    if known:
        look = {"color": COLOURS.get(name, "0.75"), "linewidth": 2.2 if name in COLOURS else 0.9}
        look |= {"label": name, "zorder": 3} if name in COLOURS else {"zorder": 1}
        ax.plot(*zip(*known, strict=True), "o-", markersize=3, **look)
