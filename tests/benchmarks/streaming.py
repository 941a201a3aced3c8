"""What recording and sweeping cost beside plain forward passes, beside peers, and beside what the memory gives."""

import importlib
import time
from collections.abc import Iterator
from unittest import mock

import numpy as np
import torch
from torch import nn

import hierfeat as hf
from hierfeat.recording import _fused
from tests.benchmarks.subjects import lenet, plain, resnet18, resnet50
from tests.benchmarks.timing import Act, Row, quartiles, ratios

MEASURES = (hf.Moments, hf.ActiveFraction, hf.Sparseness, hf.Histogram)
SWEPT = ("conv", "pool", "activation")


def record_rows() -> Iterator[Row]:
    for subject, h, images in (lenet(), resnet18(), resnet50()):
        acts: dict[str, tuple[Act, float | None]] = {
            "hf.record, all conv and pool layers": (lambda h=h, x=images: hf.record(h, x), 1.08),
            "the same kept by hooks, unchecked": (lambda h=h, x=images: _by_hooks(h, x), None),
            "captum's LayerActivation": (lambda h=h, x=images: _by_captum(h, x), None),
            "torchvision's feature extractor": (_by_torchvision(h, images), None),
        }
        yield from ratios("record", subject, lambda h=h, x=images: plain(h, x), acts, budget=25)


def _layers(h: hf.Hierarchy) -> list[nn.Module]:
    kinds = (nn.Conv2d, nn.MaxPool2d, nn.AdaptiveAvgPool2d)
    return [module for module in h.model.modules() if isinstance(module, kinds)]


def _by_hooks(h: hf.Hierarchy, images: torch.Tensor) -> None:
    """Nothing but holding on to the outputs: the memory of a pass is not used again for what follows in it."""
    kept: list[torch.Tensor] = []
    hooks = [m.register_forward_hook(lambda _m, _given, output: kept.append(output)) for m in _layers(h)]
    plain(h, images)
    for hook in hooks:
        hook.remove()


def _by_captum(h: hf.Hierarchy, images: torch.Tensor) -> None:
    from captum.attr import LayerActivation

    with torch.no_grad():
        LayerActivation(h.model, _layers(h)).attribute(h.normalise(images))


def _by_torchvision(h: hf.Hierarchy, images: torch.Tensor) -> Act:
    feature_extraction = importlib.import_module("torchvision.models.feature_extraction")  # behind the open door
    extract = feature_extraction.create_feature_extractor(h.model, [x.name for x in h.layers.select(("conv", "pool"))])

    def act() -> None:
        with torch.no_grad():
            extract(h.normalise(images))

    return act


def sweep_rows() -> Iterator[Row]:
    for (subject, h, images), batches, goal in ((lenet(), 40, 1.35), (resnet18(), 12, 1.2)):

        def swept(*makers: type[hf.Measure], h=h, images=images, batches=batches) -> None:
            hf.sweep(h, [images] * batches, [make() for make in makers], layers=SWEPT, progress=False)

        def without_numba(swept=swept) -> None:
            with mock.patch.object(_fused, "is_there", return_value=False):
                swept(*MEASURES)

        all_four = "hf.sweep, four measures of all conv, pool and activation layers"
        acts: dict[str, tuple[Act, float | None]] = {f"{all_four}, plain": (without_numba, None)}
        if _fused.is_there():
            acts = {f"{all_four}, compiled": (lambda swept=swept: swept(*MEASURES), goal), **acts}
        passes = lambda h=h, x=images, n=batches: [plain(h, x) for _ in range(n)]  # noqa: E731
        yield from ratios("sweep", subject, passes, acts, rounds=15, budget=30)


def roofline_rows() -> Iterator[Row]:
    """Bytes that the compiled statistics read in a second, over those that a copy reads and writes."""
    if not _fused.is_there():
        return
    for subject, h, images in (lenet(), resnet18()):
        shares = [_read(h, images) / _copied() for _ in range(9)]
        yield Row(
            "sweep", subject, "bytes read by the statistics, of what memory gives", *quartiles(shares), 9, unit=""
        )


def _copied(size: int = 2**27) -> float:
    """Bytes a second that a copy reads and writes."""
    source, target = np.ones(size, np.uint8), np.zeros(size, np.uint8)
    times = []
    for _ in range(5):
        start = time.thread_time()
        np.copyto(target, source)
        times.append(time.thread_time() - start)
    return 2 * size / min(times)


def _read(h: hf.Hierarchy, images: torch.Tensor) -> float:
    """Bytes a second that the statistics of a sweep read, while the network runs between them."""
    run, spent, read = _fused.compiled(), [0.0], [0]

    def timed(values, shape, here, known, *others):
        start = time.thread_time()
        found = run(values, shape, here, known, *others)
        spent[0] += time.thread_time() - start
        read[0] += 0 if known else values.nbytes
        return found

    with mock.patch.object(_fused, "compiled", return_value=timed):
        hf.sweep(h, [images] * 4, [make() for make in MEASURES], layers=SWEPT, progress=False)
    return read[0] / spent[0]
