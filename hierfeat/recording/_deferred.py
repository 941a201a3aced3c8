"""Measures that put work off: what they keep of an update is small, and is worked out for many updates at once."""

from abc import abstractmethod
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from hierfeat.recording._fused import Found
from hierfeat.recording.measure import Batch, Measure

STRIDE = 7919  # a prime: the runs of consecutive images are spread over the layer
PATIENCE = 32  # updates of a layer that wait
_ENOUGH = 1 << 24  # bytes that wait, all layers together
ALL = 2**62  # more than any layer has


class Deferring(Measure):
    """A measure that works out what many batches left behind together.

    Between two layers of a net, each small operation costs several times what it costs among its like:
    the layer has just driven its code out of the caches.
    """

    def __init__(self) -> None:
        super().__init__()
        self._bytes = 0  # in `_pending`

    @property
    def asks(self) -> dict[str, int]:
        """What else than sums over channels the compiled pass is to find for this measure."""
        return {}

    def absorb(self, layer: str, found: Found) -> None:
        """Take in what the compiled pass has found, where a measure is made for it."""
        raise NotImplementedError

    def _forget(self) -> None:
        self._bytes = 0

    def _put_off(self, layer: str, *kept: Any) -> None:
        """Keep numbers, small tensors and arrays, and tuples of these, of an update."""
        updates = self._pending.setdefault(layer, [])
        updates.append(kept)
        self._bytes += _bytes(kept)
        if len(updates) == PATIENCE or self._bytes > _ENOUGH:
            self.digest()

    def settle(self) -> None:
        self.digest()
        if self._shared is not None:
            self._shared.hand_out()

    def digest(self) -> None:
        """Bring the state up to date with what this measure itself has put off."""
        if not self._pending:
            return
        pending, self._pending, self._bytes = self._pending, {}, 0
        for layer, updates in pending.items():
            self._digest(layer, *zip(*updates, strict=True))

    @abstractmethod
    def _digest(self, layer: str, *kept: tuple[Any, ...]) -> None:
        """Bring the state up to date with several updates: of each thing that they kept, a tuple."""


class Additive(Deferring):
    """A measure whose state just adds up."""

    def _add(self, key: str, value: np.ndarray | float) -> None:
        before = self._state.get(key)
        self._state[key] = torch.as_tensor(value if before is None else before.numpy() + value)

    def merge(self, other: Self) -> None:
        self.settle()
        for key, value in other.state.items():
            self._add(key, value.numpy())


class Sampling(Additive):
    """An additive measure that may look at a part of each image's values: a run that moves on from image to image.

    Neighbours in memory cost a tenth of what values spread over a layer do. Where the run starts depends on the
    image's place in the data alone, so that the result is the same whatever the batches.
    """

    def __init__(self) -> None:
        super().__init__()
        self._indices: Tensor | None = None
        self._places: dict[tuple[torch.Size, torch.device], Tensor] = {}  # of this batch

    def begin(self, batch: Batch) -> None:
        self._indices = batch.indices
        self._places.clear()

    def _starts(self, images: int, places: int) -> Tensor:
        """(N,): the first of each image's sampled places, of `places` that are possible."""
        indices = torch.arange(images) if self._indices is None else self._indices
        return indices * STRIDE % places


def _bytes(kept: Any) -> int:
    return sum(map(_bytes, kept)) if isinstance(kept, tuple) else getattr(kept, "nbytes", 0)


def joined(tensors: tuple[Tensor, ...]) -> Tensor:
    """The values of many tensors, flat, on the CPU."""
    return torch.cat([tensor.flatten() for tensor in tensors]).cpu()
