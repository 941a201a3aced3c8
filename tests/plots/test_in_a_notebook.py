"""A figure is shown once: in scripts, in IPython and in notebooks, however it is asked for."""

import subprocess
import sys
from pathlib import Path

import nbclient
import nbformat
import pytest

import hierfeat as hf

PLOTS = sorted((Path(hf.__file__).parent / "plots").glob("*.py"))
MADE = (
    "import matplotlib.pyplot as plt\nimport hierfeat as hf\n"
    + "one, two = hf.image_kernels(), hf.padding_and_stride(5, 3)"
)


@pytest.mark.parametrize("path", PLOTS, ids=lambda path: path.stem)
def test_every_figure_is_made_in_one_place(path):
    text = path.read_text()
    assert "= Figure(" not in text
    assert "plt.subplots(" not in text
    assert ("plt.figure(" in text) == (path.stem == "_canvas")


def outputs(*cells: str) -> list[list[set[str]]]:
    """What each cell of a fresh notebook shows."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in (MADE, *cells)])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return [
        [set(output.get("data", {output.output_type: 0})) for output in cell.outputs] for cell in notebook.cells[1:]
    ]


PICTURE = {"text/plain", "image/png"}


def test_a_notebook_shows_every_figure_once():
    shown = outputs(
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
    )
    assert [len(found) for found in shown] == [1, 1, 1, 1, 2, 3, 1, 1, 1, 1, 1]
    assert all(part == PICTURE for found in shown[:-1] for part in found)
    assert shown[-1] == [{"text/plain", "text/html"}]


def test_two_figures_of_one_cell_come_in_their_order():
    cells = ["hf.padding_and_stride(5, 3).plot()\none.plot()", "hf.padding_and_stride(5, 3).plot();"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in (MADE, *cells)])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    first, second = (cell.outputs[0]["data"]["image/png"] for cell in notebook.cells[1:])
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
    env = {"MPLCONFIGDIR": str(tmp_path), "IPYTHONDIR": str(tmp_path), "PATH": "", "HOME": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-W", "error", *program, f"{MADE}\n{SHOW}\n{many}\nprint('done')"],
        capture_output=True,
        text=True,
        env=env,
        check=False,
    )
    assert run.stdout.strip().endswith("done"), run.stdout + run.stderr
