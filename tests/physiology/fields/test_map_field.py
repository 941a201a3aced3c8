"""Mapping by hand agrees with the kernel and with the exact receptive field."""

import numpy as np
import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.errors import HierfeatError
from hierfeat.physiology.fields.map_field import FieldMap, map_field


def correlation(a, b):
    return np.corrcoef(a.ravel(), b.ravel())[0, 1]


@pytest.mark.parametrize(
    ("probe", "channels"), [("spot", 1), ("spot", 3), ("bar", 1), ("bar", 3), ("noise", 1), ("noise", 3)]
)
def test_the_map_of_a_first_layer_unit_is_its_kernel(make, probe, channels):
    kernels = [make.gabor(9, 30, 0.15, 60, sigma=2.0), make.gabor(9, 110, 0.2, sigma=2.0)]
    h = make.simple(kernels, (25, 25), channels=channels)
    for channel in (0, 1):
        found = map_field(h, "0", channel, probe=probe)
        kernel = h.model[0].weight[channel].detach().numpy().sum(0)
        inner = found.map[2:-2, 2:-2]
        assert inner.shape == (9, 9)
        assert correlation(inner, kernel) > 0.99
        assert inner.ravel() @ kernel.ravel() / (kernel**2).sum() == pytest.approx(0.5, rel=0.1)


def test_spots_outside_the_receptive_field_do_nothing():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 4, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 3, 3), nn.Tanh())
    h = hf.Hierarchy(net, (1, 28, 28))
    found = map_field(h, "4", 1, probe="spot", margin=3)
    assert found.box == hf.receptive_fields(h).box("4", 5, 5)
    rows = found.table
    top, left, bottom, right = found.box
    outside = ~(rows.row.between(top, bottom) & rows.col.between(left, right))
    assert outside.sum() > 100
    inside = rows.response[~outside].abs().max()
    assert rows.response[outside].abs().max() < 1e-5 * inside  # rounding: a batch of one adds up in another order


def test_a_rectified_unit_shows_its_two_subfields(make):
    h = make.simple([make.gabor(9, 0, 0.15, 0, sigma=2.0)], (25, 25))
    found = map_field(h, "1", 0, probe="spot")
    assert found.light[6, 6] > 0
    assert found.light[3, 6] == pytest.approx(0, abs=1e-5)  # the flank does not answer to light ...
    assert found.dark[3, 6] > 0  # ... but to dark
    assert correlation(found.map[2:-2, 2:-2], h.model[0].weight[0, 0].detach().numpy()) > 0.99


def test_large_fields_are_mapped_in_cells(tmp_path):
    torch.manual_seed(0)
    h = hf.Hierarchy(nn.Conv2d(1, 2, 60, padding=10), (1, 64, 64))
    found = map_field(h, "conv2d", 1, probe="spot")
    assert found.cell == 3
    assert max(found.map.shape) <= 24
    again = FieldMap.load(found.save(tmp_path / "map"))
    np.testing.assert_array_equal(again.map, found.map)


class Flattened(nn.Module):
    """A convolution whose map is flattened: unit 7 of 15 is the one at (1, 2)."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 5, stride=5)

    def forward(self, x):
        return self.conv(x).flatten(2)


def test_the_central_unit_of_a_flattened_map_is_looked_for_where_it_is():
    torch.manual_seed(0)
    h = hf.Hierarchy(Flattened(), (1, 15, 25))
    found, plain = (map_field(h, layer, 1, probe="spot") for layer in ("flatten", "conv"))
    assert found.box == plain.box == (5, 10, 10, 15)
    np.testing.assert_allclose(found.map, plain.map, atol=1e-6)
    field = hf.effective_field(h, torch.rand(2, 1, 15, 25), "flatten")
    assert field.box == (5, 10, 10, 15)
    assert field.map[:, 5:10, 10:15].sum() == pytest.approx(field.map.sum())
    windowed = hf.orientation_tuning(h, layers=["conv", "flatten"], diameter=5, orientations=4, frequencies=3).responses
    np.testing.assert_allclose(windowed["flatten"], windowed["conv"], atol=1e-6)


@pytest.mark.parametrize("probe", ["spot", "bar", "noise"])
def test_a_cell_of_many_pixels_answers_in_the_same_units_whatever_the_probe(probe):
    gains = np.random.default_rng(0).normal(size=(4, 4))
    kernel = np.kron(gains, np.ones((3, 3)))
    conv = nn.Conv2d(1, 1, 12, bias=False)
    with torch.no_grad():
        conv.weight[0, 0] = torch.as_tensor(kernel)
    found = map_field(hf.Hierarchy(conv, (1, 24, 24)), "conv2d", 0, probe=probe, cell=3, margin=1)
    assert (found.region, found.box) == ((3, 3, 21, 21), (6, 6, 18, 18))
    truth = np.pad(gains, 1) * 9 / 2  # from grey to white is half a unit of luminance, in nine pixels
    assert correlation(found.map, truth) > 0.98
    assert (found.map * truth).sum() / (truth**2).sum() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    "options", [{"channel": 7}, {"channel": 0.5}, {"layer": "nope"}, {"probe": "finger"}, {"cell": 99}]
)
def test_bad_input(make, options):
    given = {"layer": "0", "channel": 0, **options}
    with pytest.raises(HierfeatError):
        map_field(make.simple([make.gabor(5, 0, 0.2)], (9, 9)), **given)
