"""All costs in one table: ``make bench``, or ``python -m tests.benchmarks [PART ...]``.

The table is printed, written to results.json beside this file with the machine that it was measured on, and put into
the README; with parts named, only these are measured, and nothing is written. It ends with an error where a goal is
missed by more than the spread over the rounds. Set OMP_NUM_THREADS=1, as make does: numpy's threads count as processor
time while they wait for each other.
"""

import json
import sys
import warnings
from collections.abc import Callable, Iterator

import torch

from tests.benchmarks.analyses import analysis_rows, field_rows
from tests.benchmarks.machine import machine
from tests.benchmarks.peers import peer_rows
from tests.benchmarks.starting import start_rows
from tests.benchmarks.streaming import record_rows, roofline_rows, sweep_rows
from tests.benchmarks.table import README, RESULTS, as_table, quoted
from tests.benchmarks.timing import Row

SKIPPED: list[str] = []
PARTS: dict[str, Callable[[], Iterator[Row]]] = {
    "start": start_rows,
    "record": record_rows,
    "sweep": sweep_rows,
    "roofline": roofline_rows,
    "fields": field_rows,
    "analyses": analysis_rows,
    "peers": lambda: peer_rows(SKIPPED),
}


def main(parts: list[str]) -> int:
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    rows: list[Row] = []
    for part in parts or PARTS:
        for row in PARTS[part]():
            print(f"{row.group}; {row.subject}; {row.what}: {row.value:.3g} {row.unit}", file=sys.stderr, flush=True)
            rows.append(row)
    results = {"machine": machine(), "skipped": SKIPPED, "rows": [row.as_dict() for row in rows]}
    print(as_table(results))
    if not parts:
        RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        README.write_text(quoted(README.read_text(encoding="utf-8"), results), encoding="utf-8")
    return int(any(row.verdict == "missed" for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
