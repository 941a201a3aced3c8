"""The findings: each script stands for itself, the table is what they found, and three are checked by numpy alone."""

import ast
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
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
    for part in ("**Claim.**", "**Measured.**", "**Control.**", "**Limits.**", "**Verdict.**"):
        assert part in words
    assert sum(cell.source.count("verdict = judged(") for cell in notebook.cells) == 1, "one rule judges all findings"
    lines = map(str.strip, path.read_text(encoding="utf-8").splitlines())
    assert 40 <= sum(bool(line) and not line.startswith("#") for line in lines) <= 80


FEWER_SEEDS = "4"
"""Of five. With two, Student's interval for a mean is 9 standard deviations wide to each side, and decides nothing."""


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("path", SCRIPTS, ids=by_stem)
def test_a_script_with_fewer_seeds_comes_to_the_same_verdict(path, tmp_path):
    needed = "squeezenet" in (FIGURES / f"{path.stem}.csv").read_text(encoding="utf-8")
    if needed and not os.environ.get("HIERFEAT_SQUEEZENET"):
        pytest.skip("HIERFEAT_SQUEEZENET names no weights")
    environment = os.environ | {
        "HIERFEAT_FINDINGS_SEEDS": FEWER_SEEDS,
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


def test_a_verdict_follows_from_what_the_intervals_say_of_each_clause(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    from _report import Interval, judged, over_seeds

    above, below, around = Interval(2, 1, 3), Interval(-2, -3, -1), Interval(0.5, -1, 2)
    assert [one.over(0) for one in (above, below, around)] == [True, False, None]
    assert [one.under(0) for one in (above, below, around)] == [False, True, None]
    assert above.times(-1) == Interval(-2, -3, -1)
    assert judged(True, True) == "reproduced"
    assert judged(True, False) == judged(True, None) == judged(None, None) == "in part"
    assert judged(False, None) == judged(False, False) == "contradicted"
    # t of two degrees of freedom is 4.3027 at 97.5 %, as tables have it
    assert over_seeds([1.0, 2.0, 3.0]) == pytest.approx((2, 2 - 4.3027 / 3**0.5, 2 + 4.3027 / 3**0.5), abs=1e-4)


def test_scripts_that_write_at_once_lose_no_line(tmp_path, monkeypatch):
    """Eight writers, each of which writes its line three times into one summary."""
    monkeypatch.syspath_prepend(FOLDER)
    monkeypatch.chdir(tmp_path)
    from _report import Report

    def write(name: str) -> None:
        for _ in range(3):
            numbers = pd.DataFrame([{"a": 1}])
            Report(name, "a claim", "a source").write(Figure(), numbers, verdict="in part", says="1 [0, 2]", over="-")

    names = [f"finding_{k}" for k in range(8)]
    with ThreadPoolExecutor(len(names)) as writers:
        list(writers.map(write, names))
    folder = tmp_path / "figures" / "findings"
    assert pd.read_csv(folder / "summary.csv")["finding"].tolist() == names
    assert {path.suffix for path in folder.iterdir()} == {".csv", ".png"}, "neither a lock nor half a table is left"


# ---------------------------------------------------------------- three findings by numpy alone


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


def test_the_damage_of_lesions_by_numpy_alone():
    """LeNet-5's second rectified layer: the network written out, each channel set to zero, the loss on raw images."""
    raw = Path(os.environ.get("HIERFEAT_DATA", Path.home() / ".cache" / "hierfeat" / "data")) / "FashionMNIST" / "raw"
    if not (raw / "t10k-images-idx3-ubyte").exists():
        pytest.skip("Fashion-MNIST is not here")
    stored = pd.read_csv(FIGURES / "selective_units.csv")
    alone = stored.query("network == 'lenet5-fashion' and layer == 'act2' and order == 'alone'")
    stored = alone.set_index("channel")
    weights = {name: value.astype(float) for name, value in load_file(WEIGHTS / "lenet5-fashion.safetensors").items()}
    images, labels = (
        np.frombuffer((raw / f"t10k-{what}-ubyte").read_bytes(), np.uint8, offset=skipped)[: 1000 * each]
        for what, skipped, each in (("images-idx3", 16, 784), ("labels-idx1", 8, 1))
    )
    training = np.frombuffer((raw / "train-images-idx3-ubyte").read_bytes(), np.uint8, offset=16)[: 54_000 * 784] / 255
    x = (images.reshape(1000, 1, 28, 28) / 255 - round(training.mean(), 4)) / round(training.std(), 4)

    def convolved(x: np.ndarray, name: str) -> np.ndarray:
        windows = np.lib.stride_tricks.sliding_window_view(x, (5, 5), axis=(2, 3))
        found = np.tensordot(windows, weights[f"{name}.weight"], axes=([1, 4, 5], [1, 2, 3])).transpose(0, 3, 1, 2)
        return np.maximum(found + weights[f"{name}.bias"][:, None, None], 0)

    def pooled(x: np.ndarray) -> np.ndarray:
        return x.reshape(*x.shape[:2], x.shape[2] // 2, 2, x.shape[3] // 2, 2).max((3, 5))

    def loss(act2: np.ndarray) -> float:
        x = pooled(act2).reshape(1000, -1)
        for name in ("fc1", "fc2", "fc3"):
            x = x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]
            x = np.maximum(x, 0) if name != "fc3" else x
        return float((np.log(np.exp(x).sum(1)) - x[np.arange(1000), labels]).mean())

    act2 = convolved(pooled(convolved(np.pad(x, ((0, 0), (0, 0), (2, 2), (2, 2))), "conv1")), "conv2")
    intact = loss(act2)
    assert list(stored.index) == list(range(16))
    for channel, row in stored.iterrows():
        without = act2.copy()
        without[:, channel] = 0
        assert row["loss_change"] == pytest.approx(loss(without) - intact, abs=2e-6)
        kernels = weights["conv2.weight"][channel]
        assert row["norm"] == pytest.approx(np.abs(kernels).sum(), rel=1e-4)
