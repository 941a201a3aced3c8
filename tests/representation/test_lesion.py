"""Lesions against closed forms, and against plain hooks that cut the same channels of the whole network."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import hierfeat as hf
from hierfeat.errors import HierfeatError
from hierfeat.recording._replay import Replay

IMAGES, LABELS = (part[:90] for part in hf.digits(split="test"))


class Committee(nn.Module):
    """Channel k of its one layer is the image's pixel k, and the score of class k."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.members = nn.Conv2d(1, classes, (1, classes), bias=False)
        nn.init.zeros_(self.members.weight)
        for k in range(classes):
            self.members.weight.data[k, 0, 0, k] = 1

    def forward(self, x: Tensor) -> Tensor:
        return self.members(x).flatten(1)


def committee() -> tuple[hf.Hierarchy, Tensor, Tensor]:
    """Four classes; the image of class k is e_k with a runner-up k + 1."""
    images = torch.eye(4) + 0.5 * torch.eye(4).roll(1, dims=1)
    return hf.Hierarchy(Committee(4), (1, 1, 4), name="committee"), images[:, None, None], torch.arange(4)


def test_a_committee_loses_the_class_of_the_member_that_is_cut():
    h, images, labels = committee()
    found = hf.lesion(h, "members", None, images, labels)
    assert found.accuracy == 1
    assert found.table["accuracy"].tolist() == [0.75] * 4
    assert found.table["altered"].tolist() == [0.25] * 4
    np.testing.assert_array_equal(found.recall, 1 - np.eye(4))
    scores = images[:, 0, 0].double()
    loss = -torch.diag(scores.log_softmax(1)).mean()
    cut = scores * (1 - F.one_hot(torch.tensor(2), 4))
    assert found.loss == pytest.approx(float(loss))
    assert found.table["loss"][2] == pytest.approx(float(-torch.diag(cut.log_softmax(1)).mean()))
    spread = (scores - scores.mean(0)).norm()
    assert found.table["output_change"][2] == pytest.approx(float((scores - cut).norm() / spread))


def test_all_at_once_is_the_end_of_one_after_the_other():
    h, images, labels = committee()
    steps = hf.lesion(h, "members", [3, 1, 2], images, labels, how="cumulatively")
    assert steps.table["channel"].tolist() == [3, 1, 2]
    assert steps.table["removed"].tolist() == [1, 2, 3]
    assert steps.table["accuracy"].tolist() == [0.75, 0.5, 0.25]
    whole = hf.lesion(h, "members", [3, 1, 2], images, labels, how="together")
    assert whole.table["channel"].tolist() == [-1]
    assert whole.table["accuracy"].tolist() == [0.25]


def test_the_mean_keeps_what_is_the_same_for_all_images():
    h, images, labels = committee()
    found = hf.lesion(h, "members", [0], images, labels, mode="mean")
    scores = images[:, 0, 0].double()
    scores[:, 0] = scores[:, 0].mean()  # 1.5/4: less than any winner
    assert found.table["loss"][0] == pytest.approx(float(-torch.diag(scores.log_softmax(1)).mean()), rel=1e-6)
    assert found.recall[0].tolist() == [0, 1, 1, 1]


def test_noise_has_the_channels_mean_and_variance_and_leaves_the_others_alone():
    images = torch.rand(64, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    net = nn.Sequential(nn.Conv2d(1, 2, 1), nn.Flatten(), nn.Identity())
    h, seen = hf.Hierarchy(net, (1, 32, 32)), []
    assert len(h.layers) == 2  # the dry run comes before the hook
    net[2].register_forward_hook(lambda _m, _i, out: seen.append(out.unflatten(1, (2, -1))))
    hf.lesion(h, "0", [1], images, torch.zeros(64, dtype=torch.int64), mode="noise", batch_size=64)
    intact, noisy = seen[0], seen[-1]
    assert torch.equal(intact[:, 0], noisy[:, 0])
    assert float(noisy[:, 1].mean()) == pytest.approx(float(intact[:, 1].mean()), abs=0.005)
    assert float(noisy[:, 1].std()) == pytest.approx(float(intact[:, 1].std()), rel=0.02)
    pair = torch.stack([noisy[:, 1].flatten(), intact[:, 1].flatten()])
    assert abs(float(torch.corrcoef(pair)[0, 1])) < 0.02


class Awkward(nn.Module):
    """In-place rectifiers whose result is not used, a shortcut that is added in place, a branch, functional calls."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.norm, self.relu = nn.BatchNorm2d(4), nn.ReLU(inplace=True)
        self.three, self.head = nn.Conv2d(8, 6, 3), nn.Linear(6, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.one(x)
        copy = x * 2
        F.relu_(x)
        y = self.norm(self.two(x))
        y += copy
        self.relu(y)
        x = torch.cat([F.max_pool2d(x, 4), F.avg_pool2d(y, 4)], 1)
        x[:, 0] *= 3
        x = self.relu(self.three(x))
        return self.head(x.mean((2, 3)))


@pytest.fixture(scope="module")
def awkward() -> hf.Hierarchy:
    torch.manual_seed(1)
    return hf.Hierarchy(Awkward().eval(), (1, 32, 32), name="awkward")


def cut_by_hook(h: hf.Hierarchy, layer: str, channel: int) -> Tensor:
    """The scores of the whole network, a module's channel set to zero by a plain hook."""

    def cut(_module, _inputs, output):
        changed = output.clone()
        changed[:, channel] = 0
        return changed

    handle = h.model.get_submodule(layer).register_forward_hook(cut)
    with torch.no_grad():
        scores = h.model(h.normalise(IMAGES))
    handle.remove()
    return scores


@pytest.mark.parametrize(("model", "layer"), [
    ("lenet5-digits", "conv1"), ("lenet5-digits", "pool2"), ("lenet5-digits", "fc1"), ("awkward", "one"),
    ("awkward", "two"), ("awkward", "norm"), ("awkward", "three"),
])  # fmt: skip
def test_every_lesion_is_that_of_a_hook_on_the_whole_network(model, layer, awkward):
    h = awkward if model == "awkward" else hf.load(model)
    channels = range(h.layers[layer].out_shape[0])[:6]
    found = hf.lesion(h, layer, channels, IMAGES, LABELS, batch_size=40)
    for channel, accuracy, altered in zip(channels, found.table["accuracy"], found.table["altered"], strict=True):
        scores = cut_by_hook(h, layer, channel)
        assert accuracy == pytest.approx(float((scores.argmax(1) == LABELS).float().mean()))
        assert altered == pytest.approx(float((scores.argmax(1) != h(IMAGES).argmax(1)).float().mean()))


def test_a_rectifier_that_writes_into_its_input_is_cut_in_place(awkward):
    """What later reads the input, and not the rectifier's result, sees the lesion too."""
    name = next(layer.name for layer in awkward.layers if layer.kind == "activation")
    replay = Replay(awkward, name)
    replay.show(IMAGES)
    nothing = replay.again(torch.zeros_like(replay.output))
    model, x = awkward.model, awkward.normalise(IMAGES)
    with torch.no_grad():
        copy = model.one(x) * 2
        y = (model.norm(model.two(torch.zeros_like(copy))) + copy).relu()
        x = torch.cat([torch.zeros(len(x), 4, 8, 8), F.avg_pool2d(y, 4)], 1)
        expected = model.head(model.three(x).relu().mean((2, 3)))
    torch.testing.assert_close(nothing, expected)


@pytest.mark.parametrize(("layer", "operations"), [("act1", 4), ("pool1", 4), ("conv2", 3), ("fc1", 2)])
def test_what_comes_before_the_layer_is_run_once(layer, operations):
    """LeNet-5 is two convolutions and three dense layers; of these, only those after the lesion run again."""
    h = hf.load("lenet5-digits")
    replay = Replay(h, layer)
    replay.show(IMAGES)
    with FlopCounterMode(display=False) as counter:
        assert torch.equal(replay.again(replay.output), replay.scores)
    after = [item for item in h.layers if item.kind in ("conv", "linear")][-operations:]
    assert counter.get_total_flops() == 2 * len(IMAGES) * sum(item.macs for item in after)


CALLS = itertools.count(1)  # what belongs to the network, random numbers included, is put back after each run


class Moody(nn.Module):
    """Never twice the same."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x).amax((2, 3)) * next(CALLS)


def test_a_network_that_is_never_twice_the_same_is_run_whole():
    h = hf.Hierarchy(Moody(), (1, 32, 32))
    replay = Replay(h, "conv")
    replay.show(IMAGES)
    assert not replay._skips
    assert len(hf.lesion(h, "conv", [1], IMAGES, LABELS % 3).table) == 1


def test_orders_are_those_of_the_indices_they_name():
    h = hf.load("lenet5-digits")
    options = {"how": "cumulatively", "progress": False}
    norms = h.model.conv2.weight.detach().abs().sum((1, 2, 3)).numpy()
    by_norm = hf.lesion(h, "conv2", None, IMAGES, LABELS, order="norm", **options).table["channel"]
    assert by_norm.tolist() == norms.argsort().tolist()
    found = hf.class_selectivity(h, IMAGES, LABELS, layers="conv2", permutations=1).table["selectivity"]
    selective = hf.lesion(h, "conv2", [3, 9, 0], IMAGES, LABELS, order="selectivity", **options).table["channel"]
    assert selective.tolist() == sorted([3, 9, 0], key=lambda channel: -found[channel])
    orders = [hf.lesion(h, "conv2", None, IMAGES, LABELS, order="random", seed=seed, **options) for seed in (0, 0, 1)]
    first, again, other = (one.table["channel"].tolist() for one in orders)
    assert first == again != other
    assert sorted(first) == list(range(16))


def test_what_does_not_fit_is_refused():
    h = hf.load("lenet5-digits")
    with pytest.raises(HierfeatError, match="each channel once"):
        hf.lesion(h, "conv1", [1, 1], IMAGES, LABELS)
    with pytest.raises(HierfeatError, match="order by the norm of weights, got 'pool1' of kind pool"):
        hf.lesion(h, "pool1", None, IMAGES, LABELS, order="norm")
    with pytest.raises(HierfeatError, match="labels from 0 to 9; got 3 to 12"):
        hf.lesion(h, "conv1", 0, IMAGES, LABELS + 3)
    with pytest.raises(HierfeatError, match="mode as one of 'zero', 'mean', 'noise'"):
        hf.lesion(h, "conv1", 0, IMAGES, LABELS, mode="gone")


def test_saves_loads_and_leaves_the_network_alone(tmp_path):
    h = hf.load("lenet5-digits")
    before = h.weights_sha256
    found = hf.lesion(h, "conv1", None, IMAGES, LABELS, how="cumulatively", mode="noise")
    again = hf.Result.load(found.save(tmp_path))
    np.testing.assert_array_equal(again.recall, found.recall)
    assert h.weights_sha256 == before
    assert "cumulatively (noise)" in again.plot().get_suptitle()
