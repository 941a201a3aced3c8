"""Every layer call is seen, named as design fixes it, and can be replaced or stopped."""

import threading

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import hierfeat as hf
from hierfeat.subjects.call import Call, Stop
from hierfeat.subjects.calls import Watch


def seen(model: nn.Module, x: torch.Tensor) -> list[tuple[str, str]]:
    calls: list[tuple[str, str]] = []
    with torch.no_grad(), Watch(model.eval(), after=lambda call, _: calls.append((call.name, call.kind))):
        model(x)
    return calls


def test_modules_functions_repeats_and_in_place_calls_all_count(everything, images):
    assert seen(everything, images) == [
        ("conv1", "conv"),
        ("relu", "activation"),
        ("conv2", "conv"),
        ("bn", "norm"),
        ("relu#2", "activation"),
        ("conv2#2", "conv"),
        ("add", "add"),
        ("relu#3", "activation"),  # F.relu_ at the top is named relu as well, and counts on
        ("max_pool2d", "pool"),
        ("avg_pool2d", "pool"),
        ("cat", "concat"),
        ("mean", "pool"),
        ("head", "linear"),
    ]


def test_names_start_afresh_with_each_forward(everything, images):
    names: list[str] = []
    with torch.no_grad(), Watch(everything.eval(), after=lambda call, _: names.append(call.name)):
        everything(images)
        first = list(names)
        names.clear()
        everything(images)
    assert names == first


class Block(nn.Module):
    def forward(self, x):
        return torch.max_pool2d(F.relu(x), 2).relu().clamp(min=0)


def test_functional_calls_carry_the_path_of_their_module():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), Block())
    assert [name for name, _ in seen(net, torch.rand(1, 1, 8, 8))] == [
        "0",
        "1.relu",
        "1.max_pool2d",
        "1.relu#2",
        "1.clamp",
    ]


@pytest.mark.parametrize(
    ("layer", "x", "kind"),
    [
        (nn.Conv1d(2, 3, 3), torch.rand(1, 2, 9), "conv"),
        (nn.Conv3d(2, 3, 2), torch.rand(1, 2, 4, 4, 4), "conv"),
        (nn.ConvTranspose2d(2, 3, 2), torch.rand(1, 2, 5, 5), "conv"),
        (nn.Conv2d(4, 4, 3, groups=4, dilation=2), torch.rand(1, 4, 9, 9), "conv"),
        (nn.LPPool2d(2, 2), torch.rand(1, 2, 6, 6), "pool"),
        (nn.AdaptiveMaxPool2d(2), torch.rand(1, 2, 7, 7), "pool"),
        (nn.AdaptiveAvgPool1d(2), torch.rand(1, 2, 7), "pool"),
        (nn.FractionalMaxPool2d(2, output_size=3), torch.rand(1, 2, 7, 7), "pool"),
        (nn.MaxPool2d(2, return_indices=True), torch.rand(1, 2, 6, 6), "pool"),
        (nn.GroupNorm(1, 2), torch.rand(1, 2, 6, 6), "norm"),
        (nn.LocalResponseNorm(2), torch.rand(1, 2, 6, 6), "norm"),
        (nn.Softmax(1), torch.rand(1, 2), "activation"),
        (nn.PReLU(), torch.rand(1, 2, 6, 6), "activation"),
        (nn.GLU(1), torch.rand(1, 2, 6, 6), "activation"),
        (nn.Dropout(), torch.rand(1, 2, 6, 6), "other"),
        (nn.Upsample(scale_factor=2), torch.rand(1, 2, 6, 6), "other"),
        (nn.PixelShuffle(2), torch.rand(1, 4, 6, 6), "other"),
    ],
)
def test_each_torch_layer_is_one_call_of_its_kind(layer, x, kind):
    assert seen(nn.Sequential(layer), x) == [("0", kind)]


ACTIVATIONS = (
    "ReLU ReLU6 LeakyReLU ELU SELU CELU GELU SiLU Mish Tanh Sigmoid Hardtanh Hardswish Hardsigmoid Softplus Softsign "
    "LogSigmoid Tanhshrink Softshrink Hardshrink RReLU"
)


@pytest.mark.parametrize("name", ACTIVATIONS.split())
def test_every_activation_of_torch(name):
    assert seen(nn.Sequential(getattr(nn, name)()), torch.rand(1, 2, 4, 4)) == [("0", "activation")]


def test_a_constant_or_a_bias_is_no_add_layer():
    class Biased(nn.Module):
        def __init__(self):
            super().__init__()
            self.bias = nn.Parameter(torch.zeros(1, 2, 4, 4))

        def forward(self, x):
            return (x + 1) + self.bias + x.mean((2, 3), keepdim=True)

    assert seen(Biased(), torch.rand(1, 2, 4, 4)) == [("mean", "pool")]


def test_weight_standardisation_inside_a_convolution_is_no_layer():
    class Standardised(nn.Conv2d):
        def forward(self, x):
            weight = F.batch_norm(self.weight.flatten(1)[None], None, None, training=True).view_as(self.weight)
            return F.relu(F.conv2d(x, weight, self.bias))

    assert seen(nn.Sequential(Standardised(1, 2, 3)), torch.rand(1, 1, 8, 8)) == [
        ("0", "conv"),
        ("0.relu", "activation"),
    ]


def test_a_norm_wrapped_in_permutes_is_recorded_channels_first():
    class LayerNorm2d(nn.LayerNorm):
        def forward(self, x):
            return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

    h = hf.Hierarchy(nn.Sequential(nn.Conv2d(1, 4, 3), LayerNorm2d(4)), (1, 8, 8))
    assert h.layers["1"].out_shape == (4, 6, 6)


def test_a_module_may_declare_itself_one_layer():
    class Cells(nn.Module):
        layer_kind, layer_op = "conv", "s_cells"
        kernel_size, stride, padding = 3, 2, 1

        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(2, 1, 3, 3))

        def forward(self, x):
            return F.relu(F.conv2d(x, self.weight, stride=2, padding=1))

        def layer_macs(self, in_shape, out_shape):
            return 7

    layer = hf.Hierarchy(nn.Sequential(Cells(), nn.ReLU()), (1, 8, 8)).layers["0"]
    assert (layer.op, layer.kernel, layer.stride, layer.parameters, layer.macs) == ("s_cells", (3, 3), (2, 2), 18, 7)
    assert layer.formula == "⌊(8 - 3 + 2·1)/2⌋ + 1 = 4"
    assert [name for name, _ in seen(nn.Sequential(Cells(), nn.ReLU()), torch.rand(1, 1, 8, 8))] == ["0", "1"]


def test_a_whole_layer_may_show_an_operation_within_it():
    class Cells(nn.Module):
        layer_kind, layer_op, layer_shows = "conv", "s_cells", ("relu",)

        def __init__(self):
            super().__init__()
            self.inner = nn.Conv2d(1, 1, 3, bias=False)

        def forward(self, x):
            return 2 * F.relu(self.inner(x).clamp(min=-1) - 0.1)

    net, image = nn.Sequential(Cells(), nn.ReLU()), torch.rand(1, 1, 8, 8)
    h = hf.Hierarchy(net, (1, 8, 8))
    assert [(layer.name, layer.kind) for layer in h.layers] == [
        ("0.relu", "activation"),
        ("0", "conv"),
        ("1", "activation"),
    ]
    assert h.layers["0"].macs == 9 * 36, "what the layer shows does not hide what it costs"
    found = hf.record(h, image, layers=["0", "0.relu"])
    assert torch.equal(found["0"], 2 * found["0.relu"])
    assert [name for name, _ in seen(net, image)] == ["0.relu", "0", "1"]


def test_control_flow_that_depends_on_the_data():
    class Fickle(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 1, 3, padding=1)

        def forward(self, x):
            for _ in range(1 + int(x.sum() > 0)):
                x = self.conv(x)
            return x

    h = hf.Hierarchy(Fickle(), (1, 8, 8))
    assert [layer.name for layer in h.layers] == ["conv", "conv#2"]
    assert list(hf.record(h, torch.zeros(1, 1, 8, 8))) == ["conv"]


def test_before_skips_and_after_replaces(everything, images):
    def swap(call: Call) -> torch.Tensor | None:
        return F.avg_pool2d(call.input, 2) if call.name == "max_pool2d" else None

    outputs: dict[str, torch.Tensor] = {}
    with torch.no_grad(), Watch(everything.eval(), before=swap, after=lambda c, o: outputs.update({c.name: o.clone()})):
        everything(images)
    assert torch.equal(outputs["max_pool2d"], F.avg_pool2d(outputs["relu#3"], 2))
    with torch.no_grad(), Watch(everything.eval(), after=lambda c, o: o * 0 if c.kind == "linear" else None):
        assert everything(images).eq(0).all()


def test_replacing_keeps_the_indices_of_a_pool():
    pool = nn.MaxPool2d(2, return_indices=True)
    with Watch(pool, after=lambda c, o: o + 1):
        values, indices = pool(torch.zeros(1, 1, 4, 4))
    assert values.eq(1).all()
    assert indices.dtype == torch.int64


def test_stop_ends_the_forward_quietly(everything, images):
    names: list[str] = []

    def after(call: Call, _: torch.Tensor) -> None:
        names.append(call.name)
        if call.name == "conv2":
            raise Stop

    with torch.no_grad(), Watch(everything.eval(), after=after):
        everything(images)
        pytest.fail("the forward went on")  # pragma: no cover
    assert names[-1] == "conv2"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_no_hook_survives(everything, images, error):
    def after(call: Call, _: torch.Tensor) -> None:
        raise error

    registries = nn.modules.module
    before = (len(registries._global_forward_hooks), len(registries._global_forward_pre_hooks))
    with pytest.raises(error), Watch(everything.eval(), after=after):
        everything(images)
    assert before == (len(registries._global_forward_hooks), len(registries._global_forward_pre_hooks))
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in everything.modules())


def test_an_exception_caught_inside_the_model_does_not_confuse_the_names():
    class Fragile(nn.Module):
        def forward(self, x):
            raise ValueError

    class Catching(nn.Module):
        def __init__(self):
            super().__init__()
            self.fragile, self.conv = Fragile(), nn.Conv2d(1, 1, 3)

        def forward(self, x):
            try:
                self.fragile(x)
            except ValueError:
                x = F.relu(x)
            return self.conv(x)

    assert [name for name, _ in seen(Catching(), torch.rand(1, 1, 8, 8))] == ["relu", "conv"]


def test_what_callbacks_compute_is_no_call(everything, images):
    names: list[str] = []

    def after(call: Call, output: torch.Tensor) -> None:
        names.append(call.name)
        F.relu(output)

    with torch.no_grad(), Watch(everything.eval(), after=after):
        everything(images)
    assert len(names) == 13


@pytest.mark.parametrize("error", [Stop, RuntimeError])
def test_a_forward_that_was_cut_short_does_not_confuse_the_next(error):
    class Whole(nn.Module):
        layer_kind = "conv"

        def forward(self, x):
            if x.sum() == 0:
                raise error
            return x

    net = nn.Sequential(nn.Conv2d(1, 1, 1), nn.Sequential(Whole(), nn.ReLU()))
    names: list[str] = []
    with torch.no_grad(), Watch(net.eval(), after=lambda call, _: names.append(call.name)):
        nn.init.zeros_(net[0].weight)
        nn.init.zeros_(net[0].bias)
        with pytest.raises(error):
            net(torch.zeros(1, 1, 4, 4))
        nn.init.ones_(net[0].weight)
        names.clear()
        net(torch.ones(1, 1, 4, 4))
    assert names == ["0", "1.0", "1.1"]


@pytest.mark.parametrize("wrap", [nn.utils.parametrizations.spectral_norm, nn.utils.parametrizations.weight_norm])
def test_what_makes_a_weight_is_no_layer(wrap):
    """Also where the weight is read outside its module's own forward."""

    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = wrap(nn.Conv2d(1, 2, 3))

        def forward(self, x):
            return F.conv_transpose2d(self.conv(x), self.conv.weight)

    assert seen(Tied(), torch.rand(1, 1, 8, 8)) == [("conv", "conv"), ("conv_transpose2d", "conv")]


def test_what_other_threads_run_is_not_seen():
    """Module hooks are everybody's: a model that serves in one thread may be examined in another."""
    torch.manual_seed(0)
    h = hf.Hierarchy(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Conv2d(2, 2, 3)).eval(), (1, 8, 8))
    images, found, stopped = torch.rand(4, 1, 8, 8), [], threading.Event()
    expected = {name: value.clone() for name, value in hf.record(h, images, layers="*").items()}

    def serve():
        while not stopped.is_set():
            h.model(images[:1])

    def examine():
        for _ in range(20):
            got = hf.record(h, images, layers="*")
            found.append(list(got) == list(expected) and all(torch.equal(got[name], expected[name]) for name in got))

    serving = threading.Thread(target=serve)
    examining = [threading.Thread(target=examine) for _ in range(2)]
    for thread in (serving, *examining):
        thread.start()
    for thread in examining:
        thread.join()
    stopped.set()
    serving.join()
    assert found == [True] * 40
