"""The payload says what the network does, in values that JSON holds."""

import base64
import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import hierfeat as hf
from hierfeat.atlas.payload import build


@pytest.fixture(scope="module")
def payload(small, pictures):
    return build(small, *pictures)


@pytest.fixture(scope="module")
def by_name(payload):
    return {layer["name"]: layer for layer in payload["layers"]}


def test_it_is_strict_json(payload):
    assert json.loads(json.dumps(payload, allow_nan=False)) == payload


#: Ten samples: of twelve images of classes 0 to 4 in turn, the first two of each.
SHOWN = [0, 5, 1, 6, 2, 7, 3, 8, 4, 9]


def test_as_many_samples_of_each_class_as_fit(payload):
    assert [sample["label"] for sample in payload["samples"]] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert [sample["name"] for sample in payload["samples"][::2]] == ["zero", "one", "two", "three", "</script>"]


def test_scores_are_the_softmax_of_the_output(payload, small, pictures):
    with torch.no_grad():
        expected = torch.softmax(small.model(pictures[0][SHOWN]), 1).numpy()
    scores = np.array([sample["scores"] for sample in payload["samples"]])
    assert np.abs(scores - expected).max() <= 0.5e-4 + 1e-6
    assert [sample["prediction"] for sample in payload["samples"]] == expected.argmax(1).tolist()


def test_maps_are_those_of_the_network(by_name, small, pictures):
    with torch.no_grad():
        conv = F.conv2d(pictures[0][SHOWN[2]][None], small.model.conv1.weight, small.model.conv1.bias)[0].numpy()
    maps = by_name["conv1"]["maps"]
    assert maps["shape"] == [4, 12, 12]
    assert maps["signed"]
    levels = np.frombuffer(base64.b64decode(maps["data"][2]), np.uint8).reshape(4, 12, 12)
    limits = np.array(maps["limits"][2])[:, None, None]
    assert np.abs((levels - 128.0) / 127 * limits - conv).max() <= limits.max() / 127


def test_a_vector_has_one_number_for_each_unit(by_name):
    assert by_name["fc"]["maps"]["shape"] == [5, 1, 1]


def test_pools_know_their_source(by_name, payload):
    assert payload["layers"][by_name["pool1"]["source"]]["name"] == "relu1"
    assert by_name["pool1"]["window"]
    assert payload["layers"][by_name["conv2"]["source"]]["name"] == "pool1"
    assert by_name["fc"]["source"] is None or payload["layers"][by_name["fc"]["source"]]["kind"] == "other"
    assert [layer["name"] for layer in payload["layers"] if layer["window"]] == ["pool1", "pool2"]


def test_kernels_of_every_convolution(by_name, small):
    kernels = by_name["conv2"]["kernels"]
    assert kernels["shape"] == [6, 4, 3, 3]
    assert kernels["limit"] == pytest.approx(small.model.conv2.weight.abs().max().item())
    assert by_name["pool1"]["kernels"] is None


def test_without_labels_samples_are_spread_over_the_images(small, pictures):
    built = build(small, pictures[0][:3])
    assert [sample["name"] for sample in built["samples"]] == ["image 0", "image 1", "image 2"]
    assert {sample["label"] for sample in built["samples"]} == {None}


def test_an_output_that_is_no_class_score(pictures):
    built = build(hf.Hierarchy(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()), (1, 14, 14)), pictures[0][:2])
    assert {sample["scores"] for sample in built["samples"]} == {None}


def test_wide_layers_say_how_many_channels_are_shown(pictures):
    built = build(hf.Hierarchy(nn.Sequential(nn.Conv2d(1, 40, 3)), (1, 14, 14)), pictures[0][:2])
    layer = built["layers"][0]
    assert (layer["maps"]["shape"][0], layer["maps"]["channels"]) == (24, 40)
    assert (layer["kernels"]["shape"][:2], layer["kernels"]["total"]) == ([24, 1], [40, 1])


@pytest.mark.parametrize(
    ("labels", "message"),
    [(torch.arange(3), "12 integers"), (torch.zeros(12), "float32"), (torch.zeros(12, 5, dtype=torch.long), "12, 5")],
)
def test_labels_that_do_not_fit(small, pictures, labels, message):
    with pytest.raises(hf.HierfeatError, match=message):
        build(small, pictures[0], labels)


def test_images_that_do_not_fit(small):
    with pytest.raises(hf.HierfeatError, match="14 x 14"):
        build(small, torch.zeros(2, 3, 14, 14))


def test_a_network_that_gives_no_numbers_is_refused_by_its_layer(pictures):
    class Logarithm(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.relu = nn.Conv2d(1, 2, 3), nn.ReLU()

        def forward(self, x):
            return self.relu((self.conv(x) - 9).log())

    with pytest.raises(hf.HierfeatError, match="finite activations, got NaN in layer 'relu'"):
        build(hf.Hierarchy(Logarithm(), (1, 14, 14)), pictures[0][:3])
