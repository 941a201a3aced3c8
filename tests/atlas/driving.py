"""A browser and an open page, for tests that drive the atlas as a reader does."""

import shutil
from contextlib import contextmanager

import numpy as np
import pytest
import torch

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to open the page in")
FLAGS = ("--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream")
"""Its camera is a moving pattern; it is allowed where a test says so."""
READY = "() => document.documentElement.dataset.ready === 'yes'"

#: Two pictures of the screen later, all that was queued for the next one is done, and what came into view is painted.
SETTLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"


@contextmanager
def chromium():
    sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield launched
        finally:
            IDLE.clear()
            launched.close()


IDLE = {}
"""Tabs that nobody looks at, by what their contexts were made with: a page in one of them opens in half the time."""


@contextmanager
def tab_of(browser, width, height, context):
    """A tab that shows nothing yet. The atlas stores nothing, so that tests may follow each other in one."""
    idle = IDLE.setdefault(repr(sorted(context.items())), [])
    tab = idle.pop() if idle else browser.new_context(**context).new_page()
    try:
        tab.set_viewport_size({"width": width, "height": height})
        yield tab
        tab.goto("about:blank")
        tab.mouse.move(0, 0)
    except BaseException:
        tab.context.close()
        raise
    idle.append(tab)


@contextmanager
def opened(browser, page, address="", *, width=1280, height=900, **context):
    """The open page; what it complains of in the console, or asks of a network, fails the test."""
    wrong, asked = [], set()
    heard = {
        "console": lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None,
        "pageerror": lambda error: wrong.append(str(error)),
        "request": lambda request: asked.add(request.url.partition("#")[0]),
    }
    with tab_of(browser, width, height, context) as tab:
        for event, hear in heard.items():
            tab.on(event, hear)
        tab.goto(page.as_uri() + address)
        tab.wait_for_function(READY)
        yield tab
        for event, hear in heard.items():
            tab.remove_listener(event, hear)
    assert wrong == []
    assert {url for url in asked if not url.startswith(("data:", "blob:"))} == {page.as_uri()}


def given(tab):
    """The input that the network has at the moment."""
    shape = tab.evaluate("JSON.parse(document.querySelector('#payload').textContent).model.input_shape")
    return np.array(tab.evaluate("Array.from(atlas.input())"), np.float32).reshape(shape)


def output(tab):
    return np.array(tab.evaluate("Array.from(atlas.output())"))


def torch_output(h, tab):
    return h(torch.tensor(given(tab))[None])[0].numpy()


def close(found, expected):
    return np.abs(np.array(found) - expected).max() <= 2e-3 * np.abs(expected).max()  # half-precision weights


def settle(tab):
    tab.evaluate(SETTLED)


def wait_for_frame(tab, act):
    before = tab.evaluate("document.documentElement.dataset.frames || '0'")
    act()
    tab.wait_for_function("before => document.documentElement.dataset.frames !== before", arg=before)
    settle(tab)


def to_the_paper(tab):
    tab.locator(".pad").evaluate("e => e.scrollIntoView({ block: 'center' })")


def stroke(tab, places, *, steps=4):
    """A line through places in shares of the paper's (width, height), with the mouse."""
    box = tab.locator(".pad").bounding_box()
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    tab.mouse.move(*points[0])
    tab.mouse.down()
    for point in points[1:]:
        tab.mouse.move(*point, steps=steps)
    tab.mouse.up()


def draw(tab, places):
    to_the_paper(tab)
    stroke(tab, places)


def choose(tab, layer, tile=1, place=(20, 20)):
    area = tab.locator(f'.overview .column[data-layer="{layer}"] .area').nth(tile)
    area.scroll_into_view_if_needed()
    area.click(position={"x": place[0], "y": place[1]})
