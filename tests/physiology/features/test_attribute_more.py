"""Attribution by noise, by DeepLift and by relevance, against closed forms; a unit for each image."""

from math import erf, sqrt

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import hierfeat as hf


def linear(bias: bool = False) -> tuple[hf.Hierarchy, torch.Tensor]:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(16, 3, bias=bias), nn.ReLU(inplace=True))
    return hf.Hierarchy(net, (1, 4, 4), mean=[0.0], std=[1.0]), net[1].weight.detach()


IMAGES = torch.rand(3, 1, 4, 4, generator=torch.Generator().manual_seed(5))


def test_smoothgrad_of_a_rectifier_is_the_gradient_times_the_chance_that_it_is_open():
    """E[w 1(w·(x + n) > 0)] = w Φ(w·x/(σ‖w‖)) for Gaussian noise n (the mean of a step function)."""
    h, weights = linear()
    sigma, samples = 0.3, 4000
    found = hf.attribute(h, IMAGES, "2", 1, method="smoothgrad", noise=sigma, steps=samples)
    w = weights[1]
    for image, one in zip(found.maps, IMAGES, strict=True):
        open_share = 0.5 * (1 + erf(float(w @ one.flatten()) / (sigma * float(w.norm())) / sqrt(2)))
        slack = 5 * sqrt(0.25 / samples) * float(w.abs().max())
        np.testing.assert_allclose(image.ravel(), open_share * w.numpy(), atol=slack)
    again = hf.attribute(h, IMAGES, "2", 1, method="smoothgrad", noise=sigma, steps=20, seed=3)
    same = hf.attribute(h, IMAGES, "2", 1, method="smoothgrad", noise=sigma, steps=20, seed=3)
    other = hf.attribute(h, IMAGES, "2", 1, method="smoothgrad", noise=sigma, steps=20, seed=4)
    assert np.array_equal(again.maps, same.maps)
    assert not np.array_equal(again.maps, other.maps)


def test_deeplift_of_a_rectifier_is_the_rescale_rule():
    """w·(x − b)·(relu(w·x) − relu(w·b))/(w·x − w·b), which adds up to the difference of the responses."""
    h, weights = linear(bias=True)
    bias, base = h.model[1].bias.detach(), 0.25
    found = hf.attribute(h, IMAGES, "2", 0, method="deeplift", baseline=base)
    for image, one in zip(found.maps, IMAGES, strict=True):
        x, b, w = one.flatten(), torch.full((16,), base), weights[0]
        before, rest = w @ x + bias[0], w @ b + bias[0]
        slope = (F.relu(before) - F.relu(rest)) / (before - rest)
        np.testing.assert_allclose(image.ravel(), (w * (x - b) * slope).numpy(), atol=1e-5)
    at_base = hf.record(h, torch.full((1, 1, 4, 4), base), layers="2")["2"][0, 0]
    np.testing.assert_allclose(found.table["total"], found.table["activation"] - float(at_base), atol=1e-5)
    np.testing.assert_allclose(found.table["delta"], 0, atol=1e-5)


def test_relevance_is_shared_out_as_the_weighted_inputs_are():
    """The ε-rule for two dense layers without biases, by hand; it keeps what there is to share out."""
    torch.manual_seed(1)
    net = nn.Sequential(nn.Flatten(), nn.Linear(16, 5, bias=False), nn.ReLU(), nn.Linear(5, 2, bias=False))
    h = hf.Hierarchy(net, (1, 4, 4), mean=[0.0], std=[1.0])
    found = hf.attribute(h, IMAGES, "3", 1, method="lrp")
    for image, one in zip(found.maps, IMAGES, strict=True):
        x, (v, w) = one.flatten(), (net[1].weight.detach(), net[3].weight.detach())
        hidden = F.relu(v @ x)
        relevance = hidden * w[1]
        sums = v @ x
        shares = (v * x) / sums[:, None]
        np.testing.assert_allclose(image.ravel(), (shares * relevance[:, None]).sum(0).numpy(), atol=1e-4)
    np.testing.assert_allclose(found.table["total"], found.table["activation"], atol=1e-4)
    np.testing.assert_allclose(found.table["delta"], 0, atol=1e-4)


@pytest.mark.parametrize("method", ["deeplift", "lrp"])
def test_a_convolutional_network_in_modules(method):
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 3)
    ).eval()  # fmt: skip
    h = hf.Hierarchy(net, (1, 8, 8))
    before = h.weights_sha256
    names = [set(module.__dict__) for module in net.modules()]
    found = hf.attribute(h, torch.rand(3, 1, 8, 8), "5", 2, method=method)
    assert np.isfinite(found.maps).all()
    assert found.table["delta"].abs().max() < (1e-4 if method == "deeplift" else 1)  # LRP gives biases their share
    assert h.weights_sha256 == before
    assert net[2].inplace
    assert [set(module.__dict__) for module in net.modules()] == names
    assert not any(m._forward_hooks or m._forward_pre_hooks or m._backward_hooks for m in net.modules())


class Functional(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.act, self.fc = nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Linear(2, 2)

    def forward(self, x):
        return self.fc(self.act(self.act(F.relu(self.conv(x)) - 0.1)).mean((2, 3)))


class Gelu(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(nn.Conv2d(1, 2, 3), nn.GELU(), nn.Conv2d(2, 2, 3))


@pytest.mark.parametrize("method", ["deeplift", "lrp"])
@pytest.mark.parametrize(("net", "layer", "says"), [(Functional, "fc", "call of a function"), (Gelu, "2", "is a GELU")])
def test_what_captum_does_not_see_is_refused(method, net, layer, says):
    with pytest.raises(hf.HierfeatError, match=says):
        hf.attribute(hf.Hierarchy(net(), (1, 8, 8)), torch.rand(1, 1, 8, 8), layer, 0, method=method)


def test_only_what_lies_before_the_layer_counts():
    h = hf.Hierarchy(Gelu(), (1, 8, 8))
    assert len(hf.attribute(h, torch.rand(1, 1, 8, 8), "0", 0, method="deeplift").table) == 1


def test_the_sum_of_integrated_gradients_and_what_it_falls_short_of():
    h, images = hf.load("lenet5-digits"), hf.digits(split="test")[0][:3]
    found = hf.attribute(h, images, "fc3", 4, method="integrated_gradients", baseline=0.0, steps=30).table
    base = float(hf.record(h, torch.zeros_like(images[:1]), layers="fc3")["fc3"][0, 4])
    np.testing.assert_allclose(found["delta"], found["total"] - (found["activation"] - base), atol=1e-3)
    assert hf.attribute(h, images, "fc3", 4).table["delta"].isna().all()


@pytest.mark.parametrize("method", ["gradient", "integrated_gradients", "smoothgrad", "occlusion", "gradcam"])
def test_a_unit_for_each_image_is_as_each_image_alone(method):
    h, images = hf.load("lenet5-digits"), hf.digits(split="test")[0][:4]
    units = [3, (0, 4, 4), 7, (2, 1, 8)]
    options = {"method": method, "steps": 4, "seed": 1}
    if method == "smoothgrad":  # noise is drawn for the whole batch
        options["noise"] = 0.0
    together = hf.attribute(h, images, "conv2", units, **options)
    for place, unit in enumerate(units):
        alone = hf.attribute(h, images[place : place + 1], "conv2", unit, **options)
        np.testing.assert_allclose(together.maps[place], alone.maps[0], atol=1e-6)
        columns = ["channel", "row", "col"]
        assert together.table.loc[place, columns].tolist() == alone.table.loc[0, columns].tolist()
    parts = hf.attribute(h, images, "conv2", np.array([3, 0, 7, 2]), batch_size=3, **options)
    assert parts.table["channel"].tolist() == [3, 0, 7, 2]


@pytest.mark.parametrize("units", [[1, 2], [], [1, 2, 99], [0, 1, (0, 0)]])
def test_units_that_do_not_fit_the_images_are_refused(units):
    h, images = hf.load("lenet5-digits"), hf.digits(split="test")[0][:3]
    with pytest.raises(hf.HierfeatError, match="expected a unit of 'conv2'"):
        hf.attribute(h, images, "conv2", units)
