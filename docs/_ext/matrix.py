"""The support matrix as a page: the table that the tests of all analyses on all kinds of networks keep."""

import csv
from pathlib import Path

INTRODUCTION = """# Support matrix

Which analyses take which kinds of network: every public analysis is put to every kind by the tests, which keep this
table (`tests/subjects/support.csv`). Each gives a result, or one sentence that says why not.
"""
ABSENT = """
The table is not in this checkout. What is known of kinds of network stands in [How to bring your network](networks.md),
what single analyses refuse under "Raises" on their pages of the [reference](api/index).
"""


def write(table: Path, page: Path) -> None:
    """Write the page, with a row per kind of network, or say that there is no table."""
    text = INTRODUCTION + (_of(table) if table.exists() else ABSENT)
    if not page.exists() or page.read_text(encoding="utf-8") != text:
        page.write_text(text, encoding="utf-8")


def _of(table: Path) -> str:
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name != "network"]
    refusals: dict[str, list[str]] = {}
    lines = [
        f"\n{len(rows)} kinds of network, {len(names)} analyses.\n",
        "| network | results | refused |",
        "|---|---|---|",
    ]
    for row in rows:
        refused = [name for name in names if row[name] != "yes"]
        said = "all" if len(refused) == len(names) else ", ".join(f"`{name}`" for name in refused) or "–"
        lines.append(f"| {row['network']} | {len(names) - len(refused)} of {len(names)} | {said} |")
        for name in refused:
            refusals.setdefault(row[name].strip(), []).append(f"{row['network']}: {name}")
    lines += ["\n## What is said\n", "| sentence | for example |", "|---|---|"]
    lines += [f"| {_cell(said)} | {_cell(where[0])}{_more(where)} |" for said, where in refusals.items()]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """Text as it is, in a cell of a table of Markdown."""
    for mark in "\\|*_`<>[]{}$":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())


def _more(where: list[str]) -> str:
    return f", and {len(where) - 1} more" if len(where) > 1 else ""
