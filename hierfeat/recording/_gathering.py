"""Measures of channels that are gathered together, in one compiled pass over each activation."""

import weakref
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hierfeat.recording import _fused
from hierfeat.recording._deferred import STRIDE, Deferring
from hierfeat.recording._fused import Found
from hierfeat.recording.measure import Batch, Measure
from hierfeat.subjects.call import Call
from hierfeat.subjects.ops import version

_FLOATS, _COUNTS = np.zeros(0), np.zeros(0, np.int64)


class Gathering:
    """Gathers for those among `measures` that are made for it, where numba is installed.

    A call between two layers finds nothing of what it needs in the caches, so that there is one a layer, into memory
    that is there already. What was found is handed to the measures when one of them is asked for its state.

    Attributes
    ----------
    others
        The measures that are not gathered for.
    """

    def __init__(self, measures: Sequence[Measure]) -> None:
        served: dict[type, Deferring] = {}
        for measure in measures if _fused.is_there() else ():
            if isinstance(measure, Deferring) and "absorb" in vars(type(measure)):  # a subclass may do otherwise
                served.setdefault(type(measure), measure)
        self._served = list(served.values())
        self.others = [measure for measure in measures if not any(measure is one for one in self._served)]
        self._asked = {name: count for measure in self._served for name, count in measure.asks.items()}
        self._layers: dict[str, Found] = {}
        self._here: dict[int, NDArray[np.float64]] = {}
        self._latest: weakref.ref[Tensor] | None = None  # what was found of it is in `_here`
        self._version = 0

    def begin(self, batch: Batch) -> None:
        """Take note of the images whose activations follow."""
        self._places = (batch.indices * STRIDE).numpy()
        self._latest = None

    def take(self, call: Call, output: Tensor) -> float | None:
        """Gather from an output; a number that is finite if all values are, None if it must be done otherwise."""
        if not self._served or not _is_plain(output):
            return None
        images, channels = output.shape[:2]
        found = self._layers.get(call.name) or self._start(call.name, channels)
        if found.channels.shape[1] != channels or len(self._places) != images:
            return None
        known = call.op == "relu" and self._is_rectified(call.input, output)
        positions, here = output.numel() // (images * channels), self._here[channels]
        values, shape = output.numpy().reshape(-1), (images, channels, positions)
        total: float = _fused.compiled()(
            values, shape, here, known, found.count, found.channels, self._places, self._run, found.bins, found.crowd
        )
        found.count += images * positions
        self._latest, self._version = weakref.ref(output), version(output)
        return total

    def _is_rectified(self, given: Tensor, output: Tensor) -> bool:
        """Whether what was found last is of `given`, and nothing but the rectifier, in place, has written into it."""
        written = 1 if output is given else 0
        return (
            self._latest is not None
            and self._latest() is given
            and self._version >= 0
            and version(given) == self._version + written
        )

    @property
    def _run(self) -> int:
        return self._asked.get("run", 0)

    def _start(self, layer: str, channels: int) -> Found:
        self._here.setdefault(channels, np.empty((len(_fused.COUNTED), channels)))
        sums = np.zeros((len(_fused.COUNTED), channels))
        sums[_fused.LOW], sums[_fused.HIGH] = np.inf, -np.inf
        bins = np.zeros(2 * _fused.SIDE + 1, np.int64) if "run" in self._asked else _COUNTS
        crowd = np.array([0.0, 0.0, self._asked["crowd"]]) if "crowd" in self._asked else _FLOATS
        found = self._layers[layer] = Found(sums, bins, crowd)
        return found

    def settle(self) -> None:
        """Hand what was found to the measures, after what they have put off themselves: layers keep their order."""
        layers, self._layers = self._layers, {}
        for measure in self._served if layers else ():
            measure.digest()
            for name, found in layers.items():
                if found.count:
                    measure.absorb(name, found)


def _is_plain(output: Tensor) -> bool:
    """Whether its values lie one after the other, in single precision, in this machine's memory."""
    return (
        type(output) is Tensor
        and output.dtype is torch.float32
        and output.is_cpu
        and output.is_contiguous()
        and output.numel() > 0
        and not output.requires_grad
        and not output.is_neg()
    )
