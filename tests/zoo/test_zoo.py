"""The zoo: architectures, the published counts of LeNet-5, and the shipped weights against their cards."""

import json
from math import prod
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from hierfeat.errors import HierfeatError
from hierfeat.stimuli.datasets import LOADERS
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.zoo import ACTIVATION_SIBLINGS, POOLING_SIBLINGS, ZOO
from hierfeat.zoo.bitmaps import COLUMNS, ROWS, digit_codes
from hierfeat.zoo.convnet import ConvNet
from hierfeat.zoo.lenet import LeNet5
from hierfeat.zoo.lenet1998 import TABLE_1, LeNet5Published, PartialConv2d, Subsampling
from hierfeat.zoo.loading import WEIGHTS, card, load
from hierfeat.zoo.neocognitron import glyphs
from hierfeat.zoo.parts import MaxBlurPool2d, Maxout
from hierfeat.zoo.resnet import CifarResNet

SHIPPED = sorted(path.stem for path in WEIGHTS.glob("*.safetensors"))


@pytest.mark.parametrize("name", ZOO)
def test_every_species_answers_with_its_classes(name: str) -> None:
    species = ZOO[name]
    model = species.build().eval()
    assert model(torch.rand(2, *species.input_shape)).shape == (2, len(species.classes))
    assert len(species.mean) == len(species.std) == species.input_shape[0]


@pytest.mark.parametrize("name", [*ACTIVATION_SIBLINGS, *POOLING_SIBLINGS])
def test_siblings_have_the_shapes_of_their_sister(name: str) -> None:
    """Before the dense layers, only the network without pools differs."""
    first_dense = ZOO[name].build().get_submodule("fc1")
    assert first_dense.in_features == (9216 if name == "lenet5-fashion-no-pool" else 400)


def test_limits_of_size() -> None:
    def count(name: str) -> int:
        return sum(parameter.numel() for parameter in ZOO[name].build().parameters())

    assert count("convnet-fashion") <= 1_000_000
    assert count("convnet-cifar10") <= 2_000_000
    assert count("lenet5-fashion") == 61_706
    assert count("resnet20-cifar10") == 269_722


# ---------------------------------------------------------------- LeNet-5 as published


PUBLISHED = {
    "C1": (156, 122_304),
    "S2": (12, 5_880),
    "C3": (1_516, 151_600),
    "S4": (32, 2_000),
    "C5": (48_120, 48_120),
    "F6": (10_164, 10_164),
    "RBF": (0, 840),
}


def test_published_counts_of_parameters_and_connections() -> None:
    table = Hierarchy(LeNet5Published(), (1, 32, 32)).layers.table.set_index("layer")
    for layer, (parameters, connections) in PUBLISHED.items():
        assert table.loc[layer, "parameters"] == parameters, layer
        assert table.loc[layer, "connections"] == connections, layer
    assert table["parameters"].sum() == 60_000
    assert table["connections"].sum() == 340_908


def test_published_shapes() -> None:
    layers = Hierarchy(LeNet5Published(), (1, 32, 32)).layers
    shapes = {name: layers[name].out_shape for name in ("C1", "S2", "C3", "S4", "C5", "F6")}
    assert shapes == {
        "C1": (6, 28, 28),
        "S2": (6, 14, 14),
        "C3": (16, 10, 10),
        "S4": (16, 5, 5),
        "C5": (120, 1, 1),
        "F6": (84,),
    }


def test_table_1_has_its_structure() -> None:
    """Six maps see 3 contiguous inputs, six see 4 contiguous ones, three see 4 others, and one sees all (the paper)."""
    assert [len(sources) for sources in TABLE_1] == [3] * 6 + [4] * 9 + [6]
    assert sum(len(sources) for sources in TABLE_1) == 60
    contiguous = [{(start + step) % 6 for step in range(size)} for size in (3, 4) for start in range(6)]
    assert [set(map(int, sources)) for sources in TABLE_1[:12]] == contiguous
    assert len(set(TABLE_1)) == 16


def test_partial_convolution_is_a_sum_over_its_table() -> None:
    torch.manual_seed(0)
    layer = PartialConv2d(TABLE_1, 5).double()
    images = torch.rand(2, 6, 14, 14, dtype=torch.float64)
    found, pair = layer(images), 0
    for target, sources in enumerate(TABLE_1):
        total = layer.bias[target] * torch.ones(2, 10, 10, dtype=torch.float64)
        for source in sources:
            total = total + F.conv2d(images[:, [int(source)]], layer.weight[pair][None, None])[:, 0]
            pair += 1
        torch.testing.assert_close(found[:, target], total)


def test_subsampling_is_coefficient_times_sum_plus_bias() -> None:
    layer = Subsampling(2)
    with torch.no_grad():
        layer.coefficient.copy_(torch.tensor([0.5, -1.0]))
        layer.bias.copy_(torch.tensor([0.25, 2.0]))
    images = torch.arange(32.0).reshape(1, 2, 4, 4)
    by_hand = np.zeros((2, 2, 2))
    for channel, row, column in np.ndindex(2, 2, 2):
        block = images[0, channel, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
        by_hand[channel, row, column] = [0.5, -1.0][channel] * float(block.sum()) + [0.25, 2.0][channel]
    np.testing.assert_allclose(layer(images)[0].detach().numpy(), by_hand)


def test_loss_is_equation_9() -> None:
    model = LeNet5Published(rubbish_distance=3.0)
    distances = np.array([[1.0, 2.0, 4.0], [5.0, 0.5, 2.5]])
    labels = np.array([2, 1])
    by_hand = [
        row[label] + np.log(np.exp(-3.0) + sum(np.exp(-value) for value in row))
        for row, label in zip(distances, labels, strict=True)
    ]
    found = model.loss(torch.from_numpy(-distances), torch.from_numpy(labels))
    assert float(found) == pytest.approx(np.mean(by_hand))


def test_outputs_are_minus_squared_distances_to_the_codes() -> None:
    model = LeNet5Published().eval()
    f6 = nn.Sequential(*list(model)[:-1])(torch.rand(3, 1, 32, 32))
    by_hand = -torch.cdist(f6, digit_codes()).square()
    torch.testing.assert_close(model[-1](f6), by_hand, rtol=1e-4, atol=1e-3)


def test_codes_are_ten_different_bitmaps() -> None:
    codes = digit_codes()
    assert codes.shape == (10, ROWS * COLUMNS) == (10, 84)
    assert set(codes.unique().tolist()) == {-1.0, 1.0}
    hamming = (codes[:, None] != codes).sum(2) + 84 * torch.eye(10)
    assert int(hamming.min()) >= 10


# ---------------------------------------------------------------- parts


def test_maxout_takes_the_larger_of_neighbours() -> None:
    found = Maxout(2)(torch.tensor([[1.0, 3.0, -2.0, -5.0]]))
    assert found.tolist() == [[3.0, -2.0]]
    images = torch.rand(2, 6, 4, 4)
    torch.testing.assert_close(Maxout(2)(images), torch.maximum(images[:, ::2], images[:, 1::2]))


def test_blurred_max_by_hand() -> None:
    images = torch.rand(1, 2, 8, 8)
    found = MaxBlurPool2d()(images)[0].numpy()
    dense = np.array([[[images[0, c, i : i + 2, j : j + 2].max() for j in range(7)] for i in range(7)] for c in (0, 1)])
    padded = np.pad(dense, ((0, 0), (1, 1), (1, 1)), mode="reflect")
    kernel = np.outer([1, 2, 1], [1, 2, 1]) / 16
    for channel, row, column in np.ndindex(2, 4, 4):
        window = padded[channel, 2 * row : 2 * row + 3, 2 * column : 2 * column + 3]
        assert found[channel, row, column] == pytest.approx((window * kernel).sum(), rel=1e-5)


def test_unknown_parts_are_named() -> None:
    with pytest.raises(HierfeatError, match=r"an activation among relu, .*got 'swish'"):
        LeNet5(activation="swish")
    with pytest.raises(HierfeatError, match=r"a pooling among max, .*got 'median'"):
        LeNet5(pooling="median")


def test_convnet_follows_its_plan() -> None:
    net = ConvNet((8, "pool", 16, "pool"), (1, 28, 28), dense=(32, 16))
    layers = Hierarchy(net, (1, 28, 28)).layers
    assert [layer.out_shape for layer in layers if layer.kind in ("conv", "pool", "linear")] == [
        (8, 28, 28),
        (8, 14, 14),
        (16, 14, 14),
        (16, 7, 7),
        (32,),
        (16,),
        (10,),
    ]


def test_resnet_shortcut_subsamples_and_pads_with_zeros() -> None:
    model = CifarResNet(3).eval()
    block = model.layer2[0]
    nn.init.zeros_(block.conv2.weight)  # the residual branch gives nothing: only the shortcut is left
    images = torch.rand(1, 16, 8, 8)
    found = block(images).detach()
    assert found.shape == (1, 32, 4, 4)
    torch.testing.assert_close(found[:, 8:24], images[:, :, ::2, ::2])
    assert float(found[:, :8].abs().max()) == float(found[:, 24:].abs().max()) == 0


def test_resnet_keys_are_those_of_the_published_weights() -> None:
    keys = set(CifarResNet(3).state_dict())
    assert {"conv1.weight", "bn1.running_var", "layer2.0.conv1.weight", "layer3.2.bn2.bias", "linear.bias"} <= keys
    assert sum("conv" in key for key in keys) == 19


# ---------------------------------------------------------------- shipped weights

REACHED = {
    "lenet5-digits": 0.985,
    "lenet5-mnist": 0.9905,
    "lenet5-mnist-distorted": 0.992,
    "lenet5-fashion": 0.91,
    "mlp-fashion": 0.895,
    "convnet-fashion": 0.935,
    "convnet-cifar10": 0.91,
    "neocognitron-mnist": 0.992,
}


def test_lenet5_digits_is_shipped() -> None:
    assert "lenet5-digits" in SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_cards_say_what_they_must(name: str) -> None:
    found = card(name)
    needed = {"model", "summary", "data", "split", "recipe", "parameters", "test_accuracy", "test_accuracy_by_seed"}
    assert needed | {"cpu_seconds", "licence", "sha256"} <= found.keys()
    assert found["recipe"]["seed"] == 0
    assert found["parameters"] == sum(prod(p.shape) for p in ZOO[name].build().parameters())
    assert "0" in found["test_accuracy_by_seed"]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if name.startswith(("convnet", "neocognitron-mnist")) else ())
        for name in SHIPPED
    ],
)
def test_shipped_weights_have_the_accuracy_of_their_card(name: str) -> None:
    found, h = card(name), load(name)
    data = found["recipe"]["data"]
    options = {} if data == "cifar10" else {"size": h.input_shape[1]}
    try:
        images, labels = glyphs() if data == "glyphs" else LOADERS[data]("test", **options)
    except HierfeatError as error:
        pytest.skip(str(error))
    guesses = torch.cat([h(images[at : at + 1000]).argmax(1) for at in range(0, len(labels), 1000)])
    right = float((guesses == labels).float().mean())
    assert right == pytest.approx(found["test_accuracy"], abs=2.1 / len(labels))  # ties between builds of torch


@pytest.mark.parametrize("name", sorted(set(REACHED) & set(SHIPPED)))
def test_shipped_models_reach_their_goal(name: str) -> None:
    assert card(name)["test_accuracy_mean"] >= REACHED[name]


def test_shipped_weights_stay_small() -> None:
    assert sum(path.stat().st_size for path in WEIGHTS.iterdir()) < 12e6


def test_damaged_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytearray((WEIGHTS / "lenet5-digits.safetensors").read_bytes())
    data[-1] ^= 1
    (tmp_path / "lenet5-digits.safetensors").write_bytes(data)
    (tmp_path / "lenet5-digits.json").write_text(json.dumps(card("lenet5-digits")))
    monkeypatch.setattr("hierfeat.zoo.loading.WEIGHTS", tmp_path)
    with pytest.raises(HierfeatError, match="damaged: its sha256"):
        load("lenet5-digits")
