"""Pickles of torch's, read without running anyone's code: objects of unknown classes are strangers, and empty."""

import pickle
import re
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hierfeat.errors import HierfeatError

_STRANGERS = 64  # classes that a file may hold
_MARK = "stranger"
_REFUSED = re.compile(r"Unsupported global: GLOBAL (\S+)")
_MISUSED = re.compile(rf"Can only (SETITEM|append|extend).* got <class '{_MARK}\.([^']+)'>")


def unpickled(path: Path) -> Any:
    """What torch's restricted unpickler makes of the file, with numpy's numbers; other objects are strangers.

    Of which kind each stranger is, the unpickler says when it meets it, and it is then asked again.
    """
    strangers: dict[str, type] = {"collections.defaultdict": _StrangeDict}
    for _ in range(_STRANGERS):
        known = [*_numpy_names(), *((stranger, name) for name, stranger in strangers.items())]
        try:
            with torch.serialization.safe_globals(known), path.open("rb") as file:  # not by its name, which may mislead
                return torch.load(file, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            if not _met(strangers, str(error)):
                raise
    raise HierfeatError(f"cannot read weights from {path}: it holds objects of more than {_STRANGERS} classes")


def _met(strangers: dict[str, type], message: str) -> bool:
    """Take up the stranger that the unpickler's message names; False if it names none, or knew it already."""
    if (refused := _REFUSED.search(message)) is not None:
        name = refused[1]
        new = {full: _stranger(full) for full in (name, f"builtins.{name}") if full not in strangers}
    elif (misused := _MISUSED.search(message)) is not None:
        kind = _StrangeDict if "SETITEM" in misused[1] else _StrangeList
        new = {misused[2]: kind} if issubclass(strangers.get(misused[2], kind), Stranger) else {}
    else:
        new = {}
    strangers.update(new)
    return bool(new)


def _stranger(name: str) -> type:
    """A class of its own, whose name messages give."""
    return type(name, (Stranger,), {"__module__": _MARK})


def _numpy_names() -> Iterator[Any]:
    """What numpy's scalars and arrays are made of, under the names that old and new versions give it."""
    scalar = np.float64(0).__reduce__()[0]
    for module in ("numpy.core.multiarray", "numpy._core.multiarray"):
        yield _array, f"{module}._reconstruct"
        yield scalar, f"{module}.scalar"
    yield _Array, "numpy.ndarray"
    yield np.dtype
    for name in np.dtypes.__all__:
        yield getattr(np.dtypes, name)


class Stranger:
    """Stands for an object of any class but tensors': it takes in what was saved, and runs none of its code."""

    def __init__(self, *_: Any, **__: Any) -> None:
        """Take anything."""

    def __setstate__(self, state: Any) -> None:
        """Forget it."""


class _StrangeDict:
    """Stands for a class of dicts: plain ones come of it."""

    def __new__(cls, *_: Any, **__: Any) -> Any:
        return OrderedDict()


class _StrangeList:
    """Stands for a class of lists: plain ones come of it."""

    def __new__(cls, *_: Any, **__: Any) -> Any:
        return []


class _Array(np.ndarray):
    """Stands for arrays of any class; those of objects (names that pandas kept, say) are empty."""

    def __setstate__(self, state: Any) -> None:
        """Take in numbers and text."""
        nothing: Any = (1, (0,), np.dtype("V1"), False, b"")
        super().__setstate__(nothing if state[2].hasobject else state)


def _array(_: Any, shape: Any, code: Any) -> np.ndarray:
    """As numpy's own function begins an array, of whichever class it was."""
    return _Array(shape, np.dtype(code))
