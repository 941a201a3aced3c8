"""A map-style data set in a sweep: dealt out to all processes, and decoded by workers."""

from collections.abc import Iterator, Sized
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from hierfeat.errors import HierfeatError
from hierfeat.recording._checkpoint import Progress
from hierfeat.recording._data import Data, Part, Skipped, sha256
from hierfeat.recording._distributed import Group
from hierfeat.subjects._sources import as_tensor

UNREADABLE = (OSError, ValueError, SyntaxError, EOFError)  # what decoders raise; a HierfeatError is a ValueError


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
        return f"cannot be read: {item.skipped[1]}" if isinstance(item, _Unreadable) else sha256(_image_of(item))

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
