"""From what a classifier puts out to probabilities, whichever end it has."""

from reprlib import repr as shorter

import torch
from torch import Tensor

from hierfeat.errors import HierfeatError
from hierfeat.subjects.precision import double
from hierfeat.subjects.subject import Subject

SQUEEZED = (
    "a squeeze() in its forward pass, it seems, drops the axis of a single image; flatten(1), or squeeze() of named "
    "axes, keeps it"
)


def checked_classes(h: Subject, scores: Tensor, count: int) -> Tensor:
    """Return `scores` if they are one for each class and each of `count` images, (N, classes).

    Raises
    ------
    HierfeatError
        If they have another shape, or fewer than two classes.
    """
    if scores.ndim == 2 and len(scores) == count and scores.shape[1] > 1:
        if h.classes is not None and len(h.classes) != scores.shape[1]:
            raise HierfeatError(
                f"expected a name for each of the {scores.shape[1]} scores of {h.name}, got {len(h.classes)} classes: "
                f"{shorter(h.classes)}; Hierarchy(classes=) takes them"
            )
        return scores
    single = (scores.ndim == 1 and len(scores) == count) or (scores.ndim == 2 and scores.shape[1] == 1)
    if single:
        hint = "one score for each image; output=lambda y: torch.stack([-y.ravel(), y.ravel()], 1) makes two classes"
    elif scores.ndim == 1 and count == 1:
        hint = SQUEEZED
    elif scores.ndim > 2:
        hint = "scores for each place; output=lambda y: y.mean((2, 3)) makes one for each class"
    else:
        hint = "hf.Hierarchy(model, ..., output=) says which part of the model's output is its scores"
    raise HierfeatError(
        f"expected {h.name} to return a score per class, (N, classes), got {tuple(scores.shape)}: {hint}"
    )


def check_truth(labels: Tensor, classes: int) -> None:
    """Refuse labels that are none of the network's classes: whatever it says would count as wrong.

    Raises
    ------
    HierfeatError
        With the smallest and the largest label.
    """
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= classes:
        raise HierfeatError(f"expected labels from 0 to {classes - 1}; got {low} to {high}")


def probabilities(scores: Tensor) -> Tensor:
    """Class probabilities from logits, from probabilities or from their logarithms, (N, classes), float64.

    Notes
    -----
    A network that ends in a softmax puts out rows that are not negative and sum to 1, one that ends in a log-softmax
    rows whose exponentials do. Those are taken as they are: a second softmax would flatten them (0.69 becomes 0.18 of
    ten classes). Rows of logits do neither but by chance, and not all of them at once.

    Examples
    --------
    >>> import torch
    >>> logits = torch.tensor([[2.0, 0.0], [0.0, 1.0]])
    >>> all(torch.allclose(probabilities(f(logits)), logits.double().softmax(1))
    ...     for f in (lambda x: x, lambda x: x.softmax(1), lambda x: x.log_softmax(1)))
    True
    """
    values = double(scores.detach())
    slack = 1e-2 if scores.dtype in (torch.float16, torch.bfloat16) else 1e-4
    if bool((values >= 0).all()) and bool(((values.sum(1) - 1).abs() < slack).all()):
        return values
    if bool((values <= 0).all()) and bool((values.logsumexp(1).abs() < slack).all()):
        return values.exp()
    return values.softmax(1)
