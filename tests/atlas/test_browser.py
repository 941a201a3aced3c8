"""A reader opens the page in a browser, with mouse, finger and keyboard."""

import pytest
import torch
from torch import nn

import hierfeat as hf
from tests.atlas.driving import needs_chromium, opened, settle

pytestmark = needs_chromium


@pytest.fixture(params=[1280, 390], ids=["desktop", "phone"])
def tab(request, browser, page):
    with opened(browser, page, width=request.param, height=800) as tab:
        yield tab


def open_layer(tab, name):
    section = tab.locator(f"#layer-{name}")
    if section.get_attribute("open") is None:
        section.locator("summary").click()
    section.locator(".map.chosen").wait_for()
    return section


def painting(canvas):
    """Only what the reader can see is painted."""
    canvas.scroll_into_view_if_needed()
    settle(canvas.page)
    return canvas.evaluate("c => c.toDataURL()")


def sample_image(tab, index):
    return tab.evaluate("i => JSON.parse(document.querySelector('#payload').textContent).samples[i].image", index)


def open_everything(tab):
    for section in tab.locator("details.layer").all():
        if section.get_attribute("open") is None:
            section.locator("summary").click()


def test_nothing_runs_over_the_edge(tab):
    open_everything(tab)
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_choosing_a_sample_changes_every_layer(tab):
    maps = [tab.locator(".overview .maps > canvas").first, open_layer(tab, "conv2").locator(".maps > canvas")]
    before = [painting(canvas) for canvas in maps]
    tab.locator(".samples label").nth(3).click()
    tab.wait_for_function(
        "image => document.querySelector('.scene img').getAttribute('src') === image", arg=sample_image(tab, 3)
    )
    assert all(painting(canvas) != old for canvas, old in zip(maps, before, strict=True))


def test_pointing_at_a_unit_lights_its_field(tab):
    """conv1 is 3 × 3 on 14 × 14 pixels: unit (2, 5) of its 12 × 12 map sees rows 2 to 4 and columns 5 to 7."""
    area = tab.locator('.overview .column[data-layer="0"] .area').first
    area.scroll_into_view_if_needed()
    size = area.bounding_box()
    tab.mouse.move(size["x"] + size["width"] * 5.5 / 12, size["y"] + size["height"] * 2.5 / 12)
    assert "row 2, column 5" in tab.locator(".overview .readout").inner_text()
    box, image = (tab.locator(f".overview .scene {part}").bounding_box() for part in (".box", "img"))
    cell = image["width"] / 14
    seen = [box["y"] - image["y"], box["x"] - image["x"], box["height"], box["width"]]
    assert [value / cell for value in seen] == pytest.approx([2, 5, 3, 3], abs=0.1)


def test_the_arrow_keys_move_the_unit(tab):
    grid = open_layer(tab, "relu1").locator(".maps")
    grid.locator(".area").nth(1).click(position={"x": 1, "y": 1})
    grid.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "PageDown"):
        tab.keyboard.press(key)
    assert "channel 2, row 2, column 1" in tab.locator("#layer-relu1 .readout").inner_text()


def test_a_pooling_unit_shows_the_winner_of_four(tab):
    section = open_layer(tab, "pool1")
    section.locator(".area").first.click(position={"x": 20, "y": 20})
    values = section.locator(".cells span").all_inner_texts()
    assert len(values) == 4
    winners = section.locator(".cells .winner").all_inner_texts()
    if winners:  # all four may be zero
        assert winners == [max(values, key=float)]
        assert winners[0] in section.locator(".verdict").inner_text()


def test_a_unit_marks_what_it_reads_of_the_layer_before(tab):
    """pool1 reads 2 × 2 cells of one map of relu1; conv2 reads 3 × 3 cells of every map of pool1."""
    for layer, source, tiles, share in ((2, 1, 1, 2 / 12), (3, 2, 4, 3 / 6)):
        area = tab.locator(f'.overview .column[data-layer="{layer}"] .area').first
        area.scroll_into_view_if_needed()
        area.click(position={"x": 20, "y": 20})
        marks = tab.locator(".overview .map u:visible")
        assert marks.count() == tiles
        assert tab.locator(f'.overview .column[data-layer="{source}"] .map u:visible').count() == tiles
        assert marks.first.evaluate("m => m.style.width") == f"{100 * share:.4f}".rstrip("0").rstrip(".") + "%"


def test_each_map_can_have_its_own_colour_range(tab):
    canvas = tab.locator(".overview .maps > canvas").nth(1)
    before = painting(canvas)
    tab.locator(".range label").nth(1).click()
    assert painting(canvas) != before


def test_samples_are_chosen_by_keyboard(tab):
    tab.locator(".samples input").first.focus()
    tab.keyboard.press("ArrowRight")
    tab.wait_for_function(
        "image => document.querySelector('.scene img').getAttribute('src') === image", arg=sample_image(tab, 1)
    )


def test_a_name_in_the_table_opens_its_section(tab):
    tab.locator("tbody a", has_text="pool2").click()
    assert tab.locator("#layer-pool2").get_attribute("open") is not None
    assert tab.locator("#layer-pool2").evaluate("e => Math.abs(e.getBoundingClientRect().top) < 700")


class Again(nn.Module):
    """One rectifier called twice."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 1)
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(self.relu(self.conv(x)) - 0.1).flatten(1)


ODD = {
    "a rectifier called twice": (Again(), 1),
    "one convolution of colours": (nn.Conv2d(3, 2, 3, padding=1), 3),
    "transposed, dilated, depthwise": (
        nn.Sequential(
            nn.ConvTranspose2d(4, 4, 2, 2), nn.Conv2d(4, 4, 3, groups=4, dilation=2), nn.AdaptiveMaxPool2d(3)
        ),
        4,
    ),
    "no map at all": (nn.Sequential(nn.Flatten(), nn.Linear(64, 20), nn.ReLU(), nn.Linear(20, 300)), 1),
    "tokens": (nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(2), nn.Linear(36, 7)), 1),
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_networks_have_whole_pages(browser, tmp_path, kind):
    model, channels = ODD[kind]
    images = torch.rand(3, channels, 8, 8, generator=torch.Generator().manual_seed(0))
    page = hf.atlas(hf.Hierarchy(model, (channels, 8, 8)), images, out=tmp_path / "odd.html")
    with opened(browser, page, width=800, height=800) as tab:
        open_everything(tab)
        assert tab.locator("h1").inner_text() == type(model).__name__
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
