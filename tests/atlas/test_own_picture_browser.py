"""A picture of the reader's own in the workshop: dropped, pasted, or from the webcam."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from tests.atlas.driving import needs_chromium, opened

pytestmark = needs_chromium


SOURCE = "document.querySelector('.workshop .source').toDataURL()"


def photograph(tab):
    """The grey levels of the picture under the kernel."""
    held = tab.evaluate(SOURCE).partition(",")[2]
    return np.array(Image.open(io.BytesIO(base64.b64decode(held))))[..., 0]


PNG = """async ([r, g, b]) => {
  const canvas = new OffscreenCanvas(120, 96);
  const context = canvas.getContext("2d");
  context.fillStyle = "#000";
  context.fillRect(0, 0, 120, 96);
  context.fillStyle = `rgb(${r} ${g} ${b})`;
  context.fillRect(60, 0, 60, 96);
  const data = new DataTransfer();
  data.items.add(new File([await canvas.convertToBlob()], "half.png", { type: "image/png" }));
  return data;
}"""


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_a_picture_of_ones_own_lies_under_the_kernel(browser, page, way):
    """Black and red, cut about its middle: black and the luminance of red; the network's input stays what it was."""
    with opened(browser, page) as tab:
        before = tab.evaluate("[...atlas.input()]")
        tab.locator(".workshop .source").scroll_into_view_if_needed()
        tab.locator(".workshop .board").first.hover()
        data = tab.evaluate_handle(PNG, [255, 0, 0])
        if way == "drop":
            tab.dispatch_event(".workshop .source", "drop", {"dataTransfer": data})
        else:
            tab.evaluate(
                "data => document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }))",
                data,
            )
        tab.wait_for_function("() => /half.png/.test(document.querySelector('.own-says').textContent)")
        assert tab.locator('[name="shop-source"][value="own"]').is_checked()
        shown = photograph(tab)
        assert (shown[:, :46] == 0).all()
        assert np.abs(shown[:, 50:] - 255 * 0.299).max() <= 1
        assert tab.evaluate("[...atlas.input()]") == before


def test_the_webcam_lies_under_the_kernel(browser, page):
    with opened(browser, page, permissions=["camera"]) as tab:
        tab.locator('[name="shop-source"][value="own"]').check(force=True)
        button = tab.locator('[data-do="shop-webcam"]')
        button.click()
        tab.wait_for_function("() => document.querySelector('[data-do=shop-webcam]').textContent === 'Freeze'")
        for _ in range(2):  # the second change is the camera's own
            tab.wait_for_function(f"before => before !== {SOURCE}", arg=tab.evaluate(SOURCE))
        assert photograph(tab).std() > 5
        button.click()
        tab.wait_for_function("() => document.querySelector('[data-do=shop-webcam]').textContent === 'Webcam'")
        still = photograph(tab)
        tab.wait_for_timeout(500)
        assert np.array_equal(photograph(tab), still)
