"""The distribution of a layer's values, gathered batch by batch."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hierfeat._values import levels, optional, whole
from hierfeat.recording import _fused
from hierfeat.recording._deferred import ALL, Sampling, joined
from hierfeat.recording._fused import Found
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.precision import sent


class Histogram(Sampling):
    """The distribution of each layer's values, and its quantiles.

    Parameters
    ----------
    samples
        Neighbouring values of each image that are counted, elsewhere in the layer for each image; all if None.
    quantiles
        In [0, 1].

    Notes
    -----
    The bins are the same for every layer and batch, so that histograms add up. A bin is a float32's sign,
    exponent and first six binary digits: between 10⁻⁶ and 10⁵ its width is at most 1.6 % of its value,
    and a quantile is interpolated within it. One bin holds zero and everything nearer to it.

    Examples
    --------
    >>> import hierfeat as hf
    >>> [quantiles] = hf.sweep(hf.load("lenet5-digits"), hf.digits(split="test")[0], [hf.Histogram()])
    >>> list(quantiles.columns)
    ['layer', 'n', 'q0.01', 'q0.25', 'q0.5', 'q0.75', 'q0.99']
    """

    DIGITS, SMALLEST, LARGEST, SIDE = _fused.DIGITS, _fused.SMALLEST, _fused.LARGEST, _fused.SIDE

    @checked(samples=optional(whole(1, 2**40)), quantiles=levels(0, 1, counted=False))
    def __init__(self, samples: int | None = 64, *, quantiles: Sequence[float] = (0.01, 0.25, 0.5, 0.75, 0.99)) -> None:
        super().__init__()
        self._count, self._quantiles = samples, tuple(np.atleast_1d(quantiles).tolist())
        self._columns = [f"q{q:g}" for q in self._quantiles]
        self._edges = self.edges()

    def update(self, layer: str, activation: Tensor) -> None:
        flat = activation.detach().reshape(len(activation), -1)
        if self._count is None:
            self._count_values(layer, flat.cpu())
        elif self._count >= flat.shape[1]:
            self._put_off(layer, flat.clone())
        else:
            runs = flat.view(-1).unfold(0, self._count, 1)
            self._put_off(layer, runs.index_select(0, self._run_starts(flat, self._count)))

    @property
    def asks(self) -> dict[str, int]:
        return {"run": self._count or ALL}

    def absorb(self, layer: str, found: Found) -> None:
        self._add(f"{layer}/counts", found.bins)

    def _run_starts(self, flat: Tensor, count: int) -> Tensor:
        """(N,): where each image's run begins among all runs of `count` neighbours."""
        key = flat.shape, flat.device
        if key not in self._places:
            images, length = flat.shape
            starts = self._starts(images, length - count + 1) + torch.arange(images) * length
            self._places[key] = sent(starts, flat.device)
        return self._places[key]

    def _digest(self, layer: str, *kept: tuple[Any, ...]) -> None:
        self._count_values(layer, joined(kept[0]))

    def _count_values(self, layer: str, values: Tensor) -> None:
        """Count the values by their upper bits, which say which bin."""
        bits = values.float().contiguous().view(torch.int32).numpy().view(np.uint32)
        counts = np.bincount(bits.ravel() >> (23 - self.DIGITS), minlength=2 << (8 + self.DIGITS))
        self._add(f"{layer}/counts", self._folded(counts))

    @classmethod
    def _folded(cls, counts: np.ndarray) -> np.ndarray:
        """Counts by sign, exponent and first binary digits, as counts of the bins from negative to positive.

        What is too near to zero joins the middle bin, what is too far from it the outermost ones.
        """
        side, lowest = cls.SIDE, (127 + cls.SMALLEST) << cls.DIGITS
        bins = np.zeros(2 * side + 1, dtype=np.int64)
        for half, values in zip((bins[side:], bins[side::-1]), counts.reshape(2, -1), strict=True):
            half[0] += values[: lowest + 1].sum()
            half[1:side] = values[lowest + 1 : lowest + side]
            half[side] = values[lowest + side :].sum()
        return bins

    @classmethod
    def edges(cls) -> np.ndarray:
        """The edges of the 2·SIDE + 1 bins, in units of activation; the middle one holds zero."""
        place = np.arange(1, cls.SIDE + 2)
        positive = np.ldexp(1 + (place % 2**cls.DIGITS) / 2**cls.DIGITS, cls.SMALLEST + (place >> cls.DIGITS))
        return np.concatenate([-positive[::-1], positive])

    def result(self) -> pd.DataFrame:
        """One row per layer: ``layer, n`` and one column per quantile."""
        rows = []
        for layer in self.layers():
            counts = self.state[f"{layer}/counts"].numpy()
            values = self._quantiles_of(counts)
            rows.append({"layer": layer, "n": int(counts.sum())} | dict(zip(self._columns, values, strict=True)))
        return pd.DataFrame(rows)

    def _quantiles_of(self, counts: np.ndarray) -> list[float]:
        below = np.concatenate([[0], np.cumsum(counts)])
        wanted = np.array(self._quantiles) * below[-1]
        last = np.flatnonzero(counts)[-1]
        places = (np.searchsorted(below, wanted, side="right") - 1).clip(0, last)
        low, high = self._edges[places], self._edges[places + 1]
        values = low + (high - low) * (wanted - below[places]) / counts[places]
        return [float(value) for value in np.where(places == self.SIDE, 0.0, values)]
