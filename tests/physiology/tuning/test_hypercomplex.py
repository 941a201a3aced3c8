"""Hypercomplex units built by hand: the ruler is laid along the line, not along what a full field drives."""

import numpy as np
import pytest
import torch
from scipy.ndimage import rotate
from torch import nn

import hierfeat as hf


def line_with_ends(length, width, size, turn=0.0, flank=4):
    """A line detector with inhibitory ends and weak flanks, of zero sum; vertical, turned counter-clockwise."""
    kernel = np.zeros((size, size))
    top, left = (size - length) // 2, (size - width) // 2
    rows, cols = slice(top, top + length), slice(left, left + width)
    kernel[:top, cols] = kernel[top + length :, cols] = -1
    kernel[rows, max(0, left - flank) : left] = kernel[rows, left + width : left + width + flank] = -0.1
    kernel[rows, cols] = 1
    kernel[kernel > 0] *= -kernel[kernel < 0].sum() / kernel[kernel > 0].sum()
    return rotate(kernel, turn, reshape=False, order=1) if turn else kernel


UNITS = [
    (13, 3, 31, 0.0), (9, 3, 21, 0.0), (9, 3, 31, 0.0), (15, 5, 41, 0.0), (17, 3, 31, 0.0), (13, 3, 31, 45.0),
    (13, 3, 31, 90.0), (11, 3, 27, 67.5),
]  # fmt: skip


@pytest.mark.parametrize(("length", "width", "size", "turn"), UNITS)
def test_a_line_detector_with_inhibitory_ends_is_end_stopped_along_its_line(make, length, width, size, turn):
    h = make.simple([line_with_ends(length, width, size, turn)], (64, 64))
    tuning = hf.orientation_tuning(h, layers="1")
    along = (90 + turn) % 180
    full = tuning.table.iloc[0].preferred_orientation
    assert abs((full - along + 90) % 180 - 90) > 15  # a full field is preferred across the corner of line and ends
    for given in (tuning, None):
        row = hf.end_stopping(h, layers="1", lengths=[3, 5, 7, 9, 11, 13, 15, 17, 21, 31, 45, 64], tuning=given).table
        assert abs((row.orientation.item() - along + 90) % 180 - 90) < 12  # a step of the grid
        assert row.end_stopping.item() > 0.7
        assert abs(row.best_length.item() - length) <= 4
    size_row = hf.size_tuning(h, layers="1", tuning=tuning).table.iloc[0]
    assert abs((size_row.orientation - along + 90) % 180 - 90) < 12
    assert size_row.suppression_index > 0.3


def test_ends_that_another_unit_makes(make):
    """End-stopping by subtraction, as in cortex: a short unit less two further along its line."""
    kernel = make.gabor(15, 45, 0.12, sigma=2.5)
    conv = make.bank([kernel])

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.first, self.last = conv, nn.ReLU(), nn.ReLU()

        def forward(self, x):
            drive = self.first(self.conv(x))
            ends = torch.roll(drive, (9, -9), (2, 3)) + torch.roll(drive, (-9, 9), (2, 3))
            return self.last(drive - 0.6 * ends)

    h = hf.Hierarchy(Net(), (1, 64, 64))
    table = hf.end_stopping(h, layers=("first", "last"), lengths=[3, 6, 9, 12, 16, 24, 32, 48]).table.set_index("layer")
    assert table.orientation.to_dict() == {"first": 45, "last": 45}
    assert table.end_stopping["first"] < 0.05
    assert table.end_stopping["last"] > 0.5


@pytest.mark.parametrize("sigma", [2.0, 4.0])
def test_plain_gabors_keep_what_a_full_field_found(make, sigma):
    h = make.simple([make.gabor(31, angle, 0.15, sigma=sigma) for angle in (0, 33.75, 90, 146.25)], (48, 48))
    tuning = hf.orientation_tuning(h, layers="1")
    found = hf.size_tuning(h, tuning=tuning, diameters=4).table
    np.testing.assert_array_equal(found.orientation, tuning.table.shown_orientation)
    np.testing.assert_array_equal(found.frequency, tuning.table.shown_frequency)


def test_what_was_measured_within_a_diameter_is_taken_as_it_is(make):
    h = make.simple([line_with_ends(13, 3, 31)], (64, 64))
    tuning = hf.orientation_tuning(h, layers="1", diameter=60)
    row = hf.size_tuning(h, tuning=tuning, diameters=4).table.iloc[0]
    assert row.orientation == tuning.table.shown_orientation.item()
    assert row.frequency == tuning.table.shown_frequency.item()
