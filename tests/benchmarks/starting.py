"""How long it takes to begin: the import, the help of the command, an atlas from the command line."""

import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.timing import Row, quartiles


def start_rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        command = [sys.executable, "-m", "hierfeat"]
        nothing = _seconds([sys.executable, "-c", "pass"], 7)
        imported = _seconds([sys.executable, "-c", "import hierfeat"], 7)
        own = [whole - bare for whole, bare in zip(imported, sorted(nothing), strict=True)]
        yield Row("start", "a new process", "import hierfeat", *quartiles(own), 7, 0.1, "s")
        yield Row(
            "start", "a new process", "hierfeat --help", *quartiles(_seconds([*command, "--help"], 7)), 7, 0.3, "s"
        )
        atlas = _seconds([*command, "atlas", "lenet5-digits", "--out", str(page)], 3)
        yield Row("start", "a new process", "hierfeat atlas lenet5-digits", *quartiles(atlas), 3, 15.0, "s")


def _seconds(command: list[str], rounds: int) -> list[float]:
    """CPU seconds of a process and its children, after a first run that warms the disk's cache."""
    found = []
    for _ in range(rounds + 1):
        before = _spent()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        found.append(_spent() - before)
    return sorted(found[1:])


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
