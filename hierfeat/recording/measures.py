"""The first streaming measures: moments, active fraction, sparseness and a histogram with quantiles."""

from collections.abc import Sequence
from typing import Self

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hierfeat.recording.measure import Batch, Measure
from hierfeat.recording.reductions import reductions

_PATIENCE = 64  # updates that are gathered before they are merged: small operations cost more than small sums


class _Additive(Measure):
    """A measure whose state just adds up."""

    def _add(self, key: str, value: Tensor | float) -> None:
        pending = self._pending.setdefault(key, [])
        pending.append(torch.as_tensor(value, dtype=torch.float64) if isinstance(value, int | float) else value)
        if len(pending) >= _PATIENCE:
            self.settle()

    def settle(self) -> None:
        for key, values in self._pending.items():
            if values:
                before = [self._state[key]] if key in self._state else []
                self._state[key] = torch.stack([*before, *values]).sum(0)
                values.clear()

    def merge(self, other: Self) -> None:
        for key, value in other.state.items():
            self._add(key, value)


class _Sampling(_Additive):
    """An additive measure that may look at a part of each image's values: a run that moves on from image to image.

    Neighbours in memory cost a tenth of what values spread over a layer do. Where the run starts depends on the
    image's place in the data alone, so that the result is the same whatever the batches.
    """

    _indices: Tensor | None = None

    def begin(self, batch: Batch) -> None:
        self._indices = batch.indices

    def _sampled(self, values: Tensor, count: int | None) -> Tensor:
        """`count` neighbouring values along the last axis of each image; all if None."""
        length = values.shape[-1]
        if count is None or count >= length:
            return values
        indices = torch.arange(len(values)) if self._indices is None else self._indices
        starts = (indices * _STRIDE % (length - count + 1)).to(values.device)
        places = starts[:, None] + torch.arange(count, device=values.device)
        places = places.view(len(values), *(1,) * (values.ndim - 2), count)
        return values.gather(-1, places.expand(*values.shape[:-1], count))


_STRIDE = 7919  # a prime: the runs of consecutive images are spread over the layer


class Moments(Measure):
    """Mean, variance, minimum and maximum of each channel, over images and positions.

    Notes
    -----
    Batches are merged as Chan, Golub & LeVeque (1983) do, in float64: M₂ = Σₖ M₂ₖ + Σₖ nₖ(meanₖ - mean)² over
    batches k. The variance is M₂/n.

    References
    ----------
    Chan, T. F., Golub, G. H. and LeVeque, R. J. (1983). Algorithms for computing the sample variance.
    The American Statistician 37(3), 242-247.

    Examples
    --------
    >>> import hierfeat as hf
    >>> [moments] = hf.sweep(hf.load("lenet5-digits"), hf.digits(split="test")[0], [hf.Moments()])
    >>> list(moments.columns)
    ['layer', 'channel', 'n', 'mean', 'variance', 'min', 'max']
    """

    STATISTICS = ("n", "mean", "m2", "min", "max")

    def update(self, layer: str, activation: Tensor) -> None:
        found = reductions(activation)
        mean, m2 = found.spread
        self._gather(layer, (torch.tensor(float(found.count)).double(), mean, m2, found.minima, found.maxima))

    def merge(self, other: Self) -> None:
        for layer in other.layers():
            self._gather(layer, tuple(other.state[f"{layer}/{name}"] for name in self.STATISTICS))

    def _gather(self, layer: str, part: tuple[Tensor, ...]) -> None:
        pending = self._pending.setdefault(layer, [])
        pending.append(part)
        if len(pending) >= _PATIENCE:
            self.settle()

    def settle(self) -> None:
        for layer, parts in self._pending.items():
            if not parts:
                continue
            keys = [f"{layer}/{name}" for name in self.STATISTICS]
            if keys[0] in self._state:
                parts.append(tuple(self._state[key] for key in keys))
            n, mean, m2, low, high = (torch.stack(values) for values in zip(*parts, strict=True))
            weight = n.view(-1, 1)
            grand = (weight * mean).sum(0) / n.sum()
            m2 = m2.sum(0) + (weight * (mean - grand).square()).sum(0)
            self._state |= dict(zip(keys, (n.sum(), grand, m2, low.amin(0), high.amax(0)), strict=True))
            parts.clear()

    def result(self) -> pd.DataFrame:
        """One row per layer and channel: ``layer, channel, n, mean, variance, min, max``."""
        s = self.state
        return _per_channel(
            {
                layer: {
                    "n": s[f"{layer}/n"].long().expand_as(s[f"{layer}/mean"]),
                    "mean": s[f"{layer}/mean"],
                    "variance": s[f"{layer}/m2"].clamp(min=0) / s[f"{layer}/n"],
                    "min": s[f"{layer}/min"],
                    "max": s[f"{layer}/max"],
                }
                for layer in self.layers()
            }
        )


class ActiveFraction(_Additive):
    """The share of each channel's values that are above zero, over images and positions.

    Examples
    --------
    >>> import hierfeat as hf
    >>> [active] = hf.sweep(hf.load("lenet5-digits"), hf.digits(split="test")[0], [hf.ActiveFraction()])
    >>> list(active.columns)
    ['layer', 'channel', 'active_fraction', 'dead']
    """

    def update(self, layer: str, activation: Tensor) -> None:
        found = reductions(activation)
        self._add(f"{layer}/positive", found.positives)
        self._add(f"{layer}/n", found.count)

    def result(self) -> pd.DataFrame:
        """One row per layer and channel: ``layer, channel, active_fraction, dead`` (never above zero)."""
        return _per_channel(
            {
                layer: {
                    "active_fraction": self.state[f"{layer}/positive"] / self.state[f"{layer}/n"],
                    "dead": self.state[f"{layer}/positive"] == 0,
                }
                for layer in self.layers()
            }
        )


class Sparseness(_Sampling):
    """Lifetime sparseness of each channel and population sparseness of each layer.

    Parameters
    ----------
    positions : int or None
        Neighbouring positions of each image at which population sparseness is taken; all if None.

    Notes
    -----
    S = (1 - a)/(1 - 1/n) with a = (Σr/n)²/(Σr²/n), r = max(x, 0): 0 where all responses are alike, 1 where
    one alone is not zero (Vinje & Gallant 2000; a is due to Rolls & Tovee 1995). Lifetime: n images and
    positions of a channel. Population: the n channels at one image and position, averaged over
    those where any channel responds. NaN where nothing responds at all.

    References
    ----------
    Rolls, E. T. and Tovee, M. J. (1995). Sparseness of the neuronal representation of stimuli in the primate
    temporal visual cortex. J. Neurophysiology 73(2), 713-726.
    Vinje, W. E. and Gallant, J. L. (2000). Sparse coding and decorrelation in primary visual cortex during
    natural vision. Science 287, 1273-1276.

    Examples
    --------
    >>> import hierfeat as hf
    >>> [sparse] = hf.sweep(hf.load("lenet5-digits"), hf.digits(split="test")[0], [hf.Sparseness()])
    >>> list(sparse.columns)
    ['layer', 'channel', 'lifetime_sparseness', 'population_sparseness']
    """

    def __init__(self, positions: int | None = 16) -> None:
        super().__init__()
        self._positions = positions

    def update(self, layer: str, activation: Tensor) -> None:
        found = reductions(activation)
        self._add(f"{layer}/n", found.count)
        self._add(f"{layer}/sum", found.rate_sums)
        self._add(f"{layer}/squares", found.rate_squares)
        total, places = self._population(found.rates)
        self._add(f"{layer}/population", total)
        self._add(f"{layer}/places", places)

    def _population(self, rates: Tensor) -> tuple[Tensor, Tensor]:
        """The sum of the sparseness over places where anything responds, and their number."""
        channels = rates.shape[1]
        sample = self._sampled(rates, self._positions)
        squares = sample.square().sum(1)
        treves_rolls = sample.sum(1).square_().div_(squares * channels)
        answering = squares > 0
        sparseness = (1 - treves_rolls) / (1 - 1 / channels) if channels > 1 else torch.zeros_like(squares)
        return torch.where(answering, sparseness, 0.0).sum(dtype=torch.float64), answering.sum().double()

    def result(self) -> pd.DataFrame:
        """One row per layer and channel: ``layer, channel, lifetime_sparseness, population_sparseness``."""
        return _per_channel({layer: self._columns(layer) for layer in self.layers()})

    def _columns(self, layer: str) -> dict[str, Tensor]:
        n, total, squares, population, places = (
            self.state[f"{layer}/{name}"] for name in ("n", "sum", "squares", "population", "places")
        )
        lifetime = (1 - total.square() / (n * squares)) / (1 - 1 / n)
        return {"lifetime_sparseness": lifetime, "population_sparseness": (population / places).expand_as(total)}


class Histogram(_Sampling):
    """The distribution of each layer's values, and its quantiles.

    Parameters
    ----------
    samples : int or None
        Neighbouring values of each image that are counted, elsewhere in the layer for each image; all if None.
    quantiles : sequence of float
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

    DIGITS = 6
    SMALLEST, LARGEST = -20, 17  # powers of two
    SIDE = (LARGEST - SMALLEST) << DIGITS  # bins on either side of zero

    def __init__(self, samples: int | None = 64, *, quantiles: Sequence[float] = (0.01, 0.25, 0.5, 0.75, 0.99)) -> None:
        super().__init__()
        self._samples, self._quantiles = samples, tuple(quantiles)

    def update(self, layer: str, activation: Tensor) -> None:
        flat = activation.reshape(len(activation), -1)
        bits = self._sampled(flat, self._samples).float().contiguous().view(torch.int32)
        shift, lowest = 23 - self.DIGITS, (127 + self.SMALLEST) << self.DIGITS
        magnitude = ((bits & 0x7FFFFFFF) >> shift).sub_(lowest).clamp_(0, self.SIDE)
        places = torch.where(bits < 0, self.SIDE - magnitude, self.SIDE + magnitude)
        self._add(f"{layer}/counts", torch.bincount(places.flatten(), minlength=2 * self.SIDE + 1))

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
            counts = self.state[f"{layer}/counts"].cpu().numpy()
            values = {f"q{q:g}": self._quantile(counts, q) for q in self._quantiles}
            rows.append({"layer": layer, "n": int(counts.sum()), **values})
        return pd.DataFrame(rows)

    def _quantile(self, counts: np.ndarray, q: float) -> float:
        below = np.concatenate([[0], np.cumsum(counts)])
        wanted = q * below[-1]
        place = int(np.clip(np.searchsorted(below, wanted, side="right") - 1, 0, np.flatnonzero(counts)[-1]))
        if place == self.SIDE:
            return 0.0
        low, high = self.edges()[place : place + 2]
        return float(low + (high - low) * (wanted - below[place]) / counts[place])


def _per_channel(layers: dict[str, dict[str, Tensor]]) -> pd.DataFrame:
    """Stack columns of (channels,) tensors into rows of layer, channel and the columns."""
    frames = []
    for layer, columns in layers.items():
        arrays = {name: values.detach().cpu().numpy() for name, values in columns.items()}
        channels = np.arange(len(next(iter(arrays.values()))))
        frames.append(pd.DataFrame({"layer": layer, "channel": channels, **arrays}))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["layer", "channel"])
