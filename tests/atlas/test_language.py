"""The page in two languages: one table, told in place, and parts that teachers leave out by the address."""

import json
import re
from pathlib import Path

import pytest

import hierfeat as hf
from hierfeat.atlas import page as page_module
from hierfeat.atlas.language import spanish, told
from hierfeat.atlas.untrained import untrained_by
from hierfeat.physiology.rectification._rectifiers import NEGATIVE
from tests.atlas.driving import needs_chromium, opened

HOME = Path(page_module.__file__).parent
ES = spanish()
#: What is said alike in both languages: numbers, names of functions, formulas.
ALIKE = {english for english, other in ES.items() if english == other}
#: Names: of layers, of operations, and quotations in their own language.
NAMES = "[lang=en], script, style, noscript, template, .kind, code"

VISIBLE = """() => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walk.nextNode()) {
    const parent = walk.currentNode.parentElement;
    if (walk.currentNode.data.trim() && !parent.closest(NAMES)) found.push(walk.currentNode.data.trim());
  }
  for (const name of ["aria-label", "aria-roledescription", "title", "alt", "placeholder"])
    for (const one of document.querySelectorAll(`[${name}]`))
      if (!one.closest(NAMES)) found.push(one.getAttribute(name));
  return found;
}""".replace("NAMES", json.dumps(NAMES))


def placeholders(text):
    return sorted(set(re.findall(r"\{(\w+)\}", text)))


@pytest.mark.parametrize(("english", "other"), ES.items())
def test_both_languages_have_the_same_values_in_them(english, other):
    assert placeholders(english) == placeholders(other)
    assert other.strip()
    assert (english[-1] == " ", english[0] == " ") == (other[-1] == " ", other[0] == " ")


def sentences():
    """Every sentence that scripts and templates say, as far as it stands there in one piece."""
    string = r'"((?:[^"\\]|\\.)*)"'
    for path in sorted(HOME.joinpath("scripts").rglob("*.js")):
        for found in re.finditer(rf"\bsay\((?:[^\"()]*\? )?{string}(?: : {string})?", path.read_text(encoding="utf-8")):
            yield from ((path.name, json.loads(f'"{text}"')) for text in found.groups() if text)
    for path in sorted(HOME.joinpath("templates").glob("*.j2")):
        for found in re.finditer(rf"\bt\({string}", path.read_text(encoding="utf-8")):
            yield path.name, json.loads(f'"{found[1]}"')


def test_every_sentence_is_in_the_table():
    said = list(sentences())
    assert len(said) > 300
    assert [(where, text) for where, text in said if text not in ES] == []


def test_what_analyses_say_is_in_the_table():
    assert {*NEGATIVE.values()} <= {*ES}
    fresh = hf.load("torchvision:squeezenet1_0").model
    assert untrained_by(fresh) in ES
    kernels = hf.image_kernels().table
    assert {*kernels["description"].head(17)} <= {*ES}
    assert {name.replace("_", " ") for name in kernels["kernel"]} <= {*ES}


def test_a_sentence_is_told():
    assert told("es", "{n} of {all}", n=3, all=7) == "3 de 7"
    assert told("en", "{n} of {all}", n=3, all=7) == "3 of 7"


def open_everything(tab):
    """Every panel that there is, each filled."""
    tab.locator(".moment.result").wait_for()
    tab.evaluate("document.querySelectorAll('details').forEach(one => (one.open = true))")
    tab.evaluate("document.querySelectorAll('.bench-hubel [data-do=beside]').forEach(one => one.click())")
    tab.locator('[data-do="sweep"]').first.click()
    tab.locator(".plate .polar").first.wait_for(timeout=60_000)
    tab.wait_for_function("() => !document.documentElement.dataset.running")
    tab.locator('.surgery [data-do="silence"]').click()
    tab.wait_for_function("() => document.querySelector('.surgery').dataset.done")
    tab.locator('.surgery [data-do="compare"]').click()
    tab.wait_for_function("() => document.querySelector('.before-and-after').dataset.shown")
    tab.locator('.workshop [name="rows"]').select_option("11")
    tab.locator('.workshop [name="dilation"]').select_option("5")
    tab.locator('.dimensions [name="kernel-0"]').fill("2")
    tab.locator('.dimensions [name="kernel-0"]').dispatch_event("change")
    tab.locator(".open-lesson").click()


def check_spanish(tab):
    shown = tab.evaluate(VISIBLE)
    english = sorted({text for text in shown if text in ES and text not in ALIKE and text not in ES.values()})
    assert english == []
    assert tab.evaluate("atlas.untold()") == []
    assert len(shown) > 200
    assert tab.evaluate("document.documentElement.lang") == "es"
    assert tab.title() == f"{tab.locator('h1').inner_text()}: un atlas de sus características"


BENCH = "#sample=0&unit=3,2,2,2"


@needs_chromium
@pytest.mark.parametrize("asked", ["address", "switched", "written"])
def test_no_english_is_left(browser, page, small, pictures, tmp_path, asked):
    if asked == "written":
        page = hf.atlas(small, *pictures, out=tmp_path / "es.html", language="es")
        assert '<html lang="es">' in page.read_text(encoding="utf-8")
    address = BENCH + ("&language=es" if asked == "address" else "")
    with opened(browser, page, address, reduced_motion="reduce") as tab:
        open_everything(tab)
        if asked == "switched":
            before = tab.evaluate("performance.timeOrigin")
            tab.locator('header [data-do="language"]').click()
            tab.wait_for_function("() => location.hash.includes('language=es')")
            assert tab.evaluate("performance.timeOrigin") == before  # nothing was loaded anew
        while True:
            tab.locator(".lesson summary").click()
            check_spanish(tab)
            if tab.locator('.lesson [data-do="next"]').is_disabled():
                break
            tab.locator('.lesson [data-do="next"]').click()


@needs_chromium
def test_back_to_english_is_what_it_was(browser, page):
    with opened(browser, page, BENCH) as tab:
        tab.locator(".moment.result").wait_for()
        tab.wait_for_timeout(500)
        before = tab.evaluate(VISIBLE)
        for language in ("es", "en"):
            tab.locator('header [data-do="language"]').click()
            assert tab.evaluate("document.documentElement.lang") == language
        after = tab.evaluate(VISIBLE)
        timed = re.compile(r"ms a frame")
        assert [text for text in after if not timed.search(text)] == [text for text in before if not timed.search(text)]


@needs_chromium
def test_a_teacher_hides_parts_by_the_address(browser, page):
    with opened(browser, page, "#hide=surgery,hubel,chain,lesson,nothing") as tab:
        tab.wait_for_function("() => document.querySelector('[data-hidden]')")
        for name in ("surgery", "hubel", "chain"):
            assert not tab.locator(f"#{name}").is_visible(), name
        assert not tab.locator(".open-lesson").is_visible()
        for name in ("bench", "workshop", "table"):
            assert tab.locator(f"#{name}").is_visible(), name
        tab.locator(".samples label").nth(1).click()
        tab.wait_for_function("() => location.hash.includes('sample=1')")
        assert "hide=surgery,hubel,chain,lesson,nothing" in tab.evaluate("location.hash")
        tab.locator(".help summary").click()
        listed = tab.locator(".hideable-parts code").all_text_contents()
        assert {"surgery", "hubel", "chain", "lesson", "bench", "dimensions"} <= {*listed}
        for name in listed:
            assert tab.locator(f"#{name}").count() == 1, name
