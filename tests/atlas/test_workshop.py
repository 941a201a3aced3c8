"""The kernel workshop of the page, against the package's own convolution: under node, and in a browser."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.atlas import page as page_module
from hierfeat.atlas.workshop import workshop
from hierfeat.physiology.invariance._pools import POOLS, Windows
from hierfeat.stimuli.warps.shifts import shift as hf_shift
from hierfeat.subjects.output_size import formula, same_padding, unseen_remainder
from tests.atlas.driving import needs_chromium, opened
from tests.atlas.live.cases import NODE, needs_node

CORRELATE = Path(page_module.__file__).parent / "scripts" / "workshop" / "correlate.js"
MODES = ("zeros", "reflect", "replicate", "circular")
SETTINGS = {"padding": 0, "mode": "zeros", "stride": 1, "dilation": 1}


def laid(cases):
    script = Path(__file__).parent / "run_workshop.mjs"
    run = subprocess.run(
        [NODE, script, CORRELATE], input=json.dumps(cases), capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(run.stdout)


def as_picture(pixels):
    return {"data": pixels.ravel().tolist(), "height": pixels.shape[0], "width": pixels.shape[1]}


def as_kernel(weights):
    return {"weights": weights.ravel().tolist(), "rows": weights.shape[0], "cols": weights.shape[1]}


def as_array(kernel):
    return np.array(kernel["weights"]).reshape(kernel["rows"], kernel["cols"])


def drawn(seed):
    generator = np.random.default_rng(seed)
    pixels = generator.standard_normal(generator.integers(3, 13, 2))
    weights = generator.standard_normal(generator.integers(1, 8, 2)).round(3)
    padding = "same" if generator.random() < 0.25 else int(generator.integers(0, 7))
    settings = {"padding": padding, "mode": MODES[generator.integers(4)]}
    return (
        pixels,
        weights,
        settings | {"stride": int(generator.integers(1, 4)), "dilation": int(generator.integers(1, 4))},
    )


@needs_node
def test_kernels_are_laid_as_apply_kernel_lays_them():
    cases = [drawn(seed) for seed in range(300)]
    found = laid([{"picture": as_picture(p), "kernel": as_kernel(k), "settings": s} for p, k, s in cases])
    refused = 0
    for (pixels, weights, settings), result in zip(cases, found, strict=True):
        options = {name: settings[name] for name in ("padding", "stride", "dilation")}
        try:
            expected = hf.apply_kernel(pixels, weights, padding_mode=settings["mode"], **options).output
        except hf.HierfeatError:
            refused += 1
            assert len(result["trouble"]) > 20, (settings, pixels.shape, weights.shape)
            continue
        assert (result["height"], result["width"]) == expected.shape, settings
        np.testing.assert_allclose(np.reshape(result["data"], expected.shape), expected, atol=1e-12)
        for axis in (0, 1):
            p = settings["padding"]
            sides = same_padding(weights.shape[axis], settings["dilation"]) if p == "same" else (p, p)
            sizes = (pixels.shape[axis], weights.shape[axis], sides, settings["stride"], settings["dilation"])
            assert result["formulas"][axis].replace("−", "-") == formula(*sizes)
            assert result["unseen"][axis] == unseen_remainder(*sizes)
    assert 20 < refused < 200


@needs_node
@pytest.mark.parametrize("mode", MODES)
def test_the_matrix_row_is_that_of_convolution_matrix(mode):
    generator = torch.Generator().manual_seed(1)
    conv = nn.Conv2d(1, 1, (3, 4), stride=2, padding=2, dilation=(1, 1), padding_mode=mode, bias=False)
    nn.init.normal_(conv.weight, generator=generator)
    picture = torch.rand(7, 9, generator=generator).double()
    matrix = hf.convolution_matrix(conv, (1, 7, 9)).toarray()
    rows, cols = conv(picture[None, None].float()).shape[-2:]
    case = {"picture": as_picture(picture.numpy()), "kernel": as_kernel(conv.weight[0, 0].double().detach().numpy())}
    case["settings"] = SETTINGS | {"padding": 2, "mode": mode, "stride": 2}
    places = [(i, j) for i in range(rows) for j in range(cols)]
    for (i, j), found in zip(places, laid([case | {"pixel": place} for place in places]), strict=True):
        np.testing.assert_allclose(found["row"], matrix[i * cols + j], atol=1e-6)
        weights = np.array(case["kernel"]["weights"])
        assert np.isclose(weights @ found["under"], found["data"][i * cols + j])


@needs_node
def test_edits_of_kernels():
    weights = np.arange(6.0).reshape(2, 3)
    edits = [["flipped"], ["transposed"], ["normalised"], ["resized", 4, 5], ["resized", 1, 1]]
    found = [as_array(one) for one in laid([{"kernel": as_kernel(weights), "edit": edit} for edit in edits])]
    np.testing.assert_array_equal(found[0], weights[::-1, ::-1])
    np.testing.assert_array_equal(found[1], weights.T)
    np.testing.assert_allclose(found[2], weights / 15)
    grown = np.zeros((4, 5))
    grown[1:3, 1:4] = weights
    np.testing.assert_array_equal(found[3], grown)
    assert found[4].tolist() == [[4.0]]
    [edge] = laid([{"kernel": as_kernel(np.array([[1.0, 0, -3]])), "edit": ["normalised"]}])
    np.testing.assert_allclose(as_array(edge), [[-0.5, 0, 1.5]])
    [balanced] = laid([{"kernel": as_kernel(np.array([[1.0, 0, -1]])), "edit": ["normalised"]}])
    np.testing.assert_allclose(as_array(balanced), [[0.5, 0, -0.5]])


def test_the_workshop_starts_with_the_named_kernels():
    assert {one["name"] for one in workshop()["kernels"]} == set(hf.image_kernels().kernels)


def knob(tab, name, value):
    tab.locator(f'.workshop [name="{name}"]').select_option(value)


def shown_sum(tab):
    return float(tab.locator(".workshop .sum b").text_content().replace("−", "-"))


@needs_chromium
def test_a_kernel_is_edited_and_its_sum_is_that_of_apply_kernel(browser, page, small):
    with opened(browser, page) as tab:
        picture = np.array(tab.evaluate("Array.from(atlas.input())")).reshape(small.input_shape)[0]
        knob(tab, "kernel", "sobel_0")
        knob(tab, "padding", "1")
        tab.locator('.workshop [data-place="4"]').fill("2.5")
        tab.locator('.workshop [data-place="4"]').press("Enter")
        weights = hf.image_kernels()["sobel_0"].copy()
        weights[1, 1] = 2.5
        expected = hf.apply_kernel(picture, weights, padding=1).output
        result = tab.locator(".workshop .result")
        box = result.bounding_box()
        result.hover(position={"x": 3.5 / 14 * box["width"], "y": 5.5 / 14 * box["height"]})
        assert "Row 5, column 3" in tab.locator(".workshop .sum").text_content()
        assert shown_sum(tab) == pytest.approx(expected[5, 3], rel=6e-3, abs=1e-3)
        result.press("ArrowDown")
        assert shown_sum(tab) == pytest.approx(expected[6, 3], rel=6e-3, abs=1e-3)
        assert "your own kernel" in tab.locator(".says-kernel").text_content().lower()


@needs_chromium
def test_an_impossible_setting_is_explained_and_taken_back(browser, page):
    with opened(browser, page) as tab:
        knob(tab, "kernel", "gabor_45")
        knob(tab, "dilation", "5")
        assert "does not fit" in tab.locator(".workshop .trouble").text_content()
        tab.locator('.workshop [data-do="unlay"]').click()
        assert tab.locator(".workshop .trouble").text_content() == ""
        knob(tab, "kernel", "box_blur")
        knob(tab, "stride", "3")
        assert "⌊(14 − 3)/3⌋ + 1 = 4" in tab.locator(".worked-out").text_content()
        assert "under no window" in tab.locator(".worked-out").text_content()


@needs_chromium
def test_weights_are_wheeled_and_dragged(browser, page):
    with opened(browser, page) as tab:
        knob(tab, "kernel", "identity")
        cell = tab.locator('.workshop [data-place="4"]')
        cell.scroll_into_view_if_needed()
        cell.hover()
        tab.mouse.wheel(0, -100)
        assert float(cell.input_value()) == pytest.approx(1.05)
        box = cell.bounding_box()
        tab.mouse.move(box["x"] + 5, box["y"] + 30)
        tab.mouse.down()
        tab.mouse.move(box["x"] + 5, box["y"] + 30 - 16, steps=4)
        tab.mouse.up()
        assert float(cell.input_value()) == pytest.approx(1.15)


@needs_chromium
def test_the_chosen_map_can_be_worked_on(browser, page):
    with opened(browser, page) as tab:
        tab.evaluate("location.hash = ''")
        tab.locator(".overview .maps").first.focus()
        tab.keyboard.press("ArrowRight")
        tab.locator('.workshop [name="shop-source"][value="map"]').check(force=True)
        assert tab.locator(".workshop .source").evaluate("c => [c.height, c.width]") == [12, 12]


@needs_node
def test_activation_functions_pools_and_shifts_are_the_packages():
    generator = np.random.default_rng(0)
    pixels, z = generator.standard_normal((11, 9)), np.linspace(-3, 3, 25)
    pools = [(kind, size, stride) for kind in POOLS if kind != "polyphase" for size, stride in ((2, 2), (3, 2), (3, 1))]
    shifts = [(0, 0), (2, -1), (-3, 4), (20, 0)]
    asked = json.dumps({"z": z.tolist(), "map": as_picture(pixels), "pools": pools, "shifts": shifts})
    script = [NODE, Path(__file__).parent / "run_chain.mjs", CORRELATE.parent]
    run = subprocess.run(script, input=asked, capture_output=True, text=True, timeout=60, check=True)
    found = json.loads(run.stdout)
    expected = hf.activation_functions(z)
    for name in ("relu", "sigmoid", "tanh", "maxout"):
        np.testing.assert_allclose(found["functions"][name]["value"], expected.values[name], atol=1e-12)
        np.testing.assert_allclose(found["functions"][name]["slope"], expected.slopes[name], atol=1e-12)
    for name, function in (("leaky_relu", nn.functional.leaky_relu), ("elu", nn.functional.elu)):
        given = torch.tensor(z, requires_grad=True)
        value = function(given, 0.3)
        [slope] = torch.autograd.grad(value.sum(), given)
        np.testing.assert_allclose(found["functions"][name]["value"], value.detach(), atol=1e-12)
        np.testing.assert_allclose(found["functions"][name]["slope"], slope, atol=1e-6)
    images = torch.tensor(pixels)[None, None]
    for (kind, size, stride), result in zip(pools, found["pools"], strict=True):
        windows = Windows(tuple((n - size) // stride + 1 for n in pixels.shape), (size, size), (stride, stride))
        right = POOLS[kind](images, windows)[0, 0].numpy()
        assert (result["height"], result["width"]) == right.shape
        np.testing.assert_allclose(np.reshape(result["data"], right.shape), right, atol=1e-6)
    for shift, result, cosine in zip(shifts, found["moved"], found["alike"], strict=True):
        right = hf_shift(images, *shift)[0, 0].numpy()
        np.testing.assert_allclose(np.reshape(result["data"], right.shape), right)
        norms = np.linalg.norm(right) * np.linalg.norm(pixels)
        assert cosine == pytest.approx((right * pixels).sum() / norms if norms else 0)


@needs_chromium
def test_what_follows_the_convolution_is_worked_out(browser, page, small):
    with opened(browser, page) as tab:
        picture = np.array(tab.evaluate("Array.from(atlas.input())")).reshape(small.input_shape)[0]
        knob(tab, "kernel", "outline")
        tab.locator('.chain [name="pool"]').select_option("average")
        tab.locator('.chain [name="chain-right"]').fill("2")
        moved = np.zeros_like(picture)
        moved[1:, 2:] = picture[:-1, :-2]
        kernel = hf.image_kernels()["outline"]
        stages = [np.maximum(hf.apply_kernel(image, kernel).output, 0) for image in (picture, moved)]
        pooled = [nn.functional.avg_pool2d(torch.tensor(map)[None], 2)[0].numpy() for map in stages]
        cosine = (pooled[0] * pooled[1]).sum() / np.linalg.norm(pooled[0]) / np.linalg.norm(pooled[1])
        shown = tab.locator('.chain [data-stage="pool"]').text_content()
        assert float(shown) == pytest.approx(cosine, abs=2e-3)
        assert "12 × 12 → 6 × 6" in tab.locator(".chain .pooled .scale").text_content()
        tab.locator('.chain [name="activation"]').select_option("leaky_relu")
        assert "slope a = 0.1" in tab.locator(".chain .parameter").text_content()


@needs_chromium
def test_what_cannot_be_is_explained_and_undone_by_a_key(browser, page):
    with opened(browser, page) as tab:
        trouble = tab.locator(".workshop .trouble")
        knob(tab, "rows", "11")
        knob(tab, "dilation", "5")
        assert "does not fit" in trouble.text_content()
        tab.locator('.workshop [name="dilation"]').focus()
        tab.keyboard.press("Control+z")
        assert trouble.text_content() == ""
        tab.keyboard.press("Control+z")
        assert tab.locator('.workshop [name="rows"]').input_value() == "3"
