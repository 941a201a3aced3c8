"""The commands as a whole: which there are, that none lacks an option, how words become arguments, completions."""

import inspect
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

import hierfeat as hf
from hierfeat import cli
from hierfeat.cli import _catalogue, _commands, _finish, main
from hierfeat.cli._app import App, whole_app
from hierfeat.cli._inputs import fitted
from hierfeat.cli._options import descriptions, own_options

ROOT = Path(__file__).parent.parent
FUNCTIONS = [name for name in hf.__all__ if inspect.isfunction(getattr(hf, name))]
REQUIRED = {
    "filters": ["conv1"],
    "attribute": ["conv2", "1"],
    "synthesize": ["conv1", "0", "--steps", "4"],
    "bar_sweep": ["conv2", "0"],
    "effective_field": ["conv1"],
    "map_field": ["conv1", "0"],
    "additive_parts": ["conv2"],
    "lesion": ["conv2", "0"],
}
ENOUGH = {"class_selectivity": 60, "layer_probes": 60, "profile": 60, "gradient_flow": 20, "invariance_score": 100}


def is_analysis(name: str) -> bool:
    """By the function itself, not by its text."""
    signature = inspect.signature(getattr(hf, name), eval_str=False)
    returned = signature.return_annotation
    return (
        next(iter(signature.parameters), "") == "h" and isinstance(returned, type) and issubclass(returned, hf.Result)
    )


ANALYSES = [name for name in FUNCTIONS if is_analysis(name)]


def test_every_public_analysis_is_a_command_and_nothing_else_is():
    assert set(_catalogue.analyses()) == set(ANALYSES)


@pytest.mark.parametrize("name", [*ANALYSES, "atlas", "record"])
def test_a_command_has_all_options_of_its_function(name):
    offered = set(inspect.signature(getattr(_commands, name)).parameters)
    data = {"images", "labels", "batches", "train", "test"}
    own = set(list(inspect.signature(getattr(hf, name)).parameters)[1:])
    assert own - data <= offered
    assert not own & data or name == "map_field" or {"images", "data", "split", "limit"} <= offered
    assert {"model", "weights", "device", "untrained"} <= offered
    assert name in ("atlas", "record") or {"out", "plot", "csv"} <= offered


@pytest.mark.parametrize("name", [*ANALYSES, "atlas", "record"])
def test_every_option_has_a_help_text(name, capsys):
    for parameter in inspect.signature(getattr(_commands, name)).parameters.values():
        [about] = parameter.annotation.__metadata__
        assert about.help.strip(" ."), parameter.name


@pytest.mark.parametrize("name", [name for name in ANALYSES if name != "sweep"])  # which has a file of its own
def test_every_analysis_runs(name, capsys):
    command = _catalogue.command(name).names[-1]
    limited = "limit" in inspect.signature(getattr(_commands, name)).parameters
    options = ["--limit", str(ENOUGH.get(name, 8))] if limited else []
    code = cli.main([command, "lenet5-digits", *REQUIRED.get(name, []), *options])
    captured = capsys.readouterr()
    if name == "direction_tuning":
        assert "no direction of motion" in captured.err
    else:
        assert code == 0, captured.err
        assert len(captured.out.splitlines()) > 1


def test_help_is_quick():
    resource = pytest.importorskip("resource")

    def seconds() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "hierfeat", "--help"], check=True, capture_output=True, cwd=ROOT)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(seconds() for _ in range(5)) < 0.3


def test_help_lists_every_command(capsys):
    assert cli.main(["--help"]) == 0
    out = capsys.readouterr().out
    for name in ("atlas", "record", "layers", "models", "train", "completion", "tuning", "profile", "additivity"):
        assert f" {name} " in out


def toy(
    h: hf.Hierarchy,
    images: torch.Tensor,
    layer: str,
    channels: int | Sequence[int] | None = None,
    *,
    live: bool = True,
    degrees: int | float | Sequence[float] | np.ndarray = 8,
    at: tuple[int, int] | Literal["centre", "mean"] = "centre",
    method: Literal["a", "b"] = "a",
    amounts: Mapping[str, Sequence[float]] | Sequence[str] = ("shift",),
    objective: str | Callable[[torch.Tensor], torch.Tensor] = "channel",
    size: tuple[int, int] | None = None,
    measures: Sequence[hf.Measure] = (),
    out: str | Path,
) -> hf.Result:
    """Do as a test wants.

    Parameters
    ----------
    h
        The network.
    images : Tensor
        Not seen.
    layer, channels
        Which :func:`units <hf.load>`.
    live
        Whether ``hf`` is alive.
    """
    toy.given = dict(locals())
    raise hf.HierfeatError("done")


def given(*words: str, capsys) -> dict:
    """What the function is given when these words are typed."""
    app = App("toy")
    app.default(_commands.made_of(_catalogue.Command("toy", "A toy."), toy, _finish.RESULT))
    with pytest.raises(hf.HierfeatError, match="done"):
        app(["lenet5-digits", *words], exit_on_error=False, print_error=False, result_action="return_value")
    return toy.given


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        ([], "channels", None),
        (["3"], "channels", 3),
        (["3", "4"], "channels", [3, 4]),
        ([], "live", True),
        (["--no-live"], "live", False),
        (["--degrees", "16"], "degrees", 16),
        (["--degrees", "0.5"], "degrees", 0.5),
        (["--degrees", "0", "-45", "90.5"], "degrees", [0.0, -45.0, 90.5]),
        (["--at", "3", "4"], "at", (3, 4)),
        (["--at", "mean"], "at", "mean"),
        (["--method", "b"], "method", "b"),
        (["--amounts", "shift", "noise"], "amounts", ["shift", "noise"]),
        (["--objective", "centre"], "objective", "centre"),
        (["--size", "24", "48"], "size", (24, 48)),
        (["--limit", "5"], "images", 5),
    ],
)
def test_words_become_arguments_by_the_signature(words, name, value, capsys):
    found = given("conv1", *words, "--out", "folder", capsys=capsys)[name]
    found = len(found) if name == "images" else found
    assert found == value
    assert type(found) is type(value)


def test_measures_are_named(capsys):
    made = given("conv1", "--measures", "Moments", "TopPatches", "--out", "folder", capsys=capsys)["measures"]
    assert [type(measure) for measure in made] == [hf.Moments, hf.TopPatches]
    with pytest.raises(AssertionError, match=r"did you mean Moments\?"):
        given("conv1", "--measures", "Momens", "--out", "folder", capsys=capsys)


def test_help_texts_are_read_from_the_docstring():
    assert descriptions(inspect.getdoc(toy)) == {
        "h": "The network.",
        "images": "Not seen.",
        "layer": "Which units <hf.load>.",
        "channels": "Which units <hf.load>.",
        "live": "Whether hf is alive.",
    }


def test_what_has_no_words_and_is_needed_is_said():
    def odd(h: hf.Hierarchy, model: torch.nn.Module) -> hf.Result:
        """Do nothing."""

    with pytest.raises(hf.HierfeatError, match="use it in Python"):
        own_options(odd, ["h"])


@pytest.mark.parametrize("shape", [(1, 32, 32), (3, 24, 48), (1, 48, 24), (3, 50, 50)])
def test_a_folder_of_photographs_fits_any_network(shape, tmp_path):
    """A picture of one colour must come out as that colour, or its luminance, at every pixel."""
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (60, 40), (255, 0, 102)).save(tmp_path / "photos" / "a.png")
    (tmp_path / "net.py").write_text(
        "from torch import nn\n"
        "class Net(nn.Sequential):\n"
        f"    input_shape = {shape}\n"
        "def make():\n    return Net(nn.Identity(), nn.MaxPool2d(1))\n"
    )
    out = tmp_path / "out.safetensors"
    words = ["--images", str(tmp_path / "photos"), "--layers", "pool", "--out", str(out)]
    assert cli.main(["record", f"{tmp_path / 'net.py'}:make", *words]) == 0
    [seen] = load_file(out).values()
    colour = torch.tensor([1, 0, 0.4]) if shape[0] == 3 else torch.tensor([0.299 + 0.4 * 0.114])
    assert tuple(seen.shape) == (1, *shape)
    torch.testing.assert_close(seen, colour.view(1, -1, 1, 1).expand_as(seen))


@pytest.mark.skipif("names" not in inspect.signature(hf.atlas).parameters, reason="the atlas takes no names")
def test_the_atlas_names_a_folders_labels_by_its_sub_folders(tmp_path, capsys):
    for kind, shade in (("cats", 40), ("dogs", 200)):
        (tmp_path / "pets" / kind).mkdir(parents=True)
        for number in range(3):
            Image.new("L", (40, 40), shade + number).save(tmp_path / "pets" / kind / f"{number}.png")
    page = tmp_path / "page.html"
    assert cli.main(["atlas", "lenet5-digits", "--images", str(tmp_path / "pets"), "--out", str(page)]) == 0
    assert {"cats", "dogs"} <= set(re.findall(r"cats|dogs", page.read_text(encoding="utf-8")))


def test_fitting_crops_pads_and_enlarges_about_the_middle():
    image = torch.arange(16.0).view(1, 1, 4, 4)
    assert torch.equal(fitted(image, (1, 4, 2)), image[..., 1:3])
    padded = fitted(image, (1, 6, 4))
    assert torch.equal(padded[..., 1:5, :], image)
    assert float(padded.sum()) == float(image.sum())
    assert tuple(fitted(image / 16, (3, 8, 6), enlarge=True).shape) == (1, 3, 8, 6)
    with pytest.raises(hf.HierfeatError, match="1 or 3 channels"):
        fitted(image, (4, 4, 4))


@pytest.fixture(scope="module")
def scripts() -> dict[str, str]:
    program = whole_app()
    return {shell: program.generate_completion(prog_name="hierfeat", shell=shell) for shell in ("bash", "zsh", "fish")}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_know_commands_options_and_the_zoo(scripts, shell, tmp_path):
    for word in ("tuning", "orientations", "lenet5-digits", "additive-parts", "fashion_mnist"):
        assert word in scripts[shell]
    if shutil.which(shell):
        (tmp_path / "script").write_text(scripts[shell])
        assert subprocess.run([shell, "-n", str(tmp_path / "script")], capture_output=True).returncode == 0


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash")
@pytest.mark.parametrize(
    ("typed", "offers"),
    [
        (["tun"], "tuning"),
        (["tuning", "lenet5-d"], "lenet5-digits"),
        (["tuning", "lenet5-digits", "--orie"], "--orientations"),
    ],
)
def test_bash_completes(scripts, typed, offers, tmp_path):
    (tmp_path / "script").write_text(scripts["bash"])
    words = " ".join(["hierfeat", *typed])
    asks = f"COMP_WORDS=({words}); COMP_CWORD={len(typed)}; COMP_LINE='{words}'; _hierfeat; echo ${{COMPREPLY[@]}}"
    done = subprocess.run(["bash", "-c", f"source {tmp_path / 'script'}; {asks}"], capture_output=True, text=True)
    assert offers in done.stdout.split(), done.stderr


def test_how_few_photographs_there_are_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(
        "import hierfeat as hf\nfrom torch import nn\n"
        "def make():\n    return hf.Hierarchy(nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU()), (3, 24, 24))\n"
    )
    assert main(["nonnegativity", "net.py:make"]) == 0
    assert "8 windows of two photographs are shown; others: --images FOLDER" in capsys.readouterr().err
