"""Deformations that are exact, against index arithmetic; random ones, against their own limits."""

import pytest
import torch

from hierfeat.errors import HierfeatError
from hierfeat.stimuli.warps.deform import flipped, inked
from hierfeat.stimuli.warps.sampler import elastic_field
from hierfeat.zoo.neocognitron import Jitter, glyphs, jittered, warp


@pytest.fixture
def image():
    picture = torch.zeros(1, 1, 12, 12)
    picture[0, 0, 4:8, 4:8] = torch.rand(4, 4, generator=torch.Generator().manual_seed(0))
    return picture


def test_whole_shifts_move_pixels_down_and_right(image):
    torch.testing.assert_close(warp(image, shift=(2, -3)), image.roll((2, -3), (2, 3)), atol=1e-5, rtol=0)


def test_positive_rotation_is_counter_clockwise(image):
    torch.testing.assert_close(warp(image, rotation=90), torch.rot90(image, 1, (2, 3)), atol=1e-5, rtol=0)


def test_scale_two_doubles_the_area_twice():
    square = torch.zeros(1, 1, 24, 24)
    square[..., 8:16, 8:16] = 1
    assert warp(square, scale=2.0).sum().item() == pytest.approx(4 * 64, rel=0.05)


def test_each_image_may_have_its_own_amount(image):
    both = warp(image.repeat(2, 1, 1, 1), shift=(torch.tensor([0.0, 2.0]), 0.0))
    torch.testing.assert_close(both[0], image[0], atol=1e-5, rtol=0)
    torch.testing.assert_close(both[1], image[0].roll(2, 1), atol=1e-5, rtol=0)


def test_elastic_displacement_has_the_asked_size_and_is_smooth():
    generator = torch.Generator().manual_seed(0)
    field = elastic_field(torch.zeros(200, 1, 20, 20), deviation=1.5, smoothness=3.0, generator=generator)
    assert field.std().item() == pytest.approx(1.5, rel=0.03)
    neighbour = (field[:, 1:] * field[:, :-1]).mean() / field.var()
    assert neighbour.item() == pytest.approx(torch.exp(torch.tensor(-1 / (4 * 3.0**2))).item(), abs=0.02)


def test_the_same_seed_deforms_alike_and_another_does_not(image):
    jitter = Jitter(shift=1, rotation=10, scale=0.1, shear=0.1, elastic=1)
    one, two, other = (jittered(image, jitter, generator=torch.Generator().manual_seed(s)) for s in (0, 0, 1))
    assert torch.equal(one, two)
    assert not torch.equal(one, other)


def test_flipped_share():
    found = flipped(torch.zeros(1, 1, 200, 200), 0.1, generator=torch.Generator().manual_seed(0))
    assert found.mean().item() == pytest.approx(0.1, abs=0.006)


def test_inked_is_black_and_white():
    assert inked(torch.tensor([0.0, 0.39, 0.4, 1.0])).tolist() == [0, 0, 1, 1]


def test_glyphs_are_connected_thin_and_black_and_white():
    images, labels = glyphs()
    assert labels.tolist() == [0, 1, 2, 3, 4]
    assert set(images.unique().tolist()) == {0.0, 1.0}
    ink = images.sum((1, 2, 3))
    assert int(ink.min()) >= 9
    assert int(ink.max()) <= 24, "strokes one cell wide"


def test_jitter_moves_strokes_reproducibly_and_stays_in_the_frame():
    one, two, other = (glyphs(jitter=0.5, shift=4, seed=s)[0] for s in (3, 3, 4))
    assert torch.equal(one, two)
    assert not torch.equal(one, other)
    assert bool((other.sum((1, 2, 3)) > 5).all())


def test_glyphs_must_stay_in_the_frame():
    with pytest.raises(HierfeatError, match="shift as an int from 0 to 4"):
        glyphs(shift=5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shift": 2}, r"shift as \(pixels downwards, pixels to the right\), got 2"),
        ({"shift": (1, float("nan"))}, "second of shift as a number"),
        ({"rotation": "5"}, "rotation as a number"),
        ({"rotation": torch.zeros(3)}, r"one for each of 1 images; got \(3,\)"),
        ({"scale": 0}, "scale as a number from 0.001"),
        ({"scale": torch.tensor([float("nan")])}, "scale as a number"),
        ({"shear": None}, "shear as a number"),
        ({"displacement": torch.zeros(1, 2, 12, 12)}, r"\(1, 12, 12, 2\), got \(1, 2, 12, 12\)"),
    ],
)
def test_bad_amounts_are_refused(image, options, message):
    with pytest.raises(HierfeatError, match=message):
        warp(image, **options)
