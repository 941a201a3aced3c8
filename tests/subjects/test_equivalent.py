"""Networks that compute the same, written in other ways: every analysis says the same of them."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import hierfeat as hf

SHAPE = (1, 12, 12)
IMAGES = torch.rand(9, *SHAPE, generator=torch.Generator().manual_seed(1))
LABELS = torch.arange(9) % 3


class Net(nn.Module):
    """One convolution and a head."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.head = nn.Conv2d(1, 4, 3, padding=1), nn.Linear(4, 3)

    def forward(self, x):
        return self.head(torch.relu(self.conv(x)).mean((2, 3)))


class Mapped(Net):
    """Image by image, in ``torch.vmap``."""

    def forward(self, x):
        return self.head(torch.vmap(lambda image: torch.relu(self.conv(image)))(x).mean((2, 3)))


class MappedBatches(Net):
    """Batches of one image each, in ``torch.vmap``."""

    def forward(self, x):
        maps = torch.vmap(lambda image: torch.relu(self.conv(image[None]))[0])(x)
        return self.head(maps.mean((2, 3)))


class Graph(Net):
    """Switches gradients on for itself."""

    def forward(self, x):
        with torch.enable_grad():
            return self.head(torch.relu(self.conv(x)).mean((2, 3)))


class Squeezed(Net):
    """Drops every axis of length one, that of a single image among them."""

    def forward(self, x):
        return self.head(torch.relu(self.conv(x)).mean((2, 3)).squeeze())


tuning = {"orientations": 4, "frequencies": [0.1, 0.3], "phases": 5, "progress": False}
QUESTIONS = {
    "dimensions": hf.dimensions,
    "receptive_fields": hf.receptive_fields,
    "sweep": lambda h: hf.sweep(h, IMAGES, [hf.Moments(), hf.Sparseness()], layers="*"),
    "evaluate": lambda h: hf.evaluate(h, IMAGES, LABELS),
    "nonnegativity": lambda h: hf.nonnegativity(h, IMAGES),
    "similarity": lambda h: hf.similarity(h, IMAGES, layers="*"),
    "participation_ratio": lambda h: hf.participation_ratio(h, IMAGES, layers="*"),
    "class_selectivity": lambda h: hf.class_selectivity(h, IMAGES, LABELS, layers="*", permutations=3),
    "layer_probes": lambda h: hf.layer_probes(h, (IMAGES, LABELS), (IMAGES, LABELS), layers="*", max_iter=9),
    "lesion": lambda h: hf.lesion(h, "conv", None, IMAGES, LABELS),
    "top_patches": lambda h: hf.top_patches(h, IMAGES, k=2),
    "translation_invariance": lambda h: hf.translation_invariance(h, IMAGES, max_shift=1),
    "orientation_tuning": lambda h: hf.orientation_tuning(h, layers="*", **tuning),
    "attribute": lambda h: hf.attribute(h, IMAGES, "conv", 0),
    "effective_field": lambda h: hf.effective_field(h, IMAGES, "conv"),
    "gradient_flow": lambda h: hf.gradient_flow(h, IMAGES, LABELS),
    "synthesize": lambda h: hf.synthesize(h, "conv", [0], steps=2, progress=False),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS)
def test_what_computes_the_same_is_said_to_be_the_same(ask):
    expected = ask(hf.Hierarchy(Net(), SHAPE)).table
    for other in (Mapped, MappedBatches, Graph, Squeezed):
        got = ask(hf.Hierarchy(other(), SHAPE)).table
        same = [column for column in expected if column not in ("op", "formula")]
        pd.testing.assert_frame_equal(got[same], expected[same], rtol=1e-3, atol=1e-5, obj=other.__name__)


def test_maps_within_vmap_are_recorded_for_all_images():
    net = Net()
    expected = net.conv(IMAGES).detach()
    for other in (Mapped, MappedBatches):
        h = hf.Hierarchy(other(), SHAPE)
        assert torch.allclose(hf.record(h, IMAGES)["conv"], expected, atol=1e-6)
        with torch.no_grad(), h.watching(after=lambda call, y: torch.zeros_like(y) if call.name == "conv" else None):
            silenced = h.forward(IMAGES)
        assert torch.allclose(silenced, net.head.bias.expand(9, 3))


def test_a_callback_sees_no_graph_that_nobody_asked_for_and_the_one_that_was():
    h, seen = hf.Hierarchy(Graph(), SHAPE), []

    def after(call, output):
        seen.append(output.requires_grad or call.input.requires_grad)

    with torch.no_grad(), h.watching(after=after):
        h.forward(IMAGES)
    assert not any(seen)
    with h.watching(after=after):
        h.forward(IMAGES)
    assert any(seen)


@pytest.mark.parametrize(
    "ask",
    [
        partial(hf.record, layers="head", batch_size=8),
        partial(hf.sweep, measures=[hf.Moments()], layers="head", batch_size=8),
        partial(hf.evaluate, labels=LABELS, batch_size=8),
        partial(hf.shift_consistency, max_shift=1, batch_size=8),
        partial(hf.attribute, layer="head", unit=0, batch_size=1),
    ],
)
def test_a_single_image_whose_axis_is_dropped_is_named(ask):
    with pytest.raises(hf.HierfeatError, match="drops the axis of a single image"):
        ask(h=hf.Hierarchy(Squeezed(), SHAPE), images=IMAGES)


def test_layers_behind_a_squeeze_are_described_as_for_two_images():
    layer = hf.Hierarchy(Squeezed(), SHAPE).layers["head"]
    assert (layer.in_shape, layer.out_shape, layer.macs, layer.memory) == ((4,), (3,), 12, 12)


class Caching(Net):
    """Keeps what it computes of a parameter, as LeViT keeps its attention's biases: with its graph, after a pass."""

    def __init__(self):
        super().__init__()
        self.scale, self.kept = nn.Parameter(torch.ones(4)), {}

    def forward(self, x):
        if "scale" not in self.kept:
            self.kept["scale"] = self.scale.exp()
        return self.head(torch.relu(self.conv(x)).mean((2, 3)) * self.kept["scale"])


def test_a_cache_whose_graph_is_used_up_stands_in_no_gradient_s_way():
    model = Caching()
    model(IMAGES).sum().backward()  # a second backward pass through the cache would raise
    cached, h = model.kept["scale"], hf.Hierarchy(model, SHAPE)
    made = hf.synthesize(h, "head", [0], steps=3, progress=False).table
    fresh = hf.synthesize(hf.Hierarchy(Caching(), SHAPE), "head", [0], steps=3, progress=False).table
    assert np.allclose(made.activation, fresh.activation)
    assert model.kept["scale"] is cached
    assert cached.grad_fn is not None
    hf.untrained(h, seed=0)


class Sigmoid(Net):
    """One number for each image."""

    def forward(self, x):
        return torch.sigmoid(super().forward(x)[:, 0])


class Rounding(Net):
    """Rounds its input to the 256 levels of a file, so that no gradient comes through."""

    def forward(self, x):
        return super().forward((x * 255).round().byte().float() / 255)


class Dynamic(nn.Module):
    """Kernels that are computed from each image: the images lie on the axis of the channels."""

    def __init__(self):
        super().__init__()
        self.make, self.head = nn.Linear(144, 36), nn.Linear(4, 3)

    def forward(self, x):
        kernels = self.make(x.flatten(1)).view(-1, 1, 3, 3)
        maps = nn.functional.conv2d(x.reshape(1, -1, 12, 12), kernels, groups=len(x), padding=1)
        return self.head(torch.relu(maps.view(len(x), 4, 12, 12)).mean((2, 3)))


BY_LAYER = {
    "orientation_tuning": lambda h, layer: hf.orientation_tuning(h, layers=layer, **tuning),
    "contrast_response": lambda h, layer: hf.contrast_response(h, layers=layer, contrasts=3, phases=5, progress=False),
    "map_field": lambda h, layer: hf.map_field(h, layer, 0, progress=False),
    "effective_field": lambda h, layer: hf.effective_field(h, IMAGES, layer),
    "lesion": lambda h, layer: hf.lesion(h, layer, None, IMAGES, LABELS),
    "profile": lambda h, layer: hf.profile(h, IMAGES.repeat(3, 1, 1, 1), LABELS.repeat(3), layers=layer),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("ask", [*BY_LAYER.values(), hf.synthesize], ids=[*BY_LAYER, "synthesize"])
def test_a_layer_without_channels_is_named(ask):
    with pytest.raises(hf.HierfeatError, match="a layer with channels, got 'sigmoid'"):
        ask(hf.Hierarchy(Sigmoid(), SHAPE), "sigmoid")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("ask", BY_LAYER.values(), ids=BY_LAYER)
def test_images_on_the_axis_of_channels_are_named(ask):
    with pytest.raises(hf.HierfeatError, match="'conv2d'"):
        ask(hf.Hierarchy(Dynamic(), SHAPE), "conv2d")


def test_anatomy_of_what_has_no_channels():
    for net in (Sigmoid(), Dynamic()):
        h = hf.Hierarchy(net, SHAPE)
        assert len(hf.dimensions(h, layers="*").table) == len(h.layers) + 1
        hf.guidelines(h)


GRADIENTS = ["gradient", "integrated_gradients", "smoothgrad", "deconvolution", "deeplift", "lrp"]


@pytest.mark.parametrize("method", GRADIENTS)
def test_a_model_that_lets_no_gradient_through_is_told_of_methods_without(method):
    h = hf.Hierarchy(Rounding(), SHAPE)
    with pytest.raises(hf.HierfeatError, match="'occlusion' and 'ablation' need no gradient"):
        hf.attribute(h, IMAGES[:2], "conv", 0, method=method, progress=False)
    assert len(hf.attribute(h, IMAGES[:2], "conv", 0, method="occlusion", progress=False).table) == 2


def test_a_name_for_each_score():
    h = hf.Hierarchy(Net(), SHAPE, classes=["cat", "dog"])
    with pytest.raises(hf.HierfeatError, match="a name for each of the 3 scores of Net, got 2 classes"):
        hf.evaluate(h, IMAGES, LABELS)


class Tiles(Net):
    """A ``vmap`` within another: each half of each image."""

    def forward(self, x):
        halves = x.view(len(x), 2, 1, 6, 12)
        maps = torch.vmap(torch.vmap(lambda half: torch.relu(self.conv(half))))(halves)
        return self.head(maps.mean((1, 3, 4)))


class Steered(Net):
    """Adds a gradient of its own, by ``torch.func``."""

    def forward(self, x):
        return super().forward(x + torch.func.grad(lambda image: torch.relu(self.conv(image)).sum())(x))


class Stacked(nn.Module):
    """An ensemble whose parameters are stacked and mapped over."""

    def __init__(self):
        super().__init__()
        self.members = nn.ModuleList([Net() for _ in range(3)])
        self.stack, _ = torch.func.stack_module_state(list(self.members))

    def forward(self, x):
        call = lambda parameters: torch.func.functional_call(self.members[0], parameters, (x,))  # noqa: E731
        return torch.vmap(call)(self.stack).mean(0)


def test_maps_of_images_within_images_are_recorded_and_can_be_replaced():
    net = Tiles()
    h = hf.Hierarchy(net, SHAPE)
    expected = net.conv(IMAGES.view(18, 1, 6, 12)).detach()
    assert torch.allclose(hf.record(h, IMAGES)["conv"], expected, atol=1e-6)
    with torch.no_grad(), h.watching(after=lambda call, y: 2 * y if call.name == "conv" else None):
        doubled = h.forward(IMAGES)
    halves = torch.relu(2 * expected).view(9, 2, 4, 6, 12)
    assert torch.allclose(doubled, net.head(halves.mean((1, 3, 4))), atol=1e-6)
    assert len(hf.dimensions(h).table) == 3
    with pytest.raises(hf.HierfeatError, match="2 for each image"):
        hf.lesion(h, "conv", [0], IMAGES, LABELS)


def test_what_runs_in_a_gradient_of_torch_func_is_recorded():
    net = Steered()
    h, given = hf.Hierarchy(net, SHAPE), IMAGES.clone().requires_grad_()
    torch.relu(net.conv(given)).sum().backward()
    found = hf.record(h, IMAGES, layers="conv")
    assert torch.allclose(found["conv"], net.conv(IMAGES), atol=1e-6)
    assert torch.allclose(found["conv#2"], net.conv(IMAGES + given.grad), atol=1e-5)
    moments = hf.sweep(h, IMAGES, [hf.Moments()]).table.query("layer == 'conv#2'")
    assert np.allclose(moments["mean"], found["conv#2"].mean((0, 2, 3)), atol=1e-6)
    assert len(hf.lesion(h, "conv#2", [0], IMAGES, LABELS).table) == 1


def test_networks_that_are_mapped_over_are_named():
    h = hf.Hierarchy(Stacked(), SHAPE)
    conv = next(layer.name for layer in h.layers if layer.kind == "conv")
    assert len(hf.evaluate(h, IMAGES, LABELS).table) == 3
    with pytest.raises(hf.HierfeatError, match="3 for each image"):
        hf.sweep(h, IMAGES, [hf.Moments()], layers=conv)
    with pytest.raises(hf.HierfeatError, match="the kernels of several networks, mapped over"):
        hf.filters(h, conv)
