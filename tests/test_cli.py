"""The command line: what it prints, how it fails, what it leaves behind."""

import contextlib
import io
import os
import subprocess
import sys

import pandas as pd
import pytest
from safetensors.torch import load_file

import hierfeat as hf
from hierfeat import cli


def test_layers_prints_the_table(capsys):
    assert cli.main(["layers", "lenet5-digits"]) == 0
    out = capsys.readouterr().out
    assert "(32 - 5)/1 + 1 = 28" in out
    assert "None" not in out
    assert "NA" not in out
    assert "61,706 parameters" in out


def test_tables_go_to_csv(tmp_path, capsys):
    assert cli.main(["fields", "lenet5-digits", "--csv", str(tmp_path / "fields.csv")]) == 0
    assert (tmp_path / "fields.csv").read_text().startswith("layer,kind,size_h")


def test_fields_of_one_unit(capsys):
    assert cli.main(["fields", "lenet5-digits", "--unit", "conv2", "0", "9"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["sees", "0", "18", "14", "32"]


def test_record_writes_safetensors(tmp_path, capsys):
    path = tmp_path / "acts.safetensors"
    assert cli.main(["record", "lenet5-digits", "--limit", "3", "--layers", "pool*", "--out", str(path)]) == 0
    assert {name: tuple(x.shape) for name, x in load_file(path).items()} == {
        "pool1": (3, 6, 14, 14),
        "pool2": (3, 16, 5, 5),
    }


def test_tuning_prints_a_row_per_layer_and_saves_the_result(tmp_path, capsys):
    assert cli.main(["tuning", "lenet5-digits", "--layers", "conv*", "--out", str(tmp_path / "tuning")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:5] == ["layer", "simple", "complex", "untuned", "unresponsive"]
    assert [line.split()[0] for line in lines[1:3]] == ["conv1", "conv2"]
    found = hf.Result.load(tmp_path / "tuning")
    counts = found.table[found.table.layer == "conv2"].cell_type.value_counts()
    assert [int(number) for number in lines[2].split()[1:5]] == [counts.get(kind, 0) for kind in lines[0].split()[1:5]]


@pytest.mark.parametrize(
    ("arguments", "columns", "rows", "note"),
    [
        (["guidelines"], ["rule", "verdict", "evidence"], 9, ""),
        (["invariance", "--limit", "8"], ["layer", "kind", "invariance", "tolerance"], 11, "tolerance in pixels"),
        (["pooling", "--limit", "8"], ["layer", "op", "pooling", "before", "after", "gain"], 16, "1 and 2 pixels"),
        (["nonnegativity", "--limit", "8"], ["layer", "dead", "always_on", "active_fraction"], 4, "dead"),
        (["profile", "--limit", "60", "--layers", "pool"], ["layer", "kind"], 2, "fields in pixels"),
    ],
)
def test_analyses_print_a_table_and_its_units_and_save_the_result(arguments, columns, rows, note, tmp_path, capsys):
    folder = tmp_path / "result"
    assert cli.main([arguments[0], "lenet5-digits", *arguments[1:], "--out", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[: len(columns)] == columns
    assert lines[-1] == str(folder)
    assert len(lines) == 1 + rows + (2 if note else 0) + 1
    assert note in lines[-2]
    assert len(hf.Result.load(folder).table) >= rows


def test_a_neocognitron_is_shown_its_own_glyphs(capsys):
    assert cli.main(["nonnegativity", "neocognitron-1980", "--limit", "5"]) == 0


def test_models_and_cards(capsys):
    assert cli.main(["models"]) == 0
    assert "lenet5-digits" in capsys.readouterr().out
    assert cli.main(["models", "lenet5-digits"]) == 0
    assert '"sha256"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["layers", "lenet5-digit"], "did you mean lenet5-digits"),
        (["layers", "lenet5-digits", "--weights", "nowhere.safetensors"], "nowhere.safetensors"),
        (["fields", "lenet5-digits", "--unit", "conv9", "0", "0"], "did you mean 'conv"),
        (["fields", "lenet5-digits", "--unit", "conv1", "zero", "0"], "whole number for ROW"),
        (["fields", "lenet5-digits", "--unit", "conv1", "28", "0"], "from 0 to 27, got 28"),
        (["layers", "lenet5-digits", "--csv", "."], "got the folder ."),
        (["record", "lenet5-digits", "--images", "no-such-folder", "--out", "x.safetensors"], "no-such-folder"),
        (["record", "lenet5-digits", "--limit", "0", "--out", "x.safetensors"], "--limit of at least 1"),
        (["tuning", "lenet5-digits", "--layers", "conv9", "--out", "tuning"], "did you mean 'conv"),
        (["train", "nothing"], "nothing"),
        (["train", "lenet5-digit"], "did you mean 'lenet5-digits'?"),
        (["profile", "lenet5-digits", "--images", "photographs"], "expected labelled images"),
    ],
)
def test_errors_are_one_line_and_exit_code_2(arguments, says, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert says in captured.err
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("hierfeat: ")
    assert list(tmp_path.iterdir()) == []


def test_traceback_on_request():
    with pytest.raises(Exception, match="did you mean"):
        cli.main(["layers", "--traceback", "lenet5-digit"])


def test_ctrl_c_leaves_no_half_written_file(tmp_path, monkeypatch, capsys):
    from hierfeat.recording._to_file import ActivationFile

    def interrupted(file, part, images):
        file._file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(ActivationFile, "add", interrupted)
    assert cli.main(["record", "lenet5-digits", "--limit", "1", "--out", str(tmp_path / "acts.safetensors")]) == 130
    assert list(tmp_path.iterdir()) == []
    assert "interrupted" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["tunning"], "did you mean tuning?"),
        (["fly"], "there is no command 'fly'"),
        ([], "expected a COMMAND"),
        (["layers"], "MODEL requires an argument; `hierfeat layers --help`"),
        (["layers", "lenet5-digits", "again"], "again"),
        (["tuning", "lenet5-digits", "--orientatons", "8"], "Did you mean --orientations?"),
        (["tuning", "lenet5-digits", "--read", "middle"], "Choose from"),
        (["tuning", "lenet5-digits", "--orientations", "0", "many"], "numbers for --orientations, got 'many'"),
        (["record", "lenet5-digits", "--out", "x", "--limit", "many"], 'unable to convert "many" into int'),
        (["record", "lenet5-digits", "--out", "x", "--images", "digitss"], "did you mean digits?"),
        (["record", "lenet5-digits", "--out", "x", "--images", "y", "--data", "digits"], "got both"),
        (["record", "lenet5-digits", "--out", "x", "--data", "glyphs", "--split", "train"], "glyphs has no parts"),
        (["record", "lenet5-digits"], "--out requires an argument"),
        (["tuning", "lenet5-digits", "--plot", "figure.xyz"], "--plot FILE.png"),
        (["tuning", "lenet5-digits", "--tuning", "folder"], "Unknown option: --tuning"),
        (["attribute", "lenet5-digits", "conv1"], "--unit requires an argument"),
        (["data", "fetch", "imagenet"], "`hierfeat data fetch --help`"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(arguments, says, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("hierfeat: ")
    assert says in captured.err
    assert captured.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_knows_no_floor_sign_gets_it_spelt():
    run = subprocess.run(
        [sys.executable, "-m", "hierfeat", "layers", "torchvision:alexnet"],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "cp1252"},
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    assert "floor((224 - 11 + 2·2)/4) + 1 = 55" in run.stdout.decode("cp1252")


def test_the_streams_are_left_as_found():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252", errors="strict")
    with contextlib.redirect_stdout(stream):
        assert cli.main(["--help"]) == 0
    assert stream.errors == "strict"


def test_csv_without_a_name_goes_to_the_screen_whole(capsys):
    assert cli.main(["fields", "lenet5-digits", "--csv"]) == 0
    table = pd.read_csv(io.StringIO(capsys.readouterr().out))
    assert list(table.layer) == list(hf.receptive_fields(hf.load("lenet5-digits")).table.layer)


def test_tables_too_long_for_a_screen_say_so(capsys):
    assert cli.main(["map-field", "lenet5-digits", "conv1", "0"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 102
    assert "more rows: --csv FILE writes them all" in lines[-1]


def test_figures_results_and_tables_are_written_at_once(tmp_path, capsys):
    places = [tmp_path / "fields.png", tmp_path / "fields", tmp_path / "fields.csv"]
    options = [word for name, place in zip(("--plot", "--out", "--csv"), places, strict=True) for word in (name, place)]
    assert cli.main(["fields", "lenet5-digits", *map(str, options)]) == 0
    assert sorted(capsys.readouterr().out.split()) == sorted(map(str, places))
    assert places[0].read_bytes().startswith(b"\x89PNG")
    saved = hf.Result.load(places[1]).table
    assert len(pd.read_csv(places[2])) == len(saved) == len(hf.load("lenet5-digits").layers)


def test_a_result_saved_by_one_command_is_taken_by_another(tmp_path, capsys):
    folder = str(tmp_path / "tuning")
    assert cli.main(["tuning", "lenet5-digits", "--layers", "conv1", "--out", folder]) == 0
    assert cli.main(["size-tuning", "lenet5-digits", "--layers", "conv1", "--tuning", folder]) == 0


def test_two_networks_are_compared(capsys):
    assert cli.main(["guidelines", "lenet5-digits", "--others", "lenet5-mnist"]) == 0
    first_words = {line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]}
    assert {"lenet5-digits", "lenet5-mnist"} <= first_words


def test_the_untrained_twin_is_another_network(tmp_path, capsys):
    for extra in ([], ["--untrained"]):
        out = str(tmp_path / f"acts{len(extra)}.safetensors")
        assert cli.main(["record", "lenet5-digits", "--limit", "2", "--layers", "conv1", "--out", out, *extra]) == 0
    trained, untrained = (load_file(tmp_path / f"acts{n}.safetensors")["conv1"] for n in (0, 1))
    assert not bool((trained == untrained).all())
