"""The subject: normalisation, wrappers, bad input, and a model left bit for bit as it was."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.subjects.checks import checked_images


def fingerprint(model: nn.Module) -> tuple:
    modules = list(model.modules())
    return (
        {name: tensor.clone() for name, tensor in model.state_dict().items()},
        [module.training for module in modules],
        [(p.requires_grad, None if p.grad is None else p.grad.clone()) for p in model.parameters()],
        [(len(m._forward_hooks), len(m._forward_pre_hooks), len(m._backward_hooks)) for m in modules],
        torch.get_rng_state(),
    )


def same(a: object, b: object) -> bool:
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return a == b


class Counting(nn.Module):
    """Keeps statistics of its own, draws random numbers, and may fail."""

    def __init__(self, error: type[BaseException] | None = None) -> None:
        super().__init__()
        self.conv, self.bn, self.error = nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), error
        self.register_buffer("seen", torch.zeros(1))
        self.register_buffer("hidden", torch.zeros(1))

    def forward(self, x):
        self.seen += len(x)
        self.hidden.data += 1
        x = x + torch.rand(1)
        if self.error:  # before the last layer: behind it a pass need not go on
            raise self.error
        x = self.bn(self.conv(x))
        return nn.functional.dropout(x)  # training=True by default: draws


@pytest.mark.parametrize("error", [None, RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("use", ["call", "record", "sweep", "recorder"])
def test_the_model_is_left_bit_for_bit_as_it_was(use, error):
    torch.manual_seed(1)
    model = Counting(error).train()
    model.bn.eval()  # a mode of its own must survive, too
    model.conv.weight.requires_grad_(False)
    model.bn.weight.grad = torch.ones(2)
    h = hf.Hierarchy(model, (1, 8, 8))
    if error is None:
        _ = h.layers
    else:  # the layer table of a model that fails
        model.error = None
        _ = h.layers
        model.error = error
    images, before = torch.rand(3, 1, 8, 8), None
    before = fingerprint(model)
    uses = {
        "call": lambda: h(images),
        "record": lambda: hf.record(h, images),
        "sweep": lambda: hf.sweep(h, images, [hf.Moments()], layers="conv"),
        "recorder": lambda: _in_recorder(h, images),
    }
    if error is None:
        uses[use]()
    else:
        with pytest.raises(hf.HierfeatError if error is RuntimeError and use != "recorder" else error):
            uses[use]()
    assert same(fingerprint(model), before)


def _in_recorder(h, images):
    with torch.no_grad(), hf.Recorder(h) as recorder:
        h.model(images)
    return recorder


def test_tracing_leaves_no_trace_either():
    model = Counting().train()
    before = fingerprint(model)
    assert len(hf.Hierarchy(model, (1, 8, 8)).layers) == 3
    assert same(fingerprint(model), before)


def test_normalisation_is_per_channel():
    h = hf.Hierarchy(nn.Sequential(nn.Conv2d(3, 1, 1)), (3, 4, 4), mean=[0.1, 0.2, 0.3], std=[1, 2, 4])
    got = h.normalise(torch.full((1, 3, 4, 4), 0.5))[0, :, 0, 0]
    assert torch.allclose(got, torch.tensor([0.4, 0.15, 0.05]))


def test_an_in_place_first_layer_does_not_write_into_the_images():
    h = hf.Hierarchy(nn.Sequential(nn.ReLU(inplace=True), nn.Conv2d(1, 1, 3)), (1, 4, 4))
    images = -torch.ones(1, 1, 4, 4)
    h(images)
    assert images.eq(-1).all()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch imports its own deprecated parts
def test_a_compiled_or_parallel_model_is_examined_as_what_it_wraps(everything):
    assert hf.Hierarchy(nn.DataParallel(everything), (1, 8, 8)).model is everything
    assert hf.Hierarchy(torch.compile(everything), (1, 8, 8)).model is everything


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*torch.jit:FutureWarning")  # newer versions of torch deprecate it
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_torchscript_is_refused():
    with pytest.raises(hf.HierfeatError, match="TorchScript"):
        hf.Hierarchy(torch.jit.script(nn.Sequential(nn.Conv2d(1, 1, 3))), (1, 8, 8))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"model": "resnet18"}, "expected a torch.nn.Module"),
        ({"input_shape": (8, 8)}, "channels, height, width"),
        ({"input_shape": (1, 8, 0)}, "channels, height, width"),
        ({"input_shape": 8}, "channels, height, width"),
        ({"mean": [0.1, 0.2]}, "one mean per input channel, 1 in all, got 2"),
        ({"input_shape": (1, 8.0, 8)}, "channels, height, width"),
        ({"mean": 0.5}, "one mean per input channel, 1 in all, got 0.5"),
        ({"mean": [float("nan")]}, "a finite mean"),
        ({"std": [0.0]}, "positive std"),
        ({"std": [float("inf")]}, "a finite std"),
    ],
)
def test_bad_arguments(everything, changes, says):
    arguments = {"model": everything, "input_shape": (1, 8, 8), "mean": None, "std": None} | changes
    with pytest.raises(hf.HierfeatError, match=says):
        hf.Hierarchy(**arguments)


def test_an_input_shape_of_numpy_integers_will_do(everything):
    assert hf.Hierarchy(everything, np.array([1, 8, 8])).input_shape == (1, 8, 8)


def test_a_shape_the_model_cannot_take_says_so(everything):
    with pytest.raises(hf.HierfeatError, match=r"cannot run on an input of shape \(1, 3, 8, 8\)"):
        _ = hf.Hierarchy(everything, (3, 8, 8)).layers


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ([1, 2], "expected images as a tensor"),
        (torch.rand(1, 8, 8), "pass image.None."),
        (torch.rand(2, 3, 8, 8), r"shape N x 1 x 8 x 8 .* got \(2, 3, 8, 8\)"),
        (torch.rand(0, 1, 8, 8), "at least one image"),
        (torch.zeros(1, 1, 8, 8, dtype=torch.uint8), "divide by 255"),
        (torch.zeros(1, 1, 8, 8, dtype=torch.int64), "expected images as floats"),
        (torch.full((2, 1, 8, 8), float("nan")), "NaN or infinity in image 0"),
        (torch.full((2, 1, 8, 8), float("inf")), "NaN or infinity"),
        (torch.full((1, 1, 8, 8), 2.0), r"in \[0, 1\], got \[2, 2\]"),
        (torch.empty(1, 1, 8, 8, device="meta"), "with data"),
        (torch.zeros(1, 1, 8, 8).to_sparse(), "dense tensor"),
    ],
)
@pytest.mark.parametrize("use", [checked_images, lambda h, images: h(images)], ids=["analysis", "call"])
def test_bad_images(everything, use, bad, says):
    h = hf.Hierarchy(everything, (1, 8, 8), mean=[0.5])
    with pytest.raises(hf.HierfeatError, match=says):
        use(h, bad)


def test_images_may_lie_in_memory_as_they_like(everything):
    h = hf.Hierarchy(everything, (1, 8, 8), mean=[0.5])
    images = torch.rand(3, 1, 8, 16)[..., ::2]
    expected = h(images.contiguous())
    assert torch.equal(h(images), expected)
    assert torch.equal(h(images.double()), expected)
    assert torch.equal(h(images.flip(3).numpy()[..., ::-1]), expected)  # a view of negative stride


def test_a_model_without_weights_has_layers_and_no_responses(everything):
    h = hf.Hierarchy(everything.to("meta"), (1, 8, 8))
    assert len(h.layers) == 13
    for use in (h, lambda images: hf.record(h, images), lambda images: hf.untrained(h)):
        with pytest.raises(hf.HierfeatError, match="meta device"):
            use(torch.rand(1, 1, 8, 8))


def test_weights_sha256_follows_the_weights(everything):
    h = hf.Hierarchy(everything, (1, 8, 8))
    first = h.weights_sha256
    assert first == hf.Hierarchy(copy.deepcopy(everything), (1, 8, 8)).weights_sha256
    with torch.no_grad():
        everything.head.bias[0] += 1e-3
    second = h.weights_sha256
    assert second != first
    everything.head.bias.data[0] -= 1e-2  # no version counter sees a write through .data
    assert h.weights_sha256 not in (first, second)


def test_half_precision_models_get_half_precision_images(everything):
    h = hf.Hierarchy(everything.bfloat16(), (1, 8, 8), mean=[0.5])
    assert hf.record(h, torch.rand(2, 1, 8, 8))["conv1"].dtype == torch.bfloat16
