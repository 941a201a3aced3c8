"""Rearing shows each epoch what it says; what is frozen stays bit for bit; a training may begin with any network."""

import json
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import hierfeat as hf
from hierfeat.errors import HierfeatError
from hierfeat.zoo.training.recipe import described

QUICK = replace(hf.find_recipe("lenet5-digits"), epochs=2, limit=200, shift=0)


def small(seed: int = 0) -> hf.Hierarchy:
    """A network that the zoo does not have, with batch norm and dropout."""
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Conv2d(1, 4, 5, stride=2), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.3), nn.Conv2d(4, 6, 5, stride=2),
        nn.ReLU(), nn.Flatten(), nn.Linear(150, 10),
    )  # fmt: skip
    return hf.Hierarchy(net, (1, 32, 32), mean=[0.3], std=[0.3], classes=list("0123456789"), name="small")


def test_a_rearing_sees_every_batch_with_the_number_of_its_epoch():
    seen = []

    def watch(images: Tensor, epoch: int) -> Tensor:
        seen.append((epoch, tuple(images.shape)))
        return images

    plain, watched = hf.train(QUICK, progress=False), hf.train(replace(QUICK, rearing=watch), progress=False)
    assert seen == [(1, (50, 1, 32, 32))] * 4 + [(2, (50, 1, 32, 32))] * 4
    assert all(np.array_equal(plain.weights[name], watched.weights[name]) for name in plain.weights)


def test_what_is_never_seen_is_never_learned():
    """Reared in the dark, all images are alike and accuracy stays at chance; the light of the last epoch counts."""
    longer = replace(QUICK, epochs=4, limit=None)
    dark = hf.train(replace(longer, rearing=lambda images, _: images * 0), progress=False)
    late = hf.train(replace(longer, rearing=lambda images, epoch: images * (epoch > 2)), progress=False)
    assert dark.card["test_accuracy"] < 0.25
    assert late.card["test_accuracy"] > 0.8
    assert dark.table["train_accuracy"].iloc[-1] < 0.25


@pytest.mark.parametrize("shift", [0, 3])
def test_a_rearing_comes_after_the_augmentation(shift):
    known, moved = {image.numpy().tobytes() for image in hf.digits("train")[0]}, []

    def watch(images: Tensor, _: int) -> Tensor:
        moved.extend(image.numpy().tobytes() not in known for image in images)
        return images

    hf.train(replace(QUICK, shift=shift, epochs=1, rearing=watch), progress=False)
    assert any(moved) == (shift > 0)


def test_a_rearing_that_does_not_fit_is_refused():
    with pytest.raises(HierfeatError, match=r"rearing\(images, epoch\) to return torch.float32 \(50, 1, 32, 32\), got"):
        hf.train(replace(QUICK, rearing=lambda images, _: images[:, :, ::2]), progress=False)
    with pytest.raises(HierfeatError, match="rearing as a function, got str"):
        replace(QUICK, rearing="blurred")


@dataclass(frozen=True)
class Blur:
    until: int

    def __call__(self, images: Tensor, epoch: int) -> Tensor:
        return nn.functional.avg_pool2d(images, 3, 1, 1) if epoch <= self.until else images


def stripes(images: Tensor, epoch: int, *, width: int) -> Tensor:
    return images


def test_a_recipe_with_a_rearing_goes_through_json_and_names_it(tmp_path):
    recipe = replace(QUICK, rearing=Blur(1), classes=(0, 1))
    assert json.loads(json.dumps(recipe.as_dict()))["rearing"] == "Blur(until=1)"
    assert described(partial(stripes, width=3)).endswith("test_rearing_and_transfer.stripes(width=3)")
    assert {"rearing", "classes"}.isdisjoint(QUICK.as_dict())
    card = hf.train(recipe, out=tmp_path, progress=False).card
    assert json.loads((tmp_path / "lenet5-digits.json").read_text())["recipe"]["rearing"] == card["recipe"]["rearing"]


def test_reared_trainings_resume_bit_for_bit_and_not_with_another_rearing(tmp_path):
    def noisy(images: Tensor, epoch: int) -> Tensor:
        return images + 0.1 * epoch * torch.randn_like(images)

    class Enough(Exception):
        pass

    def interrupted(images: Tensor, epoch: int) -> Tensor:
        if epoch == 2 and not done:
            raise Enough
        return noisy(images, epoch)

    done: list[int] = []
    recipe = replace(QUICK, epochs=3, rearing=interrupted)
    with pytest.raises(Enough):
        hf.train(recipe, out=tmp_path, progress=False)
    with pytest.raises(HierfeatError, match="another recipe"):
        hf.train(replace(recipe, rearing=Blur(2)), out=tmp_path, progress=False)
    with pytest.raises(HierfeatError, match="another recipe"):
        hf.train(recipe, out=tmp_path, freeze="conv1", progress=False)
    done.append(1)
    resumed = hf.train(recipe, out=tmp_path, progress=False)
    whole = hf.train(replace(recipe, rearing=noisy), progress=False)
    assert all(np.array_equal(whole.weights[name], resumed.weights[name]) for name in whole.weights)


def test_what_is_frozen_stays_bit_for_bit_and_the_rest_learns():
    start = small()
    before = {name: value.clone() for name, value in start.model.state_dict().items()}
    training = hf.train(replace(QUICK, model="small"), start=start, freeze=["0", "1"], progress=False)
    for name, value in training.weights.items():
        frozen = name.split(".")[0] in ("0", "1")
        assert np.array_equal(value, before[name].numpy()) == frozen, name
    assert all(torch.equal(before[name], value) for name, value in start.model.state_dict().items()), "start is touched"
    assert all(parameter.requires_grad for parameter in start.model.parameters())
    assert training.card["freeze"] == ["0", "1"]
    assert training.card["start"] == {"model": "small", "sha256": start.weights_sha256}


def test_without_freezing_statistics_and_weights_move():
    training = hf.train(replace(QUICK, model="small"), start=small(), progress=False)
    before = small().model.state_dict()
    assert not any(np.array_equal(training.weights[name], value.numpy()) for name, value in before.items())


def test_a_training_begins_where_its_start_is():
    """With a rate of almost nothing, it ends there too; and its seed orders images, nothing else."""
    start = small()
    still = replace(QUICK, model="small", learning_rate=1e-30, weight_decay=0, epochs=1)
    training = hf.train(still, start=start, freeze="norm", progress=False)
    for name, value in start.model.state_dict().items():
        np.testing.assert_allclose(training.weights[name], value.numpy(), atol=1e-12)
    images, labels = hf.digits()
    assert training.card["test_accuracy"] == hf.evaluate(start, images, labels).accuracy


def test_the_trained_network_is_a_subject(tmp_path):
    start = small()
    training = hf.train(replace(QUICK, model="small", epochs=6, limit=None), start=start, out=tmp_path, progress=False)
    h = training.hierarchy(start)
    assert (h.name, h.classes, h.mean) == ("small", start.classes, start.mean)
    assert hf.evaluate(h, *hf.digits()).accuracy == training.card["test_accuracy"] > 0.8
    assert json.loads((tmp_path / "small.json").read_text())["summary"] == "begun with small"
    with pytest.raises(HierfeatError, match=r"training.hierarchy\(start\)"):
        training.hierarchy()
    assert hf.train(QUICK, progress=False).hierarchy().name == "lenet5-digits"


def test_a_recipe_of_some_classes_sees_and_is_measured_on_these_alone():
    seen: set[int] = set()
    images, labels = hf.digits("train")
    known = {image.numpy().tobytes(): label for image, label in zip(images, labels.tolist(), strict=True)}

    def watch(batch: Tensor, _: int) -> Tensor:
        seen.update(known[image.numpy().tobytes()] for image in batch)
        return batch

    training = hf.train(replace(QUICK, epochs=5, limit=None, classes=(3, 7), rearing=watch), progress=False)
    assert seen == {3, 7}
    assert training.card["test_accuracy"] > 0.9
    h, (images, labels) = training.hierarchy(), hf.digits()
    chosen = torch.isin(labels, torch.tensor([3, 7]))
    assert hf.evaluate(h, images[chosen], labels[chosen]).accuracy == training.card["test_accuracy"]
    with pytest.raises(HierfeatError, match="classes of digits from 0 to 9, got \\(11,\\)"):
        hf.train(replace(QUICK, classes=(11,)), progress=False)
    with pytest.raises(HierfeatError, match="classes as ints, at least one"):
        replace(QUICK, classes=())


@pytest.mark.parametrize(("options", "message"), [
    ({"start": nn.Conv2d(1, 1, 1)}, "start as a Hierarchy to begin with, got Conv2d"),
    ({"freeze": "pool"}, "names no layer that has weights"),
    ({"freeze": ("conv", "linear")}, "nothing is left to train"),
    ({"freeze": "cnv1"}, "cnv1"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(options, message):
    with pytest.raises(HierfeatError, match=message):
        hf.train(QUICK, **options, progress=False)


def test_a_neocognitron_has_no_start():
    with pytest.raises(HierfeatError, match="organises itself"):
        hf.train("neocognitron-digits", freeze="s1", progress=False)
