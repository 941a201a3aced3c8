"""Every script of the gallery runs as it stands, warnings as errors, and leaves figures, numbers and provenance."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SCRIPTS = sorted((ROOT / "analyses").glob("[a-z]*.py"))


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_the_script_runs(script, tmp_path):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"}
    command = [sys.executable, "-W", "error", str(script)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    if "hierfeat data fetch" in done.stderr:
        pytest.skip("its data set is not here")
    assert done.returncode == 0, done.stderr[-2000:]
    written = {path.suffix for path in (tmp_path / "figures").rglob("*.*")}
    assert {".png", ".csv", ".json"} <= written


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_the_script_opens_as_a_notebook(script):
    import jupytext

    notebook = jupytext.read(script)
    kinds = [cell.cell_type for cell in notebook.cells]
    assert kinds[0] == "markdown", "a script begins with what it asks"
    assert kinds.count("code") >= 2
