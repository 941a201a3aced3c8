"""Strides and starts are what the boxes of neighbouring units say, whatever moves pixels into channels."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

import hierfeat as hf


class SpaceToDepth(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        return x.view(n, c, h // 2, 2, w // 2, 2).permute(0, 1, 3, 5, 2, 4).reshape(n, 4 * c, h // 2, w // 2)


class Patches(nn.Module):
    """Patches by unfolding, as a map."""

    def forward(self, x: Tensor) -> Tensor:
        n, _, h, w = x.shape
        return F.unfold(x, 2, stride=2).view(n, -1, h // 2, w // 2)


class Sliced(nn.Module):
    """The stem of YOLO: four interleaved grids, one behind the other."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x[..., i::2, j::2] for i in (0, 1) for j in (0, 1)], 1)


PARTS = ("conv", "strided", "pool", "unshuffle", "depth", "patches", "sliced", "shuffle", "up")


def part(kind: str, channels: int) -> tuple[nn.Module, int]:
    """A layer and how many channels come out of it."""
    return {
        "conv": (nn.Conv2d(channels, 4, 3, padding=1), 4),
        "strided": (nn.Conv2d(channels, 4, 3, stride=2, padding=1), 4),
        "pool": (nn.MaxPool2d(2), channels),
        "unshuffle": (nn.PixelUnshuffle(2), 4 * channels),
        "depth": (SpaceToDepth(), 4 * channels),
        "patches": (Patches(), 4 * channels),
        "sliced": (Sliced(), 4 * channels),
        "shuffle": (nn.Sequential(nn.Conv2d(channels, 8, 1), nn.PixelShuffle(2)), 2),
        "up": (nn.Upsample(scale_factor=2), channels),
    }[kind]


def network(kinds: list[str]) -> hf.Hierarchy:
    layers, channels = [], 1
    for kind in kinds:
        layer, channels = part(kind, channels)
        layers.append(layer)
    return hf.Hierarchy(nn.Sequential(*layers, nn.Conv2d(channels, 2, 1), nn.Conv2d(2, 2, 3, padding=1)), (1, 32, 32))


@settings(max_examples=40)
@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=3))
def test_strides_are_how_far_the_boxes_move_on_average(kinds: list[str]) -> None:
    h = network(kinds)
    fields = hf.receptive_fields(h)
    for row in fields.table.itertuples():
        boxes = fields.boxes(row.layer, clip=False).astype(float)
        rows, cols = boxes.shape[:2]
        middle = (boxes[..., 0] + boxes[..., 2]) / 2, (boxes[..., 1] + boxes[..., 3]) / 2
        for stride, axis, places, count in ((row.stride_h, 0, middle[0], rows), (row.stride_w, 1, middle[1], cols)):
            moves = np.diff(places, axis=axis)
            if count < 4 or np.isnan(stride) or (moves < 0).any():  # rows of patches are not in the image's order
                continue
            steps = moves.reshape(count - 1, -1) if axis == 0 else moves.T.reshape(count - 1, -1)
            # units that share a place stand on stairs: the way along the map is known to one of its steps
            assert abs(steps.sum(0).mean() - stride * (count - 1)) <= max(steps.max(), 1e-9)


@pytest.mark.parametrize("kind", ["unshuffle", "depth", "patches", "sliced"])
def test_a_convolution_behind_pixels_made_channels_moves_by_two(kind: str) -> None:
    """By hand: two by two pixels become one place, so that neighbouring units lie two pixels apart."""
    fields = hf.receptive_fields(network([kind]))
    last = fields.table.iloc[-1]
    assert (last.stride_h, last.stride_w, last.start_h, last.start_w) == (2, 2, -2, -2)
    assert (last.size_h, last.size_w) == (6, 6)
    still = hf.translation_invariance(network([kind]), torch.rand(4, 1, 32, 32), layers="2", max_shift=2, step=2)
    assert still.table.equivariance.dropna().to_numpy() == pytest.approx(1, abs=1e-5)
