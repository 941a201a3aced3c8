"""Weights as training scripts leave them: whatever wraps them, whatever lies beside them, and no code of theirs run."""

import argparse
import contextlib
import gzip
import io
import pickle
import types
import zipfile
from collections import OrderedDict, defaultdict
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

import hierfeat as hf
from hierfeat.errors import HierfeatError

FACTORY = """
from torch import nn
def make():
    net = nn.Sequential()
    net.add_module("conv", nn.Conv2d(1, 2, 3))
    net.add_module("bn", nn.BatchNorm2d(2))
    net.add_module("fc", nn.Sequential(nn.Flatten(), nn.Linear(72, 3)))
    net.input_shape = (1, 8, 8)
    return net
"""
RAN: list[str] = []


class Settings:
    """A class of the training script, which need not be there when the weights are read."""

    def __init__(self) -> None:
        self.rate = 0.1

    def __setstate__(self, state: dict) -> None:
        RAN.append("setstate")


class AttributeDict(dict):
    """As Lightning's hyper-parameters are."""


class Box(list):
    """A list of a class of its own."""


def run(what: str) -> None:
    RAN.append(what)


class Executed:
    def __reduce__(self) -> tuple:
        return (run, ("reduce",))


class Method:
    """Code that is looked up before it is called: the unpickler takes no such file, whatever else is in it."""

    def __reduce__(self) -> tuple:
        return (RAN.append, ("reduce",))


class System:
    def __reduce__(self) -> tuple:
        return (eval, ("__import__('test_state_was_here')",))


@pytest.fixture(scope="module")
def ref(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("made") / "made_for_state.py"
    path.write_text(FACTORY)
    return f"{path}:make"


@pytest.fixture(scope="module")
def state(ref: str) -> dict[str, torch.Tensor]:
    torch.manual_seed(7)
    own = hf.load(ref).model.state_dict()
    return {key: torch.randn_like(value) if value.is_floating_point() else value for key, value in own.items()}


def arrives(content: object, ref: str, state: dict[str, torch.Tensor], folder: Path, **options: object) -> None:
    torch.save(content, folder / "w.pth", **options)
    RAN.clear()
    found = hf.load(ref, weights=folder / "w.pth").model.state_dict()
    assert not RAN, "code from the file was run"
    for key, value in state.items():
        assert torch.equal(found[key], value), key


BESIDE = {
    "numbers": {"acc": 95.1, "epoch": 199, "best": np.float32(0.3), "seed": np.int64(3), "loss": np.array([1.0, 2.0])},
    "namespace": {"args": argparse.Namespace(lr=0.1, nested=argparse.Namespace(a=1)), "o": types.SimpleNamespace(a=1)},
    "script": {
        "config": Settings(),
        "hyper_parameters": AttributeDict(lr=0.1),
        "many": [Settings(), {1: Settings()}],
        "list": Box([1]),
    },
    "standard": {"path": Path("a"), "when": datetime(2020, 1, 1), "d": defaultdict(list, a=[1]), "s": {1, 2}},
    "types": {"kind": np.float64, "dtype": np.dtype("f4"), "model": nn.Linear, "torch": torch.float32},
    "code": {"callback": Executed(), "other": System()},
    "optimizer": {"optimizer": {"state": {0: {"exp_avg": torch.zeros(3)}}, "param_groups": [{"params": [0]}]}},
}


@pytest.mark.parametrize("beside", BESIDE)
@pytest.mark.parametrize("key", ["net", "state_dict", "model_state_dict", "ema", "generator", "my weights"])
def test_weights_are_found_under_any_name_whatever_lies_beside_them(key, beside, ref, state, tmp_path) -> None:
    arrives(BESIDE[beside] | {key: state}, ref, state, tmp_path)
    arrives({"run": {key: state}, **BESIDE[beside]}, ref, state, tmp_path)


def test_files_of_the_old_format_too(ref, state, tmp_path) -> None:
    content = BESIDE["numbers"] | BESIDE["script"] | BESIDE["code"] | {"net": state}
    arrives(content, ref, state, tmp_path, _use_new_zipfile_serialization=False)


def test_settings_among_the_weights_and_arrays_for_tensors(ref, state, tmp_path) -> None:
    arrives({**state, "epoch": 3, "lr": np.float64(0.1), "args": argparse.Namespace()}, ref, state, tmp_path)
    arrives({key: value.numpy() for key, value in state.items()}, ref, state, tmp_path)
    arrives(OrderedDict(state), ref, state, tmp_path)


PREFIXES = (
    "module.",
    "_orig_mod.",
    "model.",
    "net.",
    "backbone.body.",
    "module._orig_mod.",
    "_orig_mod.module.",
    "a.b.c.",
)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_prefixes_come_off_in_any_nesting(prefix, ref, state, tmp_path) -> None:
    named = {f"{prefix}{key}": value for key, value in state.items()}
    arrives(named, ref, state, tmp_path)
    arrives({"state_dict": {f"model.{key}": value for key, value in named.items()}}, ref, state, tmp_path)


def test_wrappers_of_parts_come_off(ref, state, tmp_path) -> None:
    inner = {key.replace("conv.", "conv.module.").replace("fc.1.", "fc._orig_mod.1."): v for key, v in state.items()}
    arrives({f"net.{key}": value for key, value in inner.items()}, ref, state, tmp_path)


def test_a_wrapped_model_takes_bare_names() -> None:
    from hierfeat.zoo.state import fit

    model = nn.DataParallel(nn.Linear(3, 2))
    bare = {key: torch.randn_like(value) for key, value in model.module.state_dict().items()}
    fit(model, {"": bare}, "bare.pt")
    assert torch.equal(model.module.weight, bare["weight"])


def test_a_part_of_a_larger_network_is_found_by_its_prefix(ref, state, tmp_path) -> None:
    whole = {f"encoder.{key}": value for key, value in state.items()} | {"head.weight": torch.zeros(3, 3)}
    arrives(whole, ref, state, tmp_path)


def test_what_profilers_and_averages_leave_does_not_matter(ref, state, tmp_path) -> None:
    left = {f"{p}{n}": torch.zeros(1) for p in ("", "conv.", "bn.") for n in ("total_ops", "total_params")}
    arrives(state | left, ref, state, tmp_path)
    averaged = {f"module.{key}": value for key, value in state.items()} | {"n_averaged": torch.tensor(3)}
    arrives(averaged, ref, state, tmp_path)


def test_of_a_model_and_its_average_the_model_is_loaded_and_this_is_said(ref, state, tmp_path) -> None:
    other = {key: value + 1 for key, value in state.items()}
    with pytest.warns(UserWarning, match="'model' is loaded; 'ema' would fit as well") as caught:
        arrives({"ema": other, "model": state}, ref, state, tmp_path)
    assert caught[0].filename == __file__


def test_partial_matches_are_listed_with_the_nearest_names(ref, state, tmp_path) -> None:
    wrong = dict(state)
    wrong["conv.weigth"] = wrong.pop("conv.weight")
    wrong["fc.1.bias"] = torch.zeros(5)
    torch.save({"net": wrong, "acc": torch.zeros(3)}, tmp_path / "w.pth")
    before = hf.load(ref).weights_sha256
    with pytest.raises(hf.HierfeatError) as error:
        hf.load(ref, weights=tmp_path / "w.pth")
    assert "missing: conv.weight (there is conv.weigth (2, 1, 3, 3))" in str(error.value)
    assert "unexpected: conv.weigth" in str(error.value)
    assert "of another shape: fc.1.bias (5,) for (3,)" in str(error.value)
    assert hf.load(ref).weights_sha256 == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1, 2], "expected a state_dict .* holds a list"),
        ({"acc": 3}, "expected a state_dict .* holds a dict"),
        ({}, "expected a state_dict"),
        (Settings(), "whole model or another object"),
        (Executed(), "whole model or another object"),
        ({"net": {"a": torch.zeros(1)}, "callback": Method()}, "cannot read weights"),
        (nn.Conv2d(1, 1, 1), "whole model or another object.*save model.state_dict"),
        (torch.zeros(3), "holds a Tensor"),
    ],
)
def test_what_holds_no_weights_is_refused_and_not_run(content, message, ref, tmp_path) -> None:
    torch.save(content, tmp_path / "w.pth")
    RAN.clear()
    with pytest.raises(hf.HierfeatError, match=message):
        hf.load(ref, weights=tmp_path / "w.pth")
    assert not RAN


def test_a_plain_pickle_is_refused_and_not_run(ref, tmp_path) -> None:
    (tmp_path / "w.pkl").write_bytes(pickle.dumps({"net": Executed()}))
    RAN.clear()
    with pytest.raises(hf.HierfeatError, match="cannot read weights|expected a state_dict"):
        hf.load(ref, weights=tmp_path / "w.pkl")
    assert not RAN


@pytest.mark.parametrize("name", ["w.pth", "w.safetensors"])
def test_a_git_lfs_pointer_is_called_one(name, ref, tmp_path) -> None:
    (tmp_path / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 44789\n")
    with pytest.raises(hf.HierfeatError, match="git-lfs pointer"):
        hf.load(ref, weights=tmp_path / name)


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, b"1")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (gzip.compress(b"weights"), "compressed by gzip: unpack it"),
        (zipped("w.pth"), r"an archive of \['w.pth'\]"),
        (zipped("0.weight.npy", "0.bias.npy"), "an archive of"),
        (zipped("net/code/__torch__.py", "net/constants.pkl", "net/data.pkl"), "a TorchScript archive"),
        (b"\x93NUMPY\x01\x00", "an array of NumPy"),
        (b"<!DOCTYPE html><html>404", "text that begins '<!DOCTYPE"),
        (b'\n{"weight_map": {"conv.weight": "model-1.safetensors"}}', "an index of other files"),
    ],
)
def test_files_of_other_kinds_are_called_what_they_are(content, says, ref, tmp_path) -> None:
    (tmp_path / "w.pth").write_bytes(content)
    with pytest.raises(hf.HierfeatError, match=says):
        hf.load(ref, weights=tmp_path / "w.pth")


@pytest.mark.parametrize(
    "names",
    [
        np.array(["cat", "dog"], dtype=object),
        pd.Series(["cat", "dog"], dtype=object).unique(),
        np.array([[torch.zeros(2)]], dtype=object),
    ],
)
def test_names_as_numpy_and_pandas_keep_them_may_lie_beside(names, ref, state, tmp_path) -> None:
    torch.save({"net": state, "classes": names}, tmp_path / "w.pth")
    found = hf.load(ref, weights=tmp_path / "w.pth").model.state_dict()
    assert all(torch.equal(found[key], value) for key, value in state.items())


@pytest.mark.parametrize(
    ("weights", "message"), [(3, "path of a file"), ({}, "h.model.load_state_dict"), ("/", "a folder")]
)
def test_bad_weights_arguments(weights, message, ref) -> None:
    with pytest.raises(hf.HierfeatError, match=message):
        hf.load(ref, weights=weights)


def test_the_content_says_what_a_file_is_not_its_name(ref, state, tmp_path) -> None:
    save_file(state, tmp_path / "a.pth")
    save_file(state, tmp_path / "b.SAFETENSORS", metadata={"format": "pt"})
    torch.save(state, tmp_path / "c.safetensors")
    torch.save(state, tmp_path / "d.safetensors", _use_new_zipfile_serialization=False)
    for path in tmp_path.iterdir():
        found = hf.load(ref, weights=path).model.state_dict()
        assert all(torch.equal(found[key], value) for key, value in state.items()), path.name


@pytest.mark.parametrize("beside", [{}, {"n_averaged": torch.tensor(3)}])
def test_of_two_parts_that_fit_the_first_is_loaded_and_this_is_said(beside, ref, state, tmp_path) -> None:
    """As of MoCo, whose encoder_k is an average of its encoder_q, or of a student and its teacher."""
    parts = {f"module.encoder_q.{key}": value for key, value in state.items()}
    parts |= {f"module.encoder_k.{key}": value + 1 for key, value in state.items()}
    with pytest.warns(UserWarning, match="encoder_q' is loaded; '.*encoder_k' would fit as well"):
        arrives({"state_dict": parts | beside, "epoch": 3}, ref, state, tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x.to("meta"), "expected a state_dict"),
        (lambda x: x.to(torch.complex64), r"of another shape: conv.weight complex \(2, 1, 3, 3\) for \(2, 1, 3, 3\)"),
        (lambda x: x[None], "of another shape"),
    ],
)
def test_weights_that_are_none_are_refused(change, message, ref, state, tmp_path) -> None:
    torch.save({key: change(value) for key, value in state.items()}, tmp_path / "w.pth")
    with pytest.raises(HierfeatError, match=message):
        hf.load(ref, weights=tmp_path / "w.pth")


@pytest.mark.filterwarnings("ignore")  # torch is about to drop quantised tensors
def test_sparse_and_quantised_weights_are_the_numbers_they_stand_for(ref, state, tmp_path) -> None:
    arrives({key: x.to_sparse() if x.dim() == 2 else x for key, x in state.items()}, ref, state, tmp_path)
    whole = {key: (x * 8).round().clamp(-100, 100) / 8 if x.is_floating_point() else x for key, x in state.items()}
    stored = {
        key: torch.quantize_per_tensor(x, 0.125, 0, torch.qint8) if x.is_floating_point() else x
        for key, x in whole.items()
    }
    arrives(stored, ref, whole, tmp_path)


@pytest.mark.parametrize(("kind", "said"), [(torch.int8, "int8"), (torch.uint8, "uint8"), (torch.bool, "bool")])
def test_whole_numbers_for_floats_are_loaded_as_they_stand_and_this_is_said(kind, said, ref, state, tmp_path) -> None:
    whole = {key: (4 * x).abs().to(kind) if key == "conv.weight" else x for key, x in state.items()}
    with pytest.warns(UserWarning, match=rf"whole numbers for conv.weight \({said}\), loaded as they stand"):
        arrives(whole, ref, {"conv.weight": whole["conv.weight"].float()}, tmp_path)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("protocol", [4, 5])
def test_protocols_that_the_safe_reader_does_not_take_are_refused_in_words(protocol, ref, state, tmp_path) -> None:
    torch.save(state, tmp_path / "w.pth", pickle_protocol=protocol)
    with pytest.raises(HierfeatError, match=r"save model.state_dict\(\) alone, by torch.save's own pickle protocol"):
        hf.load(ref, weights=tmp_path / "w.pth")


def test_damaged_files_are_one_sentence(ref, state, tmp_path) -> None:
    """Bytes changed at random where the pickle and the archive's names lie."""
    torch.save({"net": state, "args": argparse.Namespace(a=1)}, tmp_path / "whole.pth")
    whole, roll = (tmp_path / "whole.pth").read_bytes(), np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(whole)
        for place in roll.integers(0, min(1500, len(whole)), 5):
            damaged[place] = roll.integers(0, 256)
        (tmp_path / "w.pth").write_bytes(
            damaged[: roll.integers(1, len(whole) + 1)] if roll.random() < 0.3 else damaged
        )
        with contextlib.suppress(HierfeatError):  # or it is read, where no byte of a number's was hit
            hf.load(ref, weights=tmp_path / "w.pth")
