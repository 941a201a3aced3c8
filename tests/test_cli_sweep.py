"""``hierfeat sweep``, on one process and under torchrun."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

import hierfeat as hf
from hierfeat.cli import main

ROOT = Path(__file__).parent.parent
TABLES = ("moments", "active_fraction", "sparseness", "histogram", "top_patches")
COMMAND = ["sweep", "lenet5-digits", "--no-progress"]


def test_every_measure_leaves_its_table(tmp_path, capsys):
    assert main([*COMMAND, "--limit", "100", "--out", str(tmp_path / "out"), "--batch-size", "16"]) == 0
    images, _ = hf.digits(split="test")
    [moments] = hf.sweep(hf.load("lenet5-digits"), images[:100], [hf.Moments()], batch_size=16)
    written = pd.read_csv(tmp_path / "out" / "moments.csv")
    pd.testing.assert_frame_equal(written, moments, check_dtype=False, rtol=1e-12)
    about = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert (about["images"], about["skipped"], about["processes"]) == (100, 0, 1)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "provenance.json", "sweep.safetensors", *(f"{name}.csv" for name in TABLES)
    }  # fmt: skip
    assert "100 images seen" in capsys.readouterr().out


def test_a_folder_with_a_broken_image(tmp_path, capsys):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(5):
        Image.new("L", (40, 40), 50 * number).save(folder / f"{number}.png")
    (folder / "2.png").write_bytes(b"broken")
    with pytest.warns(UserWarning, match=r"2.png"):
        code = main([*COMMAND, "--data", str(folder), "--measures", "Moments", "--out", str(tmp_path / "out")])
    assert code == 0
    assert "4 images seen, 1 skipped" in capsys.readouterr().out
    skipped = pd.read_csv(tmp_path / "out" / "skipped.csv")
    assert skipped[["image", "path"]].values.tolist() == [[2, str(folder / "2.png")]]


def test_going_on_is_asked_for(tmp_path, capsys):
    words = [*COMMAND, "--measures", "Moments", "--limit", "20", "--out", str(tmp_path)]
    assert main([*words, "--resume"]) == 0
    first = (tmp_path / "moments.csv").read_bytes()
    assert main(words) == 2
    assert "--resume goes on from it" in capsys.readouterr().err
    assert main([*words, "--resume"]) == 0
    assert (tmp_path / "moments.csv").read_bytes() == first
    assert main([*words, "--resume", "--batch-size", "5"]) == 2
    assert "batch size" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--measures", "Moment"], "did you mean Moments"),
        (["--data", "no/such/folder"], "is none of these"),
        (["--data", "torchvision:Nothing"], "expected a set among"),
        (["--workers", "-1"], "workers"),
        (["--data", "math:nothing"], "expected a function 'nothing' in math"),
    ],
)
def test_wrong_words_are_refused(tmp_path, capsys, more, says):
    assert main([*COMMAND, "--out", str(tmp_path / "out"), *more]) == 2
    assert says in capsys.readouterr().err


def test_data_from_a_function(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(
        "import torch\nfrom torch.utils.data import TensorDataset\n"
        "def made():\n    return TensorDataset(torch.rand(7, 1, 32, 32))\n"
    )
    data = f"{tmp_path / 'mine.py'}:made"
    assert main([*COMMAND, "--data", data, "--measures", "Moments", "--out", str(tmp_path / "out")]) == 0
    assert pd.read_csv(tmp_path / "out" / "moments.csv")["n"].max() == 7 * 28 * 28


def run(*words: str, processes: int = 1, **options) -> subprocess.Popen:
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    command = [sys.executable, *(torchrun if processes > 1 else ()), "-m", "hierfeat", *words]
    about = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, cwd=ROOT, env=about, stderr=subprocess.PIPE, text=True, **options)


@pytest.mark.slow
def test_torchrun_gives_the_answer_of_one_process(tmp_path):
    words = [*COMMAND, "--data", "digits", "--batch-size", "16", "--measures", "all"]
    assert main([*words, "--out", str(tmp_path / "one")]) == 0
    _, said = (two := run(*words, "--out", str(tmp_path / "two"), processes=2)).communicate(timeout=200)
    assert two.returncode == 0, said
    for name in TABLES:
        one, other = (pd.read_csv(tmp_path / place / f"{name}.csv") for place in ("one", "two"))
        exact = name not in ("moments", "sparseness")
        pd.testing.assert_frame_equal(one, other, check_exact=exact, **({} if exact else {"rtol": 1e-6}))
    assert json.loads((tmp_path / "two" / "provenance.json").read_text())["processes"] == 2


@pytest.mark.slow
def test_a_command_that_is_told_to_end_leaves_its_checkpoint_and_nothing_else(tmp_path):
    words = [*COMMAND, "--data", "torchvision:FakeData", "--batch-size", "4", "--checkpoint-every", "1"]
    process = run(*words, "--out", str(tmp_path))
    path = tmp_path / "sweep.safetensors"
    for _ in range(600):
        if path.exists():
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 143
    assert "terminated; no half-written file is left" in said
    assert list(tmp_path.iterdir()) == [path]
