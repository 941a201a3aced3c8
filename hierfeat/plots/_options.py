"""How plots check what they are asked for: by the arguments' names, as public functions check theirs."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from hierfeat._values import Check, Given, flag, optional, whole, words
from hierfeat.errors import HierfeatError

OWNER = "owner"
"""Under this key the arguments given to a check hold the object that is drawn."""


def _of_the_same_kind(value: Any, name: str, given: Given) -> Any:
    kind = type(given[OWNER])
    if not isinstance(value, kind):
        raise HierfeatError(f"expected {name} as {kind.__name__}, to draw beside this one; got {type(value).__name__}")
    return value


_CHECKS: dict[str, Check] = {
    "columns": whole(1, 10**9),
    "count": whole(1, 400),
    "k": whole(1, 10**9),
    "most": whole(1, 10**9),
    "pairs": whole(1, 10**9),
    "fold": optional(flag),
    "planar": flag,
    "shared_scale": flag,
    "titles": optional(words),
    "others": _of_the_same_kind,
}


def checked_options(
    draw: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], more: Sequence[str]
) -> inspect.BoundArguments:
    """What a plot was asked for, every option in the one form that plots work with; `more` is what it also takes.

    Layers, channels and single images are checked where they are looked up: what there is depends on the result.
    """
    bound = _bound(draw, args, kwargs, more)
    (_, owner), *asked = bound.arguments.items()
    given = {OWNER: owner}
    for name, value in asked:
        if name in _CHECKS:
            several = (
                isinstance(value, tuple) and bound.signature.parameters[name].kind is inspect.Parameter.VAR_POSITIONAL
            )
            check = _CHECKS[name]
            bound.arguments[name] = (
                tuple(check(item, name, given) for item in value) if several else check(value, name, given)
            )
    return bound


def _bound(
    draw: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], more: Sequence[str]
) -> inspect.BoundArguments:
    signature = inspect.signature(draw)
    try:
        return signature.bind(*args, **kwargs)
    except TypeError as error:
        takes = ", ".join(f"{name}=" for name in [*signature.parameters, *more][1:])
        size = "; for another size, figure= takes a figure that was made with figsize=" if "figsize" in kwargs else ""
        raise TypeError(f"the plot takes {takes}: {error}{size}") from None
