"""Where the kernel sits, against the gradient of torch's convolution, which knows it too."""

import doctest

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

import hierfeat.anatomy.lessons.padding_and_stride as module
from hierfeat.anatomy.lessons.padding_and_stride import PaddingAndStride, padding_and_stride
from hierfeat.errors import HierfeatError

settings_of = st.tuples(st.integers(1, 20), st.integers(1, 5), st.integers(0, 4), st.integers(1, 4), st.integers(1, 3))


@settings(deadline=None)
@given(settings_of)
def test_the_cells_that_torch_reads(case):
    w, f, p, s, d = case
    image = torch.zeros(1, 1, w, requires_grad=True)
    try:
        output = F.conv1d(image, torch.arange(1.0, f + 1)[None, None], stride=s, padding=p, dilation=d)[0, 0]
    except RuntimeError:
        with pytest.raises(HierfeatError, match="does not fit"):
            padding_and_stride(*case)
        return
    found = padding_and_stride(*case)
    seen = torch.zeros(w)
    assert len(found.taps) == len(output)
    for cell, taps in zip(output, found.taps, strict=True):
        (gradient,) = torch.autograd.grad(cell, image, retain_graph=True)
        wanted = [gradient[0, 0, tap].item() if 0 <= tap < w else 0 for tap in taps]
        assert wanted == [tap_number + 1 if 0 <= tap < w else 0 for tap_number, tap in enumerate(taps)]
        seen += gradient[0, 0] != 0
    np.testing.assert_array_equal(found.coverage, seen)
    assert (found.table.taps_inside + found.table.taps_in_padding == f).all()


def test_remainder_is_the_uncovered_end():
    found = padding_and_stride(10, 3, 0, 4)
    assert found.settings["remainder"] == 3
    assert found.coverage.tolist() == [1, 1, 1, 0, 1, 1, 1, 0, 0, 0]


def test_ceil_mode_lets_the_last_window_hang_over():
    found = padding_and_stride(5, 2, 0, 2, ceil_mode=True)
    assert found.taps.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert found.table.taps_in_padding.tolist() == [0, 0, 1]


def test_saved_and_loaded(tmp_path):
    found = padding_and_stride(6, 3, (0, 1), 2)
    again = PaddingAndStride.load(found.save(tmp_path))
    assert again.settings == found.settings
    assert (again.taps == found.taps).all()


@pytest.mark.parametrize("planar", [True, False])
@pytest.mark.parametrize(
    "case", [(5, 3, 1, 1, 1), (7, 3, 0, 3, 1), (7, 3, 2, 1, 2), (4, 4, 0, 1, 1), (60, 5, (1, 2), 2, 1)]
)
def test_plot(case, planar):
    found = padding_and_stride(*case)
    figure = found.plot(planar=planar)
    assert found.settings["formula"] in figure.get_suptitle()
    line = figure.axes[-1]
    cells = line.images[0].get_array()
    assert cells.shape[0] == found.settings["out"]
    assert (cells == 2).sum() == found.table.taps_inside.sum()
    assert (cells == 3).sum() == found.table.taps_in_padding.sum()
    assert (cells == 4).any() == (found.coverage == 0).any()


def test_examples_run():
    assert doctest.testmod(module).failed == 0
