"""Surgery in the page: what the chosen unit allows, what the network says afterwards, and the way back."""

import numpy as np
import pytest
import torch

import hierfeat as hf
from hierfeat.physiology.invariance._pools import POOLS, Windows
from tests.atlas.driving import needs_chromium, opened, output

pytestmark = needs_chromium
CONV2 = "#unit=3,2,1,1"  # layer, channel, row, column


def operate(tab, name):
    before = tab.locator(".surgery").get_attribute("data-done") or "0"
    tab.locator(f'.surgery [data-do="{name}"]').first.click()
    tab.wait_for_function("before => document.querySelector('.surgery').dataset.done !== before", arg=before)


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


def test_a_silenced_channel_and_the_way_back(browser, page, small):
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


def test_a_kernel_goes_to_the_workshop_and_back(browser, page, small):
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


def test_the_samples_are_named_anew(browser, page):
    with opened(browser, page, "#unit=2,0,1,1") as tab:
        assert tab.locator(".outcome tbody tr").count() == 10
        operate(tab, "swap-average")
        assert "pool1 replaced by an average" in tab.locator(".cuts").text_content()
        assert "samples of a known class" in tab.locator(".surgery .accuracy").text_content()


#: The samples of the page, among the twelve images.
SHOWN = [0, 5, 1, 6, 2, 7, 3, 8, 4, 9]


def operated(h, x, name, change):
    """The scores with another output of one layer."""

    def after(call, output):
        return change(call.input, output) if call.name == name else None

    with torch.no_grad(), h.watching(after=after):
        return h.forward(x)


def rightly_now(tab):
    return int(tab.locator(".surgery .accuracy").first.text_content().split()[-1].rstrip("."))


def test_several_silenced_channels_are_a_lesion(browser, page, small, pictures):
    images, labels = (one[SHOWN] for one in pictures)
    lesion = hf.lesion(small, "conv2", [0, 3, 4], images, labels, how="together")
    with opened(browser, page, CONV2) as tab:
        tab.locator('.surgery [name="surgery-channels"]').fill("0, 3-4, 99")
        operate(tab, "silence-several")
        assert "channel 0, 3, 4 of conv2 silenced" in tab.locator(".cuts").text_content()
        assert rightly_now(tab) == round(10 * float(lesion.table["accuracy"].iloc[-1]))


SWAPS = {
    "relu by tanh": ("#unit=4,0,1,1", "swap-tanh", "relu2", lambda given, _: torch.tanh(given)),
    "relu by nothing": ("#unit=4,0,1,1", "swap-nothing", "relu2", lambda given, _: given),
    "maximum by average": (
        "#unit=2,0,1,1",
        "swap-average",
        "pool1",
        lambda given, _: POOLS["average"](given, Windows((6, 6), (2, 2), (2, 2))),
    ),
    "average by maximum": (
        "#unit=5,0,1,1",
        "swap-max",
        "pool2",
        lambda given, _: POOLS["max"](given, Windows((2, 2), (2, 2), (2, 2))),
    ),
}


@pytest.mark.parametrize("swap", SWAPS.values(), ids=SWAPS)
def test_swaps_are_those_of_the_analyses(browser, page, small, pictures, swap):
    address, name, layer, change = swap
    images, labels = (one[SHOWN] for one in pictures)
    with opened(browser, page, address) as tab:
        intact = output(tab)
        operate(tab, name)
        given = torch.tensor(tab.evaluate("Array.from(atlas.input())"), dtype=torch.float32)
        given = given.reshape(1, *small.input_shape)
        expected = operated(small, given, layer, change)[0].numpy()
        assert np.abs(output(tab) - expected).max() < 2e-3 * np.abs(expected).max()
        assert np.abs(intact - expected).max() > 1e-2
        right = (operated(small, images, layer, change).argmax(1) == labels).sum()
        assert rightly_now(tab) == int(right)
        operate(tab, "undo-cut")
        np.testing.assert_allclose(output(tab), intact)


def test_undo_takes_back_one_operation_after_the_other(browser, page):
    with opened(browser, page, CONV2) as tab:
        outputs = [output(tab)]
        for name in ("silence", "original", "undo-cut"):
            operate(tab, name)
            outputs.append(output(tab))
        np.testing.assert_allclose(outputs[2], outputs[0])
        np.testing.assert_allclose(outputs[3], outputs[1])
        assert np.abs(outputs[1] - outputs[0]).max() > 1e-2
        operate(tab, "undo-cut")
        np.testing.assert_allclose(output(tab), outputs[0])
        assert tab.locator('.surgery [data-do="undo-cut"]').count() == 0
