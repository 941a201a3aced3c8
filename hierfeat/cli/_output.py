"""What a command leaves: a table on the screen, and files where they were asked for."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hierfeat.errors import HierfeatError

if TYPE_CHECKING:
    import pandas as pd

    from hierfeat._result import Result

MOST = 100  # rows on the screen
STANDARD_OUTPUT = Path("-")


def csv_place(words: list[str] | None) -> Path | None:
    """Where ``--csv [FILE]`` wants the table; None where it was not asked for."""
    return None if words is None else Path(words[0]) if words else STANDARD_OUTPUT


def check_places(*, csv: Path | None = None, plot: Path | None = None, out: Path | None = None) -> None:
    """Refuse places that cannot be written to before anything long is computed.

    Raises
    ------
    HierfeatError
        If a folder stands where a file is to go or the other way round, or a figure's format is not known.
    """
    for path in (csv, plot):
        if path is not None and path.is_dir():
            raise HierfeatError(f"expected a file to write, got the folder {path}")
    if out is not None and out.is_file():
        raise HierfeatError(f"expected a folder to write to, got the file {out}")
    if plot is not None:
        from matplotlib.figure import Figure

        known = Figure().canvas.get_supported_filetypes()
        if plot.suffix.lstrip(".").lower() not in known:
            raise HierfeatError(f"expected a figure's file as --plot FILE.png, .pdf or .svg; got {plot}")


def show(table: "pd.DataFrame", *, note: str = "", most: int | None = MOST) -> None:
    """Print a table, its first `most` rows, and a note on its units."""
    from hierfeat._result import without_none

    rows = table if most is None or len(table) <= most else table.head(most)
    print(without_none(rows).to_string(index=False, na_rep=""))
    if len(rows) < len(table):
        print(f"... and {len(table) - len(rows):,} more rows: --csv FILE writes them all")
    if note:
        print(f"\n{note}")


def write_csv(table: "pd.DataFrame", place: Path) -> None:
    """Write a table as CSV, to the standard output for ``-``."""
    from hierfeat._files import write_with

    if place == STANDARD_OUTPUT:
        table.to_csv(sys.stdout, index=False, lineterminator="\n")
    else:
        write_with(place, lambda partial: table.to_csv(partial, index=False))
        print(place)


def draw(found: "Result", place: Path) -> None:
    """Write a result's figure, in the format that the file's name ends in."""
    from hierfeat._files import write_with

    figure = found.plot()  # type: ignore[attr-defined]
    write_with(place, lambda partial: figure.savefig(partial))
    print(place)
