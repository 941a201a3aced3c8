"""The site as it is built: no warning, no broken link, nothing loaded from elsewhere, and a search that finds."""

import csv
import functools
import html
import io
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
for needed in ("pydata_sphinx_theme", "myst_nb", "sphinx_gallery"):
    pytest.importorskip(needed, reason="the site is built where the extra `docs` is installed")

SOME = [
    "index",
    "start",
    "numbers",
    "findings",
    "tutorials/engineer",
    "tutorials/neuroscientist",
    "gallery/index",
    "migration",
    "support",
    "api/index",
    "es/index",
]


CUT = """[...document.querySelectorAll(".bd-article :not(pre) > code")]
  .filter(code => !code.closest("table, pre") && code.getBoundingClientRect().right > innerWidth)
  .map(code => code.textContent)"""
"""Names in running text that go beyond the screen."""


class Page(HTMLParser):
    """What a page links to, what it loads, and which anchors it has."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.anchors |= {given[name] for name in ("id", "name") if given.get(name)}
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        if tag in ("script", "img", "iframe") and given.get("src"):
            self.loaded.append(given["src"])
        if tag == "link" and given.get("href") and given.get("rel") in ("stylesheet", "icon", "preload"):
            self.loaded.append(given["href"])


def pages_of(site: Path) -> list[Path]:
    """The pages, without the theme's templates, which lie among its files."""
    return sorted(path for path in site.rglob("*.html") if "_static" not in path.parts)


@pytest.fixture(scope="module")
def site(tmp_path_factory, pytestconfig) -> Path:
    if (built := pytestconfig.getoption("--site")) is not None:
        return built.resolve()
    target = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-E", "-W", "--keep-going", "-q", "-b", "html"]
    places = ["-d", str(target / "trees"), str(ROOT / "docs"), str(target / "html")]
    built = subprocess.run([*command, *places], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return target / "html"


def test_every_link_within_the_site_leads_to_a_page_and_its_anchor(site):
    read = functools.cache(Page)
    broken = []
    pages = pages_of(site)
    assert len(pages) > 120
    for path in pages:
        for link in read(path).links:
            target, _, anchor = unquote(link).partition("#")
            if re.match(r"[a-z]+:", target):
                continue
            there = (path.parent / target).resolve() if target else path
            if not there.exists() or (anchor and there.suffix == ".html" and anchor not in read(there).anchors):
                broken.append((str(path.relative_to(site)), link))
    assert broken == []


def test_nothing_is_loaded_from_elsewhere(site):
    for path in pages_of(site):
        for source in Page(path).loaded:
            assert not source.startswith(("http:", "https:", "//")), f"{path.name} loads {source}"
            assert (path.parent / unquote(source.split("?")[0])).exists(), f"{path.name}: {source}"


TUTORIALS = ["lecturer", "student", "researcher", "neuroscientist", "engineer"]


@pytest.mark.parametrize("page", [f"tutorials/{person}" for person in TUTORIALS] + ["es/lecture"])
def test_a_tutorial_shows_what_its_cells_give_and_is_there_as_a_notebook(site, page):
    """The page was run when it was built, and links to itself as a notebook with the same outputs."""
    path = site / f"{page}.html"
    [link] = [link for link in Page(path).links if link.endswith(".ipynb")]
    notebook = nbformat.read((path.parent / unquote(link)).resolve(), as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    outputs = [output for cell in cells for output in cell.outputs]
    source = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    assert len(cells) == len(re.findall(r"^```python$", source, re.MULTILINE))
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]
    assert [output for output in outputs if "data" in output]
    shown = path.read_text(encoding="utf-8")
    for output in outputs:
        if "image/png" in output.get("data", {}):
            assert "_images/" in shown


def test_the_table_of_the_guard_is_the_one_that_its_tests_keep(site):
    table = (ROOT / "docs" / "tables" / "guard_mutations.csv").read_text(encoding="utf-8")
    page = html.unescape((site / "tutorials" / "engineer.html").read_text(encoding="utf-8"))
    rows = list(csv.DictReader(io.StringIO(table)))
    assert len(rows) > 30
    assert [row for row in rows if row["what is done"].replace("'", "’") not in page.replace("'", "’")] == []


def test_every_public_name_has_a_page_with_its_signature(site):
    import hierfeat as hf

    for name in hf.__all__:
        if name not in ("__version__", "indices", "testing"):
            assert f'id="hierfeat.{name}"' in (site / "api" / f"{name}.html").read_text(encoding="utf-8"), name


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium")
def test_search_finds_and_no_page_is_wider_than_a_phone(site):
    """From a file, without a server."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        for name in SOME:
            page.goto((site / f"{name}.html").as_uri())
            wide, seen = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
            assert wide <= seen, name
            assert page.evaluate(CUT) == [], name
        page.goto((site / "search.html").as_uri() + "?q=orientation_tuning")
        page.wait_for_selector("#search-results li", timeout=20000)
        assert "orientation_tuning" in page.inner_text("#search-results")
        assert errors == []
        browser.close()
