"""Imagenette from a folder laid out as torchvision's archive is; its labels are ImageNet's."""

import hashlib
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import hierfeat as hf
from hierfeat._torchvision import datasets as theirs
from hierfeat.cli import main
from hierfeat.stimuli import fetching
from hierfeat.stimuli.imagenette import CLASSES


@pytest.fixture
def root(tmp_path):
    """Two photographs of each class and part, each of one grey."""
    for part, dark in (("train", 0), ("val", 100)):
        for number, name in enumerate(CLASSES):
            folder = tmp_path / "imagenette2-320" / part / name
            folder.mkdir(parents=True)
            for copy in range(2):
                Image.fromarray(np.full((40, 50, 3), dark + 10 * number + copy, np.uint8)).save(folder / f"{copy}.JPEG")
    return tmp_path


def test_labels_are_imagenets_and_parts_are_apart(root):
    images, labels = hf.imagenette(root=root, size=32, max_images=None)
    assert images.shape == (20, 3, 32, 32)
    assert labels.tolist() == [index for index, _ in CLASSES.values() for _ in range(2)]
    assert (255 * images.mean((1, 2, 3)))[::2].round().tolist() == [100 + 10 * number for number in range(10)]
    assert float(hf.imagenette("train", root=root, size=32)[0].max()) < 100 / 255
    some, chosen = hf.imagenette(root=root, size=(16, 24), max_images=10)
    assert some.shape == (10, 3, 16, 24)
    assert sorted(chosen.tolist()) == [index for index, _ in CLASSES.values()]


def test_the_classes_are_torchvisions():
    """Names by WordNet's numbers as torchvision has them, indices as its ImageNet weights name their outputs."""
    from hierfeat._torchvision import models

    names = models.ResNet18_Weights.DEFAULT.meta["categories"]
    for number, (index, name) in CLASSES.items():
        assert theirs.Imagenette._WNID_TO_CLASS[number][0] == name
        assert names[index] == name


def test_what_is_not_there_is_said_and_what_is_wrong_refused(root, tmp_path):
    with pytest.raises(hf.HierfeatError, match="hierfeat data fetch imagenette"):
        hf.imagenette(root=tmp_path / "nowhere")
    with pytest.raises(hf.HierfeatError, match="expected split"):
        hf.imagenette("validation", root=root)
    (root / "imagenette2-320" / "val" / "n00000000").mkdir()
    with pytest.raises(hf.HierfeatError, match="ten classes.*n00000000"):
        hf.imagenette(root=root)


def test_fetch_asks_torchvision_once(tmp_path, monkeypatch):
    asked = []

    def download(folder, *, split, size, download):
        asked.append((split, size, download))
        (folder / "imagenette2-320").mkdir(exist_ok=True)

    monkeypatch.setattr(theirs, "Imagenette", download)
    assert fetching.fetch("imagenette", tmp_path) == tmp_path
    assert asked == [("train", "320px", True), ("val", "320px", False)]


@pytest.fixture
def served(tmp_path):
    """The address of a folder that a server on this machine hands out."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *given, **options):
            super().__init__(*given, directory=str(folder), **options)

        def log_message(self, *said):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_fetch_unpacks_the_archive_that_torchvision_knows_by_its_md5(root, served, tmp_path, monkeypatch, capsys):
    """By torchvision's own class, from a server on this machine: no more than its address and sum are put in."""
    folder, address = served
    packed = folder / "imagenette2-320.tgz"
    Path(shutil.make_archive(str(tmp_path / "packed"), "gztar", root, "imagenette2-320")).rename(packed)
    known = hashlib.md5(packed.read_bytes()).hexdigest()
    monkeypatch.setattr(theirs.Imagenette, "_ARCHIVES", {"320px": (f"{address}/{packed.name}", known)})
    there = tmp_path / "data"
    assert main(["data", "fetch", "imagenette", "--data-root", str(there)]) == 0, capsys.readouterr().err
    assert len(hf.imagenette(root=there, size=16, max_images=None)[0]) == 20
    packed.unlink()  # what is there is not fetched again
    assert main(["data", "fetch", "imagenette", "--data-root", str(there)]) == 0, capsys.readouterr().err
    packed.write_bytes(b"another archive")
    assert main(["data", "fetch", "imagenette", "--data-root", str(tmp_path / "other")]) == 2
    assert "could not download imagenette" in capsys.readouterr().err


def test_the_command_line_shows_them(root, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(
        "import hierfeat as hf\nfrom torch import nn\n"
        "def make():\n    return hf.Hierarchy(nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU()), (3, 24, 24))\n"
    )
    options = ["--data", "imagenette", "--data-root", str(root), "--limit", "10"]
    assert main(["nonnegativity", "net.py:make", *options]) == 0, capsys.readouterr().err


def test_a_network_of_imagenets_classes_is_evaluated_on_them(root):
    class Constant(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            scores = torch.zeros(len(x), 1000)
            scores[:, 497] = 1
            return scores + 0 * nn.functional.conv2d(x, torch.ones(1, 3, 1, 1)).mean((1, 2, 3))[:, None]

    images, labels = hf.imagenette(root=root, size=16, max_images=None)
    assert hf.evaluate(hf.Hierarchy(Constant(), (3, 16, 16)), images, labels).accuracy == pytest.approx(0.1)
