"""The first streaming measures: moments, active fraction, sparseness and a histogram with quantiles."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Self

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hierfeat.recording.measure import Batch, Measure
from hierfeat.recording.reductions import Reductions, reductions

_PATIENCE = 64  # updates that are gathered before they are merged: small operations cost more than small sums


class _Additive(Measure):
    """A measure whose state just adds up."""

    def _add(self, key: str, value: np.ndarray | float) -> None:
        pending = self._pending.setdefault(key, [])
        pending.append(value)
        if len(pending) >= _PATIENCE:
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


class _Sampling(_Additive):
    """An additive measure that may look at a part of each image's values: a run that moves on from image to image.

    Neighbours in memory cost a tenth of what values spread over a layer do. Where the run starts depends on the
    image's place in the data alone, so that the result is the same whatever the batches. What the samples
    tell is worked out for many batches at once.
    """

    def __init__(self) -> None:
        super().__init__()
        self._indices: Tensor | None = None
        self._starts: dict[tuple[int, int, torch.device], Tensor] = {}  # of this batch
        self._samples: dict[str, list[Tensor]] = {}
        self._waiting = 0  # values in `_samples`

    def begin(self, batch: Batch) -> None:
        self._indices = batch.indices
        self._starts.clear()

    def _start(self, images: int, places: int, device: torch.device) -> Tensor:
        """(N,): the first of each image's sampled places, of `places` that are possible."""
        key = (images, places, device)
        if key not in self._starts:
            indices = torch.arange(images) if self._indices is None else self._indices
            self._starts[key] = (indices * _STRIDE % places).to(device)
        return self._starts[key]

    def _put_off(self, layer: str, sample: Tensor) -> None:
        """Keep a sample, (..., values), until there are enough."""
        self._samples.setdefault(layer, []).append(sample)
        self._waiting += sample.numel()
        if self._waiting > _ENOUGH:
            self.settle()

    @abstractmethod
    def _digest(self, layer: str, sample: Tensor) -> None:
        """Add up what a sample tells."""

    def settle(self) -> None:
        samples, self._samples, self._waiting = self._samples, {}, 0
        for layer, parts in samples.items():
            self._digest(layer, torch.cat(parts, -1).cpu())
        super().settle()


_STRIDE = 7919  # a prime: the runs of consecutive images are spread over the layer
_ENOUGH = 1 << 21  # values of samples, all layers together


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
        self._gather(layer, (float(found.count), *found.spread, *found.extremes.numpy()))

    def merge(self, other: Self) -> None:
        for layer in other.layers():
            self._gather(layer, tuple(other.state[f"{layer}/{name}"].numpy() for name in self.STATISTICS))

    def _gather(self, layer: str, part: tuple[np.ndarray | float, ...]) -> None:
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
                parts.append(tuple(self._state[key].numpy() for key in keys))
            n, mean, m2, low, high = (np.stack(values).astype(np.float64) for values in zip(*parts, strict=True))
            weight = n[:, None]
            grand = (weight * mean).sum(0) / n.sum()
            m2 = m2.sum(0) + (weight * (mean - grand) ** 2).sum(0)
            merged = (n.sum(), grand, m2, low.min(0), high.max(0))
            self._state |= dict(zip(keys, map(torch.as_tensor, merged), strict=True))
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
        self._add(f"{layer}/positive", found.positives.numpy())
        self._add(f"{layer}/n", float(found.count))

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
        self._channels: dict[str, int] = {}

    def update(self, layer: str, activation: Tensor) -> None:
        found = reductions(activation)
        sums, squares = found.rate_totals.numpy()
        self._add(f"{layer}/n", float(found.count))
        self._add(f"{layer}/sum", sums)
        self._add(f"{layer}/squares", squares)
        rates = self._sampled(found)
        both = torch.stack((rates.sum(1), rates.square().sum(1)))
        self._channels[layer] = rates.shape[1]
        self._put_off(layer, both.flatten(1))

    def _sampled(self, found: Reductions) -> Tensor:
        """(N, C, positions): rates at some neighbouring positions of each image."""
        rows, count = found.rows, self._positions
        images, channels, length = rows.shape
        if count is None or count >= length:
            return found.rates
        starts = self._start(images, length - count + 1, rows.device)
        places = (starts[:, None] + torch.arange(count, device=rows.device))[:, None]
        sample = rows.gather(-1, places.expand(images, channels, count))
        return sample if found.is_rate else sample.clamp_(min=0)

    def _digest(self, layer: str, sample: Tensor) -> None:
        """The sum of the sparseness over places where anything responds, and their number."""
        channels = self._channels[layer]
        sums, squares = sample.double()
        sums, squares = sums[squares > 0], squares[squares > 0]
        sparseness = (1 - sums.square() / (squares * channels)) / (1 - 1 / channels) if channels > 1 else squares * 0
        self._add(f"{layer}/population", float(sparseness.sum()))
        self._add(f"{layer}/places", float(len(squares)))

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
        self._samples_per_image, self._quantiles = samples, tuple(quantiles)

    def update(self, layer: str, activation: Tensor) -> None:
        flat = activation.detach().reshape(len(activation), -1)
        images, length = flat.shape
        if self._samples_per_image is None or self._samples_per_image >= length:
            self._digest(layer, flat.float().cpu())
            return
        runs = flat.reshape(-1).unfold(0, self._samples_per_image, 1)
        starts = self._start(images, length - self._samples_per_image + 1, flat.device)
        starts = starts + torch.arange(0, images * length, length, device=flat.device)
        self._put_off(layer, runs.index_select(0, starts).float().flatten())

    def _digest(self, layer: str, sample: Tensor) -> None:
        """Count the values by their upper bits, which tell the bin."""
        bits = sample.contiguous().view(torch.int32).numpy().view(np.uint32)
        counts = np.bincount(bits.ravel() >> (23 - self.DIGITS), minlength=2 << (8 + self.DIGITS))
        self._add(f"{layer}/counts", _folded(counts, self.DIGITS, self.SMALLEST, self.SIDE))

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


def _folded(counts: np.ndarray, digits: int, smallest: int, side: int) -> np.ndarray:
    """Counts by sign, exponent and first binary digits, as counts of bins from the most negative to the most positive.

    What is too near to zero joins the middle bin, what is too far from it the outermost ones.
    """
    lowest = (127 + smallest) << digits
    positive, negative = counts.reshape(2, -1)
    bins = np.zeros(2 * side + 1, dtype=np.int64)
    bins[side] = counts.reshape(2, -1)[:, : lowest + 1].sum()
    for half, values in ((bins[side:], positive), (bins[side::-1], negative)):
        half[1:side] += values[lowest + 1 : lowest + side]
        half[side] += values[lowest + side :].sum()
    return bins


def _per_channel(layers: dict[str, dict[str, Tensor]]) -> pd.DataFrame:
    """Stack columns of (channels,) tensors into rows of layer, channel and the columns."""
    frames = []
    for layer, columns in layers.items():
        arrays = {name: values.detach().cpu().numpy() for name, values in columns.items()}
        channels = np.arange(len(next(iter(arrays.values()))))
        frames.append(pd.DataFrame({"layer": layer, "channel": channels, **arrays}))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["layer", "channel"])
