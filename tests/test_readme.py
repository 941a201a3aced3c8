"""What the README promises: its links lead somewhere, and its regression test tells a network that moved."""

import re
from pathlib import Path

import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.testing import fingerprint

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
[RECIPE] = re.findall(r"```python\n(from hierfeat.testing.*?)```", README, re.DOTALL)


def test_every_link_within_the_project_leads_to_a_file():
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if not link.startswith("http")]
    assert len(links) > 20
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.fixture
def recommended(tmp_path, monkeypatch):
    """The README's test, with the fingerprint of the shipped network stored, and the network that it will load."""
    monkeypatch.chdir(tmp_path)
    h = hf.load("lenet5-digits")
    monkeypatch.setattr(hf, "load", lambda name: h)
    fingerprint(h).write("fingerprint.json")
    names = {"hf": hf}
    exec(RECIPE, names)
    return names["test_the_network_responds_as_it_did"], h


def test_it_is_three_lines():
    assert len([line for line in RECIPE.splitlines() if line]) == 3


def test_a_network_that_stayed_passes(recommended):
    test, _ = recommended
    test()


@pytest.mark.parametrize("layer", ["conv1", "conv2", "fc1", "fc2", "fc3"])
def test_the_first_layer_that_moved_is_named(recommended, layer):
    test, h = recommended
    with torch.no_grad():
        h.model.get_submodule(layer).weight.view(-1)[0] += 0.05
    with pytest.raises(AssertionError, match=f"^lenet5-digits: {layer} is the first of 14 layers"):
        test()


def test_a_layer_that_is_new_is_named(recommended):
    test, h = recommended
    h.model.pool2 = nn.Sequential(nn.MaxPool2d(2), nn.Tanh())
    with pytest.raises(AssertionError, match=r"^lenet5-digits: pool2.0 is the first of 15 layers"):
        test()
