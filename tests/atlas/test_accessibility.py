"""The page for everyone: axe finds nothing, in both colour schemes; it fits every width; the keyboard does it all."""

from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from tests.atlas.driving import needs_chromium, opened

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
pytestmark = needs_chromium

#: Two units under the electrodes, of a layer of maps and of one behind a pool.
BENCH = "#sample=0&unit=3,2,2,2&second=2,1,3,3"


@contextmanager
def everything(browser, page, *, width):
    with opened(browser, page, BENCH, width=width, reduced_motion="reduce") as tab:
        tab.locator(".moment.result").wait_for()
        open_everything(tab)
        yield tab


def open_everything(tab):
    tab.evaluate("document.querySelectorAll('details').forEach(one => (one.open = true))")
    tab.locator('[data-do="sweep"]').first.click()
    tab.locator(".plate .polar").wait_for(timeout=60_000)
    tab.wait_for_function("() => !document.documentElement.dataset.running")


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed (npm ci)")
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(browser, page, width):
    with everything(browser, page, width=width) as tab:
        tab.evaluate(AXE.read_text())
        # schemes differ in colours alone
        for scheme, rules in (("light", {}), ("dark", {"runOnly": ["color-contrast"]})):
            tab.emulate_media(color_scheme=scheme)
            found = tab.evaluate("more => axe.run(document, { resultTypes: ['violations'], ...more })", rules)
            told = [
                f"{rule['id']}: {node['html'][:160]} | {node['failureSummary'][:300]}"
                for rule in found["violations"]
                for node in rule["nodes"]
            ]
            assert told == [], scheme
        tab.emulate_media(color_scheme="light")


@pytest.mark.parametrize("width", [390, 768, 1280, 1920])
def test_nothing_runs_over_the_edge(browser, page, width):
    with everything(browser, page, width=width) as tab:
        wide = tab.evaluate(
            "[...document.querySelectorAll('body *')].filter(one => !one.closest('.columns, .wide, .samples, pre, svg')"
            " && one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML.slice(0, 120))"
        )
        levels = tab.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5')].map(one => Number(one.tagName[1]))")
        fits = tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert wide == []
    assert fits
    assert all(after - before <= 1 for before, after in pairwise(levels))
