"""No analysis runs what lies behind the last layer that it is asked for."""

import inspect

import pytest
import torch
from torch import nn

import hierfeat as hf

COUNTED: list[str] = []


class Late(nn.Module):
    """What comes behind the layers that are examined; it notes that it was run."""

    def forward(self, x):
        if not x.is_meta:
            COUNTED.append("late")
        return x * 1


def net(channels: int = 1) -> hf.Hierarchy:
    torch.manual_seed(0)
    early = [nn.Conv2d(channels, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 5, 3, padding=1), nn.ReLU()]
    late = [Late(), nn.Conv2d(5, 6, 3), nn.ReLU(), nn.MaxPool2d(2), Late(), nn.Flatten(), nn.LazyLinear(3)]
    model = nn.Sequential(*early, *late)
    model(torch.zeros(1, channels, 16, 16))
    return hf.Hierarchy(model, (channels, 16, 16), mean=[0.5] * channels, std=[0.5] * channels)


H, CLIPS = net(), net(2)
IMAGES, LABELS = torch.rand(60, 1, 16, 16), torch.arange(60) % 3
EARLY = ["0", "2", "3"]  # conv, pool, conv
STAGES = ["0", "1", "2", "3", "4"]
CALLS = {
    "additive_parts": lambda: hf.additive_parts(H, IMAGES, "3"),
    "additivity": lambda: hf.additivity(H, IMAGES, layers=EARLY),
    "attribute": lambda: hf.attribute(H, IMAGES[:2], "3", 1),
    "bar_sweep": lambda: hf.bar_sweep(H, "3", 1, orientations=2, steps=3),
    "class_selectivity": lambda: hf.class_selectivity(H, IMAGES, LABELS, layers=EARLY, permutations=2),
    "contrast_response": lambda: hf.contrast_response(H, layers=EARLY, channels=[0]),
    "dimensions": lambda: hf.dimensions(H, layers=EARLY),
    "direction_tuning": lambda: hf.direction_tuning(CLIPS, frames=2, layers=EARLY, directions=4, channels=[0]),
    "effective_field": lambda: hf.effective_field(H, IMAGES[:4], "3"),
    "end_stopping": lambda: hf.end_stopping(H, layers=EARLY, channels=[0]),
    "filters": lambda: hf.filters(H, "3"),
    "invariance_score": lambda: hf.invariance_score(H, IMAGES, layers=STAGES, firing=0.05),
    "layer_probes": lambda: hf.layer_probes(H, (IMAGES, LABELS), (IMAGES, LABELS), layers=EARLY, max_iter=5),
    "linear_regions": lambda: hf.linear_regions(H, IMAGES[:3], layers=STAGES, ways=2, steps=3),
    "map_field": lambda: hf.map_field(H, "3", 1, probe="spot"),
    "nonnegativity": lambda: hf.nonnegativity(H, IMAGES, layers=STAGES),
    "opposite_phase": lambda: hf.opposite_phase(H, layers=["0", "3"], draws=3),
    "orientation_tuning": lambda: hf.orientation_tuning(H, layers=EARLY, orientations=4, frequencies=2),
    "participation_ratio": lambda: hf.participation_ratio(H, IMAGES, layers=EARLY),
    "population": lambda: hf.population(H, layers=EARLY, draws=3),
    "record": lambda: hf.record(H, IMAGES, layers=EARLY),
    "sensitivity_map": lambda: hf.sensitivity_map(H, IMAGES[:4], layers=EARLY, max_shift=1),
    "similarity": lambda: hf.similarity(H, IMAGES, layers=EARLY),
    "size_tuning": lambda: hf.size_tuning(H, layers=EARLY, channels=[0]),
    "sweep": lambda: hf.sweep(H, IMAGES, [hf.Moments()], layers=STAGES),
    "synthesize": lambda: hf.synthesize(H, "3", [0], steps=2),
    "top_patches": lambda: hf.top_patches(H, IMAGES, layers=EARLY),
    "transformation_invariance": lambda: hf.transformation_invariance(H, IMAGES[:4], layers=EARLY),
    "translation_invariance": lambda: hf.translation_invariance(H, IMAGES[:4], layers=EARLY, max_shift=1),
}
TO_THE_END = {
    "cell_plane": "is of a Neocognitron, whose layers are its own",
    "gradient_flow": "follows the gradient of the loss",
    "lesion": "measures what the network says without some units",
    "profile": "evaluates the network, too",
}


def test_every_analysis_of_chosen_layers_is_here():
    found = {
        name
        for name in hf.__all__
        if inspect.isfunction(value := getattr(hf, name))
        and {"layer", "layers"} & {*inspect.signature(value).parameters}
    }
    assert found == CALLS.keys() | TO_THE_END.keys()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CALLS)
def test_nothing_runs_behind_the_last_layer(name):
    _ = H.layers
    COUNTED.clear()
    CALLS[name]()
    assert COUNTED == []


class Choosing(nn.Module):
    """Its control flow depends on the image: no table knows what comes behind."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.bright = nn.Conv2d(1, 2, 3), nn.Conv2d(2, 3, 3)

    def forward(self, x):
        y = self.first(x)
        return self.bright(y) if bool(x.max() > 1) else y


def test_a_pass_whose_way_depends_on_the_images_is_run_to_its_end():
    h = hf.Hierarchy(Choosing(), (1, 8, 8))
    assert list(hf.record(h, torch.rand(2, 1, 8, 8), layers="conv")) == ["first"]
    assert list(hf.record(h, torch.rand(2, 1, 8, 8) + 2, layers="conv")) == ["first", "bright"]


def test_a_watched_pass_ends_behind_a_layer_and_the_next_begins_anew():
    seen: list[str] = []
    with torch.no_grad(), H.watching(after=lambda call, _: seen.append(call.name), until="2"):
        assert H.forward(IMAGES[:2]) is None
        assert H.forward(IMAGES[:2]) is None
    assert seen == ["0", "1", "2"] * 2
    assert H(IMAGES[:2]).shape == (2, 3)
