"""The findings: each script stands for itself, the table is what they found, and two are checked by numpy alone."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

import hierfeat as hf

ROOT = Path(__file__).parent.parent
FOLDER, FIGURES = ROOT / "analyses" / "findings", ROOT / "figures" / "findings"
SCRIPTS = sorted(path for path in FOLDER.glob("*.py") if path.stem not in ("_report", "_table"))
STORED = pd.read_csv(FIGURES / "summary.csv").set_index("finding")
WEIGHTS = Path(hf.__file__).parent / "zoo" / "weights"


def by_stem(path: Path) -> str:
    return path.stem


def test_every_script_has_its_line_figure_and_numbers_and_no_others():
    names = {path.stem for path in SCRIPTS}
    assert set(STORED.index) == names
    assert {path.stem for path in FIGURES.glob("*.png")} == names
    assert {path.stem for path in FIGURES.glob("*.csv")} == names | {"summary"}
    assert set(STORED["verdict"]) <= {"reproduced", "in part", "contradicted"}
    assert STORED["says"].str.contains(r"\[-?\d").all(), "numbers come with intervals"


def test_the_table_in_the_gallery_is_that_of_the_summary():
    """After a finding changed: python analyses/findings/_table.py."""
    done = subprocess.run(
        [sys.executable, "-c", "import _table; print(_table.readme(), end='')"],
        cwd=FOLDER, capture_output=True, text=True, check=True, encoding="utf-8",
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert (ROOT / "analyses" / "README.md").read_text(encoding="utf-8") == done.stdout


@pytest.mark.parametrize("path", [*SCRIPTS, FOLDER / "_report.py", FOLDER / "_table.py"], ids=by_stem)
def test_public_names_only(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert not [name for name in names if name.startswith("hierfeat")]


@pytest.mark.parametrize("path", SCRIPTS, ids=by_stem)
def test_a_script_reads_like_a_report_and_opens_as_a_notebook(path):
    import jupytext

    notebook = jupytext.read(path)
    assert notebook.cells[0].cell_type == "markdown"
    words = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for part in ("**Claim.**", "**Measured.**", "**Control.**", "**Limits.**"):
        assert part in words
    code = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    assert len(code) <= 100


FEWER_SEEDS = {"critical_period": "7", "general_to_specific": "5"}
"""Of ten and of seven; the others have five, and are rerun with four."""


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("path", SCRIPTS, ids=by_stem)
def test_a_script_with_fewer_seeds_comes_to_the_same_verdict(path, tmp_path):
    needed = "squeezenet" in (FIGURES / f"{path.stem}.csv").read_text(encoding="utf-8")
    if needed and not os.environ.get("HIERFEAT_SQUEEZENET"):
        pytest.skip("HIERFEAT_SQUEEZENET names no weights")
    environment = os.environ | {
        "HIERFEAT_FINDINGS_SEEDS": FEWER_SEEDS.get(path.stem, "4"),
        "MPLBACKEND": "Agg",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", str(path)], cwd=tmp_path, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if "hierfeat data fetch" in done.stderr:
        pytest.skip("its data set is not here")
    assert done.returncode == 0, done.stderr[-2000:]
    again = pd.read_csv(tmp_path / "figures" / "findings" / "summary.csv").set_index("finding")
    assert again.loc[path.stem, "verdict"] == STORED.loc[path.stem, "verdict"], again.loc[path.stem, "says"]


# ---------------------------------------------------------------- two findings by numpy alone


def test_the_split_of_the_first_layer_by_numpy_alone():
    """Colour and orientation of each kernel, by sums over a Fourier transform that is written out."""
    stored = pd.read_csv(FIGURES / "first_layer_split.csv")
    stored = stored[(stored["network"] == "convnet-cifar10") & (stored["state"] == "trained")]
    kernels = load_file(WEIGHTS / "convnet-cifar10.safetensors")["conv1.weight"].astype(float)
    waves = np.arange(32) / 32
    waves[16:] -= 1
    places = np.exp(-2j * np.pi * np.outer(waves, np.arange(3)))
    for kernel, row in zip(kernels, stored.itertuples(), strict=True):
        chroma = kernel - kernel.sum(0) / 3
        assert row.colour == pytest.approx((chroma**2).sum() / (kernel**2).sum(), rel=1e-3)
        power = sum(np.abs(places @ channel @ places.T) ** 2 for channel in kernel)
        angles = np.array([[np.arctan2(down, right) for right in waves] for down in waves])
        vector = (power * np.exp(2j * angles)).sum() - power[0, 0]
        assert row.orientation == pytest.approx(abs(vector) / power.sum(), rel=1e-3)


def test_opposite_pairs_by_numpy_alone():
    """The excess in every layer of convnet-cifar10: cosines by inner products, chance by Gaussian draws of its own."""
    stored = pd.read_csv(FIGURES / "opposite_pairs.csv")
    stored = stored[(stored["network"] == "convnet-cifar10") & (stored["state"] == "trained")]
    weights = load_file(WEIGHTS / "convnet-cifar10.safetensors")

    def most_opposite(kernels: np.ndarray) -> np.ndarray:
        flat = kernels.reshape(len(kernels), -1).astype(float)
        flat /= np.sqrt((flat**2).sum(1, keepdims=True))
        return (flat @ flat.T).min(1)

    rng = np.random.default_rng(11)
    for row in stored.itertuples():
        kernels = weights[f"{row.layer}.weight"]
        chance = np.mean([most_opposite(rng.standard_normal(kernels.shape)).mean() for _ in range(4)])
        assert row.value == pytest.approx(chance - most_opposite(kernels).mean(), abs=0.02)
