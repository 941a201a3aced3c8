"""Networks as people have them: an analysis answers, or one clear sentence says why not."""

import copy
import threading
import warnings
from itertools import count

import pytest
import torch
from torch import nn
from torch.fx.experimental.proxy_tensor import make_fx
from torch.nn import functional as F

import hierfeat as hf
from hierfeat.zoo._twin import noise_like_data

SHAPE = (1, 16, 16)
IMAGES = torch.rand(6, *SHAPE, generator=torch.Generator().manual_seed(1))
LABELS = torch.arange(6) % 3


def plain() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3), nn.ReLU(), nn.Flatten(), nn.Linear(150, 3)
    ).eval()


def exported(model: nn.Module, **sizes: int) -> nn.Module:
    shapes = ({0: torch.export.Dim("batch", **sizes)},) if sizes else None
    return torch.export.export(model, (IMAGES,), dynamic_shapes=shapes).module()


GRAPHS = {
    "torch.export": lambda model: exported(model, min=1, max=64),
    "make_fx": lambda model: make_fx(model)(IMAGES[:1]),
    "torch.fx": torch.fx.symbolic_trace,
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", GRAPHS)
def test_graphs_have_the_layers_and_the_activations_of_their_model(kind):
    expected, h = hf.Hierarchy(plain()[:5], SHAPE), hf.Hierarchy(GRAPHS[kind](plain()[:5]), SHAPE)
    columns = ["kind", "in_shape", "out_shape", "kernel", "stride", "padding"]
    mine, theirs = (x.layers.table.query("kind in ('conv', 'pool', 'activation')") for x in (h, expected))
    assert mine[columns].values.tolist() == theirs[columns].values.tolist()
    assert h.layers.table.parameters.sum() == expected.layers.table.parameters.sum()
    got, wanted = hf.record(h, IMAGES), hf.record(expected, IMAGES)
    assert all(torch.allclose(a, b) for a, b in zip(got.values(), wanted.values(), strict=True))
    conv = [name for name in got if h.layers[name].kind == "conv"][1]
    assert torch.allclose(
        torch.as_tensor(hf.effective_field(h, IMAGES, conv).map),
        torch.as_tensor(hf.effective_field(expected, IMAGES, "3").map),
    )


@pytest.mark.filterwarnings("ignore")
def test_linear_layers_are_found_below_the_level_of_functions():
    layers = hf.Hierarchy(make_fx(plain())(IMAGES[:1]), SHAPE).layers
    assert [(layer.op, layer.macs) for layer in layers if layer.kind == "linear"] == [("linear", 450)]


@pytest.mark.filterwarnings("ignore")
def test_a_program_exported_with_a_fixed_batch_says_so():
    with pytest.raises(hf.HierfeatError, match="export it with a dynamic batch axis"):
        hf.record(hf.Hierarchy(exported(plain()), SHAPE), IMAGES)


@pytest.mark.filterwarnings("ignore")
def test_what_is_quantised_is_called_quantised():
    q = torch.ao.quantization
    model = nn.Sequential(q.QuantStub(), plain(), q.DeQuantStub()).eval()
    torch.backends.quantized.engine = "fbgemm"
    model.qconfig = q.get_default_qconfig("fbgemm")
    model = q.prepare(model)
    model(IMAGES)
    with pytest.raises(hf.HierfeatError, match="is quantised .*floating-point model"):
        hf.Hierarchy(q.convert(model), SHAPE)
    dynamic = hf.Hierarchy(torch.ao.quantization.quantize_dynamic(plain(), {nn.Linear}, torch.qint8), SHAPE)
    assert dynamic.layers["6"].kind == "linear"
    assert torch.equal(hf.record(dynamic, IMAGES)["3"], hf.record(hf.Hierarchy(plain(), SHAPE), IMAGES)["3"])
    for ask in (lambda: hf.untrained(dynamic), lambda: hf.gradient_flow(dynamic, IMAGES, LABELS)):
        with pytest.raises(hf.HierfeatError, match="quantised"):
            ask()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("how", ["whole", "a part", "in place", "in place as a whole", "parallel", "half", "bfloat16"])
def test_wrapped_and_small_numbered_models(how):
    net, expected = plain(), hf.record(hf.Hierarchy(plain(), SHAPE), IMAGES)
    if how == "whole":
        net = torch.compile(net)
    elif how == "a part":
        net[0] = torch.compile(net[0])
    elif how == "in place":
        net[3].compile()
    elif how == "in place as a whole":
        net.compile()
    elif how == "parallel":
        net = nn.DataParallel(net)
    else:
        net = net.to(torch.float16 if how == "half" else torch.bfloat16)
    h = hf.Hierarchy(net, SHAPE)
    got = hf.record(h, IMAGES)
    tolerance = 2e-2 if how in ("half", "bfloat16") else 1e-6
    assert list(got) == list(expected)
    assert all(torch.allclose(got[name].float(), expected[name], atol=tolerance) for name in got)
    [moments] = hf.sweep(h, IMAGES, [hf.Moments()])
    assert moments["mean"].notna().all()
    if how == "in place":
        assert net[3]._compiled_call_impl is not None


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(1, 4, 3), nn.Linear(6, 3)

    def forward(self, x, context, *, scale=1.0):
        return self.head(torch.cat([self.conv(x).mean((2, 3)) * scale, context], 1))


class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)

    def forward(self, left, right):
        return (self.conv(left) - self.conv(right)).abs().mean((2, 3))


@pytest.mark.parametrize(
    ("model", "example"),
    [
        (Two, (torch.ones(1, 2),)),
        (Two, {"context": torch.ones(1, 2), "scale": 2.0}),
        (Two, lambda images: (torch.ones(len(images), 2),)),
        (Two, lambda: torch.ones(1, 2)),
        (Siamese, lambda images: (images.flip(3),)),
    ],
)
def test_further_inputs(model, example):
    h = hf.Hierarchy(model(), SHAPE, example=example)
    assert "conv" in h.layers
    assert torch.equal(hf.record(h, IMAGES, batch_size=4)["conv"], hf.record(h, IMAGES)["conv"])
    assert hf.evaluate(h, IMAGES, LABELS).table is not None
    assert len(hf.gradient_flow(h, IMAGES, LABELS).table)
    hf.receptive_fields(h)
    hf.untrained(h)
    with pytest.raises(hf.HierfeatError, match="example="):
        _ = hf.Hierarchy(model(), SHAPE).layers


class Outputs(nn.Module):
    def __init__(self, pack):
        super().__init__()
        self.conv, self.head, self.pack = nn.Conv2d(1, 4, 3), nn.Linear(4, 3), pack

    def forward(self, x):
        z = self.conv(x).relu()
        return self.pack(z, self.head(z.mean((2, 3))))


PACKS = {
    "dict": (lambda z, y: {"maps": z, "out": y}, "out"),
    "tuple": (lambda z, y: (z, y), 1),
    "list": (lambda z, y: [z, y], -1),
    "nested": (lambda z, y: {"all": [z, {"y": y}]}, lambda given: given["all"][1]["y"]),
    "one score": (lambda z, y: y[:, 0], lambda y: torch.stack([-y, y, y * 0], 1)),
    "dense": (lambda z, y: z, lambda z: z.mean((2, 3))),
}


@pytest.mark.parametrize("kind", PACKS)
def test_the_output_is_read_in_one_place(kind):
    torch.manual_seed(0)
    pack, output = PACKS[kind]
    model = Outputs(pack)
    chosen, unchosen = hf.Hierarchy(model, SHAPE, output=output), hf.Hierarchy(model, SHAPE)
    with torch.no_grad():
        returned = model.eval()(IMAGES)
        scores = output(returned) if callable(output) else returned[output]
    assert torch.equal(chosen(IMAGES), scores)
    accuracy = float((scores.argmax(1) == LABELS).float().mean())
    tolerance = hf.distortion_tolerance(chosen, IMAGES, LABELS, distortions=("shift",), draws=1).table
    assert hf.evaluate(chosen, IMAGES, LABELS).accuracy == pytest.approx(accuracy)
    assert tolerance[tolerance.amount == 0].accuracy.iloc[0] == pytest.approx(accuracy)
    hf.shift_consistency(chosen, IMAGES, max_shift=1)
    hf.gradient_flow(chosen, IMAGES, LABELS)
    for ask in (
        lambda: hf.evaluate(unchosen, IMAGES, LABELS),
        lambda: hf.shift_consistency(unchosen, IMAGES, max_shift=1),
        lambda: hf.gradient_flow(unchosen, IMAGES, LABELS),
        lambda: hf.distortion_tolerance(unchosen, IMAGES, LABELS, distortions=("shift",), draws=1),
    ):
        with pytest.raises(hf.HierfeatError, match="a score per class.*output="):
            ask()


def test_a_part_that_is_not_there_is_named():
    h = hf.Hierarchy(Outputs(PACKS["dict"][0]), SHAPE, output="logits")
    with pytest.raises(hf.HierfeatError, match=r"output='logits'.*the keys \['maps', 'out'\]"):
        h(IMAGES)


class WithoutGradients(nn.Module):
    def __init__(self, mode):
        super().__init__()
        self.conv, self.head, self.mode = nn.Conv2d(1, 4, 3), nn.Linear(4, 3), mode

    def forward(self, x):
        with self.mode():
            return self.head(F.relu(self.conv(x)).mean((2, 3)))


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_a_forward_pass_without_gradients_is_called_that(mode):
    h = hf.Hierarchy(WithoutGradients(mode), SHAPE)
    for ask in (
        lambda: hf.effective_field(h, IMAGES, "conv"),
        lambda: hf.gradient_flow(h, IMAGES, LABELS),
        lambda: hf.attribute(h, IMAGES, "conv", 0),
        lambda: hf.synthesize(h, "conv", [0], steps=1),
        lambda: hf.filters(h, "conv").effective,
    ):
        with pytest.raises(hf.HierfeatError, match="no gradient"):
            ask()
    assert len(hf.record(h, IMAGES)) == 2


class InPlace(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(1, 4, 3), nn.Linear(4, 3)

    def forward(self, x):
        return self.head(self.conv(x.sub_(0.5).div_(0.25)).relu_().mean((2, 3)))


def test_a_model_that_writes_into_its_input():
    h = hf.Hierarchy(InPlace(), SHAPE)
    same = hf.Hierarchy(nn.Sequential(h.model.conv), SHAPE, mean=[0.5], std=[0.25])
    images = IMAGES.clone()
    assert torch.equal(hf.record(h, images)["conv"], hf.record(same, images)["0"])
    fields = [torch.as_tensor(hf.effective_field(x, images, name).map) for x, name in ((h, "conv"), (same, "0"))]
    assert torch.allclose(*(field / field.max() for field in fields), atol=1e-6)
    hf.gradient_flow(h, images, LABELS)
    hf.attribute(h, images, "conv", 0)
    assert torch.equal(images, IMAGES)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_named(value):
    net = plain()
    h = hf.Hierarchy(net, SHAPE)
    hf.record(h, IMAGES)
    with torch.no_grad():
        net[3].weight[0, 0, 0, 0] = value
    for ask in (lambda: hf.record(h, IMAGES), lambda: hf.sweep(h, IMAGES, [hf.Moments()]), lambda: h(IMAGES)):
        with pytest.raises(hf.HierfeatError, match=r"finite weights.*'3\.weight'"):
            ask()


class Sick(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.conv, self.factor = nn.Conv2d(1, 3, 3), factor

    def forward(self, x):
        return F.max_pool2d(self.conv(x * self.factor), 2)


@pytest.mark.parametrize(
    ("factor", "says"), [(float("nan"), "NaN"), (float("inf"), "NaN|infinity"), (1e25, "overflow")]
)
@pytest.mark.parametrize("measure", [hf.Moments, hf.Sparseness, hf.ActiveFraction, hf.Histogram])
def test_activations_that_are_not_finite_are_named(factor, says, measure):
    h = hf.Hierarchy(Sick(factor), SHAPE)
    with pytest.raises(hf.HierfeatError, match=f"finite activations, got .*({says}).* in layer 'conv'"):
        hf.sweep(h, IMAGES, [measure()])
    with pytest.raises(hf.HierfeatError, match=f"finite activations, got .*({says}).* in layer 'conv'"):
        hf.record(h, IMAGES)


POOLS = {
    "mean(3).mean(2)": lambda x: x.mean(3).mean(2),
    "mean(2).mean(2)": lambda x: x.mean(2).mean(2),
    "mean(-1, keepdim).mean(-2, keepdim)": lambda x: x.mean(-1, keepdim=True).mean(-2, keepdim=True).flatten(1),
    "flatten(2).mean(2)": lambda x: x.flatten(2).mean(2),
    "view.max": lambda x: x.view(*x.shape[:2], -1).max(2)[0],
    "reshape.amax(-1)": lambda x: x.reshape(len(x), x.shape[1], -1).amax(-1),
    "sum/n": lambda x: x.sum((2, 3)) / 196,
    "mean": lambda x: x.mean((2, 3)),
}


class Pooling(nn.Module):
    def __init__(self, how):
        super().__init__()
        self.conv, self.how, self.head = nn.Conv2d(1, 4, 3), how, nn.Linear(4, 3)

    def forward(self, x):
        return self.head(self.how(self.conv(x)))


@pytest.mark.parametrize("how", POOLS)
def test_global_pools_in_all_spellings(how):
    table = hf.Hierarchy(Pooling(POOLS[how]), SHAPE).layers.table
    assert (table.kind == "pool").sum() == 1
    assert "pool" in table.kind.tolist()[1:-1]


def test_a_mean_over_the_channels_of_tokens_is_not_a_pool():
    class Normalising(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 4, 3)

        def forward(self, x):
            tokens = self.conv(x).flatten(2).transpose(1, 2)
            return tokens - tokens.mean(-1, keepdim=True)

    assert "pool" not in set(hf.Hierarchy(Normalising(), SHAPE).layers.table.kind)


def test_a_bilinear_layer_costs_what_it_computes():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.both = nn.Conv2d(1, 7, 16), nn.Bilinear(3, 4, 5)

        def forward(self, x):
            z = self.conv(x).flatten(1)
            return self.both(z[:, :3], z[:, 3:])

    layer = hf.Hierarchy(Net(), SHAPE).layers["both"]
    assert (layer.kind, layer.parameters, layer.macs, layer.connections) == ("linear", 65, 80, 65)


class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.unused = nn.Conv2d(1, 4, 3, padding=1), nn.Linear(3, 3)
        self.again = nn.Conv2d(4, 4, 3, padding=1)
        self.scale, self.weight = nn.Parameter(torch.ones(4, 1, 1)), nn.Parameter(torch.ones(2, 4, 1, 1))

    def forward(self, x):
        x = self.again(self.again(self.conv(x)) * self.scale)
        return F.conv2d(x, self.weight)


def test_the_rows_add_up_to_the_models_parameters():
    model = Scaled()
    layers = hf.Hierarchy(model, SHAPE).layers
    assert layers.table.parameters.sum() == sum(p.numel() for p in model.parameters())
    rows = layers.table[layers.table.op == "parameter"].set_index("layer").parameters.to_dict()
    assert rows == {"scale": 4, "unused.weight": 9, "unused.bias": 3}
    assert len(layers) == 4
    assert (layers["again"].parameters, layers["again#2"].parameters) == (148, 0)
    with pytest.raises(hf.HierfeatError, match="'scale' of Scaled is a parameter"):
        layers.select("scale")
    assert [layer.name for layer in layers.select("*")] == ["conv", "again", "again#2", "conv2d"]


SURGERY = {
    "another module": lambda m: m.__setitem__(0, nn.Conv2d(1, 2, 5)),
    "a module more": lambda m: m.append(nn.ReLU()),
    "a module less": lambda m: m.__delitem__(1),
    "another setting": lambda m: setattr(m[2], "stride", 1),
    "another weight": lambda m: setattr(m[0], "weight", nn.Parameter(torch.ones(7, 1, 3, 3))),
}


@pytest.mark.parametrize("cut", SURGERY)
def test_the_layer_table_follows_surgery(cut):
    net = nn.Sequential(nn.Conv2d(1, 4, 3, bias=False), nn.ReLU(), nn.MaxPool2d(2))
    h = hf.Hierarchy(net, SHAPE)
    first = h.layers
    assert h.layers is first
    hf.record(h, IMAGES)
    assert h.layers is first
    SURGERY[cut](net)
    fresh = hf.Hierarchy(net, SHAPE).layers
    assert h.layers.table.equals(fresh.table)
    assert not h.layers.table.equals(first.table)


class Folding(nn.Module):
    """Folds rows, windows or tokens into the first axis."""

    def __init__(self, how):
        super().__init__()
        self.conv, self.how = nn.Conv2d(1, 4, 3, padding=1), how
        self.linear, self.line = nn.Linear(4, 4), nn.Conv1d(4, 4, 3, padding=1)
        self.attention = nn.MultiheadAttention(4, 1)

    def forward(self, x):
        z = self.conv(x)
        if self.how == "rows":
            return self.line(z.permute(0, 2, 1, 3).reshape(-1, 4, 16)).view(len(x), -1)
        if self.how == "windows":
            windows = z.view(len(x), 4, 4, 4, 4, 4).permute(0, 2, 4, 3, 5, 1).reshape(-1, 16, 4)
            return self.linear(windows).view(len(x), -1)
        tokens = z.flatten(2).permute(2, 0, 1)
        return self.attention(tokens, tokens, tokens)[0].mean(0)


@pytest.mark.parametrize(("how", "layer"), [("rows", "line"), ("windows", "linear"), ("tokens", "attention")])
@pytest.mark.parametrize("count", [6, 16, 256])  # with 16 images, or 256, the axes look alike
def test_a_layer_that_is_not_of_images_is_named(how, layer, count):
    h = hf.Hierarchy(Folding(how), SHAPE)
    images = torch.rand(count, *SHAPE)
    labels = torch.arange(count) % 3
    for ask in (
        lambda: hf.record(h, images, layers=layer, batch_size=count // 2),
        lambda: hf.sweep(h, images, [hf.Moments()], layers=layer),
        lambda: hf.similarity(h, images, layers=layer),
        lambda: hf.participation_ratio(h, images, layers=layer),
        lambda: hf.layer_probes(h, (images, labels), (images, labels), layers=layer),
        lambda: hf.class_selectivity(h, images, labels, layers=layer, permutations=2),
    ):
        with pytest.raises(hf.HierfeatError, match=f"first axis of images in layer '{layer}'"):
            ask()
    assert layer in hf.record(h, images, layers=layer, batch_size=count), "as the module gives it"


@pytest.mark.parametrize("batch_first", [False, True])
def test_an_attention_is_recorded_as_the_module_gives_it(batch_first):
    class Attending(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.attention = nn.Conv2d(1, 4, 4, 4), nn.MultiheadAttention(4, 2, batch_first=batch_first)

        def forward(self, x):
            tokens = self.conv(x).flatten(2)
            tokens = tokens.transpose(1, 2) if batch_first else tokens.permute(2, 0, 1)
            self.given = self.attention(tokens, tokens, tokens)[0]
            return self.given.mean(1)

    h = hf.Hierarchy(Attending(), SHAPE)
    got = hf.record(h, IMAGES, layers="attention")["attention"]
    with torch.no_grad():
        h.model.eval()(IMAGES)
    assert torch.allclose(got, h.model.given, atol=1e-6)


class Parts(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3))
        self.relu, self.head = nn.ReLU(), nn.Linear(4, 3)

    def embed(self, x):
        return self.relu(self.relu(self.features(x)).mean((2, 3)))

    def forward(self, x):
        return self.head(self.embed(x))


def test_a_recorder_keeps_the_latest_pass_of_whatever_is_called():
    h = hf.Hierarchy(Parts(), SHAPE)
    model = h.model
    with torch.no_grad(), hf.Recorder(h, layers="*") as seen:
        for image in IMAGES.split(1):
            model.features(image)
        assert list(seen) == ["features.0", "features.1", "features.2"]
        assert torch.equal(seen["features.0"], model.features[0](IMAGES[-1:]))
        for image in IMAGES.split(1):
            model.head(model.features(image).mean((2, 3)))
        assert list(seen) == ["features.0", "features.1", "features.2", "head"]
        for _ in range(3):
            model.embed(IMAGES)
        assert list(seen) == ["features.0", "features.1", "features.2", "relu", "mean", "relu#2"]
        model(IMAGES)
        assert list(seen)[-1] == "head"
        F.relu(IMAGES)  # not the model's
        assert len(seen) == 7


def smoothed(images):
    for batch in images.split(2):
        yield F.avg_pool2d(F.conv2d(batch, torch.ones(1, 1, 3, 3) / 9, padding=1), 3, 1, 1)


def test_what_makes_the_batches_is_not_recorded():
    class Functional(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.randn(2, 1, 3, 3))

        def forward(self, x):
            return F.relu(F.conv2d(x, self.weight))

    h = hf.Hierarchy(Functional(), SHAPE)
    with torch.no_grad():
        [expected] = hf.sweep(h, list(smoothed(IMAGES)), [hf.Moments()])
    [got] = hf.sweep(h, smoothed(IMAGES), [hf.Moments()])
    assert got.equals(expected)

    def perturbed():
        for batch in IMAGES.split(3):
            batch = batch.clone().requires_grad_()
            (gradient,) = torch.autograd.grad(F.conv2d(batch, h.model.weight).sum(), batch)
            yield (batch + 0.01 * gradient.sign()).detach()

    assert set(hf.sweep(h, perturbed(), [hf.Moments()], layers="*")[0].layer) == {"conv2d", "relu"}


@pytest.mark.filterwarnings("ignore")
def test_sweeps_in_threads_do_not_disturb_each_other():
    nets = [hf.Hierarchy(plain(), SHAPE) for _ in range(4)]
    images = torch.rand(64, *SHAPE)
    kinds = (hf.Moments, hf.ActiveFraction, hf.Sparseness, hf.Histogram)
    expected = hf.sweep(nets[0], images, [kind() for kind in kinds], batch_size=4)
    found: dict[int, list] = {}

    def run(number: int) -> None:
        for _ in range(5):
            found[number] = hf.sweep(nets[number], images, [kind() for kind in kinds], batch_size=4)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    with warnings.catch_warnings():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(found) == 4
    for tables in found.values():
        for got, wanted in zip(tables, expected, strict=True):
            assert got.equals(wanted)


class Third(nn.Module):
    """It counts outside of itself: what a model writes into itself is put back after each batch."""

    def __init__(self, calls):
        super().__init__()
        self.conv, self.calls = nn.Conv2d(1, 4, 3), calls

    def forward(self, x):
        if next(self.calls) == 3:
            raise RuntimeError("the third pass")
        return self.conv(x).mean((2, 3))


def test_a_model_that_fails_at_its_third_pass_says_so():
    h = hf.Hierarchy(Third(count(1)), SHAPE)
    with pytest.raises(
        hf.HierfeatError, match=r"Third failed on inputs of shape \(1, 1, 16, 16\): RuntimeError: the third"
    ):
        hf.record(h, IMAGES, batch_size=1)


@pytest.mark.parametrize("wrap", ["old weight norm", "new weight norm", "old spectral norm", "new spectral norm"])
def test_twins_of_normed_weights_are_as_fresh_modules(wrap):
    norms = {
        "old weight norm": nn.utils.weight_norm,
        "new weight norm": nn.utils.parametrizations.weight_norm,
        "old spectral norm": nn.utils.spectral_norm,
        "new spectral norm": nn.utils.parametrizations.spectral_norm,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        net = nn.Sequential(norms[wrap](nn.Conv2d(8, 64, 3)), nn.ReLU())
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(40)
    h = hf.Hierarchy(net.eval(), (8, 12, 12))
    net(torch.rand(1, 8, 12, 12))
    twin, again, other = (hf.untrained(h, seed=seed) for seed in (0, 0, 1))
    x = torch.rand(2, 8, 12, 12)
    assert torch.equal(twin(x), again(x))
    assert not torch.equal(twin(x), other(x))
    weight = twin.model[0].weight.detach()
    bound = 1 / (8 * 9) ** 0.5  # of torch's own initialisation
    if "weight norm" in wrap:
        assert weight.abs().max() <= bound * 1.001
        assert weight.std() == pytest.approx(bound / 3**0.5, rel=0.1)
    else:
        assert torch.linalg.matrix_norm(weight.flatten(1), 2) == pytest.approx(1, rel=0.05)


@pytest.mark.parametrize("given", [None, "images"])
def test_running_statistics_of_a_twin_are_those_of_its_own_activations(given):
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.BatchNorm2d(8), nn.ReLU()
    )
    h = hf.Hierarchy(net, SHAPE, mean=[0.4], std=[0.2])
    images = torch.rand(300, *SHAPE)
    twin = hf.untrained(h, seed=3, images=images if given else None)
    reference = copy.deepcopy(twin.model).train()
    for module in reference:
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    if given:
        with torch.no_grad():
            reference(twin.normalise(images))
        for mine, theirs in zip(twin.model, reference, strict=True):
            if isinstance(mine, nn.BatchNorm2d):
                assert torch.allclose(mine.running_mean, theirs.running_mean, atol=0.02)
                assert torch.allclose(mine.running_var, theirs.running_var, rtol=0.1)
    shown = images if given else noise_like_data(h, 3)
    [moments] = hf.sweep(twin, shown, [hf.Moments()], layers="norm")
    assert moments["mean"].abs().max() < 0.05
    assert moments["variance"].between(0.9, 1.1).all()
    assert twin.notes["untrained_seed"] == 3
    assert ("given" if given else "pink noise") in hf.receptive_fields(twin).provenance["notes"]["running_statistics"]
    assert torch.equal(net[1].running_mean, torch.zeros(8))
