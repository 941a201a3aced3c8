"""How time and memory of every analysis grow with images, channels, layers and the side of the image.

``make growth`` measures each series in a process of its own: CPU seconds, those among them that are the program's own
(the kernel's are for pages that it hands out), and the most memory that a call holds beside what there was. It fits
exponents to what the larger points add, and writes ``growth.json``, the figure and the table of docs/plan.md. Names of
analyses as arguments measure these alone; ``--draw`` measures nothing. The nets grow linearly themselves: convolutions
over channels are depthwise.
"""

import ctypes
import gc
import json
import platform
import resource
import sys
import time
import warnings
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.growing import MANY, POINTS, STREAMS, calls, subject
from tests.benchmarks.growth_page import written
from tests.benchmarks.machine import cpu

JSON = Path(__file__).with_name("growth.json")
PATIENCE = 4.0  # CPU seconds of a point behind which no larger one is tried: slopes show by then, and all takes an hour
SLOPE = 3  # points that there are whatever they take: fewer have none
LASTING = 20.0  # the same of what streams: it alone is asked for a million images
FORK = get_context("fork")  # what is imported is there already
WALL, MILLION = 240, 1800  # seconds that a series may take at all, and one that goes to a million images
QUICK, AGAIN = 4.0, 2  # points of fewer CPU seconds are measured again, so often, and the least counts: a first call
# waits for pages that it is the first to use
LEAST = {"seconds": 0.2, "own": 0.2, "megabytes": 16.0}  # what has no slope
MEGABYTE = 2**20


def points(out: Connection, name: str, axis: str, values: tuple[int, ...]) -> None:
    """Tell, point by point, what a call takes; see :func:`_spent`."""
    call, _ = calls()[name]
    try:
        call(*subject(name, {}))  # a new process has its parent's programs, but not their pages
        for number, value in enumerate(values, 1):
            found = _spent(call, *subject(name, {axis: value}))
            for _ in range(AGAIN if found["seconds"] < QUICK else 0):
                again = _spent(call, *subject(name, {axis: value}))
                found = {key: min(kept, again[key]) for key, kept in found.items()}
            out.send({str(value): found})
            if number >= SLOPE and found["seconds"] > (LASTING if name in STREAMS else PATIENCE):
                return
    except Exception as error:
        out.send(f"{type(error).__name__}: {error}"[:200])


def _spent(call: Callable[..., object], h: Any, x: Any, y: Any) -> dict[str, float]:
    """CPU seconds of a call, those of them that are not the kernel's, and the megabytes that it needed at most."""
    held, before = _forgotten(), resource.getrusage(resource.RUSAGE_SELF)
    call(h, x, y)
    after = resource.getrusage(resource.RUSAGE_SELF)
    own, kernel = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
    return {
        "seconds": round(own + kernel, 4),
        "own": round(own, 4),
        "megabytes": round((_peak() - held) / MEGABYTE, 1),
    }


def _forgotten() -> int:
    """Bytes that are in use now. On Linux, the largest number of the past is forgotten, and free memory given back."""
    gc.collect()  # the subject of the call before may be a cycle
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> int:
    """Bytes that were in use at most."""
    if sys.platform == "linux":
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def series(name: str, axis: str, values: tuple[int, ...]) -> dict[str, dict[str, Any]]:
    """The points of one analysis along one axis, as far as patience goes, in a process of their own."""
    mine, theirs = FORK.Pipe(duplex=False)
    process = FORK.Process(target=points, args=(theirs, name, axis, values))
    process.start()
    theirs.close()
    found: dict[str, dict[str, Any]] = {}
    wall = MILLION if values is MANY else WALL
    stopped, end = f"takes more than {wall} s", time.monotonic() + wall
    try:
        while mine.poll(max(0, end - time.monotonic())):
            said = mine.recv()
            if isinstance(said, str):
                stopped = said
                break
            found |= said
    except EOFError:
        stopped = ""
    process.kill()
    process.join()
    left = [value for value in values if str(value) not in found]
    return found | ({str(left[0]): {"stopped": stopped}} if stopped and left else {})


def exponent(axis: str, found: dict[str, dict[str, Any]], quantity: str, least: float) -> float | None:
    """The slope, in logarithms, of what the last three points add to the first; along `side`, per pixel.

    None where they add less than `least`, which is noise.
    """
    known = [(float(place), values[quantity]) for place, values in found.items() if quantity in values]
    if len(known) < SLOPE or known[-1][1] - known[0][1] < least:
        return None
    places, values = np.array(known).T
    places = places**2 if axis == "side" else places
    added, places = (values - values[0])[1:][-3:], (places - places[0])[1:][-3:]
    told = added > least / 10
    return round(float(np.polyfit(np.log(places[told]), np.log(added[told]), 1)[0]), 2) if told.sum() > 1 else None


def measure(names: list[str]) -> dict[str, Any]:
    """All series of the analyses, and their exponents."""
    import torch

    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    everything = _known()
    machine = f"{platform.machine()}, {cpu()}, one thread"
    for name, (_, shows) in calls().items():
        if names and name not in names:
            continue
        calls()[name][0](*subject(name, {}))  # imports and compiles, once
        about: dict[str, Any] = {}
        for axis, values in POINTS.items():
            if axis == "images" and not shows:
                continue
            found = series(name, axis, MANY if axis == "images" and name in STREAMS else values)
            about[axis] = {
                "points": found,
                "exponents": {quantity: exponent(axis, found, quantity, LEAST[quantity]) for quantity in LEAST},
            }
            print(name, axis, about[axis]["exponents"], flush=True)
        everything = _known() | {"machine": machine}
        everything["analyses"][name] = about
        JSON.write_text(json.dumps(everything, indent=1) + "\n")
    return everything


def _known() -> dict[str, Any]:
    return json.loads(JSON.read_text()) if JSON.exists() else {"analyses": {}}  # type: ignore[no-any-return]


if __name__ == "__main__":
    written(measure(sys.argv[1:]) if sys.argv[1:] != ["--draw"] else _known())
