"""output_size and its inverses against torch's actual shapes, over a grid, and against windows counted by hand."""

import doctest
import itertools

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

import hierfeat.subjects.output_size as arithmetic
from hierfeat.errors import HierfeatError
from hierfeat.subjects.output_size import (
    extent,
    formula,
    output_size,
    padding_for,
    same_padding,
    transposed_output_size,
    unseen_remainder,
)

SIZES, KERNELS, PADDINGS, STRIDES, DILATIONS = range(1, 13), range(1, 6), range(4), range(1, 5), range(1, 4)
GRID = list(itertools.product(SIZES, KERNELS, PADDINGS, STRIDES, DILATIONS))
settings_of = st.tuples(st.integers(1, 60), st.integers(1, 12), st.integers(0, 6), st.integers(1, 7), st.integers(1, 4))


def ours(function, *arguments, **options):
    try:
        return function(*arguments, **options)
    except HierfeatError:
        return None


def theirs(function, *arguments, **options):
    try:
        return function(*arguments, **options).shape[-1]
    except RuntimeError:
        return None


def test_convolution_over_a_grid():
    for w, f, p, s, d in GRID:
        wanted = theirs(F.conv1d, torch.empty(1, 1, w), torch.empty(1, 1, f), padding=p, stride=s, dilation=d)
        assert ours(output_size, w, f, p, s, d) == wanted, (w, f, p, s, d)


@pytest.mark.parametrize("ceil_mode", [False, True])
def test_pooling_over_a_grid(ceil_mode):
    for w, f, p, s, d in GRID:
        if 2 * p > f:  # torch allows at most half a kernel of padding in a pool
            continue
        wanted = theirs(F.max_pool1d, torch.zeros(1, 1, w), f, s, p, d, ceil_mode=ceil_mode)
        assert ours(output_size, w, f, p, s, d, ceil_mode=ceil_mode) == wanted, (w, f, p, s, d)


def test_ceil_mode_leaves_out_a_window_that_would_start_past_the_input():
    assert F.max_pool1d(torch.zeros(1, 1, 3), 1, 3, ceil_mode=True).shape[-1] == 1
    assert output_size(3, 1, 0, 3, ceil_mode=True) == 1
    assert formula(3, 1, 0, 3, ceil_mode=True) == "⌈(3 - 1)/3⌉ + 1 - 1 = 1"


def test_transposed_over_a_grid():
    for w, f, p, s, d in GRID:
        for extra in range(max(s, d)):
            wanted = theirs(
                F.conv_transpose1d, torch.empty(1, 1, w), torch.empty(1, 1, f), None, s, p, extra, dilation=d
            )
            assert ours(transposed_output_size, w, f, p, s, d, output_padding=extra) == wanted, (w, f, p, s, d, extra)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize(("f", "d"), list(itertools.product(range(1, 8), range(1, 4))))
def test_same_padding_is_torchs(f, d):
    conv = torch.nn.Conv1d(1, 1, f, padding="same", dilation=d, bias=False)
    before, after = same_padding(f, d)
    image = torch.randn(1, 1, 20)
    padded = F.pad(image, (before, after))
    assert conv(image).shape[-1] == 20
    assert torch.allclose(conv(image), F.conv1d(padded, conv.weight, dilation=d), atol=1e-6)
    assert padding_for(20, f, d=d) == (before, after)


@settings(deadline=None)
@given(settings_of)
def test_windows_counted_one_by_one(case):
    w, f, p, s, d = case
    starts = [start for start in range(-p, w + p, s) if start + d * (f - 1) < w + p]
    assert (ours(output_size, *case) or 0) == len(starts)
    if starts:
        seen_up_to = starts[-1] + d * (f - 1)
        assert unseen_remainder(*case) == sum(cell > seen_up_to for cell in range(w))


@settings(deadline=None)
@given(settings_of)
def test_transposed_undoes(case):
    w, f, p, s, d = case
    out = ours(output_size, *case)
    if out is None:
        return
    extra = (w + 2 * p - extent(f, d)) % s
    assert transposed_output_size(out, f, p, s, d, output_padding=extra) == w


@settings(deadline=None)
@given(settings_of, st.integers(1, 80))
def test_padding_for_is_the_least_that_gives_the_size(case, out):
    w, f, _, s, d = case
    found = ours(padding_for, w, f, s, d, out=out)
    gives = [total for total in range(600) if ours(output_size, w, f, (total // 2, total - total // 2), s, d) == out]
    assert (sum(found) if found is not None else None) == (gives[0] if gives else None)


@pytest.mark.parametrize(
    ("arguments", "options", "text"),
    [
        ((28, 5, 2), {}, "(28 - 5 + 2·2)/1 + 1 = 28"),
        ((28, 3, 1, 2), {}, "⌊(28 - 3 + 2·1)/2⌋ + 1 = 14"),
        ((28, 2, 0, 2), {}, "(28 - 2)/2 + 1 = 14"),
        ((28, 4, (1, 2)), {}, "(28 - 4 + 1 + 2)/1 + 1 = 28"),
        ((28, 4, (0, 3)), {}, "(28 - 4 + 3)/1 + 1 = 28"),
        ((28, 3, 2, 1, 2), {}, "(28 - (2·(3 - 1) + 1) + 2·2)/1 + 1 = 28"),
        ((13, 2, 0, 2), {"ceil_mode": True}, "⌈(13 - 2)/2⌉ + 1 = 7"),
        ((14, 3, 1, 2), {"transposed": True, "output_padding": 1}, "(14 - 1)·2 - 2·1 + 3 + 1 = 28"),
    ],
)
def test_formula_text(arguments, options, text):
    assert formula(*arguments, **options) == text


@settings(deadline=None)
@given(settings_of, st.booleans())
def test_formula_computes_what_it_says(case, ceil_mode):
    if ours(output_size, *case, ceil_mode=ceil_mode) is None:
        return
    left, right = formula(*case, ceil_mode=ceil_mode).split(" = ")
    for sign, python in (("⌊", "math.floor("), ("⌈", "math.ceil("), ("⌋", ")"), ("⌉", ")"), ("·", "*")):
        left = left.replace(sign, python)
    assert eval(left, {"math": __import__("math")}) == int(right)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 3), "input size w"),
        ((28, 0), "kernel size f"),
        ((28, 3, -1), "padding p"),
        ((28, 3, 0, 0), "stride s"),
        ((28, 3, 0, 1, 0), "dilation d"),
        ((28.0, 3), "whole number"),
        ((28, True), "kernel size f"),
        ((28, 3, (1, 1, 1)), "before, after"),
        ((4, 7), "does not fit an input of 4.*pad by 3 more"),
        ((4, 3, 0, 1, 2), "dilated by 2.*spanning 5"),
    ],
)
def test_impossible_settings_are_explained(arguments, message):
    with pytest.raises(HierfeatError, match=message):
        output_size(*arguments)


def test_impossible_inverses_are_explained():
    with pytest.raises(HierfeatError, match="no padding gives 3 cells"):
        padding_for(28, 3, out=3)
    with pytest.raises(HierfeatError, match="output_padding from 0 to 1"):
        transposed_output_size(4, 3, s=2, output_padding=2)
    with pytest.raises(HierfeatError, match="nothing is left"):
        transposed_output_size(1, 1, 2)


def test_examples_run():
    assert doctest.testmod(arithmetic).failed == 0
