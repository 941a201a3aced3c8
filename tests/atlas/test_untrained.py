"""Random weights are known as such, and trained ones are not taken for random."""

import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.atlas.untrained import untrained_by


@pytest.mark.parametrize("name", ["resnet18", "squeezenet1_1", "mobilenet_v3_small"])
def test_fresh_torchvision_networks(name):
    assert untrained_by(hf.load(f"torchvision:{name}").model) is not None


@pytest.mark.parametrize("seed", range(3))
def test_fresh_networks_of_torch(seed):
    torch.manual_seed(seed)
    assert untrained_by(nn.Sequential(nn.Conv2d(3, 32, 3), nn.ReLU(), nn.Flatten(), nn.Linear(99, 10))) is not None


@pytest.mark.parametrize(
    "name", ["lenet5-digits", "lenet5-mnist", "convnet-cifar10", "mlp-fashion", "neocognitron-mnist"]
)
def test_trained_networks(name):
    assert untrained_by(hf.load(name).model) is None


def test_the_untrained_twin():
    assert untrained_by(hf.untrained(hf.load("convnet-cifar10"), seed=0).model) is not None
