"""From what a classifier puts out to probabilities, whichever end it has."""

import torch
from torch import Tensor


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
    values = scores.detach().double()
    slack = 1e-2 if scores.dtype in (torch.float16, torch.bfloat16) else 1e-4
    if bool((values >= 0).all()) and bool(((values.sum(1) - 1).abs() < slack).all()):
        return values
    if bool((values <= 0).all()) and bool((values.logsumexp(1).abs() < slack).all()):
        return values.exp()
    return values.softmax(1)
