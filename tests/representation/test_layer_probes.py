"""Probes and selectivity: layers that hold the class, and layers that do not."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import binom
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import nn

import hierfeat as hf
from hierfeat.recording.measure import Batch
from hierfeat.representation._pooled_features import PooledFeatures
from hierfeat.representation.class_selectivity import ClassSelectivity, class_selectivity
from hierfeat.representation.layer_probes import LayerProbes, layer_probes, wilson


def coloured(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Noise images of three classes; class c is brighter in channel c."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 3, (count,), generator=generator)
    images = 0.4 * torch.rand(count, 3, 8, 8, generator=generator)
    images[torch.arange(count), labels] += 0.5
    return images, labels


def colour_net() -> hf.Hierarchy:
    """conv1 passes the colours on; conv2 throws them together; conv3 is dead, constant, and a one-class detector."""
    net = nn.Sequential()
    net.add_module("conv1", nn.Conv2d(3, 3, 1, bias=False))
    net.add_module("conv2", nn.Conv2d(3, 1, 1, bias=False))
    net.add_module("conv3", nn.Conv2d(1, 2, 1))
    with torch.no_grad():
        net.conv1.weight.copy_(torch.eye(3)[:, :, None, None])
        net.conv2.weight.fill_(1.0)
        net.conv3.weight.fill_(0.0)
        net.conv3.bias.copy_(torch.tensor([-1.0, 0.5]))
    return hf.Hierarchy(net, (3, 8, 8), name="colours")


def test_probes_read_what_is_there() -> None:
    probes = layer_probes(colour_net(), coloured(120, 0), coloured(90, 1), grid=1)
    table = probes.table.set_index("layer")
    assert table.loc["conv1", "accuracy"] == 1
    assert table.loc["conv2", "low"] < table.loc["conv2", "chance"] + 0.15
    assert table.loc["conv2", "accuracy"] < 0.55
    assert table["features"].tolist() == [3, 1, 2]
    assert (table["low"] <= table["accuracy"]).all()
    assert (table["accuracy"] <= table["high"]).all()
    assert table["chance"].iloc[0] == pytest.approx(coloured(90, 1)[1].bincount().max().item() / 90)


def test_a_probe_is_scikit_learns_on_pooled_features() -> None:
    h = hf.load("lenet5-digits")
    train, test = hf.digits(split="train"), hf.digits(split="test")
    found = layer_probes(h, train, test, layers="pool2", grid=1).table.iloc[0]
    known, new = (hf.record(h, data[0], layers="pool2")["pool2"].mean((2, 3)).numpy() for data in (train, test))
    scaler = StandardScaler().fit(known)
    probe = LogisticRegression(max_iter=1000).fit(scaler.transform(known), train[1])
    assert found["accuracy"] == pytest.approx(probe.score(scaler.transform(new), test[1]), abs=0.01)


def test_the_interval_covers_as_it_says() -> None:
    for share in (0.5, 0.9, 0.97):
        counts = np.arange(201)
        ends = np.array([wilson(int(count), 200) for count in counts])
        covered = (ends[:, 0] <= share) & (share <= ends[:, 1])
        assert 0.92 < binom.pmf(counts, 200, share)[covered].sum() < 0.98


def test_a_share_of_none_has_no_interval_below_it() -> None:
    for count in range(1, 200):
        assert wilson(0, count)[0] == 0
        assert 0 < wilson(0, count)[1] < 1
        assert wilson(count, count)[1] == 1


def test_labels_that_training_never_saw_are_told() -> None:
    h, images = hf.Hierarchy(nn.Sequential(nn.Conv2d(1, 2, 3)), (1, 6, 6)), torch.rand(6, 1, 6, 6)
    labels = torch.arange(6) % 3
    with pytest.warns(UserWarning, match="no training image has label 3: test images that have count as wrong"):
        found = hf.layer_probes(h, (images, labels), (images, labels + 1), progress=False).table
    assert found.accuracy.between(0, 4 / 6).all()


def test_a_probe_that_needs_more_steps_says_so() -> None:
    probes = layer_probes(hf.load("lenet5-digits"), hf.digits(split="train"), hf.digits(split="test"), max_iter=2)
    assert set(probes.table["status"]) == {"not converged"}


def test_pooled_features_merge_into_the_order_of_the_data() -> None:
    images, _ = coloured(10, 0)
    halves = []
    for indices in (torch.arange(0, 10, 2), torch.arange(1, 10, 2)):
        measure = PooledFeatures(2)
        measure.begin(Batch(indices, images[indices], None))
        measure.update("x", images[indices])
        halves.append(measure)
    halves[1].merge(halves[0])
    expected = images.reshape(10, 3, 2, 4, 2, 4).mean((3, 5)).flatten(1)
    torch.testing.assert_close(halves[1].result()["x"], expected)


def test_selectivity_by_its_definition() -> None:
    h, (images, labels) = hf.load("lenet5-digits"), hf.digits(split="test")
    table = class_selectivity(h, images, labels, layers="conv", permutations=5).table
    for layer, activation in hf.record(h, images, layers="conv").items():
        rates = activation.double().clamp(min=0).mean((2, 3)).numpy()
        for row in table[table.layer == layer].itertuples():
            means = np.array([rates[labels.numpy() == c, row.channel].mean() for c in range(10)])
            top = means.max()
            rest = np.delete(means, means.argmax()).mean()
            assert row.selectivity == pytest.approx((top - rest) / (top + rest), rel=1e-5)
            assert row.preferred_class == means.argmax()


def test_a_detector_of_one_class_has_selectivity_one() -> None:
    net = nn.Sequential(nn.Conv2d(3, 3, 8))
    with torch.no_grad():
        net[0].weight.copy_((torch.eye(3) / 64)[:, :, None, None].expand(3, 3, 8, 8))
        net[0].bias.fill_(-0.45)
    images, labels = coloured(60, 0)
    table = class_selectivity(hf.Hierarchy(net, (3, 8, 8)), images, labels).table
    assert table["selectivity"].tolist() == [1, 1, 1]
    assert table["preferred_class"].tolist() == [0, 1, 2]
    assert table["p_value"].max() == pytest.approx(1 / 101)


def test_permuted_labels_are_not_selective_beyond_chance() -> None:
    h, (images, labels) = hf.load("lenet5-digits"), hf.digits(split="test")
    wrong = labels[torch.randperm(len(labels), generator=torch.Generator().manual_seed(7))]
    table = class_selectivity(h, images, wrong, permutations=200).table
    assert 0.2 < table["p_value"].mean() < 0.8
    right = class_selectivity(h, images, labels, permutations=200).table
    assert (right["selectivity"] > right["null_95"]).all()


def test_dead_and_constant_channels() -> None:
    table = class_selectivity(colour_net(), *coloured(30, 0), layers="conv3").table
    assert table["status"].tolist() == ["dead", "constant"]
    assert np.isnan(table["selectivity"][0])
    assert table["selectivity"][1] == pytest.approx(0, abs=1e-12)
    assert table["preferred_class"].tolist() == [-1, -1]


def test_saved_loaded_and_drawn(tmp_path) -> None:
    results = {
        LayerProbes: layer_probes(colour_net(), coloured(40, 0), coloured(40, 1)),
        ClassSelectivity: class_selectivity(colour_net(), *coloured(40, 0)),
    }
    for kind, result in results.items():
        again = kind.load(result.save(tmp_path / kind.__name__))
        pd.testing.assert_frame_equal(again.table, result.table, check_dtype=False)
        assert again.plot().axes[0].get_ylabel()


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (torch.zeros(9, dtype=torch.int64), "for each of"),
        (torch.zeros(10), "as ints"),
        (torch.zeros(10, dtype=torch.int64), "at least two classes"),
        (None, "expected labels|without labels"),
        (["cat"] * 10, "as ints"),
    ],
)
def test_bad_labels(labels, message) -> None:
    images, good = coloured(10, 0)
    with pytest.raises(hf.HierfeatError, match=message):
        layer_probes(colour_net(), (images, labels), (images, good))
    with pytest.raises(hf.HierfeatError, match=message):
        class_selectivity(colour_net(), images, labels)


def test_labels_may_be_any_ints() -> None:
    images, labels = coloured(60, 0)
    found, moved = (layer_probes(colour_net(), (images, to), (images, to)).table for to in (labels, 2 + 5 * labels))
    pd.testing.assert_frame_equal(found, moved)


def test_bad_settings() -> None:
    data = coloured(10, 0)
    with pytest.raises(hf.HierfeatError, match=r"expected train as \(images, labels\), .*got Tensor"):
        layer_probes(colour_net(), *data)  # the images and labels of one set
    with pytest.raises(hf.HierfeatError, match="expected grid"):
        layer_probes(colour_net(), data, data, grid=0)
    with pytest.raises(hf.HierfeatError, match="expected permutations"):
        class_selectivity(colour_net(), *data, permutations=0)
