"""What readers take home: pictures of the view, the drawn image, the numbers of plates; read back by other means."""

import io
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import hierfeat as hf
from tests.atlas.driving import given, needs_chromium, opened, stroke, to_the_paper, wait_for_frame

pytestmark = needs_chromium
SVG = "{http://www.w3.org/2000/svg}"


def downloaded(tab, click, to):
    with tab.expect_download() as waiting:
        click()
    waiting.value.save_as(to)
    return waiting.value.suggested_filename


def test_the_drawn_image_is_what_a_folder_of_images_holds(browser, page, tmp_path):
    with opened(browser, page) as tab:
        wait_for_frame(tab, lambda: tab.locator('[data-do="clear"]').click())
        to_the_paper(tab)
        wait_for_frame(tab, lambda: stroke(tab, [(0.3, 0.2), (0.6, 0.5), (0.4, 0.8)]))
        shown = given(tab)
        (tmp_path / "drawings").mkdir()
        button = tab.locator('[data-do="save-input"]')
        assert downloaded(tab, button.click, tmp_path / "drawings" / "one.png") == "small-input.png"
    images, _ = hf.image_folder(tmp_path / "drawings", size=14, grey=True)
    assert images.shape == (1, 1, 14, 14)
    assert len(np.unique(shown)) > 4
    assert np.array_equal(np.round(255 * images[0].numpy()), np.round(255 * shown.clip(0, 1)))


def test_the_plate_is_that_of_the_analysis(browser, page, small, tmp_path):
    found = hf.bar_sweep(small, "conv2", 4)
    with opened(browser, page, "#unit=3,4,2,2", reduced_motion="reduce") as tab:
        tab.locator('[data-do="sweep"]').first.click()
        button = tab.locator('[data-do="plate-csv"]')
        button.wait_for(timeout=120_000)
        assert downloaded(tab, button.click, tmp_path / "plate.csv") == "small-plate-conv2-4.csv"
    table = pd.read_csv(tmp_path / "plate.csv")
    assert list(table.columns) == list(found.table.columns)
    for name in table:
        expected = found.table[name].to_numpy()
        slack = 2e-3 * np.abs(found.responses).max() if name in ("response", "rate") else 1e-4
        assert np.abs(table[name] - expected).max() <= slack


def test_the_table_of_channels_as_a_file(browser, page, small, tmp_path):
    tuning = hf.orientation_tuning(small, layers="conv2").table
    with opened(browser, page) as tab:
        tab.locator('.channels [name="channel-text"]').fill("conv2")
        downloaded(tab, tab.locator('[data-do="channels-csv"]').click, tmp_path / "channels.csv")
    table = pd.read_csv(tmp_path / "channels.csv")
    assert table["channel"].tolist() == tuning["channel"].tolist()
    assert np.allclose(table["gosi"], tuning["gosi"], atol=1e-4, equal_nan=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_view_as_a_picture(browser, page, tmp_path, scheme):
    """The vector names what stands on the page; the picture has the pixels of the map where the map is."""
    with opened(browser, page, "#unit=0,1,5,5", width=1400, color_scheme=scheme) as tab:
        area = tab.locator('.overview .column[data-layer="0"] .area').nth(2)
        columns = tab.locator(".overview .columns")
        box, origin = area.bounding_box(), columns.bounding_box()
        seen = np.asarray(Image.open(io.BytesIO(area.screenshot())).convert("RGB")).astype(int)
        for kind in ("svg", "png"):
            downloaded(tab, tab.locator(f'.overview [data-do="save-{kind}"]').click, tmp_path / f"view.{kind}")
    tree = ET.parse(tmp_path / "view.svg")
    said = " ".join(one.text or "" for one in tree.iter(f"{SVG}text"))
    assert all(name in said for name in ("image", "conv1", "relu1", "pool2", "fc", "output"))
    assert sum(1 for _ in tree.iter(f"{SVG}image")) >= 7
    picture = Image.open(tmp_path / "view.png").convert("RGB")
    assert picture.size == (2 * int(np.ceil(origin["width"])), 2 * int(np.ceil(origin["height"])))
    scale = 2
    corner = [(box["x"] - origin["x"]) * scale, (box["y"] - origin["y"]) * scale]
    cut = picture.crop(
        [round(v) for v in (*corner, corner[0] + scale * box["width"], corner[1] + scale * box["height"])]
    )
    found = np.asarray(cut.resize(seen.shape[1::-1], Image.Resampling.BOX)).astype(int)
    inner = (slice(4, -4), slice(4, -4))
    assert np.median(np.abs(found[inner] - seen[inner])) <= 3
    assert np.abs(found[inner] - seen[inner]).mean() < 12
