"""Sweeps that are killed at random moments, and go on to the result of the uninterrupted one, bit for bit.

The twenty moments of the slow form: ``pytest tests/recording/test_killed.py -m slow -s`` prints what came of each.
"""

import random
import signal
import time
from pathlib import Path

import pytest
from safetensors import safe_open

import hierfeat as hf
from tests.recording.sweeping import Pictures, differences, measures, net, start, together

KILL, TERM, INTERRUPT = signal.SIGKILL, signal.SIGTERM, signal.SIGINT
ENDS_WITHIN = 30  # seconds, of the ranks that are not killed


def swept(path: Path):
    def act():
        data = Pictures(240, unreadable=(30, 31), pause=0.0005)
        options = {"batch_size": 4, "checkpoint": path, "checkpoint_every": 2, "progress": False}
        return hf.sweep(net(), data, measures(), **options)

    return act


def one_kill(folder: Path, size: int, which: signal.Signals, moment: float, victim: int, whole: list) -> str:
    """Kill one rank at a share of the sweep's duration, go on, and say what came of it."""
    folder.mkdir()
    path = folder / "sweep.safetensors"
    begun = time.monotonic()
    processes = start(swept(path), folder.with_name(f"{folder.name}-killed"), size)
    time.sleep(max(0.0, moment - (time.monotonic() - begun)))
    hit = processes[victim].send(which)
    ended = [process.end(ENDS_WITHIN) for process in processes]
    for rank, found in enumerate(ended):
        # the others say why they stop; unless all was done when the signal came
        assert rank == victim or isinstance(found, hf.HierfeatError | hf.recording.swept.Sweep), found
    left = sorted(file.name for file in folder.iterdir() if file != path)
    assert all(name.startswith(".hierfeat-") for name in left)
    position = _position(path)
    for found in together(swept(path), folder.with_name(f"{folder.name}-again"), size):
        assert not isinstance(found, BaseException), found
        assert differences(found, whole) == []
        assert [skipped.image for skipped in found.skipped] == [30, 31]
    assert list(folder.iterdir()) == [path]
    outcome = "all was done" if not hit else f"{which.name} of rank {victim}"
    return f"{outcome} after {moment:.3f} s, checkpoint of {position} bytes, {len(left)} temporary left; the same bits"


def _position(path: Path) -> int:
    if not path.exists():
        return 0
    with safe_open(path, framework="pt") as file:  # whatever the moment, it is whole
        assert file.metadata()["sha256"]
    return path.stat().st_size


def kills(tmp_path: Path, size: int, signals: list[signal.Signals], seed: int) -> list[str]:
    draw, said = random.Random(seed), []
    path = tmp_path / "whole" / "sweep.safetensors"
    begun = time.monotonic()
    whole, *others = together(swept(path), tmp_path / "uninterrupted", size)
    lasts = time.monotonic() - begun
    assert all(differences(other, whole) == [] for other in others)
    for number, which in enumerate(signals):
        moment, victim = draw.uniform(0.1, 0.95) * lasts, draw.randrange(size)
        said.append(one_kill(tmp_path / f"{number}", size, which, moment, victim, whole))
    return said


@pytest.mark.parametrize("size", [1, 2])
def test_a_sweep_goes_on_after_a_kill(tmp_path, size):
    """A few moments; the slow form below has twenty."""
    kills(tmp_path, size, [KILL, KILL, TERM, INTERRUPT] if size == 1 else [KILL, TERM], seed=size)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("size", [1, 2])
def test_twenty_kills_at_random_moments(tmp_path, size):
    said = kills(tmp_path, size, [KILL] * 20, seed=10 + size)
    print(f"\n{size} process{'es' * (size > 1)}:", *said, sep="\n  ")
