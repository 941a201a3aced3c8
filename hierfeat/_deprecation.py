"""How public names and arguments change: the old ones go on working, with a warning, until the version that is named.

CONTRIBUTING.md states the policy. A test fails once the version reached is one at which something was to be removed.
"""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from hierfeat.errors import HierfeatError, warn

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Change:
    """What a public name has become."""

    new: str
    since: str
    until: str

    def says(self, old: str) -> str:
        """The warning."""
        return f"{old} is deprecated since hierfeat {self.since} and will be gone in {self.until}: use {self.new}"


NAMES: dict[str, Change] = {}
"""Public names of ``hierfeat`` that have others now: ``{"old_name": Change("new_name", "0.2", "0.4")}``."""

ENDS: dict[str, str] = {}
"""Of every change that is declared, the version at which it is to be removed; for the test."""


def deprecated(*, instead: str, since: str, until: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a public function work on, with a warning at the caller's line.

    Examples
    --------
    >>> import warnings
    >>> @deprecated(instead="hf.half", since="0.2", until="0.4")
    ... def halved(number):
    ...     return number / 2
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     halved(4)
    2.0
    >>> print(caught[0].message)
    halved is deprecated since hierfeat 0.2 and will be gone in 0.4: use hf.half
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        change = Change(instead, since, until)
        ENDS[f"{function.__module__}.{function.__qualname__}"] = until

        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            warn(change.says(function.__qualname__), DeprecationWarning)
            return function(*args, **kwargs)

        return call

    return decorate


def renamed(*, since: str, until: str, **arguments: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Take keyword arguments by their old names too, with a warning: ``@renamed(unit="read", since=..., until=...)``.

    It stands above ``@checked()``; the signature shows the new names only.

    Examples
    --------
    >>> import warnings
    >>> @renamed(unit="read", since="0.2", until="0.4")
    ... def tuned(*, read="centre"):
    ...     return read
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     tuned(unit="mean")
    'mean'
    >>> print(caught[0].message)
    unit= of tuned is deprecated since hierfeat 0.2 and will be gone in 0.4: use read=
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        unknown = set(arguments.values()) - set(inspect.signature(function).parameters)
        if unknown:
            raise TypeError(f"{function.__qualname__} has no arguments {sorted(unknown)}")
        for old in arguments:
            ENDS[f"{function.__module__}.{function.__qualname__}({old}=)"] = until

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> R:
            for old, new in arguments.items():
                if old not in kwargs:
                    continue
                if new in kwargs:
                    raise HierfeatError(
                        f"expected {new}= of {function.__qualname__}, got {old}= and {new}=: one is enough"
                    )
                warn(Change(f"{new}=", since, until).says(f"{old}= of {function.__qualname__}"), DeprecationWarning)
                kwargs[new] = kwargs.pop(old)
            return function(*args, **kwargs)

        return call

    return decorate
