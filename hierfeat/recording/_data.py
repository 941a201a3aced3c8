"""What a sweep is shown: batches that know the places of their images in the data, and where a restart goes on.

Either all processes are given one map-style data set (:class:`DataSet`), whose batches are dealt out to them in turn:
the same batches however many processes there are. Or each brings images of its own (:class:`Own`).
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sized
from dataclasses import dataclass, field
from itertools import chain
from math import ceil
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, DistributedSampler, IterableDataset, RandomSampler

from hierfeat.errors import HierfeatError
from hierfeat.recording._checkpoint import Progress
from hierfeat.recording._distributed import Group
from hierfeat.subjects.own_data import Images, as_tensor, in_batches

UNREADABLE = (OSError, ValueError, SyntaxError, EOFError)  # what decoders raise; a HierfeatError is a ValueError
Skipped = list[Any]  # index, name, reason


@dataclass
class Part:
    """One batch."""

    indices: Tensor
    images: Tensor | None  # None where none of them could be read
    labels: Tensor | None = None
    skipped: list[Skipped] = field(default_factory=list)


class Data(ABC):
    """The data of one sweep, as one of its processes sees them.

    Attributes
    ----------
    rounds
        Batches that are left, of the process that has most of them; None if not known.
    """

    rounds: int | None

    @abstractmethod
    def identity(self) -> dict[str, Any]:
        """What a checkpoint notes of the data; None for what is not known. The same on all processes."""

    @abstractmethod
    def start(self, progress: Progress) -> None:
        """Expect to be asked for what comes after `progress`.

        Raises
        ------
        HierfeatError
            If that was made of other data.
        """

    @abstractmethod
    def parts(self) -> Iterator[Part]:
        """The batches of this process that are left."""

    @abstractmethod
    def position(self, rounds: int) -> int:
        """Where in the data the sweep is when every process has seen so many batches more."""

    @abstractmethod
    def seen(self) -> list[str] | None:
        """A digest of what was seen for each process that brings its own; else None. A collective."""


def data_of(images: Images, batch_size: int, workers: int, group: Group, *, channels: int) -> Data:
    """The data in `images`, of whatever kind. A collective."""
    if isinstance(images, Dataset) and not isinstance(images, IterableDataset):
        return DataSet(images, batch_size, workers, group, channels)
    if isinstance(images, Tensor | np.ndarray | DataLoader):
        return Own(images, batch_size, group)
    batches = in_batches(images, size=batch_size, channels=channels)
    known = isinstance(images, list | tuple) and group.size > 1  # of several processes each must know how many it has
    return Own(list(batches) if known else batches, batch_size, group)


class DataSet(Data):
    """A map-style data set: batch b goes to process b modulo their number, decoded by `workers`.

    An image that cannot be read is left out of its batch, and noted.
    """

    def __init__(self, dataset: Dataset[Any], batch_size: int, workers: int, group: Group, channels: int) -> None:
        if not isinstance(dataset, Sized):
            raise HierfeatError(f"expected a data set of known length, got {type(dataset).__name__} without __len__")
        self._readable = _Readable(dataset, channels)
        self._count, self._batch_size, self._workers, self._group = len(dataset), batch_size, workers, group
        self._all = ceil(self._count / batch_size)
        self._first = 0
        if len(set(group.numbers(self._count))) > 1:
            raise HierfeatError("expected the same data set on every process, got some of different lengths")
        self._expect()

    def _expect(self) -> None:
        self.rounds = ceil((self._all - self._first) / self._group.size)

    def _mine(self) -> range:
        return range(self._first + self._group.rank, self._all, self._group.size)

    def identity(self) -> dict[str, Any]:
        ends = [self._digest(place) for place in (0, self._count - 1)] if self._count else [None, None]
        about = {"data": "a data set", "number of images": self._count, "batch size": self._batch_size}
        return about | {"first image": ends[0], "last image": ends[1]}

    def _digest(self, place: int) -> str:
        item = self._readable[place]
        return f"cannot be read: {item.skipped[1]}" if isinstance(item, _Unreadable) else _sha256(_image_of(item))

    def start(self, progress: Progress) -> None:
        self._first = progress.position
        self._expect()

    def position(self, rounds: int) -> int:
        return min(self._first + rounds * self._group.size, self._all)

    def seen(self) -> None:
        return None

    def parts(self) -> Iterator[Part]:
        loader: DataLoader[Any] = DataLoader(
            self._readable,
            batch_sampler=_Runs(self._mine(), self._batch_size, self._count),
            num_workers=self._workers,
            collate_fn=_together,
            generator=torch.Generator(),  # the loader draws a seed, which should not be the user's
        )
        yield from loader


class _Runs:
    """The indices of each of some batches of neighbours."""

    def __init__(self, batches: range, batch_size: int, count: int) -> None:
        self._batches, self._size, self._count = batches, batch_size, count

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[list[int]]:
        for number in self._batches:
            yield list(range(number * self._size, min((number + 1) * self._size, self._count)))


@dataclass
class _Unreadable:
    skipped: Skipped


class _Readable(Dataset[Any]):
    """A data set whose images, where they cannot be read, say so instead of raising an error."""

    def __init__(self, dataset: Any, channels: int) -> None:
        self._dataset, self._channels = dataset, channels

    def __len__(self) -> int:
        return len(self._dataset)

    def __getitem__(self, index: int) -> Any:
        try:
            value = self._dataset[index]
            image, *rest = value if isinstance(value, tuple | list) else [value]
            return index, (as_tensor(image, "images", self._channels), *rest)
        except UNREADABLE as error:
            return _Unreadable([index, self._name(index), f"{type(error).__name__}: {error}"])

    def _name(self, index: int) -> str:
        """The path of an image: data sets of files keep them in ``path(index)``, ``samples`` or ``imgs``."""
        path = getattr(self._dataset, "path", None)
        if callable(path):
            return str(path(index))
        items = getattr(self._dataset, "samples", None) or getattr(self._dataset, "imgs", None)
        if items is not None:
            return str(items[index][0] if isinstance(items[index], tuple | list) else items[index])
        return f"image {index}"


def _image_of(item: tuple[int, tuple[Any, ...]]) -> Tensor:
    image: Tensor = item[1][0]
    return image


def _together(items: list[Any]) -> Part:
    """One batch of a data set's items: images, or tuples of which they are the first and labels the second."""
    skipped = [item.skipped for item in items if isinstance(item, _Unreadable)]
    read = [item for item in items if not isinstance(item, _Unreadable)]
    indices = torch.tensor([index for index, _ in read], dtype=torch.int64)
    if not read:
        return Part(indices, None, None, skipped)
    try:
        images = torch.stack([_image_of(item) for item in read])
    except (TypeError, ValueError, RuntimeError) as error:
        raise HierfeatError(
            f"expected images of the data set as tensors of one shape, got image {read[0][0]} and its neighbours, "
            f"which cannot be stacked ({error}); give it a transform that makes such"
        ) from error
    labelled = all(len(value) > 1 for _, value in read)
    labels = [value[1] for _, value in read] if labelled else []
    plain = labelled and all(isinstance(label, int | Tensor | np.integer) for label in labels)
    return Part(indices, images, torch.as_tensor(labels) if plain else None, skipped)


class Own(Data):
    """Images that a process brings itself: a tensor, a list of batches, a loader, a generator."""

    def __init__(self, batches: Any, batch_size: int, group: Group) -> None:
        if isinstance(batches, np.ndarray):
            batches = as_tensor(batches, "images")
        self._last = batches[-1] if isinstance(batches, Tensor) and len(batches) else None
        self._places = _dealt(batches)
        self._count = len(self._places) if self._places is not None else _length(batches)
        self._here = _number_of_batches(batches, batch_size)
        self._pairs = _pairs(batches, batch_size)
        self._group, self._skip, self._seen = group, 0, ""
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
            raise HierfeatError(
                "expected, in several processes, images whose number is known: a tensor, a list of batches, a "
                "DataLoader of a map-style data set, or best the data set itself, which is then dealt out to all"
            )
        self.rounds = max(self._group.numbers(self._here or 0))
        self._total = sum(counts)
        if self._places is None:
            self._offset = sum(counts[: self._group.rank])

    def _refuse_one_share_for_all(self) -> None:
        """Every process with the same images counts all of them several times."""
        if self._group.size == 1 or self._places is not None:
            return
        content = "" if self._head is None else _sha256(torch.as_tensor(self._head))
        said = self._group.texts(f"{self._count} {content}")
        if len(set(said)) == 1 and self._count and _varies(self._head):
            raise HierfeatError(
                f"expected a share of the images on each of {self._group.size} processes, got the same ones on all; "
                "give the data set itself, which is then dealt out, or images[rank::processes]"
            )

    def identity(self) -> dict[str, Any]:
        size = None if self._head is None else len(self._head)
        first = None if self._head is None else _sha256(torch.as_tensor(self._head[0]))
        last = None if self._last is None else _sha256(self._last)
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
            tensor = torch.as_tensor(images)
            kept = len(tensor) if self._places is None else min(len(tensor), len(self._places) - place)
            indices = self._indices(place, kept)
            place += kept
            if kept:
                self._seen = _sha256(tensor[[0, kept - 1]], f"{self._seen} {kept}")
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


def _length(batches: Any) -> int | None:
    """How many images there are, where that can be known before they are drawn."""
    if isinstance(batches, Tensor):
        return len(batches)
    if isinstance(batches, DataLoader):
        if isinstance(batches.dataset, IterableDataset) or batches.batch_size is None:
            return None
        sampler = batches.sampler
        if isinstance(sampler, RandomSampler) and sampler.replacement:
            return None
        count = len(sampler)  # type: ignore[arg-type]
        return count // batches.batch_size * batches.batch_size if batches.drop_last else count
    if isinstance(batches, list | tuple):
        return sum(len(batch[0]) if isinstance(batch, list | tuple) else len(batch) for batch in batches)
    return None


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
    tensor = torch.as_tensor(images)
    return bool((tensor != tensor.flatten()[0]).any())


def _sha256(tensor: Tensor, before: str = "") -> str:
    digest = hashlib.sha256(f"{before} {tensor.dtype} {tuple(tensor.shape)}".encode())
    digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()
