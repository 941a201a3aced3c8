"""Indices against the closed forms of curves whose answer is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import i0, i1

from hierfeat.errors import HierfeatError
from hierfeat.physiology.tuning import _drift, _indices
from hierfeat.physiology.tuning._indices import (
    dsi,
    f1_f0,
    finer_phases,
    global_dsi,
    global_osi,
    harmonics,
    interpolate_circular,
    osi,
    permutation_p,
    ringach_bandwidth,
    vector_orientation,
)

ORIENTATIONS = np.arange(16) * 11.25


def von_mises(kappa, peak=0.0, angles=ORIENTATIONS):
    return np.exp(kappa * (np.cos(2 * np.deg2rad(angles - peak)) - 1))


@pytest.mark.parametrize("kappa", [0.3, 1.0, 2.5])
def test_von_mises_curves(kappa):
    curve = von_mises(kappa)
    assert global_osi(curve, ORIENTATIONS) == pytest.approx(i1(kappa) / i0(kappa), rel=1e-6)
    assert osi(curve, ORIENTATIONS) == pytest.approx(np.tanh(kappa), rel=1e-9)


@settings(deadline=None, max_examples=50)
@given(peak=st.floats(0, 179.9), kappa=st.floats(0.2, 4))
def test_vector_orientation_is_exact_off_the_grid(peak, kappa):
    found = vector_orientation(von_mises(kappa, peak), ORIENTATIONS)
    assert abs((found - peak + 90) % 180 - 90) < 1e-2


def test_directions():
    angles = np.arange(12) * 30.0
    curve = 1 + 0.5 * np.cos(np.deg2rad(angles - 60))
    assert global_dsi(curve, angles) == pytest.approx(0.25)
    assert dsi(curve, angles) == pytest.approx(0.5)
    assert dsi(1 + np.cos(2 * np.deg2rad(angles)), angles) == pytest.approx(0)


@pytest.mark.parametrize("index", [global_osi, vector_orientation])
@pytest.mark.parametrize("angles", [[0, 10, 20, 90, 100], [0, 10, 90, 100], [0, 45, 90]])
def test_uneven_orientations_bring_a_warning(index, angles):
    """Of the first, a flat curve has a gOSI of 0.2; of the second 0, but a single wave has another than its own."""
    with pytest.warns(UserWarning, match="apart: selectivity and preferred angle weigh all of them alike"):
        index(np.ones(len(angles)), np.array(angles))


@pytest.mark.parametrize("step", [7.5, 360 / 14, 22.5, 60, 90])
def test_orientations_rounded_to_degrees_bring_none(step, recwarn):
    angles = (np.arange(round(180 / step)) * step).round() + 3
    assert global_osi(np.ones(len(angles)), angles) < 0.02
    assert not recwarn.list


def test_osi_of_an_odd_number_of_orientations_interpolates_the_orthogonal():
    angles = np.arange(5) * 36.0
    curve = np.array([4.0, 3.0, 1.0, 2.0, 3.0])  # 90 lies midway between 72 and 108
    assert osi(curve, angles) == pytest.approx((4 - 1.5) / (4 + 1.5))


def test_all_channels_at_once():
    curves = np.stack([[von_mises(k) for k in (1, 2)], [von_mises(k, 30) for k in (1, 2)]])
    for index in (osi, global_osi, vector_orientation, ringach_bandwidth, permutation_p):
        assert index(curves, ORIENTATIONS).shape == (2, 2)


def test_a_silent_unit_has_no_selectivity():
    silent = np.zeros(16)
    assert np.isnan(osi(silent, ORIENTATIONS))
    assert np.isnan(global_osi(silent, ORIENTATIONS))
    assert np.isnan(ringach_bandwidth(silent, ORIENTATIONS))


def test_ringach_bandwidth_of_a_von_mises_curve():
    fine = np.arange(0, 180, 1.0)
    found = ringach_bandwidth(von_mises(4.0, 50, fine), fine)
    plain = np.rad2deg(np.arccos(1 - np.log(np.sqrt(2)) / 4.0)) / 2
    assert plain < found < plain + 4  # the smoothing widens it a little
    assert np.isnan(ringach_bandwidth(1 + 0.05 * von_mises(1.0, 50, fine), fine))


@pytest.mark.parametrize("n", [8, 12, 16])
@pytest.mark.parametrize("shift", [0.0, 7.0, 11.0, 22.5])
def test_f1_f0_closed_forms(n, shift):
    phases = np.deg2rad(np.arange(n) * 360 / n - shift)
    assert f1_f0(np.maximum(0, np.cos(phases))) == pytest.approx(np.pi / 2, rel=1e-3)
    assert f1_f0(np.ones(n)) == pytest.approx(0, abs=1e-12)
    delta = np.zeros(n)
    delta[2] = 1
    assert f1_f0(delta) == pytest.approx(2, rel=0.01)


def test_f1_f0_of_a_squared_rectified_wave():
    phases = np.deg2rad(np.arange(64) * 360 / 64)
    assert f1_f0(np.maximum(0, np.cos(phases)) ** 2) == pytest.approx(16 / (3 * np.pi), rel=1e-3)


@pytest.mark.parametrize("window", [60, 90, 120, 180])
def test_pooling_laws(window):
    """Averages and maxima of a half-rectified wave over a window of phases."""
    phases = np.arange(720) / 2.0
    wave = np.maximum(0, np.cos(np.deg2rad(phases)))
    windows = np.stack([np.roll(wave, shift) for shift in range(-window, window + 1)])
    half = np.deg2rad(window / 2)
    weights = np.ones(len(windows))
    weights[[0, -1]] = 0.5
    average = np.average(windows, axis=0, weights=weights)
    assert f1_f0(average) == pytest.approx(np.pi / 2 * np.sin(half) / half, rel=2e-3)
    law = (np.sin(half) + np.pi / 2 * np.cos(half)) / (1 + half)
    assert f1_f0(windows.max(0)) == pytest.approx(law, rel=2e-3)


def test_f1_f0_subtracts_the_blank():
    phases = np.deg2rad(np.arange(16) * 22.5)
    assert f1_f0(3 + np.cos(phases)) == pytest.approx(1 / 3)
    assert f1_f0(3 + np.cos(phases), blank=2.5) == pytest.approx(2)


@settings(deadline=None, max_examples=50)
@given(shift=st.floats(0, 359), mean=st.floats(0.6, 5))
def test_harmonics(shift, mean):
    f0, even, odd = harmonics(mean + 0.5 * np.cos(np.deg2rad(np.arange(8) * 45 - shift)))
    assert f0 == pytest.approx(mean)
    assert even + 1j * odd == pytest.approx(0.5 * np.exp(1j * np.deg2rad(shift)), abs=1e-8)


@pytest.mark.parametrize("n", [5, 8])
def test_finer_phases_are_exact_for_a_linear_unit(n):
    wave = 0.3 + np.cos(np.arange(n) * 2 * np.pi / n - 0.4)
    fine = np.arange(4 * n) * 2 * np.pi / (4 * n)
    np.testing.assert_allclose(finer_phases(wave, 4), 0.3 + np.cos(fine - 0.4), atol=1e-12)


@settings(deadline=None, max_examples=50)
@given(offset=st.floats(-0.6, 2), shift=st.floats(0, 359))
def test_a_thresholded_wave_of_eight_phases_has_the_ratio_of_the_continuous_one(offset, shift):
    """Where three of its samples are above threshold; by sampling the wave finely, which shares no formula."""
    coarse, fine = (
        np.maximum(0, offset + np.cos(np.arange(n) * 2 * np.pi / n - np.deg2rad(shift))) for n in (8, 20_000)
    )
    spectrum = np.fft.rfft(fine)
    if (coarse > 1e-3).sum() >= 3:
        assert f1_f0(coarse) == pytest.approx(2 * abs(spectrum[1]) / spectrum[0].real, rel=1e-4)


@pytest.mark.parametrize("signed", [True, False])
def test_responses_taken_piece_by_piece_are_the_same(signed, monkeypatch):
    raw = np.random.default_rng(0).normal(loc=0 if signed else 9, size=(7, 4, 3, 8))
    blank = np.linspace(-1, 1, 7)
    whole = _drift.drift_components(raw, blank, signed=signed)
    monkeypatch.setattr(_drift, "CHUNK", 200)
    np.testing.assert_allclose(_drift.drift_components(raw, blank, signed=signed), whole, atol=1e-12)
    fine = np.maximum(0, finer_phases(raw, _drift.FINE)) if signed else raw
    np.testing.assert_allclose(whole[1], 2 * np.abs(np.fft.rfft(fine)[..., 1]) / fine.shape[-1], atol=1e-12)
    rest = np.maximum(blank, 0)[:, None, None]
    np.testing.assert_allclose(whole[0], np.maximum(0, fine.mean(-1) - rest), atol=1e-12)


def test_permutations_tried_piece_by_piece_are_the_same(monkeypatch):
    curves = np.random.default_rng(0).exponential(size=(30, 16))
    whole = permutation_p(curves, ORIENTATIONS)
    monkeypatch.setattr(_indices, "CHUNK", 7)
    np.testing.assert_array_equal(permutation_p(curves, ORIENTATIONS), whole)


def test_interpolation_on_the_circle_wraps():
    assert interpolate_circular(np.array([0.0, 2.0]), np.array([0.0, 90.0]), 180.0, np.array([135.0])).item() == 1


def test_exchangeable_curves_are_tuned_as_often_as_alpha_promises():
    curves = np.random.default_rng(0).exponential(size=(4000, 16))
    share = (permutation_p(curves, ORIENTATIONS) < 0.05).mean()
    assert share == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 4000))


def test_tuned_and_flat_curves():
    assert permutation_p(von_mises(1.0, 20), ORIENTATIONS) == pytest.approx(0.001)
    assert permutation_p(np.r_[1.0, 1.0, np.zeros(14)], ORIENTATIONS) < 0.2
    assert np.isnan(
        permutation_p(np.stack([np.ones(16), np.zeros(16), np.eye(16)[3], 1 - np.eye(16)[3]]), ORIENTATIONS)
    ).all()
    assert np.isnan(permutation_p(von_mises(1.0, 20), ORIENTATIONS, permutations=0))


@pytest.mark.parametrize("index", [osi, global_osi, ringach_bandwidth, permutation_p])
@pytest.mark.parametrize("curve", [np.array([1.0, -1.0]), np.array([1.0, np.nan]), np.array([])])
def test_what_no_rate_can_be_is_refused(index, curve):
    with pytest.raises(HierfeatError):
        index(curve, np.array([0.0, 90.0]))


@pytest.mark.parametrize("phases", [1, 2, 3, 4])
def test_four_phases_are_too_few(phases):
    with pytest.raises(HierfeatError, match="at least 5 phases"):
        harmonics(np.ones(phases))


@pytest.mark.parametrize("phases", range(5, 33))
@pytest.mark.parametrize("shift", [0.0, 0.1, 0.3, 0.7])
def test_a_half_rectified_wave_has_its_ratio_from_five_phases_on(phases, shift):
    wave = np.maximum(0, np.cos(np.arange(phases) * 2 * np.pi / phases + shift))
    assert f1_f0(wave) == pytest.approx(np.pi / 2, rel=0.03 if phases > 5 else 0.035)  # of 5, two may be above 0
