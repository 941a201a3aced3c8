"""The origins of a matrix's entries, checked against the matrix built from the weights."""

import doctest

import numpy as np
import pytest
from torch import nn

import hierfeat.anatomy.lessons.toeplitz as module
from hierfeat.anatomy.lessons.convolution_matrix import convolution_matrix
from hierfeat.anatomy.lessons.toeplitz import Toeplitz, toeplitz
from hierfeat.errors import HierfeatError

LAYERS = [
    (nn.Conv1d(2, 3, 3, 2, 1), (2, 9)),
    (nn.Conv2d(4, 2, (3, 2), (2, 1), 1, groups=2), (4, 5, 6)),
    (nn.Conv2d(1, 2, 3, padding=1, padding_mode="circular"), (1, 5, 6)),
    (nn.ConvTranspose2d(2, 4, 3, 2, 1, groups=2), (2, 3, 4)),
]


@pytest.mark.parametrize(("layer", "shape"), LAYERS)
def test_each_entry_holds_the_weight_it_names(layer, shape):
    found = toeplitz(layer, shape)
    matrix = convolution_matrix(layer, shape).toarray()
    values = np.append(found.table["value"].to_numpy(), 0)
    np.testing.assert_array_equal(values[found.entries], matrix)
    counted = np.bincount(found.entries[found.entries >= 0], minlength=len(found.table))
    np.testing.assert_array_equal(found.table["uses"], counted)
    assert found.entries.shape == (np.prod(found.out_shape), np.prod(found.in_shape))
    assert tuple(found.in_shape) == shape


def test_table_names_every_weight():
    layer = nn.ConvTranspose2d(2, 4, (3, 1), groups=2)
    row = toeplitz(layer, (2, 3, 4)).table.iloc[-1]
    assert (row.in_channel, row.out_channel, row.tap) == (1, 1, (2, 0))
    assert row["value"] == pytest.approx(layer.weight[1, 1, 2, 0].item())


def test_folded_entries_are_marked():
    found = toeplitz(nn.Conv1d(1, 1, 3, padding=1, padding_mode="reflect"), (1, 4))
    assert found.entries.tolist() == [[1, -2, -1, -1], [0, 1, 2, -1], [-1, 0, 1, 2], [-1, -1, -2, 1]]


def test_blocks_are_toeplitz_and_so_are_they_within():
    entries = toeplitz(nn.Conv2d(1, 1, 3), (1, 6, 7)).entries.reshape(4, 5, 6, 7)
    np.testing.assert_array_equal(entries[1:, :, 1:], entries[:-1, :, :-1])
    np.testing.assert_array_equal(entries[:, 1:, :, 1:], entries[:, :-1, :, :-1])


def test_too_large_to_look_at():
    with pytest.raises(HierfeatError, match="too many to look at"):
        toeplitz(nn.Conv2d(3, 8, 3), (3, 64, 64))


def test_saved_and_loaded(tmp_path):
    found = toeplitz(nn.Conv1d(1, 1, 3), (1, 5))
    assert (Toeplitz.load(found.save(tmp_path)).entries == found.entries).all()


@pytest.mark.parametrize(("layer", "shape"), [*LAYERS, (nn.Conv3d(1, 1, 2), (1, 2, 3, 3))])
def test_plot_draws_every_entry(layer, shape):
    found = toeplitz(layer, shape)
    kernel, matrix = found.plot().axes
    np.testing.assert_array_equal(matrix.images[0].get_array(), found.entries + 2)
    assert len(kernel.texts) == np.prod(layer.kernel_size)


def test_examples_run():
    assert doctest.testmod(module).failed == 0
