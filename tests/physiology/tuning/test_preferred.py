"""Size, contrast, length and direction: units whose answers are known."""

import numpy as np
import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.errors import HierfeatError
from hierfeat.physiology.tuning.contrast_response import contrast_response
from hierfeat.physiology.tuning.direction_tuning import direction_tuning
from hierfeat.physiology.tuning.end_stopping import end_stopping
from hierfeat.physiology.tuning.size_tuning import size_tuning


class Surround(nn.Module):
    """A Gabor unit less the rectified mean of its neighbours: suppressed by what lies around it."""

    def __init__(self, conv, strength):
        super().__init__()
        self.conv, self.strength = conv, strength
        self.around = nn.AvgPool2d(15, stride=1, padding=7, count_include_pad=False)

    def forward(self, x):
        drive = torch.relu(self.conv(x))
        return torch.relu(drive - self.strength * self.around(drive))


def test_a_surround_suppresses_and_its_absence_does_not(make):
    conv = make.bank([make.gabor(9, 45, 0.15, sigma=2.0)])
    plain = size_tuning(make.simple([make.gabor(9, 45, 0.15, sigma=2.0)], (45, 45)), layers="1").table.iloc[0]
    suppressed = size_tuning(hf.Hierarchy(Surround(conv, 1.5), (1, 45, 45)), layers="relu#2").table.iloc[0]
    assert plain.suppression_index < 0.03
    assert suppressed.suppression_index > 0.2
    assert 4 < plain.summation_field < 16


def test_size_tuning_of_a_linear_unit_is_that_of_its_kernel(make):
    """A grating times a difference of Gaussians is suppressed by its own flanks: summed up by hand, rim and all."""
    row, col = np.mgrid[:41, :41] - 20.0
    square = row**2 + col**2
    kernel = (np.exp(-square / 32) - 0.15 * np.exp(-square / 128)) * np.cos(2 * np.pi * 0.15 * row)
    h = make.simple([kernel], (61, 61))
    diameters = np.array([4.0, 7, 10, 14, 18, 24, 30, 36, 42])
    tuning = hf.orientation_tuning(h, layers="1", orientations=[0, 45, 90, 135], frequencies=0.15)
    found = size_tuning(h, layers="1", diameters=diameters, tuning=tuning)
    fine = (np.arange(41 * 8) + 0.5) / 8 - 20.5  # each pixel in 8 × 8 parts
    inside = np.hypot(fine[:, None], fine)[..., None] <= diameters / 2
    covered = inside.reshape(41, 8, 41, 8, -1).mean((1, 3))
    amplitude = 0.5 * np.einsum("ij,ij,ijd->d", kernel, np.cos(2 * np.pi * 0.15 * row), covered)
    curve = np.abs(amplitude) / 2  # the first harmonic of a half-rectified wave
    np.testing.assert_allclose(found.curves["1"][0], curve, rtol=0.05)
    unit = found.table.iloc[0]
    assert unit.suppression_index == pytest.approx(1 - curve[-1] / curve.max(), abs=0.02)
    assert 0.2 < unit.suppression_index < 0.8
    reached = np.interp(0.95 * curve.max(), curve[: curve.argmax() + 1], diameters[: curve.argmax() + 1])
    assert unit.summation_field == pytest.approx(reached, rel=0.03)
    past, level = np.arange(60), 1.05 * curve[-1]
    fallen = curve.argmax() + np.argmax(curve[curve.argmax() :] <= level)
    share = (curve[fallen - 1] - level) / (curve[fallen - 1] - curve[fallen])
    assert unit.surround == pytest.approx(np.interp(fallen - 1 + share, past[: len(curve)], diameters), rel=0.05)


def test_layers_stand_in_call_order(make, tmp_path):
    net = nn.Sequential()
    net.add_module("third", make.bank([make.gabor(9, 45, 0.15, sigma=2.0)]))
    net.add_module("second", nn.ReLU())
    net.add_module("first", nn.MaxPool2d(2))
    tuning = hf.orientation_tuning(hf.Hierarchy(net, (1, 31, 31)), layers="*", orientations=4, frequencies=3)
    found = size_tuning(hf.Hierarchy(net, (1, 31, 31)), layers="*", diameters=4, tuning=tuning)
    again = type(found).load(found.save(tmp_path / "sizes"))
    for result in (found, again):
        assert list(result.curves) == list(dict.fromkeys(result.table.layer)) == ["third", "second", "first"]
        assert [label.get_text() for label in result.plot().axes[1].get_yticklabels()] == ["third", "second", "first"]


class Normalised(nn.Module):
    """An energy cell over itself and a constant: c²/(c² + c50²) by construction."""

    def __init__(self, conv, constant):
        super().__init__()
        self.conv, self.constant, self.last = conv, constant, nn.ReLU()

    def forward(self, x):
        energy = self.conv(x).square().sum(1, keepdim=True)
        return self.last(energy / (energy + self.constant))


@pytest.mark.parametrize("c50", [0.2, 0.5])
def test_a_normalised_energy_cell_has_its_own_contrast_response(make, c50):
    kernels = [make.gabor(15, 90, 0.15, phase, sigma=3.0) for phase in (0, 90)]
    row = np.arange(15) - 7.0
    gain = 0.25 * sum((kernel.sum(0) @ wave) ** 2 for kernel in kernels for wave in
                      (np.cos(2 * np.pi * 0.15 * row), np.sin(2 * np.pi * 0.15 * row))) / 2  # fmt: skip
    h = hf.Hierarchy(Normalised(make.bank(kernels), gain * c50**2), (1, 31, 31), mean=[0.5], std=[1.0])
    tuning = hf.orientation_tuning(h, layers="last", orientations=[0, 45, 90, 135], frequencies=[0.1, 0.15, 0.2])
    unit = contrast_response(h, layers="last", contrasts=10, tuning=tuning).table.iloc[0]
    assert unit.orientation == 90
    assert unit.frequency == 0.15
    assert unit.exponent == pytest.approx(2, rel=0.02)
    assert unit.c50 == pytest.approx(c50, rel=0.02)
    assert unit.r_max == pytest.approx(1, rel=0.02)
    assert unit.base == pytest.approx(0, abs=0.01)


def test_contrast_is_linear_without_biases_and_not_with(make):
    kernel = [make.gabor(9, 45, 0.15, sigma=2.0)]
    linear = contrast_response(make.simple(kernel, (31, 31)), layers="1").table.iloc[0]
    assert linear.linearity == pytest.approx(1, abs=1e-5)
    saturating = nn.Sequential(make.bank(kernel), nn.ReLU(), nn.Tanh())
    curved = contrast_response(hf.Hierarchy(saturating, (1, 31, 31)), layers="2").table.iloc[0]
    assert curved.linearity < 0.95
    assert curved.c50 < 0.5
    assert curved.naka_rushton_r2 > 0.98


def test_a_unit_with_inhibitory_ends_is_end_stopped(make):
    row, col = np.mgrid[:31, :31] - 15.0
    across = np.exp(-(row**2) / 18) * np.cos(2 * np.pi * 0.12 * row)
    middle, ends = np.exp(-(col**2) / 50), np.exp(-((np.abs(col) - 12) ** 2) / 8)
    kernels = [across * middle, across * (middle - 0.3 * ends)]
    net = nn.Sequential(make.bank(kernels), nn.ReLU())
    lengths = [4, 8, 12, 16, 20, 24, 30, 40]
    h = hf.Hierarchy(net, (1, 51, 51), mean=[0.5], std=[1.0])
    # such ends tilt the preference by 11 degrees: three coarse orientations keep the bar along the unit
    tuning = hf.orientation_tuning(h, layers="1", orientations=[0, 60, 120])
    found = end_stopping(h, layers="1", lengths=lengths, tuning=tuning).table
    covered = np.clip(np.array(lengths)[:, None] / 2 + 0.5 - np.abs(col[0]), 0, 1)
    responses = covered @ (middle - 0.3 * ends)[0]
    assert found.orientation.tolist() == [0, 0]
    assert found.end_stopping[0] < 0.001
    assert found.end_stopping[1] == pytest.approx(1 - responses[-1] / responses.max(), rel=0.05)
    assert found.best_length[1] == lengths[responses.argmax()]


def moving_unit(make, rate, frames=5):
    """A conv whose kernel drifts: phase advances by 360 · rate a frame, downwards at orientation 0."""
    kernel = np.stack([make.gabor(15, 0, 0.1, 360 * rate * frame, sigma=3.0) for frame in range(frames)])
    conv = nn.Conv2d(frames, 1, 15, bias=False)
    with torch.no_grad():
        conv.weight.copy_(torch.tensor(kernel)[None])
    return hf.Hierarchy(nn.Sequential(conv, nn.ReLU()), (frames, 31, 31))


def test_direction_of_a_moving_unit_and_of_a_still_one(make):
    moving = direction_tuning(moving_unit(make, 0.125), frames=5, layers="1").table.iloc[0]
    assert abs((moving.preferred_direction - 270 + 180) % 360 - 180) < 2  # downwards
    assert moving.dsi > 0.5
    still = direction_tuning(moving_unit(make, 0.0), frames=5, layers="1").table.iloc[0]
    assert still.dsi < 0.02


@pytest.mark.parametrize("towards", [20.0, 137.0, 305.0])
def test_direction_of_an_oblique_unit_in_colour(towards):
    """Three frames of three colours; a plane wave that runs `towards`, drawn without the library."""
    row, col = np.mgrid[:15, :15] - 7.0
    angle = np.deg2rad(towards)
    along = col * np.cos(angle) - row * np.sin(angle)  # counter-clockwise from rightwards; rows run down
    wave = [np.exp(-(row**2 + col**2) / 18) * np.cos(2 * np.pi * (0.12 * along - 0.125 * t)) for t in range(3)]
    kernel = np.stack(wave) - np.mean(wave, axis=(1, 2))[:, None, None]
    conv = nn.Conv2d(9, 1, 15, bias=False)
    with torch.no_grad():
        conv.weight.copy_(torch.tensor(kernel).repeat_interleave(3, 0)[None])
    h = hf.Hierarchy(nn.Sequential(conv, nn.ReLU()), (9, 32, 35))
    unit = direction_tuning(h, frames=3, layers="1", frequencies=[0.06, 0.12, 0.24]).table.iloc[0]
    assert abs((unit.preferred_direction - towards + 180) % 360 - 180) < 3
    assert unit.preferred_frequency == 0.12
    assert unit.dsi > 0.4


def test_a_still_model_has_no_direction(make):
    with pytest.raises(HierfeatError, match="still image"):
        direction_tuning(make.simple([make.gabor(5, 0, 0.2)], (9, 9)))
    with pytest.raises(HierfeatError, match="divide"):
        direction_tuning(make.simple([make.gabor(5, 0, 0.2)], (9, 9), channels=3), frames=2)


@pytest.mark.parametrize(
    "call",
    [
        lambda h: size_tuning(h, layers="0", diameters=[5, 3]),
        lambda h: contrast_response(h, layers="0", contrasts=[0.5]),
        lambda h: end_stopping(h, layers="0", lengths=[4]),
    ],
)
def test_bad_input(make, call):
    with pytest.raises(HierfeatError, match="rising"):
        call(make.simple([make.gabor(5, 0, 0.2)], (9, 9)))


def test_a_dead_layer_is_named(make):
    with pytest.raises(HierfeatError, match="no unit"):
        size_tuning(make.simple([np.zeros((5, 5))], (9, 9)), layers="1")
