"""Cosines between the responses to an image and to a changed copy of it, gathered batch by batch."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from hierfeat._progress import with_bar
from hierfeat.errors import HierfeatError
from hierfeat.recording.recorder import recorded
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_checks import check_images_first, check_same_path
from hierfeat.subjects.layer_table import Layers
from hierfeat.subjects.own_data import default_batch, drawn_places
from hierfeat.subjects.precision import double

Floats = npt.NDArray[np.float64]
Change = Callable[[Tensor, int], Tensor]
"""``change(images, first)``: `first` is the number of the first of them in the data, for what differs by image."""
CACHED = 1 << 19
"""Numbers of a response that are compared at a time."""
Also = Callable[[str, int, Tensor, Tensor], None]


class _Sums(NamedTuple):
    """Of layers (...) or of each channel (..., channels): a sum, and how many it is of."""

    total: Tensor
    number: Tensor

    def plus(self, other: "_Sums") -> "_Sums":
        return _Sums(self.total + other.total, self.number + other.number)


class _Kept(NamedTuple):
    """The same for a layer and for its channels."""

    layer: _Sums
    channels: _Sums

    def of(self, channels: bool) -> _Sums:
        return self.channels if channels else self.layer


class Similarities:
    """Mean cosines per key and condition, for whole layers and for each channel, and the baseline between images.

    Parameters
    ----------
    conditions
        How many changed copies of each image there are.

    Notes
    -----
    A cosine with a response that is zero everywhere is 0 if the other is not, and is left out of the mean if both are.
    The baseline is the mean cosine over all pairs of different images, (|Σu|² − n)/(n(n − 1)) for the n unit vectors u:
    no pair is ever formed.
    """

    def __init__(self, conditions: int) -> None:
        self._conditions = conditions
        self._shown: dict[str, tuple[Tensor, Tensor]] = {}  # responses (N, C, ...), squared norms (N, 1 + C)
        self._units: dict[str, _Kept] = {}  # unit vectors
        self._cosines: dict[str, _Sums] = {}  # (conditions, 1 + channels): of whole layers, and of their channels

    @property
    def keys(self) -> list[str]:
        """What was shown, in order."""
        return list(self._units)

    def show(self, key: str, response: Tensor) -> None:
        """Take in the responses to a batch of unchanged images, (N, C, ...)."""
        rows = _rows(response)
        squares = torch.cat([_squares(part) for (part,) in in_cache(rows)])
        self._shown[key] = response, _with_whole(squares)
        norms = [part[..., None].sqrt() for part in (squares.sum(1, keepdim=True), squares)]
        found = _Kept(*(_Sums(_unit_sum(rows, part), double((part > 0).sum((0, 2))).squeeze(0)) for part in norms))
        known = self._units.get(key)
        self._units[key] = found if known is None else _Kept(*(a.plus(b) for a, b in zip(known, found, strict=True)))

    def compare(self, key: str, condition: int, response: Tensor) -> None:
        """Take in the responses to the same images, changed."""
        shown, squares = self._shown[key]
        dots = changed_squares = squares
        if response is not shown:
            pairs = in_cache(_rows(shown), _rows(response))
            parts = [((known * changed).sum(-1), _squares(changed)) for known, changed in pairs]
            dots, changed_squares = (_with_whole(torch.cat(part)) for part in zip(*parts, strict=True))
        cosines = _cosine(dots, squares, changed_squares)
        if key not in self._cosines:
            empty = cosines.new_zeros(self._conditions, cosines.shape[1])
            self._cosines[key] = _Sums(empty, empty.clone())
        kept = self._cosines[key]
        kept.total[condition] += cosines.nansum(0)
        kept.number[condition] += cosines.shape[0] - cosines.isnan().sum(0)

    def similarity(self, key: str, *, channels: bool = False) -> Floats:
        """Mean cosines, (conditions,), or (conditions, channels)."""
        total, count = self._cosines[key]
        return _numbers((total / count)[:, slice(1, None) if channels else 0])

    def baseline(self, key: str, *, channels: bool = False) -> Floats:
        """The mean cosine between different images, (), or (channels,)."""
        total, n = self._units[key].of(channels)
        squares = total.square().sum(-1) if channels else total.square().sum()
        return _numbers((squares - n) / (n * (n - 1)))

    def invariance(self, key: str, *, channels: bool = False) -> Floats:
        """Similarity rescaled so that the baseline is 0 and identity 1; NaN where different images look alike."""
        baseline = self.baseline(key, channels=channels)
        room = np.where(1 - baseline > 1e-9, 1 - baseline, np.nan)
        with np.errstate(invalid="ignore"):  # a layer that is silent, or looks alike for all images
            return np.asarray((self.similarity(key, channels=channels) - baseline) / room)

    def table(self, h: Hierarchy, conditions: pd.DataFrame) -> pd.DataFrame:
        """A row per layer and condition: ``layer, kind``, the columns of `conditions`, ``similarity, invariance``."""
        kinds = {layer.name: layer.kind for layer in h.layers}
        frames = []
        for name in self.keys:
            columns = {"similarity": self.similarity(name), "invariance": self.invariance(name)}
            frames.append(pd.DataFrame({"layer": name, "kind": kinds[name], **conditions, **columns}))
        return pd.concat(frames, ignore_index=True)


def similarities(
    h: Hierarchy,
    images: Tensor,
    changes: Sequence[Change],
    *,
    layers: Layers,
    original: Change | None = None,
    also: Also | None = None,
    batch_size: int | None = None,
) -> Similarities:
    """Show `images` and every changed copy of them to the model, and compare the responses of each layer.

    ``also(layer, condition, original, changed)`` sees the responses as well. `original` makes the unchanged copy.
    """
    found = Similarities(len(changes))
    size = batch_size or default_batch(h.input_shape)
    shown = list(product(range(0, len(images), size), enumerate(changes)))
    for first, (condition, change) in with_bar(shown, "changed images"):
        batch = images[first : first + size]
        if condition == 0:
            responses = responses_of(h, batch if original is None else original(batch, first), layers)
            for name, response in responses.items():
                found.show(name, response)
        changed = responses if change is original else responses_of(h, change(batch, first), layers)
        check_same_path(h, responses, changed)
        for name, response in changed.items():
            found.compare(name, condition, response)
            if also is not None:
                also(name, condition, responses[name], response)
    return found


def responses_of(h: Hierarchy, images: Tensor, layers: Layers) -> dict[str, Tensor]:
    """As :func:`hierfeat.record` gives, for images that may lie a little outside [0, 1]."""
    found = recorded(h, images, layers)
    check_images_first(h, found, len(images))
    return found


def subsample(images: Tensor, max_images: int | None, seed: int) -> Tensor:
    """At most `max_images` of the images, drawn without replacement, in their order.

    Raises
    ------
    HierfeatError
        If there are fewer than two: invariance is measured against the likeness of different images.
    """
    if max_images is not None and max_images < 2:
        raise HierfeatError(f"expected max_images of at least 2, got {max_images}")
    if len(images) < 2:
        raise HierfeatError(
            "expected at least two images, got one: invariance is rescaled by how alike different images are"
        )
    chosen = drawn_places(len(images), max_images, seed)
    return images if chosen is None else images[chosen.to(images.device)]


def in_cache(*maps: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """The same few images of each, so that what is computed between them stays in the caches: memory is slower."""
    size = max(1, CACHED // max(maps[0][:1].numel(), 1))
    return zip(*(part.split(size) for part in maps), strict=True)


def _rows(response: Tensor) -> Tensor:
    return response.detach().float().reshape(response.shape[0], response.shape[1], -1)


def _squares(rows: Tensor) -> Tensor:
    """Σx² along the last axis: the norm is one pass over memory, a square and its sum are two."""
    norms: Tensor = torch.linalg.vector_norm(rows, dim=-1)
    return norms.square()


def _unit_sum(rows: Tensor, norms: Tensor) -> Tensor:
    """Σ x/|x| over the images, (channels, places); one number over its own size is 1 to the last digit."""
    parts = in_cache(rows, norms.where(norms > 0, 1.0))
    return torch.stack([double((part / norm).sum(0)) for part, norm in parts]).sum(0)


def _with_whole(channels: Tensor) -> Tensor:
    """Sums of channels, (N, C), in float64, behind that of the whole layer: (N, 1 + C)."""
    parts = double(channels)
    return torch.cat([parts.sum(1, keepdim=True), parts], 1)


def _cosine(dots: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """From products and squared norms: 0 where one response of two is zero everywhere, NaN where both are."""
    size = (a * b).sqrt_()
    return (dots / size).masked_fill_((size == 0) & (a != b), 0.0)


def _numbers(values: Tensor) -> Floats:
    return np.asarray(values.cpu().numpy(), dtype=np.float64)
