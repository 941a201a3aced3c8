"""A notebook shows every figure, once: pyplot made it, so that the notebook can draw it, and holds it no longer."""

from pathlib import Path

import nbclient
import nbformat
import pytest

import hierfeat as hf

PLOTS = sorted((Path(hf.__file__).parent / "plots").glob("*.py"))


@pytest.mark.parametrize("path", PLOTS, ids=lambda path: path.stem)
def test_every_figure_is_made_by_pyplot_and_closed(path):
    text = path.read_text()
    assert "= Figure(" not in text
    assert text.count("plt.figure(") + text.count("plt.subplots(") == text.count("plt.close(")


def test_a_fresh_notebook_shows_a_figure_and_a_table():
    cells = ["import hierfeat as hf\nhf.image_kernels().plot()", "hf.padding_and_stride(5, 3)"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    figure, table = ([set(output["data"]) for output in cell.outputs] for cell in notebook.cells)
    assert figure == [{"text/plain", "image/png"}]
    assert table == [{"text/plain", "text/html"}]
