"""apply_kernel against scipy.ndimage and scipy.signal."""

import doctest

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import hierfeat.anatomy.lessons.convolution as module
from hierfeat.anatomy.lessons.convolution import AppliedKernels, apply_kernel
from hierfeat.errors import HierfeatError

RANDOM = np.random.default_rng(1)
IMAGE = RANDOM.random((13, 16))
SCIPYS = {"zeros": "constant", "reflect": "mirror", "replicate": "nearest", "circular": "grid-wrap"}
sides = st.sampled_from([1, 3, 5])


@pytest.mark.parametrize("operation", ["correlation", "convolution"])
@pytest.mark.parametrize("mode", SCIPYS)
@settings(deadline=None)
@given(rows=sides, columns=sides, dilation=st.integers(1, 2), stride=st.integers(1, 3))
def test_against_ndimage(operation, mode, rows, columns, dilation, stride):
    kernel = RANDOM.standard_normal((rows, columns))
    spread = np.zeros((dilation * (rows - 1) + 1, dilation * (columns - 1) + 1))
    spread[::dilation, ::dilation] = kernel
    function = scipy.ndimage.correlate if operation == "correlation" else scipy.ndimage.convolve
    wanted = function(IMAGE, spread, mode=SCIPYS[mode])[::stride, ::stride]
    options = {"stride": stride, "dilation": dilation, "padding_mode": mode, "operation": operation}
    np.testing.assert_allclose(apply_kernel(IMAGE, kernel, padding="same", **options).output, wanted, atol=1e-12)


@settings(deadline=None)
@given(st.integers(1, 6), st.integers(1, 6))
def test_without_padding_against_signal(rows, columns):
    kernel = RANDOM.standard_normal((rows, columns))
    correlated, convolved = (apply_kernel(IMAGE, kernel, operation=name) for name in ("correlation", "convolution"))
    np.testing.assert_allclose(correlated.output, scipy.signal.correlate2d(IMAGE, kernel, "valid"), atol=1e-12)
    np.testing.assert_allclose(convolved.output, scipy.signal.convolve2d(IMAGE, kernel, "valid"), atol=1e-12)


def test_the_two_differ_by_a_flip_of_the_kernel():
    kernel = RANDOM.standard_normal((3, 5))
    convolved = apply_kernel(IMAGE, kernel, operation="convolution").output
    assert not np.allclose(convolved, apply_kernel(IMAGE, kernel).output)
    np.testing.assert_allclose(convolved, apply_kernel(IMAGE, kernel[::-1, ::-1]).output, atol=1e-12)
    # only true convolution commutes and gives the kernel back from a single bright point
    point = np.zeros((7, 9))
    point[3, 4] = 1
    np.testing.assert_allclose(apply_kernel(point, kernel, operation="convolution").output[1:4, 0:5], kernel)
    np.testing.assert_allclose(apply_kernel(point, kernel).output[1:4, 0:5], kernel[::-1, ::-1])


def test_colour_meets_the_kernel_channel_by_channel():
    photo = RANDOM.integers(0, 256, (9, 8, 3), dtype=np.uint8)
    kernel = RANDOM.standard_normal((3, 3))
    found = apply_kernel(photo, kernel, padding=1)
    for channel in range(3):
        wanted = scipy.ndimage.correlate(photo[..., channel] / 255, kernel, mode="constant")
        np.testing.assert_allclose(found.output[..., channel], wanted, atol=1e-12)
    tensor = torch.from_numpy(photo).permute(2, 0, 1)
    np.testing.assert_allclose(apply_kernel(tensor, kernel, padding=1).output, found.output)
    assert apply_kernel(tensor[:1], kernel).output.shape == (7, 6, 1)


def test_several_kernels_by_name():
    found = apply_kernel(IMAGE, {"sum": np.ones((2, 2)), "pick": [[1.0]]}, stride=2)
    assert found.table.kernel.tolist() == ["sum", "pick"]
    assert found.table.formula.tolist() == ["⌊(13 - 2)/2⌋ + 1 = 6", "(13 - 1)/2 + 1 = 7"]
    np.testing.assert_allclose(found.outputs["pick"], IMAGE[::2, ::2])
    np.testing.assert_allclose(found.output[0, 0], IMAGE[:2, :2].sum())


@pytest.mark.parametrize(
    ("image", "kernel", "options", "message"),
    [
        (np.zeros(5), np.ones((2, 2)), {}, "expected one image"),
        (np.zeros((0, 5)), np.ones((2, 2)), {}, "expected one image"),
        (np.zeros((2, 3, 8, 8)), np.ones((2, 2)), {}, "expected one image"),
        (np.array([["a"]]), np.ones((1, 1)), {}, "real numbers"),
        (np.full((4, 4), np.nan), np.ones((2, 2)), {}, "finite pixels"),
        (IMAGE, np.ones(3), {}, r"\(rows, columns\) weights"),
        (IMAGE, {}, {}, "at least one kernel"),
        (IMAGE, "sobel_0", {}, r"image_kernels\(\)\['sobel_0'\]"),
        (IMAGE, [[np.inf]], {}, "finite weights"),
        (IMAGE, np.ones((14, 1)), {}, "does not fit"),
        (IMAGE, np.ones((1, 17)), {}, "does not fit"),
        (IMAGE, np.ones((3, 3)), {"padding": "full"}, "padding as an int"),
        (IMAGE, np.ones((3, 3)), {"padding_mode": "mirror"}, "expected padding_mode"),
        (IMAGE, np.ones((3, 3)), {"padding": 13, "padding_mode": "reflect"}, "at most 12 rows"),
        (IMAGE, np.ones((3, 3)), {"operation": "convolve"}, "'correlation', 'convolution'"),
    ],
)
def test_bad_input(image, kernel, options, message):
    with pytest.raises(HierfeatError, match=message):
        apply_kernel(image, kernel, **options)


def test_saved_and_loaded(tmp_path):
    found = apply_kernel(IMAGE, np.ones((2, 2)))
    np.testing.assert_array_equal(AppliedKernels.load(found.save(tmp_path)).output, found.output)


@pytest.mark.parametrize("shape", [(8, 9), (8, 9, 3)])
def test_plot_shows_signed_outputs_symmetrically(shape):
    kernels = {"box_blur": np.full((3, 3), 1 / 9), "sobel_90": np.array([[1.0, 0, -1]] * 3)}
    axes = apply_kernel(RANDOM.random(shape), kernels).plot().axes
    assert axes[0].get_title() == "image, 8 × 9 pixels"
    assert axes[1].get_title() == "box blur"
    assert axes[2].get_title().startswith("sobel 90°\nblue −")
    low, high = axes[2].images[0].get_clim()
    assert low == -high


def test_examples_run():
    assert doctest.testmod(module).failed == 0
