"""The assertion, the plugin of pytest, and the two commands."""

import subprocess
import sys
from importlib.metadata import entry_points

import pandas as pd
import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.cli import main
from hierfeat.testing import Fingerprint, assert_same_hierarchy, compare, fingerprint

pytest_plugins = ["pytester"]


@pytest.fixture
def h():
    return hf.load("lenet5-digits")


def test_it_passes_while_nothing_changes_and_names_what_changed_first(h, tmp_path):
    path = tmp_path / "baseline.json"
    assert_same_hierarchy(h, path, update=True)
    assert_same_hierarchy(h, path)
    assert_same_hierarchy(h, Fingerprint.read(path))
    with torch.no_grad():
        h.model.conv2.weight[3] *= 1.1
    with pytest.raises(AssertionError) as caught:
        assert_same_hierarchy(h, path)
    lines = str(caught.value).splitlines()
    assert lines[0] == "lenet5-digits: conv2 is the first of 14 layers that differs"
    assert "moved by 0.0" in lines[1]
    assert "(allowed 0.0001)" in lines[1]
    assert lines[2].startswith("before it, 5 layers are as they were")
    assert lines[3].startswith("after it, 8 of 8 differ")
    assert lines[4].startswith("  act2: ")
    assert "weights are not bit for bit the same" in lines[-2]
    assert lines[-1] == f"if this is meant: pytest --hierfeat-update writes {path} anew"
    assert_same_hierarchy(h, path, rtol=0.5)


def test_a_file_is_written_anew_only_where_something_changed(h, tmp_path):
    path = tmp_path / "baseline.json"
    assert_same_hierarchy(h, path, update=True)
    before = path.stat().st_mtime_ns
    assert_same_hierarchy(h, path, update=True)
    assert path.stat().st_mtime_ns == before
    with torch.no_grad():
        h.model.fc3.bias += 1
    assert_same_hierarchy(h, path, update=True)
    assert path.stat().st_mtime_ns > before
    assert_same_hierarchy(h, path)


def test_what_cannot_be_compared_is_refused(h, tmp_path):
    with pytest.raises(hf.HierfeatError, match="there is no fingerprint at .*nowhere.json.*--hierfeat-update"):
        assert_same_hierarchy(h, tmp_path / "nowhere.json")
    with pytest.raises(hf.HierfeatError, match="expected baseline as the path"):
        assert_same_hierarchy(h, 3)
    with pytest.raises(hf.HierfeatError, match="expected rtol"):
        assert_same_hierarchy(h, "x.json", rtol=-1)
    with pytest.raises(hf.HierfeatError, match="expected before as a Fingerprint"):
        compare(h, fingerprint(h))


def test_layers_that_are_new_gone_and_renamed(h):
    before = fingerprint(h)
    renamed = nn.Sequential()
    for name, module in h.model.named_children():
        renamed.add_module({"conv1": "first"}.get(name, name), module)
    sequential = hf.Hierarchy(renamed, h.input_shape, mean=h.mean, std=h.std)
    found = compare(before, fingerprint(sequential)).table.set_index("layer")
    assert found.loc["first", ["status", "changed"]].tolist() == ["renamed", "conv1"]
    assert (found.drop("first")["status"] == "same").all()
    renamed.add_module("more", nn.Softmax(dim=1))
    sequential = hf.Hierarchy(renamed, h.input_shape, mean=h.mean, std=h.std)
    with_more = fingerprint(sequential)
    assert compare(fingerprint(h), with_more).table.iloc[-1][["layer", "status"]].tolist() == ["more", "new"]
    gone = compare(with_more, before)
    assert gone.table.iloc[-1][["layer", "status"]].tolist() == ["more", "gone"]
    assert "more: is there no more" in str(gone)


def test_what_is_known_besides_is_said(h):
    other = hf.Hierarchy(h.model, h.input_shape, mean=(0.5,), std=(0.5,), name=h.name)
    text = str(compare(fingerprint(h), fingerprint(other)))
    assert "(input) is the first" in text
    assert "the images are the same" in text
    assert "also: normalisation mean (0.5) std (0.5), was mean (0.3" in text
    assert "the weights are bit for bit the same" in text


TESTS = """
import hierfeat as hf, torch
from hierfeat.testing import assert_same_hierarchy

def network():
    h = hf.load("lenet5-digits")
    {edit}
    return h

def test_function():
    assert_same_hierarchy(network(), "baseline.json")

def test_fixture(same_hierarchy):
    same_hierarchy(network())
    same_hierarchy(network(), hf.digits(split="test")[0][:20], name="digits")
"""


INSTALLED = any(point.value == "hierfeat.testing.plugin" for point in entry_points(group="pytest11"))
PLUGIN = [] if INSTALLED else ["-p", "hierfeat.testing.plugin"]


def run(pytester, *options, edit="pass"):
    pytester.makepyfile(test_net=TESTS.format(edit=edit))
    done = pytester.runpytest_inprocess("-q", *PLUGIN, "-p", "no:cacheprovider", *options)
    return done.stdout.str()


def test_the_plugin_writes_compares_and_reports(pytester):
    first = run(pytester)
    assert "2 failed" in first
    assert "write it once by `pytest --hierfeat-update`" in first
    written = run(pytester, "--hierfeat-update")
    assert "2 passed" in written, written
    assert written.count("hierfeat: wrote ") == 3
    names = {path.name for path in (pytester.path / "fingerprints").iterdir()}
    assert names == {"test_net.test_fixture.json", "test_net.test_fixture.digits.json"}
    assert "2 passed" in run(pytester)
    swap = "h.model.pool2 = torch.nn.AvgPool2d(2)"
    failed = run(pytester, edit=swap)
    assert failed.count("pool2 is the first of 14 layers that differs") >= 2
    assert "op avg_pool2d, was max_pool2d" in failed
    assert "hierfeat/testing/guard.py" not in failed  # the user's own line is shown
    assert "(lenet5-digits: pool2 is the first" in run(pytester, "--hierfeat-update", edit=swap)


def test_the_plugin_alone_imports_no_torch(tmp_path):
    (tmp_path / "test_sys.py").write_text("import sys\ndef test_it(): assert 'torch' not in sys.modules\n")
    command = [sys.executable, "-m", "pytest", "-q", *PLUGIN, "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert "1 passed" in done.stdout, done.stdout


def test_the_commands_write_and_compare(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["fingerprint", "lenet5-digits", "--out", "a.json"]) == 0
    assert main(["diff", "a.json", "lenet5-digits"]) == 0
    assert "all 14 layers are as they were" in capsys.readouterr().out
    assert main(["diff", "lenet5-digits", "untrained", "--csv", "d.csv", "--plot", "d.png"]) == 1
    assert pd.read_csv("d.csv")["status"].tolist()[:4] == ["same", "same", "moved", "moved"]
    assert main(["diff", "a.json", "lenet5-digits", "--data", "digits", "--limit", "4"]) == 1
    assert "these are not the images of the baseline" in capsys.readouterr().out
    assert main(["diff", "b.json", "lenet5-digits"]) == 2
    assert "there is no fingerprint b.json" in capsys.readouterr().err
