"""The table of costs as text, and its place in the README."""

import re
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results.json"
README = Path(__file__).parent.parent.parent / "README.md"
_PLACE = re.compile(r"(<!-- costs: .*? -->\n).*?(<!-- end of costs -->)", re.DOTALL)


def as_table(results: dict[str, Any]) -> str:
    """A table in Markdown, below it the machine and what was skipped."""
    lines = ["| what | network | cost | quartiles | goal | |", "|---|---|---:|---|---:|---|"]
    group = ""
    places = list(dict.fromkeys(row["group"] for row in results["rows"]))  # peers are measured last
    for row in sorted(results["rows"], key=lambda row: places.index(row["group"])):
        if row["group"] != group:
            group = row["group"]
            lines.append(f"| **{group}** | | | | | |")
        goal = "" if row["goal"] is None else f"{row['goal']:.2f} {row['unit']}"
        cost, spread = f"{row['value']:.2f} {row['unit']}", f"{row['low']:.2f} to {row['high']:.2f}"
        lines.append(f"| {row['what']} | {row['subject']} | {cost} | {spread} | {goal} | {row['verdict']} |")
    m = results["machine"]
    lines += [
        "",
        f"CPU time of one thread on {m['cpu']}, {m['cores']} cores, load {m['load']}; Python {m['python']}, torch "
        f"{m['torch']}, numba {m['numba']}. × is over plain forward passes, the median of rounds in turn.",
    ]
    return "\n".join(lines + [f"Left out: {reason}" for reason in results["skipped"]])


def quoted(text: str, results: dict[str, Any]) -> str:
    """The README's text, with this table at its place."""
    return _PLACE.sub(lambda found: f"{found[1]}{as_table(results)}\n{found[2]}", text)
