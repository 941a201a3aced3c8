"""The first streaming measures of channels: moments, active fraction and sparseness."""

from typing import Any, Self

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hierfeat._values import optional, whole
from hierfeat.recording import _fused
from hierfeat.recording._deferred import ALL, Additive, Deferring, Sampling, joined
from hierfeat.recording._fused import Found
from hierfeat.recording._reductions import Array, Reductions, fetched, is_level, total
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.precision import sent

_CENTRED = "\0centred"  # no layer's name ends with it


class Moments(Deferring):
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

    def __init__(self) -> None:
        super().__init__()
        self._level: set[str] = set()  # layers whose variance float32 sums have given well so far

    def _forget(self) -> None:
        super()._forget()
        self._level = set()

    def update(self, layer: str, activation: Tensor) -> None:
        found = self.reduced(activation)
        if layer in self._level:
            self._put_off(layer, found.count, found.totals, *found.extremes)
        elif not found.is_here:  # to look at it would be to wait for it
            self._put_off(f"{layer}{_CENTRED}", found.count, found.centred(), *found.extremes)
        else:
            low, high = (fetched([values])[0] for values in found.extremes)
            self._gather(layer, found.count, *found.deviations(), low, high)
            if is_level(*total([found.totals]), found.count):
                self._level.add(layer)

    def absorb(self, layer: str, found: Found) -> None:
        mean, m2, low, high = found.channels[[_fused.MEAN, _fused.M2, _fused.LOW, _fused.HIGH]]
        self._gather(layer, found.count, mean * found.count, m2, low, high)

    def _digest(self, layer: str, *kept: tuple[Any, ...]) -> None:
        """Merge several batches as one, and look closer at the next where their mean has grown too large."""
        counts, totals, lows, highs = kept
        low, high = fetched(lows).min(0), fetched(highs).max(0)
        if layer.endswith(_CENTRED):
            self._digest_centred(layer.removesuffix(_CENTRED), counts, totals, low, high)
            return
        count, (sums, squares) = sum(counts), total(totals)
        if not is_level(sums, squares, count):
            self._level.discard(layer)
        self._gather(layer, count, sums, squares - sums * sums / count, low, high)

    def _digest_centred(self, layer: str, counts: Any, parts: Any, low: Array, high: Array) -> None:
        """Merge batches of which each came without its mean."""
        centres, totals = zip(*parts, strict=True)
        means = fetched(centres).astype(np.float64)
        sizes = [len(sums) for sums, _ in totals]
        rests, roots = (torch.cat(same).cpu().double().split(sizes) for same in zip(*totals, strict=True))
        for count, mean, rest, root in zip(counts, means, rests, roots, strict=True):
            off = rest.sum(0).numpy()
            m2 = root.square().sum(0).numpy() - off * off / count
            sums = count * mean + off
            self._gather(layer, count, sums, m2, low, high)
            if is_level(sums, m2 + sums * sums / count, count):
                self._level.add(layer)

    def merge(self, other: Self) -> None:
        self.settle()
        for layer in other.layers():
            n, mean, *others = (other.state[f"{layer}/{name}"].numpy() for name in self.STATISTICS)
            self._gather(layer, float(n), mean * n, *others)

    def _gather(self, layer: str, count: float, sums: Array, m2: Array, low: Array, high: Array) -> None:
        keys = [f"{layer}/{name}" for name in self.STATISTICS]
        mean = sums / count
        if keys[0] in self._state:
            n, old, old_m2, old_low, old_high = (self._state[key].numpy() for key in keys)
            m2 = m2 + old_m2 + (mean - old) ** 2 * (n * count / (n + count))
            mean = old + (mean - old) * (count / (n + count))
            count, low, high = float(n) + count, np.minimum(low, old_low), np.maximum(high, old_high)
        found = (np.float64(count), mean, m2, low.astype(np.float64), high.astype(np.float64))
        self._state |= dict(zip(keys, map(torch.as_tensor, found), strict=True))

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


class ActiveFraction(Additive):
    """The share of each channel's values that are above zero, over images and positions.

    Examples
    --------
    >>> import hierfeat as hf
    >>> [active] = hf.sweep(hf.load("lenet5-digits"), hf.digits(split="test")[0], [hf.ActiveFraction()])
    >>> list(active.columns)
    ['layer', 'channel', 'active_fraction', 'dead']
    """

    def update(self, layer: str, activation: Tensor) -> None:
        found = self.reduced(activation)
        self._put_off(layer, found.count, found.positives)

    def absorb(self, layer: str, found: Found) -> None:
        self._add(f"{layer}/positive", found.channels[_fused.POSITIVE])
        self._add(f"{layer}/n", float(found.count))

    def _digest(self, layer: str, *kept: tuple[Any, ...]) -> None:
        counts, positives = kept
        self._add(f"{layer}/positive", fetched(positives).sum(0).astype(np.float64))
        self._add(f"{layer}/n", float(sum(counts)))

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


class Sparseness(Sampling):
    """Lifetime sparseness of each channel and population sparseness of each layer.

    Parameters
    ----------
    places
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

    @checked(places=optional(whole(1, 2**40)))
    def __init__(self, places: int | None = 4) -> None:
        super().__init__()
        self._how_many = places

    def update(self, layer: str, activation: Tensor) -> None:
        found = self.reduced(activation)
        rates = self._sampled(found)
        self._put_off(layer, found.count, found.rate_totals, rates.sum(1), (rates * rates).sum(1))

    @property
    def asks(self) -> dict[str, int]:
        return {"crowd": self._how_many or ALL}

    def absorb(self, layer: str, found: Found) -> None:
        rates, squares = found.channels[[_fused.RATES, _fused.RATE_SQUARES]]
        self._add_all(layer, found.count, rates, squares, found.crowd[0], found.crowd[1])

    def _sampled(self, found: Reductions) -> Tensor:
        """(N, C, positions): rates at some neighbouring positions of each image."""
        rows, count = found.rows, self._how_many
        if count is None or count >= rows.shape[-1]:
            return rows if found.is_rate else rows.clamp(min=0)
        key = rows.shape, rows.device
        if key not in self._places:
            images, channels, length = rows.shape
            places = self._starts(images, length - count + 1)[:, None, None] + torch.arange(count)
            self._places[key] = sent(places, rows.device).expand(images, channels, count)
        sample = rows.gather(-1, self._places[key])
        return sample if found.is_rate else sample.clamp_(min=0)

    def _digest(self, layer: str, *kept: tuple[Any, ...]) -> None:
        """Add up, for each channel, its rates, and for each place where anything responds, its sparseness."""
        counts, totals, *places = kept
        sums, squares = total(totals)
        channels = len(sums)
        here, squares_here = (joined(values).double() for values in places)
        here, squares_here = here[squares_here > 0], squares_here[squares_here > 0]
        shared = here.square() / (squares_here * channels)
        sparseness = (1 - shared) / (1 - 1 / channels) if channels > 1 else torch.zeros_like(shared)
        self._add_all(layer, sum(counts), sums, squares, sparseness.sum(), len(here))

    def _add_all(self, layer: str, *found: Any) -> None:
        for name, value in zip(("n", "sum", "squares", "population", "places"), found, strict=True):
            self._add(f"{layer}/{name}", np.asarray(value, dtype=np.float64))

    def result(self) -> pd.DataFrame:
        """One row per layer and channel: ``layer, channel, lifetime_sparseness, population_sparseness``."""
        return _per_channel({layer: self._columns(layer) for layer in self.layers()})

    def _columns(self, layer: str) -> dict[str, Tensor]:
        n, total, squares, population, places = (
            self.state[f"{layer}/{name}"] for name in ("n", "sum", "squares", "population", "places")
        )
        lifetime = (1 - total.square() / (n * squares)) / (1 - 1 / n)
        return {"lifetime_sparseness": lifetime, "population_sparseness": (population / places).expand_as(total)}


def _per_channel(layers: dict[str, dict[str, Tensor]]) -> pd.DataFrame:
    """Stack columns of (channels,) tensors into rows of layer, channel and the columns."""
    if not layers:
        return pd.DataFrame(columns=["layer", "channel"])
    arrays = [{name: values.numpy() for name, values in columns.items()} for columns in layers.values()]
    counts = [len(next(iter(columns.values()))) for columns in arrays]
    stacked = {name: np.concatenate([columns[name] for columns in arrays]) for name in arrays[0]}
    channels = np.concatenate([np.arange(count) for count in counts])
    return pd.DataFrame({"layer": pd.Index(list(layers)).repeat(counts), "channel": channels, **stacked})
