"""The graph and weights of a network: what is found, what is refused in words, and what is left as it was."""

import json

import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.atlas.live.bundle import live
from hierfeat.atlas.live.export import CannotRun, export
from hierfeat.atlas.live.weights import TOLERANCE, pack, stored
from tests.atlas.live.cases import uniform


class Twice(nn.Module):
    """One rectifier in place, called twice, a functional pool, and a dropout that is none in eval mode."""

    def __init__(self):
        super().__init__()
        self.conv, self.relu, self.drop = nn.Conv2d(1, 3, 3), nn.ReLU(inplace=True), nn.Dropout(0.5)

    def forward(self, x):
        x = self.relu(self.conv(x))
        x += 1
        return torch.max_pool2d(self.drop(self.relu(x - 1.2)), 2).flatten(1)


def test_every_layer_is_found_and_is_what_record_says():
    h = hf.Hierarchy(Twice(), (1, 9, 9), mean=[0.3], std=[0.2])
    graph = export(h)
    assert list(graph.layers) == [layer.name for layer in h.layers]
    image = uniform((1, 9, 9))
    values, recorded = graph.run(image), hf.record(h, image, layers=list(graph.layers))
    for name, value in graph.layers.items():
        assert torch.allclose(values[value], recorded[name], atol=1e-6)
    assert torch.allclose(values[graph.output], h(image), atol=1e-6)


def test_the_output_is_the_part_that_was_chosen():
    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.fc = nn.Conv2d(1, 5, 8), nn.Linear(5, 3)

        def forward(self, x):
            features = self.conv(x).flatten(1)
            return features, self.fc(features)

    h = hf.Hierarchy(Both(), (1, 8, 8), output=1)
    graph, image = export(h), uniform((1, 8, 8))
    assert graph.shapes[graph.output] == (1, 3)
    assert torch.allclose(graph.run(image)[graph.output], h(image), atol=1e-6)


def test_the_model_is_left_as_it_was():
    model = Twice().train()
    h = hf.Hierarchy(model, (1, 9, 9))
    before = h.weights_sha256
    export(h)
    assert h.weights_sha256 == before
    assert model.training
    assert not model._forward_hooks
    assert "forward" not in model.__dict__


@pytest.mark.parametrize("model", [nn.Conv2d(1, 2, 3).half(), nn.Conv2d(1, 2, 3).bfloat16()])
def test_half_precision_is_refused(model):
    with pytest.raises(CannotRun, match=r"convert the model with \.float"):
        export(hf.Hierarchy(model, (1, 8, 8)))


def test_control_flow_that_looks_at_values_is_refused():
    class Looks(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 2, 3)

        def forward(self, x):
            return self.conv(x) if float(x.mean()) > 2 else self.conv(-x)

    with pytest.raises(CannotRun, match=r"torch\.export cannot follow Looks"):
        export(hf.Hierarchy(Looks(), (1, 8, 8)))


def test_a_missing_operation_is_named():
    class Sorts(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 2, 3)

        def forward(self, x):
            return self.conv(x).sort(1).values

    with pytest.raises(CannotRun, match=r"sort\.default"):
        export(hf.Hierarchy(Sorts(), (1, 8, 8)))
    page = {"live": True, "out": "never.html"}
    with pytest.raises(hf.HierfeatError, match=r"sort\.default"):
        hf.atlas(hf.Hierarchy(Sorts(), (1, 8, 8)), torch.rand(3, 1, 8, 8), **page)


def test_names_that_would_run_as_code_are_refused(tmp_path):
    """torch.fx writes a parameter's name into Python source as it is."""
    mark = tmp_path / "ran"
    net = nn.Sequential()
    net.add_module(f'a", None) or open({str(mark)!r}, "w") or getattr(self, "b'.replace(".", "_"), nn.Conv2d(1, 2, 3))
    with pytest.raises(CannotRun, match="letters, digits"):
        export(hf.Hierarchy(net, (1, 8, 8)))
    assert not mark.exists()


def test_half_precision_only_where_no_activation_changes_by_more_than_a_thousandth():
    h = hf.load("lenet5-digits")
    graph, images = export(h), hf.digits(split="test")[0][:3]
    block = pack(graph, images)
    assert block.half
    assert 0 < block.error <= TOLERANCE
    rounded = stored(graph, block)
    for image in images:
        exact, coarse = graph.run(image[None]), graph.run(image[None], rounded)
        for value in graph.layers.values():
            largest = exact[value].abs().max()
            assert (exact[value] - coarse[value]).abs().max() <= TOLERANCE * largest


def test_weights_that_half_precision_cannot_hold_stay_whole():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Conv2d(2, 2, 3))
    with torch.no_grad():
        net[0].weight.mul_(1e6)
        net[2].weight.mul_(1e-6)
    graph = export(hf.Hierarchy(net, (1, 9, 9)))
    assert not pack(graph, uniform((1, 9, 9))).half


def test_it_is_strict_json():
    network = live(hf.Hierarchy(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()), (1, 8, 8)), uniform((1, 8, 8)))
    assert json.loads(json.dumps(network.graph, allow_nan=False)) == network.graph


def test_a_page_that_would_be_too_large_says_how_large(tmp_path):
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(2 * 36, 150_000))
    page = hf.atlas(hf.Hierarchy(net, (1, 8, 8)), torch.rand(3, 1, 8, 8), out=tmp_path / "large.html")
    text = page.read_text()
    assert "The network does not run in this page" in text
    assert "about 29 MB" in text
