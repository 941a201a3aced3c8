"""The page stays small, whatever the network."""

import torch
from torch import nn

import hierfeat as hf
from hierfeat._torchvision import models
from hierfeat.atlas.plan import MAP_BYTES, plan


def stored(chosen, h):
    total = 0
    for layer in h.layers:
        if layer.name in chosen.layers:
            channels, step = chosen.size(layer.out_shape)
            cells = [len(range(0, size, step)) for size in layer.out_shape[1:]] or [1]
            total += chosen.samples * channels * torch.Size(cells).numel()
    return total


def test_a_small_net_is_shown_whole(small):
    chosen = plan(small)
    assert chosen.samples == 10
    assert chosen.layers == [layer.name for layer in small.layers if layer.kind != "other"]
    assert all(chosen.size(layer.out_shape) == (layer.out_shape[0], 1) for layer in small.layers)


def test_a_big_net_is_thinned_to_the_budget():
    h = hf.Hierarchy(models.resnet50(), (3, 224, 224))
    chosen = plan(h)
    assert stored(chosen, h) <= MAP_BYTES
    assert chosen.size((2048, 7, 7))[0] < 2048


def test_a_layer_that_is_neither_maps_nor_vector_has_none():
    h = hf.Hierarchy(nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(2), nn.Linear(36, 7)), (1, 8, 8))
    assert plan(h).layers == ["0"]
