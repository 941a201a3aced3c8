"""Checks of plain values: numbers, choices, levels and flags.

A check takes the value, the name of the argument and what else was passed; it returns the value in the one form that
analyses work with, or raises an error that says what was expected, what came, and what to do.
:func:`hierfeat.subjects.arguments.checked` applies them by the arguments' names.
"""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from math import isfinite
from numbers import Real
from pathlib import Path
from reprlib import repr as shorter
from typing import Any

import numpy as np

from hierfeat.errors import HierfeatError

Given = Mapping[str, Any]
Check = Callable[[Any, str, Given], Any]


def whole(low: int = 1, high: int = 10**6) -> Check:
    """A check for integers from `low` to `high`; numpy's count, booleans and floats do not.

    Examples
    --------
    >>> import numpy as np
    >>> whole()(np.int64(3), "rank", {})
    3
    """

    def check(value: Any, name: str, _: Given) -> int:
        try:
            number = None if isinstance(value, bool | np.bool_) else operator.index(value)
        except TypeError:
            number = None
        if number is None or not low <= number <= high:
            raise HierfeatError(f"expected {name} as an int from {low} to {high}, got {shorter(value)}")
        return number

    return check


def real(low: float = -1e9, high: float = 1e9, *, above: float | None = None) -> Check:
    """A check for finite numbers from `low` (or above `above`) to `high`.

    Examples
    --------
    >>> real(0, 1)(0.5, "contrast", {})
    0.5
    """

    def check(value: Any, name: str, _: Given) -> float:
        number = float(value) if _is_number(value) else float("nan")
        if not (isfinite(number) and low <= number <= high and (above is None or number > above)):
            least = f"above {above:g}" if above is not None else f"from {low:g}"
            raise HierfeatError(f"expected {name} as a number {least} to {high:g}, got {shorter(value)}")
        return number

    return check


def choice(*options: str) -> Check:
    """A check for one of a few words."""

    def check(value: Any, name: str, _: Given) -> str:
        if not isinstance(value, str) or value not in options:
            quoted = ", ".join(map(repr, options))
            raise HierfeatError(f"expected {name} as one of {quoted}; got {shorter(value)}")
        return value

    return check


def optional(check: Check) -> Check:
    """A check for what `check` takes, or None, where None is not the default."""
    return lambda value, name, given: None if value is None else check(value, name, given)


def several(count: int, check: Check) -> Check:
    """A check for `count` values in a sequence, each of which `check` takes; they come back as a tuple.

    Examples
    --------
    >>> several(2, whole())([3, 4], "planes", {})
    (3, 4)
    """

    def check_all(value: Any, name: str, given: Given) -> tuple[Any, ...]:
        if not _is_row(value) or len(value) != count:
            raise HierfeatError(f"expected {name} as {count} values, got {shorter(value)}")
        return tuple(check(item, f"{name}[{index}]", given) for index, item in enumerate(value))

    return check_all


def levels(low: float, high: float, *, above: float | None = None, counted: bool = True, most: int = 4096) -> Check:
    """A check for conditions of stimuli: one number, or a flat sequence of numbers; or, if `counted`, how many steps.

    Parameters
    ----------
    low, high
        Limits of the numbers.
    above
        In place of `low` where that itself is none.
    counted
        Whether an int means so many steps. Otherwise it is a number as any other.
    most
        Of steps, or numbers.

    Notes
    -----
    The value is returned as it is: how steps are spread is the stimulus's to say.

    Examples
    --------
    >>> levels(0, 0.5, counted=False)([0.1, 0.2], "frequencies", {})
    [0.1, 0.2]
    """

    def check(value: Any, name: str, _: Given) -> Any:
        is_count = counted and isinstance(value, int | np.integer) and not isinstance(value, bool)
        try:
            given = np.atleast_1d(np.asarray(value, dtype=float))
        except (TypeError, ValueError):
            given = np.empty(0)
        fits = given.ndim == 1 and 0 < len(given) <= most and np.isfinite(given).all()
        limits = (1, most) if is_count else (low, high)
        words = isinstance(value, bool | np.bool_ | str | bytes)
        outside = fits and (given.min() < limits[0] or given.max() > limits[1])
        if not fits or words or outside or (fits and not is_count and above is not None and given.min() <= above):
            steps = f"a number of steps (an int from 1 to {most:,}) or as " if counted else ""
            least = f"above {above:g}" if above is not None else f"from {low:g}"
            raise HierfeatError(
                f"expected {name} as {steps}at most {most:,} finite numbers {least} to {high:g}; got {shorter(value)}"
            )
        return value

    return check


def words(value: Any, name: str, _: Given) -> tuple[str, ...]:
    """A check for a sequence of words; one word alone is none, since its letters are not meant.

    Examples
    --------
    >>> words(["cat", "dog"], "classes", {})
    ('cat', 'dog')
    """
    several_things = isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping | Set)
    items = list(value) if several_things else [None]
    if not all(isinstance(item, str | int | np.integer) for item in items):
        raise HierfeatError(f"expected {name} as a sequence of words, such as ['cat', 'dog']; got {shorter(value)}")
    return tuple(str(item) for item in items)


def sizes(value: Any, name: str) -> tuple[int, ...]:
    """`value` as positive sizes of axes, however many.

    Examples
    --------
    >>> sizes([1, 8, 8], "input_shape")
    (1, 8, 8)
    """
    given = value if _is_row(value) else [None]
    try:
        return tuple(whole(1, 2**31)(size, name, {}) for size in given)
    except HierfeatError:
        raise HierfeatError(f"expected {name} as positive ints, such as (3, 32, 32); got {shorter(value)}") from None


def numbers(value: Any, name: str) -> np.ndarray:
    """`value` as an array of floats, of whatever shape.

    Examples
    --------
    >>> numbers([1, 2], "z")
    array([1., 2.])
    """
    try:
        if isinstance(value, str | bytes):
            raise TypeError
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError, RuntimeError):
        raise HierfeatError(f"expected {name} as an array of numbers, got {shorter(value)}") from None


def file_path(value: Any, name: str, _: Given) -> Path:
    """A check for the path of a file or folder, whether it exists or not.

    Examples
    --------
    >>> file_path("runs/first", "out", {}).name
    'first'
    """
    if not isinstance(value, str | Path) or not str(value) or "\0" in str(value):
        raise HierfeatError(f"expected {name} as a path, such as 'runs/first'; got {shorter(value)}")
    return Path(value)


def folder_to_write(value: Any, name: str, given: Given) -> Path:
    """A check for the path of a folder that is, or can be, made."""
    path = file_path(value, name, given).expanduser()
    taken = next((part for part in (path, *path.parents) if part.exists() and not part.is_dir()), None)
    if taken is not None:
        raise HierfeatError(f"expected {name} as a folder to write into, got {value}: {taken} is a file")
    return path


def flag(value: Any, name: str, _: Given) -> bool:
    """Check that `value` is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise HierfeatError(f"expected {name} as True or False, got {shorter(value)}")
    return bool(value)


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _is_row(value: object) -> bool:
    """Whether there are values in an order; torch's have a ``detach``, and need not be loaded to draw a plot."""
    return (isinstance(value, Sequence | np.ndarray) and not isinstance(value, str | bytes)) or hasattr(value, "detach")
