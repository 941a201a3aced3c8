"""The invariance that is plotted while an image is shifted by hand is hierfeat's own."""

import copy

import numpy as np
import pytest
import torch

import hierfeat as hf
from tests.atlas.driving import given, needs_chromium, opened, settle, wait_for_frame

pytestmark = needs_chromium


def plotted(tab):
    tab.locator(".shift-plot svg").wait_for()
    return {row["name"]: row for row in tab.evaluate("atlas.invariance()")}


@pytest.fixture(scope="module")
def net(small):
    """Half precision, in which the page stores weights, changes none of its own."""
    model = copy.deepcopy(small.model)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.half().float())
    return hf.Hierarchy(model, (1, 14, 14), name="rounded")


@pytest.fixture(scope="module")
def page(net, pictures, tmp_path_factory):
    return hf.atlas(net, *pictures, out=tmp_path_factory.mktemp("shift") / "page.html")


@pytest.fixture(scope="module")
def baselines(net, pictures):
    """Of the images that the page was measured on."""
    return hf.translation_invariance(net, pictures[0]).baselines


@pytest.mark.parametrize(("dy", "dx"), [(0, 1), (0, -3), (2, 0), (-1.5, 0), (0, 2.5)])
def test_the_numbers_are_those_of_translation_invariance(browser, page, net, baselines, dy, dx):
    with opened(browser, page, "#sample=2") as tab:
        image = torch.tensor(given(tab))[None]
        name, amount = ("shift_x", dx) if dx else ("shift_y", dy)
        slider = tab.locator(f'[name="bench-{name}"]')
        slider.focus()
        key = "ArrowRight" if amount > 0 else "ArrowLeft"
        wait_for_frame(tab, lambda: [tab.keyboard.press(key) for _ in range(round(2 * abs(amount)))])
        assert float(slider.input_value()) == amount
        settle(tab)
        found = plotted(tab)
    moved = hf.translation_invariance(net, image.repeat(2, 1, 1, 1), max_shift=3, step=0.5).table
    moved = moved[(moved["dy"] == dy) & (moved["dx"] == dx)].set_index("layer")
    assert list(found) == list(moved.index)
    for layer, row in moved.iterrows():
        assert found[layer]["similarity"] == pytest.approx(row["similarity"], abs=1e-4)
        base = baselines[layer]
        assert found[layer]["invariance"] == pytest.approx((row["similarity"] - base) / (1 - base), abs=1e-4)


def test_the_input_is_hierfeats_own_shift(browser, page):
    from hierfeat.stimuli.warps.shifts import shift

    with opened(browser, page, "#sample=1") as tab:
        image = torch.tensor(given(tab))
    with opened(browser, page, "#sample=1&shift_x=-1.5&shift_y=2") as tab:
        assert np.abs(given(tab) - shift(image, 2, -1.5).numpy()).max() < 1e-5


def test_the_plot_is_there_when_it_comes_into_view(browser, page):
    with opened(browser, page, "#sample=0&shift_x=2", width=390, height=844) as tab:
        tab.locator(".shift-plot").scroll_into_view_if_needed()
        tab.locator(".shift-plot svg").wait_for()


def test_another_image_begins_anew(browser, page):
    with opened(browser, page, "#sample=0&shift_x=2") as tab:
        first = plotted(tab)
        wait_for_frame(tab, lambda: tab.locator('[data-do="invert"]').click())
        settle(tab)
        assert plotted(tab) != first
        assert tab.locator(".shift-plot path.faint").count() == 0
        wait_for_frame(tab, lambda: tab.locator('[data-do="reset"]').click())
        assert tab.locator(".shift-plot").is_hidden()
