"""Results and files on disk: every table comes back with its types, parts belong together, nothing is half-written."""

import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import matplotlib.figure
import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file

import hierfeat as hf
from hierfeat._files import _umask, replacing, write_text, write_with
from hierfeat._result import Result


@dataclass(frozen=True, eq=False)
class Sample(Result):
    response: np.ndarray
    method: str


def sample(value: float = 0.1, **provenance: Any) -> Sample:
    table = pd.DataFrame(
        {"layer": ["conv1", "NA"], "note": ["", None], "shape": [(1, 2), None], "value": [value, np.nan]}
    )
    return Sample(table, provenance, response=np.full(3, value), method="x")


KINDS = "int8 int16 int32 int64 uint8 uint64 float32 float64".split()
TEXT = ["", "NA", "nan", "None", "1", "a,b", 'say "so"', "two\nlines", " x ", "λ", "[1]", "null"]
TABLES = {
    "numbers": pd.DataFrame({name: np.array([0, 1, 1], dtype=name) for name in KINDS}),
    "bool": pd.DataFrame({"yes": [True, False], "maybe": pd.array([True, None], dtype="boolean")}),
    "missing numbers": pd.DataFrame(
        {
            "Int64": pd.array([1, None, 2**60 + 1], dtype="Int64"),
            "Float64": pd.array([0.1, None, 1 / 3], dtype="Float64"),
        }
    ),
    "floats": pd.DataFrame({"x": [0.1, 1 / 3, np.nan, np.inf, -np.inf, 1e-310, 2**53 + 1.0, -0.0]}),
    "single floats": pd.DataFrame({"x": np.array([0.1, 1 / 3, np.nan, np.inf, 1e-40], dtype=np.float32)}),
    "complex": pd.DataFrame({"z": [1 + 2j, -0.5j]}),
    "text": pd.DataFrame({"t": TEXT}),
    "objects of text": pd.DataFrame({"t": TEXT}, dtype=object),
    "some text": pd.DataFrame({"t": ["", None, "NA", None, "x"], "n": [1, 2, 3, 4, 5]}, dtype=object),
    "one column of blanks": pd.DataFrame({"t": ["", "", ""]}),
    "nothing but None": pd.DataFrame({"t": [None, None]}, dtype=object),
    "strings": pd.DataFrame({"t": pd.array(["a", None, ""], dtype="string")}),
    "tuples": pd.DataFrame({"s": [(1, 2), None, ((1, 2), (3,)), (), ("a", None, 0.5, True)]}),
    "mixed": pd.DataFrame({"m": [1, "1", 1.5, None, (1,), True, {"a": 1}, ""]}, dtype=object),
    "categories": pd.DataFrame({"c": pd.Categorical(["b", None, "a"], categories=["b", "a", "z"], ordered=True)}),
    "dates": pd.DataFrame({"d": pd.to_datetime(["2020-01-01 10:00:00.5", None]), "t": pd.to_timedelta([1, None], "s")}),
    "names": pd.DataFrame([[1, 2.0, "x"]], columns=[0, "a,b", "λ\n"]),
    "same names": pd.DataFrame([[1, "x"]], columns=["a", "a"]),
    "no rows": pd.DataFrame({"i": np.array([], dtype="int32"), "t": np.array([], dtype=object), "x": np.array([])}),
    "no columns": pd.DataFrame(index=pd.RangeIndex(3)),
    "nothing": pd.DataFrame(),
}


@pytest.mark.parametrize("name", TABLES)
def test_every_table_comes_back_with_its_types(name, tmp_path):
    table = TABLES[name]
    loaded = Result.load(Result(table, {"model": "m"}).save(tmp_path / "r")).table
    pd.testing.assert_frame_equal(loaded, table, check_exact=True, check_column_type=False, check_index_type=False)
    again = Result.load(Result(loaded, {"model": "m"}).save(tmp_path / "again")).table
    pd.testing.assert_frame_equal(again, loaded, check_exact=True)
    if name in ("objects of text", "tuples", "mixed"):
        assert [type(value) for value in loaded.iloc[:, 0]] == [type(value) for value in table.iloc[:, 0]]


def test_missing_and_empty_text_are_told_apart(tmp_path):
    table = pd.DataFrame({"t": ["", None, "x"], "s": [(1,), None, (2, 3)]}, dtype=object)
    loaded = Result.load(Result(table, {}).save(tmp_path / "r")).table
    assert loaded["t"].tolist() == ["", None, "x"]
    assert loaded["s"].tolist() == [(1,), None, (2, 3)]


def test_a_saved_table_is_one_that_people_and_pandas_read(tmp_path):
    folder = sample().save(tmp_path / "r")
    assert (folder / "table.csv").read_text().splitlines()[1] == 'conv1,,"[1, 2]",0.1'
    assert pd.read_csv(folder / "table.csv")["value"][0] == 0.1


@pytest.mark.parametrize("part", ["table.csv", "arrays.safetensors"])
def test_parts_of_different_savings_are_told_apart(part, tmp_path):
    """An interruption between two files would leave such a mixture."""
    folder, other = sample().save(tmp_path / "r"), sample(0.5).save(tmp_path / "s")
    (folder / part).write_bytes((other / part).read_bytes())
    with pytest.raises(hf.HierfeatError, match=rf"{part} is not the one that was saved with result.json.*save the"):
        Sample.load(folder)
    (folder / part).write_bytes(b"")
    with pytest.raises(hf.HierfeatError, match=rf"{part} is not the one"):
        Sample.load(folder)
    (folder / part).unlink()
    with pytest.raises(hf.HierfeatError, match=rf"{part} is missing"):
        Sample.load(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "null", '{"class": "Sample"}'])
def test_a_damaged_description_is_named(text, tmp_path):
    folder = sample().save(tmp_path / "r")
    (folder / "result.json").write_text(text)
    with pytest.raises(hf.HierfeatError, match="result.json is damaged"):
        Sample.load(folder)


def test_a_failure_at_any_part_leaves_the_old_result_whole(tmp_path, monkeypatch):
    folder = sample().save(tmp_path / "r")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def fails(*_, **__):
        raise KeyboardInterrupt

    for name in ("write_table", "save", "_sha256", "_split"):
        with monkeypatch.context() as patch:
            patch.setattr(f"hierfeat._result.{name}", fails)
            with pytest.raises(KeyboardInterrupt):
                sample(0.5).save(folder)
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    broken = Sample(sample(0.5).table, {(1, 2): 3}, response=np.ones(3), method="y")
    with pytest.raises(TypeError):  # a provenance that JSON cannot hold, found last
        broken.save(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("name", ["x.csv", "x.CSV", "a/b.json", "x.safetensors", "x.png"])
def test_a_result_is_not_saved_into_a_folder_called_as_a_file(name, tmp_path):
    with pytest.raises(hf.HierfeatError, match="is a file's name: write save"):
        sample().save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_where_results_go_is_a_folder(tmp_path):
    with pytest.raises(hf.HierfeatError, match="path of a folder to save into, got NoneType"):
        sample().save(None)
    (tmp_path / "file").write_text("")
    with pytest.raises(hf.HierfeatError, match="is a file"):
        sample().save(tmp_path / "file")
    assert Sample.load(sample().save(tmp_path / "v0.1")).method == "x"


WRITER = """
import sys, time
from hierfeat._files import write_with
def write(path):
    with open(path, "wb") as file:
        file.write(b"x" * 1000); file.flush(); print(1, flush=True); time.sleep(60)
write_with(sys.argv[1], write)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a killed writer's folder stays there")
def test_a_killed_writer_leaves_nothing_of_its_file_and_the_next_takes_the_rest_away(tmp_path):
    target = tmp_path / "t.bin"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(target)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        writer.kill()
    if sys.platform == "linux":
        assert sum(path.lstat().st_size for path in tmp_path.rglob("*") if path.is_file()) == 0
    write_text(target, "whole")
    assert [path.name for path in tmp_path.iterdir()] == ["t.bin"]


def test_a_writer_that_still_runs_is_left_alone(tmp_path):
    with replacing(tmp_path / "a.txt") as first:
        first.write_text("first")
        write_text(tmp_path / "a.txt", "second")
    assert (tmp_path / "a.txt").read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def _renamed(path):
    """As a writer does that is careful itself."""
    (path.parent / "other").write_text("all")
    (path.parent / "other").replace(path)


TENSORS = {"x": torch.arange(1000.0)}
WRITERS = {
    "txt": (lambda path: path.write_text("all"), lambda path: path.read_text() == "all"),
    "renamed": (_renamed, lambda path: path.read_text() == "all"),
    "npz": (lambda path: np.savez(path, x=np.arange(3)), lambda path: np.load(path)["x"].tolist() == [0, 1, 2]),
    "png": (lambda path: matplotlib.figure.Figure().savefig(path), lambda path: path.read_bytes()[:4] == b"\x89PNG"),
    "svg": (lambda path: matplotlib.figure.Figure().savefig(path), lambda path: "<svg" in path.read_text()),
    "safetensors": (
        lambda path: save_file(TENSORS, path),
        lambda path: torch.equal(load_file(path)["x"], TENSORS["x"]),
    ),
    "pt": (lambda path: torch.save(TENSORS, path), lambda path: len(torch.load(path, weights_only=True)["x"]) == 1000),
}


@pytest.mark.parametrize("nameless", [True, False])
@pytest.mark.parametrize("kind", WRITERS)
def test_every_writer_writes_through(kind, nameless, tmp_path, monkeypatch):
    if not nameless:
        monkeypatch.setattr("hierfeat._files._nameless", lambda folder: None)
    write, was_written = WRITERS[kind]
    target = tmp_path / f"file.{kind}"
    target.write_text("old and longer than what comes" * 1000)
    write_with(target, write)
    assert [path.name for path in tmp_path.iterdir()] == [target.name]
    assert not target.is_symlink()
    assert was_written(target)
    if sys.platform != "win32":
        assert target.stat().st_mode & 0o777 == 0o666 & ~_umask()
