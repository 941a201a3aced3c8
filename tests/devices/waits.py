"""Prints how often a sweep waits for the pretend device, for some numbers of batches: a script of its own."""

import json
import sys
import warnings

import torch

import hierfeat as hf
from tests.devices.pretend import WAITS, There, moved
from tests.devices.swept import SIZE, measures, net


def waits(h: hf.Hierarchy, batches: int, *, there: bool) -> int:
    images = torch.rand(batches * SIZE, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    shown = [There(part.clone()) for part in images.split(SIZE)] if there else images
    WAITS.clear()
    hf.sweep(h, shown, measures(), layers="*", batch_size=SIZE, progress=False)
    return sum(WAITS.values())


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    h = net()
    moved(h.model)
    waits(h, 2, there=False)  # weights are looked at once
    print(
        json.dumps(
            {where: [waits(h, n, there=where == "there") for n in (5, 10, 30, 63)] for where in ("here", "there")}
        )
    )
    sys.exit(0)
