"""How plots check what they are asked for: by the arguments' names, as public functions check theirs."""

import inspect
from collections.abc import Callable
from typing import Any

from hierfeat.errors import HierfeatError
from hierfeat.subjects.own_data import as_images
from hierfeat.subjects.values import Check, Given, flag, optional, whole, words

OWNER = "owner"
"""Under this key the arguments given to a check hold the object that is drawn."""


def _of_the_same_kind(value: Any, name: str, given: Given) -> Any:
    kind = type(given[OWNER])
    if not isinstance(value, kind):
        raise HierfeatError(f"expected {name} as {kind.__name__}, to draw beside this one; got {type(value).__name__}")
    return value


def _evaluated(value: Any, name: str, given: Given) -> Any:
    """The images that were evaluated: others would be shown as mistakes in their place."""
    images, count = as_images(value, name), len(given[OWNER].labels)
    if len(images) != count:
        raise HierfeatError(
            f"expected the {count} images that were evaluated, got {len(images)}: of images that were drawn by "
            "max_images, or whose label was unknown, pass to both only those that count"
        )
    return images


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
    "images": _evaluated,
    "others": _of_the_same_kind,
}


def checked_options(draw: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> inspect.BoundArguments:
    """What a plot was asked for, every option in the one form that plots work with.

    Layers, channels and single images are checked where they are looked up: what there is depends on the result.
    """
    try:
        bound = inspect.signature(draw).bind(*args, **kwargs)
    except TypeError as error:
        raise TypeError(f"{draw.__name__}() {error}") from None
    owner, *_ = bound.arguments.values()
    given = {OWNER: owner}
    for name, value in bound.arguments.items():
        if name in _CHECKS:
            several = (
                isinstance(value, tuple) and bound.signature.parameters[name].kind is inspect.Parameter.VAR_POSITIONAL
            )
            check = _CHECKS[name]
            bound.arguments[name] = (
                tuple(check(item, name, given) for item in value) if several else check(value, name, given)
            )
    return bound
