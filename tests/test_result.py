"""What every analysis returns: saved, loaded, and never half-written."""

import inspect
import io
import json
import pydoc
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import hierfeat as hf
from hierfeat._files import replacing
from hierfeat._result import Result
from tests.plots.results import drawn_methods


@dataclass(frozen=True, eq=False)
class Example(Result):
    response: np.ndarray
    maps: dict[str, np.ndarray]
    method: str
    sizes: list[int]


def example() -> Example:
    table = pd.DataFrame(
        {
            "layer": ["conv1", "NA"],  # a layer may be called NA
            "note": ["", "none"],
            "hint": ["x", None],
            "shape": [(1, 2), None],
            "dead": [True, False],
            "value": [0.1, np.nan],
            "count": [1, 2],
        }
    )
    provenance: dict[str, Any] = {"model": "m", "parameters": {"seed": np.int64(3)}}
    arrays = {"z": np.arange(4), "a/b": np.ones((2, 3))}  # an order of their own
    return Example(table, provenance, response=np.eye(2, dtype=np.float32), maps=arrays, method="x", sizes=[1, 2])


def test_everything_comes_back(tmp_path):
    saved = example()
    loaded = Example.load(saved.save(tmp_path / "result"))
    pd.testing.assert_frame_equal(loaded.table, saved.table, check_dtype=False)
    assert loaded.table["shape"][0] == (1, 2)
    assert loaded.table["dead"].dtype == bool
    assert np.array_equal(loaded.response, saved.response)
    assert loaded.response.dtype == np.float32
    assert list(loaded.maps) == list(saved.maps)
    assert all(np.array_equal(loaded.maps[key], saved.maps[key]) for key in saved.maps)
    assert (loaded.method, loaded.sizes, loaded.provenance["parameters"]) == ("x", [1, 2], {"seed": 3})


def test_the_base_class_loads_any_result_of_hierfeat(tmp_path):
    layers = hf.load("lenet5-digits").layers
    assert isinstance(hf.Result.load(layers.save(tmp_path)), hf.LayerTable)


def test_a_result_shows_its_table_and_what_else_it_offers_and_no_array():
    shown = repr(example())
    assert shown.splitlines()[0] == "Example of m, 2 rows"
    assert shown.splitlines()[-1] == "and .maps, .method, .provenance, .response, .save(), .sizes"
    assert "None" not in shown
    assert "array(" not in shown
    page = example()._repr_html_()
    assert "<td>conv1</td>" in page
    assert "<code>.save()</code>" in page
    assert "array(" not in page


def test_a_long_table_is_cut_in_its_middle():
    table = pd.DataFrame({"channel": range(1000), "osi": np.linspace(0, 1, 1000)})
    shown = repr(Result(table, {"model": "m"}))
    assert "Result of m, 1000 rows" in shown
    assert "..." in shown
    assert len(shown.splitlines()) < 30


def test_no_result_and_another_class_are_told(tmp_path):
    with pytest.raises(hf.HierfeatError, match="has no result.json"):
        Example.load(tmp_path)
    example().save(tmp_path)
    with pytest.raises(hf.HierfeatError, match="holds a Example, not a LayerTable"):
        hf.LayerTable.load(tmp_path)
    assert json.loads((tmp_path / "result.json").read_text())["class"] == "Example"


def test_an_interrupted_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "note.txt"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), replacing(path) as partial:
        partial.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["note.txt"]


def test_places_that_cannot_be_written_are_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(hf.HierfeatError, match="cannot write .*file/result/.*: .*choose another place"):
        example().save(tmp_path / "file" / "result")
    with pytest.raises(hf.HierfeatError, match="expected a file to write, got the folder"), replacing(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_damaged_result_says_so(tmp_path):
    folder = example().save(tmp_path / "result")
    (folder / "result.json").write_text("{")
    with pytest.raises(hf.HierfeatError, match="result.json is damaged"):
        Example.load(folder)


PLOTS = drawn_methods()


def test_nearly_every_result_is_drawn():
    assert len({cls for cls, _ in PLOTS}) > 35


@pytest.mark.parametrize(("cls", "name"), PLOTS, ids=lambda value: getattr(value, "__name__", value))
def test_a_drawn_method_has_the_signature_and_the_text_of_its_plot(cls, name):
    method = getattr(cls, name)
    assert inspect.isfunction(method)
    assert method.__module__.startswith("hierfeat.plots.")
    assert method.__doc__.splitlines()[0].endswith(".")
    shown = pydoc.render_doc(cls, renderer=pydoc.plaintext)
    assert method.__doc__.splitlines()[0] in shown
    own = list(inspect.signature(method).parameters.values())[1:]  # the first is the result
    assert all(parameter.name in method.__doc__ for parameter in own)
    assert name != "plot" or all(p.default is not p.empty or p.kind is p.VAR_POSITIONAL for p in own)


def test_a_drawn_method_is_bound_to_its_result():
    result = hf.padding_and_stride(5, 3)
    assert str(inspect.signature(result.plot)) == (
        "(*, planar: bool = True, figure: matplotlib.figure.Figure | matplotlib.figure.SubFigure | None = None)"
        " -> matplotlib.figure.Figure"
    )
    assert "Whether to draw the plane" in pydoc.render_doc(result.plot)
    assert result.plot(planar=False).axes
    with pytest.raises(TypeError, match="unexpected keyword argument 'plane'"):
        result.plot(plane=False)


def test_making_printing_and_listing_a_result_imports_no_matplotlib():
    code = (
        "import sys, hierfeat as hf; r = hf.padding_and_stride(5, 3); shown = repr(r) + r._repr_html_(); dir(r); "
        "assert '.plot()' in shown, shown; assert 'matplotlib' not in sys.modules; "
        "r.plot(); assert 'matplotlib' in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_what_is_printed_fits_every_terminal(monkeypatch, encoding):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict")
    net = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3, stride=2), torch.nn.ReLU())
    layers = hf.Hierarchy(net, (1, 8, 8)).layers
    result = Result(table=layers.table, provenance={"model": "σ → ⌊net⌋"})
    monkeypatch.setattr(sys, "stdout", stream)
    print(layers)
    print(result)
    stream.flush()
    text = stream.buffer.getvalue().decode(encoding)
    assert ("⌊(8 - 3)/2⌋" if encoding == "utf-8" else "floor((8 - 3)/2)") in text
