"""The protocol of streaming measures: update, merge, result, over a state of tensors."""

import functools
import hashlib
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hierfeat.recording._reductions import Reductions, Shared


@dataclass(frozen=True, eq=False)
class Batch:
    """What is known of the images whose activations follow.

    Attributes
    ----------
    indices
        (N,), each image's place in the data: its index in a map-style data set, else counted on from batch to batch,
        and from process to process where each brings images of its own.
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
    code of their own, and never store activations. What they are made with are their settings: a checkpoint of
    other settings is refused.

    Attributes
    ----------
    state
        By convention ``"layer/statistic"``. To set it makes a measure that has been restarted: whatever else an
        instance remembers of what it has seen is forgotten.

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

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__init__" in vars(cls):
            cls.__init__ = _noting(cls.__init__)  # type: ignore[method-assign]

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
        self._forget()

    def _forget(self) -> None:  # noqa: B027  (most measures remember nothing)
        """Forget what is neither state nor a setting."""

    @property
    def settings(self) -> dict[str, Any]:
        """What the measure was made with, defaults included, in a form that JSON can hold."""
        made_with: dict[str, Any] = self.__dict__.get("_made_with", {})
        return {name: _plain(value) for name, value in made_with.items()}

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


def _noting(init: Callable[..., None]) -> Callable[..., None]:
    """An ``__init__`` that notes what it is given; of several along a line of classes, the outermost."""

    @functools.wraps(init)
    def noted(self: Measure, *args: Any, **kwargs: Any) -> None:
        if "_made_with" not in self.__dict__:
            with suppress(TypeError):  # of which init will complain
                bound = inspect.signature(init).bind(self, *args, **kwargs)
                bound.apply_defaults()
                self.__dict__["_made_with"] = dict([*bound.arguments.items()][1:])
        init(self, *args, **kwargs)

    return noted


def _plain(value: Any) -> Any:
    """A form that JSON can hold, and that is another one for every other value."""
    if isinstance(value, str | int | float | bool | None):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, Tensor | np.ndarray):
        array = torch.as_tensor(value).detach().cpu().contiguous()
        content = array.flatten().view(torch.uint8).numpy().data
        return [str(array.dtype), list(array.shape), hashlib.sha256(content).hexdigest()]
    name = f"{type(value).__module__}.{type(value).__qualname__}"
    if isinstance(getattr(value, "table", None), pd.DataFrame):  # a result
        return [name, hashlib.sha256(value.table.to_csv().encode()).hexdigest()]
    if callable(value):
        return f"{value.__module__}.{value.__qualname__}" if hasattr(value, "__qualname__") else name
    return name if " at 0x" in repr(value) else [name, repr(value)]
