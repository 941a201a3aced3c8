"""The matrix against torch's own convolutions, over every combination of settings."""

import doctest
import itertools

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import hierfeat.anatomy.lessons.convolution_matrix as module
from hierfeat.anatomy.lessons.convolution_matrix import convolution_matrix, matrix_memory
from hierfeat.errors import HierfeatError


def difference(layer, shape, seed=0):
    """Largest difference between the layer and its matrix, relative to the largest output."""
    generator = torch.Generator().manual_seed(seed)
    layer = layer.double().requires_grad_(False)
    for parameter in layer.parameters():
        parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    image = torch.randn(shape, generator=generator, dtype=torch.float64)
    wanted = layer(image[None])[0]
    bias = 0 if layer.bias is None else layer.bias.numpy().repeat(wanted[0].numel())
    got = convolution_matrix(layer, shape) @ image.numpy().ravel() + bias
    assert got.shape == (wanted.numel(),)
    return float(np.abs(got - wanted.numpy().ravel()).max() / wanted.abs().max())


COMBINATIONS = list(
    itertools.product((1, 2, 3), (0, 1, 2), ("zeros", "circular", "reflect", "replicate"), (1, 2), (1, 2))
)


def test_every_combination_of_conv2d():
    for stride, padding, mode, dilation, groups in COMBINATIONS:
        options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        layer = nn.Conv2d(4, 6, (3, 2), padding_mode=mode, **options)
        assert difference(layer, (4, 7, 6)) < 1e-13, (mode, options)


def test_every_combination_of_conv_transpose2d():
    for stride, padding, dilation, groups in itertools.product((1, 2, 3), (0, 1), (1, 2), (1, 2)):
        for extra in range(max(stride, dilation)):
            options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
            layer = nn.ConvTranspose2d(4, 6, (3, 2), output_padding=extra, **options)
            assert difference(layer, (4, 4, 5)) < 1e-13, (extra, options)


pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))


@settings(max_examples=150, deadline=None)
@given(
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stride=pairs,
    dilation=pairs,
    padding=st.one_of(st.tuples(st.integers(0, 3), st.integers(0, 3)), st.just("same"), st.just("valid")),
    mode=st.sampled_from(["zeros", "circular", "reflect", "replicate"]),
    channels=st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3)),
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    seed=st.integers(0, 5),
)
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_any_conv2d_or_a_clear_refusal(kernel, stride, dilation, padding, mode, channels, size, seed):
    groups, per_in, per_out = channels
    stride = (1, 1) if padding == "same" else stride
    options = {"stride": stride, "dilation": dilation, "padding": padding, "padding_mode": mode, "groups": groups}
    layer = nn.Conv2d(groups * per_in, groups * per_out, kernel, **options)
    shape = (groups * per_in, *size)
    try:
        layer(torch.zeros(1, *shape))
    except RuntimeError:
        with pytest.raises(HierfeatError):
            convolution_matrix(layer, shape)
        return
    assert difference(layer, shape, seed) < 1e-12


@pytest.mark.parametrize("layer", [nn.Conv1d(2, 3, 4, 2, 3), nn.ConvTranspose1d(2, 3, 4, 2, 1, 1)])
def test_one_dimension(layer):
    assert difference(layer, (2, 11)) < 1e-13


@pytest.mark.parametrize("layer", [nn.Conv3d(2, 3, (1, 2, 3), (1, 2, 1), 1), nn.ConvTranspose3d(2, 3, 2, 2)])
def test_three_dimensions(layer):
    assert difference(layer, (2, 3, 4, 5)) < 1e-13


def test_transposed_convolution_is_the_transpose():
    conv = nn.Conv2d(3, 5, 4, stride=2, padding=1, dilation=1, bias=False)
    twin = nn.ConvTranspose2d(5, 3, 4, stride=2, padding=1, bias=False)
    twin.weight = conv.weight
    forward, back = convolution_matrix(conv, (3, 8, 10)), convolution_matrix(twin, (5, 4, 5))
    assert forward.shape == back.shape[::-1]
    assert abs(forward.T - back).max() == 0


def test_gradient_is_the_transpose():
    conv = nn.Conv2d(2, 3, 3, stride=2, padding=1, padding_mode="reflect").double()
    image = torch.randn(1, 2, 7, 6, dtype=torch.float64, requires_grad=True)
    output = conv(image)
    upstream = torch.randn_like(output)
    (gradient,) = torch.autograd.grad(output, image, upstream)
    got = convolution_matrix(conv, (2, 7, 6)).T @ upstream.numpy().ravel()
    np.testing.assert_allclose(got, gradient.numpy().ravel(), atol=1e-14)


def test_one_dimensional_matrix_is_toeplitz():
    conv = nn.Conv1d(1, 1, 3, padding=1, bias=False).requires_grad_(False)
    conv.weight.copy_(torch.tensor([[[1.0, 2.0, 3.0]]]))
    wanted = scipy.linalg.toeplitz([2, 1, 0, 0, 0], [2, 3, 0, 0, 0])
    np.testing.assert_array_equal(convolution_matrix(conv, (1, 5)).toarray(), wanted)
    conv.padding_mode = "circular"
    np.testing.assert_array_equal(convolution_matrix(conv, (1, 5)).toarray(), scipy.linalg.circulant([2, 1, 0, 0, 3]))


@pytest.mark.parametrize("layer", [nn.Conv2d(3, 4, 3, 2, 1), nn.Conv2d(4, 4, 3, groups=2), nn.ConvTranspose2d(3, 4, 3)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_memory_is_told_to_the_byte(layer, dtype):
    shape = (layer.in_channels, 9, 8)
    matrix = convolution_matrix(layer.to(dtype), shape)
    assert scipy.sparse.issparse(matrix)
    assert matrix.has_canonical_format
    assert matrix_memory(layer, shape) == matrix.data.nbytes + matrix.indices.nbytes + matrix.indptr.nbytes


def test_too_large_is_refused_before_it_is_taken():
    layer = nn.Conv2d(512, 512, 3, padding=1)
    entries = 512 * 512 * (56 * 3 - 2) ** 2  # more than 32-bit indices can count: 4 + 8 bytes each
    with pytest.raises(HierfeatError, match=rf"would take {entries * 12 / 2**30:.1f}\d GiB, above the limit of 1 GiB"):
        convolution_matrix(layer, (512, 56, 56))
    small = nn.Conv2d(1, 1, 3)
    with pytest.raises(HierfeatError, match="limit of 10 bytes"):
        convolution_matrix(small, (1, 5, 5), memory_limit=10)
    assert convolution_matrix(small, (1, 5, 5), memory_limit=None).shape == (9, 25)


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (nn.Linear(3, 3), (3,), "expected a convolution layer"),
        (nn.Conv2d(3, 4, 3), (1, 3, 8, 8), r"\(3, height, width\) without a batch"),
        (nn.Conv2d(3, 4, 3), (1, 8, 8), r"\(3, height, width\)"),
        (nn.Conv1d(3, 4, 3), (1, 8), r"\(3, width\)"),
        (nn.Conv2d(3, 4, 7), (3, 4, 4), "does not fit"),
        (nn.Conv2d(3, 4, 3, padding=4, padding_mode="reflect"), (3, 4, 4), "at most 3 cells"),
    ],
)
def test_bad_input(layer, shape, message):
    with pytest.raises(HierfeatError, match=message):
        convolution_matrix(layer, shape)


def test_examples_run():
    assert doctest.testmod(module).failed == 0
