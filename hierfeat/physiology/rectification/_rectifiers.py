"""What each activation function does with negative input, and its value at zero."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from hierfeat.subjects.calls import Call

#: What becomes of negative input.
NEGATIVE: dict[str, str] = {
    "relu": "set to zero",
    "relu6": "set to zero; above 6 cut off",
    "clamp": "set to zero",
    "clamp_min": "set to zero",
    "threshold": "set to a constant",
    "leaky_relu": "kept, scaled down by the slope",
    "prelu": "kept, scaled by a learned slope",
    "rrelu": "kept, scaled down by the mean slope",
    "elu": "kept, saturates at −α",
    "selu": "kept, saturates at −1.76",
    "celu": "kept, saturates at −α",
    "gelu": "fades to zero, dips to −0.17 on the way",
    "silu": "fades to zero, dips to −0.28 on the way",
    "mish": "fades to zero, dips to −0.31 on the way",
    "hardswish": "set to zero below −3, dips to −0.38 on the way",
    "softplus": "fades to zero; nothing comes out negative",
    "sigmoid": "answers below ½; nothing comes out negative",
    "logsigmoid": "everything comes out negative",
    "hardsigmoid": "answers below ½; nothing comes out negative",
    "tanh": "kept, mirrored, saturates at −1",
    "hardtanh": "kept, cut off at −1",
    "softsign": "kept, mirrored, saturates at −1",
    "maxout": "the larger piece wins; negative only where all pieces are",
}
#: Activation functions that compare channels with each other, and so are no rectifiers.
NO_RECTIFIERS = frozenset({"softmax", "softmin", "log_softmax", "glu"})


def pointwise(call: Call) -> Callable[[Tensor], Tensor] | None:
    """The function that a call applies to every number; None where it is none, or has weights of its own."""
    args, kwargs = _settings(call)
    if call.whole or call.op in {"prelu", "rrelu"} | NO_RECTIFIERS:
        return None
    function: Any = getattr(F, call.op, None) or getattr(torch, call.op, None)
    if function is None:
        return None
    return lambda x: function(x, *args, **kwargs)


def _settings(call: Call) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments after the input, and not in place."""
    kwargs = {name: value for name, value in call.kwargs.items() if name not in ("inplace", "input", "out")}
    return tuple(value for value in call.args[1:] if not isinstance(value, bool)), kwargs


def at_zero(call: Call) -> float:
    """The answer to zero input: ½ for a sigmoid, 0 for most."""
    function = pointwise(call)
    return 0.0 if function is None else float(function(torch.zeros(1, dtype=torch.float64)))


def gaussian_moments(function: Callable[[Tensor], Tensor], mean: Tensor, deviation: Tensor) -> tuple[Tensor, Tensor]:
    """E f(x) and E f(x)² for Gaussian x, by a sum over 4,001 points from −8 to 8 standard deviations.

    Examples
    --------
    >>> import torch
    >>> first, second = gaussian_moments(torch.relu, torch.zeros(1), torch.ones(1))
    >>> round(float(first), 4), round(float(second), 4)
    (0.3989, 0.5)
    """
    z = torch.linspace(-8, 8, 4001, dtype=torch.float64)
    weights = torch.exp(-0.5 * z.square())
    weights = weights / weights.sum()
    answers = function(mean.double()[:, None] + deviation.double()[:, None] * z)
    return answers @ weights, answers.square() @ weights
