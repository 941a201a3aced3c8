"""The lesson in the page's margin: every step, in both languages, and what its answers say of the network."""

import pytest

import hierfeat as hf
from tests.atlas.driving import needs_chromium, opened

pytestmark = needs_chromium


def steps(tab, language):
    """Title and answer of every step, read from the first to the last."""
    tab.locator(".open-lesson").click()
    if language != tab.locator("#lesson").get_attribute("lang"):
        tab.locator('.lesson [data-do="language"]').click()
    found = []
    while True:
        tab.locator(".lesson summary").click()
        found.append((tab.locator(".lesson h2").text_content(), tab.locator(".lesson details p").text_content()))
        if tab.locator('.lesson [data-do="next"]').is_disabled():
            return found
        tab.locator('.lesson [data-do="next"]').click()


@pytest.mark.parametrize(("language", "last"), [("en", "Dimensions"), ("es", "Dimensiones")])
def test_all_steps_are_there_and_say_what_is_true(browser, page, small, language, last):
    with opened(browser, page) as tab:
        found = steps(tab, language)
        assert len(found) == 12
        assert found[-1][0] == last
        assert all(text in found[0][1] for text in ("196", "9"))  # 1 × 14 × 14 pixels, a 3 × 3 kernel
        assert all(text in found[2][1] for text in ("conv1, conv2", "pool1, pool2"))
        convolutions = sum(layer.parameters for layer in small.layers if layer.kind == "conv")
        assert str(convolutions) in found[3][1].replace("\u202f", "")
        assert "4 × 12 × 12 → 4 × 6 × 6" in found[10][1]
        assert small.layers["conv1"].formula.replace("-", "−").split("=")[0] in found[11][1].replace("-", "−")


def test_a_step_shows_its_part_of_the_page_and_sets_the_workshop(browser, page):
    with opened(browser, page) as tab:
        tab.locator(".open-lesson").click()
        for _ in range(8):
            tab.locator('.lesson [data-do="next"]').click()
        assert tab.locator("#chain").bounding_box()["y"] < 300
        assert tab.locator('.workshop [name="kernel"]').input_value() == "sobel_90"
        assert tab.locator('.chain [name="chain-right"]').input_value() == "1"
        tab.locator('.lesson [data-do="close"]').click()
        assert tab.evaluate("document.activeElement.className") == "open-lesson"


def test_a_page_without_a_running_network_has_the_other_steps(browser, small, pictures, tmp_path):
    stored = hf.atlas(small, *pictures, out=tmp_path / "stored.html", live=False)
    with opened(browser, stored) as tab:
        titles = [title for title, _ in steps(tab, "en")]
        assert len(titles) == 11
        assert "Hubel and Wiesel" not in titles
