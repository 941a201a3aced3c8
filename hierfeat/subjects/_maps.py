"""Global pools that take two steps: ``x.mean(3).mean(2)``, ``x.flatten(2).mean(2)``, ``x.view(n, c, -1).max(2)``.

A mean over the last axis of (N, C, L) may as well run over the channels of tokens. It is a pool only where those
positions are known to be those of a map, so that tensors on the way are noted.
"""

import weakref
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from hierfeat.subjects.ops import first_tensor

_REDUCTIONS = ("mean", "amax", "max", "sum")
_RESHAPES = ("flatten", "view", "reshape")
STEPS = frozenset(_REDUCTIONS + _RESHAPES)


class Maps:
    """The axes of tensors that are known to be positions of a map."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[weakref.ref[Tensor], frozenset[int]]] = {}

    def clear(self) -> None:
        """Forget everything: a new forward pass."""
        self._known.clear()

    def is_pool(self, op: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
        """Whether this call reduces the last of a map's positions."""
        if op not in _REDUCTIONS or not self._known or (source := first_tensor(args)) is None:
            return False
        positions = self._noted(source)
        return positions is not None and positions == _axes(source, args, kwargs)

    def note(self, op: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], output: Any) -> None:
        """Take note of what a step on the way returns."""
        source, result = first_tensor(args), first_tensor(output)
        if source is None or result is None or source.ndim < 3:
            return
        if op in _RESHAPES:
            flat = source.ndim > 3 and result.ndim == 3 and result.shape[:2] == source.shape[:2]
            left = frozenset([2]) if flat else None
        else:
            left = self._left(source, result, _axes(source, args, kwargs))
        if left:
            self._known[id(result)] = weakref.ref(result), left

    def _left(self, source: Tensor, result: Tensor, reduced: frozenset[int]) -> frozenset[int] | None:
        """The positions, as axes of `result`, that are left of a map when some of them have been reduced."""
        noted = self._noted(source)
        positions = frozenset(range(2, source.ndim)) if noted is None and source.ndim > 3 else noted
        if positions is None or not reduced or not reduced < positions:
            return None
        kept = positions - reduced
        if result.ndim == source.ndim:
            return kept
        return frozenset(axis - sum(gone < axis for gone in reduced) for axis in kept)

    def _noted(self, tensor: Tensor) -> frozenset[int] | None:
        reference, positions = self._known.get(id(tensor), (None, None))
        return positions if reference is not None and reference() is tensor else None


def _axes(source: Tensor, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> frozenset[int]:
    """The axes that a reduction runs over; none where it does not say."""
    given = kwargs.get("dim", args[1] if len(args) > 1 else None)
    axes = (given,) if isinstance(given, int) else given
    if isinstance(given, bool) or not isinstance(axes, list | tuple) or not all(isinstance(a, int) for a in axes):
        return frozenset()
    return frozenset(axis % source.ndim for axis in axes)
