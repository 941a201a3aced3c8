"""Prints how often a sweep waits for the pretend device, for some numbers of batches: a script of its own."""

import json
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


def subjects() -> dict[str, hf.Hierarchy]:
    found = {"as it comes": net(), "bfloat16": net(), "float16": net(), "channels last": net()}
    found["bfloat16"].model.to(torch.bfloat16)
    found["float16"].model.to(torch.float16)
    found["channels last"].model.to(memory_format=torch.channels_last)
    return found


def counted(h: hf.Hierarchy, *, there: bool) -> list[int]:
    return [waits(h, batches, there=there) for batches in (5, 10, 30, 63)]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    found = {}
    for name, h in subjects().items():
        moved(h.model)
        waits(h, 2, there=False)  # weights are looked at once
        found |= {f"{name}, images {where}": counted(h, there=where == "there") for where in ("here", "there")}
    print(json.dumps(found))
