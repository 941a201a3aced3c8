"""Attribution: beside captum's own methods where those work, exact zeros outside the field, and any kind of call."""

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F
from captum.attr import (
    LayerGradCam,
    NeuronDeconvolution,
    NeuronFeatureAblation,
    NeuronGradient,
    NeuronGuidedBackprop,
    NeuronIntegratedGradients,
)
from torch import nn

import hierfeat as hf
from hierfeat.physiology.features.attribute import METHODS, Attribution, attribute

GRADIENTS = ("gradient", "integrated_gradients", "guided_backprop", "deconvolution")
UNIT = (2, 1, 2)


class Modules(nn.Module):
    """A module for each call: what captum's own methods can work with."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.relu1 = nn.Conv2d(channels, 6, 3), nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.conv2, self.relu2 = nn.Conv2d(6, 5, 3), nn.ReLU()
        self.conv3 = nn.Conv2d(5, 4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool(self.relu1(self.conv1(x)))
        return self.conv3(self.relu2(self.conv2(x)))


class Calls(Modules):
    """The same net with functional, in-place and repeated rectifiers."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(F.relu_(self.conv1(x)), 2)
        x = self.conv2(x)
        return self.conv3(F.relu(x, inplace=True).clamp(min=0))


def pair(channels: int) -> tuple[hf.Hierarchy, hf.Hierarchy, torch.Tensor]:
    torch.manual_seed(1)
    modules, calls = Modules(channels), Calls(channels)
    calls.load_state_dict(modules.state_dict())
    shape = (channels, 16, 14)
    images = torch.rand(3, *shape, generator=torch.Generator().manual_seed(2))
    return hf.Hierarchy(modules, shape), hf.Hierarchy(calls, shape), images


ELSEWHERE = {"occlusion", "smoothgrad", "deeplift", "lrp"}  # compared with closed forms


def by_captum(model: nn.Module, method: str, images: torch.Tensor) -> torch.Tensor:
    images = images.clone().requires_grad_()
    if method == "gradient":
        return NeuronGradient(model, model.conv3).attribute(images, UNIT)
    if method == "integrated_gradients":
        return NeuronIntegratedGradients(model, model.conv3).attribute(images, UNIT, n_steps=50)
    if method == "guided_backprop":
        return NeuronGuidedBackprop(model, model.conv3).attribute(images, UNIT)
    if method == "deconvolution":
        return NeuronDeconvolution(model, model.conv3).attribute(images, UNIT)
    if method == "ablation":
        rows, cols = torch.arange(16) // 4, torch.arange(14) // 4
        mask = (rows[:, None] * 4 + cols).expand(1, images.shape[1], 16, 14)
        with torch.no_grad():
            return NeuronFeatureAblation(model, model.conv3).attribute(images, UNIT, feature_mask=mask)[:, :1]
    cam = LayerGradCam(model, model.conv2).attribute(images, UNIT, relu_attributions=True)
    return F.interpolate(cam, (16, 14), mode="bilinear")


@pytest.mark.filterwarnings("ignore:Setting backward hooks")
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("method", [name for name in METHODS if name not in ELSEWHERE])
def test_beside_captum(method: str, channels: int) -> None:
    modules, calls, images = pair(channels)
    expected = by_captum(modules.model.eval(), method, images).detach().numpy()
    assert np.abs(expected).max() > 1e-3
    for h in (modules, calls):
        found = attribute(h, images, "conv3", UNIT, method=method, patch=4)
        np.testing.assert_allclose(found.maps, expected, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("layer", ["conv1", "relu", "max_pool2d", "conv2", "relu#2", "clamp", "conv3"])
@pytest.mark.parametrize("method", GRADIENTS)
def test_outside_the_field_every_gradient_is_exactly_zero(layer: str, method: str) -> None:
    _, h, images = pair(1)
    result = attribute(h, images, layer, (1, 0, 1), method=method, steps=5)
    top, left, bottom, right = hf.receptive_fields(h).box(layer, 0, 1)
    outside = np.ones((16, 14), dtype=bool)
    outside[top:bottom, left:right] = False
    assert outside.any()
    assert (result.maps[:, :, outside] == 0).all()
    assert (result.table[["top", "left", "bottom", "right"]].to_numpy() == [top, left, bottom, right]).all()
    assert result.table["inside"].dropna().eq(1).all()


def test_the_gradient_of_a_template_detector_is_its_template() -> None:
    template = torch.randn(5, 5, generator=torch.Generator().manual_seed(0))
    conv = nn.Conv2d(1, 1, 5)
    with torch.no_grad():
        conv.weight[0, 0] = template
        conv.bias.fill_(100)
    h = hf.Hierarchy(nn.Sequential(conv, nn.ReLU(inplace=True)), (1, 12, 12), mean=[0.3], std=[0.5])
    for layer in ("0", "1"):
        found = attribute(h, torch.rand(1, 1, 12, 12), layer, (0, 2, 3))
        np.testing.assert_allclose(found.maps[0, 0, 2:7, 3:8], template.numpy() / 0.5, rtol=1e-5)


def test_integrated_gradients_add_up_to_the_answer() -> None:
    _, h, images = pair(3)
    result = attribute(h, images, "clamp", 1, method="integrated_gradients", steps=400, baseline=0.0)
    base = hf.record(h, torch.zeros(1, 3, 16, 14), layers="clamp")["clamp"][0]
    for row in result.table.itertuples():
        difference = row.activation - base[row.channel, row.row, row.col].item()
        assert row.total == pytest.approx(difference, abs=0.01)


def test_a_channel_means_its_best_place() -> None:
    _, h, images = pair(1)
    table = attribute(h, images, "conv2", 2).table
    activation = hf.record(h, images, layers="conv2")["conv2"][:, 2]
    for row, answer in zip(table.itertuples(), activation, strict=True):
        assert row.activation == pytest.approx(answer.max().item(), rel=1e-6)
        assert answer[row.row, row.col] == answer.max()


def test_gradcam_follows_the_branch_that_leads_to_the_unit() -> None:
    class Fire(nn.Module):
        """Two branches side by side; the first comes before the second, and does not lead to it."""

        def __init__(self) -> None:
            super().__init__()
            self.squeeze, self.left, self.right = nn.Conv2d(1, 3, 3), nn.Conv2d(3, 2, 1), nn.Conv2d(3, 2, 3, padding=1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = F.relu_(self.squeeze(x))
            return torch.cat([F.relu_(self.left(x)), F.relu_(self.right(x))], 1)

    torch.manual_seed(0)
    h, shown = hf.Hierarchy(Fire(), (1, 12, 12)), torch.rand(2, 1, 12, 12)
    found = attribute(h, shown, "right", (0, 4, 5), method="gradcam")
    maps = hf.record(h, shown, layers="squeeze")["squeeze"]
    weights = torch.zeros(3, 10, 10)
    weights[:, 3:6, 4:7] = h.model.right.weight[0].detach()
    cam = (
        ((weights * (maps > 0)).mean((2, 3), keepdim=True) * maps).sum(1, keepdim=True).relu()
    )  # Selvaraju et al. (2017): what speaks for the unit
    np.testing.assert_allclose(found.maps, F.interpolate(cam, (12, 12), mode="bilinear"), atol=1e-6)
    with pytest.raises(hf.HierfeatError, match="to lead to 'right'"):
        attribute(h, shown, "right", 0, method="gradcam", cam_layer="left")


def test_occlusion_by_brute_force() -> None:
    _, h, images = pair(1)
    result = attribute(h, images[:1], "conv3", UNIT, method="occlusion", patch=2, baseline=0.25)

    def answer(image: torch.Tensor) -> float:
        return hf.record(h, image, layers="conv3")["conv3"][0][UNIT].item()

    whole, total, count = answer(images[:1]), np.zeros((16, 14)), np.zeros((16, 14))
    for row in range(15):
        for col in range(13):
            hidden = images[:1].clone()
            hidden[..., row : row + 2, col : col + 2] = 0.25
            total[row : row + 2, col : col + 2] += whole - answer(hidden)
            count[row : row + 2, col : col + 2] += 1
    np.testing.assert_allclose(result.maps[0, 0], total / count, atol=1e-5)


def test_linear_layers_batches_and_the_plot(tmp_path) -> None:
    h = hf.load("lenet5-digits")
    images, _ = hf.digits(split="test")
    whole = attribute(h, images[:5], "fc3", 4)
    parts = attribute(h, images[:5], "fc3", 4, batch_size=2)
    np.testing.assert_allclose(whole.maps, parts.maps, atol=1e-5)
    assert whole.table[["top", "left", "bottom", "right"]].iloc[0].tolist() == [0, 0, 32, 32]
    again = Attribution.load(whole.save(tmp_path / "maps"))
    pd.testing.assert_frame_equal(again.table, whole.table, check_dtype=False)
    assert len(again.plot(most=3).axes) == 7


@pytest.mark.parametrize("method", METHODS)
def test_a_map_that_says_nothing_is_said_to_be_so(method: str) -> None:
    below = nn.Conv2d(1, 3, 3, bias=False)
    conv = nn.Conv2d(3, 4, 3)
    with torch.no_grad():
        below.weight.fill_(1 / 9)  # local means
        conv.weight.zero_()
        conv.weight[0, 0, 1, 1] = conv.weight[2, 0, 1, 1] = conv.weight[3, 0, 1, 1] = 1
        conv.bias.copy_(torch.tensor([-100, 0.5, -0.6, 0]))
    h = hf.Hierarchy(nn.Sequential(below, conv, nn.ReLU(inplace=True)), (1, 12, 12))
    images = torch.zeros(2, 1, 12, 12)
    images[0, :, :6] = 0.9  # the lower half, and all of the second image, are below channel 2's threshold

    def statuses(unit, shown=images):
        return attribute(h, shown, "2", unit, method=method, baseline=1.0, patch=2, steps=3).table["status"].tolist()

    assert statuses(0) == ["dead", "dead"]
    assert statuses((0, 2, 2)) == ["dead", "dead"]
    assert statuses(1) == ["constant", "constant"]
    assert statuses(3)[0] == "ok"
    if method in ("gradient", "guided_backprop", "gradcam"):
        assert statuses((2, 1, 3)) == ["ok", "silent"]
        assert statuses((2, 1, 3), images[1:]) == ["dead"]  # on that image alone, it is


def test_the_model_is_left_alone() -> None:
    _, h, images = pair(1)
    digest, random, parameters = h.weights_sha256, torch.get_rng_state(), list(h.model.parameters())
    for method in set(METHODS) - {"deeplift", "lrp"}:  # which refuse calls of functions
        attribute(h, images, "conv3", UNIT, method=method, steps=2)
    assert h.weights_sha256 == digest
    assert torch.equal(random, torch.get_rng_state())
    assert all(parameter.requires_grad and parameter.grad is None for parameter in parameters)
    assert not any(module._forward_hooks or module._backward_hooks for module in h.model.modules())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "magic"}, "expected method"),
        ({"layer": "conv7"}, "did you mean"),
        ({"unit": 99}, "expected a unit"),
        ({"unit": (0, 0)}, "expected a unit"),
        ({"unit": (0, 0, 12)}, "expected a unit"),
        ({"unit": 0.5}, "expected a unit"),
        ({"patch": 0}, "expected patch"),
        ({"layer": "conv1", "method": "gradcam"}, "gradcam needs"),
        ({"method": "gradcam", "cam_layer": "pool"}, "cam_layer to have maps and to lead"),
    ],
)
def test_bad_input(options, message) -> None:
    net = nn.Sequential()
    torch.manual_seed(0)
    net.add_module("conv1", nn.Conv2d(1, 2, 3))
    net.add_module("conv2", nn.Conv2d(2, 2, 3))
    net.add_module("pool", nn.MaxPool2d(2))
    h = hf.Hierarchy(net, (1, 12, 12))
    with pytest.raises(hf.HierfeatError, match=message):
        attribute(h, **({"layer": "conv2", "unit": 0, "images": torch.rand(1, 1, 12, 12)} | options))
