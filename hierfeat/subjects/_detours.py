"""While a model is watched, compiled functions run as they are written, and gradient checkpointing keeps activations.

A compiled function hides its calls. A checkpointed block (``torch.utils.checkpoint``) runs again during the backward
pass, when nothing is watched or replaced any more, so that its gradients would be those of another network, and the
running statistics of a model in training mode would move. Checkpointing changes memory, not numbers.
"""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import torch.utils.checkpoint as checkpointing

from hierfeat.subjects.guard import dynamo

_GENERATOR, _FUNCTION = "_checkpoint_without_reentrant_generator", "CheckpointFunction"
_OF_TORCH: dict[str, Any] = {name: getattr(checkpointing, name, None) for name in (_GENERATOR, _FUNCTION)}

_lock = threading.RLock()
_all: set[int] = set()  # ids of what is watching, in all threads
_local = threading.local()
_stances: list[Any] = []  # how compiled functions ran before


def take(owner: object) -> None:
    """Take the detours in this thread until ``leave(owner)``."""
    mine = _mine()
    with _lock:
        if not _all:
            _install()
        _all.add(id(owner))
        mine.add(id(owner))


def leave(owner: object) -> None:
    """Undo :func:`take`; it may run again after it was interrupted."""
    mine = _mine()
    with _lock:
        mine.discard(id(owner))
        _all.discard(id(owner))
        if not _all:
            _uninstall()


def _mine() -> set[int]:
    if not hasattr(_local, "owners"):
        _local.owners = set()
    owners: set[int] = _local.owners
    return owners


def _install() -> None:
    for name, stand_in in ((_GENERATOR, _passing_generator), (_FUNCTION, _Passing)):
        if _OF_TORCH[name] is not None:
            setattr(checkpointing, name, stand_in)
    compiler = dynamo()
    if compiler is not None and hasattr(compiler, "_set_stance") and not _stances:
        _stances.append(compiler._stance)
        compiler._set_stance(compiler.DynamoStance("force_eager"))


def _uninstall() -> None:
    for name, original in _OF_TORCH.items():
        if original is not None:
            setattr(checkpointing, name, original)
    if _stances:
        dynamo()._set_stance(_stances[0])
        _stances.clear()


def _passing_generator(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Iterator[None]:
    """Stand in for the generator around a checkpointed call: in a thread that watches, it does nothing."""
    if not _mine():
        yield from _OF_TORCH[_GENERATOR](function, *args, **kwargs)
        return
    yield


class _Passing:
    """Stands in for the reentrant ``CheckpointFunction``."""

    @staticmethod
    def apply(function: Callable[..., Any], preserve: bool, *args: Any) -> Any:
        if not _mine():
            return _OF_TORCH[_FUNCTION].apply(function, preserve, *args)
        return function(*args)
