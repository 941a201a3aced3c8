"""``hf.indices`` against closed forms, and against what the analyses say of the same curves."""

import warnings

import numpy as np
import pytest
import torch
from scipy.special import i0, i1

import hierfeat as hf
from hierfeat import indices
from hierfeat.errors import HierfeatError

ANGLES = np.arange(16) * 11.25
TONES = np.geomspace(0.05, 0.4, 9)


@pytest.mark.parametrize("kappa", [0.5, 1.5, 4.0])
def test_a_von_mises_curve(kappa):
    curve = 3 * np.exp(kappa * (np.cos(2 * np.deg2rad(ANGLES - 45)) - 1))
    assert indices.gosi(curve) == pytest.approx(i1(kappa) / i0(kappa), rel=1e-5)
    assert indices.osi(curve) == pytest.approx(np.tanh(kappa))
    assert indices.orientation(curve) == pytest.approx(45)
    half = np.rad2deg(np.arccos(1 - np.log(2) / kappa)) / 2
    assert indices.half_width(curve) == pytest.approx(half, rel=1e-3)
    turned = np.roll(ANGLES, 5)
    assert indices.gosi(np.roll(curve, 5), turned) == pytest.approx(indices.gosi(curve))


@pytest.mark.parametrize("count", [8, 12, 16, 24, 36, 90])
def test_gosi_of_a_smooth_curve_is_that_of_any_number_of_samples(count):
    angles = np.arange(count) * 180 / count
    assert indices.gosi(np.exp(2 * np.cos(2 * np.deg2rad(angles - 17)))) == pytest.approx(i1(2) / i0(2), abs=1e-4)


def test_directions():
    curve = 1 + 0.5 * np.cos(np.deg2rad(np.arange(12) * 30.0 - 60))
    assert indices.gdsi(curve) == pytest.approx(0.25)
    assert indices.dsi(curve) == pytest.approx(0.5)
    assert indices.direction(curve) == pytest.approx(60)


@pytest.mark.parametrize("phases", [5, 8, 12, 64])
def test_modulation(phases):
    wave = np.cos(np.arange(phases) * 2 * np.pi / phases)
    assert indices.f1_f0(np.maximum(wave, 0)) == pytest.approx(np.pi / 2, rel=0.01)
    assert indices.f1_f0(3 + wave) == pytest.approx(1 / 3)
    assert indices.f1_f0(3 + wave, blank=2.0) == pytest.approx(1)
    np.testing.assert_allclose(indices.f1_f0([3 + wave, 3 + wave], [0.0, 2]), [1 / 3, 1])


def test_frequency():
    curve = np.exp(-(np.log2(TONES / 0.13) ** 2) / 2)
    assert indices.preferred_frequency(curve, TONES) == pytest.approx(0.13)
    assert indices.bandwidth(curve, TONES) == pytest.approx(2 * np.sqrt(2 * np.log(2)), rel=1e-4)
    assert np.isnan(indices.bandwidth(TONES, TONES))


def test_size_and_length():
    curve, sizes = [0.0, 5, 10, 8, 6, 6], [2, 4, 6, 8, 10, 12]
    assert indices.suppression(curve) == pytest.approx(0.4)
    assert indices.end_stopping(curve) == pytest.approx(0.4)
    assert indices.summation_field(curve, sizes) == pytest.approx(4 + 2 * 4.5 / 5)
    assert indices.surround(curve, sizes) == pytest.approx(8 + 2 * 1.7 / 2)


def test_contrast_and_sparseness():
    contrasts = np.arange(1, 13) / 12
    assert indices.c50(contrasts**3 / (contrasts**3 + 0.4**3), contrasts) == pytest.approx(0.4, rel=1e-3)
    rates = np.random.default_rng(0).exponential(size=(3, 5000))
    np.testing.assert_allclose(indices.treves_rolls(rates), 0.5, atol=0.03)  # E[r]² / E[r²] of an exponential
    assert indices.sparseness(np.maximum(np.random.default_rng(1).normal(size=200_000), 0)) == pytest.approx(
        1 - 1 / np.pi, abs=0.01
    )
    assert indices.sparseness([1e300, 1e300]) == pytest.approx(0)


SILENT = {"preferred_frequency": TONES, "bandwidth": TONES, "summation_field": TONES, "surround": TONES, "c50": TONES}


@pytest.mark.parametrize("name", indices.__all__)
def test_silent_cells_have_none_beside_others_and_shapes_are_kept(name):
    index, more = getattr(indices, name), [SILENT[name]] if name in SILENT else []
    rates = np.random.default_rng(0).random((2, 3, 9))
    rates[1, 2] = 0
    found = index(rates, *more)
    assert found.shape == (2, 3)
    assert np.isnan(found[1, 2])
    assert np.isfinite(index(rates[0], *more)).any() or name in ("bandwidth", "surround")
    for row in range(3):
        np.testing.assert_allclose(index(rates[0, row], *more), found[0, row], equal_nan=True, rtol=1e-6)
    np.testing.assert_allclose(index(rates.tolist(), *more), found, equal_nan=True)
    np.testing.assert_allclose(index(torch.tensor(rates), *more), found, equal_nan=True)


@pytest.mark.parametrize("name", indices.__all__)
@pytest.mark.parametrize("bad", [[-1.0] * 9, [np.nan] * 9, "rates", [], [["a"] * 9], None, {}])
def test_what_are_no_rates_is_refused(name, bad):
    with pytest.raises(HierfeatError, match="expected"):
        getattr(indices, name)(bad, *([SILENT[name]] if name in SILENT else []))


@pytest.mark.parametrize("bad", [[0, 90], "x", [np.nan] * 9, np.zeros(9), np.arange(9)[::-1], None])
@pytest.mark.parametrize("name", SILENT)
def test_conditions_that_do_not_fit_are_refused(name, bad):
    with pytest.raises(HierfeatError, match="expected"):
        getattr(indices, name)(np.ones(9), bad)


@pytest.mark.parametrize("phases", [1, 2, 3, 4])
def test_too_few_phases_are_refused(phases):
    with pytest.raises(HierfeatError, match="at least 5 phases"):
        indices.f1_f0(np.ones(phases))


def test_they_are_the_rulers_of_the_analyses():
    tuning = hf.orientation_tuning(hf.load("lenet5-digits"), layers="conv2")
    rows, curves = tuning.table, tuning.curves["conv2"]
    for name, column in (("osi", "osi"), ("gosi", "gosi"), ("half_width", "half_width")):
        found = np.where(rows.responsive, getattr(indices, name)(curves, tuning.orientations), np.nan)
        np.testing.assert_allclose(found, rows[column], rtol=1e-9, equal_nan=True)


def test_angles_in_radians_are_noticed():
    curve = 3 * np.exp(np.cos(2 * np.deg2rad(ANGLES - 45)))
    with pytest.warns(UserWarning, match=r"these span 2\.95: np\.rad2deg"):
        indices.osi(curve, np.deg2rad(ANGLES))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        indices.osi(curve, ANGLES)
        indices.osi(curve[:4], [40, 43, 46, 49])


def test_what_was_not_measured_and_a_blank_of_another_shape_are_named():
    curve = np.ones((3, 16))
    with pytest.raises(HierfeatError, match="expected responses without NaN"):
        indices.gosi(np.where(np.arange(16) == 3, np.nan, curve))
    with pytest.raises(HierfeatError, match=r"for each of \(3,\) cells, got \(16,\)"):
        indices.f1_f0(curve, np.arange(16))
    waves = 2 + np.cos(np.deg2rad(np.arange(0, 360, 22.5))) * np.array([[1], [2]])
    assert indices.f1_f0(waves, [0.5, 1.0]) == pytest.approx([1 / 1.5, 2 / 1.0])
