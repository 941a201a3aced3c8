"""The estimator: scikit-learn's conventions, files, errors; and the network as a subject of other analyses."""

import numpy as np
import pytest
import torch
from sklearn.base import clone, is_classifier
from sklearn.model_selection import cross_val_score

import hierfeat as hf
from hierfeat.errors import HierfeatError
from hierfeat.zoo.neocognitron import Neocognitron, glyphs

SMALL = {"planes": (8, 24), "learning_images": (100, 200), "learning_patterns": (500, 1000), "passes": 2}


@pytest.fixture(scope="module")
def digits():
    images, labels = hf.digits("train")
    return images[:400], labels[:400]


TOPS = {
    "interpolating": {"references": 20},
    "ridge": {"top": "ridge"},
    "one-sided": {"top": "ridge", "penalty": 2e-3, "one_sided": 10},
}


@pytest.fixture(scope="module", params=TOPS)
def trained(request, digits):
    return Neocognitron(**TOPS[request.param], **SMALL).fit(*digits)


def test_reads_digits_it_has_not_seen(trained):
    assert trained.score(*hf.digits("validation")) > 0.9


def test_scores_predictions_and_labels_agree(trained, digits):
    images = digits[0][:7]
    scores = trained.decision_function(images)
    assert scores.shape == (7, 10)
    assert (trained.predict(images) == scores.argmax(1)).all()


def test_labels_reach_only_the_top(digits):
    images, labels = digits
    one = Neocognitron(top="ridge", **SMALL).fit(images, labels)
    other = Neocognitron(top="ridge", **SMALL).fit(images, labels.flip(0))
    assert torch.equal(one.network_.s2.a, other.network_.s2.a)
    assert not torch.equal(one.network_.top.weight, other.network_.top.weight)


def test_the_same_seed_gives_the_same_network_and_leaves_the_global_one_alone(digits):
    torch.manual_seed(5)
    state = torch.get_rng_state()
    one, two = (
        Neocognitron(top="ridge", deformed=1, seed=3, **SMALL).fit(digits[0][:210], digits[1][:210]) for _ in "ab"
    )
    assert torch.equal(one.network_.top.weight, two.network_.top.weight)
    assert torch.equal(torch.get_rng_state(), state)


def test_labels_may_be_any_integers(digits):
    images, labels = digits
    chosen = (labels == 3) | (labels == 8)
    net = Neocognitron(top="ridge", **SMALL).fit(images[chosen], labels[chosen] * 10)
    assert set(net.predict(images[:50])) == {30, 80}


def test_save_and_load(trained, digits, tmp_path):
    again = Neocognitron.load(trained.save(tmp_path / "net.safetensors"))
    assert again.get_params() == trained.get_params()
    assert np.array_equal(again.decision_function(digits[0][:5]), trained.decision_function(digits[0][:5]))


def test_save_and_load_1980(tmp_path):
    images, labels = glyphs()
    net = Neocognitron("1980").fit(images, labels)
    assert Neocognitron.load(net.save(tmp_path / "net.safetensors")).score(images, labels) == 1


def test_scikit_learn_knows_it(digits):
    net = Neocognitron(top="ridge", **SMALL)
    copy = clone(net)
    assert copy.get_params() == net.get_params()
    assert is_classifier(net)
    scores = cross_val_score(net, digits[0][:300].numpy(), digits[1][:300].numpy(), cv=2)
    assert scores.shape == (2,)
    assert scores.min() > 0.7


def test_set_params_and_repr():
    net = Neocognitron().set_params(planes=(4, 8))
    assert net.planes == (4, 8)
    assert repr(net) == "Neocognitron('modern', planes=(4, 8))"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Neocognitron("1981"), "'1980', 'modern'"),
        (lambda: Neocognitron(plane=(4, 8)), "did you mean 'planes'"),
        (lambda: Neocognitron().predict(torch.zeros(1, 1, 28, 28)), "learned nothing yet"),
        (lambda: Neocognitron("1980").fit(torch.rand(2, 1, 28, 28), [0, 1]), "N x 1x16x16"),
        (lambda: Neocognitron().fit(torch.rand(2, 3, 28, 28), [0, 1]), "N x 1xHxW"),
        (lambda: Neocognitron().fit(torch.rand(2, 1, 28, 28), [0]), "labels for each of 2 images"),
        (lambda: Neocognitron().fit(torch.full((1, 1, 28, 28), float("nan")), [0]), "finite"),
        (lambda: Neocognitron().fit(-torch.ones(1, 1, 28, 28), [0]), "non-negative"),
        (lambda: Neocognitron().fit(torch.zeros(2, 1, 28, 28), [0, 1]), "silent"),
        (lambda: Neocognitron().fit(torch.rand(2, 1, 6, 6), [0, 1]), "at least 9 pixels"),
        (
            lambda: Neocognitron(top="svm").fit(torch.rand(2, 1, 28, 28), [0, 1]),
            "top as one of",
        ),
        (lambda: Neocognitron(thresholds=(1.2, 0.5)).fit(torch.rand(2, 1, 28, 28), [0, 1]), "threshold"),
        (lambda: Neocognitron.load("nowhere.safetensors"), "there is no"),
    ],
)
def test_errors_say_what_to_do(call, message):
    with pytest.raises(HierfeatError, match=message):
        call()


def test_another_safetensors_file_is_refused(tmp_path):
    from safetensors.torch import save_file

    save_file({"x": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(HierfeatError, match="holds no Neocognitron"):
        Neocognitron.load(tmp_path / "other.safetensors")


def test_the_image_size_of_training_is_kept(trained):
    with pytest.raises(HierfeatError, match="1x32x32"):
        trained.predict(torch.rand(1, 1, 28, 28))


def test_a_new_top_on_the_same_cells_knows_only_its_own_examples(trained, digits):
    images, labels = digits
    chosen = (labels == 2) | (labels == 7)
    network = trained.network_
    before = network(images[:3])
    other = network.with_top(images[chosen][:10], labels[chosen][:10])
    assert set(other(images[chosen]).argmax(1).tolist()) == {2, 7}
    assert (other(images[chosen]).argmax(1) == labels[chosen]).float().mean() > 0.9
    assert torch.equal(other.features(images[:3]), network.features(images[:3]))
    assert torch.equal(network(images[:3]), before), "the network it came from keeps its top"
