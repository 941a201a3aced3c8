"""A link reopens the view: sample or drawing, units, stimulus, settings; and what is no address does no harm."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import hierfeat as hf
from tests.atlas.driving import draw, needs_chromium, opened, settle, wait_for_frame

SCRIPTS = Path(hf.__file__).parent / "atlas" / "scripts"
NODE = shutil.which("node")


def node(script, *modules):
    command = [NODE, "--input-type=module", "-e", script, *((SCRIPTS / name).as_uri() for name in modules)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def address_of(tab):
    tab.wait_for_function("() => location.hash.slice(1) === atlas.address()")
    return tab.evaluate("location.hash")


def seen(tab):
    return np.array(tab.evaluate("Array.from(atlas.input())"))


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_drawings_survive_their_text():
    """Random deeds come back as they were; texts that are cut or changed give a drawing or nothing, never an error."""
    script = """
    const { encode, decode } = await import(process.argv[1]);
    const { uniform } = await import(process.argv[2]);
    const random = uniform(5);
    const whole = (most) => Math.floor(random() * most);
    const deed = () => {
      const what = ["clear", "invert", "draw", "erase"][whole(4)];
      if (what === "clear" || what === "invert") return { what };
      const points = Array.from({ length: whole(40) }, () => [whole(900) - 300, whole(900) - 300]);
      return { what, radius: (1 + whole(200)) / 4, points };
    };
    const told = { wrong: 0, longest: 0, tried: 0 };
    for (let n = 0; n < 300; n++) {
      const deeds = Array.from({ length: 1 + whole(8) }, deed);
      const text = encode(deeds, n % 2 === 0);
      told.longest = Math.max(told.longest, text.length);
      if (JSON.stringify(decode(text)) !== JSON.stringify({ deeds, prepare: n % 2 === 0 })) told.wrong++;
      if (!/^[A-Za-z0-9_-]+$/.test(text)) told.wrong++;
      for (const odd of [text.slice(0, whole(text.length)), text.slice(1), text + "A", "!" + text]) {
        decode(odd);
        told.tried++;
      }
    }
    const many = Array.from({ length: 400 }, deed);
    console.log(JSON.stringify({ ...told, empty: encode([], true), endless: encode(many, true).length }));
    """
    told = node(script, "drawing.js", "compose.js")
    assert told["wrong"] == 0
    assert told["tried"] == 1200
    assert told["empty"] == ""
    assert told["endless"] == 0  # too long for an address


@needs_chromium
def test_a_link_gives_the_drawing_back_exactly(browser, page):
    with opened(browser, page) as tab:
        wait_for_frame(tab, lambda: tab.locator('[data-do="clear"]').click())
        wait_for_frame(tab, lambda: draw(tab, [(0.3, 0.2), (0.6, 0.5), (0.4, 0.8)]))
        wait_for_frame(tab, lambda: draw(tab, [(0.1, 0.1), (0.9, 0.9)]))
        wait_for_frame(tab, lambda: tab.locator('[data-do="undo"]').click())
        tab.locator('[name="tool"][value="erase"] + span').click()
        wait_for_frame(tab, lambda: draw(tab, [(0.4, 0.4), (0.7, 0.4)]))
        wait_for_frame(tab, lambda: tab.locator('[data-do="invert"]').click())
        address, image, output = address_of(tab), seen(tab), tab.evaluate("Array.from(atlas.output())")
    assert "drawing=" in address
    assert len(address) < 600
    with opened(browser, page, address) as tab:
        assert np.array_equal(seen(tab), image)
        assert tab.evaluate("Array.from(atlas.output())") == output
        tab.locator(".samples label").nth(2).click()
        tab.wait_for_function("() => !location.hash.includes('drawing=')")  # the sample takes its place


@needs_chromium
def test_a_link_gives_units_stimulus_and_settings_back(browser, page):
    with opened(browser, page, "#sample=1&unit=3,2,2,2&second=2,1,3,3&rotation=20&range=map") as tab:
        tab.evaluate(
            "atlas.show({ kind: 'edge', orientation: 33, width: 2.5, length: 7, row: 6, col: 8, polarity: -1 })"
        )
        tab.wait_for_function("() => location.hash.includes('stimulus=')")
        address, stimulus = address_of(tab), tab.evaluate("atlas.stimulus()")
        units = tab.evaluate("atlas.units()")
    with opened(browser, page, address) as tab:
        assert tab.evaluate("atlas.units()") == units
        assert tab.evaluate("atlas.stimulus()") == {**stimulus, "offset": 0}
        assert tab.locator('[name="bench-rotation"]').input_value() == "20"
        assert tab.locator('[name="range"][value="map"]').is_checked()
        assert tab.locator('[name="stimulus"][value="edge"]').is_checked()


@needs_chromium
@pytest.mark.parametrize(
    "address",
    [
        "#sample=99&unit=99,0,0,0&second=1,2",
        "#unit=3,2,2,9999&drawing=AAAA&stimulus=bar",
        "#sample=0&drawing=%00%00&stimulus=bar,NaN,1,1,1,1,1,1",
        "#sample=0&drawing=zzzz____&rotation=NaN&stimulus=bar,1,1,1,-5,1,1,0",
        "#nowhere",
        "#sample=-1&unit=-1,0,0,0",
    ],
)
def test_what_is_no_address_does_no_harm(browser, page, address):
    with opened(browser, page, address) as tab:
        assert tab.locator('[name="sample"]').first.is_checked()
        assert np.isfinite(tab.evaluate("Array.from(atlas.output())")).all()


@needs_chromium
def test_an_address_put_into_an_open_page_is_taken(browser, page):
    with opened(browser, page) as tab:
        tab.evaluate("location.hash = '#sample=2&unit=3,1,1,1'")
        tab.wait_for_function(
            "() => globalThis.atlas?.units?.().length === 1 && document.documentElement.dataset.ready"
        )
        assert tab.locator('[name="sample"]').nth(2).is_checked()


@needs_chromium
def test_the_keyboard_draws(browser, page):
    with opened(browser, page) as tab:
        wait_for_frame(tab, lambda: tab.locator('[data-do="clear"]').click())
        assert len(set(seen(tab))) == 1
        tab.locator(".pad").focus()
        tab.keyboard.press(" ")
        for key in ["ArrowDown"] * 4 + ["ArrowRight"] * 4:
            tab.keyboard.press(key)
        tab.keyboard.press(" ")
        settle(tab)
        image = seen(tab).reshape(14, 14)
        assert image.max() > 0.9
        # half a pixel's radius from the middle (7, 7) four pixels down, and four to the right: between two pixels
        assert (image[8:11, 6:8].sum(1) > 0.7).all()
        assert (image[10:12, 8:10].sum(0) > 0.7).all()
        assert image[:6].max() == image[:, :5].max() == image[0, 0]
        ground = image[0, 0]
        tab.keyboard.press("ArrowUp")  # lifted
        settle(tab)
        assert seen(tab).reshape(14, 14)[9, 10] == ground
        assert "drawing=" in address_of(tab)
