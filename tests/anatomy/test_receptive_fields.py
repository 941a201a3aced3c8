"""Receptive fields against the NaN probe, closed forms and published tables."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import hierfeat as hf
from hierfeat._torchvision import models
from hierfeat.anatomy.receptive_fields import ReceptiveFields

_spec = importlib.util.spec_from_file_location("nan_probe", Path(__file__).with_name("nan_probe.py"))
probe = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(probe)

_QUIET = {
    "inception_v3": {"aux_logits": False, "init_weights": False},
    "googlenet": {"aux_logits": False, "init_weights": False},
}
_CLASSIFIER_FREE = {"alexnet": "features", "vgg11": "features"}  # their huge linear layers are no part of the question


def _net(name, side, *, dtype=torch.float64):
    model = models.get_model(name, weights=None, **_QUIET.get(name, {}))
    model = getattr(model, _CLASSIFIER_FREE[name]) if name in _CLASSIFIER_FREE else model
    return hf.Hierarchy(model.to(dtype), (3, side, side + 3), name=name)


@pytest.mark.parametrize(
    ("name", "side"),
    [("squeezenet1_1", 40), ("shufflenet_v2_x0_5", 40), ("mobilenet_v2", 33), ("mobilenet_v3_small", 33),
     ("googlenet", 40)],
)  # fmt: skip
def test_every_unit_of_torchvision_nets(name, side):
    probe.assert_exact(_net(name, side))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "side"),
    [("mnasnet0_5", 33), ("alexnet", 64), ("densenet121", 33), ("resnet18", 33), ("squeezenet1_0", 66),
     ("shufflenet_v2_x1_0", 65), ("mobilenet_v3_large", 50), ("efficientnet_b0", 40),
     ("regnet_x_400mf", 40), ("regnet_y_400mf", 40), ("resnet50", 48), ("resnext50_32x4d", 40), ("vgg11", 40),
     ("inception_v3", 75), ("densenet169", 40), ("convnext_tiny", 33), ("mnasnet1_0", 40), ("resnet34", 64),
     ("googlenet", 70), ("swin_t", 40)],
)  # fmt: skip
def test_every_unit_of_more_torchvision_nets(name, side):
    probe.assert_exact(_net(name, side))


@pytest.mark.parametrize(
    ("name", "layer", "expected"),
    [
        ("alexnet", "features.12", (195, 32, 66)),
        ("vgg11", "features.20", (150, 32, 59)),
        ("vgg16", "features.30", (212, 32, 90)),
        ("resnet18", "layer4.1.add", (435, 32, 217)),
        ("resnet50", "layer4.2.add", (427, 32, 213)),
        ("inception_v3", "Mixed_7c.cat#3", (1311, 32, 618)),
        ("googlenet", "inception5b.cat", (379, 32, 167)),
        ("squeezenet1_0", "classifier.1", (155, 16, 60)),
        ("mobilenet_v2", "features.18.0", (491, 32, 245)),
        ("densenet121", "features.norm5", (2071, 32, 1021)),
        ("convnext_tiny", "features.7.2.block.0", (1688, 32, 828)),
        ("shufflenet_v2_x1_0", "conv5.0", (527, 32, 263)),
    ],
)
def test_published_size_stride_padding(name, layer, expected):
    """Araujo et al. 2019 where torchvision builds the net they measured; else an independent autograd probe."""
    side = 299 if name == "inception_v3" else 224
    with torch.device("meta"):
        model = models.get_model(name, weights=None, **_QUIET.get(name, {}))
    row = _fields_of(model.to_empty(device="cpu"), side).table.set_index("layer").loc[layer]
    assert (row.size_h, row.stride_h, -row.start_h) == expected
    assert (row.size_w, row.stride_w, -row.start_w) == expected


def _fields_of(model, *sides):
    sides = sides * 2 if len(sides) == 1 else sides
    return hf.receptive_fields(hf.Hierarchy(model, (3, *sides)))


@pytest.mark.parametrize("depth", [1, 3, 10])
def test_closed_form_of_a_stack(depth):
    """n convolutions of size k: 1 + n (k - 1); their strides multiply."""
    stack = nn.Sequential(*[nn.Conv2d(3, 3, 3, padding=1) for _ in range(depth)])
    last = _fields_of(stack, 33).table.iloc[-1]
    assert (last.size_h, last.stride_h, last.start_h) == (1 + 2 * depth, 1, -depth)


def test_asymmetric_kernel_stride_padding_and_dilation():
    conv = nn.Conv2d(3, 2, (3, 5), stride=(1, 2), padding=(2, 0), dilation=(4, 1))
    row = _fields_of(conv, 20, 21).table.iloc[0]
    assert (row.size_h, row.size_w, row.stride_h, row.stride_w, row.start_h, row.start_w) == (9, 5, 1, 2, -2, 0)


def test_clipped_at_every_layer_and_not_only_at_the_image():
    """Padding of 2 after the first layer: its units at the border repeat no pixels, so less is seen."""
    fields = _fields_of(nn.Sequential(nn.Conv2d(3, 3, 3), nn.Conv2d(3, 3, 5, padding=2)), 12)
    assert fields.box("1", 0, 0, clip=False) == (-2, -2, 5, 5)
    assert fields.box("1", 0, 0) == (0, 0, 5, 5)
    assert fields.box("1", -1, -1) == (7, 7, 12, 12)
    cropped = _fields_of(nn.Sequential(nn.ZeroPad2d(-3), nn.Conv2d(3, 3, 3, padding=1)), 12)
    assert cropped.box("1", 0, 0, clip=False) == (2, 2, 5, 5)
    assert cropped.box("1", 0, 0) == (3, 3, 5, 5)


class Functional(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.function = function

    def forward(self, x):
        return self.function(self.conv(x))


def _hole(x):
    return F.conv2d(F.pad(x, (4, 4, 4, 4)), torch.ones(1, x.shape[1], 2, 2, dtype=x.dtype, device=x.device))


def test_a_unit_that_sees_only_padding_has_an_empty_box():
    h = hf.Hierarchy(Functional(_hole).double(), (3, 6, 6))
    fields = probe.assert_exact(h)
    assert fields.box("conv2d", 0, 0) == (0, 0, 0, 0)
    assert fields.box("conv2d", 0, 0, clip=False) == (-5, -5, -1, -1)


def test_circular_padding_sees_the_far_side():
    conv = nn.Conv2d(3, 3, 3, padding=1, padding_mode="circular").double()
    fields = probe.assert_exact(hf.Hierarchy(conv, (3, 8, 9)))
    assert fields.box(fields.table.layer[0], 0, 4) == (0, 3, 8, 6)
    assert fields.box(fields.table.layer[0], 0, 4, clip=False) == (-1, 3, 2, 6)


CASES = {
    "group norm": (lambda x: F.relu(F.group_norm(x, 2)), "global"),
    "instance norm": (lambda x: F.instance_norm(x), "global"),
    "layer norm over channels": (lambda x: F.layer_norm(x.permute(0, 2, 3, 1), (4,)).permute(0, 3, 1, 2), "exact"),
    "softmax over channels": (lambda x: x.softmax(1), "exact"),
    "softmax over space": (lambda x: x.flatten(2).softmax(-1).view_as(x), "global"),
    "attention": (lambda x: _attended(x), "global"),
    "attention by products, twice": (lambda x: _attended(_attended(x, by_products=True), by_products=True), "global"),
    "attention in windows": (lambda x: _windowed(x), "global"),
    "rows by columns": (lambda x: x[..., :8, :8] @ x[..., :8, :8].transpose(2, 3), "global"),
    "gate": (lambda x: x * x.mean((2, 3), keepdim=True).sigmoid(), "global"),
    "mean": (lambda x: x.mean((2, 3)), "global"),
    "lp pool": (lambda x: F.lp_pool2d(x.abs() + 1, 2, 3, 2), "exact"),
    "cumsum": (lambda x: x.cumsum(2), "exact"),
    "unfold": (lambda x: F.unfold(x, 3).view(x.shape[0], 4, 9, x.shape[2] - 2, x.shape[3] - 2).sum(2), "exact"),
    "einsum": (lambda x: torch.einsum("nchw,dc->ndhw", x, torch.ones(4, 4, dtype=x.dtype, device=x.device)), "exact"),
    "fft": (lambda x: torch.fft.fft2(x).abs(), "bound"),
    "transposed sum": (lambda x: x[..., :8, :8] + x[..., :8, :8].transpose(2, 3), "exact"),
    "space to depth": (lambda x: torch.cat([x[..., ::2, ::2], x[..., 1::2, 1::2]], 1)[:, 2:6], "exact"),
    "hardswish": (F.hardswish, "exact"),
    "glu": (lambda x: F.glu(x, dim=1).repeat(1, 2, 1, 1), "exact"),
    "index": (lambda x: x[:, :, [3, 1, 2]].repeat(1, 1, 3, 1), "exact"),
}


def _windowed(x):
    """Attention within 5x4 windows, as in Swin."""
    n, c, h, w = x.shape
    windows = x.view(n, c, h // 5, 5, w // 4, 4).permute(0, 2, 4, 1, 3, 5).reshape(-1, c, 5, 4)
    attended = _attended(windows, by_products=True).reshape(n, h // 5, w // 4, c, 5, 4)
    return attended.permute(0, 3, 1, 4, 2, 5).reshape(x.shape)


def _attended(x, by_products=False):
    tokens = x.unflatten(1, (2, -1)).flatten(3).transpose(2, 3)  # (N, heads, tokens, features)
    if by_products:
        out = (tokens @ tokens.transpose(-2, -1)).softmax(-1) @ tokens
    else:
        out = F.scaled_dot_product_attention(tokens, tokens, tokens)
    return out.transpose(2, 3).reshape(x.shape)


@pytest.mark.parametrize("case", CASES)
def test_operation(case):
    function, status = CASES[case]
    net = nn.Sequential(Functional(function), nn.Conv2d(4, 2, 3, padding=1)) if case != "mean" else Functional(function)
    h = hf.Hierarchy(net.double(), (3, 10, 12))
    fields = probe.assert_exact(h)
    assert fields.table.status.iloc[-1] == status


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("size", [(20, 24), (17, 9), (7, 5), (3, 2)])
def test_resampling(mode, antialias, size):
    """Probed with a huge number: taps of weight zero let NaN through."""
    net = Functional(lambda x: F.interpolate(x, size=size, mode=mode, antialias=antialias))
    h = hf.Hierarchy(nn.Sequential(net, nn.Conv2d(4, 2, 3, padding=1)).double(), (3, 10, 12))
    fields = probe.assert_exact(h, marker=probe.HUGE)
    assert fields.table.status.iloc[-1] == "exact"


def _weight(x, *shape):
    return torch.ones(shape, dtype=x.dtype, device=x.device)


# One axis: the columns of an image (a unit then sees all rows). Three: its channels are the depth.
OTHER_DIMENSIONS = {
    "conv1d": lambda x: F.conv1d(x, _weight(x, 4, 2, 3), stride=2, padding=1, dilation=2, groups=2),
    "conv_transpose1d": lambda x: F.conv_transpose1d(x, _weight(x, 4, 4, 3), stride=2, padding=1),
    "max_pool1d": lambda x: F.max_pool1d(x, 3, 2, padding=1, ceil_mode=True),
    "avg_pool1d": lambda x: F.avg_pool1d(x, 2, 3),
    "lp_pool1d": lambda x: F.lp_pool1d(x.abs() + 1, 2, 3, 2),
    "adaptive_avg_pool1d": lambda x: F.adaptive_avg_pool1d(x, 5),
    "adaptive_max_pool1d": lambda x: F.adaptive_max_pool1d(x, 5),
    "reflect 1d": lambda x: F.pad(x, (2, 1), mode="reflect"),
    "nearest 1d": lambda x: F.interpolate(x, scale_factor=2, mode="nearest"),
    "conv3d": lambda x: F.conv3d(x, _weight(x, 2, 1, 2, 3, 3), stride=(1, 2, 1), padding=(1, 0, 1), dilation=(1, 1, 2)),
    "conv_transpose3d": lambda x: F.conv_transpose3d(x, _weight(x, 1, 2, 2, 3, 3), stride=(1, 2, 2), padding=(0, 1, 0)),
    "max_pool3d": lambda x: F.max_pool3d(x, (2, 3, 2), (1, 2, 2), padding=(0, 1, 1)),
    "avg_pool3d": lambda x: F.avg_pool3d(x, (1, 2, 3), ceil_mode=True),
    "adaptive_avg_pool3d": lambda x: F.adaptive_avg_pool3d(x, (4, 5, 4)),
    "adaptive_max_pool3d": lambda x: F.adaptive_max_pool3d(x, (4, 5, 4)),
    "replicate 3d": lambda x: F.pad(x, (2, 1, 0, 3, 1, 0), mode="replicate"),
    "nearest 3d": lambda x: F.interpolate(x, scale_factor=(1, 2, 2), mode="nearest"),
}


@pytest.mark.parametrize("case", OTHER_DIMENSIONS)
def test_operations_along_one_and_three_axes(case):
    operation = OTHER_DIMENSIONS[case]

    def function(x):
        if "1d" in case:
            return operation(x.amax(2)).unsqueeze(2)
        volume = operation(x[:, None]).flatten(1, 2)
        return torch.cat([volume] * 4, 1)[:, :4]  # few channels or many

    net = nn.Sequential(Functional(function), nn.Conv2d(4, 2, 3, padding=1)).double()
    fields = probe.assert_exact(hf.Hierarchy(net, (3, 10, 12)))
    assert fields.table.status.iloc[-1] != "bound"


def test_sizes_beside_a_gate_are_those_of_the_local_path():
    fields = _fields_of(nn.Sequential(Functional(CASES["gate"][0]), nn.Conv2d(4, 4, 3, padding=1)), 16)
    row = fields.table.iloc[-1]
    assert (row.status, row.size_h, row.stride_h, row.start_h) == ("global", 5, 1, -2)
    assert fields.box("1", 3, 3) == (0, 0, 16, 16)
    assert fields.box("1", 3, 3, clip=False) == (1, 1, 6, 6)


class DataDependent(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x):
        self.calls += 1
        x = self.conv(x)
        return F.max_pool2d(x, 2) if x.abs().max().item() >= 0 else x


def test_control_flow_that_looks_at_values():
    net = DataDependent()
    fields = _fields_of(net, 12)
    assert fields.provenance["parameters"]["forward"] == "one image of noise"
    assert fields.box("max_pool2d", 0, 0) == (0, 0, 3, 3)
    assert net.calls.item() == 0


def _fingerprint(model):
    hooks = sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules())
    flags = [m.training for m in model.modules()] + [p.requires_grad for p in model.parameters()]
    return {k: v.clone() for k, v in model.state_dict().items()}, hooks, flags, torch.get_rng_state()


class Failing(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)

    def forward(self, x):
        self.norm(self.conv(x))
        raise RuntimeError("the model broke")


@pytest.mark.parametrize("make", [Failing, DataDependent, lambda: nn.Sequential(nn.Conv2d(3, 2, 3), nn.BatchNorm2d(2))])
def test_the_model_is_left_as_it_was(make):
    model = make()
    before = _fingerprint(model)
    try:
        _fields_of(model, 9)
    except hf.HierfeatError as error:
        assert "the model broke" in str(error)  # noqa: PT017
    after = _fingerprint(model)
    assert all(torch.equal(before[0][key], after[0][key]) for key in before[0])
    assert before[1:3] == after[1:3]
    assert torch.equal(before[3], after[3])


@pytest.mark.parametrize(("make", "named"), [(lambda: nn.Conv2d(3, 2, 3), False), (DataDependent, True)])
def test_weights_are_named_only_where_fields_depend_on_them(make, named):
    assert ("weights_sha256" in hf.receptive_fields(hf.Hierarchy(make(), (3, 8, 8))).provenance) is named


def test_bad_input():
    fields = _fields_of(nn.Sequential(nn.Conv2d(3, 2, 3)), 9)
    with pytest.raises(hf.HierfeatError, match="no layer '00'; did you mean '0'"):
        fields.box("00", 0, 0)
    with pytest.raises(hf.HierfeatError, match="row of '0' as an int from 0 to 6, got 7"):
        fields.box("0", 7, 0)
    with pytest.raises(hf.HierfeatError, match="check input_shape"):
        hf.receptive_fields(hf.Hierarchy(nn.Conv2d(1, 2, 3), (3, 9, 9)))


def test_unseen_pixels():
    fields = _fields_of(nn.Sequential(nn.Conv2d(3, 2, 1, stride=2)), 5, 6)
    row = fields.unseen_pixels().iloc[0]
    assert (row.rows, row.cols, row.pixels) == (2, 3, 30 - 9)
    assert row.fraction == pytest.approx(21 / 30)


def test_save_and_load(tmp_path):
    fields = _fields_of(nn.Sequential(nn.Conv2d(3, 2, 3, padding=1), nn.AdaptiveAvgPool2d(1)), 9)
    again = ReceptiveFields.load(fields.save(tmp_path))
    assert tuple(again.image_size) == fields.image_size
    for layer in fields.table.layer:
        np.testing.assert_array_equal(again.boxes(layer), fields.boxes(layer))
        np.testing.assert_array_equal(again.boxes(layer, clip=False), fields.boxes(layer, clip=False))


def test_plot_draws_both_boxes():
    fields = _fields_of(nn.Sequential(nn.Conv2d(3, 2, 3, padding=1)), 9)
    axes = fields.plot("0", row=0, col=4, image=torch.rand(3, 9, 9)).axes[0]
    drawn = {(p.get_y(), p.get_x(), p.get_y() + p.get_height(), p.get_x() + p.get_width()) for p in axes.patches}
    assert drawn == {fields.box("0", 0, 4), fields.box("0", 0, 4, clip=False)}
    assert len(fields.plot().axes[0].get_legend().get_texts()) == 1


def test_reduced_precision_gives_the_same_fields():
    model = nn.Sequential(nn.Conv2d(3, 2, 3, padding=1), nn.MaxPool2d(2))
    full, half = _fields_of(model, 9), _fields_of(model.to(torch.bfloat16), 9)
    np.testing.assert_array_equal(full.boxes("1"), half.boxes("1"))


def test_a_layer_that_does_not_depend_on_the_image_sees_nothing():
    net = Functional(lambda x: x + F.relu(torch.linspace(-1, 1, 4, dtype=x.dtype)).view(1, 4, 1, 1))
    fields = _fields_of(net, 9)
    assert fields.box("relu", 0, 0) == (0, 0, 0, 0)
    assert set(fields.table.status) == {"exact"}
