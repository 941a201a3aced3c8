"""Sweeps that are killed at random moments, and go on to the result of the uninterrupted one, bit for bit.

The twenty moments of the slow form: ``pytest -n 0 tests/recording/test_killed.py -m slow --rewrite-tables`` writes what
came of each into docs/tables.
"""

import json
import random
import signal
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import hierfeat as hf
from hierfeat.recording.swept import Sweep
from tests.benchmarks.machine import cpu
from tests.recording.sweeping import Pictures, Process, differences, fields, measures, net, start, together

KILL, TERM, INTERRUPT = signal.SIGKILL, signal.SIGTERM, signal.SIGINT
TABLES = Path(__file__).parents[2] / "docs" / "tables"
ENDS_WITHIN = 60  # seconds, of the ranks that are not killed
BATCHES, SAVINGS = 60, 14  # the least number of savings, on two processes


def swept(path: Path):
    def act():
        data = Pictures(240, unreadable=(30, 31), pause=0.0005)
        options = {"batch_size": 4, "checkpoint": path, "checkpoint_every": 2, "progress": False}
        return hf.sweep(net(), data, measures(), **options)

    return act


def one_kill(folder: Path, size: int, which: signal.Signals, draw: random.Random, whole: list) -> str:
    """Kill one rank at a random moment, go on, and say what came of it.

    The moment is that of a random number of savings, and up to as much again as lies between two of them.
    """
    folder.mkdir()
    path, victim, savings = folder / "sweep.safetensors", draw.randrange(size), draw.randrange(SAVINGS)
    processes = start(swept(path), folder.with_name(f"{folder.name}-killed"), size)
    wait_for(path, savings, processes)
    time.sleep(draw.uniform(0, 0.02))
    hit = processes[victim].send(which)
    ended = [process.end(ENDS_WITHIN) for process in processes]
    for rank, found in enumerate(ended):  # the others say why they stop; unless all was done when the signal came
        assert rank == victim or isinstance(found, hf.HierfeatError | Sweep), found
    left = sorted(file.name for file in folder.iterdir() if file != path)
    assert all(name.startswith(".hierfeat-") for name in left)
    held = position(path)
    for found in together(swept(path), folder.with_name(f"{folder.name}-again"), size):
        assert not isinstance(found, BaseException), found
        assert differences(found, whole) == []
        assert [skipped.image for skipped in found.skipped] == [30, 31]
    assert list(folder.iterdir()) == [path]
    outcome = f"{which.name} to rank {victim}" if hit else "all was done"
    return f"{outcome}; the checkpoint held {held} of {BATCHES} batches; {len(left)} temporary left; the same bits"


def wait_for(path: Path, savings: int, processes: list[Process]) -> None:
    seen, last = 0, 0
    while not all(process.has_met for process in processes):
        assert all(process.is_alive for process in processes)
        time.sleep(0.001)
    while seen < savings and all(process.is_alive for process in processes):
        changed = path.stat().st_mtime_ns if path.exists() else 0
        seen, last = seen + (changed != last), changed
        time.sleep(0.001)


def position(path: Path) -> int:
    """How many batches the checkpoint holds: whatever the moment of the kill, it can be read."""
    if not path.exists():
        return 0
    words = load_file(path)["sweep"].numpy().tobytes()
    return int(json.loads(words)["progress"]["position"])


def kills(tmp_path: Path, size: int, signals: list[signal.Signals], seed: int) -> list[str]:
    fields()  # once, before there are processes
    (tmp_path / "whole").mkdir()
    whole, *others = together(swept(tmp_path / "whole" / "sweep.safetensors"), tmp_path / "uninterrupted", size)
    assert all(differences(other, whole) == [] for other in others)
    draw = random.Random(seed)
    return [one_kill(tmp_path / f"{n}", size, which, draw, whole) for n, which in enumerate(signals)]


@pytest.mark.parametrize("size", [1, 2])
def test_a_sweep_goes_on_after_a_kill(tmp_path, size):
    """A few moments; the slow form below has twenty."""
    kills(tmp_path, size, [KILL, KILL, TERM, INTERRUPT] if size == 1 else [KILL, TERM], seed=size)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("size", [1, 2])
def test_twenty_kills_at_random_moments(tmp_path, size, pytestconfig):
    said = [
        f"{number:3}  {outcome}" for number, outcome in enumerate(kills(tmp_path, size, [KILL] * 20, seed=10 + size), 1)
    ]
    head = f"{size} process{'es' * (size > 1)} on {cpu()}, torch {torch.__version__}"
    if pytestconfig.getoption("--rewrite-tables"):
        (TABLES / f"kills_{size}.txt").write_text("\n".join([head, *said, ""]), encoding="utf-8")


@pytest.mark.parametrize("size", [1, 2])
def test_the_log_of_the_page_is_of_twenty_kills(size):
    head, *said = (TABLES / f"kills_{size}.txt").read_text(encoding="utf-8").splitlines()
    assert head.startswith(f"{size} process")
    assert len(said) == 20
    assert all(one.endswith("; the same bits") for one in said)
    assert sum("SIGKILL to rank" in one for one in said) > 15  # the others came when all was done
