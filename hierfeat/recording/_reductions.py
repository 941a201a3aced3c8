"""Per-channel sums of one activation, each taken once however many measures ask.

How each is computed was chosen by timing. On a CPU ``vector_norm`` is a hundred times faster than
``var_mean``, and where rows are short, a product with ones that sums over images first is several times
faster than a reduction. A small operation between two layers of a net costs some ten microseconds, so that there are
few, and sums stay in parts: :func:`total` adds up those of many batches.
"""

import weakref
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hierfeat.subjects.ops import version
from hierfeat.subjects.precision import double

_SHORT_ROW = 64
_LEVEL = 1 - 1e-2  # mean²/mean of squares up to which float32 sums of squares give the variance well
_STEEP = 1 - 1e-4  # beyond which they lose it
_BYTE = 255  # images whose count fits a byte
Array = NDArray[Any]
Numbers = Array | Tensor
"""Of each channel: an array, or on another device than the CPU a tensor there, which is not waited for."""


class Reductions:
    """Sums, extremes and counts over images and positions, of each channel.

    Parameters
    ----------
    activation
        (N, C, ...), of any floating type and memory format.
    shared
        What the measures of one sweep share.
    rectified
        What is known of the tensor that `activation` is the rectified form of: its rates are these values.
    """

    def __init__(self, activation: Tensor, shared: "Shared", rectified: "Reductions | None" = None) -> None:
        self._shared = shared
        self.activation: Tensor | None = activation
        self.count = activation.numel() // max(activation.shape[1], 1)  # values per channel
        self._of = weakref.ref(activation)
        self._version = version(activation)
        if rectified is not None:
            self._take_over(rectified)

    def _take_over(self, before: "Reductions") -> None:
        """What was found before the rectifier holds after it as well: max(x, 0) has the rates and extremes of x."""
        found = before.__dict__
        self.is_rate = True
        if "rate_totals" in found:
            self.totals = self.rate_totals = before.rate_totals
        if "extremes" in found:
            low, high = before.extremes
            self.extremes = low.clip(0), high.clip(0)
        if "positives" in found:
            self.positives = before.positives

    def is_of(self, activation: Tensor, *, writes: int = 0) -> bool:
        """Whether these are of `activation` as it was `writes` in-place operations ago."""
        return self._of() is activation and version(activation) == self._version + writes

    def release(self) -> Self:
        """Let go of the activation, and keep the numbers."""
        self.activation = None
        self.__dict__.pop("rows", None)
        return self

    @cached_property
    def rows(self) -> Tensor:
        """(N, C, positions), in the activation's own memory where that is possible."""
        assert self.activation is not None, "released"
        x = self.activation.detach()
        x = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
        return x.reshape(x.shape[0], x.shape[1], -1)

    @cached_property
    def totals(self) -> tuple[Tensor, Tensor]:
        """Parts of Σx and roots of parts of Σx², where they arose: (k, C), one per image or position."""
        return _totals(self.rows)

    @property
    def is_here(self) -> bool:
        """Whether the activation is the CPU's, so that to look at a number is no wait."""
        return self.rows.device.type == "cpu"

    @cached_property
    def extremes(self) -> tuple[Numbers, Numbers]:
        """The smallest and the largest value, (C,)."""
        rows = self.rows
        first, then = (0, -1) if rows.shape[-1] < _SHORT_ROW else (-1, 0)  # along the longer axis first
        found = rows.amin(first).amin(then), rows.amax(first).amax(then)
        return (found[0].numpy(), found[1].numpy()) if self.is_here else found

    def deviations(self) -> tuple[Array, Array]:
        """Σx and Σ(x - mean)²: without the mean where float32 sums would blur them, in float64 where they lose them."""
        sums, squares = total([self.totals])
        if is_level(sums, squares, self.count):
            return sums, squares - sums * sums / self.count
        if not (sums * sums > _STEEP * self.count * squares).any():
            mean, parts = self.centred()
            rest, squares = total([parts])
            return self.count * mean.cpu().double().numpy() + rest, squares - rest * rest / self.count
        rows = self.rows.cpu().double()
        sums, _ = total([_totals(rows)])
        _, deviations = total([_totals(rows - torch.from_numpy(sums / self.count)[:, None])])
        return sums, deviations

    def centred(self) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """The mean of each channel to single precision, and the `totals` of what is left without it."""
        rows = self.rows
        mean = rows.sum((0, 2)) / self.count
        return mean, _totals(rows - mean[:, None])

    @cached_property
    def is_rate(self) -> bool:
        """Whether no value is negative, as far as that is known without waiting for a device."""
        return self.is_here and bool(self.extremes[0].min() >= 0)

    @cached_property
    def rate_totals(self) -> tuple[Tensor, Tensor]:
        """What `totals` are of x, of the rates max(x, 0): a firing rate is not negative."""
        if self.is_rate:
            return self.totals
        return _totals(self._shared.rectified(self.rows))

    @cached_property
    def positives(self) -> Numbers:
        """How many values are above zero, (C,)."""
        return _positives(self.rows) if self.is_here else (self.rows > 0).sum((0, 2))


def _totals(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Parts (k, C) of Σx, over an image or a position each, and the roots of such parts of Σx²."""
    images, channels, positions = rows.shape
    if positions >= _SHORT_ROW:
        return rows.sum(-1), torch.linalg.vector_norm(rows, dim=-1)
    rows = double(rows) if positions == 1 else rows  # small, and one product's sum over all images is not in parts
    flat, ones = rows.reshape(images, -1), rows.new_ones(images)
    sums, squares = ones @ flat, ones @ (flat * flat)
    return sums.view(channels, positions).T, squares.sqrt_().view(channels, positions).T


def total(parts: Iterable[tuple[Tensor, Tensor]]) -> tuple[Array, Array]:
    """Σx and Σx² of each channel, in float64, from the `totals` of one or many activations."""
    sums, roots = (torch.cat(same).cpu().double() for same in zip(*parts, strict=True))
    return sums.sum(0).numpy(), roots.square_().sum(0).numpy()


def fetched(found: Sequence[Numbers]) -> Array:
    """(updates, C): numbers of many updates, with one wait for the device on which they are."""
    if isinstance(found[0], Tensor):
        return torch.stack([torch.as_tensor(numbers) for numbers in found]).cpu().numpy()
    return np.stack(found)


def is_level(sums: Array, squares: Array, count: int) -> bool:
    """Whether no channel's mean is so large beside its spread that float32 sums give the variance badly."""
    return bool((sums * sums <= _LEVEL * count * squares).all())


def _positives(rows: Tensor) -> Array:
    """How many values of each channel are above zero: numpy compares seven times faster than torch, on a CPU."""
    above = np.greater(rows.numpy(), 0).view(np.uint8)
    parts = (above[start : start + _BYTE] for start in range(0, len(above), _BYTE))
    counts = [np.add.reduce(part, axis=0, dtype=np.uint8).sum(-1, dtype=np.float64) for part in parts]
    return np.asarray(sum(counts))


class Shared:
    """What the measures of one sweep share: the reductions of the latest activation, and memory for rates.

    Each sweep has its own, so that sweeps may run in several threads.
    """

    def __init__(self) -> None:
        self._latest: Reductions | None = None
        self._scratch: Tensor | None = None
        self.hand_out: Callable[[], None] = lambda: None  # what is gathered for several measures together

    def of(self, activation: Tensor) -> Reductions:
        """The reductions of `activation`; the same object for measures that follow each other on one tensor."""
        latest = self._latest
        if latest is None or latest.activation is None or not latest.is_of(activation):
            latest = self._latest = Reductions(activation, self)
        return latest

    def rectifying(self, given: Tensor, output: Tensor) -> None:
        """Announce that `output`, whose reductions come next, is ``relu(given)``.

        Nothing is taken over unless the latest reductions are of `given`, and nothing but the rectifier, in
        place, has written into it since.
        """
        writes, latest = 1 if output is given else 0, self._latest
        if latest is not None and version(given) >= 0 and latest.is_of(given, writes=writes):
            self._latest = Reductions(output, self, latest)

    def rectified(self, rows: Tensor) -> Tensor:
        """``rows.clamp(min=0)``, which the next call overwrites: fresh memory costs more than the operation."""
        if rows.device.type != "cpu":
            return rows.clamp(min=0)
        scratch = self._scratch
        if scratch is None or scratch.dtype != rows.dtype or scratch.numel() < rows.numel():
            with torch.inference_mode(False):  # whoever calls next may not be in this mode
                scratch = self._scratch = rows.new_empty(rows.numel())
        return torch.clamp(rows, min=0, out=scratch[: rows.numel()].view(rows.shape))

    def release(self) -> None:
        """Let go of the latest activation, and keep its numbers for a rectifier that may follow."""
        if self._latest is not None:
            self._latest.release()

    def forget(self) -> None:
        """Let go of the latest activation, its numbers and the memory for rates."""
        self._latest = self._scratch = None
