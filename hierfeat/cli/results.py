"""Commands that print one analysis and may save its whole result: guidelines, tuning, invariance and others."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hierfeat.cli.options import add_image_options, add_layers_option, command, counting, images, load, show
from hierfeat.errors import HierfeatError


@dataclass(frozen=True)
class _Analysis:
    """A public function as a command: what it takes besides the model, and which columns of which table it prints."""

    function: str
    text: str
    count: int = 0  # of images; 0 where it takes none
    labels: bool = False
    layers: bool = False
    view: str = "table"
    columns: tuple[str, ...] = ()


_ANALYSES = {
    "guidelines": _Analysis(
        "guidelines", "judge the architecture by the lecture's guidelines", columns=("rule", "verdict", "evidence")
    ),
    "tuning": _Analysis(
        "orientation_tuning",
        "show gratings to every unit: orientation tuning, cell types",
        layers=True,
        view="summary",
    ),
    "invariance": _Analysis(
        "translation_invariance", "shift the images: invariance and equivariance of every layer", 64, view="summary"
    ),
    "pooling": _Analysis("pooling_invariance", "what each pool gains and costs, and others in its place would", 64),
    "nonnegativity": _Analysis(
        "nonnegativity", "what each rectifier lets through, and how sparsely", 360, view="summary"
    ),
    "profile": _Analysis(
        "profile", "the whole hierarchy in one table: fields, tuning, invariance, probes", 360, labels=True, layers=True
    ),
}


def add(commands: Any) -> None:
    """Add the commands of this file."""
    for name, analysis in _ANALYSES.items():
        parser = command(commands, name, _run, analysis.text, model=True)
        parser.set_defaults(analysis=analysis)
        if analysis.count:
            add_image_options(parser, count=analysis.count)
        if analysis.layers:
            add_layers_option(parser)
        parser.add_argument("--out", type=Path, metavar="FOLDER", help="save the whole result there")


def _run(options: argparse.Namespace) -> None:
    import hierfeat as hf

    analysis, h = options.analysis, load(options)
    shown, labels = images(h, options) if analysis.count else (None, None)
    if analysis.labels and labels is None:
        raise HierfeatError(f"expected labelled images for {analysis.function}: name a data set or a folder (--images)")
    given = [tensor for tensor in (shown, labels if analysis.labels else None) if tensor is not None]
    layers = {"layers": options.layers} if analysis.layers else {}
    with counting(h):
        found = getattr(hf, analysis.function)(h, *given, **layers)
    table = getattr(found, analysis.view)
    show(table[list(analysis.columns) or list(table)].round(3), None)
    if options.out is not None:
        print(found.save(options.out))
