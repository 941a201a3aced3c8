"""The activation functions of the lecture: value, slope, range, and where they saturate."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, pi, sqrt
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import erf, expit

from hierfeat._result import Result, drawn
from hierfeat._values import numbers, words
from hierfeat.errors import HierfeatError
from hierfeat.subjects.arguments import checked

_LEAK = 0.1
_PIECES = ((-0.25, -0.5), (0.25, 0.0), (1.0, -0.75))  # slope and offset of each linear piece of the maxout
_FLAT = 0.01


@dataclass(frozen=True, eq=False)
class ActivationFunctions(Result):
    """Activation functions, their slopes, and what distinguishes them.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per function: ``function, formula``; ``lowest, highest, range`` (bounds of its values; one beside a
        round bracket is never reached); ``steepest`` (largest absolute slope); ``saturates_below, saturates_above``
        (the slope goes to 0 far below or above); ``zero_centred`` (odd, so that a symmetric input has a mean output
        of 0); ``normal_mean, normal_flat`` (mean output, and probability of a slope below 0.01, for a standard
        normal input); ``mean, flat_fraction`` (the same for the inputs `z` given).
    z : numpy.ndarray
        Inputs, of any shape.
    values, slopes : dict of numpy.ndarray
        Function to its value and its derivative at `z`.
    """

    z: np.ndarray
    values: dict[str, np.ndarray]
    slopes: dict[str, np.ndarray]

    plot = drawn("lessons.plot_activation_functions")


@checked(functions=words)
def activation_functions(z: ArrayLike | None = None, *, functions: Sequence[str] | None = None) -> ActivationFunctions:
    """Evaluate the activation functions of the lecture.

    Parameters
    ----------
    z
        Inputs: a line of numbers, or a feature map before its rectifier. 401 points from -4 to 4 unless given.
    functions
        Some of ``sigmoid, tanh, relu, leaky_relu, elu, maxout, gelu, silu, softplus``; all unless given.

    Returns
    -------
    ActivationFunctions
        Values and slopes at `z`, and a table of what distinguishes the functions.

    Raises
    ------
    HierfeatError
        If a function is unknown, or `z` is empty or not finite.

    Notes
    -----
    A unit whose slope is near 0 passes no gradient: it has stopped learning for that input (saturation). Outputs that
    are all positive push all weights of the next unit in one direction at a time; hence the wish for zero-centred
    ones. The slope at a kink (ReLU at 0) is the one from below, as torch takes it. Leaky ReLU has slope 0.1 below
    0, ELU has α = 1, and maxout is the largest of the three lines z − 0.75, 0.25z and −0.25z − 0.5: a learned convex
    function in the original.

    References
    ----------
    Nair, V. and Hinton, G. E. (2010). Rectified linear units improve restricted Boltzmann machines. ICML.
    Maas, A. L., Hannun, A. Y. and Ng, A. Y. (2013). Rectifier nonlinearities improve neural network acoustic models.
    Goodfellow, I. J. et al. (2013). Maxout networks. ICML.
    Clevert, D.-A., Unterthiner, T. and Hochreiter, S. (2016). Fast and accurate deep network learning by ELUs. ICLR.
    Hendrycks, D. and Gimpel, K. (2016). Gaussian error linear units. arXiv:1606.08415.
    Elfwing, S., Uchibe, E. and Doya, K. (2018). Sigmoid-weighted linear units. Neural Networks 107.
    Dugas, C. et al. (2001). Incorporating second-order functional knowledge for better option pricing. NIPS.

    Examples
    --------
    >>> found = activation_functions([-2.0, 0.0, 2.0], functions=["relu", "tanh"])
    >>> found.values["relu"].tolist(), found.table.saturates_below.tolist()
    ([0.0, 0.0, 2.0], [True, True])
    """
    inputs = np.linspace(-4, 4, 401) if z is None else numbers(z, "z")
    if inputs.size == 0 or not np.isfinite(inputs).all():
        raise HierfeatError(
            f"expected at least one input z, all finite; got shape {inputs.shape} with none, NaN or infinity"
        )
    names = list(_FUNCTIONS) if functions is None else list(functions)
    unknown = [name for name in names if name not in _FUNCTIONS]
    if unknown or not names:
        raise HierfeatError(f"expected some of {', '.join(_FUNCTIONS)}; got {', '.join(unknown) or 'none'}")
    values = {name: _FUNCTIONS[name].value(inputs) for name in names}
    slopes = {name: _FUNCTIONS[name].slope(inputs) for name in names}
    rows = [_row(name, values[name], slopes[name]) for name in names]
    provenance = {"parameters": {"functions": names, "shape": list(inputs.shape)}}
    return ActivationFunctions(pd.DataFrame(rows), provenance, z=inputs, values=values, slopes=slopes)


class _Function(NamedTuple):
    formula: str
    value: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]
    lowest: float
    highest: float
    reached: bool = False  # whether the lowest value is ever taken


def _row(name: str, values: np.ndarray, slopes: np.ndarray) -> dict[str, Any]:
    function = _FUNCTIONS[name]
    line = np.linspace(-20, 20, 40001)
    weight = np.exp(-(line**2) / 2)
    weight /= weight.sum()
    value, slope = function.value(line), function.slope(line)
    below, above = function.slope(np.array([-60.0, 60.0]))
    return {
        "function": name,
        "formula": function.formula,
        "lowest": function.lowest,
        "highest": function.highest,
        "range": _range(function),
        "steepest": float(np.abs(slope).max()),
        "saturates_below": bool(abs(below) < 1e-9),
        "saturates_above": bool(abs(above) < 1e-9),
        "zero_centred": bool(np.allclose(value, -value[::-1], atol=1e-12)),
        "normal_mean": float((value * weight).sum()),
        "normal_flat": float(weight[np.abs(slope) < _FLAT].sum()),
        "mean": float(values.mean()),
        "flat_fraction": float((np.abs(slopes) < _FLAT).mean()),
    }


def _range(function: _Function) -> str:
    low = "−∞" if function.lowest == -inf else f"{function.lowest:.3g}".replace("-", "−")
    high = "∞" if function.highest == inf else f"{function.highest:g}"
    return f"{'[' if function.reached else '('}{low}, {high})"


def _normal_density(z: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp(-(z**2) / 2) / sqrt(2 * pi))


def _normal_below(z: np.ndarray) -> np.ndarray:
    return np.asarray((1 + erf(z / sqrt(2))) / 2)


def _lines(z: np.ndarray) -> np.ndarray:
    return np.stack([slope * z + offset for slope, offset in _PIECES])


def _maxout_slope(z: np.ndarray) -> np.ndarray:
    # of two lines that meet, the one that leads from below is the one with the smaller slope: listed first
    slopes = np.array([slope for slope, _ in _PIECES])
    return np.asarray(slopes[_lines(z).argmax(axis=0)])


_MINIMUM_GELU, _MINIMUM_SILU, _MINIMUM_MAXOUT = -0.16997120747990369, -0.2784645427610738, -0.25

_FUNCTIONS = {
    "sigmoid": _Function("1/(1 + e⁻ᶻ)", expit, lambda z: expit(z) * expit(-z), 0, 1),
    "tanh": _Function("(eᶻ − e⁻ᶻ)/(eᶻ + e⁻ᶻ)", np.tanh, lambda z: 1 - np.tanh(z) ** 2, -1, 1),
    "relu": _Function("max(0, z)", lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float), 0, inf, True),
    "leaky_relu": _Function(
        "max(0.1z, z)", lambda z: np.maximum(_LEAK * z, z), lambda z: np.where(z > 0, 1, _LEAK), -inf, inf
    ),
    "elu": _Function(
        "z if z > 0, else eᶻ − 1",
        lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
        lambda z: np.where(z > 0, 1, np.exp(np.minimum(z, 0))),
        -1,
        inf,
    ),
    "maxout": _Function("maxᵢ(wᵢz + bᵢ)", lambda z: _lines(z).max(axis=0), _maxout_slope, _MINIMUM_MAXOUT, inf, True),
    "gelu": _Function(
        "z·Φ(z)",
        lambda z: z * _normal_below(z),
        lambda z: _normal_below(z) + z * _normal_density(z),
        _MINIMUM_GELU,
        inf,
        True,
    ),
    "silu": _Function(
        "z/(1 + e⁻ᶻ)", lambda z: z * expit(z), lambda z: expit(z) * (1 + z * expit(-z)), _MINIMUM_SILU, inf, True
    ),
    "softplus": _Function("ln(1 + eᶻ)", lambda z: np.logaddexp(0, z), expit, 0, inf),
}
