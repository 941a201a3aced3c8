"""Images as people have them: tensors, arrays, lists, pictures, data sets and loaders, all made one tensor here.

Every public function takes them through this door, with labels where they come with the images.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, IterableDataset, RandomSampler, SequentialSampler

from hierfeat.errors import HierfeatError

Images = Any
"""A tensor or array (N, C, H, W); a list of images (C, H, W) or of PIL images; a StimulusSet; a Dataset of images or of
(image, label) pairs; a DataLoader or another iterable of batches, or of (images, labels) pairs of batches."""
Labels = Any
"""Whole numbers, one for each image: a tensor, an array or a list."""

Batch = tuple[Tensor, Tensor | None]
_SHARE = 0.5  # of the machine's memory that images may take


@dataclass(frozen=True)
class Collected:
    """Images in memory, the labels that came with them, how many there were, and which of them were drawn."""

    images: Tensor
    labels: Tensor | None
    count: int
    chosen: Tensor | None = None


def drawn_places(count: int, max_images: int | None, seed: int) -> Tensor | None:
    """Which images are drawn of `count`, without replacement, in their order; None for all of them.

    Examples
    --------
    >>> drawn_places(3, 5, 0), len(drawn_places(100, 5, 0))
    (None, 5)
    """
    if max_images is None or count <= max_images:
        return None
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed))[:max_images].sort().values


def collected(
    value: Images, where: str = "images", *, channels: int | None = None, max_images: int | None = None, seed: int = 0
) -> Collected:
    """One tensor of floats of whatever holds the images, at most `max_images` of them.

    Parameters
    ----------
    value
        See :data:`Images`.
    where
        What the images are called in messages.
    channels
        Of the network's input: PIL images become grey for 1, and RGB otherwise.
    max_images
        So many are drawn, with `seed`, if there are more; where places can be looked up, only these are loaded.
    seed
        Of the draw.

    Raises
    ------
    HierfeatError
        If there are no images in it, they differ in shape, are not floats, or do not fit into memory.
    """
    source = _source(value, where, channels)
    if source is None:
        images, labels = _joined(_limited(in_batches(value, where, channels=channels), where), where)
        source = _Source(len(images), _rows(images, labels))
    chosen = drawn_places(source.count, max_images, seed)
    wanted = range(source.count) if chosen is None else chosen.tolist()
    images, labels = source.take(wanted)
    return Collected(_floats(images, where), _classes(labels), source.count, chosen)


def default_batch(shape: Sequence[int]) -> int:
    """Images in a batch: 512 of the smallest, 256 small ones, fewer of large ones, so that they stay near 16 MB.

    Examples
    --------
    >>> default_batch((1, 28, 28)), default_batch((3, 224, 224))
    (512, 27)
    """
    size = int(np.prod(shape))
    return int(np.clip(2**22 // size, 8, 512 if size <= 32 * 32 else 256))


def as_images(value: Images, where: str = "images") -> Tensor:
    """The images alone, all of them; see :func:`collected`."""
    return collected(value, where).images


def in_batches(value: Images, where: str = "images", *, size: int = 64, channels: int | None = None) -> Iterator[Batch]:
    """The images batch by batch, with their labels if they have any; loaders keep the size of their own batches."""
    if isinstance(value, DataLoader) or (source := _source(value, where, channels)) is None:
        if not isinstance(value, Iterable) or isinstance(value, str | bytes | dict):
            raise HierfeatError(f"expected {where} as {_KINDS}, got {described(value)}")
        yield from (_batch(item, where, channels) for item in value)
        return
    for start in range(0, source.count, size):
        images, labels = source.take(range(start, min(start + size, source.count)))
        yield _floats(images, where), labels


def batches_in(value: Images, size: int) -> int | None:
    """How many batches :func:`in_batches` makes, where that is known before they are drawn."""
    if not isinstance(value, DataLoader) and (source := _source(value, "images", None)) is not None:
        return -(-source.count // size)
    try:
        return len(value)
    except TypeError:
        return None


def count_in(value: Images) -> int | None:
    """How many images there are, where that is known before they are drawn."""
    if isinstance(value, DataLoader):
        if isinstance(value.dataset, IterableDataset) or value.batch_size is None:
            return None
        sampler: Any = value.sampler
        if isinstance(sampler, RandomSampler) and sampler.replacement:
            return None
        return len(sampler) // value.batch_size * value.batch_size if value.drop_last else len(sampler)
    if (source := _source(value, "images", None)) is not None:
        return source.count
    if isinstance(value, list | tuple):
        return sum(len(batch[0]) if isinstance(batch, list | tuple) else len(batch) for batch in value)
    return None


def is_stimuli(value: Any) -> bool:
    """Whether it is a set of stimuli, which is drawn when asked for (a class of a room above this one)."""
    return callable(getattr(type(value), "as_tensor", None))


def parted(value: Any) -> tuple[Any, Any]:
    """Images and labels that are given as a pair; whatever else holds the images, and None."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        return value, None
    second = value[1]
    batch = _is_pair(second) and (isinstance(second[0], Image.Image) or _dims(second[0]) > 1)
    return (value, None) if batch else (value[0], value[1])


def described(value: Any) -> str:
    """What came, in words: its type, and what it holds if it holds anything."""
    shape = f" of shape {tuple(value.shape)}" if isinstance(value, np.ndarray | Tensor) else ""
    held = f" of {type(value[0]).__name__}" if isinstance(value, list | tuple) and value else ""
    text = f" {value!r}" if isinstance(value, str) and len(value) < 40 else ""
    return f"{type(value).__name__}{shape}{held}{text}"


_KINDS = "a tensor (N, C, H, W), a list of images, a Dataset or a DataLoader"


@dataclass(frozen=True)
class _Source:
    """Images that can be asked for by their places."""

    count: int
    take: Callable[[Sequence[int]], Batch]


def _source(value: Any, where: str, channels: int | None) -> _Source | None:
    """Where images can be looked up; None of what can only be gone through."""
    if is_stimuli(value):
        return _Source(len(value), lambda places: (_drawn(value, places), None))
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


def _of_list(value: Sequence[Any], where: str, channels: int | None) -> _Source | None:
    if not value:
        raise HierfeatError(f"expected at least one image in {where}, got an empty {type(value).__name__}")
    if len(value) == 2 and _dims(value[0]) == 4 and _dims(value[1]) == 1:
        return _of_rows(as_tensor(value[0], where), _as_tensor(value[1]))
    first = value[0][0] if _is_pair(value[0]) else value[0]
    if _dims(first) == 4:
        return None  # batches
    if not isinstance(first, Tensor | np.ndarray | Image.Image):
        raise HierfeatError(f"expected {where} as {_KINDS}, got {described(value)}")
    return _of_items(value, len(value), where, channels)


def _of_rows(images: Tensor, labels: Tensor | None) -> _Source:
    return _Source(len(images) if images.ndim else 0, _rows(images, labels))


def _rows(images: Tensor, labels: Tensor | None) -> Callable[[Sequence[int]], Batch]:
    def take(places: Sequence[int]) -> Batch:
        if len(places) == (len(images) if images.ndim else 0):
            return images, labels
        rows = slice(places[0], places[-1] + 1) if isinstance(places, range) else torch.as_tensor(places)
        own = rows if isinstance(rows, slice) else rows.to(images.device)
        return images[own], None if labels is None else labels[rows]

    return take


def _of_items(items: Any, count: int, where: str, channels: int | None) -> _Source:
    def take(places: Sequence[int]) -> Batch:
        parts = (_batch(items[place], where, channels, single=True) for place in places)
        return _joined(_limited(parts, where, len(places)), where)

    return _Source(count, take)


def _of_loader(loader: "DataLoader[Any]", where: str, channels: int | None) -> _Source | None:
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
        found = (_batch(batch, where, channels) for batch in batches)
        return _joined(_limited(found, where, len(places)), where)

    return _Source(count, take)


def _batch(item: Any, where: str, channels: int | None, *, single: bool = False) -> Batch:
    """A batch, or one image, with labels if it comes with them."""
    labels = None
    if _is_pair(item):
        item, labels = item[0], item[1] if len(item) > 1 else None
    images = as_tensor(item, where, channels)
    if single or images.ndim == 3:
        return images[None], None if labels is None else _one(labels)
    return images, None if labels is None else _as_tensor(labels)


def _is_pair(item: Any) -> bool:
    """Whether an item holds an image or a batch and, perhaps, what belongs to it."""
    return isinstance(item, list | tuple) and len(item) > 0 and isinstance(item[0], Tensor | np.ndarray | Image.Image)


def _dims(value: Any) -> int:
    return value.ndim if isinstance(value, Tensor | np.ndarray) else -1


def as_tensor(value: Any, where: str, channels: int | None = None) -> Tensor:
    """An image, or several, as a tensor; pictures become grey for a network of one channel."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, Image.Image):
        from hierfeat._torchvision import transforms

        found: Tensor = transforms.functional.to_tensor(value.convert("L" if channels == 1 else "RGB"))
        return found
    try:
        return torch.as_tensor(np.ascontiguousarray(value) if isinstance(value, np.ndarray) else None)
    except (TypeError, RuntimeError):  # an array of objects or of text
        raise HierfeatError(f"expected {where} as {_KINDS}, got {described(value)}") from None


def _floats(images: Tensor, where: str) -> Tensor:
    if images.is_floating_point():
        return images
    hint = "; divide by 255" if images.dtype == torch.uint8 else ""
    raise HierfeatError(f"expected {where} as floats in [0, 1], got {images.dtype}{hint}")


def _as_tensor(labels: Any) -> Tensor | None:
    """What belongs to the images of a batch; None if it is not an array of numbers."""
    try:
        return labels if isinstance(labels, Tensor) else torch.as_tensor(np.asarray(labels))
    except (TypeError, ValueError, RuntimeError):
        return None


def _one(label: Any) -> Tensor | None:
    found = _as_tensor(label)
    return None if found is None else found[None]


def _classes(labels: Tensor | None) -> Tensor | None:
    """Labels as whole numbers; None of what names no class (boxes, amounts)."""
    if labels is None or labels.is_floating_point() or labels.is_complex() or labels.ndim != 1:
        return None
    return labels.cpu().long()


def _joined(parts: Iterable[Batch], where: str) -> Batch:
    pairs = list(parts)
    if not pairs:
        raise HierfeatError(f"expected at least one image in {where}, got none")
    try:
        images = torch.cat([images for images, _ in pairs]) if len(pairs) > 1 else pairs[0][0]
    except (RuntimeError, TypeError) as error:
        raise HierfeatError(f"expected {where} of one shape, got several: {error}; resize or crop them") from error
    labels = [labels for _, labels in pairs if labels is not None]
    return images, torch.cat(labels) if len(labels) == len(pairs) else None


def _limited(parts: Iterable[Batch], where: str, count: int | None = None) -> Iterator[Batch]:
    """The parts, as long as they fit into memory; where `count` images are to come, that is known from the first."""
    limit, have, seen = memory(), 0, 0
    parts = iter(parts)
    for images, labels in chain(parts):
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
