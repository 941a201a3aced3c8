"""Writes the table of all findings at the head of analyses/README.md, from figures/findings/summary.csv."""

from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[2]
README, SUMMARY = ROOT / "analyses" / "README.md", ROOT / "figures" / "findings" / "summary.csv"


def table() -> str:
    """The findings as Markdown, reproduced ones first."""
    rows = pd.read_csv(SUMMARY)
    order = {"reproduced": 0, "in part": 1, "contradicted": 2}
    rows = rows.sort_values(
        ["verdict", "finding"], key=lambda column: column.map(order) if column.name == "verdict" else column
    )
    counts = rows["verdict"].value_counts()
    said = ", ".join(f"{counts.get(verdict, 0)} {verdict}" for verdict in order)
    lines = [
        f"{len(rows)} findings: {said}. Intervals are 95 %; the last column is seconds of processor time.", "",
        "| finding | claim and source | verdict | numbers | s |", "|---|---|---|---|---|",
    ]  # fmt: skip
    for row in rows.itertuples():
        script, figure = f"findings/{row.finding}.py", f"../figures/findings/{row.finding}.png"
        name = str(row.finding).replace("_", " ")
        cells = [f"[{name}]({script}), [figure]({figure})", f"{row.claim} ({row.source})", f"**{row.verdict}**",
                 f"{row.says} Over {row.intervals_over}.", f"{row.cpu_seconds:.0f}"]  # fmt: skip
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def readme() -> str:
    """The whole page."""
    return f"""# Analyses

## Published findings, put to the test

Each script in [`findings/`](findings) states one published finding, measures it on networks at hand with a control, and
says whether it holds here. They write a figure, a CSV and a line of `figures/findings/summary.csv`, from which
`python analyses/findings/_table.py` makes this table. `HIERFEAT_FINDINGS_SEEDS=2` makes them quicker, for a look: an
interval over two seeds is too wide to decide anything, and the slow test compares the verdicts with those of four.
SqueezeNet is examined where its weights are: in torchvision's cache, or in the file that `HIERFEAT_SQUEEZENET` names.
LeNet-5 of 1998 or the Neocognitron, or both, are subjects of most findings that need no training; those on colour, on
learning by gradient and on training anew are measured without them.

These are explorations, not preregistered tests. Each script states the rule of its verdict in words and applies it in
code. Under "Limits" it says what in the measure or in the rule was settled after first numbers had been seen, and which
rules were fixed before; where it says neither, both were written down together. A claim of several parts is reproduced
if all of them hold, contradicted if none holds and the interval of one excludes it, and else in part. One network of a
kind stands for the kind in most.

{table()}

## The lecture

The other scripts answer a question of the lecture each: see the table in the [README](../README.md).
"""


if __name__ == "__main__":
    README.write_text(readme(), encoding="utf-8")
