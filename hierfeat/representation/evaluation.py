"""How often a network is right, on which classes it is not, and which images mislead it most."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from hierfeat._progress import with_bar
from hierfeat._result import Result, drawn
from hierfeat.subjects.arguments import checked, needed
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.own_data import Images, Labels, default_batch, looked_up
from hierfeat.subjects.provenance import provenance
from hierfeat.subjects.scores import check_truth, checked_classes, probabilities


@dataclass(frozen=True, eq=False)
class Evaluation(Result):
    """What :func:`evaluate` returns; ``.table`` has the columns ``label, images, recall, precision``.

    Attributes
    ----------
    accuracy : float
        Fraction of images whose largest output is their label.
    confusion : ndarray
        (classes, classes) counts: rows are labels, columns predictions.
    labels : ndarray
        The class of each image.
    predicted : ndarray
        The class predicted for each image.
    confidence : ndarray
        The softmax of the predicted class, for each image.
    mistakes : ndarray
        Indices of the misclassified images, the most confident mistake first.
    """

    accuracy: float
    confusion: np.ndarray
    labels: np.ndarray
    predicted: np.ndarray
    confidence: np.ndarray
    mistakes: np.ndarray

    plot = drawn("evaluation.plot_evaluation")

    plot_mistakes = drawn("evaluation.plot_mistakes")

    def _looked_up(self, images: Images, places: np.ndarray) -> torch.Tensor | list[torch.Tensor]:
        """Some of the images that were evaluated, for the plot of mistakes."""
        return looked_up(images, places.tolist(), len(self.labels)) if len(places) else []


@checked()
def evaluate(
    h: Hierarchy,
    images: Images,
    labels: Labels | None = None,
    *,
    max_images: int | None = None,
    seed: int = 0,
    batch_size: int | None = None,
    progress: bool = True,
) -> Evaluation:
    """Compare a classifier's predictions with the labels.

    Parameters
    ----------
    h
        Its output is a score per class.
    images
        N, C, H, W in [0, 1].
    labels
        N integers.
    max_images
        So many images are drawn if there are more, with `seed`; None takes all.
    seed
        Of the images that are drawn.
    batch_size
        Images in one forward pass; by default as many as suit their size. It changes no number.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    Evaluation
        Accuracy, confusion matrix, recall and precision per class, and the mistakes.

    Raises
    ------
    HierfeatError
        If images and labels differ in number, or a label has no output.

    Notes
    -----
    Recall is the fraction of a class's images that are called by its name; precision the fraction of the images called
    by its name that are of the class (NaN where it is never named).

    Memory: one batch, and the scores of all images.

    Examples
    --------
    >>> import hierfeat as hf
    >>> images, labels = hf.digits(split="test")
    >>> evaluate(hf.load("lenet5-digits"), images, labels).accuracy > 0.98
    True
    """
    labels = needed(labels)
    batches = images.split(batch_size or default_batch(h.input_shape))
    found = (checked_classes(h, h(batch), len(batch)) for batch in with_bar(batches, "images"))
    scores = torch.cat([part.float().cpu() for part in found])
    classes = scores.shape[1]
    check_truth(labels, classes)
    truth = labels.cpu().numpy()
    confidence, predicted = (value.numpy() for value in probabilities(scores).max(1))
    confusion = np.bincount(truth * classes + predicted, minlength=classes**2).reshape(classes, classes)
    wrong = np.flatnonzero(predicted != truth)
    return Evaluation(
        table=_per_class(confusion, h.classes),
        provenance=provenance(h, images=len(images), max_images=max_images, seed=seed),
        accuracy=float((predicted == truth).mean()),
        confusion=confusion,
        labels=truth,
        predicted=predicted,
        confidence=confidence,
        mistakes=wrong[np.argsort(-confidence[wrong], kind="stable")],
    )


def _per_class(confusion: np.ndarray, names: tuple[str, ...] | None) -> pd.DataFrame:
    right, of_class, named = np.diag(confusion), confusion.sum(1), confusion.sum(0)
    with np.errstate(invalid="ignore"):
        recall, precision = right / of_class, right / named
    labels = list(names or map(str, range(len(confusion))))
    return pd.DataFrame({"label": labels, "images": of_class, "recall": recall, "precision": precision})
