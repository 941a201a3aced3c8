"""A small result of every kind, and every way to draw one."""

import importlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

import hierfeat as hf
from hierfeat._result import Result, drawn
from hierfeat.zoo.training.train import Training

FEW = {"max_shift": 1}


@cache
def net(channels: int = 3, blocks: int = 1) -> hf.Hierarchy:
    """A small network with random weights: conv, rectifier and pool, twice, and a classifier of five classes."""
    torch.manual_seed(0)
    more = [layer for _ in range(blocks - 1) for layer in (nn.Conv2d(8, 8, 3, padding=1), nn.ReLU())]
    layers = [
        nn.Conv2d(channels, 8, 5), nn.ReLU(), nn.MaxPool2d(2), *more, nn.Conv2d(8, 6, 3), nn.ReLU(), nn.AvgPool2d(2),
        nn.Flatten(), nn.Linear(54, 5),
    ]  # fmt: skip
    model = nn.Sequential(*layers)
    return hf.Hierarchy(model, (channels, 20, 20), mean=[0.5] * channels, std=[0.3] * channels, name=f"net{channels}")


@cache
def images(channels: int = 3, count: int = 12) -> Tensor:
    """Noise with a gradient and a bright bar, so that images differ in more than noise."""
    generator = torch.Generator().manual_seed(1)
    noise = torch.rand(count, channels, 20, 20, generator=generator)
    ramp = torch.linspace(0, 1, 20).expand(20, 20)
    pictures = 0.4 * noise + 0.3 * ramp
    for index in range(count):
        pictures[index, :, :, index % 20] += 0.3
    return pictures


def labels(count: int = 12) -> Tensor:
    return torch.arange(count) % 5


def twin() -> hf.Hierarchy:
    return hf.untrained(net(), seed=3)


@cache
def neocognitron() -> hf.Neocognitron:
    return hf.Neocognitron("1980").fit(*hf.glyphs())


def film() -> hf.Hierarchy:
    """A network that sees four frames."""
    torch.manual_seed(0)
    return hf.Hierarchy(nn.Sequential(nn.Conv2d(4, 6, 5), nn.ReLU()), (4, 16, 16), name="film")


def training() -> Training:
    epochs = np.arange(1, 4)
    table = pd.DataFrame(
        {
            "epoch": epochs, "train_loss": 2.0 / epochs, "train_accuracy": 1 - 0.5 / epochs,
            "validation_accuracy": 1 - 0.6 / epochs,
        }
    )  # fmt: skip
    card = {"model": "net3", "parameters": 1234, "recipe": {"seed": 0}, "test_accuracy": 0.8}
    return Training(table, {"model": "net3"}, weights={}, card=card)


def tuned() -> Any:
    return result("tuning")


RESULTS: dict[str, Callable[[], Result]] = {
    "activation_curves": lambda: hf.activation_functions(),
    "activation_maps": lambda: hf.activation_functions(np.linspace(-3, 3, 36).reshape(6, 6)),
    "additive_parts": lambda: hf.additive_parts(net(), images(), "1", rank=3),
    "additivity": lambda: hf.additivity(net(), images()),
    "applied_kernels": lambda: hf.apply_kernel(images()[0], dict(list(hf.image_kernels().kernels.items())[:6])),
    "attribution": lambda: hf.attribute(net(), images()[:3], "3", 1, method="gradient"),
    "bar_sweep": lambda: hf.bar_sweep(net(), "0", 1, orientations=4, steps=11),
    "cell_pairs": lambda: hf.cell_pairs(net(), orientations=8, frequencies=4, phases=8),
    "cell_plane": lambda: hf.cell_plane(neocognitron(), hf.glyphs()[0][0], layer="s2", plane=1),
    "class_selectivity": lambda: hf.class_selectivity(net(), images(), labels(), permutations=20),
    "comparison": lambda: hf.testing.compare(*(hf.testing.fingerprint(one, images()) for one in (net(), twin()))),
    "contrast_response": lambda: hf.contrast_response(net(), tuning=tuned(), contrasts=4, phases=6),
    "dimensions": lambda: hf.dimensions(net()),
    "direction_tuning": lambda: hf.direction_tuning(film(), frames=4, directions=8, phases=6),
    "distortion_tolerance": lambda: hf.distortion_tolerance(net(), images(), labels()),
    "effective_field": lambda: hf.effective_field(net(), images(), "3"),
    "end_stopping": lambda: hf.end_stopping(net(), tuning=tuned(), lengths=4),
    "evaluation": lambda: hf.evaluate(net(), images(), labels()),
    "fingerprint": lambda: hf.testing.fingerprint(net(), images()),
    "filters": lambda: hf.filters(net(), "0"),
    "filters_deep": lambda: hf.filters(net(), "3"),
    "gradient_flow": lambda: hf.gradient_flow(net(), images(), labels()),
    "guidelines": lambda: hf.guidelines(net()),
    "guidelines_of_two": lambda: hf.guidelines(net(), net(1)),
    "image_kernels": lambda: hf.image_kernels(),
    "invariance_score": lambda: hf.invariance_score(net(), images(), firing=0.1),
    "layer_probes": lambda: hf.layer_probes(net(), (images(), labels()), (images(), labels())),
    "lesion": lambda: hf.lesion(net(), "0", None, images(), labels()),
    "lesion_cumulative": lambda: hf.lesion(net(), "3", None, images(), labels(), how="cumulatively", order="norm"),
    "linear_regions": lambda: hf.linear_regions(net(), images(), ways=3, steps=16),
    "map_field_noise": lambda: hf.map_field(net(), "0", 0, probe="noise", n=64),
    "map_field_spot": lambda: hf.map_field(net(), "0", 0, probe="spot"),
    "neocognitron": lambda: hf.neocognitron_responses(neocognitron(), *hf.glyphs()),
    "nonnegativity": lambda: hf.nonnegativity(net(), images()),
    "opposite_phase": lambda: hf.opposite_phase(net()),
    "padding_and_stride": lambda: hf.padding_and_stride(7, 3, 1, 2),
    "participation_ratio": lambda: hf.participation_ratio(net(), images()),
    "pooling_invariance": lambda: hf.pooling_invariance(net(), images(), **FEW),
    "population": lambda: hf.population(net(), tuning=tuned(), other=hf.untrained(net(), seed=1), draws=20),
    "profile": lambda: hf.profile(net(), images(3, 20), labels(20), moved_images=4, gradient_images=2),
    "receptive_fields": lambda: hf.receptive_fields(net()),
    "sensitivity_map": lambda: hf.sensitivity_map(net(), images(), **FEW),
    "shift_consistency": lambda: hf.shift_consistency(net(), images(), labels(), **FEW),
    "similarity": lambda: hf.similarity(net(), images()),
    "singular_values": lambda: hf.singular_values(nn.Conv2d(1, 2, 3), (1, 6, 6)),
    "size_tuning": lambda: hf.size_tuning(net(), tuning=tuned(), diameters=4, phases=6),
    "synthesis": lambda: hf.synthesize(net(), "0", [0, 1], steps=2),
    "toeplitz": lambda: hf.toeplitz(nn.Conv2d(1, 1, 3), (1, 5, 5)),
    "top_patches": lambda: hf.top_patches(net(), images(), layers="0", k=3),
    "training": training,
    "transformation_invariance": lambda: hf.transformation_invariance(net(), images()),
    "translation_invariance": lambda: hf.translation_invariance(net(), images(), max_shift=2),
    "tuning": lambda: hf.orientation_tuning(net(), orientations=8, frequencies=4, phases=6),
}

ANOTHER_WAY: dict[str, tuple[str, str, Callable[[], dict[str, Any]]]] = {
    "dimensions_folded": ("dimensions", "plot", lambda: {"fold": True}),
    "evaluation_mistakes": ("evaluation", "plot_mistakes", lambda: {"images": images()}),
    "field_of_a_unit": ("receptive_fields", "plot", lambda: {"layer": "3", "image": images()[0]}),
    "filters_fits": ("filters", "plot_fits", dict),
    "filters_pairs": ("filters", "plot_pairs", dict),
    "filters_shared": ("filters", "plot", lambda: {"shared_scale": True, "channels": [1, 3]}),
    "neocognitron_answers": ("neocognitron", "plot_answers", dict),
    "padding_along_a_line": ("padding_and_stride", "plot", lambda: {"planar": False}),
    "tuning_of_some": ("tuning", "plot", lambda: {"layer": "3", "channels": [1, 2]}),
    "tuning_summary": ("tuning", "plot_summary", dict),
}
FIGURES = {name: (name, "plot", dict) for name in RESULTS} | ANOTHER_WAY
"""By name: the result, the method, and what makes its arguments."""


def figure(name: str, change: Callable[[Result], Result] = lambda one: one) -> Figure:
    """Draw a figure, of the result as it is or changed."""
    source, method, arguments = FIGURES[name]
    return getattr(change(result(source)), method)(**arguments())


@cache
def result(name: str) -> Result:
    """The result of a name, made once."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return RESULTS[name]()


def drawn_methods() -> list[tuple[type[Result], str]]:
    """Every method of a result in the package that is a plot."""
    root = Path(hf.__file__).parent
    for path in root.rglob("*.py"):
        if "drawn(" in path.read_text(encoding="utf-8"):
            importlib.import_module(".".join(("hierfeat", *path.relative_to(root).with_suffix("").parts)))
    found, waiting = [], [Result]
    while waiting:
        children = waiting.pop().__subclasses__()
        found += [child for child in children if child.__module__.startswith("hierfeat.")]
        waiting += children
    return [(cls, name) for cls in found for name, value in sorted(vars(cls).items()) if isinstance(value, drawn)]
