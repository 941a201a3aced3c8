"""Images that each process of a sweep brings itself, and their places among those of all."""

from collections.abc import Iterator, Sized
from itertools import chain
from math import ceil
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, DistributedSampler, IterableDataset

from hierfeat.errors import HierfeatError
from hierfeat.recording._checkpoint import Progress
from hierfeat.recording._data import Data, Part, sha256
from hierfeat.recording._distributed import Group
from hierfeat.subjects._sources import as_tensor
from hierfeat.subjects.own_data import count_in

_UNKNOWN = (
    "expected, in several processes, images whose number is known: a tensor, a list of batches, a DataLoader of a "
    "map-style data set, or best the data set itself, which is then dealt out to all"
)
_OF_SHARDS = (
    "; an IterableDataset says neither how many images it has nor which of them are whose: give shards as "
    "hf.image_dataset('wds:PATTERN'), a set of Hugging Face's that is not streamed as hf.image_dataset(dataset), or to "
    "each process a list of the batches of its own part (itertools.islice(dataset, rank, None, processes))"
)


class Own(Data):
    """Images that a process brings itself: a tensor, a list of batches, a loader, a generator."""

    def __init__(self, batches: Any, batch_size: int, group: Group, *, source: Any = None) -> None:
        if isinstance(batches, Tensor | np.ndarray):
            batches = as_tensor(batches, "images")
        self._last = batches[-1] if isinstance(batches, Tensor) and len(batches) else None
        self._places = _dealt(batches)
        self._count = len(self._places) if self._places is not None else count_in(batches)
        self._here = _number_of_batches(batches, batch_size)
        self._pairs = _pairs(batches, batch_size)
        self._group, self._skip, self._seen = group, 0, ""
        self._is_iterable = isinstance(getattr(batches, "dataset", source), IterableDataset)
        self._is_noted = False  # whether a checkpoint is to know which images were seen
        self._number()
        head = next(self._pairs, None)
        self._head = None if head is None else head[0]
        self._pairs = chain([head] if head is not None else [], self._pairs)
        self._refuse_one_share_for_all()

    def _number(self) -> None:
        """Where the images of this process lie among those of all: behind those of the processes before it."""
        self._offset, self._total, self.rounds = 0, self._count, self._here
        if self._group.size == 1:
            return
        known = self._places is not None or (self._count is not None and self._here is not None)
        counts = self._group.numbers(int(self._count or 0) if known else -1)
        if min(counts) < 0:
            raise HierfeatError(_UNKNOWN + (_OF_SHARDS if self._is_iterable else ""))
        self.rounds = max(self._group.numbers(self._here or 0))
        self._total = sum(counts)
        if self._places is None:
            self._offset = sum(counts[: self._group.rank])

    def _refuse_one_share_for_all(self) -> None:
        """Every process with the same images counts all of them several times."""
        if self._group.size == 1 or self._places is not None:
            return
        content = "" if self._head is None else sha256(as_tensor(self._head, "images"))
        said = self._group.texts(f"{self._count} {content}")
        if len(set(said)) == 1 and self._count and _varies(self._head):
            raise HierfeatError(
                f"expected a share of the images on each of {self._group.size} processes, got the same ones on all; "
                "give the data set itself, which is then dealt out, or images[rank::processes]"
            )

    def identity(self) -> dict[str, Any]:
        self._is_noted = True
        size = None if self._head is None else len(self._head)
        first = None if self._head is None else sha256(as_tensor(self._head, "images")[0])
        last = None if self._last is None else sha256(self._last)
        ends = self._group.texts(f"{size} {first}"), self._group.texts(f"{last}")
        about = {"data": f"{self._group.size} processes' own images", "number of images": self._total}
        if self._group.size == 1:
            return about | {"batch size": size, "first image": first, "last image": last}
        return about | {"first image": ends[0], "last image": ends[1]}

    def start(self, progress: Progress) -> None:
        if self._total is not None and progress.images > self._total:
            raise HierfeatError(
                f"the checkpoint has seen {progress.images} images, and there are only {self._total}: it is of other "
                "images; remove it, or name another"
            )
        self._skip = progress.position
        self._expected = None if progress.seen is None else progress.seen[self._group.rank]
        if self.rounds is not None:
            self.rounds -= min(self._skip, self.rounds)

    def position(self, rounds: int) -> int:
        return self._skip + rounds

    def seen(self) -> list[str]:
        return self._group.texts(self._seen)

    def parts(self) -> Iterator[Part]:
        number, place = 0, 0
        for number, (images, labels) in enumerate(self._pairs, start=1):
            tensor = as_tensor(images, "images")
            kept = len(tensor) if self._places is None else min(len(tensor), len(self._places) - place)
            indices = self._indices(place, kept)
            place += kept
            if kept and self._is_noted:
                self._seen = sha256(tensor[[0, kept - 1]], f"{self._seen} {kept}")
            if number == self._skip:
                self._check_seen()
            if number > self._skip and kept:
                yield Part(indices, tensor[:kept], None if labels is None else labels[:kept])
        if number < self._skip and self._expected != self._seen:
            self._check_seen()

    def _indices(self, place: int, kept: int) -> Tensor:
        if self._places is not None:
            return torch.tensor(self._places[place : place + kept], dtype=torch.int64)
        return torch.arange(place, place + kept) + self._offset

    def _check_seen(self) -> None:
        """Refuse to go on behind images that the checkpoint has not seen."""
        if self._expected is not None and self._expected != self._seen:
            raise HierfeatError(
                f"the checkpoint is of other images, or of batches of other sizes: its first {self._skip} batches "
                "are not those of this sweep; remove it, or name another"
            )


def _dealt(batches: Any) -> list[int] | None:
    """The places of the images that a ``DistributedSampler`` deals out to this process, without what it repeats."""
    sampler = getattr(batches, "sampler", None) if isinstance(batches, DataLoader) else None
    if not isinstance(sampler, DistributedSampler):
        return None
    length = len(sampler.dataset)  # type: ignore[arg-type]
    if sampler.drop_last and length % sampler.num_replicas:
        raise HierfeatError("expected a DistributedSampler that leaves no image out, got one with drop_last=True")
    if batches.drop_last:
        raise HierfeatError("expected a DataLoader that leaves no image out, got one with drop_last=True")
    places = list(sampler)
    order = range(sampler.rank, sampler.total_size, sampler.num_replicas)  # beyond `length` it begins again
    return [place for place, at in zip(places, order, strict=True) if at < length]


def _number_of_batches(batches: Any, batch_size: int) -> int | None:
    if isinstance(batches, Tensor):
        return ceil(len(batches) / batch_size)
    try:
        return len(batches) if isinstance(batches, Sized) else None
    except TypeError:  # a loader of an iterable data set has a length only if that has one
        return None


def _pairs(batches: Any, batch_size: int) -> Iterator[tuple[Any, Any]]:
    """Images and labels of each batch, whatever form the data have."""
    for batch in batches.split(batch_size) if isinstance(batches, Tensor) else batches:
        if isinstance(batch, list | tuple):
            yield batch[0], batch[1] if len(batch) > 1 else None
        else:
            yield batch, None


def _varies(images: Any) -> bool:
    tensor = as_tensor(images, "images")
    return bool((tensor != tensor.flatten()[0]).any())
