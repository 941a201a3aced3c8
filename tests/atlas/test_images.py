"""Bytes and pictures hold what was put into them."""

import base64
import io

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from hierfeat.atlas.images import picture, quantise_maps, quantise_weights, sprite

maps = arrays(np.float64, (2, 3, 4, 5), elements=st.floats(-1e6, 1e6, width=32))


def opened(uri):
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


def read(stored, shape):
    """What a reader of the payload makes of it, by the formula that the schema states."""
    levels = [np.frombuffer(base64.b64decode(text), np.uint8).reshape(shape).astype(float) for text in stored["data"]]
    limits = np.array(stored["limits"])[:, :, None, None]
    if not stored["signed"]:
        return np.stack(levels) / 255 * limits
    return np.where(np.stack(levels) == 0, np.nan, (np.stack(levels) - 128) / 127 * limits)


@given(maps)
def test_maps_are_read_back_to_half_a_level(values):
    stored = quantise_maps(torch.from_numpy(values))
    limits = np.abs(values).max(axis=(2, 3), keepdims=True)
    level = limits / (127 if stored["signed"] else 255)
    assert stored["signed"] == bool((values < 0).any())
    assert (np.abs(read(stored, (3, 4, 5)) - values) <= 0.5001 * level + 2e-5 * limits).all()


def test_a_vector_has_one_limit_for_each_sample():
    values = torch.tensor([[0.0, 1.0, 4.0], [2.0, 0.0, 1.0]])[:, :, None, None]
    stored = quantise_maps(values)
    assert stored["limits"] == [[4.0], [2.0]]
    assert np.allclose(read(stored, (3, 1, 1)), values.numpy(), atol=4 / 255)


def test_what_is_not_finite_is_marked():
    values = torch.ones(1, 1, 2, 2)
    values[0, 0, 0, 1], values[0, 0, 1, 0] = torch.nan, torch.inf
    read_back = read(quantise_maps(values), (1, 2, 2))[0, 0]
    assert np.isnan(read_back).tolist() == [[False, True], [True, False]]
    assert read_back[0, 0] == read_back[1, 1] == 1


def test_nothing_at_all_is_zero():
    stored = quantise_maps(torch.zeros(1, 2, 3, 3))
    assert stored["limits"] == [[0.0, 0.0]]
    assert not read(stored, (2, 3, 3)).any()


def test_weights_share_one_limit():
    weights = torch.tensor([-2.0, 0.0, 1.0]).view(1, 1, 1, 3)
    stored = quantise_weights(weights)
    levels = np.frombuffer(base64.b64decode(stored["data"]), np.uint8)
    assert stored["limit"] == 2
    assert levels.tolist() == [1, 128, 192]


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB"), (4, "L")])
def test_pictures_by_channels(channels, mode):
    image = torch.rand(channels, 5, 7, generator=torch.Generator().manual_seed(0))
    shown = opened(picture(image))
    assert (shown.mode, shown.size) == (mode, (7, 5))
    expected = image.mean(0) if channels == 4 else image.squeeze(0) if channels == 1 else image.permute(1, 2, 0)
    assert np.abs(np.asarray(shown) / 255 - expected.numpy()).max() <= 0.5 / 255 + 1e-6


def test_a_large_picture_shrinks_in_proportion():
    assert opened(picture(torch.zeros(3, 300, 600), longest=100)).size == (100, 50)


def test_sprite_puts_each_patch_in_its_tile():
    rows = [[torch.full((1, 3, 3), level) for level in (0.2, 0.4)], [torch.full((1, 1, 3), 0.8)]]
    sheet = np.asarray(opened(sprite(rows)))
    assert sheet.shape == (6, 6)
    assert (sheet[:3, :3] == 51).all()
    assert (sheet[:3, 3:] == 102).all()
    assert sheet[3:, :3].tolist() == [[0, 0, 0], [204, 204, 204], [0, 0, 0]]
    assert not sheet[3:, 3:].any()


def test_sprite_shrinks_large_patches():
    assert opened(sprite([[torch.zeros(3, 100, 80)] * 2], side=10)).size == (20, 10)
