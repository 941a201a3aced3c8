"""Measures whose state adds up, over all values or over samples of them."""

from abc import abstractmethod
from typing import Self

import numpy as np
import torch
from torch import Tensor

from hierfeat.recording.measure import Batch, Measure

PATIENCE = 64  # updates that are gathered before they are merged: small operations cost more than small sums
_STRIDE = 7919  # a prime: the runs of consecutive images are spread over the layer
_ENOUGH = 1 << 21  # values of samples, all layers together


class Additive(Measure):
    """A measure whose state just adds up."""

    def _add(self, key: str, value: np.ndarray | float) -> None:
        pending = self._pending.setdefault(key, [])
        pending.append(value)
        if len(pending) >= PATIENCE:
            self.settle()

    def settle(self) -> None:
        for key, values in self._pending.items():
            if values:
                before = [self._state[key].numpy()] if key in self._state else []
                self._state[key] = torch.as_tensor(np.sum([*before, *values], axis=0))
                values.clear()

    def merge(self, other: Self) -> None:
        for key, value in other.state.items():
            self._add(key, value.numpy())


class Sampling(Additive):
    """An additive measure that may look at a part of each image's values: a run that moves on from image to image.

    Neighbours in memory cost a tenth of what values spread over a layer do. Where the run starts depends on the
    image's place in the data alone, so that the result is the same whatever the batches. What the samples
    tell is worked out for many batches at once.
    """

    def __init__(self) -> None:
        super().__init__()
        self._indices: Tensor | None = None
        self._places: dict[tuple[torch.Size, torch.device], Tensor] = {}  # of this batch
        self._samples: dict[str, list[tuple[Tensor, ...]]] = {}
        self._waiting = 0  # values in `_samples`

    def begin(self, batch: Batch) -> None:
        self._indices = batch.indices
        self._places.clear()

    def _starts(self, images: int, places: int) -> Tensor:
        """(N,): the first of each image's sampled places, of `places` that are possible."""
        indices = torch.arange(images) if self._indices is None else self._indices
        return indices * _STRIDE % places

    def _put_off(self, layer: str, *sample: Tensor) -> None:
        """Keep tensors of one shape that a sample gave, until there are enough."""
        self._samples.setdefault(layer, []).append(sample)
        self._waiting += len(sample) * sample[0].numel()
        if self._waiting > _ENOUGH:
            self.settle()

    @abstractmethod
    def _digest(self, layer: str, *sample: Tensor) -> None:
        """Add up what samples tell: those of many batches, joined and flat."""

    def settle(self) -> None:
        samples, self._samples, self._waiting = self._samples, {}, 0
        for layer, parts in samples.items():
            self._digest(layer, *(torch.cat([x.flatten() for x in same]).cpu() for same in zip(*parts, strict=True)))
        super().settle()
