"""A figure is shown once: in scripts, in IPython and in notebooks, however it is asked for."""

import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import nbclient
import nbformat
import pytest

import hierfeat as hf

PLOTS = sorted((Path(hf.__file__).parent / "plots").glob("*.py"))
MADE = (
    "import matplotlib.pyplot as plt\nimport hierfeat as hf\n"
    + "one, two = hf.padding_and_stride(7, 3), hf.padding_and_stride(5, 3)"
)


@pytest.mark.parametrize("path", PLOTS, ids=lambda path: path.stem)
def test_every_figure_is_made_in_one_place(path):
    text = path.read_text()
    assert "= Figure(" not in text
    assert "plt.subplots(" not in text
    assert ("plt.figure(" in text) == (path.stem == "_canvas")


def executed(*cells: str) -> list[nbformat.NotebookNode]:
    """The cells of a fresh notebook, behind the one that makes what is drawn."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in (MADE, *cells)])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return list(notebook.cells[1:])


def shows(cell: nbformat.NotebookNode) -> list[set[str]]:
    return [set(output.get("data", {output.output_type: 0})) for output in cell.outputs]


PICTURE = {"text/plain", "image/png"}


def test_a_notebook_shows_every_figure_once_and_in_its_order():
    cells = executed(
        "one.plot()",
        "one.plot();",
        "figure = one.plot()",
        "figure",  # asked for once more
        "one.plot()\ntwo.plot()",
        "for kernel in range(3):\n    one.plot()",
        "one.plot()\nplt.show()",
        "two.plot().show()",
        "figure = one.plot()\ndisplay(figure)",
        "figure, axes = plt.subplots()\ntwo.plot(figure=figure)",
        "two",
        "hf.padding_and_stride(5, 3).plot()\none.plot()",
        "hf.padding_and_stride(5, 3).plot();",
    )
    *shown, table, _, _ = map(shows, cells)
    assert [len(found) for found in shown] == [1, 1, 1, 1, 2, 3, 1, 1, 1, 1]
    assert all(part == PICTURE for found in shown for part in found)
    assert table == [{"text/plain", "text/html"}]
    first, second = (cell.outputs[0]["data"]["image/png"] for cell in cells[-2:])
    assert first == second


SHOW = """
shown = []
plt.switch_backend("agg")
from matplotlib.backend_bases import FigureManagerBase
FigureManagerBase.show = lambda self: shown.append(self.num)
plt.show = lambda: shown.extend(plt.get_fignums())
figures = [one.plot(), two.plot(), *(one.plot() for _ in range(3))]
plt.show()
assert shown == [1, 2, 3, 4, 5], shown
figures[1].show()
assert shown == [1, 2, 3, 4, 5, 2], shown
plt.close("all")
assert one.plot() is plt.gcf()
"""


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(["-c"], id="script"),
        pytest.param(["-m", "IPython", "--no-banner", "-c"], id="IPython", marks=pytest.mark.slow),
    ],
)
def test_pyplot_shows_what_a_program_draws(program, tmp_path):
    """Twenty figures and more are no reason for a warning."""
    many = "for _ in range(25): one.plot()"
    fonts = mpl.get_cachedir()  # found anew they take longer than all the rest
    env = {"MPLCONFIGDIR": fonts, "IPYTHONDIR": str(tmp_path), "PATH": "", "HOME": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-W", "error", *program, f"{MADE}\n{SHOW}\n{many}\nprint('done')"],
        capture_output=True,
        text=True,
        env=env,
        check=False,
    )
    assert run.stdout.strip().endswith("done"), run.stdout + run.stderr
