"""The layer table: shapes as seen, formulas that agree with them, counts that agree with torch's own."""

import warnings
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import hierfeat as hf
from hierfeat._torchvision import models
from hierfeat.subjects.trace import Trace

BIG = (
    "vit_h vit_l regnet_y_128gf regnet_x_32gf regnet_y_32gf regnet_x_16gf regnet_y_16gf swin_v2 maxvit swin_b swin_s "
    "convnext_base convnext_large densenet161 densenet169 densenet201 efficientnet_b5 efficientnet_b6 efficientnet_b7 "
    "efficientnet_v2_m efficientnet_v2_l resnet152"
)
NAMES = models.list_models(module=models)


def build(name: str) -> nn.Module:
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    return models.get_model(name, weights=None, **options)


def build_without_weights(name: str) -> nn.Module:
    """On the meta device; RegNets compute their widths with tensors, and so must be built for real first."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of deprecated initialisers
        if name.startswith("regnet"):
            return build(name).to("meta")
        with torch.device("meta"):
            return build(name)


def size_for(name: str) -> tuple[int, int, int]:
    return (3, 299, 299) if name == "inception_v3" else (3, 224, 224)


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow if n.startswith(tuple(BIG.split())) else ()) for n in NAMES]
)
def test_every_torchvision_classifier(name):
    """Parameters and MACs add up to what torch counts; no weight is allocated for it."""
    model = build_without_weights(name)
    layers = hf.Hierarchy(model, size_for(name)).layers
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model.eval()(torch.empty(1, *size_for(name), device="meta"))
    convs = sum(isinstance(m, nn.Conv2d) for m in model.modules())
    assert (layers.table["kind"] == "conv").sum() == convs or name in ("googlenet", "inception_v3")  # aux heads idle
    if name.startswith(("swin", "maxvit")):
        assert 0.9 < 2 * layers.table["macs"].sum() / counter.get_total_flops() <= 1  # bare matmuls are no layers
    else:
        assert 2 * layers.table["macs"].sum() == counter.get_total_flops()
    assert layers.table["formula"].str.len().gt(0)[layers.table["kind"] == "conv"].all()


@pytest.mark.parametrize(
    "name", ["resnet18", "squeezenet1_0", "densenet121", "shufflenet_v2_x0_5", "mobilenet_v3_small"]
)
def test_shapes_are_those_of_a_real_run(name):
    model = build(name).eval()
    h = hf.Hierarchy(model, (3, 64, 64))
    shapes: dict[str, tuple[int, ...]] = {}
    hooks = [
        module.register_forward_hook(lambda m, i, o, p=path: shapes.update({p: tuple(o.shape[1:])}))
        for path, module in model.named_modules()
        if isinstance(module, nn.Conv2d | nn.MaxPool2d | nn.BatchNorm2d | nn.Linear)
    ]
    with torch.no_grad():
        model(torch.rand(1, 3, 64, 64))
    for hook in hooks:
        hook.remove()
    assert {layer.name: layer.out_shape for layer in h.layers if layer.name in shapes} == shapes


@given(
    axes=st.integers(1, 3),
    kernel=st.integers(1, 3),
    stride=st.integers(1, 3),
    padding=st.integers(0, 1),
    dilation=st.integers(1, 2),
    size=st.integers(6, 9),
    what=st.sampled_from(["conv", "transposed", "max", "average", "ceil"]),
)
@settings(max_examples=150, deadline=None)
def test_formulas_give_the_shape_that_was_seen(axes, kernel, stride, padding, dilation, size, what):
    padding = min(padding, kernel // 2)
    settings_ = {"kernel_size": kernel, "stride": stride, "padding": padding}
    makers = {
        "conv": lambda: getattr(nn, f"Conv{axes}d")(1, 2, dilation=dilation, **settings_),
        "transposed": lambda: getattr(nn, f"ConvTranspose{axes}d")(1, 2, dilation=dilation, **settings_),
        "max": lambda: getattr(nn, f"MaxPool{axes}d")(dilation=dilation, **settings_),
        "average": lambda: getattr(nn, f"AvgPool{axes}d")(**settings_),
        "ceil": lambda: getattr(nn, f"MaxPool{axes}d")(ceil_mode=True, **settings_),
    }
    model = makers[what]()
    [layer] = (
        Trace().run(SimpleNamespace(model=model, run=model), torch.empty(1, 1, *(size,) * axes, device="meta")).layers
    )
    assert {int(text.rpartition("= ")[2]) for text in layer.formula.split("; ")} == set(layer.out_shape[1:])


def test_parameters_macs_and_connections_by_hand():
    net = nn.Sequential(nn.Conv2d(4, 6, 3, groups=2, padding=1), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(6 * 16, 5))
    table = hf.Hierarchy(net, (4, 8, 8)).layers
    conv, pool, _, linear = table
    assert (conv.parameters, conv.macs) == (6 * 2 * 9 + 6, 64 * 6 * 2 * 9)
    assert conv.connections == conv.macs + 64 * 6
    assert (pool.parameters, pool.macs, pool.connections) == (0, 0, 6 * 16 * 4)
    assert (linear.parameters, linear.macs, linear.connections) == (485, 480, 485)
    assert (conv.groups, conv.kernel, conv.stride, conv.padding) == (2, (3, 3), (1, 1), (1, 1))


def test_circular_padding_is_told_as_padding():
    layer = hf.Hierarchy(nn.Sequential(nn.Conv2d(1, 1, 3, padding=1, padding_mode="circular")), (1, 8, 8)).layers["0"]
    assert (layer.in_shape, layer.padding, layer.formula) == ((1, 8, 8), (1, 1), "(8 - 3 + 2·1)/1 + 1 = 8")


def test_axes_that_differ_have_a_formula_each():
    layer = hf.Hierarchy(nn.Sequential(nn.Conv2d(1, 1, (3, 1))), (1, 8, 9)).layers["0"]
    assert layer.formula == "(8 - 3)/1 + 1 = 6; (9 - 1)/1 + 1 = 9"


def test_adaptive_and_fractional_pools_say_what_they_do():
    net = nn.Sequential(nn.AdaptiveAvgPool2d(4), nn.AdaptiveMaxPool2d(3))
    first, second = hf.Hierarchy(net, (1, 8, 8)).layers
    assert (first.kernel, first.formula) == ((2, 2), "(8 - 2)/2 + 1 = 4")
    assert (second.kernel, second.formula) == (None, "adaptive: 4×4 → 3×3")


def test_selection_by_name_pattern_and_kind(everything):
    layers = hf.Hierarchy(everything, (1, 8, 8)).layers
    assert [layer.name for layer in layers.select("pool")] == ["max_pool2d", "avg_pool2d", "mean"]
    assert [layer.name for layer in layers.select(["conv2*", "bn"])] == ["conv2", "bn", "conv2#2"]
    assert "relu#2" in layers
    assert "nothing" not in layers
    assert len(layers) == 13


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ("conv3", "did you mean 'conv[12]'"),
        ("Conv1", "did you mean 'conv1'"),
        ("features.*", "has no layer"),
        ([], "at least one"),
        (None, "at least one; got None"),
        (["conv1", 3], "at least one; got .'conv1', 3."),
        (torch.rand(2, 1, 8, 8), "at least one; got tensor"),
    ],
)
def test_unknown_layers_are_refused_with_the_closest_name(everything, item, says):
    with pytest.raises(hf.HierfeatError, match=says):
        hf.Hierarchy(everything, (1, 8, 8)).layers.select(item)


def test_a_kind_that_is_not_there_is_refused_alone_and_forgiven_in_company():
    layers = hf.Hierarchy(nn.Sequential(nn.Conv2d(1, 1, 3)), (1, 8, 8)).layers
    with pytest.raises(hf.HierfeatError, match="no layer of kind 'pool'; its layers' kinds are: conv"):
        layers.select("pool")
    assert [layer.name for layer in layers.select(("conv", "pool"))] == ["0"]


def test_the_table_saves_and_loads(everything, tmp_path):
    layers = hf.Hierarchy(everything, (1, 8, 8)).layers
    again = hf.LayerTable.load(layers.save(tmp_path / "layers"))
    assert list(again) == list(layers)
    design = (
        "layer kind op in_shape out_shape kernel stride padding dilation groups parameters macs connections formula"
    )
    assert list(layers.table.columns)[: len(design.split())] == design.split()
