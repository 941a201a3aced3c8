"""Whatever is asked of a model leaves it, torch and the random states as they were; interrupted or not."""

import contextlib
import gc
import inspect
import random
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sklearn.decomposition  # noqa: F401 - its import draws from Python's generator
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.modules import module as registries
from torch.utils import _python_dispatch
from torch.utils import checkpoint as checkpointing

import hierfeat as hf
from hierfeat.subjects import guard

SUBJECTS = Path(guard.__file__).parent
LABELS = torch.arange(12) % 3
IMAGES = torch.rand(12, 1, 16, 16, generator=torch.Generator().manual_seed(3))


class Net(nn.Module):
    """A small network, one of whose blocks may be run by `how`."""

    def __init__(self, how: Callable = lambda block, x: block(x)) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.body = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5))
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Linear(4, 3)
        self.how, self.calls, self.fails_at = how, 0, -1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.norm(self.first(x)))
        x = self.pool(self.how(self.body, x))
        self.calls += 1
        if self.calls == self.fails_at:
            raise RuntimeError("no more")
        return self.head(x.mean((2, 3)))


class Doubled(nn.Module):
    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        return 2 * weight

    def right_inverse(self, weight: torch.Tensor) -> torch.Tensor:
        return weight / 2


def checkpointed(use_reentrant: bool) -> nn.Module:
    return Net(lambda block, x: checkpointing.checkpoint(block, x, use_reentrant=use_reentrant))


def with_norm(norm: Callable) -> nn.Module:
    net = Net()
    norm(net.body[0])
    return net


def hooked() -> nn.Module:
    net = Net()
    net.first.register_forward_hook(lambda m, args, out: out * 1)
    net.body.register_forward_pre_hook(lambda m, args: None)
    net.head.register_full_backward_hook(lambda m, given, out: None)
    return net


def shared() -> nn.Module:
    net = Net()
    net.body[0] = nn.Conv2d(4, 4, 3, padding=1)
    net.body.append(net.body[0])
    net.body.append(net.norm)
    return net


def frozen() -> nn.Module:
    net = Net()
    net.first.requires_grad_(False)
    net.norm.eval()
    return net


def with_grads() -> nn.Module:
    net = Net()
    net.head.weight.grad = torch.ones_like(net.head.weight)
    return net


class SelfWriting(Net):
    """Bounds its weights in every pass, as constrained convolutions do, and keeps statistics of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("seen", torch.zeros(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.first.weight.data = torch.renorm(self.first.weight.data, 2, 0, 0.1)
        self.head.weight.data.mul_(0.5)
        self.seen += 1
        random.random()
        np.random.rand()  # noqa: NPY002
        return super().forward(x + 0 * torch.rand(1))


class Caching(Net):
    """Keeps what it has made of a parameter for the next pass, as LeViT does with its biases."""

    def __init__(self) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.linspace(0, 1, 3))
        self.made = {}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if "bias" not in self.made:
            self.made["bias"] = self.bias.square()
        return super().forward(x) + self.made["bias"]


parametrizations = nn.utils.parametrizations
KINDS = {
    "training mode": Net,
    "checkpointing": lambda: checkpointed(False),
    "reentrant checkpointing": lambda: checkpointed(True),
    "spectral norm": lambda: with_norm(parametrizations.spectral_norm),
    "old spectral norm": lambda: with_norm(nn.utils.spectral_norm),
    "weight norm": lambda: with_norm(parametrizations.weight_norm),
    "old weight norm": lambda: with_norm(nn.utils.weight_norm),
    "parametrisation": lambda: with_norm(
        lambda m: nn.utils.parametrize.register_parametrization(m, "weight", Doubled())
    ),
    "hooks": hooked,
    "shared modules": shared,
    "frozen": frozen,
    "gradients": with_grads,
    "self-writing": SelfWriting,
    "caching": Caching,
}


def refused(question: Callable) -> None:
    """Of a network that sees no motion, say."""
    with pytest.raises(hf.HierfeatError):
        question()


ANALYSES: dict[str, Callable] = {
    "h": lambda h: h(IMAGES),
    "layers": lambda h: h.layers,
    "record": lambda h: hf.record(h, IMAGES, batch_size=5),
    "sweep": lambda h: hf.sweep(h, IMAGES, [hf.Moments(), hf.Sparseness()], batch_size=5),
    "receptive_fields": hf.receptive_fields,
    "effective_field": lambda h: hf.effective_field(h, IMAGES[:3], "body.0", channels=[0]),
    "filters": lambda h: hf.filters(h, "body.0"),
    "opposite_phase": hf.opposite_phase,
    "orientation_tuning": lambda h: hf.orientation_tuning(
        h, layers="body.0", orientations=8, frequencies=[0.2], phases=5
    ),
    "map_field": lambda h: hf.map_field(h, "body.0", 0, probe="spot"),
    "bar_sweep": lambda h: hf.bar_sweep(h, "body.0", 0, orientations=2, steps=3),
    "gradient_flow": lambda h: hf.gradient_flow(h, IMAGES, LABELS),
    "linear_regions": lambda h: hf.linear_regions(h, IMAGES),
    "nonnegativity": lambda h: hf.nonnegativity(h, IMAGES),
    "additivity": lambda h: hf.additivity(h, IMAGES),
    "translation_invariance": lambda h: hf.translation_invariance(h, IMAGES[:4], layers="conv", max_shift=1),
    "pooling_invariance": lambda h: hf.pooling_invariance(h, IMAGES[:8]),
    "shift_consistency": lambda h: hf.shift_consistency(h, IMAGES[:4], max_shift=1),
    "distortion_tolerance": lambda h: hf.distortion_tolerance(h, IMAGES, LABELS, distortions=("shift",), draws=1),
    "top_patches": lambda h: hf.top_patches(h, IMAGES, layers="body.0", k=2),
    "synthesize": lambda h: hf.synthesize(h, "body.0", [0], steps=2),
    "attribute": lambda h: hf.attribute(h, IMAGES[:2], "body.0", 0),
    "gradcam": lambda h: hf.attribute(h, IMAGES[:2], "head", 0, method="gradcam"),
    "evaluate": lambda h: hf.evaluate(h, IMAGES, LABELS),
    "similarity": lambda h: hf.similarity(h, IMAGES),
    "participation_ratio": lambda h: hf.participation_ratio(h, IMAGES),
    "additive_parts": lambda h: hf.additive_parts(h, IMAGES, "pool", rank=2),
    "class_selectivity": lambda h: hf.class_selectivity(h, IMAGES, LABELS, permutations=2),
    "layer_probes": lambda h: hf.layer_probes(h, (IMAGES, LABELS), (IMAGES, LABELS), layers="pool"),
    "population": lambda h: hf.population(h, draws=5),
    "lesion": lambda h: hf.lesion(h, "pool", [0, 1], IMAGES, LABELS, mode="mean"),
    "untrained": lambda h: hf.untrained(h, seed=1),
    "dimensions": hf.dimensions,
    "transformation_invariance": lambda h: hf.transformation_invariance(
        h, IMAGES[:6], transformations={"rotation": [10], "noise": [0.1]}, layers="pool"
    ),
    "invariance_score": lambda h: hf.invariance_score(h, IMAGES, layers="pool", firing=0.2),
    "sensitivity_map": lambda h: hf.sensitivity_map(h, IMAGES[:4], layers="pool", max_shift=1),
    "cell_pairs": lambda h: hf.cell_pairs(h, orientations=[0, 60, 120], frequencies=[0.2], phases=5),
    "size_tuning": lambda h: hf.size_tuning(h, layers="first", channels=[0], diameters=3, phases=5),
    "contrast_response": lambda h: hf.contrast_response(h, layers="first", channels=[0], contrasts=3, phases=5),
    "end_stopping": lambda h: hf.end_stopping(h, layers="first", channels=[0], lengths=3),
    "direction_tuning": lambda h: refused(lambda: hf.direction_tuning(h, frames=2)),
    "profile": lambda h: hf.profile(
        h, IMAGES.repeat(2, 1, 1, 1), LABELS.repeat(2), moved_images=2, gradient_images=2, progress=False
    ),
    "guidelines": hf.guidelines,
}


NOT_HERE = {"atlas"}
"""Made of the analyses above; it has tests of its own."""


def test_every_analysis_is_here():
    public = {name for name in hf.__all__ if not name[0].isupper() and callable(getattr(hf, name))}
    of_a_hierarchy = {name for name in public if "h" in inspect.signature(getattr(hf, name)).parameters}
    assert of_a_hierarchy - NOT_HERE <= set(ANALYSES)


def found(model: nn.Module) -> dict:
    modules = list(model.modules())
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    everywhere = [
        name for name in vars(registries) if name.startswith("_global_") and name.endswith(("hooks", "called"))
    ]
    return {
        "state": {name: tensor.clone() for name, tensor in model.state_dict().items()},
        "tensors": [
            [
                (name, id(x))
                for slots in (m._parameters, m._buffers, m.__dict__)
                for name, x in slots.items()
                if isinstance(x, torch.Tensor)
            ]
            for m in modules
        ],
        "modes": [m.training for m in modules],
        "kept": [[(name, list(x)) for name, x in vars(m).items() if type(x) is dict] for m in modules],
        "frozen": [(p.requires_grad, None if p.grad is None else p.grad.clone()) for p in model.parameters()],
        "hooks": [[list(getattr(m, name)) for name in hooks] for m in modules],
        "global hooks": [list(vars(registries)[name]) for name in everywhere if vars(registries)[name] is not None],
        "random": (torch.get_rng_state(), random.getstate(), str(np.random.get_state())),  # noqa: NPY002
        "switches": (
            gc.isenabled(),
            torch.is_grad_enabled(),
            torch._C._get_torch_function_state().name,
            torch._C._len_torch_function_stack(),
            torch._C._len_torch_dispatch_stack(),
            _python_dispatch._is_in_torch_dispatch_mode,
            checkpointing.CheckpointFunction.__name__,
            checkpointing._checkpoint_without_reentrant_generator.__name__,
        ),
    }


def assert_same(now: object, before: object, where: str) -> None:
    if isinstance(before, torch.Tensor):
        assert torch.equal(now, before), where
    elif isinstance(before, dict):
        for key in before.keys() | now.keys():
            assert_same(now[key], before[key], f"{where}/{key}")
    elif isinstance(before, list | tuple) and not isinstance(before, str):
        assert len(now) == len(before), where
        for number, (a, b) in enumerate(zip(now, before, strict=True)):
            assert_same(a, b, f"{where}/{number}")
    else:
        assert now == before, where


def made(kind: str) -> hf.Hierarchy:
    torch.manual_seed(0)
    model = KINDS[kind]().train()
    if kind == "frozen":
        model.norm.eval()
    model(IMAGES)  # so that statistics and computed weights are as after training
    return hf.Hierarchy(model, (1, 16, 16))


def ask(h: hf.Hierarchy, analysis: str) -> None:
    """An analysis may refuse what it is given, in words."""
    with contextlib.suppress(hf.HierfeatError):
        ANALYSES[analysis](h)


def pairs() -> list:
    """All pairs; those that a quick run leaves out are marked: each analysis meets two kinds, each kind several."""
    chosen, kinds = [], list(KINDS)
    for number, analysis in enumerate(ANALYSES):
        quick = {kinds[(2 * number + step) % len(kinds)] for step in (0, 1)}
        marks = {kind: () if kind in quick else pytest.mark.slow for kind in kinds}
        chosen += [pytest.param(kind, analysis, marks=marks[kind], id=f"{analysis}, {kind}") for kind in kinds]
    return chosen


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("kind", "analysis"), pairs())
def test_every_analysis_leaves_every_kind_of_model_as_it_was(kind, analysis):
    h = made(kind)
    before = found(h.model)
    ask(h, analysis)
    assert_same(found(h.model), before, analysis)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("analysis", ANALYSES)
def test_the_callers_gradient_mode_does_not_matter(mode, analysis):
    h = made("training mode")
    before = found(h.model)
    with mode():
        ANALYSES[analysis](h)
    assert_same(found(h.model), before, analysis)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("analysis", ANALYSES)
def test_a_model_that_fails_at_some_pass_is_reported_and_left_as_it_was(analysis):
    h = made("training mode")
    ask(h, analysis)
    for number in (1, 2, 3):
        h = made("training mode")
        _ = h.layers
        before = found(h.model)
        h.model.fails_at = h.model.calls + number
        ask(h, analysis)
        assert_same(found(h.model), before, analysis)


class Interrupting:
    """Raises KeyboardInterrupt at the n-th line that is run in some files."""

    def __init__(self, at: int, files: Callable[[str], bool]) -> None:
        self.at, self.count, self.files = at, 0, files

    def __call__(self, frame, event, argument):
        if not self.files(frame.f_code.co_filename):
            return None
        if event == "line":
            self.count += 1
            if self.count == self.at:
                sys.settrace(None)
                raise KeyboardInterrupt
        return self

    def run(self, function: Callable[[], object]) -> bool:
        sys.settrace(self)
        try:
            function()
        except KeyboardInterrupt:
            return True
        finally:
            sys.settrace(None)
        return False


def in_guards(path: str) -> bool:
    return Path(path).parent == SUBJECTS or Path(path).name in ("recorder.py", "_kept.py", "sweep.py", "contextlib.py")


def in_torch_too(path: str) -> bool:
    return in_guards(path) or "torch/nn" in path or "torch/utils" in path or "hierfeat" in path or "torch/auto" in path


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("where", [in_guards, in_torch_too])
@pytest.mark.parametrize(
    "analysis", ["h", "record", "sweep", "effective_field", "gradient_flow", "attribute", "untrained"]
)
def test_an_interrupt_at_any_instant_leaves_everything_as_it_was(analysis, where):
    h = made("checkpointing")
    ask(h, analysis)
    counting = Interrupting(-1, where)
    counting.run(lambda: ask(h, analysis))
    rolls = random.Random(f"{analysis} {where.__name__}")
    for at in sorted(rolls.sample(range(1, counting.count + 1), min(15, counting.count))):
        before = found(h.model)
        Interrupting(at, where).run(lambda: ask(h, analysis))
        assert_same(found(h.model), before, f"{analysis} interrupted at line {at} of {counting.count}")


GUARDS = ("guard.py", "_buffers.py", "calls.py", "_detours.py", "recorder.py", "_kept.py")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["old weight norm", "self-writing"])
def test_every_line_of_the_guards_may_be_interrupted(kind):
    h = made(kind)
    images = IMAGES[:1]
    hf.record(h, images)
    counting = Interrupting(-1, lambda path: Path(path).name in GUARDS)
    counting.run(lambda: hf.record(h, images))
    before = found(h.model)
    for at in range(1, counting.count + 1):
        assert Interrupting(at, lambda path: Path(path).name in GUARDS).run(lambda: hf.record(h, images))
        assert_same(found(h.model), before, f"interrupted at line {at} of {counting.count}")
