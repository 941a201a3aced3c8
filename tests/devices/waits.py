"""Prints how often a sweep waits for the pretend device, for some numbers of batches: a script of its own."""

import json
import sys
import warnings

import torch
from torch import nn

import hierfeat as hf
from hierfeat.representation._pooled_features import PooledFeatures
from tests.devices.pretend import WAITS, There, moved

SIZE = 4


def net() -> hf.Hierarchy:
    torch.manual_seed(0)
    early = [nn.Conv2d(1, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2)]
    model = nn.Sequential(*early, nn.Conv2d(6, 8, 3), nn.Tanh(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3))
    moved(model.eval())
    return hf.Hierarchy(model, (1, 16, 16), mean=[0.5], std=[0.5])


def measures() -> list[hf.Measure]:
    kept = [hf.Moments(), hf.ActiveFraction(), hf.Sparseness(), hf.Histogram()]
    return [*kept, hf.TopPatches(3), hf.TopPatches(2, least=True), PooledFeatures(1)]


def waits(h: hf.Hierarchy, batches: int, *, there: bool) -> int:
    images = torch.rand(batches * SIZE, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    shown = [There(part.clone()) for part in images.split(SIZE)] if there else images
    WAITS.clear()
    hf.sweep(h, shown, measures(), layers="*", batch_size=SIZE, progress=False)
    return sum(WAITS.values())


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    h = net()
    waits(h, 2, there=False)  # weights are looked at once
    print(
        json.dumps(
            {where: [waits(h, n, there=where == "there") for n in (5, 10, 30, 63)] for where in ("here", "there")}
        )
    )
    sys.exit(0)
