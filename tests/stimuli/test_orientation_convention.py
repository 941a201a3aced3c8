"""Orientation is the angle of the bars, counter-clockwise from horizontal: read back from the images themselves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hierfeat.stimuli.bars import bars, edges
from hierfeat.stimuli.gratings import gratings, plaids


def structure_tensor_angle(image):
    """Angle of the bars from gradients: the gradient runs across the bars; rows count downwards."""
    down, right = np.gradient(np.asarray(image, dtype=float))
    up = -down
    gradient = 0.5 * np.arctan2(2 * (right * up).sum(), (right**2 - up**2).sum())
    return (np.rad2deg(gradient) + 90) % 180


def apart(a, b):
    return abs((a - b + 90) % 180 - 90)


@settings(deadline=None, max_examples=40)
@given(angle=st.floats(0, 179.9), size=st.sampled_from([(40, 40), (41, 41), (40, 55)]))
def test_gratings(angle, size):
    image = gratings((1, *size), orientations=[angle], frequencies=0.05, phases=[30], diameters=36)[0][0]
    assert apart(structure_tensor_angle(image), angle) < 1.0


@settings(deadline=None, max_examples=40)
@given(angle=st.floats(0, 179.9))
def test_bars(angle):
    image = bars((1, 61, 61), orientations=[angle], widths=4, lengths=30)[0][0]
    row, col = np.mgrid[:61, :61] - 30.0
    mass = np.asarray(image) - 0.5
    covariance = [(mass * row * row).sum(), (mass * col * col).sum(), (mass * row * col).sum()]
    axis = 0.5 * np.arctan2(-2 * covariance[2], covariance[1] - covariance[0])
    assert apart(np.rad2deg(axis) % 180, angle) < 0.5


@settings(deadline=None, max_examples=20)
@given(angle=st.floats(0, 179.9))
def test_edges_by_the_centroid_of_their_light(angle):
    light = edges((1, 61, 61), orientations=[angle], polarities=1)[0][0] - 0.5
    row, col = np.mgrid[:61, :61] - 30
    light = np.asarray(light) * np.exp(-(row**2 + col**2) / (2 * 8**2))  # a hard window would turn the centroid by 0.3°
    assert apart(np.rad2deg(np.arctan2((light * col).sum(), (light * row).sum())), angle) < 0.05


@pytest.mark.parametrize(("angle", "bright_row", "bright_col"), [(0, 13, 10), (90, 10, 13)])
def test_phase_and_offset_move_downwards_and_to_the_right(angle, bright_row, bright_col):
    """A quarter cycle of 10 pixels' period is 2.5 pixels: the crest lies in pixel 12 or 13 of 0..20."""
    wave = gratings((1, 21, 21), orientations=[angle], frequencies=0.1, phases=[90])[0][0]
    bar = bars((1, 21, 21), orientations=[angle], widths=1, offsets=3)[0][0]
    assert wave[bright_row, bright_col] > 0.95
    assert bar[bright_row, bright_col] == pytest.approx(1)
    assert bar[10, 10] == 0.5


def test_a_phase_series_drifts_and_its_mean_is_grey():
    images = gratings((1, 32, 32), orientations=[37.0], frequencies=0.13, phases=8)[:]
    np.testing.assert_allclose(images.mean(0), 0.5, atol=1e-6)


def test_a_plaid_is_the_mean_of_its_gratings():
    plaid = plaids((1, 24, 24), orientations=[20.0], angles=70, phases=[40.0])[0]
    parts = gratings((1, 24, 24), orientations=[20.0, 90.0], phases=[40.0])[:]
    np.testing.assert_allclose(plaid, parts.mean(0), atol=1e-6)
