import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hierfeat as hf
from hierfeat.anatomy.kernels._gabor_fit import _at, _waves, fit_gabors


def gabor(size, orientation, frequency, phase, across, along, shift=(0.0, 0.0)):
    row, col = np.mgrid[:size, :size] - (size - 1) / 2
    row, col = row - shift[0], col - shift[1]
    theta = np.deg2rad(orientation)
    u, v = row * np.cos(theta) + col * np.sin(theta), col * np.cos(theta) - row * np.sin(theta)
    return np.exp(-(u**2) / (2 * across**2) - v**2 / (2 * along**2)) * np.cos(
        2 * np.pi * frequency * u - np.deg2rad(phase)
    )


@settings(deadline=None, max_examples=15)
@given(
    orientation=st.floats(0, 179),
    frequency=st.floats(0.12, 0.3),
    phase=st.floats(0, 359),
    along=st.floats(1.8, 3.0),
    shift=st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
    size=st.sampled_from([10, 11, 15]),
)
def test_a_gabor_comes_back(orientation, frequency, phase, along, shift, size):
    kernel = 0.3 * gabor(size, orientation, frequency, phase, 2.0, along, shift)
    fit = fit_gabors(kernel[None])
    assert fit.r2[0] > 0.9999
    np.testing.assert_allclose(fit.kernels[0], kernel, atol=0.01)
    assert fit.frequency[0] == pytest.approx(frequency, rel=0.02)
    assert abs((fit.orientation[0] - orientation + 90) % 180 - 90) < 1
    flipped = abs(fit.orientation[0] - orientation) > 90  # 0 and 180 are one orientation, seen from either side
    assert abs(((-1 if flipped else 1) * fit.phase[0] - phase + 180) % 360 - 180) < 3
    assert fit.row[0] == pytest.approx(size / 2 + shift[0], abs=0.05)


def test_large_gabors_come_back_too():
    """They are searched for in single precision at some of their pixels, and found in double precision."""
    rng = np.random.default_rng(0)
    turns, tones, along = rng.uniform(5, 175, 12), rng.uniform(0.06, 0.25, 12), rng.uniform(5, 9, 12)
    shifts = rng.uniform(-6, 6, (12, 2))
    kernels = np.stack([gabor(48, *each) for each in zip(turns, tones, turns, [5.0] * 12, along, shifts, strict=True)])
    fit = fit_gabors(kernels)
    np.testing.assert_allclose(fit.frequency, tones, rtol=1e-6)
    np.testing.assert_allclose(fit.orientation, turns, rtol=1e-6)
    np.testing.assert_allclose(fit.sigma_along, along, rtol=1e-6)
    np.testing.assert_allclose(fit.row, 24 + shifts[:, 0], rtol=1e-6)
    noisy = fit_gabors(kernels + rng.normal(scale=0.1, size=kernels.shape))
    missed = ((noisy.kernels - kernels) ** 2).mean((1, 2))
    assert (missed < 0.1**2 / 10).all()  # a tenth of the noise
    np.testing.assert_allclose(noisy.frequency, tones, atol=0.004)


def test_bandwidth_and_aspect():
    fit = fit_gabors(gabor(21, 40, 0.15, 30, 3.0, 4.5)[None])
    product = 2 * np.pi * 3.0 * 0.15
    assert fit.bandwidth[0] == pytest.approx(np.log2((product + 1.1774) / (product - 1.1774)), rel=1e-3)
    assert fit.aspect[0] == pytest.approx(1.5, rel=1e-3)


def test_noise_is_no_gabor_and_zero_does_not_break():
    kernels = np.random.default_rng(0).normal(size=(20, 11, 11))
    kernels[3] = 0
    fit = fit_gabors(kernels)
    assert np.delete(fit.r2, 3).max() < 0.6
    assert fit.r2[3] == 0
    assert np.isfinite(fit.kernels).all()


def within_limits(fit, side):
    """Frequencies up to Nyquist's, σ from 0.3 pixels to three sides."""
    sigmas = np.stack([fit.sigma_across, fit.sigma_along])
    slack = 1 + 1e-9
    return fit.frequency.max() <= 0.5 * slack and sigmas.min() >= 0.3 / slack and sigmas.max() <= 3 * side * slack


@pytest.mark.parametrize("frequency", [0.1, 0.2, 0.3])
def test_a_kernel_flat_along_its_bars_has_the_widest_envelope(frequency):
    kernel = np.tile(gabor(11, 0, frequency, 40, 2.5, 1.0)[:, 5:6], (1, 11))  # the same in every column
    fit = fit_gabors(np.stack([kernel, kernel.T]))
    np.testing.assert_allclose(fit.sigma_along, 33)
    assert (fit.r2 > 0.999).all()
    np.testing.assert_allclose(fit.sigma_across, 2.5, rtol=0.01)
    np.testing.assert_allclose(fit.frequency, frequency, rtol=0.01)
    assert within_limits(fit, 11)


def test_what_is_no_gabor_stays_within_the_limits():
    """A dot, a plane, a ramp, a chequerboard, noise, and the S1 kernels of the first Neocognitron."""
    row, col = np.mgrid[:5, :5]
    odd = [(row == 2) & (col == 2), np.ones((5, 5)), row + 1.0, (-1.0) ** (row + col)]
    noise = np.random.default_rng(0).normal(size=(20, 5, 5))
    for kernels in (np.stack([*odd, *noise]), hf.filters(hf.load("neocognitron-1980"), "s1").profiles):
        fit = fit_gabors(kernels)
        assert within_limits(fit, 5)
        assert np.isfinite(fit.aspect).all()
        assert fit.r2.max() <= 1


def test_the_equations_of_a_step_are_those_of_central_differences():
    rng = np.random.default_rng(0)
    target, (row, col) = rng.normal(size=(7, 108)), np.mgrid[:9, :12].reshape(2, -1)
    grid, size = (row - 4.0, col - 5.5), (9, 12)
    turn, logs, rest = rng.uniform(0, 3, (7, 1)), rng.uniform(0.3, 1.3, (7, 2)), rng.normal(size=(7, 3))
    params = np.hstack([turn, rest[:, :1], logs, rest[:, 1:] / 2])
    error, of_rows = _at(target, grid, size)(params, np.arange(7))
    normal, gradient = of_rows(np.full(7, True))
    steps = 1e-5 * np.eye(6)
    ends = [[_waves(params + sign * step, target, grid, size).fitted for sign in (1, -1)] for step in steps]
    slopes = np.stack([(up - down) / 2e-5 for up, down in ends], axis=1)
    residual = target - _waves(params, target, grid, size).fitted
    np.testing.assert_allclose(error, (residual**2).sum(1))
    np.testing.assert_allclose(normal, slopes @ slopes.transpose(0, 2, 1), atol=1e-6 * np.abs(normal).max())
    np.testing.assert_allclose(gradient, (slopes @ residual[..., None])[..., 0], atol=1e-6 * np.abs(gradient).max())
    some = np.arange(7) % 3 == 1
    np.testing.assert_allclose(of_rows(some)[0], normal[some], rtol=1e-12)
