"""How time and memory of every analysis grow with images, channels, layers and the side of the image.

``make growth`` measures each series in a process of its own (CPU seconds, and by how much the process's largest memory
grew), fits exponents to what the larger points add, and writes ``growth.json`` and the figure of docs/plan.md. Names of
analyses as arguments measure these alone. The nets grow linearly themselves: convolutions over channels are depthwise.
"""

import json
import platform
import resource
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.machine import cpu

JSON = Path(__file__).with_name("growth.json")
FIGURE = Path(__file__).parents[2] / "docs" / "_static" / "growth.png"
POINTS = {
    "images": (128, 512, 2048, 8192),
    "channels": (64, 256, 1024, 4096),
    "layers": (10, 32, 100, 316, 1000),
    "side": (32, 64, 128, 256, 512, 1024),
}
MANY = (100, 1000, 10_000, 100_000, 1_000_000)  # images of what streams them
STREAMS = ("sweep", "record to a file")
BASE = {"images": 8, "channels": 8, "layers": 6, "side": 16}
PATIENCE = (
    2.0  # CPU seconds of a point behind which no larger one is tried: exponents show by then, 150 series take an hour
)
LASTING = 20.0  # the same of what streams: it alone is asked for a million images
FORK = get_context("fork")  # what is imported is there already
WALL = 240  # seconds that a series may take at all
MEGABYTE = 2**20


def net(channels: int, layers: int, side: int, frames: int = 1) -> Any:
    """A chain of depthwise convolutions that hand on what they are given, so that 1,000 of them keep it in range."""
    import torch
    from torch import nn

    import hierfeat as hf

    torch.manual_seed(0)
    first = nn.Conv2d(frames, channels, 3, padding=1)
    modules: list[nn.Module] = [first, nn.ReLU()]
    for _ in range((layers - 4) // 2):
        conv = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        nn.init.dirac_(conv.weight, groups=channels)
        with torch.no_grad():
            conv.weight += 0.02 * torch.randn_like(conv.weight)
        modules += [conv, nn.ReLU()]
    model = nn.Sequential(*modules, nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 4))
    h = hf.Hierarchy(model, (frames, side, side), mean=[0.0] * frames, std=[1.0] * frames)
    _ = h.layers
    return h


def _last(h: Any, kind: str = "conv") -> str:
    return str(h.layers.select(kind)[-1].name)


def calls() -> dict[str, tuple[Callable[..., object], bool]]:
    """Every analysis of a net, images and labels, and whether it shows the images."""
    import hierfeat as hf
    from hierfeat.testing import fingerprint

    tune = {"orientations": 4, "frequencies": 2, "phases": 5}
    shown: dict[str, Callable[..., object]] = {
        "additive_parts": lambda h, x, y: hf.additive_parts(h, x, _last(h), rank=2, max_images=None),
        "additivity": lambda h, x, y: hf.additivity(h, x, max_images=None),
        "attribute": lambda h, x, y: hf.attribute(h, x, _last(h), 0),
        "class_selectivity": lambda h, x, y: hf.class_selectivity(h, x, y, permutations=5),
        "distortion_tolerance": lambda h, x, y: hf.distortion_tolerance(h, x, y, distortions=["shift"]),
        "effective_field": lambda h, x, y: hf.effective_field(h, x, _last(h), channels=[0]),
        "evaluate": lambda h, x, y: hf.evaluate(h, x, y),
        "fingerprint": lambda h, x, y: fingerprint(h, x),
        "gradient_flow": lambda h, x, y: hf.gradient_flow(h, x, y),
        "invariance_score": lambda h, x, y: hf.invariance_score(h, x, amounts=(1.0,), max_images=None, firing=0.2),
        "layer_probes": lambda h, x, y: hf.layer_probes(h, (x, y), (x, y), max_iter=5),
        "lesion": lambda h, x, y: hf.lesion(h, _last(h), [0, 1], x, y),
        "linear_regions": lambda h, x, y: hf.linear_regions(h, x, ways=len(x) - 1, steps=4),
        "nonnegativity": lambda h, x, y: hf.nonnegativity(h, x),
        "participation_ratio": lambda h, x, y: hf.participation_ratio(h, x),
        "pooling_invariance": lambda h, x, y: hf.pooling_invariance(h, x, max_images=None),
        "profile": lambda h, x, y: hf.profile(h, x, y),
        "record": lambda h, x, y: hf.record(h, x),
        "record to a file": _to_file,
        "sensitivity_map": lambda h, x, y: hf.sensitivity_map(h, x, max_shift=1, max_images=None),
        "shift_consistency": lambda h, x, y: hf.shift_consistency(h, x, max_shift=1, max_images=None),
        "similarity": lambda h, x, y: hf.similarity(h, x),
        "sweep": lambda h, x, y: hf.sweep(
            h, x, [hf.Moments(), hf.ActiveFraction(), hf.Sparseness(), hf.Histogram(), hf.TopPatches(3)]
        ),
        "top_patches": lambda h, x, y: hf.top_patches(h, x, k=3),
        "transformation_invariance": lambda h, x, y: hf.transformation_invariance(
            h, x, transformations={"shift": (1.0,)}, max_images=None
        ),
        "translation_invariance": lambda h, x, y: hf.translation_invariance(h, x, max_shift=1, max_images=None),
    }
    wired: dict[str, Callable[..., object]] = {
        "bar_sweep": lambda h, x, y: hf.bar_sweep(h, _last(h), 0, orientations=2, steps=5),
        "cell_pairs": lambda h, x, y: hf.cell_pairs(h, **tune),
        "contrast_response": lambda h, x, y: hf.contrast_response(h, layers=[_last(h)], channels=[0], contrasts=3),
        "dimensions": lambda h, x, y: hf.dimensions(h),
        "direction_tuning": lambda h, x, y: hf.direction_tuning(
            h, frames=2, layers=[_last(h)], directions=4, channels=[0]
        ),
        "end_stopping": lambda h, x, y: hf.end_stopping(h, layers=[_last(h)], channels=[0], lengths=3),
        "filters": lambda h, x, y: hf.filters(h, "0"),
        "guidelines": lambda h, x, y: hf.guidelines(h),
        "layer table": lambda h, x, y: hf.Hierarchy(h.model, h.input_shape).layers,
        "map_field": lambda h, x, y: hf.map_field(h, _last(h), 0, probe="spot", cell=4),
        "opposite_phase": lambda h, x, y: hf.opposite_phase(h, layers="0", draws=3),
        "orientation_tuning": lambda h, x, y: hf.orientation_tuning(h, **tune),
        "population": lambda h, x, y: hf.population(h, layers=[_last(h)], draws=3),
        "receptive_fields": lambda h, x, y: hf.receptive_fields(h),
        "size_tuning": lambda h, x, y: hf.size_tuning(h, layers=[_last(h)], channels=[0], diameters=3, phases=5),
        "synthesize": lambda h, x, y: hf.synthesize(h, _last(h), [0], steps=2),
    }
    return {name: (call, True) for name, call in shown.items()} | {name: (call, False) for name, call in wired.items()}


def _to_file(h: Any, x: Any, y: Any) -> object:
    import hierfeat as hf

    with tempfile.TemporaryDirectory() as folder:
        return len(hf.record(h, x, out=Path(folder) / "acts.safetensors", layers="pool"))


def data(count: int, side: int, *, streamed: bool) -> Any:
    """Images and labels; a data set that makes them where they are streamed."""
    import torch
    from torch.utils.data import Dataset

    generator = torch.Generator().manual_seed(0)
    if not streamed:
        return torch.rand(count, 1, side, side, generator=generator), torch.arange(count) % 4
    some = torch.rand(64, 1, side, side, generator=generator)

    class Made(Dataset):  # type: ignore[type-arg]
        def __len__(self) -> int:
            return count

        def __getitem__(self, index: int) -> Any:
            return some[index % 64]

    return Made(), None


def points(out: Connection, name: str, axis: str, values: tuple[int, ...]) -> None:
    """Tell, point by point, CPU seconds of a call, and megabytes by which it made the process's largest memory grow.

    Points grow, and so does the largest memory: one process serves for all of them.
    """
    call, _ = calls()[name]
    try:
        call(*_subject(name, {}))  # a new process has its parent's programs, but not their pages
        before = _peak()
        for value in values:
            h, x, y = _subject(name, {axis: value})
            began = time.process_time()
            call(h, x, y)
            seconds = time.process_time() - began
            grown = (_peak() - before) / MEGABYTE
            out.send({str(value): {"seconds": round(seconds, 4), "megabytes": round(grown, 1)}})
            if seconds > (LASTING if name in STREAMS else PATIENCE):
                return
    except Exception as error:
        out.send(f"{type(error).__name__}: {error}"[:200])


def _subject(name: str, size: dict[str, int]) -> tuple[Any, Any, Any]:
    """The net, the images and the labels of one point, where some analyses ask for more than others."""
    size = BASE | ({"images": 100} if name == "invariance_score" else {}) | size
    frames = 2 if name == "direction_tuning" else 1
    h = net(size["channels"], size["layers"], size["side"], frames)
    return h, *data(size["images"], size["side"], streamed=name in STREAMS)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def series(name: str, axis: str, values: tuple[int, ...]) -> dict[str, dict[str, Any]]:
    """The points of one analysis along one axis, as far as patience goes, in a process of their own."""
    mine, theirs = FORK.Pipe(duplex=False)
    process = FORK.Process(target=points, args=(theirs, name, axis, values))
    process.start()
    theirs.close()
    found: dict[str, dict[str, Any]] = {}
    stopped, end = f"takes more than {WALL} s", time.monotonic() + WALL
    try:
        while mine.poll(max(0, end - time.monotonic())):
            said = mine.recv()
            if isinstance(said, str):
                stopped = said
                break
            found |= said
    except EOFError:
        stopped = ""
    process.kill()
    process.join()
    left = [value for value in values if str(value) not in found]
    return found | ({str(left[0]): {"stopped": stopped}} if stopped and left else {})


def exponent(axis: str, found: dict[str, dict[str, Any]], quantity: str, least: float) -> float | None:
    """The slope, in logarithms, of what the last two points add to the first; along `side`, per pixel.

    None where that is less than `least`, which is noise.
    """
    places = np.array([float(place) for place, values in found.items() if quantity in values])
    values = np.array([values[quantity] for values in found.values() if quantity in values])
    if len(places) < 3 or values[-1] - values[0] < least or values[-2] <= values[0]:
        return None
    places = places**2 if axis == "side" else places
    added = values - values[0]
    known = np.log((places[-1] - places[0]) / (places[-2] - places[0]))
    return round(float(np.log(added[-1] / added[-2]) / known), 2)


def measure(names: list[str]) -> dict[str, Any]:
    """All series of the analyses, and their exponents."""
    import torch

    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    everything = _known()
    machine = f"{platform.machine()}, {cpu()}, one thread"
    for name, (_, shows) in calls().items():
        if names and name not in names:
            continue
        calls()[name][0](*_subject(name, {}))  # imports and compiles, once
        about: dict[str, Any] = {}
        for axis, values in POINTS.items():
            if axis == "images" and not shows:
                continue
            found = series(name, axis, MANY if axis == "images" and name in STREAMS else values)
            exponents = {q: exponent(axis, found, q, least) for q, least in (("seconds", 0.2), ("megabytes", 16.0))}
            about[axis] = {"points": found, "exponents": exponents}
            print(name, axis, exponents, flush=True)
        everything = _known() | {"machine": machine}
        everything["analyses"][name] = about
        JSON.write_text(json.dumps(everything, indent=1) + "\n")
    return everything


def _known() -> dict[str, Any]:
    return json.loads(JSON.read_text()) if JSON.exists() else {"analyses": {}}  # type: ignore[no-any-return]


def draw(everything: dict[str, Any]) -> None:
    """Peak memory and time of every analysis along each axis: the streaming ones named, the others grey."""
    from matplotlib.figure import Figure

    shown = [axis for axis in POINTS if any(axis in about for about in everything["analyses"].values())]
    figure = Figure(figsize=(1.5 + 2.8 * len(shown), 6.4), layout="constrained")
    axes = figure.subplots(2, len(shown), sharex="col", squeeze=False)
    for column, axis in enumerate(shown):
        for row, (quantity, label) in enumerate((("megabytes", "memory added, MB"), ("seconds", "CPU seconds"))):
            ax = axes[row, column]
            for name, about in everything["analyses"].items():
                points = [
                    (int(at), p[quantity])
                    for at, p in about.get(axis, {"points": {}})["points"].items()
                    if quantity in p
                ]
                if not points:
                    continue
                style = {"sweep": ("#0072B2", 2.2), "record to a file": ("#D55E00", 2.2)}.get(name, ("0.75", 0.9))
                floor = 0.1 if quantity == "megabytes" else 1e-3
                known = name in STREAMS
                look = {"color": style[0], "linewidth": style[1], "label": name if known else None}
                places, values = zip(*((at, max(value, floor)) for at, value in points), strict=True)
                ax.plot(places, values, "o-", markersize=3, zorder=3 if known else 1, **look)
            ax.set(xscale="log", yscale="log")
            if column == 0:
                ax.set_ylabel(label)
            if row == 1:
                ax.set_xlabel(axis)
    axes[0, 0].legend(frameon=False, fontsize=10)
    figure.suptitle("memory and time\nas the input grows" if len(shown) < 3 else "memory and time as the input grows")
    FIGURE.parent.mkdir(exist_ok=True)
    figure.savefig(FIGURE, dpi=110)


if __name__ == "__main__":
    draw(measure(sys.argv[1:]) if sys.argv[1:] != ["--draw"] else json.loads(JSON.read_text()))
