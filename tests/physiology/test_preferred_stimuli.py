"""Size, contrast, length and direction: units whose answers are known."""

import numpy as np
import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.errors import HierfeatError
from hierfeat.physiology.contrast_response import contrast_response
from hierfeat.physiology.direction_tuning import direction_tuning
from hierfeat.physiology.end_stopping import end_stopping
from hierfeat.physiology.size_tuning import size_tuning


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
