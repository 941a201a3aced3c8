"""The protocol of streaming measures: update, merge, result, over a state of tensors."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Self

from torch import Tensor

from hierfeat.recording._reductions import Reductions, Shared


@dataclass(frozen=True, eq=False)
class Batch:
    """What is known of the images whose activations follow.

    Attributes
    ----------
    indices
        (N,), each image's place in the data: counted on from batch to batch; with several processes, in the
        order in which ``torch.utils.data.DistributedSampler(shuffle=False)`` deals images out.
    images
        (N, C, H, W), in [0, 1].
    labels
        (N,), if the data has labels.
    """

    indices: Tensor
    images: Tensor
    labels: Tensor | None


class Measure(ABC):
    """A statistic of activations that is gathered batch by batch.

    Subclasses keep everything that they gather in :attr:`state`, so that checkpoints and merging need no
    code of their own, and never store activations.

    Attributes
    ----------
    state
        By convention ``"layer/statistic"``.

    Examples
    --------
    >>> import torch, hierfeat as hf
    >>> class Largest(hf.Measure):
    ...     def update(self, layer, activation):
    ...         top = activation.amax()
    ...         self.state[layer] = torch.maximum(self.state.get(layer, top), top)
    ...
    ...     def merge(self, other):
    ...         for layer, top in other.state.items():
    ...             self.state[layer] = torch.maximum(self.state.get(layer, top), top)
    ...
    ...     def result(self):
    ...         return {layer: float(top) for layer, top in self.state.items()}
    >>> h = hf.load("lenet5-digits")
    >>> images, _ = hf.digits(split="test")
    >>> [largest] = hf.sweep(h, images, [Largest()], layers="pool")
    >>> sorted(largest)
    ['pool1', 'pool2']
    """

    def __init__(self) -> None:
        self._state: dict[str, Tensor] = {}
        self._pending: dict[str, list[Any]] = {}  # what a measure has gathered and not yet merged into its state
        self._shared: Shared | None = None  # with the other measures of a sweep that is running

    @property
    def state(self) -> dict[str, Tensor]:
        """Everything gathered so far, tensors by ``"layer/statistic"``."""
        self.settle()
        return self._state

    @state.setter
    def state(self, state: dict[str, Tensor]) -> None:
        self._state, self._pending = state, {}

    def settle(self) -> None:  # noqa: B027  (only measures that put work off have any)
        """Bring the state up to date, for a measure that gathers several updates before it merges them."""

    def begin(self, batch: Batch) -> None:  # noqa: B027  (most measures need nothing of it)
        """Take note of the images whose activations follow."""

    def reduced(self, activation: Tensor) -> Reductions:
        """Sums, extremes and counts of `activation`, each computed once for all measures of a sweep."""
        if self._shared is None:
            self._shared = Shared()
        return self._shared.of(activation)

    def share(self, shared: Shared | None) -> None:
        """Use what other measures on the same activations have computed; None ends that."""
        self._shared = shared

    @abstractmethod
    def update(self, layer: str, activation: Tensor) -> None:
        """Take in one layer's output for to the present batch, (N, C, ...)."""

    @abstractmethod
    def merge(self, other: Self) -> None:
        """Take in what another instance has gathered on other images."""

    @abstractmethod
    def result(self) -> Any:
        """The statistic of everything seen so far."""

    def layers(self) -> list[str]:
        """Names of the layers seen, in call order."""
        return list(dict.fromkeys(key.rpartition("/")[0] for key in self.state))
