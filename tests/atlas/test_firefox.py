"""The live page in Firefox, where it and npm's puppeteer-core are installed."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

import hierfeat as hf

HERE = Path(__file__).parent
FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
NODE = shutil.which("node")
DRIVER = HERE.parents[1] / "node_modules" / "puppeteer-core"
pytestmark = [
    pytest.mark.skipif(FIREFOX is None, reason="no Firefox is installed to open the page in"),
    pytest.mark.skipif(NODE is None or not DRIVER.exists(), reason="puppeteer-core is not installed (npm ci)"),
]


def test_firefox_shows_the_network_as_torch_computes_it(small, page):
    """conv2's central unit is under the electrode, and the keyboard turns the bar."""
    command = [NODE, str(HERE / "firefox.mjs"), FIREFOX, page.as_uri() + "#sample=1&unit=3,2,2,2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert "Firefox" in found["agent"]
    assert found["wrong"] == []
    assert found["fits"]
    assert found["painted"] == 7
    image = torch.tensor(found["input"]).reshape(1, *small.input_shape)
    expected = small(image)[0].numpy()
    assert np.abs(np.array(found["output"]) - expected).max() <= 2e-3 * np.abs(expected).max()
    sweep = hf.bar_sweep(small, "conv2", 2)
    assert np.abs(np.array(found["sweep"]["responses"]) - sweep.responses).max() <= 2e-3 * np.abs(sweep.responses).max()
    recorded = hf.record(small, image, layers="conv2")["conv2"]
    assert found["result"] == pytest.approx(float(recorded[0, 2, 2, 2]), abs=2e-3 * float(recorded.abs().max()))
    assert found["turned"] == 97.5
