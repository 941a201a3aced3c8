"""In a notebook the atlas is shown in the cell, and lives there."""

import pickle
from pathlib import Path

import nbclient
import nbformat
import pytest

from hierfeat.atlas.inline import Page
from tests.atlas.driving import needs_chromium

CELL = """
import torch, hierfeat as hf
from torch import nn
from tests.atlas.driving import needs_chromium
torch.manual_seed(0)
net = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(27, 2))
hf.atlas(hf.Hierarchy(net, (1, 8, 8), name="it's <b>&amp;</b>"), torch.rand(3, 1, 8, 8), out={out!r}, progress=False)
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """What the notebook shows of a cell that ends in an atlas."""
    out = tmp_path_factory.mktemp("notebook") / "net.html"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL.format(out=str(out)))])
    nbclient.NotebookClient(notebook, timeout=180, kernel_name="python3").execute()
    [result] = [output for output in notebook.cells[0].outputs if output.output_type == "execute_result"]
    return result["data"], out


def test_a_cell_shows_the_page(shown):
    data, out = shown
    assert set(data) == {"text/plain", "text/html"}
    assert str(out) in data["text/plain"]
    assert len(data["text/html"]) > out.stat().st_size


@needs_chromium
def test_the_page_lives_in_the_cell(browser, shown, tmp_path):
    """The notebook as it is exported: the frame runs, answers, and leads nowhere else."""
    data, _ = shown
    notebook = tmp_path / "notebook.html"
    notebook.write_text(f"<!doctype html><meta charset='utf-8'><title>notebook</title>{data['text/html']}")
    context = browser.new_context(viewport={"width": 1100, "height": 1000})
    tab = context.new_page()
    wrong = []
    tab.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.goto(notebook.as_uri())
    frame = tab.frame_locator("iframe")
    frame.locator("html[data-ready=yes]").wait_for()
    assert frame.locator("h1").inner_text() == "it's <b>&amp;</b>"
    frame.locator('.overview .column[data-layer="0"] .area').first.click()
    frame.locator(".moment.result").wait_for()
    inside = tab.frames[1]
    assert len(inside.evaluate("Array.from(atlas.output())")) == 2
    frame.locator(".overview h3 a").first.click()
    tab.wait_for_timeout(500)
    assert frame.locator("h1").count() == 1  # an anchor stays in the frame
    assert tab.title() == "notebook"
    assert tab.evaluate("location.hash") == ""
    context.close()
    assert wrong == []


def test_a_page_is_a_path(tmp_path):
    page = Page(tmp_path / "net.html")
    assert isinstance(page, Path)
    assert page._repr_html_() is None  # there is no such file
    page.write_text("<p title='a & b'>")
    assert "srcdoc='<p title=&#39;a &amp; b&#39;>'" in page._repr_html_()
    assert page.parent._repr_html_() is None
    assert pickle.loads(pickle.dumps(page)) == page == Path(page)
    assert hash(page) == hash(Path(page))
