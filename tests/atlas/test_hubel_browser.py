"""Hubel and Wiesel's bench in a browser: what the hand does there, against what hierfeat measures in Python."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import hierfeat as hf
from tests.atlas.conftest import lean_page
from tests.atlas.driving import close, needs_chromium, opened, settle

pytestmark = needs_chromium

NODE = shutil.which("node")


class Cells(nn.Module):
    """Two simple cells of opposite phase, ON to the left and OFF to the left, and a complex one that pools them."""

    def __init__(self):
        super().__init__()
        self.simple = nn.Conv2d(1, 2, 3, bias=False)
        self.rectify = nn.ReLU()
        self.complex = nn.Conv2d(2, 1, 1, bias=False)
        with torch.no_grad():
            edge = torch.tensor([1.0, 0.0, -1.0]).expand(3, 3)
            self.simple.weight.copy_(torch.stack([edge, -edge])[:, None])
            self.complex.weight.fill_(1)

    def forward(self, x):
        return self.complex(self.rectify(self.simple(x)))


@pytest.fixture(scope="module")
def cells_page(tmp_path_factory):
    h = hf.Hierarchy(Cells(), (1, 11, 11), name="cells")
    return lean_page(h, torch.rand(2, 1, 11, 11), tmp_path_factory.mktemp("cells") / "cells.html")


@pytest.fixture(scope="module")
def lenet():
    return hf.load("lenet5-digits")


@pytest.fixture(scope="module")
def lenet_page(lenet, tmp_path_factory):
    images, _ = hf.digits(split="test")
    return lean_page(lenet, images[:3], tmp_path_factory.mktemp("lenet") / "lenet.html", tuning=True)


def address(h, layer, channel, at=None):
    """The hash of the page with that unit under the electrode."""
    index = [one.name for one in h.layers].index(layer)
    shape = h.layers[layer].out_shape
    row, col = at or (shape[1] // 2, shape[2] // 2)
    return f"#sample=0&unit={index},{channel},{row},{col}"


def idle(tab):
    tab.wait_for_function("() => !document.documentElement.dataset.running")


SHOW = """async (stimuli) => {
  const picture = () => new Promise((resolve) => requestAnimationFrame(resolve));
  for (const next of stimuli) {
    const before = atlas.measured().shown;
    atlas.show(next);
    while (atlas.measured().shown <= before) await picture();
  }
}"""


def show(tab, *stimuli):
    """Put one stimulus after the other on the screen, each when there is the response to the one before."""
    tab.evaluate(SHOW, stimuli)


def screen_box(tab):
    screen = tab.locator(".screen canvas")
    screen.evaluate("e => e.scrollIntoView({ block: 'center' })")
    return screen.bounding_box()


def squeezenet():
    from torchvision.models import squeezenet1_1

    torch.manual_seed(0)
    return hf.Hierarchy(squeezenet1_1().eval(), (3, 64, 64), name="squeezenet")


def test_stimuli_are_those_of_hierfeat(browser, cells_page):
    shape, at = (1, 11, 11), (4.5, 6)
    pairs = []
    for angle in (0, 22.5, 90, 101):
        size = {
            "orientation": angle,
            "row": at[0],
            "col": at[1],
            "length": 7,
            "width": 2.5,
            "polarity": -1,
            "offset": 1,
        }
        bar = hf.bars(shape, orientations=[angle], widths=2.5, lengths=7, polarities=-1, offsets=1, position=at)
        edge = hf.edges(shape, orientations=[angle], polarities=-1, offsets=1, position=at)
        wave = hf.gratings(shape, orientations=[angle], frequencies=0.2, phases=[72], position=at)
        pairs += [({**size, "kind": "bar"}, bar), ({**size, "kind": "edge"}, edge)]
        pairs += [({**size, "kind": "grating", "polarity": 1}, wave)]
    for diameter in (1, 2.5, 6):
        for place in (at, (4, 4)):
            spot = hf.spots(shape, diameters=diameter, positions=[place])
            size = {"kind": "spot", "row": place[0], "col": place[1], "width": diameter, "polarity": 1}
            pairs.append(({"orientation": 0, "length": 1, **size}, spot))
    with opened(browser, cells_page) as tab:
        found = tab.evaluate("all => all.map((one) => atlas.drawn(one))", [one for one, _ in pairs])
    for pixels, (_, expected) in zip(found, pairs, strict=True):
        assert np.abs(np.array(pixels) - expected[0].numpy().ravel()).max() < 2e-6


UNITS = {
    "LeNet-5": (lambda: hf.load("lenet5-digits"), [("conv2", 3, None), ("pool2", 13, (1, 3)), ("conv1", 0, (0, 27))]),
    "convnet": (lambda: hf.load("convnet-cifar10"), [("conv2", 5, None), ("pool1", 7, (4, 9))]),
    "Neocognitron": (lambda: hf.load("neocognitron-1980"), [("s2", 1, None), ("c1", 0, (3, 6))]),
    "SqueezeNet": (squeezenet, [("features.0", 11, None), ("features.3.expand3x3", 20, (5, 9))]),
}


@pytest.mark.parametrize("net", UNITS)
def test_the_sweep_and_the_gratings_are_those_of_python(browser, tmp_path, net):
    make, units = UNITS[net]
    h = make()
    page = lean_page(h, torch.rand(1, *h.input_shape), tmp_path / "page.html")
    for layer, channel, at in units:
        sweep = hf.bar_sweep(h, layer, channel, at=at)
        with opened(browser, page, address(h, layer, channel, at)) as tab:
            found = tab.evaluate("atlas.runSweep()")
            best = at is None and tab.evaluate("atlas.measureOptimum()")
        assert found["orientations"] == sweep.orientations.tolist()
        assert np.allclose(found["offsets"], sweep.offsets)
        assert close([*np.ravel(found["responses"]), found["blank"]], [*sweep.responses.ravel(), sweep.blank])
        if best:
            gratings = hf.orientation_tuning(h, layers=layer).responses[layer][channel]
            assert close([best["response"]], [gratings.max()])
            assert close([gratings.ravel()[best["at"]]], [gratings.max()])


def test_the_sweep_button_draws_the_plate_and_the_polar_curve(browser, lenet, lenet_page):
    sweep = hf.bar_sweep(lenet, "pool2", 13)
    rates = np.maximum(sweep.responses, 0)
    with opened(browser, lenet_page, address(lenet, "pool2", 13)) as tab:
        tab.locator('[data-do="sweep"]').click()
        tab.locator(".plate .polar").wait_for(timeout=60_000)
        idle(tab)
        traces = tab.locator(".plate .filled").evaluate_all("all => all.map(one => one.getAttribute('d'))")
        says = tab.locator(".plate .polar").get_attribute("aria-label")
        assert tab.evaluate("atlas.measured().best") is None  # the page's stimuli are not the reader's
    assert len(traces) == 8
    for path, row in zip(traces, rates, strict=True):
        points = np.array([[float(n) for n in point.split()] for point in path[1:-1].split("L")])[1:-1]
        heights = (30 - points[:, 1]) / 26
        assert np.abs(heights - row / max(rates.max(), sweep.blank)).max() < 0.01
    assert f"at {sweep.orientations[rates.max(1).argmax()]:g} degrees" in says


def test_the_best_grating_is_that_of_orientation_tuning_and_scores_the_hand(browser, lenet, lenet_page):
    tuning = hf.orientation_tuning(lenet, layers="conv2")
    best, blank = float(tuning.responses["conv2"][3].max()), float(tuning.blank["conv2"][3])
    with opened(browser, lenet_page, address(lenet, "conv2", 3)) as tab:
        tab.wait_for_function("() => atlas.measured().blank !== 0")
        assert close([tab.evaluate("atlas.measured().optimum.response")], [best])
        show(tab, {"kind": "bar", "orientation": 45, "width": 3, "length": 12, "row": 16, "col": 16})
        own = tab.evaluate("atlas.measured()")
        assert own["score"] == pytest.approx(max(0, own["response"] - blank) / (best - blank), abs=3e-3)
        assert f"{round(100 * own['score'])}\u00a0%" in tab.locator(".score-says").inner_text()
        tab.locator('[data-do="reveal"]').click()
        tab.wait_for_function("before => atlas.measured().response !== before", arg=own["response"])
        after = tab.evaluate("atlas.measured()")
        assert close([after["response"]], [best])
        assert after["best"] == own["best"]  # the page's stimulus is not the reader's


def test_a_unit_that_is_not_in_the_middle_is_measured_in_the_page(browser, lenet, lenet_page):
    best = hf.orientation_tuning(lenet, layers="conv1", at=(0, 27)).responses["conv1"][2].max()
    with opened(browser, lenet_page, address(lenet, "conv1", 2, (0, 27))) as tab:
        assert tab.evaluate("atlas.measured().optimum") is None
        tab.locator('[data-do="search"]').click()
        tab.wait_for_function("() => atlas.measured().optimum", timeout=60_000)
        idle(tab)
        assert close([tab.evaluate("atlas.measured().optimum.response")], [best])


def test_a_simple_and_a_complex_cell_stand_side_by_side(browser, lenet, lenet_page):
    types = hf.orientation_tuning(lenet, layers=["conv1", "pool1", "pool2"]).table.set_index(["layer", "channel"])
    with opened(browser, lenet_page, "#sample=0&unit=0,0,0,0") as tab:
        tab.locator('[data-do="pair"]').click()
        names = tab.locator(".cell h3 small").all_inner_texts()
        found = [tab.evaluate("i => atlas.measured(i).type", i) for i in range(2)]
        show(tab, {"kind": "bar", "row": 16, "col": 16, "width": 2, "length": 20, "orientation": 0})
        responses = [tab.evaluate("i => atlas.measured(i).response", i) for i in range(2)]
        assert tab.locator(".screen i").count() == 2
        assert "second=" in tab.evaluate("atlas.address()")
        tab.locator('.cell [data-do="remove"]').first.click()
        assert tab.locator(".cell h3 small").all_inner_texts() == names[1:]
    units = [(name.split(",")[0], int(name.split("channel ")[1].split(",")[0])) for name in names]
    assert found == [types.cell_type[unit] for unit in units] == ["simple", "complex"]
    assert [units[0][0], units[1][0][:4]] == ["conv1", "pool"]
    bar = hf.bars(lenet.input_shape, orientations=[0], widths=2, lengths=20, position=(16, 16))[0]
    recorded = hf.record(lenet, bar[None] if bar.ndim == 3 else bar, layers=[layer for layer, _ in units])
    for (layer, channel), response in zip(units, responses, strict=True):
        rows, cols = recorded[layer].shape[2:]
        expected = float(recorded[layer][0, channel, rows // 2, cols // 2])
        assert response == pytest.approx(expected, abs=2e-3 * float(recorded[layer].abs().max()))


def test_on_is_green_and_off_is_red_and_a_complex_cell_is_both(browser, cells_page):
    """The simple cell at (4, 4) has its ON column at 4 and its OFF column at 6; rows 4 to 6."""
    with opened(browser, cells_page, "#sample=0&unit=0,0,4,4&second=2,0,4,4") as tab:
        spots = [
            {"kind": "spot", "row": row + 0.5, "col": col + 0.5, "width": 1, "length": 1, "polarity": polarity}
            for polarity in (1, -1)
            for row in range(3, 8)
            for col in range(3, 8)
        ]
        show(tab, *spots)
        simple, both = (
            {
                side: np.array(found, dtype=float).reshape(11, 11)
                for side, found in tab.evaluate(f"atlas.map({i})").items()
            }
            for i in (0, 1)
        )
    inside = slice(4, 7)
    assert (simple["on"][inside, 4] > 0.9).all()
    assert (simple["off"][inside, 4] < 0.1).all()
    assert (simple["off"][inside, 6] > 0.9).all()
    assert (simple["on"][inside, 6] < 0.1).all()
    assert (simple["on"][inside, 5] < 0.1).all()
    for col in (4, 6):
        assert (both["on"][inside, col] > 0.9).all()
        assert (both["off"][inside, col] > 0.9).all()
    assert np.isnan(simple["on"][0, 0])  # nothing was shown there


def test_the_screen_is_the_field_with_a_margin(browser, lenet, lenet_page):
    """conv2's unit (5, 5) sees rows and columns 10 to 23 of 32: 14 pixels, and 4 more on either side."""
    with opened(browser, lenet_page, address(lenet, "conv2", 3)) as tab:
        canvas = tab.locator(".screen canvas")
        assert canvas.evaluate("c => [c.height, c.width]") == [22, 22]
        mark, area = tab.locator(".screen i").bounding_box(), canvas.bounding_box()
        cell = area["width"] / 22
        seen = [mark["x"] - area["x"], mark["y"] - area["y"], mark["width"], mark["height"]]
        assert [value / cell for value in seen] == pytest.approx([4, 4, 14, 14], abs=0.1)


def test_pointer_wheel_and_keys_move_turn_and_change_the_stimulus(browser, lenet, lenet_page):
    with opened(browser, lenet_page, address(lenet, "conv2", 3)) as tab:
        area = screen_box(tab)
        tab.mouse.move(area["x"] + area["width"] / 4, area["y"] + area["height"] / 2)
        at = tab.evaluate("atlas.stimulus()")
        assert (at["row"], at["col"]) == pytest.approx((17, 6 + 22 / 4), abs=0.2)
        tab.mouse.wheel(0, 100)
        tab.wait_for_function("before => atlas.stimulus().orientation !== before", arg=at["orientation"])
        assert tab.evaluate("atlas.stimulus().orientation") == at["orientation"] - 7.5
        tab.locator(".screen canvas").focus()
        keys = {"q": "orientation", "w": "width", "d": "length", "x": "polarity", "ArrowUp": "row", "ArrowLeft": "col"}
        for key, name in keys.items():
            before = tab.evaluate("atlas.stimulus()")
            tab.keyboard.press(key)
            after = tab.evaluate("atlas.stimulus()")
            assert [one for one in before if after[one] != before[one]] == [name]
        heard = tab.evaluate("atlas.measured().response")
        settle(tab)
        assert heard is not None
        assert tab.locator('[name="polarity"][value="-1"]').is_checked()


def test_sound_is_off_until_it_is_turned_on(browser, lenet, lenet_page):
    with opened(browser, lenet_page, address(lenet, "conv2", 3)) as tab:
        tab.locator('[data-do="reveal"]').click()
        tab.wait_for_function("() => atlas.measured().spikes.some(Boolean)", timeout=20_000)
        assert tab.evaluate("atlas.measured().clicks") == 0
        assert not tab.locator('[name="sound"]').is_checked()
        tab.locator('[name="sound"]').check()
        tab.locator('[data-do="reveal"]').click()
        tab.wait_for_function("() => atlas.measured().clicks > 0", timeout=20_000)


def test_a_click_on_any_map_puts_that_unit_under_the_electrode(browser, lenet, lenet_page):
    with opened(browser, lenet_page) as tab:
        assert tab.locator(".cell").count() == 0
        area = tab.locator('.overview .column[data-layer="3"] .map').nth(5).locator(".area")
        area.scroll_into_view_if_needed()
        size = area.bounding_box()
        area.click(position={"x": size["width"] * 0.75, "y": size["height"] * 0.25})
        assert tab.locator(".cell h3 small").inner_text() == "conv2, channel 5, row 2, column 7"
        other = tab.locator('.overview .column[data-layer="0"] .map').first
        other.hover()  # pointing is not choosing
        assert tab.locator(".cell h3 small").inner_text().startswith("conv2")
        tab.locator(".cell select").select_option("7")
        assert tab.locator(".cell h3 small").inner_text() == "fc1, unit 0"
        tab.locator('.cell [aria-label="Unit: unit"]').fill("77")
        tab.locator('.cell [aria-label="Unit: unit"]').press("Enter")
        assert tab.locator(".cell h3 small").inner_text() == "fc1, unit 77"


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_spikes_are_a_poisson_train():
    """Of a Poisson count, mean and variance are the expected number, and zero has the chance exp(-expected)."""
    script = """
    const { poisson } = await import(process.argv[1]);
    const { uniform } = await import(process.argv[2]);
    const random = uniform(7);
    const draw = (expected) => Array.from({ length: 20000 }, () => poisson(expected, random));
    console.log(JSON.stringify([0, 0.3, 1, 4].map(draw)));
    """
    scripts = Path(hf.__file__).parent / "atlas" / "scripts"
    modules = [(scripts / name).as_uri() for name in ("hubel/spikes.js", "compose.js")]
    command = [NODE, "--input-type=module", "-e", script, *modules]
    counts = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert set(counts[0]) == {0}
    for expected, drawn in zip((0.3, 1, 4), counts[1:], strict=True):
        drawn = np.array(drawn)
        deviation = np.sqrt(expected / len(drawn))
        assert abs(drawn.mean() - expected) < 4 * deviation
        assert abs(drawn.var() - expected) < 6 * expected * np.sqrt(2 / len(drawn)) + 4 * deviation
        assert abs((drawn == 0).mean() - np.exp(-expected)) < 4 / np.sqrt(len(drawn))
