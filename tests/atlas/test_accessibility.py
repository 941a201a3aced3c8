"""The page for everyone: axe finds nothing, in both colour schemes; it fits every width; the keyboard does it all."""

from itertools import pairwise
from pathlib import Path

import pytest

from tests.atlas.test_live_browser import CHROMIUM, browser  # noqa: F401

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to open the page in")

#: Two units under the electrodes, of a layer of maps and of one behind a pool.
BENCH = "#sample=0&unit=3,2,2,2&second=2,1,3,3"


def opened(browser, page, *, width=1280, scheme="light"):  # noqa: F811
    tab = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce")
    tab = tab.new_page()
    tab.goto(page.as_uri() + BENCH)
    tab.wait_for_function("() => document.documentElement.dataset.ready === 'yes'")
    tab.locator(".moment.result").wait_for()
    return tab


def open_everything(tab):
    tab.evaluate("document.querySelectorAll('details').forEach(one => (one.open = true))")
    tab.locator('[data-do="sweep"]').first.click()
    tab.locator(".plate .polar").wait_for(timeout=60_000)
    tab.wait_for_function("() => !document.documentElement.dataset.running")


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed (npm ci)")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(browser, page, scheme, width):  # noqa: F811
    tab = opened(browser, page, width=width, scheme=scheme)
    open_everything(tab)
    tab.evaluate(AXE.read_text())
    found = tab.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    told = [
        f"{rule['id']}: {node['html'][:160]} | {node['failureSummary'][:300]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
    tab.context.close()
    assert told == []


@pytest.mark.parametrize("width", [390, 768, 1280, 1920])
def test_nothing_runs_over_the_edge(browser, page, width):  # noqa: F811
    tab = opened(browser, page, width=width)
    open_everything(tab)
    wide = tab.evaluate(
        "[...document.querySelectorAll('body *')].filter(one => !one.closest('.columns, .wide, .samples, pre, svg')"
        " && one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML.slice(0, 120))"
    )
    levels = tab.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5')].map(one => Number(one.tagName[1]))")
    fits = tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tab.context.close()
    assert wide == []
    assert fits
    assert all(after - before <= 1 for before, after in pairwise(levels))
