"""The tutorials of five people as notebooks: a cell for each block, run from top to bottom in a fresh kernel."""

import re
from pathlib import Path

import nbclient
import nbconvert
import nbformat
import pytest

TUTORIALS = Path(__file__).parent.parent / "docs" / "tutorials"
PEOPLE = ("lecturer", "student", "researcher", "neuroscientist", "engineer")
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    "person", [pytest.param(one, marks=() if one in ("student", "engineer") else pytest.mark.slow) for one in PEOPLE]
)
def test_a_tutorial_runs_as_a_notebook_and_shows_each_figure_once(person, tmp_path):
    blocks = _BLOCK.findall((TUTORIALS / f"{person}.md").read_text(encoding="utf-8"))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(block.rstrip()) for block in blocks])
    nbclient.NotebookClient(
        notebook, timeout=280, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    assert 8 <= len(blocks) <= 14  # about ten cells
    shown = [output["data"] for cell in notebook.cells for output in cell.outputs if "data" in output]
    pictures = [data["image/png"] for data in shown if "image/png" in data]
    assert len(set(pictures)) == len(pictures), "a figure is shown twice"
    assert shown, "nothing is to be seen"
    said = [output for cell in notebook.cells for output in cell.outputs if output.output_type == "stream"]
    assert not [output for output in said if output.name == "stderr" and "Warning" in output.text]
    page, _ = nbconvert.HTMLExporter().from_notebook_node(notebook)
    assert page.count("<img") >= len(pictures)
