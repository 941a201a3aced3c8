"""Surgery in the page: what the chosen unit allows, what the network says afterwards, and the way back."""

import shutil

import numpy as np
import pytest
import torch

from tests.atlas.test_live_browser import browser, opened  # noqa: F401 - a fixture

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to open the page in")
CONV2 = "#unit=3,2,1,1"  # layer, channel, row, column


def operate(tab, name):
    before = tab.locator(".surgery").get_attribute("data-done") or "0"
    tab.locator(f'.surgery [data-do="{name}"]').first.click()
    tab.wait_for_function("before => document.querySelector('.surgery').dataset.done !== before", arg=before)


def output(tab):
    return np.array(tab.evaluate("Array.from(atlas.output())"))


def silenced(h, tab, channel):
    image = torch.tensor(tab.evaluate("Array.from(atlas.input())"), dtype=torch.float32).reshape(1, *h.input_shape)

    def after(call, output):
        if call.name == "conv2":
            output = output.clone()
            output[:, channel] = 0
            return output
        return None

    with torch.no_grad(), h.watching(after=after):
        return h.forward(image)[0].numpy()


def test_a_silenced_channel_and_the_way_back(browser, page, small):  # noqa: F811
    with opened(browser, page, CONV2) as tab:
        intact = output(tab)
        operate(tab, "silence")
        expected = silenced(small, tab, 2)
        assert np.abs(output(tab) - expected).max() < 2e-3 * np.abs(expected).max()
        assert np.abs(intact - expected).max() > 1e-2
        assert "channel 2 of conv2 silenced" in tab.locator(".cuts").text_content()
        operate(tab, "back")
        np.testing.assert_allclose(output(tab), intact)
        assert tab.locator(".cuts").count() == 0


def test_a_kernel_goes_to_the_workshop_and_back(browser, page, small):  # noqa: F811
    with opened(browser, page, CONV2) as tab:
        tab.locator('.surgery [name="surgery-input"]').select_option("1")
        tab.locator('.surgery [data-do="take"]').click()
        shown = [float(cell.input_value()) for cell in tab.locator(".weights input").all()]
        np.testing.assert_allclose(shown, small.model.conv2.weight[2, 1].detach().flatten(), rtol=2e-3, atol=1e-3)
        intact = output(tab)
        operate(tab, "put")
        np.testing.assert_allclose(output(tab), intact, rtol=1e-3, atol=1e-3)
        tab.locator('.workshop [name="kernel"]').select_option("box_blur")
        operate(tab, "put")
        assert np.abs(output(tab) - intact).max() > 1e-2
        operate(tab, "original")
        np.testing.assert_allclose(output(tab), intact)


def test_the_samples_are_named_anew(browser, page):  # noqa: F811
    with opened(browser, page, "#unit=2,0,1,1") as tab:
        assert tab.locator(".outcome tbody tr").count() == 10
        operate(tab, "swap-average")
        assert "pool1 replaced by an average" in tab.locator(".cuts").text_content()
        assert "samples of a known class" in tab.locator(".surgery .accuracy").text_content()
