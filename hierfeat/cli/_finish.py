"""What a command does with what its function returns, and the options that say so."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hierfeat.cli._catalogue import Command
from hierfeat.cli._inputs import Inputs
from hierfeat.cli._options import FILES, option
from hierfeat.cli._output import check_places, csv_place, draw, show, write_csv
from hierfeat.errors import HierfeatError


@dataclass(frozen=True)
class Run:
    """One run of a command."""

    about: Command
    inputs: Inputs
    given: Mapping[str, Any]
    call: Callable[..., Any]  # calls the function with what it was given, and what it is handed here


@dataclass(frozen=True)
class Finish:
    """How a command ends."""

    leave: Callable[[Run], None]
    options: tuple[inspect.Parameter, ...] = ()
    check: Callable[[Mapping[str, Any]], None] = lambda _: None  # before anything is loaded
    optional: tuple[str, ...] = ()  # the function's own parameters that `leave` can do for


_CSV = option(
    "csv",
    list[str],
    "write the whole table there as CSV, or to the screen",
    consume_multiple=(0, 1),
    metavar="[FILE]",
    group=FILES,
)
_PLOT = option("plot", Path, "draw the figure there (.png, .pdf, .svg)", metavar="FILE", group=FILES)


def _check(given: Mapping[str, Any]) -> None:
    check_places(csv=csv_place(given.get("csv")), plot=given.get("plot"), out=given.get("out"))


def _result(run: Run) -> None:
    """Print a table, or the whole one as CSV; save the result and draw it where that was asked for."""
    found, face, csv = run.call(), run.about.face, csv_place(run.given.get("csv"))
    if csv is None:
        summary = getattr(found, "summary", None)
        table = found.table if summary is None or callable(summary) else summary
        several = ["model"] if face.columns and "model" in table and table["model"].nunique() > 1 else []
        show(table[[*several, *face.columns] or list(table)].round(3), note=face.note)
    else:
        write_csv(found.table, csv)
    if "out" in run.given:
        print(found.save(run.given["out"]))
    if "plot" in run.given:
        draw(found, run.given["plot"])


def _fields(run: Run) -> None:
    """Print all fields, or the box of one unit."""
    if "unit" not in run.given:
        _result(run)
        return
    layer, *place = run.given["unit"]
    row, col = (_whole(name, word) for name, word in zip(("ROW", "COL"), place, strict=True))
    fields = run.call()
    seen, virtual = (fields.box(layer, row, col, clip=clip) for clip in (True, False))
    print("top, left, bottom, right (pixels, half-open)")
    print("sees   ", *seen)
    print("virtual", *virtual)


def _whole(name: str, word: str) -> int:
    try:
        return int(word)
    except ValueError:
        raise HierfeatError(f"expected a whole number for {name}, got {word!r}") from None


def _recorded(run: Run) -> None:
    """Write activations as safetensors."""
    out = run.given["out"]
    activations = run.call(out=out)
    for name, activation in activations.items():
        print(f"{name}  {tuple(activation.shape)}")
    print(out)


def _page(run: Run) -> None:
    """Write the atlas, by default in figures/atlas; a folder's labels are named by its sub-folders."""
    import hierfeat as hf

    name = run.given["model"].replace(":", "-").replace("/", "-")
    more: dict[str, Any] = {"out": run.given.get("out", Path("figures") / "atlas" / f"{name}.html")}
    takes_names = "names" in inspect.signature(hf.atlas).parameters
    if takes_names and "names" not in run.given and run.inputs.names is not None:
        more["names"] = run.inputs.names
    print(run.call(**more))


_OUT = option("out", Path, "save the whole result there", metavar="FOLDER", group=FILES)
_FILE = option("out", Path, "safetensors file to write", metavar="FILE", group=FILES, required=True)
_UNIT = option("unit", tuple[str, str, str], "the box of pixels that one unit sees", metavar="LAYER ROW COL")

RESULT = Finish(_result, (_OUT, _PLOT, _CSV), _check)
FINISH = {
    "receptive_fields": Finish(_fields, (_UNIT, _OUT, _PLOT, _CSV), _check),
    "record": Finish(_recorded, (_FILE,), lambda given: check_places(csv=given["out"])),
    "atlas": Finish(_page, optional=("out",)),
}
