"""Recording never lies: what is recorded is what left the layer, whatever is written over it later."""

import warnings

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import hierfeat as hf
from hierfeat._torchvision import models
from hierfeat.recording.recorder import Recorder


def out_of_place(model: nn.Module) -> nn.Module:
    for module in model.modules():
        if hasattr(module, "inplace"):
            module.inplace = False
    return model


def truth(model: nn.Module, x: torch.Tensor) -> dict[str, torch.Tensor]:
    """Activations of the convs and pools by plain hooks that clone at once."""
    kept: dict[str, torch.Tensor] = {}
    hooks = [
        module.register_forward_hook(lambda m, i, o, p=path: kept.update({p: o.clone()}))
        for path, module in model.named_modules()
        if isinstance(module, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d | nn.AdaptiveAvgPool2d)
    ]
    with torch.no_grad():
        model.eval()(x)
    for hook in hooks:
        hook.remove()
    return kept


@pytest.mark.parametrize("name", ["vgg11", "resnet18", "squeezenet1_0", "mobilenet_v2", "googlenet", "densenet121"])
def test_torchvision_nets_full_of_in_place_relus(name):
    torch.manual_seed(0)
    options = {"init_weights": False} if name == "googlenet" else {}
    model = models.get_model(name, weights=None, **options)
    x = torch.rand(2, 3, 64, 64)
    got = hf.record(hf.Hierarchy(model, (3, 64, 64)), x)
    expected = truth(model, x)
    assert expected.keys() <= got.keys()
    assert all(torch.equal(got[name], value) for name, value in expected.items())


class Overwriting(nn.Module):
    """Overwrites the output of its convolution in one of many ways."""

    def __init__(self, how):
        super().__init__()
        self.conv, self.how = nn.Conv2d(1, 3, 3), how

    def forward(self, x):
        y = self.conv(x)
        self.how(y)
        return y


def _setitem(y):
    y[:, 0] = 7


def _iadd(y):
    y += 1


def _view(y):
    y.view(-1)[::2].mul_(3)


def _through_numpy(y):
    y.detach().numpy()[:] = 0  # no torch function writes


@torch.library.custom_op("hierfeat_tests::double", mutates_args=("x",))
def double(x: torch.Tensor) -> None:
    x.mul_(2)


def _doubled(x: torch.Tensor):
    x.data.mul_(2)


with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    scripted = torch.jit.script(_doubled)


WAYS = {
    "relu_": F.relu_,
    "inplace keyword": lambda y: F.relu(y, inplace=True),
    "inplace position": lambda y: F.relu(y, True),
    "hardswish": lambda y: F.hardswish(y, inplace=True),
    "setitem": _setitem,
    "iadd": _iadd,
    "view": _view,
    "out": lambda y: torch.abs(y, out=y),
    "data": lambda y: y.data.zero_(),
    "copy": lambda y: y.copy_(torch.zeros_like(y)),
    "foreach": lambda y: torch._foreach_mul_([y], 2.0),
    "chunk": lambda y: y.chunk(3, dim=1)[1].fill_(5),
    "data of foreach": lambda y: torch._foreach_mul_([torch.ones(2), y.data], 2.0),
    "data of init": lambda y: nn.init.constant_(tensor=y.data, val=3.0),
    "init": nn.init.zeros_,
    "custom operator": double,
    "custom operator on data": lambda y: double(y.data),
    "custom operator by keyword": lambda y: double(x=y.data),
    "scripted": scripted,
    "out of several": lambda y: torch.max(y.clone(), 1, out=(y.data[:, 0], torch.empty(0, dtype=torch.int64))),
    "set data": lambda y: y.data.copy_(y.data * 2),
    "numpy": _through_numpy,
    "positional": lambda y: F.relu(y, True),
}


@pytest.mark.parametrize("how", WAYS.values(), ids=WAYS.keys())
@pytest.mark.parametrize("by", ["record", "Recorder"])
def test_every_way_of_writing_in_place(how, by):
    torch.manual_seed(0)
    model, x = Overwriting(how), torch.rand(2, 1, 6, 6)
    h = hf.Hierarchy(model, (1, 6, 6))
    if by == "record":
        got = hf.record(h, x, layers="conv")["conv"]
    else:
        with torch.no_grad(), hf.Recorder(h, layers="conv") as recorder:
            model(x)
        got = recorder["conv"]
    with torch.no_grad():
        expected = model.conv(x)
        overwritten = model(x)
    assert torch.equal(got, expected)
    assert not torch.equal(overwritten, expected)  # the test would mean nothing otherwise


def test_a_write_that_no_name_tells_of_makes_record_look_closer(monkeypatch):
    """The quick path does not know of a positional ``inplace``; the version counter does."""
    runs: list[str] = []
    guards = Recorder._further_guards
    monkeypatch.setattr(Recorder, "_further_guards", lambda self: (runs.append("exact"), guards(self))[1])
    model, x = Overwriting(lambda y: F.relu(y, True)), torch.rand(1, 1, 6, 6)
    got = hf.record(hf.Hierarchy(model, (1, 6, 6)), x)
    assert runs == ["exact"]
    with torch.no_grad():
        assert torch.equal(got["conv"], model.conv(x))


def test_outputs_that_share_memory_are_both_kept(images):
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Dropout(), nn.ReLU(inplace=True))  # dropout returns its input in eval
    got = hf.record(hf.Hierarchy(net, (1, 8, 8)), images, layers=["conv", "other"])
    with torch.no_grad():
        assert torch.equal(got["0"], net[0](images))
    assert torch.equal(got["1"], got["0"])


def test_batches_are_joined(everything, images):
    h = hf.Hierarchy(everything, (1, 8, 8))
    whole, parts = hf.record(h, images), hf.record(h, images, batch_size=2)
    assert list(whole) == ["conv1", "conv2", "conv2#2", "max_pool2d", "avg_pool2d", "mean"]
    assert all(torch.allclose(whole[name], parts[name], atol=1e-6) for name in whole)


def test_a_repeated_module_keeps_every_call(everything, images):
    got = hf.record(hf.Hierarchy(everything, (1, 8, 8)), images)
    with torch.no_grad():
        everything.eval()
        first = everything.conv1(images).relu()
        assert torch.equal(got["conv2"], everything.conv2(first))
        assert torch.equal(got["conv2#2"], everything.conv2(first))


def test_recorder_holds_the_latest_forward_and_detaches(everything, images):
    h = hf.Hierarchy(everything, (1, 8, 8))
    with hf.Recorder(h, layers=("conv", "linear")) as recorder:
        h.model(images[:2])
        h.model(images)
    assert len(recorder["conv1"]) == len(images)
    assert not recorder["head"].requires_grad
    assert dict(recorder).keys() == {"conv1", "conv2", "conv2#2", "head"}


def test_gradients_flow_through_a_recorder(everything, images):
    h = hf.Hierarchy(everything, (1, 8, 8))
    with hf.Recorder(h):
        h.model(images).sum().backward()
    assert everything.conv1.weight.grad is not None


def test_unknown_layers_and_bad_images_are_refused_before_anything_runs(everything, images):
    h = hf.Hierarchy(everything, (1, 8, 8))
    with pytest.raises(hf.HierfeatError, match="did you mean 'conv1'"):
        hf.record(h, images, layers="conv11")
    with pytest.raises(hf.HierfeatError, match="shape N x 1 x 8 x 8"):
        hf.record(h, images[..., :4])
    with pytest.raises(hf.HierfeatError, match="batch_size"):
        hf.record(h, images, batch_size=0)


def test_models_without_a_conv_say_so():
    h = hf.Hierarchy(nn.Sequential(nn.Flatten(), nn.Linear(64, 3)), (1, 8, 8))
    with pytest.raises(hf.HierfeatError, match="no layer of kind 'conv'; its layers' kinds are: other, linear"):
        hf.record(h, torch.rand(1, 1, 8, 8))


class Decorated(nn.Module):
    """Runs in inference mode by itself, and overwrites what its convolution answers."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3)

    @torch.inference_mode()
    def forward(self, x):
        return self.conv(x).relu_().mul_(2)


def test_inference_mode_counts_no_writes_and_is_recorded_truly_all_the_same():
    h, x = hf.Hierarchy(Decorated(), (1, 8, 8)), torch.rand(2, 1, 8, 8)
    with torch.no_grad():
        expected = h.model.conv(x)
    assert torch.equal(hf.record(h, x)["conv"], expected)
    plain = hf.Hierarchy(nn.Sequential(h.model.conv, nn.ReLU(inplace=True)), (1, 8, 8))
    with torch.inference_mode():
        assert torch.equal(hf.record(plain, x)["0"], expected)


def test_what_was_not_recorded_is_named():
    with hf.Recorder(hf.load("lenet5-digits"), layers="pool") as recorder:
        pass
    with pytest.raises(KeyError, match="conv1.*none"):
        recorder["conv1"]
