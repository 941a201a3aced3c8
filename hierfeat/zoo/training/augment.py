"""Augmentation of a whole batch by tensor operations, from torch's global random state."""

import torch
import torch.nn.functional as F
from torch import Tensor

from hierfeat.stimuli.warps.distortions import distort
from hierfeat.zoo.training.recipe import Recipe


def augment(images: Tensor, recipe: Recipe) -> Tensor:
    """Return the batch as the recipe wants it seen: distorted, mirrored, shifted, in this order."""
    if recipe.distortion is not None:
        images = distort(images, recipe.distortion)
    if recipe.flip:
        images = flip(images)
    if recipe.shift:
        images = shift(images, recipe.shift)
    return images


def flip(images: Tensor) -> Tensor:
    """Mirror each image left to right with probability one half."""
    mirrored = torch.rand(len(images), 1, 1, 1).to(images.device) < 0.5
    return torch.where(mirrored, images.flip(3), images)


def shift(images: Tensor, most: int) -> Tensor:
    """Move each image by up to `most` pixels along rows and along columns; zeros enter."""
    count, _, height, width = images.shape
    rows, columns = torch.randint(2 * most + 1, (2, count)).to(images.device)
    windows = F.pad(images, (most,) * 4).unfold(2, height, 1).unfold(3, width, 1)
    return windows[torch.arange(count, device=images.device), :, rows, columns]
