"""The trainer: every recipe learns, resumes bit for bit after an interruption anywhere, and leaves no half files."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from hierfeat.errors import HierfeatError
from hierfeat.stimuli.warps.distortions import Distortion
from hierfeat.zoo import ZOO
from hierfeat.zoo.loading import card, list_models
from hierfeat.zoo.training.augment import flip, shift
from hierfeat.zoo.training.recipe import NeocognitronRecipe, Recipe
from hierfeat.zoo.training.recipes import NEOCOGNITRONS, RECIPES, find_recipe
from hierfeat.zoo.training.train import Training, accuracy, train

# One of each cheap kind; the rest is left to the slow tests.
FAST = ("lenet5-digits", "lenet5-mnist-distorted", "mlp-fashion", "lenet5-fashion-maxout")
DESCENDED = [name for name in RECIPES if name not in NEOCOGNITRONS]
TINY = Recipe("lenet5-digits", "digits", epochs=3, batch_size=50, learning_rate=3e-3, shift=1, weight_decay=0.01)


def toy(channels: int, size: int, count: int = 200) -> tuple[Tensor, Tensor]:
    """Images whose class is the place of a bright bar; any network learns them in a few steps."""
    labels = torch.arange(count) % 10
    images = torch.rand(count, channels, size, size, generator=torch.Generator().manual_seed(0)) * 0.2
    for index, label in enumerate(labels.tolist()):
        row = 2 + label * (size - 6) // 10
        images[index, :, row : row + 3] += 0.8
    return images, labels


@pytest.fixture
def toy_data(monkeypatch: pytest.MonkeyPatch) -> None:
    def loader(split: str, **options: Any) -> tuple[Tensor, Tensor]:
        return toy(1, options.get("size", 28))

    gray = dict.fromkeys(("digits", "mnist", "fashion_mnist"), loader)
    monkeypatch.setattr("hierfeat.zoo.training.data.LOADERS", gray | {"cifar10": lambda split, **options: toy(3, 32)})


def same(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> bool:
    return first.keys() == second.keys() and all(np.array_equal(first[key], second[key]) for key in first)


@pytest.mark.usefixtures("toy_data")
@pytest.mark.parametrize(
    "name", [name if name in FAST else pytest.param(name, marks=pytest.mark.slow) for name in DESCENDED]
)
def test_each_recipe_learns_and_resumes(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = replace(RECIPES[name], epochs=3, batch_size=20)
    whole = train(recipe, progress=False)
    assert whole.table["train_loss"].iloc[-1] < whole.table["train_loss"].iloc[0]
    with monkeypatch.context() as patch:
        _interrupt(patch, after=15)  # in the middle of the second epoch
        with pytest.raises(KeyboardInterrupt):
            train(recipe, out=tmp_path, progress=False)
    resumed = train(recipe, out=tmp_path, progress=False)
    assert same(whole.weights, resumed.weights)
    assert resumed.table["epoch"].tolist() == [1, 2, 3]


def _interrupt(monkeypatch: pytest.MonkeyPatch, *, after: int) -> None:
    """Raise KeyboardInterrupt in the step number `after`, counted from the first."""
    from hierfeat.zoo.training import augment as module

    steps = iter(range(10**9))

    def interrupted(images: Tensor, recipe: Recipe, epoch: int) -> Tensor:
        if next(steps) == after:
            raise KeyboardInterrupt
        return module.augment(images, recipe, epoch)

    monkeypatch.setattr("hierfeat.zoo.training.train.augment", interrupted)


@pytest.fixture(scope="module")
def uninterrupted() -> Training:
    return train(TINY, progress=False)


@pytest.mark.parametrize("after", [0, 24, 25, 26, 74])
def test_resumes_bit_for_bit_after_an_interruption_anywhere(
    after: int, uninterrupted: Training, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        _interrupt(patch, after=after)
        with pytest.raises(KeyboardInterrupt):
            train(TINY, out=tmp_path, progress=False)
    assert not (tmp_path / "lenet5-digits.safetensors").exists()
    assert same(train(TINY, out=tmp_path, progress=False).weights, uninterrupted.weights)


def test_an_interrupted_checkpoint_leaves_the_one_before(
    uninterrupted: Training, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, saves = torch.save, iter(range(100))

    def half(state: Any, path: Path) -> None:
        if next(saves) == 1:
            Path(path).write_bytes(b"half a checkpoint")
            raise KeyboardInterrupt
        real(state, path)

    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", half)
        with pytest.raises(KeyboardInterrupt):
            train(TINY, out=tmp_path, progress=False)
    assert [path.name for path in tmp_path.iterdir()] == ["lenet5-digits.checkpoint.pt"]
    assert same(train(TINY, out=tmp_path, progress=False).weights, uninterrupted.weights)


def test_writes_weights_card_and_curve(uninterrupted: Training, tmp_path: Path) -> None:
    train(TINY, out=tmp_path, progress=False)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [f"lenet5-digits.{kind}" for kind in ("csv", "json", "png", "safetensors")]
    card = json.loads((tmp_path / "lenet5-digits.json").read_text())
    assert card["recipe"]["seed"] == 0
    assert card["test_accuracy"] == uninterrupted.card["test_accuracy"]
    assert {"sha256", "licence", "data", "split", "parameters", "seconds", "cpu_seconds"} <= card.keys()


def test_seeds_differ_and_the_global_random_state_stays() -> None:
    before = torch.random.get_rng_state()
    first, second = (train(replace(TINY, epochs=1, seed=seed), progress=False) for seed in (0, 1))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert not same(first.weights, second.weights)


def test_result_saves_and_loads(uninterrupted: Training, tmp_path: Path) -> None:
    again = Training.load(uninterrupted.save(tmp_path))
    assert same(again.weights, uninterrupted.weights)
    assert again.card["test_accuracy"] == uninterrupted.card["test_accuracy"]
    assert len(again.plot().axes) == 2


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        _interrupt(patch, after=30)
        with pytest.raises(KeyboardInterrupt):
            train(TINY, out=tmp_path, progress=False)
    with pytest.raises(HierfeatError, match="another recipe"):
        train(replace(TINY, learning_rate=1e-3), out=tmp_path, progress=False)


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ("lenet7", "a recipe among .*got 'lenet7'"),
        (replace(TINY, data="imagenet"), "data 'imagenet'"),
        (7, "expected a Recipe or the name of one, got int"),
    ],
)
def test_unknown_recipes(recipe: Recipe | str, message: str) -> None:
    with pytest.raises(HierfeatError, match=message):
        train(recipe)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"optimizer": "lion"}, "optimizer as one of 'adamw', 'sgd'; got 'lion'"),
        ({"precision": "float16"}, "precision as one of 'float32', 'bfloat16'; got 'float16'"),
        ({"split": "test"}, r"split as one of 'train', 'train\+validation'; got 'test'"),
        ({"epochs": 0}, "epochs as an int from 1 .*, got 0"),
        ({"epochs": "3"}, "epochs as an int"),
        ({"batch_size": 0}, "batch_size as an int from 1 .*, got 0"),
        ({"learning_rate": float("nan")}, "learning_rate as a number above 0 .*, got nan"),
        ({"momentum": 2}, "momentum as a number from 0 to 1"),
        ({"flip": "yes"}, "flip"),
        ({"seed": -1}, "seed as an int from 0"),
        ({"limit": 0}, "limit as an int from 1"),
        ({"distortion": 3}, "distortion as hf.Distortion"),
        ({"notes": 3}, "notes as text"),
    ],
)
def test_recipes_that_make_no_sense(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(HierfeatError, match=message):
        replace(TINY, **changes)


@pytest.mark.usefixtures("toy_data")
def test_images_that_do_not_fit_the_model() -> None:
    with pytest.raises(HierfeatError, match=r"takes, \(1, 32, 32\); those of cifar10 are \(3, 32, 32\)"):
        train(replace(TINY, data="cifar10"), progress=False)


def test_a_damaged_checkpoint_says_so(tmp_path: Path) -> None:
    (tmp_path / "lenet5-digits.checkpoint.pt").write_bytes(b"half a checkpoint")
    with pytest.raises(HierfeatError, match="is not a checkpoint of a training"):
        train(TINY, out=tmp_path, progress=False)


def test_a_recipe_must_fill_a_batch() -> None:
    with pytest.raises(HierfeatError, match="at least one batch of 50 images; got 20"):
        train(replace(TINY, limit=20), progress=False)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "gpu"}, "expected device as one that this torch has"),
        ({"device": "cuda:99"}, "expected device"),
        ({"device": 3}, "expected device"),
        ({"device": None}, "expected device"),
        ({"out": 3}, "expected out as a path"),
        ({"out": ""}, "expected out as a path"),
        ({"out": __file__}, "expected out as a folder to write into.*is a file"),
        ({"out": f"{__file__}/deeper"}, "expected out as a folder to write into.*is a file"),
        ({"root": 3}, "expected root as a path"),
        ({"root": b"x"}, "expected root as a path"),
        ({"progress": "yes"}, "expected progress"),
    ],
)
def test_bad_places_and_devices_are_refused_before_anything_is_read(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], message: str
) -> None:
    monkeypatch.setattr("hierfeat.zoo.training.train.data_of", lambda *_: pytest.fail("data were read"))
    for recipe in (TINY, "neocognitron-digits"):
        with pytest.raises(HierfeatError, match=message):
            train(recipe, **({"progress": False} | options))


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_name_a_model_of_the_zoo_and_go_through_json(name: str) -> None:
    recipe = RECIPES[name]
    assert recipe.model == name
    assert name in ZOO
    fields = json.loads(json.dumps(recipe.as_dict()))
    assert _from_json(fields) == recipe


def _from_json(fields: dict[str, Any]) -> Recipe | NeocognitronRecipe:
    if "mode" in fields:
        given = {name: tuple(v) if isinstance(v, list) else v for name, v in fields.pop("settings").items()}
        recipe = find_recipe(fields["model"])
        assert NeocognitronRecipe(**fields, settings=given).estimator().get_params() == recipe.estimator().get_params()
        return replace(recipe, **fields)
    if fields["distortion"]:
        fields["distortion"] = Distortion(**fields["distortion"])
    return Recipe(**fields)


# ---------------------------------------------------------------- Neocognitrons


def test_every_shipped_model_has_a_recipe_in_the_one_registry() -> None:
    shipped = {name for name in list_models() if "sha256" in card(name)}
    assert set(RECIPES) == shipped


@pytest.mark.parametrize("name", NEOCOGNITRONS)
def test_the_card_of_a_neocognitron_has_the_settings_of_its_recipe(name: str) -> None:
    """Cards are written when weights are made; the recipe must not have moved on since."""
    assert card(name)["recipe"] == json.loads(json.dumps(RECIPES[name].as_dict()))


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if "mnist" in name else ()) for name in NEOCOGNITRONS]
)
def test_training_a_neocognitron_by_name_gives_the_accuracy_of_the_shipped_weights(name: str, tmp_path: Path) -> None:
    try:
        training = train(name, out=tmp_path, progress=False)
    except HierfeatError as error:
        if "mnist is not in" not in str(error):
            raise
        pytest.skip(str(error))
    assert training.card["test_accuracy"] == pytest.approx(card(name)["test_accuracy"], abs=1.1e-3)
    assert {path.suffix for path in tmp_path.iterdir()} == {".safetensors", ".json", ".csv", ".png"}
    written = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
    assert written["recipe"]["seed"] == 0
    assert len(training.plot().axes) == 1, "no loss, no panel for it"


def test_a_quick_look_at_a_neocognitron(tmp_path: Path) -> None:
    """Fewer images than references, validation left out: weights, table and the network agree."""
    state = torch.get_rng_state()
    quick = replace(find_recipe("neocognitron-digits"), limit=300, split="train", seed=3)
    training = train(quick, progress=False)
    assert torch.equal(torch.get_rng_state(), state)
    row = training.table.iloc[0]
    assert row.validation_accuracy > 0.9
    assert training.card["validation_accuracy"] == row.validation_accuracy
    assert len(training.weights["top.references"]) <= 300
    assert training.hierarchy().input_shape == (1, 32, 32)
    assert not np.array_equal(
        training.weights["s1.a"], train(replace(quick, seed=4), progress=False).weights["s1.a"]
    ), "the seed decides which patterns become cells"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: train("neocognitron-digits", device="meta"), "device='cpu'"),
        (lambda: train(replace(find_recipe("neocognitron-digits"), limit=3)), "classes; got none of"),
        (lambda: train(replace(find_recipe("neocognitron-digits"), model="lenet5-digits")), "of the kind"),
        (lambda: train(replace(TINY, model="neocognitron-digits")), "of the kind"),
        (lambda: train(replace(find_recipe("neocognitron-1980"), data="cifar10")), "of the shape"),
        (lambda: replace(find_recipe("neocognitron-1980"), settings={"gama": 1}), "did you mean 'gamma'"),
        (lambda: replace(find_recipe("neocognitron-1980"), split="test"), "split as one of"),
        (lambda: replace(find_recipe("neocognitron-1980"), limit=0), "limit"),
        (lambda: find_recipe(3), "expected a recipe among"),
    ],
)
def test_trainings_of_neocognitrons_that_make_no_sense(call: Any, message: str) -> None:
    with pytest.raises(HierfeatError, match=message):
        call()


def test_accuracy_counts_right_answers_over_uneven_batches() -> None:
    scores = torch.eye(10)[torch.arange(25) % 10]
    labels = torch.arange(25) % 10
    labels[:5] = (labels[:5] + 1) % 10
    assert accuracy(lambda images: images, scores, labels, batch_size=7) == 20 / 25


def test_flip_mirrors_about_half() -> None:
    images = torch.arange(4.0).expand(400, 1, 1, 4)
    mirrored = (flip(images)[:, 0, 0, 0] == 3).float().mean()
    assert 0.4 < float(mirrored) < 0.6


def test_shift_moves_within_the_limit_and_brings_zeros() -> None:
    images = torch.zeros(500, 1, 9, 9)
    images[:, :, 4, 4] = 1
    moved = shift(images, 2)
    places = moved.flatten(1).argmax(1)
    rows, columns = places // 9, places % 9
    assert set(rows.tolist()) == set(columns.tolist()) == {2, 3, 4, 5, 6}
    assert moved.shape == images.shape
    edge = shift(torch.ones(500, 1, 9, 9), 2)
    assert set(edge[:, 0, :, 4].sum(1).tolist()) == {7.0, 8.0, 9.0}
