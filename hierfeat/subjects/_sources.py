"""Where the images are that users pass: in memory, in a list, a data set or a loader, each asked for by places."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, IterableDataset, SequentialSampler

from hierfeat.errors import HierfeatError

Batch = tuple[Tensor, Tensor | None]
KINDS = "a tensor (N, C, H, W), a list of images ([image] for one), a Dataset or a DataLoader"
_SHARE = 0.5  # of the machine's memory that images may take


@dataclass(frozen=True)
class Source:
    """Images that can be asked for by their places."""

    count: int
    take: Callable[[Sequence[int]], Batch]


def source_of(value: Any, where: str, channels: int | None) -> Source | None:
    """Where images can be looked up; None of what can only be gone through."""
    if is_stimuli(value):
        return Source(len(value), lambda places: (_drawn(value, places), None))
    if isinstance(value, Tensor | np.ndarray):
        return _of_rows(as_tensor(value, where), None)
    if isinstance(value, list | tuple):
        return _of_list(value, where, channels)
    if isinstance(value, DataLoader):
        return _of_loader(value, where, channels)
    if isinstance(value, Dataset) and not isinstance(value, IterableDataset) and hasattr(value, "__len__"):
        return _of_items(value, len(value), where, channels)
    return None


def _drawn(stimuli: Any, places: Sequence[int]) -> Tensor:
    found: Tensor = stimuli.as_tensor() if len(places) == len(stimuli) else stimuli[list(places)]
    return found


def _of_list(value: Sequence[Any], where: str, channels: int | None) -> Source | None:
    if not value:
        raise HierfeatError(f"expected at least one image in {where}, got an empty {type(value).__name__}")
    if len(value) == 2 and dims(value[0]) == 4 and dims(value[1]) == 1:
        return _of_rows(as_tensor(value[0], where), _as_tensor(value[1]))
    first = value[0][0] if is_pair(value[0]) else value[0]
    if dims(first) == 4:
        return None  # batches
    if not isinstance(first, Tensor | np.ndarray | Image.Image):
        raise HierfeatError(f"expected {where} as {KINDS}, got {described(value)}")
    return _of_items(value, len(value), where, channels)


def _of_rows(images: Tensor, labels: Tensor | None) -> Source:
    return Source(len(images) if images.ndim else 0, rows_of(images, labels))


def rows_of(images: Tensor, labels: Tensor | None) -> Callable[[Sequence[int]], Batch]:
    def take(places: Sequence[int]) -> Batch:
        if len(places) == (len(images) if images.ndim else 0):
            return images, labels
        rows = slice(places[0], places[-1] + 1) if isinstance(places, range) else torch.as_tensor(places)
        own = rows if isinstance(rows, slice) else rows.to(images.device)
        return images[own], None if labels is None else labels[rows]

    return take


def _of_items(items: Any, count: int, where: str, channels: int | None) -> Source:
    def take(places: Sequence[int]) -> Batch:
        parts = (one_batch(items[place], where, channels, single=True) for place in places)
        return joined(limited(parts, where, len(places)), where)

    return Source(count, take)


def _of_loader(loader: "DataLoader[Any]", where: str, channels: int | None) -> Source | None:
    """A loader that goes through its data set in order: by the places in it, or in full as it is."""
    if not isinstance(loader.sampler, SequentialSampler) or loader.batch_size is None:
        return None
    items: Any = loader.dataset
    size = loader.batch_size
    count = len(items) // size * size if loader.drop_last else len(items)

    def take(places: Sequence[int]) -> Batch:
        if len(places) == count:
            batches: Iterable[Any] = loader
        else:
            parts = (places[start : start + size] for start in range(0, len(places), size))
            batches = (loader.collate_fn([items[place] for place in part]) for part in parts)
        found = (one_batch(batch, where, channels) for batch in batches)
        return joined(limited(found, where, len(places)), where)

    return Source(count, take)


def one_batch(item: Any, where: str, channels: int | None, *, single: bool = False) -> Batch:
    """A batch, or one image, with labels if it comes with them."""
    labels = None
    if is_pair(item):
        item, labels = item[0], item[1] if len(item) > 1 else None
    images = as_tensor(item, where, channels)
    if single or images.ndim == 3:
        return images[None], None if labels is None else _one(labels)
    return images, None if labels is None else _as_tensor(labels)


def is_pair(item: Any) -> bool:
    """Whether an item holds an image or a batch and, perhaps, what belongs to it."""
    return isinstance(item, list | tuple) and len(item) > 0 and isinstance(item[0], Tensor | np.ndarray | Image.Image)


def dims(value: Any) -> int:
    return value.ndim if isinstance(value, Tensor | np.ndarray) else -1


def as_tensor(value: Any, where: str, channels: int | None = None) -> Tensor:
    """An image, or several, as a tensor; pictures become grey for a network of one channel."""
    if isinstance(value, Tensor):
        if value.is_nested or value.layout != torch.strided:
            kind = "a nested one" if value.is_nested else f"one of {value.layout}"
            raise HierfeatError(f"expected {where} as a dense tensor, got {kind}; use .to_dense(), or torch.stack")
        return value
    if isinstance(value, Image.Image):
        from hierfeat._torchvision import transforms

        found: Tensor = transforms.functional.to_tensor(value.convert("L" if channels == 1 else "RGB"))
        return found
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise HierfeatError(f"expected {where} without masked values, of which a network knows nothing; use .filled(0)")
    try:
        return torch.as_tensor(native(value) if isinstance(value, np.ndarray) else None)
    except (TypeError, RuntimeError):  # an array of objects or of text
        raise HierfeatError(f"expected {where} as {KINDS}, got {described(value)}") from None


def native(array: np.ndarray) -> np.ndarray:
    """The array as torch takes it: in one piece, in the byte order of the machine (files have others), 64 bits at most.

    Examples
    --------
    >>> native(np.array([1, 2], ">i4")).dtype == np.int32
    True
    """
    wider = {"f": np.float64, "c": np.complex128}.get(array.dtype.kind) if array.dtype.itemsize > 8 else None
    return array.astype(wider or array.dtype.newbyteorder("="), order="C", copy=False)


def _as_tensor(labels: Any) -> Tensor | None:
    """What belongs to the images of a batch; None if it is not an array of numbers."""
    try:
        return labels if isinstance(labels, Tensor) else torch.as_tensor(native(np.asarray(labels)))
    except (TypeError, ValueError, RuntimeError):
        return None


def _one(label: Any) -> Tensor | None:
    found = _as_tensor(label)
    return None if found is None else found[None]


def joined(parts: Iterable[Batch], where: str) -> Batch:
    pairs = list(parts)
    if not pairs:
        raise HierfeatError(f"expected at least one image in {where}, got none")
    try:
        images = torch.cat([images for images, _ in pairs]) if len(pairs) > 1 else pairs[0][0]
    except (RuntimeError, TypeError) as error:
        raise HierfeatError(f"expected {where} of one shape, got several: {error}; resize or crop them") from error
    labels = [labels for _, labels in pairs if labels is not None]
    return images, torch.cat(labels) if len(labels) == len(pairs) else None


def limited(parts: Iterable[Batch], where: str, count: int | None = None) -> Iterator[Batch]:
    """The parts, as long as they fit into memory; where `count` images are to come, that is known from the first."""
    limit, have, seen = memory(), 0, 0
    for images, labels in parts:
        have += images.numel() * images.element_size()
        seen += len(images)
        whole = have if count is None or not seen else have // seen * max(count, seen)
        if whole > limit:
            many = f"{count:,}" if count is not None else f"more than {seen:,}"
            shape = " x ".join(map(str, images.shape[1:]))
            raise HierfeatError(
                f"expected {where} that fit into memory, got {many} of {shape}: {whole / 2**30:.1f} GiB, of "
                f"{limit / 2**30:.1f} GiB at hand; draw some with max_images= and seed=, or use hf.sweep, which holds "
                "one batch at a time"
            )
        yield images, labels


def memory() -> int:
    """Bytes that images may take: half of the machine's memory."""
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not a POSIX machine
        whole = 2**34
    return int(_SHARE * whole)


def is_stimuli(value: Any) -> bool:
    """Whether it is a set of stimuli, which is drawn when asked for (a class of a room above this one)."""
    return callable(getattr(type(value), "as_tensor", None))


def described(value: Any) -> str:
    """What came, in words: its type, and what it holds if it holds anything."""
    shape = f" of shape {tuple(value.shape)}" if isinstance(value, np.ndarray | Tensor) else ""
    held = f" of {type(value[0]).__name__}" if isinstance(value, list | tuple) and value else ""
    text = f" {value!r}" if isinstance(value, str) and len(value) < 40 else ""
    return f"{type(value).__name__}{shape}{held}{text}"
