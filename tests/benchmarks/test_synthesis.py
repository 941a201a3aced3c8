"""Synthesis beside torch-lucent's defaults: time per channel, activation, and what is kept when the image moves.

Run with ``make bench`` where torch-lucent is installed. ``HIERFEAT_SQUEEZENET`` names a file of trained weights of
``torchvision.models.squeezenet1_0``; without it the weights are random, which changes no time.
``HIERFEAT_LUCENT_STEPS`` shortens lucent's run (512 steps by default); its time is then scaled up.
"""

import importlib.util
import os
import time

import numpy as np
import pytest
import torch

import hierfeat as hf
from hierfeat.physiology.objectives import channel_mean
from hierfeat.physiology.reading import reading
from hierfeat.physiology.robustness import robustness
from hierfeat.physiology.synthesize import synthesize

pytestmark = [pytest.mark.benchmark, pytest.mark.filterwarnings("default"), pytest.mark.timeout(3600)]
LAYER, CHANNELS, SIZE, DEFAULT_STEPS = "features.9.expand3x3", [3, 40], 128, 512


def squeezenet() -> hf.Hierarchy:
    weights = os.environ.get("HIERFEAT_SQUEEZENET")
    h = hf.load("torchvision:squeezenet1_0", weights=weights)
    mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    return hf.Hierarchy(h.model, h.input_shape, mean=mean, std=std)


def lucent_images(h: hf.Hierarchy, steps: int) -> torch.Tensor:
    import kornia
    from lucent.optvis import render

    for name in ("get_rotation_matrix2d", "warp_affine"):  # lucent 0.1.8 knows kornia before 0.6
        if not hasattr(kornia, name):
            setattr(kornia, name, getattr(kornia.geometry.transform, name))

    h.model.eval()
    name = LAYER.replace(".", "_")
    made = [
        render.render_vis(h.model, f"{name}:{c}", thresholds=(steps,), show_image=False, progress=False)[0]
        for c in CHANNELS
    ]
    return torch.from_numpy(np.concatenate(made)).permute(0, 3, 1, 2)


@pytest.mark.skipif(importlib.util.find_spec("lucent") is None, reason="torch-lucent is not installed")
def test_beside_lucent(capsys) -> None:
    h, steps = squeezenet(), int(os.environ.get("HIERFEAT_LUCENT_STEPS", DEFAULT_STEPS))
    start = time.process_time()
    made = synthesize(h, LAYER, list(range(8)) + CHANNELS[1:], size=(SIZE, SIZE), progress=False, batch_size=9)
    ours = (time.process_time() - start) / len(made.table)
    start = time.process_time()
    peer = lucent_images(h, steps)
    lucent = (time.process_time() - start) / len(CHANNELS) * DEFAULT_STEPS / steps
    views = {"jitter": SIZE / 32, "scale": 0.05, "rotation": 5.0}
    with torch.no_grad(), reading(h, LAYER) as read:
        theirs = robustness(read, channel_mean, peer, torch.tensor(CHANNELS), **views)
    mine = made.table.set_index("channel").loc[CHANNELS]
    with capsys.disabled():
        print(f"\nCPU seconds per channel: hierfeat {ours:.1f}, lucent {lucent:.1f} ({lucent / ours:.1f} times)")
        for name, values in theirs.items():
            print(
                f"{name:15s} hierfeat {mine[name].round(3).tolist()}  lucent ({steps} steps) {values.round(3).tolist()}"
            )
    assert lucent > ours
