"""Shifts by whole and fractional pixels, against numpy and closed forms."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import hierfeat as hf
from hierfeat.stimuli.warps.shifts import shift, shift_within, taps

IMAGES = torch.rand(2, 1, 7, 9, generator=torch.Generator().manual_seed(0))


@settings(max_examples=30, deadline=None)
@given(st.integers(-8, 8), st.integers(-10, 10))
def test_whole_shifts_are_those_of_numpy(dy: int, dx: int) -> None:
    array = IMAGES.numpy()
    assert np.array_equal(shift(IMAGES, dy, dx, boundary="wrap"), np.roll(array, (dy, dx), (2, 3)))
    for boundary, mode in (("zero", "constant"), ("reflect", "reflect")):
        padded = np.pad(array, ((0, 0), (0, 0), (8, 8), (10, 10)), mode=mode)
        expected = padded[:, :, 8 - dy : 15 - dy, 10 - dx : 19 - dx]
        assert np.array_equal(shift(IMAGES, dy, dx, boundary=boundary), expected), boundary


def test_crop_cuts_the_window_from_the_larger_image() -> None:
    assert torch.equal(shift(IMAGES, 1, -2, boundary="crop", size=(3, 5)), IMAGES[..., 1:4, 4:9])


def test_a_fraction_of_a_band_limited_wave_is_exact_under_wrap() -> None:
    rows = torch.arange(16.0, dtype=torch.float64)
    wave = torch.cos(2 * torch.pi * 3 * rows / 16)[:, None].expand(16, 8).float()
    moved = torch.cos(2 * torch.pi * 3 * (rows - 0.3) / 16)[:, None].expand(16, 8).float()
    assert torch.allclose(shift(wave, 0.3, 0, boundary="wrap"), moved, atol=1e-5)


@pytest.mark.parametrize("fraction", [0.25, 0.5, 0.9])
def test_cubic_taps_sum_to_one_and_reproduce_a_parabola(fraction: float) -> None:
    steps, weights = np.array(taps(fraction)).T
    assert weights.sum() == pytest.approx(1)
    places = 10.0 - steps  # the sample that a whole shift brings to place 10
    assert (weights * places**2).sum() == pytest.approx((10 - fraction) ** 2)


def test_shifts_there_and_back_by_half_pixels_keep_a_smooth_image() -> None:
    line = torch.exp(-0.5 * ((torch.arange(41.0) - 20) / 4) ** 2)[None]
    back = shift(shift(line, 0, 0.5), 0, -0.5)
    assert torch.allclose(back, line, atol=2e-3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"boundary": "mirror"}, "zero, wrap, reflect, crop"),
        ({"boundary": "crop"}, "size="),
        ({"boundary": "crop", "size": (7, 9)}, "leaves an image"),
        ({"boundary": "zero", "size": (3, 3)}, "size="),
    ],
)
def test_bad_requests_are_refused(options: dict, message: str) -> None:
    with pytest.raises(hf.HierfeatError, match=message):
        shift(IMAGES, 1, 0, **options)
    with pytest.raises(hf.HierfeatError, match="finite"):
        shift(IMAGES, float("nan"), 0)


@pytest.mark.parametrize("amounts", [(0, 0), (2, -1), (0.5, 0), (-1.25, 0.75), (3, 4.5), (9, 0), (0, -7.5)])
def test_the_part_within_is_where_nothing_comes_in(amounts: tuple[float, float]) -> None:
    """Of an image amid NaN, what stays finite; bit for bit what the shift gives there."""
    images = torch.rand(2, 3, 8, 9, generator=torch.Generator().manual_seed(0))
    amid = torch.full((2, 3, 48, 49), torch.nan)
    amid[..., 20:28, 20:29] = images
    moved = shift(amid, *amounts)[..., 20:28, 20:29]
    rows, columns = (moved[0, 0].isfinite().any(axis).nonzero().flatten() for axis in (1, 0))
    within = shift_within(images, *amounts)
    if len(rows):
        assert torch.equal(within, moved[:, :, rows][..., columns])
    else:
        assert within.numel() == 0
    assert torch.equal(images, amid[..., 20:28, 20:29])
