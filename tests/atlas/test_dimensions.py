"""The chain of sizes by hand, against torch: every size that follows from a change, and where the network breaks."""

import json
import subprocess
from pathlib import Path

import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.atlas import page as page_module
from hierfeat.atlas.payload import layer_row
from tests.atlas.driving import needs_chromium, opened
from tests.atlas.live.cases import NODE, needs_node

SIZES = Path(page_module.__file__).parent / "scripts" / "dimensions" / "sizes.js"


def net(conv=(5, 1, 0, 1), pool=(3, 2, 0, 1), later=(3, 2, 1, 1), *, ceil=False, dense=True):
    """A chain with these kernels, strides, paddings and dilations; the dense layer is for the settings as they are."""
    parts = [
        nn.Conv2d(1, 4, conv[0], conv[1], conv[2], conv[3]),
        nn.ReLU(),
        nn.MaxPool2d(*pool, ceil_mode=ceil),
        nn.Conv2d(4, 6, later[0], later[1], later[2], later[3]),
    ]
    return nn.Sequential(*parts, *([nn.Flatten(), nn.Linear(6 * 6 * 6, 3), nn.Tanh()] if dense else []))


class Branched(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.other = nn.Conv2d(1, 2, 3), nn.Conv2d(1, 2, 3)

    def forward(self, x):
        return self.one(x) + self.other(x)


def rows(model, shape=(1, 28, 28)):
    return [layer_row(index, layer) for index, layer in enumerate(hf.Hierarchy(model, shape).layers)]


def worked_out(*cases):
    script = Path(__file__).parent / "run_sizes.mjs"
    run = subprocess.run(
        [NODE, script, SIZES], input=json.dumps(cases), capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(run.stdout)


def settings(kernel, stride, padding, dilation):
    names = ("kernel", "stride", "padding", "dilation")
    return {name: [value, value] for name, value in zip(names, (kernel, stride, padding, dilation), strict=True)}


def sizes(model, shape):
    """What torch gives behind every layer, up to where it refuses."""
    x, found = torch.zeros(1, *shape), []
    for part in model:
        try:
            x = part(x)
        except RuntimeError:
            break
        found.append(list(x.shape[1:]))
    return found


CHANGES = {
    "as it is": {},
    "a larger kernel": {"conv": (7, 1, 0, 1)},
    "padding": {"conv": (5, 1, 2, 1)},
    "dilation": {"conv": (5, 1, 0, 3)},
    "another pool": {"pool": (4, 3, 1, 1)},
    "strides": {"conv": (5, 3, 0, 1), "pool": (2, 2, 0, 1)},
    "a pool too large": {"conv": (5, 5, 0, 1), "pool": (9, 2, 0, 1)},
    "a kernel too large": {"later": (15, 1, 0, 1)},
}
NAMES = {"conv": "0", "pool": "2", "later": "3"}


@needs_node
@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("size", [(1, 28, 28), (1, 23, 31)])
@pytest.mark.parametrize("ceil", [False, True])
def test_sizes_are_those_of_torch(changes, size, ceil):
    given = {
        "layers": rows(net(ceil=ceil, dense=False)),
        "input": [1, 28, 28],
        "size": list(size),
        "changed": {NAMES[name]: settings(*values) for name, values in changes.items()},
    }
    [found] = worked_out(given)
    expected = sizes(net(**changes, ceil=ceil, dense=False), size)
    assert [to for to in found["sizes"] if to] == expected
    broken = None if len(expected) == 4 else str(len(expected))
    assert (found["broken"], found["why"]) == (broken, "small" if broken else "")


@needs_node
def test_a_dense_layer_breaks_at_another_size():
    base = {"layers": rows(net()), "input": [1, 28, 28], "changed": {}}
    whole, larger = worked_out(base, base | {"size": [1, 32, 32]})
    assert (whole["broken"], whole["sizes"]) == (None, sizes(net(), (1, 28, 28)))
    assert (larger["broken"], larger["why"]) == ("5", "numbers")
    assert [to for to in larger["sizes"] if to] == sizes(net(), (1, 32, 32))


@needs_node
def test_the_formula_is_that_of_the_layer_table():
    [found] = worked_out({"layers": rows(net()), "input": [1, 28, 28], "changed": {"0": settings(4, 3, 1, 2)}})
    size = hf.output_size(28, 4, 1, 3, 2)
    assert found["formulas"][0] == f"(28 − (2·(4 − 1) + 1) + 2·1)/3 + 1 = {size}"
    assert found["lost"][0] == (28 + 2 - 7) % 3


@needs_node
def test_a_network_with_branches_is_no_chain():
    [found] = worked_out({"layers": rows(Branched()), "input": [1, 28, 28], "changed": {}})
    assert found == {"chain": False}


@needs_chromium
def test_a_change_is_seen_explained_and_undone(browser, page):
    with opened(browser, page) as tab:
        table = tab.locator(".dimensions tbody")
        before = table.inner_text()
        tab.locator('.dimensions [name="kernel-0"]').fill("5")
        tab.locator('.dimensions [name="kernel-0"]').press("Enter")
        assert "4 × 10 × 10" in table.inner_text()
        assert (
            "It breaks at fc: its weights are for 24 numbers, and 6 reach it."
            in tab.locator(".dimensions .trouble").inner_text()
        )
        assert tab.locator(".dimensions .broken th").inner_text() == "fc"
        tab.keyboard.press("Control+z")
        assert table.inner_text() == before
        assert tab.locator(".dimensions .trouble").inner_text() == ""
        tab.locator('.dimensions [name="size-0"]').fill("4")
        tab.locator('.dimensions [name="size-0"]').press("Enter")
        assert "It breaks at conv2" in tab.locator(".dimensions .trouble").inner_text()
        tab.locator('.dimensions [data-do="reset-sizes"]').click()
        assert table.inner_text() == before
