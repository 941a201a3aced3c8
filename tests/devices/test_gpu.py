"""The same on a real GPU, where one is at hand: ``pytest -m gpu``. Without one, tests/devices pretends."""

import os
import subprocess
import sys
import time

import pandas as pd
import pytest
import torch

import hierfeat as hf
from hierfeat._torchvision import models
from tests.devices.swept import SIZE, measures, net
from tests.devices.test_devices import ONE_THREAD, ROOT

HERE = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else None
pytestmark = [pytest.mark.gpu, pytest.mark.skipif(HERE is None, reason="no GPU is at hand")]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_result_is_the_same_as_on_the_cpu():
    about = os.environ | ONE_THREAD | {"DEVICE": str(HERE)}
    command = [sys.executable, "-m", "tests.devices.every_result"]
    said = subprocess.run(command, cwd=ROOT, env=about, capture_output=True, text=True, timeout=1700)
    assert said.returncode == 0, said.stdout + said.stderr[-2000:]


def test_a_sweep_gives_the_numbers_of_the_cpu():
    images = torch.rand(50 * SIZE, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    options = {"layers": "*", "batch_size": SIZE, "progress": False}
    here, there = (hf.sweep(h, images, measures()[:-1], **options) for h in (net(), net().to(HERE)))
    for one, other in zip(here[:4], there[:4], strict=True):
        pd.testing.assert_frame_equal(one, other, rtol=1e-3, atol=1e-4)


@pytest.mark.skipif(HERE != "cuda", reason="CUDA reports what waits for it")
def test_no_batch_of_a_sweep_is_waited_for():
    """CUDA itself raises an error at a wait, from the third batch to the thirtieth."""
    h, number = net().to(HERE), 0

    class Watched(hf.ActiveFraction):
        def begin(self, batch):
            nonlocal number
            number += 1
            torch.cuda.set_sync_debug_mode("error" if 3 <= number < 30 else "default")

    images = torch.rand(40 * SIZE, 1, 16, 16, generator=torch.Generator().manual_seed(0)).pin_memory()
    try:
        hf.sweep(h, images, [Watched(), *measures()], layers="*", batch_size=SIZE, progress=False)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert number == 40


@pytest.mark.benchmark
@pytest.mark.skipif(HERE != "cuda", reason="for CUDA")
def test_images_per_second_of_a_sweep_in_bfloat16(capsys):
    """ResNet-50 at 224 pixels, all four measures, beside the plain forward pass; images lie on the GPU."""
    torch.manual_seed(0)
    h = hf.Hierarchy(models.resnet50(weights=None).eval(), (3, 224, 224)).to(HERE, torch.bfloat16)
    images = torch.rand(256, 3, 224, 224, device=HERE)
    kinds = (hf.Moments, hf.ActiveFraction, hf.Sparseness, hf.Histogram)

    def plain() -> None:
        with torch.no_grad():
            for _ in range(20):
                h.forward(images)

    def swept() -> None:
        made = [kind() for kind in kinds]
        hf.sweep(h, [images] * 20, made, layers=("conv", "pool", "activation"), progress=False)

    rates = {}
    for name, act in (("plain", plain), ("swept", swept)):
        act()
        torch.cuda.synchronize()
        began = time.perf_counter()
        act()
        torch.cuda.synchronize()
        rates[name] = 20 * len(images) / (time.perf_counter() - began)
    with capsys.disabled():
        print(f"\n{torch.cuda.get_device_name()}: {rates['plain']:.0f} images/s plain, {rates['swept']:.0f} swept")
    assert rates["swept"] > 0
