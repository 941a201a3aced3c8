"""Loading by name, foreign weights, factories, and the untrained twin."""

import sys
import types
from operator import attrgetter
from pathlib import Path
from urllib.error import URLError

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from hierfeat._torchvision import models
from hierfeat.errors import HierfeatError
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.zoo.loading import card, list_models, load, model_table, untrained

FACTORY = """
import torch
from torch import nn
import hierfeat as hf

def net():
    model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(3 * 36, 2))
    model.input_shape = (1, 8, 8)
    model.classes = ("yes", "no")
    return model

def hierarchy():
    return hf.Hierarchy(net(), (1, 8, 8), name="mine")

def shapeless():
    return nn.Conv2d(1, 3, 3)

def number():
    return 3

not_callable = 4
"""


@pytest.fixture
def factory(tmp_path: Path) -> Path:
    path = tmp_path / "my_factory.py"
    path.write_text(FACTORY)
    return path


@pytest.mark.filterwarnings("ignore:.*has no shipped weights")
def test_every_zoo_name_loads_in_eval_mode_and_leaves_the_random_state() -> None:
    before = torch.random.get_rng_state()
    for name in list_models():
        h = load(name)
        assert h.name == name
        assert not h.model.training
    assert torch.equal(torch.random.get_rng_state(), before)
    assert list_models() == sorted(list_models())


@pytest.mark.filterwarnings("ignore:.*has no shipped weights")
def test_without_shipped_weights_the_seed_is_fixed() -> None:
    assert load("resnet20-cifar10").weights_sha256 == load("resnet20-cifar10").weights_sha256


def test_weights_that_are_not_shipped_are_warned_of() -> None:
    with pytest.warns(UserWarning, match="resnet20-cifar10 has no shipped weights.* weights= loads a file"):
        load("resnet20-cifar10")


def test_model_table_has_a_row_per_model() -> None:
    table = model_table()
    assert table["model"].tolist() == list_models()
    row = table.set_index("model").loc["lenet5-digits"]
    assert row["parameters"] == 61_706
    assert row["accuracy"] >= 0.985
    assert row["seeds"] == 3


def test_card_of_a_model_without_weights_and_of_none() -> None:
    assert card("resnet20-cifar10").keys() == {"model", "summary"}
    with pytest.raises(HierfeatError, match="did you mean lenet5-digits"):
        card("lenet5-digit")


@pytest.mark.parametrize(
    ("ref", "message"),
    [
        ("lenet5-digit", "did you mean lenet5-digits"),
        ("zzz", "hierfeat models"),
        ("torchvision:squeezenet1", "squeezenet1_0"),
        ("torchvision:fcn_resnet50", "no classification model"),
        ("no.such.package:net", "cannot import"),
        ("nowhere.py:net", "there is no file"),
    ],
)
def test_unknown_names(ref: str, message: str) -> None:
    with pytest.raises(HierfeatError, match=message):
        load(ref)


def test_torchvision_is_seeded_and_knows_its_classes() -> None:
    first, second = load("torchvision:squeezenet1_0"), load("torchvision:squeezenet1_0")
    assert first.weights_sha256 == second.weights_sha256
    assert first.input_shape == (3, 224, 224)
    assert first.classes is not None
    assert first.classes[0] == "tench"
    assert first.mean == (0.485, 0.456, 0.406)


@pytest.mark.slow
def test_inception_takes_299_pixels() -> None:
    assert load("torchvision:inception_v3").input_shape == (3, 299, 299)


def test_squeezenet_with_a_state_dict(tmp_path: Path) -> None:
    torch.manual_seed(7)
    source = models.squeezenet1_0(weights=None).eval()
    torch.save(source.state_dict(), tmp_path / "squeeze.pth")
    h = load("torchvision:squeezenet1_0", weights=tmp_path / "squeeze.pth")
    image = torch.rand(1, 3, 224, 224)
    with torch.no_grad():
        expected = source((image - torch.tensor(h.mean).view(3, 1, 1)) / torch.tensor(h.std).view(3, 1, 1))
    torch.testing.assert_close(h(image), expected)


@pytest.mark.parametrize("wrap", ["plain", "state_dict", "module.", "both", "safetensors", "half"])
@pytest.mark.filterwarnings("ignore:.*has no shipped weights")
def test_wrapped_state_dicts(wrap: str, tmp_path: Path) -> None:
    target = load("resnet20-cifar10")
    state = {key: value.clone() for key, value in untrained(target, seed=5).model.state_dict().items()}
    path = tmp_path / ("weights.safetensors" if wrap == "safetensors" else "weights.pt")
    if wrap == "safetensors":
        save_file(state, path)
    else:
        saved = {f"module.{key}": value for key, value in state.items()} if wrap in ("module.", "both") else state
        if wrap == "half":
            saved = {key: value.half() if value.is_floating_point() else value for key, value in state.items()}
        torch.save({"epoch": 3, "state_dict": saved} if wrap in ("state_dict", "both") else saved, path)
    found = load("resnet20-cifar10", weights=path).model.state_dict()
    for key, value in state.items():
        assert found[key].dtype == value.dtype
        torch.testing.assert_close(
            found[key], value, rtol=1e-3 if wrap == "half" else 0, atol=1e-4 if wrap == "half" else 0
        )


def test_weights_that_do_not_fit_name_the_keys(tmp_path: Path) -> None:
    state = load("lenet5-digits").model.state_dict()
    state["conv1.weight"] = torch.zeros(6, 1, 3, 3)
    state["extra"] = torch.zeros(1)
    del state["fc3.bias"]
    save_file(state, tmp_path / "w.safetensors")
    with pytest.raises(HierfeatError) as error:
        load("lenet5-digits", weights=tmp_path / "w.safetensors")
    message = str(error.value)
    assert "missing: fc3.bias" in message
    assert "unexpected: extra" in message
    assert "conv1.weight (6, 1, 3, 3) for (6, 1, 5, 5)" in message


def test_unreadable_weights(tmp_path: Path) -> None:
    with pytest.raises(HierfeatError, match="there is no file"):
        load("lenet5-digits", weights=tmp_path / "none.pt")
    for name in ("broken.safetensors", "broken.pt"):
        for content in (b"\x00" * 50, b"half a checkpoint", b""):
            (tmp_path / name).write_bytes(content)
            with pytest.raises(HierfeatError, match="cannot read weights"):
                load("lenet5-digits", weights=tmp_path / name)
    with pytest.raises(HierfeatError, match="DEFAULT is for torchvision"):
        load("no_such_module:net", weights="DEFAULT")
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(HierfeatError, match="holds a list"):
        load("lenet5-digits", weights=tmp_path / "list.pt")


def test_a_pickle_with_code_is_not_run(tmp_path: Path) -> None:
    torch.save(nn.Conv2d(1, 1, 1), tmp_path / "module.pt")
    with pytest.raises(HierfeatError, match="cannot read weights .* not a state_dict; save model.state_dict"):
        load("lenet5-digits", weights=tmp_path / "module.pt")


def test_factory_of_a_file(factory: Path) -> None:
    h = load(f"{factory}:net")
    assert h.input_shape == (1, 8, 8)
    assert h.classes == ("yes", "no")
    assert load(f"{factory}:hierarchy").name == "mine"


def test_factory_of_a_module(factory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(factory.parent)
    assert load("my_factory:net").input_shape == (1, 8, 8)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("shapeless", "returned a Conv2d; expected .*input_shape"),
        ("number", "returned a int"),
        ("nothing", "expected a function 'nothing'"),
        ("not_callable", "expected a function"),
    ],
)
def test_factories_that_are_none(factory: Path, name: str, message: str) -> None:
    with pytest.raises(HierfeatError, match=message):
        load(f"{factory}:{name}")


def test_untrained_is_the_same_architecture_with_other_weights() -> None:
    h = load("lenet5-digits")
    before = (h.weights_sha256, torch.random.get_rng_state())
    first, again, other = untrained(h, seed=1), untrained(h, seed=1), untrained(h, seed=2)
    assert h.weights_sha256 == before[0]
    assert torch.equal(torch.random.get_rng_state(), before[1])
    assert first.weights_sha256 == again.weights_sha256 != other.weights_sha256
    assert (first.input_shape, first.mean, first.classes) == (h.input_shape, h.mean, h.classes)
    for key, value in h.model.state_dict().items():
        assert not torch.equal(first.model.state_dict()[key], value), key


@pytest.mark.parametrize("name", ["lenet5-mnist", "convnet-fashion", "resnet20-cifar10"])
@pytest.mark.filterwarnings("ignore:.*has no shipped weights")
def test_untrained_resets_every_parameter_and_every_statistic(name: str) -> None:
    h = load(name)
    for parameter in h.model.parameters():
        nn.init.constant_(parameter, 9.0)
    for key, buffer in h.model.named_buffers():
        if "running" in key:
            buffer.fill_(9.0)
    fresh = untrained(h).model
    for key, value in {**dict(fresh.named_parameters()), **dict(fresh.named_buffers())}.items():
        assert not bool((value == 9.0).all()), key


def test_untrained_redraws_parameters_of_modules_that_cannot_reset_themselves() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 4, 3)
            self.scale = nn.Parameter(torch.full((4, 1, 1), 0.5))
            self.table = nn.Parameter(torch.randn(1000) * 3 + 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.conv(x) * self.scale

    h = Hierarchy(Scaled(), (1, 8, 8))
    fresh = untrained(h).model
    assert not torch.equal(fresh.table, h.model.table)
    assert float(fresh.table.detach().std()) == pytest.approx(3, rel=0.15)
    torch.testing.assert_close(fresh.scale, h.model.scale)


@pytest.mark.parametrize("norm", ["spectral_norm", "parametrizations.spectral_norm", "parametrizations.weight_norm"])
def test_untrained_redraws_what_a_reset_does_not_reach(norm: str) -> None:
    """The convolution's own ``reset_parameters`` then writes into a product of the parameters, not into these."""
    wrap = attrgetter(norm)(nn.utils)
    h = Hierarchy(nn.Sequential(wrap(nn.Conv2d(1, 4, 3))), (1, 8, 8))
    for parameter in h.model.parameters():
        nn.init.normal_(parameter, 5.0, 0.01)
    fresh = untrained(h).model
    for key, value in h.model.named_parameters():
        assert not torch.equal(fresh.get_parameter(key), value), key
    image = torch.rand(1, 1, 8, 8)
    assert not torch.allclose(fresh(image), h(image))


@pytest.mark.filterwarnings("ignore:.*weight_norm. is deprecated")
def test_a_model_that_cannot_be_copied_says_so() -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3))
    net.kept = [net(torch.rand(1, 1, 8, 8))]  # the result of an operation, which torch does not copy
    with pytest.raises(HierfeatError, match="Sequential cannot be copied"):
        untrained(Hierarchy(net, (1, 8, 8)))


def test_weights_of_ones_own_are_not_called_fresh(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    with pytest.warns(UserWarning, match="freshly initialised"):
        state = load("resnet20-cifar10").model.state_dict()
    torch.save(state, tmp_path / "w.pt")
    recwarn.clear()
    assert load("resnet20-cifar10", weights=tmp_path / "w.pt").name == "resnet20-cifar10"
    assert not recwarn.list


def test_random_weights_are_said(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    with pytest.warns(UserWarning, match="torchvision:squeezenet1_1 has random weights"):
        h = load("torchvision:squeezenet1_1")
    assert h.name == "squeezenet1_1 (random weights)"
    torch.save(h.model.state_dict(), tmp_path / "w.pt")
    recwarn.clear()
    assert load("torchvision:squeezenet1_1", weights=tmp_path / "w.pt").name == "squeezenet1_1"
    assert not recwarn.list


def test_own_weights_without_a_network_are_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("urllib.request.OpenerDirector.open", lambda *_: (_ for _ in ()).throw(URLError("no network")))
    with pytest.raises(HierfeatError, match="the weights of torchvision:squeezenet1_1 are not at hand.*pass weights"):
        load("torchvision:squeezenet1_1", weights="DEFAULT")


def test_a_timm_network_is_named_and_its_classes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for timm: a network of a thousand classes, and one whose weights cannot be fetched."""

    def create_model(name: str, pretrained: bool) -> nn.Module:
        if pretrained:
            raise ConnectionError("no network")
        if name == "unknown":
            raise RuntimeError("Unknown model (unknown)")
        model = nn.Sequential(nn.Conv2d(3, 1000, 8), nn.Flatten())
        model.num_classes = 1000 if name == "small" else 7
        model.pretrained_cfg = {"input_size": (3, 8, 8), "mean": (0.5,) * 3, "std": (0.5,) * 3}
        return model

    monkeypatch.setitem(
        sys.modules, "timm", types.SimpleNamespace(create_model=create_model, list_models=lambda: ["small"])
    )
    h = load("timm:small")
    assert h.name == "small (random weights)"
    assert h.classes is not None
    assert h.classes[0] == "tench"
    with pytest.raises(HierfeatError, match="timm cannot make 'unknown'"):
        load("timm:unknown")
    with pytest.raises(HierfeatError, match="the weights of timm:small are not at hand"):
        load("timm:small", weights="DEFAULT")


def test_a_factory_imports_what_lies_beside_it_and_each_file_its_own(tmp_path: Path) -> None:
    path, before = list(sys.path), set(sys.modules)
    for number in (2, 5):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "blocks_beside.py").write_text(
            f"from torch import nn\ndef block(): return nn.Conv2d(1, {number}, 3)\n"
        )
        (folder / "net_of_blocks.py").write_text(
            "import blocks_beside\n"
            "def make():\n    net = blocks_beside.block(); net.input_shape = (1, 8, 8); return net\n"
            "def late():\n    import blocks_beside as b; net = b.block(); net.input_shape = (1, 8, 8); return net\n"
        )
        for name in ("make", "late"):
            assert load(f"{folder}/net_of_blocks.py:{name}").model.out_channels == number
    assert sys.path == path
    assert set(sys.modules) - before <= {"blocks_beside", "net_of_blocks"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import no_such_neighbour", "cannot import .*no_such_neighbour"),
        ("def make(:", "cannot import .*SyntaxError"),
        ("1 / 0", "cannot import .*ZeroDivisionError"),
        ("def make(): 1 / 0", "broken.py:make failed: ZeroDivisionError"),
        ("def make(size): return size", "broken.py:make failed: TypeError"),
    ],
)
def test_factories_that_fail_are_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "broken.py").write_text(text)
    path = list(sys.path)
    with pytest.raises(HierfeatError, match=message):
        load(f"{tmp_path}/broken.py:make")
    assert sys.path == path


@pytest.mark.parametrize(
    ("ref", "message"),
    [
        (None, "a zoo name"),
        (3, "got int"),
        (nn.Conv2d(1, 1, 3), "got the module Conv2d; write hf.Hierarchy"),
        ("", "zoo"),
    ],
)
def test_what_is_no_name_is_refused(ref: object, message: str) -> None:
    for function in (load, card):
        with pytest.raises(HierfeatError, match=message if function is load else "the zoo has no"):
            function(ref)  # type: ignore[operator]
