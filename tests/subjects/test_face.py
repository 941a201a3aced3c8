"""What a person with a network of her own meets first: constants, ranges, devices, and the table of layers."""

import copy
import pickle
import warnings

import pandas as pd
import pytest
import torch
from PIL import Image
from torch import nn

import hierfeat as hf


def net() -> nn.Module:
    torch.manual_seed(0)
    conv = nn.Conv2d(4, 4, 3, padding=1)
    return nn.Sequential(nn.Conv2d(3, 4, 3), conv, nn.ReLU(), conv, nn.Flatten(), nn.Linear(4 * 36, 5))


def test_constants_for_images_of_bytes_are_refused_with_the_reason():
    with pytest.raises(hf.HierfeatError, match=r"0\.\.255; divide mean and std by 255"):
        hf.Hierarchy(net(), (3, 8, 8), mean=[123.7, 116.3, 103.5], std=[58.4, 57.1, 57.4])


@pytest.mark.parametrize(
    "show",
    [
        lambda h: hf.orientation_tuning(h, orientations=4, frequencies=2, phases=8, layers="0"),
        lambda h: hf.map_field(h, "0", 0, n=8),
        lambda h: hf.record(h, hf.gratings((3, 8, 8), orientations=2, phases=1)),
    ],
)
def test_a_network_without_normalisation_is_told_once_what_it_is_shown(show):
    h = hf.Hierarchy(net(), (3, 8, 8), name="bare")
    with pytest.warns(UserWarning, match="bare has neither mean nor std and is shown stimuli"):
        show(h)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        show(h)
        show(hf.Hierarchy(net(), (3, 8, 8), mean=[0] * 3, std=[1] * 3))
        hf.orientation_tuning(hf.load("lenet5-digits"), orientations=4, frequencies=2, phases=8, layers="conv1")
        hf.record(hf.Hierarchy(net(), (3, 8, 8)), torch.rand(2, 3, 8, 8))  # her own images


def test_distortions_are_cut_off_only_where_the_range_is_known():
    class Echo(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.seen = nn.Conv2d(1, 2, 8), []

        def forward(self, x):
            self.seen.append(x.amax())
            return self.conv(x).flatten(1)

    images, labels = 3 * torch.rand(4, 1, 8, 8), torch.tensor([0, 1, 0, 1])
    model = Echo()
    hf.distortion_tolerance(hf.Hierarchy(model, (1, 8, 8)), images, labels, distortions=["shift"])
    assert max(float(x) for x in model.seen if not x.is_meta) > 2


def test_a_hierarchy_moves_to_a_type_or_device_and_its_images_follow():
    h = hf.Hierarchy(net(), (3, 8, 8))
    assert h.to(torch.float64) is h
    assert h.dtype == torch.float64
    assert hf.record(h, torch.rand(2, 3, 8, 8), layers="0")["0"].dtype == torch.float64
    assert h.to("meta").device.type == "meta"


def test_layers_by_place_and_name():
    layers = hf.Hierarchy(net(), (3, 8, 8)).layers
    assert layers[0] is layers["0"]
    assert layers[-1].name == "5"
    assert [layer.name for layer in layers[1:3]] == ["1", "2"]
    with pytest.raises(IndexError, match="layer 9 of 6"):
        layers[9]
    with pytest.raises(hf.HierfeatError, match="has no layer 'x'"):
        layers["x"]


def test_totals_count_shared_parameters_once_and_follow_freezing():
    model = net()
    h = hf.Hierarchy(model, (3, 8, 8))
    total = sum(p.numel() for p in model.parameters())
    assert h.layers.totals["parameters"] == h.layers.totals["trainable"] == total
    model[0].requires_grad_(False)
    frozen = sum(p.numel() for p in model[0].parameters())
    assert h.layers.totals["trainable"] == total - frozen
    assert h.layers["0"].trainable == 0
    assert h.layers["1"].parameters == h.layers["1"].trainable == 4 * 4 * 9 + 4
    assert h.layers["1#2"].parameters == h.layers["1#2"].trainable == 0


def test_class_of_the_module_and_memory_of_activations():
    layers = hf.Hierarchy(net(), (3, 8, 8)).layers
    assert [layer.module for layer in layers] == ["Conv2d", "Conv2d", "ReLU", "Conv2d", "Flatten", "Linear"]
    assert layers["0"].memory == 4 * 6 * 6 * 4
    assert layers.totals["memory"] == sum(layer.memory for layer in layers)
    half = hf.Hierarchy(net().half(), (3, 8, 8)).layers
    assert half["0"].memory == layers["0"].memory // 2

    class Functional(nn.Module):
        def forward(self, x):
            return torch.relu(x)

    assert hf.Hierarchy(Functional(), (3, 8, 8)).layers[0].module == ""


@pytest.mark.parametrize(("name", "side"), [("resnet18", 48), ("vit_b_16", 32)])
def test_classifiers_of_torchvision_for_other_classes_and_sizes(name, side):
    h = hf.load(f"torchvision:{name}", num_classes=7, image_size=side)
    assert h.input_shape == (3, side, side)
    assert h.classes is None
    assert h(torch.rand(1, 3, side, side)).shape == (1, 7)


@pytest.mark.parametrize(
    ("ref", "options", "says"),
    [
        ("torchvision:vit_b_16", {"image_size": 65}, "torchvision cannot make 'vit_b_16'"),
        ("torchvision:resnet18", {"num_classes": 3, "weights": "DEFAULT"}, "have 1000 classes, not 3"),
        ("lenet5-digits", {"num_classes": 3}, "are for torchvision:NAME and timm:NAME"),
        ("torchvision:resnet18", {"num_classes": 0}, "num_classes as an int from 1"),
    ],
)
def test_what_cannot_be_built_is_refused(ref, options, says):
    with pytest.raises(hf.HierfeatError, match=says):
        hf.load(ref, **options)


def test_a_device_that_torch_has_not_is_refused():
    h = hf.load("lenet5-digits")
    with pytest.raises(hf.HierfeatError, match="expected device as one that this torch has"):
        h.to("tpu")
    assert h.device.type == "cpu"


class Both(nn.Module):
    """Features and scores of three classes, packed as its caller says."""

    def __init__(self, pack):
        super().__init__()
        self.conv, self.fc, self.pack = nn.Conv2d(1, 5, 8), nn.Linear(5, 3), pack

    def forward(self, x):
        features = self.conv(x).flatten(1)
        return self.pack(features, self.fc(features))


@pytest.mark.parametrize("pack", [lambda f, y: (f, y), lambda f, y: {"f": f, "y": y}])
def test_of_several_parts_that_could_be_scores_the_choice_is_said(pack):
    h = hf.Hierarchy(Both(pack), (1, 8, 8), name="both")
    with pytest.warns(UserWarning, match=r"both returns .*\(4, 5\).*\(4, 3\): the first is taken.*output="):
        hf.evaluate(h, torch.rand(4, 1, 8, 8), torch.arange(4))


def test_one_part_that_could_be_scores_needs_no_word():
    h = hf.Hierarchy(Both(lambda f, y: (y, f[..., None, None])), (1, 8, 8), name="both")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert hf.evaluate(h, torch.rand(4, 1, 8, 8), torch.arange(4) % 3).confusion.shape == (3, 3)


def test_labels_of_a_table_are_taken_without_a_word():
    h, truth = hf.Hierarchy(net(), (3, 8, 8)), pd.DataFrame({"class": [0, 1, 2]})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(hf.evaluate(h, torch.rand(3, 3, 8, 8), truth["class"]).labels) == 3


@pytest.mark.parametrize("layers", [lambda h: h.layers[0], lambda h: [h.layers[0]], lambda h: h.model[0], lambda _: 0])
def test_layers_that_are_no_names_are_answered_with_how_to_name_them(layers):
    h = hf.Hierarchy(net(), (3, 8, 8))
    with pytest.raises(hf.HierfeatError, match=r"such as h\.layers\[0\]\.name"):
        hf.record(h, torch.rand(2, 3, 8, 8), layers=layers(h))


def test_one_picture_is_answered_with_a_list_of_one():
    with pytest.raises(hf.HierfeatError, match=r"\[image\] for one"):
        hf.record(hf.Hierarchy(net(), (3, 8, 8)), Image.new("RGB", (8, 8)))


def test_a_result_says_that_its_table_has_what_was_asked_of_it(tmp_path):
    found = hf.participation_ratio(hf.Hierarchy(net(), (3, 8, 8)), torch.rand(4, 3, 8, 8))
    with pytest.raises(AttributeError, match=r"no attribute 'to_csv'; its table has: \.table\.to_csv"):
        found.to_csv(tmp_path / "found.csv")
    with pytest.raises(AttributeError, match="no attribute 'nothing'$"):
        found.nothing  # noqa: B018
    assert copy.deepcopy(found).table.equals(found.table)
    assert pickle.loads(pickle.dumps(found)).table.equals(found.table)
