"""The page in a lecture hall and on a phone: keys and swipes step through layers, and every target fits a finger."""

import pytest

from tests.atlas.driving import needs_chromium, opened

pytestmark = needs_chromium

PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}

#: What can be pressed and is smaller than 44 px; the label that an input stands in is pressed with it.
SMALL = """() => [...document.querySelectorAll('a[href], button, input, select, summary, textarea, [role=application]')]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }))
  .map((one) => [one, ((one.matches('input') && one.closest('label')) || one).getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.width < 43.5 || box.height < 43.5))
  .map(([one, box]) => `${one.outerHTML.slice(0, 130)} ${Math.round(box.width)} x ${Math.round(box.height)}`)"""


def current(tab):
    return tab.locator(".overview .column.current h3").text_content()


def tile(tab):
    return tab.locator('.overview .column[data-layer="3"] .map').first.bounding_box()["width"]


def test_the_projector_enlarges_and_keys_step_through_layers(browser, page):
    with opened(browser, page, width=1440) as tab:
        text, before = tab.locator("h2").first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)"), tile(tab)
        tab.keyboard.press("ArrowRight")
        assert current(tab) == "conv1"  # without the projector arrows scroll
        tab.keyboard.press("p")
        assert tab.locator("h2").first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)") > 1.2 * text
        assert tab.locator("main").bounding_box()["width"] > 1300
        assert tile(tab) > 1.3 * before
        for name in ("relu1", "pool1", "conv2"):
            tab.keyboard.press("ArrowRight")
            assert current(tab) == name
            box = tab.locator(".overview .column.current").bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 1440
        tab.keyboard.press("ArrowLeft")
        assert current(tab) == "pool1"
        tab.wait_for_function("() => location.hash.includes('projector=1')")
        for place in ("#overview", "#workshop", "#sections"):
            tab.locator(place).evaluate("e => e.scrollIntoView()")
            said = tab.locator(".says.always")
            box = said.bounding_box()
            assert "says" in said.text_content()
            assert 0 <= box["y"] < 200
        tab.keyboard.press("P")
        assert not tab.evaluate("document.documentElement.classList.contains('projector')")


@pytest.mark.parametrize(("width", "least"), [(1280, 60), (1920, 80), (2560, 106)])
def test_tiles_grow_with_the_width(browser, page, width, least):
    with opened(browser, page, "#projector=1&sample=0", width=width) as tab:
        assert tile(tab) >= least
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_letters_typed_into_a_field_are_no_keys(browser, page):
    with opened(browser, page) as tab:
        tab.locator('.channels [name="channel-text"]').press_sequentially("pool")
        assert not tab.evaluate("document.documentElement.classList.contains('projector')")


def test_a_phone_shows_one_layer_at_a_time(browser, page):
    with opened(browser, page, **PHONE) as tab:
        slides = tab.locator(".overview .slides")
        assert current(tab) == "conv1"

        def in_view():
            return slides.evaluate(
                "s => [...s.children].filter(c => {"
                " const [a, b] = [c.getBoundingClientRect(), s.getBoundingClientRect()];"
                " return Math.min(a.right, b.right) - Math.max(a.left, b.left) > 20; }).map(c => c.dataset.layer)"
            )

        assert in_view() == ["0"]
        tab.locator('[data-do="layer-after"]').tap()
        tab.wait_for_function("() => document.querySelector('.overview .turn span').textContent.startsWith('relu1')")
        assert in_view() == ["1"]
        slides.evaluate("s => s.scrollBy({ left: 1.1 * s.clientWidth })")  # what a swipe does
        tab.wait_for_function("() => document.querySelector('.overview .turn span').textContent.startsWith('pool1')")
        tab.wait_for_timeout(600)
        assert in_view() == ["2"]
        assert slides.evaluate("s => s.scrollLeft % s.clientWidth") == pytest.approx(0, abs=2)  # it snaps


def test_a_tap_magnifies_and_the_next_one_chooses(browser, page):
    with opened(browser, page, **PHONE) as tab:
        first = tab.locator('.overview .column[data-layer="0"] .map').nth(2)
        first.tap()
        assert first.bounding_box()["width"] > 330
        assert tab.evaluate("atlas.units().length") == 0
        area = first.locator(".area").bounding_box()
        first.tap(position={"x": 4.5 / 12 * area["width"], "y": 7.5 / 12 * area["height"]})
        tab.wait_for_function("() => atlas.units().length === 1")
        assert tab.evaluate("atlas.units()[0]") == {"layer": 0, "tile": 2, "row": 7, "col": 4}
        tab.locator(".smaller").tap()
        assert first.bounding_box()["width"] < 150
        assert tab.evaluate("atlas.units()[0].row") == 7


def test_every_target_fits_a_finger(browser, page):
    with opened(browser, page, "#unit=3,2,2,2&second=2,1,3,3", **PHONE) as tab:
        tab.locator(".moment.result").wait_for()
        tab.evaluate("document.querySelectorAll('details').forEach(one => (one.open = true))")
        tab.locator('.overview .column[data-layer="0"] .map').nth(2).tap()
        tab.wait_for_timeout(500)
        assert tab.evaluate(SMALL) == []
        tab.locator('.channels [name="channel-view"]').select_option("simple")
        tab.locator(".open-lesson").tap()
        assert tab.evaluate(SMALL) == []
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
