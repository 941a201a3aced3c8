"""The painted maps: their colours are those of the responses, and only what is seen is painted."""

import base64
import io

import matplotlib
import numpy as np
import pytest
import torch
from PIL import Image

import hierfeat as hf
from tests.atlas.driving import given, needs_chromium, opened, settle, wait_for_frame

pytestmark = needs_chromium


#: The canvas of a grid, and where in it a tile lies: [left, top, width, height] in shares.
TILE = """([selector, tile]) => {
  const grid = document.querySelector(selector);
  const [whole, area] = [grid, grid.querySelectorAll(".area")[tile]].map((one) => one.getBoundingClientRect());
  const box = [(area.left - whole.left) / whole.width, (area.top - whole.top) / whole.height];
  box.push(area.width / whole.width, area.height / whole.height);
  return [grid.querySelector(":scope > canvas").toDataURL(), box];
}"""


def colours(tab, grid, tile, side):
    """The colours in the middle of every unit of a tile, (units, red green blue)."""
    data, (left, top, width, height) = tab.evaluate(TILE, [grid, tile])
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(data.partition(",")[2]))).convert("RGB"), float)
    middles = (np.arange(side) + 0.5) / side
    rows = ((top + height * middles) * pixels.shape[0]).astype(int)
    cols = ((left + width * middles) * pixels.shape[1]).astype(int)
    return pixels[np.ix_(rows, cols)].reshape(-1, 3)


def expected(h, tab, layer, tile):
    """What matplotlib makes of torch's responses, on the scale of the page's samples."""
    limits = tab.evaluate(f"JSON.parse(document.querySelector('#payload').textContent).layers[{layer}].maps.limits")
    name = list(h.layers)[layer].name
    maps = hf.record(h, torch.tensor(given(tab))[None], layers=[name])[name][0, tile].numpy()
    limit, signed = np.max(limits), not name.startswith("relu")
    shares = 0.5 + 0.5 * maps / limit if signed else maps / limit
    return 255 * matplotlib.colormaps["RdBu_r" if signed else "magma"](shares.clip(0, 1))[..., :3].reshape(-1, 3)


TILES = [(0, 0), (0, 3), (1, 2), (3, 5)]
"""Layers and their maps."""


@pytest.mark.parametrize("place", [".overview .column", "details"])
def test_colours_are_those_of_the_responses(browser, page, small, place):
    with opened(browser, page) as tab:
        for layer, _ in TILES:
            tab.locator(f'details[data-layer="{layer}"]').evaluate("e => (e.open = true)")
        for act in (lambda: None, lambda: tab.locator('[data-do="invert"]').click()):
            act()
            for layer, tile in TILES:
                grid = f'{place}[data-layer="{layer}"] .maps'
                tab.locator(grid).scroll_into_view_if_needed()
                settle(tab)
                side = list(small.layers)[layer].out_shape[1]
                apart = np.abs(colours(tab, grid, tile, side) - expected(small, tab, layer, tile))
                assert apart.max() < 14, (layer, tile)  # a ramp of nine anchors


def test_each_grid_is_one_canvas(browser, page):
    with opened(browser, page) as tab:
        grids = tab.locator(".overview .maps")
        assert tab.locator(".overview .maps canvas").count() == grids.count() > 3


def test_what_is_out_of_sight_is_painted_when_it_comes_into_view(browser, page):
    with opened(browser, page, height=400) as tab:
        tab.locator('details[data-layer="3"]').evaluate("e => (e.open = true)")
        canvas = tab.locator('details[data-layer="3"] .maps > canvas')
        data = "c => c.toDataURL()"
        tab.evaluate("scrollTo(0, 0)")
        settle(tab)
        before = canvas.evaluate(data)
        wait_for_frame(tab, lambda: tab.locator('[data-do="invert"]').evaluate("e => e.click()"))
        assert canvas.evaluate(data) == before
        canvas.scroll_into_view_if_needed()
        settle(tab)
        assert canvas.evaluate(data) != before
