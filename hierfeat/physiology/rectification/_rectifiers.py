"""What each activation function does with negative input, and its value at zero."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from hierfeat.subjects.call import Call
from hierfeat.subjects.precision import double

#: What becomes of negative input.
NEGATIVE: dict[str, str] = {
    "relu": "set to zero",
    "relu6": "set to zero; above 6 cut off",
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
    "sigmoid": "½ at zero, less below; nothing comes out negative",
    "logsigmoid": "everything comes out negative",
    "hardsigmoid": "½ at zero, less below; nothing comes out negative",
    "tanh": "kept, mirrored, saturates at −1",
    "softsign": "kept, mirrored, saturates at −1",
    "maxout": "the larger piece wins; negative only where all pieces are",
}
#: Activation functions that compare channels with each other, and so are not rectifiers.
NO_RECTIFIERS = frozenset({"softmax", "softmin", "log_softmax", "glu"})
#: Functions that cut their input off, and the arguments that say where.
_LIMITED = {
    "clamp": ("min", "max"),
    "clip": ("min", "max"),
    "clamp_min": ("min",),
    "clamp_max": ("max",),
    "hardtanh": ("min_val", "max_val"),
}
_ONE_KINK = frozenset({"relu", "leaky_relu", "prelu", "rrelu"})


def negative(call: Call) -> str:
    """What becomes of negative input, in words: of functions with limits, as those of this call say."""
    if call.op == "threshold":
        least, value = _numbers(call, "threshold", "value")
        return "set to zero" if (least, value) == (0.0, 0.0) else f"up to {least:g} set to {value:g}"
    if call.op in _LIMITED:
        low, high = limits(call)
        below = "set to zero" if low == 0 else f"kept, cut off at {low:g}".replace("-", "−")
        if low is None:
            below = "kept"
        elif low > 0:
            below = f"set to {low:g}"
        return below if high is None else f"{below}; above {high:g} cut off".replace("-", "−")
    return NEGATIVE.get(call.op, "unknown")


def limits(call: Call) -> tuple[float | None, float | None]:
    """The lower and the upper limit of a function that cuts its input off; None where there is none."""
    if call.op == "relu6":
        return 0.0, 6.0
    low, high = _numbers(call, *_LIMITED[call.op])
    return (-1.0 if low is None else low, 1.0 if high is None else high) if call.op == "hardtanh" else (low, high)


def pieces(call: Call) -> tuple[Tensor, bool]:
    """On which linear piece of a call's function each of its inputs lies, counted from below; (N, units).

    Of a function that is not piecewise linear, the second value is False and the pieces are those below and above zero.
    """
    if call.op == "maxout":
        count = int(getattr(call.module, "pieces", 2))
        return call.input.unflatten(1, (-1, count)).argmax(2).flatten(1), True
    kinks = _kinks(call)
    x = call.input.flatten(1)
    piece = torch.stack([x > kink for kink in kinks or (0.0,)]).sum(0)
    return piece, kinks is not None


def _kinks(call: Call) -> tuple[float, ...] | None:
    """Where the slope of a piecewise linear function changes; None for other functions."""
    if call.op in _ONE_KINK:
        return (0.0,)
    if call.op == "threshold":
        return tuple(kink for kink in _numbers(call, "threshold") if kink is not None)
    if call.op in _LIMITED or call.op == "relu6":
        return tuple(limit for limit in limits(call) if limit is not None)
    if call.op in ("hardshrink", "softshrink"):
        [width] = _numbers(call, "lambd")
        return (-0.5, 0.5) if width is None else (-width, width)
    return (-3.0, 3.0) if call.op == "hardsigmoid" else None


def _numbers(call: Call, *names: str) -> list[float | None]:
    """Arguments of a call after its input, by name or in this order; None where one is not given as a number."""
    given = dict(zip(names, call.args[1:], strict=False)) | call.kwargs
    values = [given.get(name) for name in names]
    return [float(value) if isinstance(value, int | float) else None for value in values]


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
    """The response to zero input: ½ for a sigmoid, 0 for most."""
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
    responses = function(double(mean)[:, None] + double(deviation)[:, None] * z)
    return responses @ weights, responses.square() @ weights
