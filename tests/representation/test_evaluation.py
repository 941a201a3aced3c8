"""Evaluation against scikit-learn, and against answers made by hand."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix, precision_score, recall_score
from torch import nn

import hierfeat as hf
from hierfeat.errors import HierfeatError
from hierfeat.representation.evaluation import Evaluation, evaluate


class Parrot(nn.Module):
    """Says the class that the first pixel spells, with a certainty that the second one gives."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        named = (x[:, 0, 0, 0] * 10).round().long()
        return nn.functional.one_hot(named, 4).float() * (1 + 10 * x[:, 0, 0, 1:2])


def parrot() -> hf.Hierarchy:
    return hf.Hierarchy(Parrot(), (1, 2, 2), classes=("a", "b", "c", "d"), name="parrot")


def spoken(predicted: list[int], certainty: list[float]) -> torch.Tensor:
    images = torch.zeros(len(predicted), 1, 2, 2)
    images[:, 0, 0, 0] = torch.tensor(predicted) / 10
    images[:, 0, 0, 1] = torch.tensor(certainty)
    return images


def test_by_hand() -> None:
    images = spoken([0, 0, 1, 2, 1], [0.1, 0.2, 0.9, 0.3, 0.5])
    found = evaluate(parrot(), images, torch.tensor([0, 1, 0, 2, 1]))
    assert found.accuracy == pytest.approx(3 / 5)
    assert found.confusion.tolist() == [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    assert found.mistakes.tolist() == [2, 1]  # the surer one first
    assert found.table["label"].tolist() == ["a", "b", "c", "d"]
    assert found.table["recall"].tolist()[:3] == [0.5, 0.5, 1.0]
    assert np.isnan(found.table["recall"][3])
    logits = np.array([1 + 10 * 0.9, 0, 0, 0])
    assert found.confidence[2] == pytest.approx(np.exp(logits[0]) / np.exp(logits).sum(), rel=1e-5)


def test_agrees_with_scikit_learn() -> None:
    images, labels = hf.digits(split="validation")
    h = hf.untrained(hf.load("lenet5-digits"))
    found = evaluate(h, images, labels, batch_size=17)
    assert (found.confusion == confusion_matrix(labels, found.predicted, labels=range(10))).all()
    options = {"labels": range(10), "average": None, "zero_division": np.nan}
    np.testing.assert_allclose(found.table["recall"], recall_score(labels, found.predicted, **options))
    np.testing.assert_allclose(found.table["precision"], precision_score(labels, found.predicted, **options))
    assert found.confusion.sum() == len(labels)


def test_saves_loads_and_draws(tmp_path: Path) -> None:
    images, labels = hf.digits(split="test")
    found = evaluate(hf.load("lenet5-digits"), images, labels)
    again = Evaluation.load(found.save(tmp_path))
    assert (again.confusion == found.confusion).all()
    assert "99." in again.plot().get_suptitle()
    assert len(again.plot_mistakes(images).axes) >= 1


def test_what_does_not_fit() -> None:
    images = spoken([0, 1], [0, 0])
    with pytest.raises(HierfeatError, match="for each of 2 images"):
        evaluate(parrot(), images, torch.tensor([0]))
    with pytest.raises(HierfeatError, match="labels from 0 to 3; got 0 to 4"):
        evaluate(parrot(), images, torch.tensor([0, 4]))
