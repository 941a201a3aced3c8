"""What analyses cost beside the forward and backward passes that they make, and how long the quick ones take."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest import mock

import torch

import hierfeat as hf
from hierfeat._torchvision import models
from hierfeat.subjects.calls import Watch
from hierfeat.subjects.hierarchy import Hierarchy
from tests.benchmarks.subjects import lenet, network
from tests.benchmarks.timing import Act, Row, quartiles, seconds


def analysis_rows() -> Iterator[Row]:
    _, h, _ = lenet()
    yield _beside_passes("LeNet-5", "orientation_tuning", lambda: hf.orientation_tuning(h, progress=False), 1.15, 9)
    h, images = network("resnet18", 64), torch.rand(64, 3, 64, 64)
    labels, deep, few = torch.arange(64) % 4, "layer2.1.conv2", {"layers": ["layer1.0.conv1", "layer2.0.conv1"]}
    tuning, many = hf.orientation_tuning(h, **few, progress=False), (images.repeat(4, 1, 1, 1), labels.repeat(4))
    acts: dict[str, tuple[Callable[..., object], float]] = {
        "orientation_tuning": (lambda: hf.orientation_tuning(h), 1.15),
        "size_tuning": (lambda: hf.size_tuning(h, tuning=tuning, channels=range(4)), 1.5),
        "contrast_response": (lambda: hf.contrast_response(h, tuning=tuning, channels=range(4)), 1.5),
        "end_stopping": (lambda: hf.end_stopping(h, tuning=tuning, channels=range(4)), 1.5),
        "filters": (lambda: hf.filters(h, deep), 1.5),
        "effective_field": (lambda: hf.effective_field(h, images[:8], deep, channels=range(16)), 1.5),
        "translation_invariance": (lambda: hf.translation_invariance(h, images, max_shift=2), 1.5),
        "pooling_invariance": (lambda: hf.pooling_invariance(h, images[:16]), 1.5),
        "layer_probes (256 and 256 images)": (lambda: hf.layer_probes(h, many, many), 1.5),
        "similarity (CKA of all layers)": (lambda: hf.similarity(h, images.repeat(4, 1, 1, 1)), 1.2),
        "profile": (lambda: hf.profile(h, images, labels, moved_images=8, gradient_images=2), 1.5),
    }
    for name, (act, goal) in acts.items():
        yield _beside_passes("ResNet-18, 64×64 pixels", name, act, goal, 3)


def _beside_passes(subject: str, what: str, act: Act, goal: float, rounds: int) -> Row:
    act()  # warm up: imports, compiled code, tables that are kept
    found = []
    for _ in range(rounds):
        with passes() as spent:
            whole = seconds(act)
        found.append(whole / spent[0])
    return Row("analyses, over the passes that they make", subject, what, *quartiles(found), rounds, goal)


@contextmanager
def passes() -> Iterator[list[float]]:
    """CPU seconds within forward and backward passes of real images, less those of the analysis's own callbacks."""
    spent, depth = [0.0], [0]

    def timed(run: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            if depth[0] or any(isinstance(x, torch.Tensor) and x.is_meta for x in args):
                return run(*args, **kwargs)
            depth[0], start = 1, time.process_time()
            try:
                return run(*args, **kwargs)
            finally:
                depth[0] = 0
                spent[0] += time.process_time() - start

        return call

    def beside(watch: Watch, callback: Callable[..., object] | None, *args: object) -> object:
        start = time.process_time()
        try:
            return quietly(watch, callback, *args)
        finally:
            spent[0] -= depth[0] * (time.process_time() - start)

    forward, grad, backward = Hierarchy.run, torch.autograd.grad, torch.Tensor.backward
    quietly = Watch._quietly
    with (
        mock.patch.object(Watch, "_quietly", beside),
        mock.patch.object(Hierarchy, "run", timed(forward)),
        mock.patch.object(torch.autograd, "grad", timed(grad)),
        mock.patch.object(torch.Tensor, "backward", timed(backward)),
    ):
        yield spent


_SIDES = {"inception_v3": 299}
_QUIET = {name: {"aux_logits": False, "init_weights": False} for name in ("inception_v3", "googlenet")}


def field_rows(rounds: int = 5) -> Iterator[Row]:
    """Receptive fields of every classification network of torchvision: of each round the median, and the largest."""
    times = []
    for name in models.list_models(module=models):
        h = _built(name)
        times.append([seconds(lambda h=h: hf.receptive_fields(h)) for _ in range(rounds)])
    subject = f"{len(times)} networks of torchvision"
    for what, over, goal in (("median", statistics.median, 0.15), ("largest", max, 1.0)):
        yield Row(
            "receptive_fields",
            subject,
            what,
            *quartiles([over(one) for one in zip(*times, strict=True)]),
            rounds,
            goal,
            "s",
        )


def _built(name: str) -> hf.Hierarchy:
    """The network with memory for its weights but no values: filling them takes longer than all that is measured."""
    try:
        with torch.device("meta"):
            model = models.get_model(name, weights=None, **_QUIET.get(name, {}))
    except NotImplementedError:  # a constructor that looks at values
        model = models.get_model(name, weights=None, **_QUIET.get(name, {}))
    model.to_empty(device="cpu")
    for buffer in model.buffers():
        buffer.zero_()  # some are indices
    side = _SIDES.get(name, 224)
    return hf.Hierarchy(model, (3, side, side), name=name)
