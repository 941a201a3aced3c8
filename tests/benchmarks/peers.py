"""What others' tools cost for the same, each in an environment of its own: ``python -m tests.benchmarks.peers NAME``.

:func:`peer_rows` makes each environment, a folder of its packages in front of those of this one, and runs this file in
it. Where the packages cannot be had (no network), the peer is left out, and why is said.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

import hierfeat as hf
from tests.benchmarks.subjects import network, plain, resnet18
from tests.benchmarks.timing import Row, ratios

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / ".venv-peers"
PACKAGES = {
    "torch_cka": ["torch_cka==0.21"],
    "torchinfo": ["torchinfo==1.8.0"],
    "torchlens": ["torchlens", "graphviz"],
}


def peer_rows(skipped: list[str]) -> Iterator[Row]:
    for peer, packages in PACKAGES.items():
        target = FOLDER / peer
        if not target.exists():
            install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target)]
            made = subprocess.run([*install, *packages], capture_output=True, text=True, check=False)
            if made.returncode:
                skipped.append(f"{peer}: {(made.stderr.strip().splitlines() or ['pip failed'])[-1]}")
                continue
        path = os.pathsep.join([str(target), str(ROOT), os.environ.get("PYTHONPATH", "")])
        command = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.peers", peer]
        ran = subprocess.run(
            command, cwd=ROOT, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False
        )
        if ran.returncode:
            skipped.append(f"{peer}: {(ran.stderr.strip().splitlines() or ['it failed'])[-1]}")
            continue
        yield from (Row(**row) for row in json.loads(ran.stdout.strip().splitlines()[-1]))


def _torch_cka() -> list[Row]:
    """31 layers against each other, of 256 images in batches of 128.

    The passes that end behind the last of the 31 cost 0.8 of the whole ones, and the products of all pairs of images
    alone, each made once, 0.33 (numpy's symmetric ones 0.3, but its threads spin beside torch's): no less than 1.1.
    """
    from torch.utils.data import DataLoader
    from torch_cka import CKA

    h, images = network("resnet18", 64), torch.rand(256, 3, 64, 64)
    names = [layer.name for layer in h.layers if "#" not in layer.name and layer.kind != "add"][:31]
    loader = DataLoader([(image, 0) for image in images], batch_size=128)

    def theirs() -> None:
        found = CKA(h.model, h.model, "a", "b", model1_layers=names, model2_layers=names, device="cpu")
        found.compare(loader)

    acts = {
        "hf.similarity": (lambda: hf.similarity(h, images, layers=names, batch_size=128), 1.2),
        "torch_cka (which runs the network twice)": (theirs, None),
    }
    return ratios("CKA of 31 layers", "ResNet-18, 256×3×64×64", lambda: _batches(h, images), acts, rounds=3)


def _batches(h: hf.Hierarchy, images: torch.Tensor) -> None:
    for batch in images.split(128):
        plain(h, batch)


def _torchinfo() -> list[Row]:
    from torchinfo import summary

    h = network("resnet18", 64)
    acts = {
        "hf.Hierarchy(...).layers": (lambda: hf.Hierarchy(h.model, (3, 64, 64)).layers, None),
        "torchinfo.summary": (lambda: summary(h.model, input_size=(1, 3, 64, 64), verbose=0), None),
    }
    image = torch.rand(1, 3, 64, 64)
    return ratios("layer table, over a pass of one image", "ResNet-18, 64×64 pixels", lambda: plain(h, image), acts)


def _torchlens() -> list[Row]:
    import torchlens

    subject, h, images = resnet18()
    wanted = ("conv2d", "max_pool2d", "adaptive_avg_pool2d")

    def theirs() -> None:
        with torch.no_grad():
            torchlens.trace(h.model, h.normalise(images), save=lambda op: op.func_name in wanted)

    acts = {"TorchLens's trace": (theirs, None)}
    return ratios("record", subject, lambda: plain(h, images), acts, rounds=5)


_RUN: dict[str, Callable[[], list[Row]]] = {"torch_cka": _torch_cka, "torchinfo": _torchinfo, "torchlens": _torchlens}

if __name__ == "__main__":
    from dataclasses import asdict

    torch.set_num_threads(1)
    print(json.dumps([asdict(row) for row in _RUN[sys.argv[1]]()]))
