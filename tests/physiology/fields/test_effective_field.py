"""Effective fields against the closed forms of linear networks."""

import numpy as np
import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.errors import HierfeatError
from hierfeat.physiology.fields.effective_field import EffectiveField, effective_field


def uniform(depth, kernel=3, channels=1):
    net = nn.Sequential(*(nn.Conv2d(channels, channels, kernel, bias=False) for _ in range(depth)))
    with torch.no_grad():
        for conv in net:
            conv.weight.fill_(1 / conv.weight[0].numel())
    return net


@pytest.mark.parametrize(("depth", "sigma"), [(10, 2.581989), (40, 5.163978)])
def test_uniform_kernels_grow_with_the_root_of_depth(depth, sigma):
    size = 2 * depth + 1
    field = effective_field(hf.Hierarchy(uniform(depth), (1, size, size)), torch.rand(2, 1, size, size), str(depth - 1))
    row = field.table.iloc[0]
    assert row.sigma_h == pytest.approx(sigma, rel=1e-5)
    assert row.sigma_w == pytest.approx(sigma, rel=1e-5)
    assert (row.theoretical_h, row.theoretical_w) == (size, size)
    assert row.gaussian_r2 > 0.995
    assert field.map[0].sum() == pytest.approx(1, rel=1e-4)


def test_strides_multiply_what_lies_above_them():
    net = nn.Sequential(uniform(1)[0], nn.AvgPool2d(2), uniform(1)[0], nn.AvgPool2d(2))
    # (k² − 1)/12 · J²: 8/12 + 3/12 + 4·8/12 + 4·3/12
    field = effective_field(hf.Hierarchy(net, (1, 32, 32)), torch.rand(1, 1, 32, 32), "3")
    assert field.table.sigma_h[0] == pytest.approx(np.sqrt(8 / 12 + 3 / 12 + 4 * 8 / 12 + 4 * 3 / 12), rel=1e-5)


def test_random_weights_have_the_energy_of_the_closed_form():
    torch.manual_seed(0)
    depth, channels = 8, 32
    net = nn.Sequential(*(nn.Conv2d(channels if i else 1, channels, 3, bias=False) for i in range(depth)))
    h = hf.Hierarchy(net, (1, 17, 17))
    energy = effective_field(h, torch.rand(1, 1, 17, 17), "7", weight="energy")
    row = np.mgrid[:17, :17][0] - 8.0
    mean = energy.map.mean(0) / energy.map.mean(0).sum()
    assert np.sqrt((mean * row**2).sum()) == pytest.approx(np.sqrt(depth * 8 / 12), rel=0.05)
    magnitude = effective_field(h, torch.rand(1, 1, 17, 17), "7").map.mean(0)
    wider = np.sqrt((magnitude / magnitude.sum() * row**2).sum())
    assert wider == pytest.approx(np.sqrt(2 * depth * 8 / 12), rel=0.12)


def test_batched_channels_are_those_one_by_one_by_autograd():
    torch.manual_seed(1)
    net = nn.Sequential(nn.Conv2d(3, 6, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Conv2d(6, 7, 3))
    images = torch.rand(5, 3, 16, 16)
    found = effective_field(hf.Hierarchy(net, (3, 16, 16)), images, "3", batch_size=12)
    for channel in (0, 6):
        inputs = images.clone().requires_grad_()
        net(inputs)[:, channel, 3, 3].sum().backward()
        np.testing.assert_allclose(found.map[channel], inputs.grad.abs().sum(1).mean(0), atol=1e-6)


def test_nothing_lies_outside_the_theoretical_field():
    torch.manual_seed(1)
    net = nn.Sequential(nn.Conv2d(1, 4, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 4, 3))
    field = effective_field(hf.Hierarchy(net, (1, 28, 28)), torch.rand(8, 1, 28, 28), "3")
    top, left, bottom, right = field.box
    outside = field.map.copy()
    outside[:, top:bottom, left:right] = 0
    assert outside.max() == 0
    assert (field.table.ratio <= 1).all()


def test_squares_of_mass():
    box = nn.Conv2d(1, 1, 5, bias=False)
    with torch.no_grad():
        box.weight.fill_(1.0)
    row = effective_field(hf.Hierarchy(box, (1, 15, 15)), torch.rand(1, 1, 15, 15), "conv2d").table.iloc[0]
    assert (row.side_20, row.side_30, row.side_50, row.side_99) == (3, 3, 5, 5)  # 1, 9, 25 of 25 pixels
    assert row.ratio == pytest.approx(1)


@pytest.mark.parametrize("kind", ["flat", "cone"])
def test_how_well_a_gaussian_explains_a_field_does_not_depend_on_the_picture(kind):
    """Of a flat field it explains nothing; of another one the same, by least squares over the field alone."""
    steps = np.abs(np.arange(9) - 4)
    kernel = np.ones((9, 9)) if kind == "flat" else np.maximum(0, 5 - np.hypot(steps[:, None], steps))
    found = []
    for size in (9, 15, 31, 64):
        conv = nn.Conv2d(1, 1, 9, bias=False, padding=4)
        with torch.no_grad():
            conv.weight.copy_(torch.tensor(kernel)[None, None])
        field = effective_field(hf.Hierarchy(conv, (1, size, size)), torch.rand(1, 1, size, size), "conv2d")
        found.append(field.table.gaussian_r2[0])
    sigma = np.sqrt((kernel.sum(0) * steps**2).sum() / kernel.sum())
    gaussian = np.exp(-(steps[:, None] ** 2 + steps**2) / (2 * sigma**2))
    residual = kernel - gaussian * (gaussian * kernel).sum() / (gaussian**2).sum()
    expected = 0 if kind == "flat" else 1 - (residual**2).sum() / ((kernel - kernel.mean()) ** 2).sum()
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_dead_unit_is_nan(tmp_path):
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())
    with torch.no_grad():
        net[0].bias.copy_(torch.tensor([-100.0, 100.0]))
    field = effective_field(hf.Hierarchy(net, (1, 9, 9)), torch.rand(3, 1, 9, 9), "1", channels=[0, 1])
    assert np.isnan(field.table.sigma_h[0])
    assert np.isfinite(field.table.sigma_h[1])
    assert EffectiveField.load(field.save(tmp_path / "field")).map.shape == field.map.shape
    dead = effective_field(hf.Hierarchy(net, (1, 9, 9)), torch.rand(3, 1, 9, 9), "1", channels=[0])
    assert dead.plot().axes


@pytest.mark.parametrize(
    "options",
    [
        {"channels": [9]},
        {"channels": []},
        {"channels": [0.5]},
        {"weight": "power"},
        {"layer": "nope"},
        {"images": torch.rand(1, 1, 4, 4)},
    ],
)
def test_bad_input(options):
    given = {"layer": "conv2d", "images": torch.rand(1, 1, 9, 9), **options}
    with pytest.raises(HierfeatError):
        effective_field(hf.Hierarchy(nn.Conv2d(1, 2, 3), (1, 9, 9)), **given)
