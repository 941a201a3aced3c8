"""Anti-aliasing: what a pixel shows is the share of it that the shape covers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hierfeat.stimuli.bars import bars, edges
from hierfeat.stimuli.gratings import gratings
from hierfeat.stimuli.noise import pink_noise, sparse_noise, white_noise
from hierfeat.stimuli.spots import annuli, spots

FINE = 40


def covered(inside, size):
    """Share of each pixel by counting FINE × FINE points in it."""
    points = (np.arange(size * FINE) + 0.5) / FINE - size / 2
    shares = inside(*np.meshgrid(points, points, indexing="ij"))
    return shares.reshape(size, FINE, size, FINE).mean((1, 3))


@settings(deadline=None, max_examples=15)
@given(angle=st.floats(0, 179), width=st.floats(0.3, 6), offset=st.floats(-4, 4))
def test_endless_bars_are_exact(angle, width, offset):
    image = bars((1, 15, 15), orientations=[angle], widths=width, offsets=offset)[0][0]
    theta = np.deg2rad(angle)
    truth = covered(lambda row, col: np.abs(row * np.cos(theta) + col * np.sin(theta) - offset) < width / 2, 15)
    np.testing.assert_allclose(image, 0.5 + 0.5 * truth, atol=0.02)


def test_bars_with_ends_have_the_right_area_and_place():
    for angle in (0.0, 20.0, 45.0, 90.0, 100.0):
        image = bars((1, 31, 31), orientations=[angle], widths=3, lengths=14)[0][0]
        assert float(2 * (image - 0.5).sum()) == pytest.approx(42, rel=0.01)


def test_edges_are_exact():
    image = edges((1, 15, 15), orientations=[25.0], polarities=1)[0][0]
    theta = np.deg2rad(25.0)
    truth = covered(lambda row, col: row * np.cos(theta) + col * np.sin(theta) > 0, 15)
    np.testing.assert_allclose(image, truth, atol=0.01)


@pytest.mark.parametrize(("diameter", "error"), [(3.0, 0.06), (7.3, 0.02), (12.0, 0.01)])
def test_spots(diameter, error):
    image = spots((1, 15, 15), diameters=diameter)[0][0]
    truth = covered(lambda row, col: np.hypot(row, col) < diameter / 2, 15)
    np.testing.assert_allclose(2 * image - 1, truth, atol=0.08)  # the rim is a straight edge within one pixel
    assert float((2 * image - 1).sum()) == pytest.approx(np.pi * diameter**2 / 4, rel=error)


def test_a_spot_of_one_pixel_fills_that_pixel_and_no_other():
    image = spots((1, 7, 7), diameters=1, positions=[(2.5, 4.5)])[0][0]
    assert image[2, 4] == pytest.approx(1, abs=2e-3)
    assert float((image - 0.5).abs().sum()) == pytest.approx(0.5, abs=2e-3)


def test_an_annulus_is_a_disc_without_its_middle():
    ring = annuli((1, 31, 31), inner_diameters=8, outer_diameters=20)[0] - 0.5
    discs = spots((1, 31, 31), diameters=[8, 20])[:] - 0.5
    np.testing.assert_allclose(ring, discs[1] - discs[0], atol=1e-6)


def test_gratings_have_their_frequency_and_contrast():
    image = np.asarray(gratings((1, 64, 64), orientations=[90], frequencies=0.125, phases=1, contrasts=0.4)[0][0])
    spectrum = np.abs(np.fft.rfft(image[0] - 0.5)) / 32
    assert spectrum.argmax() == 8
    assert spectrum[8] == pytest.approx(0.2, abs=1e-5)


def test_a_windowed_grating_is_grey_outside():
    image = gratings((1, 41, 41), diameters=20)[3][0]
    row, col = np.mgrid[:41, :41] - 20
    assert (image[np.hypot(row, col) > 11] == 0.5).all()


def test_white_noise_is_white():
    images = np.asarray(white_noise((1, 16, 16), 2000, seed=1)[:])[:, 0].reshape(2000, -1) * 2 - 1
    correlation = images.T @ images / 2000
    assert np.abs(correlation - np.eye(256)).max() < 6 / np.sqrt(2000)


def test_noise_differs_between_seeds_and_repeats_for_the_same():
    one, other = white_noise((1, 8, 8), 3, seed=5)[:], white_noise((1, 8, 8), 3, seed=6)[:]
    np.testing.assert_array_equal(one[1:], other[:2])
    assert (one[0] != other[2]).any()


def test_cells_are_blocks():
    image = np.asarray(white_noise((1, 10, 10), 1, cell=4)[0][0])
    np.testing.assert_array_equal(image[:4, :4], image[0, 0])


def test_gaussian_noise_has_its_spread():
    images = np.asarray(white_noise((1, 32, 32), 200, distribution="gaussian", contrast=0.6)[:]) * 2 - 1
    assert images.std() == pytest.approx(0.2, rel=0.02)
    assert np.abs(images).max() <= 0.6 + 1e-6


def test_sparse_noise_has_its_density_of_light_and_dark():
    images = np.asarray(sparse_noise((1, 40, 40), 100, density=0.2)[:])
    assert (images == 1).mean() == pytest.approx(0.1, abs=0.01)
    assert (images == 0).mean() == pytest.approx(0.1, abs=0.01)


def test_pink_noise_falls_as_one_over_frequency():
    images = np.asarray(pink_noise((1, 64, 64), 200)[:])[:, 0] - 0.5
    power = (np.abs(np.fft.fft2(images)) ** 2).mean(0)
    ratio = power[4, 0] / power[16, 0]
    assert ratio == pytest.approx(16, rel=0.25)


SERIES = {
    "gratings": lambda shape: gratings(
        shape, orientations=[33.0, 70.0], phases=3, diameters=[3, 7.3], contrasts=[0.5, 1]
    ),
    "bars": lambda shape: bars(shape, orientations=[10.0, 33.0], lengths=[3, 8], polarities=(1, -1), offsets=[-1, 0.3]),
    "edges": lambda shape: edges(shape, orientations=5, offsets=[-1, 0.3]),
    "spots": lambda shape: spots(shape, diameters=[3, 5], polarities=(1, -1), positions=[(4, 4), (9, 5.5)]),
    "annuli": lambda shape: annuli(shape, inner_diameters=[2, 4], outer_diameters=[5, 7], polarities=(1, -1)),
}


@pytest.mark.parametrize("kind", SERIES)
def test_what_is_drawn_together_is_what_is_drawn_one_by_one(kind):
    """Parts that stimuli of a batch share are drawn once."""
    stimuli = SERIES[kind]((1, 13, 17))
    together = stimuli.as_tensor().numpy()
    np.testing.assert_array_equal(together, np.stack([stimuli[place].numpy() for place in range(len(stimuli))]))
    np.testing.assert_array_equal(together[::-1], stimuli[np.arange(len(stimuli))[::-1]].numpy())
