"""The kernels against their definitions, and against what they answer to."""

import doctest

import numpy as np
import pytest
import scipy.ndimage
from hypothesis import given, settings
from hypothesis import strategies as st

import hierfeat.stimuli.kernels as module
from hierfeat.errors import HierfeatError
from hierfeat.stimuli.kernels import ImageKernels, gabor_kernel, gaussian_kernel, image_kernels

IMAGE = np.random.default_rng(0).random((15, 17))


def correlated(kernel):
    return scipy.ndimage.correlate(IMAGE, kernel)


def test_against_scipys_own_operators():
    kernels = image_kernels(size=5)
    np.testing.assert_allclose(correlated(kernels["identity"]), IMAGE)
    np.testing.assert_allclose(correlated(kernels["box_blur"]), scipy.ndimage.uniform_filter(IMAGE, 5))
    np.testing.assert_allclose(correlated(kernels["gaussian_blur"]), scipy.ndimage.gaussian_filter(IMAGE, 1, radius=3))
    np.testing.assert_allclose(correlated(kernels["laplacian"]), scipy.ndimage.laplace(IMAGE), atol=1e-12)
    for name in ("sobel", "prewitt"):  # scipy's are brighter-after minus brighter-before: the other sign
        for angle, axis in ((0, 0), (90, 1)):
            wanted = -getattr(scipy.ndimage, name)(IMAGE, axis=axis)
            np.testing.assert_allclose(correlated(kernels[f"{name}_{angle}"]), wanted, atol=1e-12)


@pytest.mark.parametrize("name", ["sobel", "prewitt"])
@pytest.mark.parametrize(("angle", "brighter"), [(0, (-1, 0)), (45, (-1, -1)), (90, (0, -1)), (135, (-1, 1))])
def test_edges_answer_most_to_their_own_orientation_and_side(name, angle, brighter):
    rows, columns = np.mgrid[-1:2, -1:2]
    ramps = {
        side: rows * side[0] + columns * side[1]
        for side in ((-1, 0), (-1, -1), (0, -1), (-1, 1), (1, 0), (0, 1), (1, 1), (1, -1))
    }
    kernel = image_kernels()[f"{name}_{angle}"]
    answers = {side: (kernel * ramp).sum() / np.linalg.norm(ramp) for side, ramp in ramps.items()}
    assert max(answers, key=answers.get) == brighter
    assert answers[brighter] > 0


@settings(deadline=None)
@given(st.floats(0, 180), st.floats(0.05, 0.35), st.sampled_from([0, 90]))
def test_gabor_prefers_its_own_grating(angle, frequency, phase):
    kernel = gabor_kernel(angle, frequency, phase=phase)
    power = np.abs(np.fft.fft2(kernel, (64, 64)))
    peak = np.unravel_index(power.argmax(), power.shape)
    down, right = np.fft.fftfreq(64)[peak[0]], np.fft.fftfreq(64)[peak[1]]
    assert np.hypot(down, right) == pytest.approx(frequency, abs=0.035)
    # bars run at right angles to the frequency vector; rows count downwards
    bars = np.degrees(np.arctan2(right, down)) % 180
    off = abs(bars - angle) % 180
    assert min(off, 180 - off) < np.degrees(0.035 / frequency)
    assert kernel.sum() == pytest.approx(0, abs=1e-12)
    assert np.abs(kernel).sum() == pytest.approx(1)


def test_sums_say_what_happens_to_grey():
    table = image_kernels().table.set_index("kernel")
    assert (table.loc[["identity", "box_blur", "gaussian_blur", "sharpen", "unsharp", "emboss"], "sum"] == 1).all()
    edges = table[table.family.isin(["edge", "gabor", "centre-surround"])]
    assert len(edges) == 15
    assert (edges["sum"] == 0).all()
    assert table.description.str.endswith(".").all()


def test_options():
    kernels = image_kernels(orientations=[30], sigma=2.0, frequency=0.2)
    assert [name for name in kernels.kernels if name.startswith("gabor")] == ["gabor_30"]
    np.testing.assert_array_equal(kernels["gabor_30"], gabor_kernel(30, 0.2))
    np.testing.assert_array_equal(kernels["gaussian_blur"], gaussian_kernel(2.0))


@pytest.mark.parametrize("options", [{"size": 4}, {"sigma": 0}, {"frequency": 0}, {"frequency": 0.6}])
def test_bad_options(options):
    with pytest.raises(HierfeatError, match="expected"):
        image_kernels(**options)


def test_unknown_name():
    with pytest.raises(HierfeatError, match="no kernel 'sobol'; there are identity"):
        image_kernels()["sobol"]


def test_saved_and_loaded(tmp_path):
    kernels = image_kernels()
    again = ImageKernels.load(kernels.save(tmp_path))
    assert set(again.kernels) == set(kernels.kernels)
    np.testing.assert_array_equal(again["dog"], kernels["dog"])


def test_plot_shows_every_kernel_with_its_weights():
    figure = image_kernels().plot()
    assert {"sobel 45°", "box blur", "DoG"} <= {axis.get_title() for axis in figure.axes}
    sobel = next(axis for axis in figure.axes if axis.get_title() == "sobel 0°")
    assert [text.get_text() for text in sobel.texts] == ["1", "2", "1", "0", "0", "0", "−1", "−2", "−1"]
    assert sobel.images[0].get_clim() == (-2, 2)


def test_examples_run():
    assert doctest.testmod(module).failed == 0
