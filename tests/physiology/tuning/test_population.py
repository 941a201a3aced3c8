"""Statistics of populations against closed forms, scipy, simulation, and a linear programme."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats
from scipy.optimize import linprog
from torch import nn

import hierfeat as hf
from hierfeat.errors import HierfeatError
from hierfeat.physiology.tuning._distributions import (
    cardinal_bias,
    dip,
    dip_p,
    kolmogorov_smirnov,
    kuiper,
    rayleigh,
)


def nearest_single_peak(values: np.ndarray) -> float:
    """The dip by its definition: for each place of the peak, the nearest convex, then concave function (linear
    programmes over its heights at the data)."""
    x, counts = np.unique(values, return_counts=True)
    after = np.cumsum(counts) / counts.sum()
    before = after - counts / counts.sum()
    return min(_nearest_with_peak_at(m, x, before, after) for m in range(len(x)))


def _nearest_with_peak_at(m: int, x: np.ndarray, before: np.ndarray, after: np.ndarray) -> float:
    k = len(x)
    distance = k + 1  # variables: heights left of and at the peak, heights from just right of it on, the distance
    rows: list[np.ndarray] = []
    bounds: list[float] = []

    def at_most(bound: float, **_: Any) -> None:
        bounds.append(bound)

    def add(terms: dict[int, float], bound: float) -> None:
        row = np.zeros(k + 2)
        for variable, factor in terms.items():
            row[variable] += factor
        rows.append(row)
        at_most(bound)

    for j in range(k + 1):
        point = j if j <= m else j - 1
        low = before[point] if j == m else after[point]
        high = after[point] if j == m + 1 else before[point]
        add({j: 1, distance: -1}, high)
        add({j: -1, distance: -1}, -low)
        if j < k:
            add({j: 1, j + 1: -1}, 0)
    for sign, run in ((1, range(1, m)), (-1, range(m + 2, k))):
        for j in run:
            p = j if sign == 1 else j - 1
            one, two = x[p] - x[p - 1], x[p + 1] - x[p]
            add({j: sign * (1 / one + 1 / two), j - 1: -sign / one, j + 1: -sign / two}, 0)
    aim = np.zeros(k + 2)
    aim[distance] = 1
    return float(linprog(aim, A_ub=np.array(rows), b_ub=bounds, bounds=[(0, 1)] * (k + 2)).fun)


@pytest.mark.parametrize("seed", range(24))
def test_the_dip_is_the_distance_from_the_nearest_distribution_with_one_peak(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 22))
    values = [rng.random(n), rng.normal(size=n), rng.integers(0, 6, n) / 1.0, np.r_[rng.random(n), 3 + rng.random(n)]]
    for sample in values:
        if len(np.unique(sample)) > 1:
            assert dip(sample) == pytest.approx(nearest_single_peak(sample), abs=1e-9)


def test_dips_that_are_known():
    assert dip(np.arange(10.0)) == pytest.approx(1 / 20)  # evenly spread: 1/(2n)
    assert dip(np.repeat([0.0, 1.0], 50)) == pytest.approx(0.25)  # two points: the largest there is
    assert dip(np.full(7, 3.0)) == pytest.approx(1 / 14)
    sample = np.random.default_rng(0).normal(size=80)
    assert dip(sample) == pytest.approx(dip(-3 * sample + 7))
    assert np.isnan(dip(np.empty(0)))


def test_the_p_value_of_the_dip_has_its_level_and_its_power():
    """Uniform samples are rejected at 5 % as often as they should be; two peaks always; and beyond 400 units too."""
    rng = np.random.default_rng(5)
    level = np.mean([dip_p(dip(rng.random(60)), 60, draws=400, seed=0) < 0.05 for _ in range(300)])
    assert 0.02 < level < 0.09
    assert dip_p(dip(np.r_[rng.normal(0, 1, 60), rng.normal(6, 1, 60)]), 120, draws=400, seed=0) < 0.01
    large = np.mean([dip_p(dip(rng.random(1500)), 1500, draws=100, seed=0) < 0.2 for _ in range(40)])
    assert 0.02 < large < 0.45


def test_rayleigh_agrees_with_scipys_resultant_and_with_simulation():
    rng = np.random.default_rng(1)
    angles = rng.vonmises(0.7, 0.5, 40) * 90 / np.pi % 180
    doubled = np.deg2rad(2 * angles)
    vectors = np.stack([np.cos(doubled), np.sin(doubled)], 1)
    found = rayleigh(angles)
    assert found.length == pytest.approx(stats.directional_stats(vectors).mean_resultant_length)
    assert found.mean == pytest.approx(np.rad2deg(stats.circmean(doubled)) / 2)
    null = np.abs(np.exp(2j * np.pi * rng.random((20_000, 40))).mean(1))
    assert found.p_value == pytest.approx((null >= found.length).mean(), abs=0.01)
    assert rayleigh(np.full(30, 179.0)).mean == pytest.approx(179)
    assert rayleigh(np.full(30, 179.0)).p_value < 1e-10
    assert rayleigh(np.array([0.0, 45, 90, 135])).p_value == pytest.approx(1)


def test_cardinal_bias_in_closed_form_and_its_level():
    assert cardinal_bias(np.array([0.0, 90, 180]))[0] == pytest.approx(1)
    assert cardinal_bias(np.array([45.0, 135]))[0] == pytest.approx(-1)
    assert cardinal_bias(np.array([22.5, 67.5]))[0] == pytest.approx(0)
    assert cardinal_bias(np.tile([0.0, 90], 20))[1] < 1e-9
    rng = np.random.default_rng(2)
    level = np.mean([cardinal_bias(180 * rng.random(50))[1] < 0.05 for _ in range(2000)])
    assert level == pytest.approx(0.05, abs=0.015)


def test_distances_against_scipy_and_turned_circles():
    rng = np.random.default_rng(3)
    one, other = rng.normal(size=40), rng.normal(0.5, 2, 55)
    assert kolmogorov_smirnov(one, other) == pytest.approx(stats.ks_2samp(one, other).statistic)
    angles, turned = 180 * rng.random(30), 180 * rng.random(25) ** 2
    distances = [kuiper((angles + turn) % 180, (turned + turn) % 180) for turn in (0, 17, 95, 140)]
    assert distances == pytest.approx([distances[0]] * 4)
    assert kuiper(angles, angles) == 0
    assert kuiper(np.array([10.0]), np.array([20.0])) == 1
    assert np.isnan(kuiper(angles, np.empty(0)))
    assert np.isnan(kolmogorov_smirnov(one, np.empty(0)))


def gabors(orientations: list[float]) -> hf.Hierarchy:
    """A convolution of one Gabor patch for each orientation (of its bars), then a rectifier."""
    conv = nn.Conv2d(1, len(orientations), 11, bias=False)
    rows, columns = np.mgrid[5:-6:-1, -5:6]
    for k, angle in enumerate(np.deg2rad(orientations)):
        across = rows * np.cos(angle) - columns * np.sin(angle)
        patch = np.exp(-(rows**2 + columns**2) / 12) * np.sin(2 * np.pi * 0.18 * across)
        conv.weight.data[k, 0] = torch.as_tensor(patch)
    return hf.Hierarchy(nn.Sequential(conv, nn.ReLU()), (1, 32, 32), name="gabors")


def test_a_population_built_by_hand_is_found_as_it_was_built():
    cardinal = gabors([0, 0, 90, 90] * 6)
    spread = gabors(list(np.arange(0, 180, 7.5)))
    found = hf.population(cardinal, layers="1", other=spread, draws=50)
    [row] = found.table.itertuples()
    assert (row.units, row.tuned) == (24, 24)
    assert row.cardinal_bias == pytest.approx(1, abs=0.01)
    assert row.resultant == pytest.approx(0, abs=0.01)
    assert row.simple == 1
    assert row.f1_f0 == pytest.approx(np.pi / 2, abs=0.05)  # a rectified sinusoid
    assert row.macaque_distance == pytest.approx((83 + 92) / 385)
    assert row.preferred_distance == pytest.approx(0.5, abs=0.05)  # half of the circle's mass lies in each gap
    even = hf.population(spread, layers="1", draws=50).table.iloc[0]
    assert even["resultant"] < 0.02
    assert even["rayleigh_p"] > 0.9
    assert abs(even["cardinal_bias"]) < 0.02
    assert np.isnan(even["preferred_distance"])


def test_tuning_that_is_given_is_not_measured_again(tmp_path):
    h = hf.load("lenet5-digits")
    tuning = hf.orientation_tuning(h, layers="conv1", orientations=8, frequencies=4)
    found = hf.population(h, tuning=tuning, layers="conv2", draws=20)
    assert found.table["layer"].tolist() == ["conv1"]
    assert found.f1_f0["conv1"].tolist() == tuning.table["f1_f0"].dropna().tolist()
    again = hf.Result.load(found.save(tmp_path))
    pd.testing.assert_frame_equal(again.table, found.table)
    with pytest.raises(HierfeatError, match="a layer among \\['conv1'\\]; Sequential has none"):
        hf.population(h, tuning=tuning, other=hf.Hierarchy(nn.Sequential(nn.Conv2d(1, 2, 3)), (1, 32, 32)))
