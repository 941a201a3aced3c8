"""Fits give back the curve they were handed."""

import contextlib
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import curve_fit

from hierfeat.errors import HierfeatError
from hierfeat.physiology.tuning._curves import (
    end_stopping,
    fit_log_gaussian,
    fit_naka_rushton,
    fit_von_mises,
    interpolated_peak,
    size_indices,
)

ORIENTATIONS = np.arange(16) * 11.25


@settings(deadline=None, max_examples=40)
@given(peak=st.floats(0, 179), kappa=st.floats(0.5, 8), base=st.floats(0, 2), amplitude=st.floats(0.5, 50))
def test_von_mises_comes_back(peak, kappa, base, amplitude):
    curve = base + amplitude * np.exp(kappa * (np.cos(2 * np.deg2rad(ORIENTATIONS - peak)) - 1))
    fit = fit_von_mises(curve, ORIENTATIONS)
    assert abs((fit.peak[0] - peak + 90) % 180 - 90) < 0.05
    assert fit.half_width[0] == pytest.approx(np.rad2deg(np.arccos(1 - np.log(2) / kappa)) / 2, rel=0.02)
    assert fit.r2[0] > 0.9999
    np.testing.assert_allclose(fit.at(ORIENTATIONS)[0], curve, rtol=0.01, atol=0.01 * amplitude)


def test_a_broad_curve_has_no_half_width():
    fit = fit_von_mises(np.exp(0.2 * np.cos(2 * np.deg2rad(ORIENTATIONS))), ORIENTATIONS)
    assert np.isnan(fit.half_width[0])


def test_many_curves_at_once_are_fitted_as_one_by_one():
    generator = np.random.default_rng(1)
    curves = generator.random((50, 16))
    together = fit_von_mises(curves, ORIENTATIONS)
    for index in (0, 17, 49):
        alone = fit_von_mises(curves[index], ORIENTATIONS)
        assert together.peak[index] == pytest.approx(alone.peak[0], abs=0.1)


def test_silent_and_flat_curves_do_not_break_the_others():
    fit = fit_von_mises(np.stack([np.zeros(16), np.ones(16), 1 + np.cos(np.deg2rad(2 * ORIENTATIONS))]), ORIENTATIONS)
    assert np.isnan(fit.r2[:2]).all()
    assert abs((fit.peak[2] + 90) % 180 - 90) < 0.1


@settings(deadline=None, max_examples=40)
@given(peak=st.floats(0.06, 0.25), sigma=st.floats(0.3, 1.5))
def test_log_gaussian_comes_back(peak, sigma):
    frequencies = np.geomspace(0.02, 0.5, 10)
    fit = fit_log_gaussian(3 * np.exp(-(np.log2(frequencies / peak) ** 2) / (2 * sigma**2)), frequencies)
    assert fit.peak[0] == pytest.approx(peak, rel=0.01)
    low, high = peak * 2 ** (-sigma * np.sqrt(2 * np.log(2))), peak * 2 ** (sigma * np.sqrt(2 * np.log(2)))
    assert fit.bandwidth[0] == pytest.approx(np.log2(high / low), rel=0.01)


@settings(deadline=None, max_examples=40)
@given(peak=st.floats(0.06, 0.25), sigma=st.floats(0.3, 1.5))
def test_the_interpolated_peak_of_a_log_gaussian_is_exact(peak, sigma):
    frequencies = np.geomspace(0.02, 0.5, 9)
    curve = np.exp(-(np.log2(frequencies / peak) ** 2) / (2 * sigma**2))
    assert interpolated_peak(curve, frequencies)[0] == pytest.approx(peak, rel=1e-6)


def test_the_interpolated_peak_at_an_end_or_of_silence_is_a_sample():
    frequencies = np.geomspace(0.05, 0.4, 4)
    found = interpolated_peak(np.array([[3.0, 2, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]]), frequencies)
    np.testing.assert_allclose(found, frequencies[0])


def test_a_low_pass_unit_has_no_bandwidth():
    frequencies = np.geomspace(0.02, 0.5, 8)
    fit = fit_log_gaussian(1 / frequencies, frequencies)
    assert fit.peak[0] == pytest.approx(0.02)
    assert np.isnan(fit.bandwidth[0])


@settings(deadline=None, max_examples=10)
@given(c50=st.floats(0.1, 0.6), exponent=st.floats(1, 3.5), base=st.floats(0, 0.5))
def test_naka_rushton_comes_back(c50, exponent, base):
    contrasts = np.linspace(0, 1, 12)
    fit = fit_naka_rushton(4 * contrasts**exponent / (contrasts**exponent + c50**exponent) + base, contrasts)
    assert fit.c50[0] == pytest.approx(c50, rel=0.05)
    assert fit.exponent[0] == pytest.approx(exponent, rel=0.05)
    assert fit.r2[0] > 0.999


def von_mises(angles, peak, kappa, amplitude, base):
    return base + amplitude * np.exp(kappa * (np.cos(2 * np.deg2rad(angles - peak)) - 1))


def log_gaussian(frequencies, peak, sigma, amplitude):
    return amplitude * np.exp(-(np.log2(frequencies / peak) ** 2) / (2 * sigma**2))


def naka_rushton(contrasts, r_max, c50, exponent, base):
    return r_max * contrasts**exponent / (contrasts**exponent + c50**exponent) + base


KINDS = {
    "von Mises": (
        von_mises,
        lambda rng: (rng.uniform(0, 180), np.exp(rng.uniform(-0.7, 2.5)), 1.0, rng.uniform(0, 1) * rng.integers(2)),
        ([-400, np.exp(-4), 0, 0], [800, np.exp(6), np.inf, np.inf]),
        ORIENTATIONS,
        fit_von_mises,
    ),
    "log-Gaussian": (
        log_gaussian,
        lambda rng: (2 ** rng.uniform(-3.8, -1.8), rng.uniform(0.3, 1.4), 1.0),
        ([1e-6, 1e-3, 0], [10, 100, np.inf]),
        np.geomspace(0.05, 0.4, 8),
        fit_log_gaussian,
    ),
    "Naka-Rushton": (
        naka_rushton,
        lambda rng: (1.0, np.exp(rng.uniform(-2, -0.3)), rng.uniform(1, 4), rng.uniform(0, 0.5)),
        ([0, 1e-5, 0.05, 0], [np.inf, 400, 20, np.inf]),
        np.arange(1, 13) / 12,
        fit_naka_rushton,
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_as_good_as_scipys_curve_fit_from_the_true_parameters(kind, noise):
    """scipy is given the answer to start from; what is found without it must fit as well, to 1e-6 of the variance."""
    function, draw, bounds, places, fit = KINDS[kind]
    rng = np.random.default_rng(5)
    truths = [draw(rng) for _ in range(200)]
    curves = np.maximum([function(places, *truth) + rng.normal(0, noise, len(places)) for truth in truths], 0)
    found = fit(curves, places)
    unexplained = [
        ((function(places, *curve_fit(function, places, curve, truth, bounds=bounds)[0]) - curve) ** 2).sum()
        / ((curve - curve.mean()) ** 2).sum()
        for curve, truth in zip(curves, truths, strict=True)
    ]
    known = np.isfinite(found.r2)
    assert known.mean() > 0.9
    assert (1 - found.r2 < np.array(unexplained) + 1e-6)[known].all()


CONTRASTS = np.arange(1, 9) / 8
SHAPES = {
    "saturating": lambda rng: naka_rushton(CONTRASTS, 1, rng.uniform(0.05, 0.5), rng.uniform(0.5, 6), 0.1),
    "steep": lambda rng: naka_rushton(CONTRASTS, 1, rng.uniform(0.3, 1.2), rng.uniform(4, 18), rng.uniform(0, 0.3)),
    "a power": lambda rng: CONTRASTS ** rng.uniform(0.3, 4) + rng.uniform(0, 0.3),
    "above a threshold": lambda rng: np.maximum(CONTRASTS - rng.uniform(0, 0.85), 0),
    "clipped": lambda rng: np.minimum(CONTRASTS, rng.uniform(0.3, 0.9)),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_contrast_responses_are_fitted_as_well_as_by_scipy_from_nine_starts(shape):
    """Also curves that are no Naka-Rushton functions, with several optima: within 1e-6 of the variance of the best."""
    rng = np.random.default_rng(3)
    curves = np.stack([SHAPES[shape](rng) for _ in range(12)])
    curves /= curves.max(1, keepdims=True)
    bounds = ([0, 1e-5, 0.05, 0], [np.inf, 400, 20, np.inf])
    for curve, r2 in zip(curves, fit_naka_rushton(curves, CONTRASTS).r2, strict=True):
        errors = [np.inf]
        for start in itertools.product((0.1, 0.3, 1.0), (1.0, 2.5, 5.0)):
            with contextlib.suppress(RuntimeError):  # scipy's search may not end
                best, _ = curve_fit(naka_rushton, CONTRASTS, curve, (1, *start, 0), bounds=bounds, max_nfev=80)
                errors.append(((naka_rushton(CONTRASTS, *best) - curve) ** 2).sum())
        assert 1 - r2 < min(errors) / ((curve - curve.mean()) ** 2).sum() + 1e-6


def test_sizes():
    diameters = np.array([2.0, 4, 6, 8, 10, 12])
    found = size_indices(np.array([[0.0, 5, 10, 8, 6, 6], [0, 2, 4, 6, 8, 10], np.zeros(6)]), diameters)
    assert found.suppression_index[0] == pytest.approx(0.4)
    assert found.summation_field[0] == pytest.approx(4 + 2 * 4.5 / 5)
    assert found.surround[0] == pytest.approx(8 + 2 * 1.7 / 2)
    assert found.suppression_index[1] == 0
    assert np.isnan(found.surround[1])
    assert np.isnan(found.suppression_index[2])


def test_end_stopping():
    np.testing.assert_allclose(end_stopping(np.array([[1.0, 4, 2], [1, 2, 4]])), [0.5, 0])
    assert np.isnan(end_stopping(np.zeros(3)))


@pytest.mark.parametrize(
    "call",
    [
        lambda: fit_von_mises(-np.ones(16), ORIENTATIONS),
        lambda: fit_log_gaussian(np.ones(3), np.array([0.3, 0.2, 0.1])),
        lambda: fit_naka_rushton(np.array([np.nan, 1.0]), np.array([0.1, 1.0])),
    ],
)
def test_bad_input(call):
    with pytest.raises(HierfeatError):
        call()
