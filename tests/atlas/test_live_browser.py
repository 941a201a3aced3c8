"""The network in the page, in a browser: drawing, sweeping, its arithmetic; and names that try to be script."""

import html
import re
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.atlas import payload as payload_module
from tests.atlas.conftest import lean_page
from tests.atlas.driving import (
    choose,
    close,
    draw,
    needs_chromium,
    opened,
    output,
    settle,
    torch_output,
    wait_for_frame,
)

pytestmark = needs_chromium


@pytest.fixture
def tab(browser, page):
    with opened(browser, page) as tab:
        yield tab


def test_a_drawing_is_what_the_network_answers_to(tab, small):
    first = output(tab)
    assert close(first, torch_output(small, tab))
    wait_for_frame(tab, lambda: tab.locator('[data-do="clear"]').click())
    wait_for_frame(tab, lambda: draw(tab, [(0.3, 0.2), (0.6, 0.5), (0.4, 0.8)]))
    assert tab.evaluate("Math.max(...atlas.input())") > 0.9
    assert not close(output(tab), first)
    assert close(output(tab), torch_output(small, tab))


def test_undo_clear_and_invert(tab):
    start = np.array(tab.evaluate("Array.from(atlas.input())"))
    wait_for_frame(tab, lambda: tab.locator('[data-do="invert"]').click())
    assert np.abs(np.array(tab.evaluate("Array.from(atlas.input())")) - (1 - start)).max() < 1e-5
    wait_for_frame(tab, lambda: tab.locator('[data-do="undo"]').click())
    assert np.abs(np.array(tab.evaluate("Array.from(atlas.input())")) - start).max() < 1e-5
    wait_for_frame(tab, lambda: tab.locator('[data-do="clear"]').click())
    assert len(set(tab.evaluate("Array.from(atlas.input())"))) == 1


@pytest.mark.parametrize("name", ["shift_x", "rotation", "scale", "contrast", "noise", "square"])
def test_sliders_change_the_input_and_the_network_follows(tab, small, name):
    before = np.array(tab.evaluate("Array.from(atlas.input())"))
    slider = tab.locator(f'[name="bench-{name}"]')
    slider.scroll_into_view_if_needed()
    slider.focus()
    wait_for_frame(tab, lambda: [tab.keyboard.press("ArrowRight") for _ in range(4)])
    settle(tab)
    assert np.abs(np.array(tab.evaluate("Array.from(atlas.input())")) - before).max() > 0.01
    assert close(output(tab), torch_output(small, tab))


def test_a_shift_by_whole_pixels_moves_the_image(browser, page, small):
    with opened(browser, page) as tab:
        before = np.array(tab.evaluate("Array.from(atlas.input())")).reshape(14, 14)
    with opened(browser, page, "#sample=0&shift_x=2") as tab:
        after = np.array(tab.evaluate("Array.from(atlas.input())")).reshape(14, 14)
    assert np.abs(after[:, 2:] - before[:, :-2]).max() < 1e-5


def test_an_address_reopens_the_view(browser, page):
    with opened(browser, page) as tab:
        tab.locator(".samples label").nth(3).click()
        choose(tab, 0)
        tab.wait_for_function("() => location.hash.includes('unit=')")
        address, said = tab.evaluate("location.hash"), tab.locator(".overview .readout").inner_text()
    with opened(browser, page, address) as tab:
        assert tab.locator('[name="sample"]').nth(3).is_checked()
        assert tab.locator(".overview .readout").inner_text() == said


def test_in_a_worker_the_page_says_the_same(browser, small, pictures, page, tmp_path, monkeypatch):
    with opened(browser, page) as tab:
        expected = output(tab)
    monkeypatch.setattr(payload_module, "HEAVY", 0)
    apart = lean_page(small, pictures[0], tmp_path / "apart.html")
    with opened(browser, apart) as tab:
        assert np.array_equal(output(tab), expected)
        wait_for_frame(tab, lambda: tab.locator('[data-do="invert"]').click())
        assert close(output(tab), torch_output(small, tab))


def test_without_webassembly_the_page_runs_too(browser, small, page):
    context = browser.new_context()
    tab = context.new_page()
    tab.add_init_script("delete window.WebAssembly")
    tab.goto(page.as_uri())
    tab.wait_for_function("() => document.documentElement.dataset.ready === 'yes'")
    assert close(output(tab), torch_output(small, tab))
    context.close()


EVIL = "x\"><img src=x onerror=\"document['title']='PWNED'\"><script>document['title']='PWNED'</script><i a=\"'{{"


class Hostile(nn.Module):
    def __init__(self, name):
        super().__init__()
        self.names = [name, "pool" + name]
        self.add_module(name, nn.Conv2d(1, 4, 3))
        self.add_module("pool" + name, nn.MaxPool2d(2))
        self.relu, self.linear = nn.ReLU(), nn.Linear(4, 3)

    def forward(self, x):
        x = self.relu(self._modules[self.names[0]](x))
        return self.linear(self._modules[self.names[1]](x).mean((2, 3)))


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("named", [True, False])
def test_hostile_names_are_text(browser, tmp_path, monkeypatch, live, named):
    """Model, layers, classes, folders, card, reasons: each goes through every place where it is shown."""
    card = {"summary": EVIL, "data": EVIL, "licence": EVIL, "test_accuracy": 0.5}
    monkeypatch.setattr(payload_module, "_card", lambda h: card)
    net = Hostile("plain" if live else EVIL)  # a network with such names does not run in the page
    h = hf.Hierarchy(net, (1, 16, 16), classes=[EVIL + str(i) for i in range(3)], name=EVIL)
    images = torch.rand(12, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    page = hf.atlas(
        h,
        images,
        torch.arange(12) % 3,
        out=tmp_path / "evil.html",
        live=True if live else None,
        names=[EVIL] * 3 if named else None,
    )
    with opened(browser, page) as tab:
        for section in tab.locator("details").all():
            if section.get_attribute("open") is None:
                section.locator("summary").first.click()
        for index in range(3):
            choose(tab, index)
        tab.locator(".samples label").nth(2).click()
        tab.wait_for_timeout(300)
        assert tab.title() != "PWNED"
        head = re.search("<title>(.*?)</title>", tab.content())[1]  # the first, whoever reads the page without a parser
        assert html.unescape(head) == f"{EVIL}: an atlas of its features"
        assert tab.locator("img[src='x']").count() == 0
        assert tab.locator("h1").inner_text() == EVIL
        policy = tab.locator("meta[http-equiv]").get_attribute("content")
        assert "unsafe-inline" not in policy


def test_random_weights_are_said_first(browser, tmp_path, page):
    untrained = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8))
    said = lean_page(hf.Hierarchy(untrained, (1, 8, 8)), torch.rand(4, 1, 8, 8), tmp_path / "b.html")
    with opened(browser, said) as tab:
        assert tab.locator("header h1 + *").inner_text().startswith("The weights are random")
    with opened(browser, page) as tab:
        assert "The weights are random" not in tab.locator("header").inner_text()


def test_the_marker_lies_on_its_unit(tab):
    """A caption under a map must not move the mark of a unit of the last row."""
    section = tab.locator("#layer-conv1")
    map_ = section.locator(".area").nth(2)
    map_.scroll_into_view_if_needed()
    size = map_.bounding_box()
    map_.click(position={"x": size["width"] * 0.5, "y": size["height"] * 11.5 / 12})
    mark, area = section.locator(".map.chosen i").bounding_box(), map_.bounding_box()
    assert (mark["y"] + mark["height"] / 2 - area["y"]) / area["height"] == pytest.approx(11.5 / 12, abs=0.03)


def test_score_bars_have_one_width(tab):
    widths = tab.locator(".scores i").evaluate_all("all => all.map(one => one.getBoundingClientRect().width)")
    assert max(widths) - min(widths) < 0.5
    assert min(widths) > 20


def test_headings_leave_no_level_out(tab):
    levels = tab.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5')].map(one => Number(one.tagName[1]))")
    assert all(after - before <= 1 for before, after in pairwise(levels))
