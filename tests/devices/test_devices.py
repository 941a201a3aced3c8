"""Every result on a device that refuses what accelerators refuse, and on one without float64 besides."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hierfeat.cli._catalogue import analyses
from tests.plots.results import RESULTS

MORE = ("record", "sweep", "page")  # that every_result.py makes besides

ROOT = Path(__file__).parents[2]
ONE_THREAD = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
CALLED = {
    "attribution": "attribute",
    "evaluation": "evaluate",
    "synthesis": "synthesize",
    "tuning": "orientation_tuning",
}


def test_every_analysis_is_among_the_results():
    assert set(analyses()) <= {CALLED.get(name, name) for name in RESULTS} | {"map_field", *MORE}


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("no_float64", ["0", "1"])
def test_every_result_is_the_same_on_another_device(no_float64):
    said = run([], no_float64)
    assert said.returncode == 0, said.stdout + said.stderr[-2000:]


@pytest.mark.parametrize("no_float64", ["0", "1"])
def test_some_results_are_the_same_on_another_device(no_float64):
    """The quick form: a result of each room, and one with gradients."""
    said = run(
        ["sweep", "record", "similarity", "nonnegativity", "gradient_flow", "effective_field", "page"], no_float64
    )
    assert said.returncode == 0, said.stdout + said.stderr[-2000:]
    assert said.stdout.count(": ok") == 7


def run(names: list[str], no_float64: str) -> subprocess.CompletedProcess:
    """In a process of its own, since a pretended device stays for as long as the process does."""
    about = {"PRETEND_NO_FLOAT64": no_float64} | ONE_THREAD
    command = [sys.executable, "-m", "tests.devices.every_result", *names]
    return subprocess.run(command, cwd=ROOT, env=os.environ | about, capture_output=True, text=True, timeout=500)


def test_a_sweep_waits_for_no_batch():
    """Nor for a layer, whatever its precision: only where it puts together what some dozen batches left behind."""
    command = [sys.executable, "-m", "tests.devices.waits"]
    said = subprocess.run(command, cwd=ROOT, env=os.environ | ONE_THREAD, capture_output=True, text=True, timeout=300)
    assert said.returncode == 0, said.stderr[-2000:]
    found = json.loads(said.stdout.splitlines()[-1])
    assert len(found) == 8
    for where, (few, more, most, twice) in found.items():
        assert few == more == most, f"{where}: {found}"
        assert twice <= 3 * few, f"{where}: {found}"
