"""The one way in which every public function checks its arguments: by their names.

An argument's name means one thing in all of hierfeat (``batch_size`` is a number of images, ``layer`` one layer,
``layers`` several, ``read`` where a map is read ...), so that a table from names to checks serves every function.
"""

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar

import numpy as np
from torch import Tensor, nn

from hierfeat._progress import calling
from hierfeat._values import Check, Given, choice, file_path, flag, levels, optional, real, whole
from hierfeat.errors import HierfeatError, warn
from hierfeat.subjects._sources import described, is_stimuli
from hierfeat.subjects.checks import check_values, checked_images, checked_labels, known
from hierfeat.subjects.guard import settled
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_checks import check_image_axes, checked_channels, checked_layer
from hierfeat.subjects.own_data import as_images, collected, parted

P = ParamSpec("P")
R = TypeVar("R")

_DRAW = ("max_images", "seed")
FUNCTION = "function"
"""Under this key the arguments given to a check hold the name of the public function."""


def checked(**own: Check | None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Check the arguments of a public function before its body runs, each by its name.

    Parameters
    ----------
    **own
        Checks for arguments of this function alone, in place of those of the table; None leaves an argument unchecked.

    Notes
    -----
    Defaults are not checked, but for layers that cannot be read image by image, nor is None where it is the default.
    Images whose label is -1 (not known) are left out, with their labels, of every function that takes both, unless it
    checks its labels itself.

    Examples
    --------
    >>> @checked(weight=real(0, 1))
    ... def halved(batch_size: int, *, weight: float = 0.5) -> float:
    ...     return batch_size * weight
    >>> halved(4)
    2.0
    >>> halved(0)
    Traceback (most recent call last):
    hierfeat.errors.HierfeatError: expected batch_size as an int from 1 to 1048576, got 0
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)
        checks = {name: check for name, check in (_TABLE | own).items() if name in signature.parameters and check}

        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            name = function.__qualname__.removesuffix(".__init__")
            try:
                bound = _bound(signature, args, kwargs)
            except TypeError as error:  # as Python says it, who is called first
                raise TypeError(f"{name}() {error}") from None
            given = bound.arguments
            with calling(_work(name, given), progress=given.get("progress") is not False):
                _check(signature, checks, given, name)
                if "labels" not in own and isinstance(given.get("labels"), Tensor) and "images" in given:
                    given["images"], given["labels"] = known(given["images"], given["labels"])
                return settled(lambda: function(*bound.args, **bound.kwargs))

        return call

    return decorate


def _bound(signature: inspect.Signature, args: Sequence[Any], kwargs: dict[str, Any]) -> inspect.BoundArguments:
    """The arguments by name; in the order that some functions had before images came first, too, with a warning."""
    names = [p.name for p in signature.parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    if names[1:2] == ["images"] and len(args) > 2 and isinstance(args[1], str):  # h, layer, unit, images
        shown = [] if "images" in kwargs else ["images"]
        order = [*names[2 : len(args) + 1 - len(shown)], *shown]
        warn(f"the order of arguments is {', '.join(names)} now")
        args, kwargs = args[:1], dict(zip(order, args[1:], strict=False)) | kwargs
    elif names[1:] == ["images"] and len(args) == 3 and "layers" in signature.parameters and "layers" not in kwargs:
        warn("layers are given by name now: layers=...")
        args, kwargs = args[:2], {"layers": args[2]} | kwargs
    return signature.bind(*args, **kwargs)


def _work(name: str, given: Given) -> str:
    """What a progress bar says of a call."""
    h = given.get("h")
    return f"{name} of {h.name}" if isinstance(h, Hierarchy) else name


def _check(signature: inspect.Signature, checks: dict[str, Check], given: dict[str, Any], function: str) -> None:
    """Put every argument in `given` into the one form that analyses work with."""
    seen = {FUNCTION: function, **given}
    for name in list(given):
        parameter = signature.parameters[name]
        if name not in checks:
            continue
        if parameter.kind is parameter.VAR_POSITIONAL:
            given[name] = tuple(checks[name](item, name, seen) for item in given[name])
        elif given[name] is not None or parameter.default is not None:
            if name == "images":
                _take_in(signature, checks, given)
                seen |= given
            given[name] = checks[name](given[name], name, seen)
        seen[name] = given[name]
    if checks.get("layers") is _layers and "layers" not in given and seen["h"].layers.folded:
        _layers(signature.parameters["layers"].default, "layers", seen)


def _take_in(signature: inspect.Signature, checks: dict[str, Check], given: dict[str, Any]) -> None:
    """Load the images, some of them if there are more than ``max_images``, with the labels that belong to them."""
    draw = {"seed": 0} | {name: p.default for name, p in signature.parameters.items() if name in _DRAW}
    for name in _DRAW:
        if name in signature.parameters:
            value = given.get(name, draw[name])
            draw[name] = checks[name](value, name, given) if name in checks and value is not None else value
    h = given.get("h")
    channels = h.input_shape[0] if isinstance(h, Hierarchy) else None
    if isinstance(h, Hierarchy) and is_stimuli(given["images"]):
        h.warn_of_range("stimuli")
    found = collected(given["images"], channels=channels, **draw)
    given["images"] = found.images
    if "labels" not in signature.parameters:
        return
    if given.get("labels") is None:
        if found.labels is not None:
            given["labels"] = found.labels
    elif "labels" in checks:
        labels = checked_labels(given["labels"], found.count)
        given["labels"] = labels if found.chosen is None else labels[found.chosen]


def needed(labels: Any) -> Tensor:
    """The labels of a function that cannot do without.

    Raises
    ------
    HierfeatError
        If there are none.
    """
    if isinstance(labels, Tensor):
        return labels
    raise HierfeatError(
        "expected labels, one for each image, got none: pass them behind the images, or images as a Dataset or "
        "DataLoader of (image, label) pairs"
    )


def needs_labels(function: Callable[..., Any]) -> bool:
    """Whether a public function calls :func:`needed`."""
    return needed.__name__ in inspect.unwrap(function).__code__.co_names


def _hierarchy(value: Any, name: str, given: Given) -> Hierarchy:
    """Refuse whatever is not a Hierarchy, with the line to type instead."""
    if isinstance(value, Hierarchy):
        return value
    call = f"hf.{given[FUNCTION]}"
    batches = (item for item in given.values() if isinstance(item, Tensor | np.ndarray) and item.ndim == 4)
    shape = next((tuple(item.shape[1:]) for item in batches), "(channels, height, width)")
    if isinstance(value, nn.Module):
        said = f"the module {type(value).__name__}; write {call}(hf.Hierarchy(model, {shape}), ...)"
    elif isinstance(value, type):
        said = f"the class {value.__name__}; write {call}(hf.Hierarchy({value.__name__}(), {shape}), ...)"
    elif isinstance(value, str):
        said = f"{value!r}; write {call}(hf.load({value!r}), ...)"
    elif isinstance(value, Tensor | np.ndarray):
        said = f"an array of shape {tuple(value.shape)}; the hierarchy comes first: {call}(h, images)"
    else:
        said = f"{type(value).__name__}; make one by hf.load(name) or hf.Hierarchy(model, {shape})"
    raise HierfeatError(f"expected a Hierarchy as {name} of {call}, got {said}")


def _images(value: Any, name: str, given: Given) -> Tensor:
    return checked_images(given["h"], value, where=name)


def larger_images(value: Any, name: str, given: Given) -> Tensor:
    """Check images that may be larger than the model's input, to be cropped later."""
    h, tensor = given["h"], as_images(value, name)
    channels, height, width = h.input_shape
    if tensor.ndim != 4 or tensor.shape[1] != channels or tensor.shape[2] < height or tensor.shape[3] < width:
        expected = f"(N, {channels}, {height} or more, {width} or more)"
        raise HierfeatError(f"expected {name} of shape {expected} for {h.name}, got {tuple(tensor.shape)}")
    if len(tensor) == 0:
        raise HierfeatError(f"expected at least one image in {name}, got an empty tensor {tuple(tensor.shape)}")
    check_values(h, tensor, name)
    return tensor


def taken(value: Any, _name: str, _given: Given) -> Tensor:
    """Images that the function checks itself, once they are a tensor."""
    tensor: Tensor = value
    return tensor


def unknown_too(value: Any, name: str, given: Given) -> Tensor:
    """Check labels; passed to `checked`, it keeps images of unknown class (-1) as well."""
    return checked_labels(value, len(given["images"]), where=name)


def _pair(value: Any, name: str, given: Given) -> tuple[Tensor, Tensor]:
    """Images and their labels, without those whose label is not known."""
    images, labels = parted(value)
    found = collected(images, f"{name} images", channels=given["h"].input_shape[0])
    labels = found.labels if labels is None else labels
    if labels is None:
        raise HierfeatError(
            f"expected {name} as (images, labels), or a Dataset or DataLoader of pairs; got {described(value)} "
            "without labels"
        )
    images = checked_images(given["h"], found.images, where=f"{name} images")
    return known(images, checked_labels(labels, len(images), where=f"{name} labels"), f"{name} labels")


def any_layers(value: Any, name: str, given: Given) -> Any:
    """Check layers that need not be read image by image."""
    h = given["other"] if name == "other_layers" and given.get("other") is not None else given["h"]
    h.layers.select(value)  # raises where an item matches nothing; patterns stay patterns
    return value


def _layers(value: Any, name: str, given: Given) -> Any:
    h = given["h"]
    check_image_axes(h, [layer.name for layer in h.layers.select(value)])
    return value


def any_layer(value: Any, name: str, given: Given) -> str:
    """Check a layer that need not be read image by image."""
    return checked_layer(given["h"], value, name)


def _layer(value: Any, name: str, given: Given) -> str:
    layer = any_layer(value, name, given)
    check_image_axes(given["h"], [layer])
    return layer


def _channel(value: Any, name: str, given: Given) -> int:
    if isinstance(value, list | tuple):
        raise HierfeatError(f"expected {name} as one int, got {len(value)} items; this function takes one channel")
    return checked_channels(given["h"], given["layer"], value, name)[0]


def _channels(value: Any, name: str, given: Given) -> list[int]:
    return checked_channels(given["h"], given["layer"], value, name)


_TABLE: dict[str, Check | None] = {
    # what is examined, and what it is shown
    "h": _hierarchy,
    "beside": _hierarchy,
    "other": _hierarchy,
    "others": _hierarchy,
    "images": _images,
    "labels": unknown_too,
    "train": _pair,
    "test": _pair,
    # where it is looked at
    "layers": _layers,
    "other_layers": any_layers,
    "layer": _layer,
    "channel": _channel,
    "channels": _channels,
    "read": choice("centre", "center", "mean"),
    # counts
    "batch_size": whole(1, 2**20),
    "max_images": optional(whole(1, 10**9)),
    "seed": whole(0, 2**32 - 1),
    "steps": whole(1, 10**5),
    "draws": whole(1, 10**5),
    "permutations": whole(0, 10**6),
    "copies": whole(1, 10**4),
    "rank": whole(1, 10**4),
    "k": whole(1, 10**4),
    "ways": whole(1, 10**4),
    "grid": whole(1, 64),
    "max_iter": whole(1, 10**6),
    "checkpoint_every": whole(1, 10**9),
    "group": whole(1, 10**6),
    # amounts
    "contrast": real(0, 1),
    "noise": real(0, 10),
    "ground": real(0, 1),
    "diameter": real(above=0, high=1e5),
    # conditions of stimuli
    "orientations": levels(0, 180),
    "frequencies": levels(0, 0.5, above=0),
    "contrasts": levels(0, 1),
    "diameters": levels(0, 1e5, above=0),
    "lengths": levels(0, 1e5, above=0),
    # ways of doing it
    "boundary": choice("zero", "wrap", "reflect", "crop"),
    "progress": flag,
    "detach": flag,
    "negative": flag,
    "least": flag,
    "black_and_white": flag,
    "checkpoint": file_path,
}
