"""Checks of what users give to the Neocognitron: numbers, tuples of numbers, labels."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hierfeat.errors import HierfeatError

Check = Callable[[str, Any], Any]


def whole(name: str, value: Any, *, least: int = 0, most: int | None = None) -> int:
    """Return `value` as an int if it is a whole number within the limits, or say what is wrong with it."""
    limits = f"from {least}" + ("" if most is None else f" to {most}")
    integral = isinstance(value, int | np.integer) and not isinstance(value, bool | np.bool_)
    if not integral or value < least or (most is not None and value > most):
        raise HierfeatError(f"expected {name} to be a whole number {limits}; got {value!r}")
    return int(value)


def number(name: str, value: Any, *, above: float | None = None, least: float | None = None, most: float = 1e12) -> float:
    """Return `value` as a float if it is a finite number within the limits, or say what is wrong with it."""
    low = f"above {above:g}" if above is not None else f"of at least {least:g}" if least is not None else ""
    limits = f"{low} and at most {most:g}".removeprefix(" and ")
    real = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    fits = real and value <= most and (above is None or value > above) and (least is None or value >= least)
    if not fits:  # NaN fails every comparison
        raise HierfeatError(f"expected {name} to be a number {limits}; got {value!r}")
    return float(value)


def several(name: str, value: Any, count: int, check: Callable[..., Any], **limits: Any) -> tuple[Any, ...]:
    """Return `value` as a tuple of `count` checked numbers."""
    if isinstance(value, str) or not isinstance(value, Sequence | np.ndarray | Tensor) or len(value) != count:
        raise HierfeatError(f"expected {name} to be {count} numbers; got {value!r}")
    return tuple(check(f"{name}[{index}]", item, **limits) for index, item in enumerate(value))


def choice(name: str, value: Any, choices: Sequence[str]) -> str:
    """Return `value` if it is one of the choices."""
    if not isinstance(value, str) or value not in choices:
        raise HierfeatError(f"expected {name} to be {' or '.join(map(repr, choices))}; got {value!r}")
    return value


def checked_labels(labels: Any, *, count: int) -> np.ndarray:
    """Return labels as an array of whole numbers, (count,), or say what is wrong with them."""
    values = labels.detach().cpu().numpy() if isinstance(labels, torch.Tensor) else labels
    try:
        found = np.asarray(values)
    except ValueError as error:  # rows of different lengths
        raise HierfeatError(f"expected a label for each of {count} images, whole numbers: {error}") from error
    if found.shape != (count,):
        raise HierfeatError(f"expected a label for each of {count} images, shape ({count},); got shape {found.shape}")
    integral = found.dtype.kind in "iu" or (found.dtype.kind == "f" and bool((found == np.round(found)).all()))
    if not integral:
        raise HierfeatError(f"expected labels as whole numbers; got {found.dtype} such as {found.flat[0]!r}")
    return found.astype(np.int64)
