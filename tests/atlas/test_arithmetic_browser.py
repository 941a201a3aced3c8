"""The arithmetic of the chosen unit in a browser: its steps, their play, the softmax, the lines to its inputs."""

import numpy as np
import pytest
import torch

import hierfeat as hf
from hierfeat.atlas import payload as payload_module
from tests.atlas.conftest import lean_page
from tests.atlas.driving import choose, needs_chromium, opened, settle

pytestmark = needs_chromium


def moments(tab):
    return tab.locator(".moments .moment:visible").count()


def result(tab):
    """The number under the last letter."""
    tab.locator(".moment.result").wait_for()
    return float(tab.locator(".moment.result").get_attribute("data-value"))


@pytest.mark.parametrize("heavy", [False, True], ids=["in the page", "in a worker"])
def test_every_layer_ends_in_its_activation(browser, small, pictures, tmp_path, monkeypatch, heavy):
    if heavy:
        monkeypatch.setattr(payload_module, "HEAVY", 0)
    page = lean_page(small, pictures[0][:1], tmp_path / "small.html")
    names = [layer.name for layer in small.layers]
    recorded = hf.record(small, pictures[0][:1], layers=names)
    with opened(browser, page) as tab:
        for index, name in enumerate(names):
            values = recorded[name][0]
            maps = tab.locator(f'.overview .column[data-layer="{index}"] .maps')
            if not maps.count():
                continue  # flattened maps are no layer of the page
            maps.focus()
            tab.keyboard.press("ArrowDown")
            tab.keyboard.press("ArrowRight")
            tab.wait_for_function(
                "n => document.querySelector('.unit-name')?.textContent.startsWith(n)", arg=f"{name}, "
            )
            unit = tab.evaluate("atlas.units()[0]")
            place = (unit["tile"], unit["row"], unit["col"])
            if values.ndim == 1:
                place = (int(tab.locator(".cell h3 small").inner_text().split()[-1]),)
            settle(tab)
            assert result(tab) == pytest.approx(float(values[place]), abs=2e-3 * float(values.abs().max()))


def test_steps_are_gone_through_one_by_one_and_play_until_paused(browser, page):
    with opened(browser, page, "#sample=0&unit=3,1,1,1") as tab:
        tab.locator(".moment.result").wait_for()
        every = moments(tab)
        tab.locator('[data-do="on"]').click()
        assert moments(tab) == 1
        tab.locator('[data-do="on"]').click()
        assert moments(tab) == 2
        assert tab.locator(".moment.now").get_attribute("data-channel") is not None
        assert tab.locator(".lines path:not(.faded)").count() == 1  # the one channel that is being looked at
        tab.locator('[data-do="back"]').click()
        assert moments(tab) == 1
        play = tab.locator('[data-do="play"]')
        play.click()
        assert play.inner_text() == "Pause"
        tab.wait_for_function("() => document.querySelectorAll('.moments .moment:not([hidden])').length >= 3")
        play.click()
        held = moments(tab)
        assert play.inner_text() == "Play"
        tab.wait_for_timeout(1300)
        assert moments(tab) == held < every
        tab.locator('[data-do="whole"]').click()
        assert moments(tab) == every


def test_the_softmax_is_taken_apart_for_logits_only(browser, small, page, tmp_path):
    last = len(small.layers) - 1
    with opened(browser, page, f"#sample=0&unit={last},0,2,0") as tab:
        tab.locator(".softmax").wait_for()
        found = tab.locator(".softmax [data-share]").evaluate_all("all => all.map(one => Number(one.dataset.share))")
        image = torch.tensor(tab.evaluate("Array.from(atlas.input())")).reshape(1, *small.input_shape)
        assert tab.locator(".softmax .own th").inner_text() == small.classes[2]
    shares = small(image)[0].softmax(0).numpy()
    assert np.abs(np.array(found) - shares).max() < 5e-3
    h = hf.load("neocognitron-1980")
    raw = lean_page(h, torch.rand(1, 1, 16, 16), tmp_path / "raw.html")
    with opened(browser, raw, f"#sample=0&unit={len(h.layers) - 1},0,2,0") as tab:
        tab.locator(".moment.result").wait_for()
        assert tab.locator(".softmax").count() == 0


def test_lines_lead_from_the_unit_to_what_it_reads(browser, page):
    """conv2's unit reads 3 × 3 cells of each of four maps of pool1; pool1's 2 × 2 cells of one."""
    with opened(browser, page) as tab:
        assert tab.locator(".lines path").count() == 0
        for layer, source, count in ((3, 2, 4), (2, 1, 1)):
            choose(tab, layer, 0, (20, 20))
            tab.wait_for_function("n => document.querySelectorAll('.lines path').length === n", arg=count)
            unit = tab.locator(f'.overview .column[data-layer="{layer}"] .map.chosen .area > i').bounding_box()
            reads = tab.locator(f'.overview .column[data-layer="{source}"] .map u:visible')
            ends = tab.locator(".lines path").evaluate_all(
                "all => all.map(one => [0, one.getTotalLength()].map(at => {"
                " const p = one.getPointAtLength(at), q = p.matrixTransform(one.getScreenCTM()); return [q.x, q.y]; }))"
            )
            boxes = [reads.nth(i).bounding_box() for i in range(count)]
            for start, end in ends:
                assert start[0] == pytest.approx(unit["x"], abs=3)
                assert start[1] == pytest.approx(unit["y"] + unit["height"] / 2, abs=3)
                assert any(
                    abs(end[0] - box["x"] - box["width"]) < 3 and abs(end[1] - box["y"] - box["height"] / 2) < 3
                    for box in boxes
                )
