"""Augmentation of a whole batch by tensor operations, from torch's global random state."""

import torch
from torch import Tensor

from hierfeat.errors import HierfeatError
from hierfeat.stimuli.warps.distortions import distort
from hierfeat.stimuli.warps.shifts import shift_each
from hierfeat.zoo.training.recipe import Rearing, Recipe


def augment(images: Tensor, recipe: Recipe, epoch: int = 1) -> Tensor:
    """Return the batch as the recipe wants it seen: distorted, mirrored, shifted, reared, in this order."""
    if recipe.distortion is not None:
        images = distort(images, recipe.distortion)
    if recipe.flip:
        images = flip(images)
    if recipe.shift:
        images = shift(images, recipe.shift)
    return images if recipe.rearing is None else reared(images, recipe.rearing, epoch)


def reared(images: Tensor, rearing: Rearing, epoch: int) -> Tensor:
    """What a rearing shows of a batch.

    Raises
    ------
    HierfeatError
        If it is of another shape or type.
    """
    seen = rearing(images, epoch)
    if not isinstance(seen, Tensor) or seen.shape != images.shape or seen.dtype != images.dtype:
        got = f"{seen.dtype} {tuple(seen.shape)}" if isinstance(seen, Tensor) else type(seen).__name__
        raise HierfeatError(
            f"expected rearing(images, epoch) to return {images.dtype} {tuple(images.shape)}, got {got}"
        )
    return seen


def flip(images: Tensor) -> Tensor:
    """Mirror each image left to right with probability one half."""
    mirrored = torch.rand(len(images), 1, 1, 1).to(images.device) < 0.5
    return torch.where(mirrored, images.flip(3), images)


def shift(images: Tensor, most: int) -> Tensor:
    """Move each image by up to `most` pixels along rows and along columns; zeros enter."""
    rows, columns = torch.randint(2 * most + 1, (2, len(images))).to(images.device)
    return shift_each(images, most - rows, most - columns)
