"""The spectrum by Fourier transform against the dense SVD of the matrix."""

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import hierfeat.anatomy.lessons.singular_values as module
from hierfeat.anatomy.lessons.convolution_matrix import convolution_matrix
from hierfeat.anatomy.lessons.singular_values import SingularValues, singular_values
from hierfeat.errors import HierfeatError


def dense(layer, shape):
    return np.linalg.svd(convolution_matrix(layer.double(), shape).toarray(), compute_uv=False)


@settings(max_examples=40, deadline=None)
@given(
    kernel=st.tuples(st.sampled_from([1, 3, 5]), st.sampled_from([1, 3])),
    dilation=st.integers(1, 2),
    stride=st.tuples(st.sampled_from([1, 2]), st.sampled_from([1, 2, 3])),
    channels=st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(1, 3)),
)
def test_any_circular_layer(kernel, dilation, stride, channels):
    groups, per_in, per_out = channels
    padding = tuple(dilation * (f - 1) // 2 for f in kernel)
    layer = nn.Conv2d(
        groups * per_in, groups * per_out, kernel, stride, padding, dilation, groups, padding_mode="circular"
    ).double()
    shape = (groups * per_in, 8, 6)
    found = singular_values(layer, shape)
    assert found.table.status.item() == "EXACT"
    np.testing.assert_allclose(found.values, dense(layer, shape), atol=1e-12)
    assert found.table.spectral_norm.item() == pytest.approx(found.gain.max())


def test_kernel_larger_than_the_image_wraps():
    layer = nn.Conv2d(1, 2, 5, padding=2, padding_mode="circular").double()
    np.testing.assert_allclose(singular_values(layer, (1, 4, 4)).values, dense(layer, (1, 4, 4)), atol=1e-12)


def test_zero_padding_is_only_approximated_and_says_so():
    layer = nn.Conv2d(2, 2, 3, padding=1).double()
    found = singular_values(layer, (2, 16, 16))
    assert found.table.status.item() == "CIRCULAR TWIN"
    exact = dense(layer, (2, 16, 16))
    assert not np.allclose(found.values, exact, atol=1e-6)
    # a zero-padded matrix is a compression of the circular one on a larger torus, so its norm cannot exceed that one's
    assert exact[0] <= singular_values(layer, (2, 18, 18)).values[0] + 1e-12


def test_rank_counts_what_is_lost():
    layer = nn.Conv2d(1, 1, 3, padding=1, padding_mode="circular").double().requires_grad_(False)
    layer.weight.fill_(1 / 9)  # a box blur of 3 removes frequencies of 1/3 cycles per pixel
    found = singular_values(layer, (1, 6, 6))
    assert found.table["rank"].item() == np.linalg.matrix_rank(convolution_matrix(layer, (1, 6, 6)).toarray()) == 16


def test_saved_and_loaded(tmp_path):
    found = singular_values(nn.Conv2d(1, 1, 3), (1, 6, 6))
    again = SingularValues.load(found.save(tmp_path))
    np.testing.assert_array_equal(again.values, found.values)


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (nn.Conv1d(1, 1, 3), (1, 6), "expected a torch.nn.Conv2d"),
        (nn.Conv2d(1, 1, 3), (2, 6, 6), r"expected input_shape \(1, height, width\)"),
        (nn.Conv2d(1, 1, 3, stride=2), (1, 6, 7), "does not divide the width of 7"),
    ],
)
def test_bad_input(layer, shape, message):
    with pytest.raises(HierfeatError, match=message):
        singular_values(layer, shape)


def test_plot():
    left, right, _ = singular_values(nn.Conv2d(1, 1, 3), (1, 6, 5)).plot().axes
    assert len(left.lines[0].get_xdata()) == 30
    assert right.images[0].get_extent() == pytest.approx([-0.5, 0.5, -3.5 / 6, 2.5 / 6])


def test_examples_run():
    assert doctest.testmod(module).failed == 0
