"""A small network and all measures, for sweeps on other devices."""

import torch
from torch import nn

import hierfeat as hf
from hierfeat.representation._pooled_features import PooledFeatures

SIZE = 4


def net() -> hf.Hierarchy:
    torch.manual_seed(0)
    early = [nn.Conv2d(1, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2)]
    model = nn.Sequential(*early, nn.Conv2d(6, 8, 3), nn.Tanh(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3))
    return hf.Hierarchy(model.eval(), (1, 16, 16), mean=[0.5], std=[0.5])


def measures() -> list[hf.Measure]:
    kept = [hf.Moments(), hf.ActiveFraction(), hf.Sparseness(), hf.Histogram()]
    return [*kept, hf.TopPatches(3), hf.TopPatches(2, least=True), PooledFeatures(1)]
