"""Pools of Gabor units against the pooling laws."""

import numpy as np
import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.errors import HierfeatError
from hierfeat.physiology.tuning.cell_pairs import cell_pairs, max_law


def pooled(make, pool, orientation=90):
    kernels = [make.gabor(15, orientation, 0.1, phase, sigma=3.0) for phase in (0, 90, 200)]
    return hf.Hierarchy(nn.Sequential(make.bank(kernels), nn.ReLU(), pool), (1, 60, 60))


@pytest.mark.parametrize("k", [2, 3, 4])
@pytest.mark.parametrize("pool", [nn.MaxPool2d, nn.AvgPool2d])
def test_pools_follow_the_laws(make, pool, k):
    table = cell_pairs(pooled(make, pool(k)), frequencies=[0.06, 0.08, 0.1, 0.12, 0.14]).table
    np.testing.assert_allclose(table.f1_f0_before, np.pi / 2, rtol=0.01)
    np.testing.assert_allclose(table.f1_f0_after, table.predicted_f1_f0, rtol=0.06)


def test_oblique_gratings_cross_the_window_in_both_axes(make):
    table = cell_pairs(pooled(make, nn.MaxPool2d(3), 30), frequencies=[0.08, 0.1, 0.12]).table
    np.testing.assert_allclose(table.f1_f0_after, table.predicted_f1_f0, rtol=0.08)


def test_a_wide_enough_pool_makes_simple_cells_complex_and_tolerant(make):
    table = cell_pairs(pooled(make, nn.MaxPool2d(6)), frequencies=[0.08, 0.1, 0.12]).table
    assert (table.cell_type_before == "simple").all()
    assert (table.cell_type_after == "complex").all()
    assert (table.tolerance_after > table.tolerance_before + 3).all()
    np.testing.assert_allclose(table.tolerance_before, 1 / 3 / 0.1, rtol=0.15)


def test_max_law_by_brute_force():
    phases = np.arange(3600) / 10
    wave = np.maximum(0, np.cos(np.deg2rad(phases)))
    for half in (0, 200, 600, 900, 1200):
        pool = np.max([np.roll(wave, shift) for shift in range(-half, half + 1, 10)], axis=0)
        spectrum = np.fft.fft(pool)
        assert max_law(np.deg2rad(half / 10)) == pytest.approx(
            2 * abs(spectrum[1]) / spectrum[0].real, rel=2e-3, abs=1e-3
        )


def test_pools_find_their_convolutions():
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(1, 4, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(150, 3),
    )
    table = cell_pairs(hf.Hierarchy(net, (1, 28, 28))).table
    assert table.groupby(["conv", "before", "pool"], sort=False).size().to_dict() == {
        ("0", "1", "2"): 4,
        ("3", "3", "4"): 6,
    }


def test_pools_without_a_law_have_no_prediction(make):
    table = cell_pairs(pooled(make, nn.LPPool2d(2, 2)), frequencies=[0.08, 0.1, 0.12]).table
    assert set(table.pooling) == {"lp"}
    assert table.predicted_f1_f0.isna().all()
    assert (table.f1_f0_after < table.f1_f0_before).all()


def test_silent_units_are_drawn_as_none(make):
    h = hf.Hierarchy(
        nn.Sequential(make.bank([make.gabor(5, 0, 0.2)], bias=-100.0), nn.ReLU(), nn.MaxPool2d(2)), (1, 20, 20)
    )
    pairs = cell_pairs(h, orientations=4, frequencies=3)
    assert set(pairs.table.cell_type_before) == {"unresponsive"}
    assert "no unit" in pairs.plot().get_suptitle()


def test_a_net_without_pools_is_refused():
    with pytest.raises(HierfeatError, match="no pool"):
        cell_pairs(hf.Hierarchy(nn.Conv2d(1, 2, 3), (1, 9, 9)))
