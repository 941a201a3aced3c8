"""Images as people have them: tensors, arrays, lists, pictures, data sets and loaders, all made one tensor here.

Every public function takes them through this door, with labels where they come with the images.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, RandomSampler

from hierfeat.errors import HierfeatError
from hierfeat.subjects._sources import (
    KINDS,
    Batch,
    Source,
    described,
    dims,
    is_pair,
    joined,
    limited,
    one_batch,
    rows_of,
    source_of,
)

Images = Any
"""A tensor or array (N, C, H, W); a list of images (C, H, W) or of PIL images; a StimulusSet; a Dataset of images or of
(image, label) pairs; a DataLoader or another iterable of batches, or of (images, labels) pairs of batches."""
Labels = Any
"""Whole numbers, one for each image: a tensor, an array or a list."""


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
    source = source_of(value, where, channels)
    if source is None:
        images, labels = joined(limited(in_batches(value, where, channels=channels), where), where)
        source = Source(len(images), rows_of(images, labels))
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
    size = prod(shape)
    return min(max(2**22 // size, 8), 512 if size <= 32 * 32 else 256)


def as_images(value: Images, where: str = "images") -> Tensor:
    """The images alone, all of them; see :func:`collected`."""
    return collected(value, where).images


def looked_up(value: Images, places: Sequence[int], count: int) -> Tensor:
    """The images at some places, of so many, in whatever holds them."""
    source = source_of(value, "images", None)
    if source is None:
        raise HierfeatError("expected images that can be looked up: no generator, no stream, no loader that shuffles")
    if source.count != count:
        raise HierfeatError(
            f"expected the {count} images that were evaluated, got {source.count}: of images that were drawn by "
            "max_images, or whose label was unknown, pass to both only those that count"
        )
    return source.take(places)[0]


def in_batches(value: Images, where: str = "images", *, size: int = 64, channels: int | None = None) -> Iterator[Batch]:
    """The images batch by batch, with their labels if they have any; loaders keep the size of their own batches."""
    if isinstance(value, DataLoader) or (source := source_of(value, where, channels)) is None:
        if not isinstance(value, Iterable) or isinstance(value, str | bytes | dict):
            raise HierfeatError(f"expected {where} as {KINDS}, got {described(value)}")
        yield from (one_batch(item, where, channels) for item in value)
        return
    for start in range(0, source.count, size):
        images, labels = source.take(range(start, min(start + size, source.count)))
        yield _floats(images, where), labels


def batches_in(value: Images, size: int) -> int | None:
    """How many batches :func:`in_batches` makes, where that is known before they are drawn."""
    if not isinstance(value, DataLoader) and (source := source_of(value, "images", None)) is not None:
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
    if (source := source_of(value, "images", None)) is not None:
        return source.count
    if isinstance(value, list | tuple):
        return sum(len(batch[0]) if isinstance(batch, list | tuple) else len(batch) for batch in value)
    return None


def parted(value: Any) -> tuple[Any, Any]:
    """Images and labels that are given as a pair; whatever else holds the images, and None."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        return value, None
    second = value[1]
    batch = is_pair(second) and (isinstance(second[0], Image.Image) or dims(second[0]) > 1)
    return (value, None) if batch else (value[0], value[1])


def _floats(images: Tensor, where: str) -> Tensor:
    if images.is_floating_point():
        return images
    hint = "; divide by 255" if images.dtype == torch.uint8 else ""
    raise HierfeatError(f"expected {where} as floats in [0, 1], got {images.dtype}{hint}")


def _classes(labels: Tensor | None) -> Tensor | None:
    """Labels as whole numbers; None of what names no class (boxes, amounts)."""
    if labels is None or labels.is_floating_point() or labels.is_complex() or labels.ndim != 1:
        return None
    return labels.cpu().long()
