"""The cost model of a sweep, in numbers: writes plan.json, and the tables of docs/plan.md between their marks.

``python -m tests.benchmarks.plan`` measures on this machine; with ``--draw`` the tables are written from plan.json.
What a sweep needs (operations, bytes) comes from hierfeat's layer table and from the state of its measures.
"""

import io
import json
import os
import sys
import tempfile
import time
import tracemalloc
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

JSON = Path(__file__).with_name("plan.json")
PAGE = Path(__file__).parents[2] / "docs" / "plan.md"
BEGIN, END = "<!-- {}: written by tests/benchmarks/plan.py -->", "<!-- end -->"
PASSES = 7  # reads and writes of an activation by the four measures where nothing is fused: two sums of it, two
# extremes, one count, and the rectified copy with its two sums; those of a rectifier behind are taken over
HALF = 2  # bytes of a bfloat16
IMAGES = {"ImageNet": 1_281_167, "10⁹ images": 10**9}


@dataclass(frozen=True)
class Cluster:
    """GPUs as their maker describes them, and what of it is to be had."""

    name: str
    gpus: int
    flops: float = 989e12 * 0.4  # H100 SXM, dense bfloat16; convolutions reach some 40 %
    memory: float = 3.35e12 * 0.8  # bytes per second
    link: float = 50e9  # bytes per second from the host to a GPU (PCIe 5)
    network: float = 45e9  # bytes per second between GPUs of different hosts (400 Gbit/s)
    cores: int = 16  # per GPU, for decoding


CLUSTERS = {"ImageNet": Cluster("8 GPUs", 8), "10⁹ images": Cluster("256 GPUs", 256)}


def needs() -> dict[str, float]:
    """What a sweep of ResNet-50 at 224 pixels needs for an image, and the bytes of its state."""
    import torch

    import hierfeat as hf
    from hierfeat._torchvision import models
    from hierfeat.recording._distributed import packed

    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    h = hf.Hierarchy(models.resnet50(weights=None), (3, 224, 224))
    kinds = ("conv", "pool", "activation")
    chosen = h.layers.select(kinds)
    measures: list[hf.Measure] = [hf.Moments(), hf.ActiveFraction(), hf.Sparseness(), hf.Histogram()]
    small = hf.Hierarchy(h.model, (3, 64, 64))
    hf.sweep(small, torch.rand(2, 3, 64, 64), measures, layers=kinds, progress=False)
    return {
        "layers": len(chosen),
        "operations": 2 * h.layers.totals["macs"],
        "activations": sum(layer.memory for layer in chosen) // 4 * HALF,
        "before rectifiers": sum(layer.memory for layer in chosen if layer.kind != "activation") // 4 * HALF,
        "image": 3 * 224 * 224,  # as bytes of 8 bits
        "state": len(packed([measure.state for measure in measures], None)),
        "moved": 2 * h.layers.totals["memory"] // 4 * HALF,  # each layer's output is written, and read by the next
        "path": _bytes_of_a_path(),
    }


def _bytes_of_a_path(number: int = 10_000) -> float:
    """What a list of images in a folder keeps of each.

    The least of two tries: Python's table of interned strings, where their names go as well, may have to grow once.
    """
    found = []
    for _ in range(2):
        tracemalloc.start()
        kept = [
            (Path(f"/data/imagenet/train/n{n % 1000:08d}/n{n % 1000:08d}_{n}.JPEG"), n % 1000) for n in range(number)
        ]
        found.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        del kept
    return round(min(found) / number)


def measured() -> dict[str, float]:
    """Images per second of ResNet-18 at 64 pixels on 1 and 2 processes of one thread, and of a decoder."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        rates = {n: _rate(n, Path(folder) / str(n)) for n in (1, 2)}
    plain = _plain()
    found = {
        "load": load,
        "cores": os.cpu_count() or 1,
        "forward": plain,
        "1 process": rates[1],
        "2 processes": rates[2],
    }
    return {
        name: round(value, 1)
        for name, value in (found | {"decoded": _decoded(500, 375), "decoded, small": _decoded(298, 224)}).items()
    }


def _subject() -> Any:
    import torch

    import hierfeat as hf
    from hierfeat._torchvision import models

    torch.set_num_threads(1)
    torch.manual_seed(0)
    return hf.Hierarchy(models.resnet18(weights=None).eval(), (3, 64, 64)), torch.rand(128, 3, 64, 64)


def _plain() -> float:
    import torch

    h, images = _subject()
    with torch.no_grad():
        h.forward(images[:32])
        began = time.perf_counter()
        for batch in images.split(32):
            h.forward(batch)
    return len(images) / (time.perf_counter() - began)


def _rate(processes: int, folder: Path) -> float:
    from tests.recording.sweeping import start

    found = [process.end(within=900) for process in start(_swept, folder, processes)]
    errors = [one for one in found if isinstance(one, BaseException)]
    if errors:
        raise errors[0]
    return min(found)


def _swept() -> float:
    from torch.utils.data import TensorDataset

    import hierfeat as hf

    h, images = _subject()
    data = TensorDataset(images)
    rates = []
    for _ in range(2):  # the first is a rehearsal
        began = time.perf_counter()
        kinds = [hf.Moments(), hf.ActiveFraction(), hf.Sparseness(), hf.Histogram()]
        hf.sweep(h, data, kinds, layers=("conv", "pool", "activation"), batch_size=32, progress=False)
        rates.append(len(data) / (time.perf_counter() - began))
    return rates[-1]


def _decoded(width: int, height: int) -> float:
    """JPEG files of a size that one core decodes and fits to 224 pixels in a second."""
    import numpy as np
    from PIL import Image

    from hierfeat.stimuli._decoding import fit

    noise = np.random.default_rng(0).normal(size=(12, 16, 3)) * 60 + 128
    picture = Image.fromarray(noise.clip(0, 255).astype(np.uint8)).resize((width, height), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=90)
    began = time.process_time()
    for _ in range(30):
        fit(Image.open(io.BytesIO(file.getvalue())), (224, 224))
    return 30 / (time.process_time() - began)


def seconds(need: dict[str, float], cluster: Cluster, decoded: float) -> dict[str, float]:
    """Of one image on one GPU: what each resource is busy."""
    read = need["activations"] + (PASSES - 1) * need["before rectifiers"]
    return {
        "forward pass": max(need["operations"] / cluster.flops, need["moved"] / cluster.memory),
        "statistics": read / cluster.memory,
        "host to GPU": need["image"] / cluster.link,
        "decoding": 1 / (cluster.cores * decoded),
    }


def merge(need: dict[str, float], cluster: Cluster) -> float:
    """Seconds of one merge: up a binary tree, step after step."""
    steps = (cluster.gpus - 1).bit_length()
    return steps * need["state"] / cluster.network


def tables(found: dict[str, Any]) -> dict[str, str]:
    """The tables of the page, by their names."""
    need, here = found["needs"], found["measured"]
    first = [
        ("layers swept (conv, pool, activation)", f"{need['layers']:.0f}"),
        ("operations", f"{need['operations'] / 1e9:.2f} GFLOP"),
        ("written and read by the layers themselves, bfloat16", f"{need['moved'] / 1e6:.1f} MB"),
        ("activations of the layers swept, bfloat16", f"{need['activations'] / 1e6:.1f} MB"),
        ("the image, 8 bits", f"{need['image'] / 1e3:.0f} kB"),
        ("its path, in a list of images", f"{need['path']:.0f} bytes"),
        ("state of the four measures, whatever the number of images", f"{need['state'] / 1e6:.2f} MB"),
    ]
    second = [
        ("plain forward pass, 1 thread", f"{here['forward']:.0f} images/s"),
        ("sweep, 1 process of 1 thread", f"{here['1 process']:.0f} images/s"),
        ("sweep, 2 processes of 1 thread", f"{here['2 processes']:.0f} images/s"),
        ("JPEG of 500 × 375 decoded and fitted to 224, 1 core", f"{here['decoded']:.0f} images/s"),
        ("the same of 298 × 224", f"{here['decoded, small']:.0f} images/s"),
        ("load of the machine before", f"{here['load']:.1f} on {here['cores']:.0f} cores"),
    ]
    rows = []
    for data, cluster in CLUSTERS.items():
        parts, images = seconds(need, cluster, here["decoded"]), IMAGES[data] / cluster.gpus
        own, fed = parts["forward pass"] + parts["statistics"], max(parts["host to GPU"], parts["decoding"])
        bottleneck = "decoding" if fed == parts["decoding"] and fed > own else "host to GPU" if fed > own else "the GPU"
        rests = images / (256 * 50)
        rows.append(
            (
                f"{data} on {cluster.name}",
                *(_time(images * parts[name]) for name in ("forward pass", "statistics", "host to GPU", "decoding")),
                f"{rests:.0f} × {merge(need, cluster) * 1e3:.1f} ms",
                f"{_time(images * max(own, fed) + rests * merge(need, cluster))}; {bottleneck}",
            )
        )
    head = ("", "forward pass", "statistics", "host to GPU", "decoding", "merges", "all; bottleneck")
    return {
        "needs": _table(("ResNet-50 at 224 pixels, per image", ""), first),
        "measured": _table(("ResNet-18 at 64 pixels", ""), second),
        "extrapolated": _table(head, rows),
    }


def _time(value: float) -> str:
    return f"{value:.1f} s" if value < 120 else f"{value / 60:.1f} min" if value < 7200 else f"{value / 3600:.1f} h"


def _table(head: tuple[str, ...], rows: list[Any]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def written(page: str, found: dict[str, Any]) -> str:
    """The page with its tables anew."""
    for name, table in tables(found).items():
        begin = page.index(BEGIN.format(name)) + len(BEGIN.format(name))
        page = f"{page[:begin]}\n\n{table}\n\n{page[page.index(END, begin) :]}"
    return page


if __name__ == "__main__":
    if "--draw" not in sys.argv:
        JSON.write_text(json.dumps({"needs": needs(), "measured": measured()}, indent=1) + "\n")
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), json.loads(JSON.read_text())), encoding="utf-8")
