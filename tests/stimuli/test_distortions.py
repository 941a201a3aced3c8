"""Distortions: the identity, known shifts, areas, limits and seeds."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hierfeat.errors import HierfeatError
from hierfeat.stimuli.warps.distortions import Distortion, affine_matrices, distort


def blob(size: int = 33) -> torch.Tensor:
    """A Gaussian spot in the middle, of 4 pixels standard deviation."""
    axis = torch.arange(size) - (size - 1) / 2
    return torch.exp(-(axis[:, None] ** 2 + axis**2) / 32)[None, None]


def centre(image: torch.Tensor) -> tuple[float, float]:
    axis = torch.arange(image.shape[-1]).float()
    weight = image[0, 0] / image.sum()
    return float((weight.sum(1) * axis).sum()), float((weight.sum(0) * axis).sum())


def test_no_distortion_is_the_identity() -> None:
    images = torch.rand(4, 3, 20, 24)
    torch.testing.assert_close(distort(images, Distortion(), seed=0), images, atol=1e-5, rtol=0)


def test_same_seed_same_images_and_the_global_state_stays() -> None:
    images = torch.rand(5, 1, 28, 28)
    limits = Distortion(translation=2, scale=0.1, shear=0.2, elastic=1.0)
    before = torch.random.get_rng_state()
    first, again, other = (distort(images, limits, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@given(st.floats(0.5, 4), st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_translation_moves_the_centre_of_mass_by_what_the_matrix_says(most: float, seed: int) -> None:
    limits = Distortion(translation=most)
    matrix = affine_matrices(1, limits, generator=torch.Generator().manual_seed(seed))[0]
    assert float(matrix[:, 2].abs().max()) <= most
    row, column = centre(distort(blob(), limits, seed=seed))
    assert row == pytest.approx(16 - float(matrix[0, 2]), abs=0.02)  # the matrix leads from output to input
    assert column == pytest.approx(16 - float(matrix[1, 2]), abs=0.02)


@given(st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_areas_follow_the_determinant(seed: int) -> None:
    limits = Distortion(scale=0.2, squeeze=0.2, shear=0.3, rotation=20)
    matrix = affine_matrices(1, limits, generator=torch.Generator().manual_seed(seed))[0]
    determinant = float(torch.linalg.det(matrix[:, :2]))
    assert 0.67 <= determinant <= 1.5  # exp(-0.4) to exp(0.4): only the scale changes areas
    mass = distort(blob(65), limits, seed=seed).sum() / blob(65).sum()
    assert float(mass) == pytest.approx(1 / determinant, rel=0.01)


def test_squeeze_and_shear_keep_areas() -> None:
    matrices = affine_matrices(200, Distortion(squeeze=0.3, shear=0.5, rotation=90))
    torch.testing.assert_close(torch.linalg.det(matrices[:, :, :2]), torch.ones(200))


def test_elastic_displacement_has_the_standard_deviation_asked_for() -> None:
    """A ramp of columns, displaced, shows the horizontal displacement itself."""
    size, limits = 64, Distortion(elastic=1.5, smoothness=3.0)
    ramp = torch.arange(size).float().expand(40, 1, size, size)
    moved = (distort(ramp, limits, seed=0) - ramp)[:, :, 16:48, 16:48]
    assert float(moved.std()) == pytest.approx(1.5, rel=0.06)


def test_outside_is_zero() -> None:
    moved = distort(torch.ones(1, 1, 8, 8), Distortion(translation=100), seed=1)
    assert float(moved.abs().max()) == 0


def test_corners_are_displaced_no_farther_than_the_middle() -> None:
    """Noise continued by its own reflection would displace them 1.8 times as far."""
    limits = Distortion(elastic=2.0, smoothness=4.0)
    ramp = torch.arange(32.0).expand(600, 32, 32) + 100
    found = distort(torch.stack([ramp, torch.ones_like(ramp)], 1), limits, seed=1)
    # where rows from beyond the border come in, both are dimmed alike; rows and columns are displaced independently
    shown = found[:, 1] > 0.05
    moved = torch.where(shown, found[:, 0] / found[:, 1] - ramp, torch.nan)
    for rows in (slice(0, 3), slice(14, 17), slice(29, 32)):
        inside = moved[:, rows, 13:19]
        assert float(inside[~inside.isnan()].std()) == pytest.approx(2.0, rel=0.06)


BAD_LIMITS = [
    {"translation": -1},
    {"scale": float("nan")},
    {"shear": "0.1"},
    {"rotation": None},
    {"elastic": float("inf")},
    {"elastic": True},
    {"smoothness": 0},
    {"smoothness": 10**6},
]


@pytest.mark.parametrize("limits", BAD_LIMITS)
def test_bad_limits_are_refused_by_name(limits: dict) -> None:
    with pytest.raises(HierfeatError, match=f"expected {next(iter(limits))} as a number"):
        Distortion(**limits)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (torch.rand(28, 28), r"batch of images \(N, C, H, W\), got \(28, 28\)"),
        (torch.rand(0, 1, 28, 28), r"got \(0, 1, 28, 28\)"),
        (torch.zeros(1, 1, 8, 8, dtype=torch.uint8), "divide by 255"),
        ("digits", "expected images as a tensor"),
        (None, "expected images as a tensor"),
    ],
)
def test_refuses_what_is_no_batch_of_images(images: object, message: str) -> None:
    with pytest.raises(HierfeatError, match=message):
        distort(images, Distortion())  # type: ignore[arg-type]


def test_bad_distortions_and_seeds_are_refused() -> None:
    with pytest.raises(HierfeatError, match=r"distortion as hf\.Distortion\(translation=2, \.\.\.\), got dict"):
        distort(torch.rand(1, 1, 8, 8), {"shear": 1})  # type: ignore[arg-type]
    with pytest.raises(HierfeatError, match="expected seed as an int"):
        distort(torch.rand(1, 1, 8, 8), Distortion(), seed=-1)
