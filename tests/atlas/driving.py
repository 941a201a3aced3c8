"""A browser and an open page, for tests that drive the atlas as a reader does."""

import shutil
from contextlib import contextmanager

import numpy as np
import pytest
import torch

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to open the page in")
READY = "() => document.documentElement.dataset.ready === 'yes'"


@contextmanager
def chromium(*flags):
    sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", *flags])
        yield launched
        launched.close()


@contextmanager
def opened(browser, page, address="", *, width=1280, height=900, **context):
    """The open page; what it complains of in the console fails the test."""
    made = browser.new_context(viewport={"width": width, "height": height}, **context)
    tab = made.new_page()
    wrong = []
    tab.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.goto(page.as_uri() + address)
    tab.wait_for_function(READY)
    yield tab
    assert wrong == []
    made.close()


def given(tab):
    """The input that the network has at the moment."""
    shape = tab.evaluate("JSON.parse(document.querySelector('#payload').textContent).model.input_shape")
    return np.array(tab.evaluate("Array.from(atlas.input())"), np.float32).reshape(shape)


def output(tab):
    return np.array(tab.evaluate("Array.from(atlas.output())"))


def torch_output(h, tab):
    return h(torch.tensor(given(tab))[None])[0].numpy()


def close(found, expected):
    return np.abs(found - expected).max() <= 2e-3 * np.abs(expected).max()  # half-precision weights


def wait_for_frame(tab, act):
    before = tab.evaluate("document.documentElement.dataset.frames || '0'")
    act()
    tab.wait_for_function("before => document.documentElement.dataset.frames !== before", arg=before)
    tab.wait_for_timeout(150)


def stroke(tab, places, *, steps=4):
    """A line through places in shares of the paper's (width, height), with the mouse."""
    box = tab.locator(".pad").bounding_box()
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    tab.mouse.move(*points[0])
    tab.mouse.down()
    for point in points[1:]:
        tab.mouse.move(*point, steps=steps)
    tab.mouse.up()


def to_the_paper(tab):
    tab.locator(".pad").evaluate("e => e.scrollIntoView({ block: 'center' })")
