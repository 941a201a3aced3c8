import numpy as np
import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.anatomy.kernels._opposites import opposites
from hierfeat.anatomy.kernels.filters import Filters, filters
from hierfeat.errors import HierfeatError


def network(seed=0, channels=3):
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(channels, 8, 7, padding=3), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Conv2d(8, 5, 3), nn.ReLU()
    )


def test_a_first_layer_is_its_own_effective_kernel():
    h = hf.Hierarchy(network(), (3, 24, 24), mean=[0.5] * 3, std=[0.2] * 3)
    found = filters(h, "0")
    weight = h.model[0].weight.detach().numpy()
    np.testing.assert_allclose(found.kernels, weight, atol=1e-6)
    np.testing.assert_allclose(found.effective, weight, atol=1e-6)


def test_a_deeper_effective_kernel_is_the_composition_of_the_linear_maps():
    """Impulse by impulse: without activations and with average pools the network is that linear map."""
    net = network()
    h = hf.Hierarchy(net, (3, 24, 24))
    found = filters(h, "3").effective
    linear = nn.Sequential(net[0], nn.AvgPool2d(2), net[3])
    row, col = 5, 5
    top, left, bottom, right = hf.receptive_fields(h).box("3", row, col)
    with torch.no_grad():
        rest = linear(torch.zeros(1, 3, 24, 24))[0, :, row, col]
        for channel, down, across in [(0, 0, 0), (1, 5, 3), (2, 7, 8)]:
            impulse = torch.zeros(1, 3, 24, 24)
            impulse[0, channel, top + down, left + across] = 1
            expected = linear(impulse)[0, :, row, col] - rest
            np.testing.assert_allclose(found[:, channel, down, across], expected, atol=1e-5)
    assert found.shape == (5, 3, bottom - top, right - left)


def test_gabor_kernels_are_recognised_in_colour():
    row, col = np.mgrid[:11, :11] - 5.0
    u = row * np.cos(0.5) + col * np.sin(0.5)
    kernel = np.exp(-(row**2 + col**2) / 12) * np.cos(2 * np.pi * 0.15 * u - 1)
    net = nn.Conv2d(3, 1, 11)
    with torch.no_grad():
        net.weight.copy_(torch.tensor(kernel)[None, None] * torch.tensor([1.0, 0.5, -0.2])[None, :, None, None])
    row = filters(hf.Hierarchy(net, (3, 20, 20)), "conv2d").table.iloc[0]
    assert row.gabor_r2 > 0.999
    assert row.orientation == pytest.approx(np.rad2deg(0.5), abs=0.5)
    assert row.separability == pytest.approx(1)


def test_opposite_pairs():
    kernels = np.random.default_rng(0).normal(size=(4, 2, 3, 3))
    kernels[3] = -2 * kernels[1]
    cosine, other, _ = opposites(kernels)
    assert (other[1], other[3]) == (3, 1)
    assert cosine[[1, 3]] == pytest.approx(-1)
    assert np.isnan(opposites(np.ones((1, 1, 3, 3)))[0])
    assert opposites(np.stack([np.zeros((1, 3, 3)), np.ones((1, 3, 3))]))[1].tolist() == [-1, -1]


def test_strongest_inputs():
    net = network()
    with torch.no_grad():
        net[3].weight[2] = 0
        net[3].weight[2, 6] = 5
        net[3].weight[2, 1] = 2
    found = filters(hf.Hierarchy(net, (3, 24, 24)), "3").table
    assert found.strongest_inputs[2][:2] == (6, 1)


def test_functional_and_transposed_convolutions():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.randn(4, 1, 3, 3))
            self.up = nn.ConvTranspose2d(4, 2, 2, stride=2)

        def forward(self, x):
            return self.up(torch.nn.functional.conv2d(x, self.weight))

    h = hf.Hierarchy(Net(), (1, 12, 12))
    np.testing.assert_allclose(filters(h, "conv2d").kernels, h.model.weight.detach().numpy())
    assert filters(h, "up").kernels.shape == (2, 4, 2, 2)


def test_grouped_transposed_convolutions_have_a_kernel_per_channel():
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ConvTranspose2d(4, 6, 3, groups=2))
    found = filters(hf.Hierarchy(net, (1, 9, 9)), "1")
    assert found.kernels.shape == (6, 2, 3, 3)
    for source in range(4):  # one input lit at a time: what each output answers is its kernel
        lit = torch.zeros(1, 4, 1, 1)
        lit[0, source] = 1
        answer = (net[1](lit) - net[1].bias[:, None, None])[0].detach().numpy()
        for channel in range(6):
            own = source // 2 == channel // 3
            expected = found.kernels[channel, source % 2] if own else 0
            np.testing.assert_allclose(answer[channel], expected, atol=1e-6)
    assert len(hf.opposite_phase(hf.Hierarchy(net, (1, 9, 9)), layers="1").table) == 6


def test_files(tmp_path):
    found = filters(hf.Hierarchy(network(), (3, 24, 24)), "3")
    again = Filters.load(found.save(tmp_path / "filters"))
    np.testing.assert_array_equal(again.effective, found.effective)
    assert again.table.strongest_inputs.tolist() == found.table.strongest_inputs.tolist()


def test_the_model_is_left_alone():
    net = network().train()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    filters(hf.Hierarchy(net, (3, 24, 24)), "3")
    assert net.training
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert all(parameter.requires_grad and parameter.grad is None for parameter in net.parameters())


@pytest.mark.parametrize(("layer", "message"), [("1", "2-d convolution"), ("conv", "as one layer"), ("0x", "no layer")])
def test_bad_input(layer, message):
    with pytest.raises(HierfeatError, match=message):
        filters(hf.Hierarchy(network(), (3, 24, 24)), layer)
