"""What the payload says of each layer agrees with the network, worked out again without the library."""

import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import hierfeat as hf
from hierfeat.atlas import responses
from hierfeat.atlas.payload import build


@pytest.fixture(scope="module")
def by_name(small, pictures):
    return {layer["name"]: layer for layer in build(small, *pictures)["layers"]}


@pytest.fixture(scope="module")
def answers(small, pictures):
    """Outputs of the first layers, by plain calls of the modules."""
    net = small.model
    with torch.no_grad():
        conv1 = net.conv1(pictures[0])
        pool1 = net.pool1(conv1.relu())
        conv2 = net.conv2(pool1)
    return {"conv1": conv1, "relu1": conv1.relu(), "pool1": pool1, "conv2": conv2, "relu2": conv2.relu()}


def test_fields_by_hand(by_name):
    """conv 3 sees 3 pixels in steps of 1, the pool 4 in steps of 2, the next conv 8, the next pool 10 in steps of 4."""
    for name, size, stride, count in (("conv1", 3, 1, 12), ("pool1", 4, 2, 6), ("conv2", 8, 2, 4), ("pool2", 10, 4, 2)):
        expected = [[start * stride, start * stride + size] for start in range(count)]
        assert by_name[name]["field"]["rows"] == by_name[name]["field"]["cols"] == expected
        assert by_name[name]["field"]["size"] == [size, size]
    assert by_name["fc"]["field"]["rows"] == [[0, 14]]


@pytest.mark.parametrize("name", ["conv1", "relu1", "pool1", "conv2"])
def test_distribution(by_name, answers, name):
    values, found = answers[name].flatten().double().numpy(), by_name[name]["distribution"]
    stated = [found["mean"], found["std"], found["min"], found["max"]]
    assert stated == pytest.approx([values.mean(), values.std(), values.min(), values.max()], rel=1e-4)
    assert found["zero"] == pytest.approx(np.mean(np.abs(values) < 1e-5), abs=1e-4)
    expected = np.histogram(values[np.abs(values) >= 1e-5], found["edges"])[0] / len(values)
    assert np.abs(np.array(found["shares"]) - expected).sum() < 0.06  # fine bins straddle the drawn edges
    assert sum(found["shares"]) == pytest.approx(1 - found["zero"], abs=0.004)


@pytest.mark.parametrize("name", ["conv1", "relu2"])
def test_activity_of_each_channel(by_name, answers, name):
    active = (answers[name] > 0).double().mean((0, 2, 3)).numpy()
    found = by_name[name]["channels"]
    assert found["active"] == pytest.approx(active, abs=1e-5)
    assert found["mean_active"] == pytest.approx(active.mean(), abs=1e-5)
    assert found["dead"] == int((active == 0).sum())


def test_energy_that_passes_a_rectifier(by_name, answers):
    kept = answers["relu1"].double().square().sum((0, 2, 3)) / answers["conv1"].double().square().sum((0, 2, 3))
    assert by_name["relu1"]["rectifier"]["energy_kept"] == pytest.approx(float(kept.mean()), rel=1e-3)
    assert by_name["conv1"]["rectifier"] is None


def test_strongest_patches(by_name, answers, pictures):
    patches = by_name["conv2"]["patches"]
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(patches["image"].partition(",")[2])))) / 255
    assert sheet.shape == (6 * 8, 9 * 8)
    for channel, values in enumerate(answers["conv2"].transpose(0, 1).flatten(2)):
        best, place = values.max(1)
        image = int(best.argmax())
        assert patches["values"][channel][0] == pytest.approx(float(best[image]), rel=1e-4)
        row, col = divmod(int(place[image]), 4)
        cut = pictures[0][image, 0, 2 * row : 2 * row + 8, 2 * col : 2 * col + 8]
        assert np.abs(sheet[8 * channel : 8 * channel + 8, :8] - cut.numpy()).max() < 0.003
    assert by_name["relu2"]["patches"] is None


def test_no_shift_changes_nothing(by_name):
    for name in ("conv1", "pool1", "pool2", "fc"):
        shift = by_name[name]["shift"]
        assert shift["shifts"] == [0, 1, 2, 3, 4]
        assert shift["invariance"][0] == pytest.approx(1)
        assert max(shift["invariance"][1:]) < 1


def test_pools_as_they_are_and_swapped(by_name):
    rows = by_name["pool1"]["pooling"]
    assert [row["current"] for row in rows] == [True] + [False] * (len(rows) - 1)
    assert {"max", "average", "none"} <= {row["pooling"] for row in rows}
    named = {row["pooling"]: row for row in rows}
    assert named["max"]["after"] == pytest.approx(named["as it is"]["after"])
    assert named["none"]["after"] == pytest.approx(named["none"]["before"])
    assert by_name["conv1"]["pooling"] is None


def test_what_does_not_apply_is_left_out_with_its_reason(pictures):
    built = build(hf.Hierarchy(nn.Conv2d(1, 2, 3), (1, 14, 14)), pictures[0])
    assert set(built["left_out"]) == {"nonnegativity", "pooling_invariance"}
    assert "no pool" in built["left_out"]["pooling_invariance"]


def test_what_would_take_too_long_is_left_out(small, pictures, monkeypatch):
    monkeypatch.setattr(responses, "MACS", 1e5)
    monkeypatch.setattr(responses, "SECONDS", 1e-6)
    built = build(small, *pictures)
    assert set(built["left_out"]) == {"translation_invariance", "pooling_invariance"}
    assert "too many for an atlas" in built["left_out"]["pooling_invariance"]
