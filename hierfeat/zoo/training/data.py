"""The images that a recipe trains on and is measured on."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hierfeat.errors import HierfeatError
from hierfeat.stimuli.datasets import LOADERS
from hierfeat.zoo import Species
from hierfeat.zoo.neocognitron.glyphs import glyphs
from hierfeat.zoo.training.recipe import NeocognitronRecipe, Recipe

Data = dict[str, tuple[Tensor, Tensor]]


def data_of(recipe: Recipe | NeocognitronRecipe, species: Species, root: str | Path | None, device: str) -> Data:
    """Images and labels by the name of the split: what is trained on, ``test``, and ``validation`` if it is left.

    Raises
    ------
    HierfeatError
        If they are not of the shape that the model takes, or there are none of the recipe's classes.
    """
    parts = {recipe.split, "test"} | ({"validation"} if recipe.split == "train" else set())
    return {part: _loaded(recipe, part, species, root, device) for part in parts}


def _loaded(
    recipe: Recipe | NeocognitronRecipe, split: str, species: Species, root: str | Path | None, device: str
) -> tuple[Tensor, Tensor]:
    name = recipe.data
    if name == "glyphs":  # five, and no other to be measured on
        return glyphs()
    options: dict[str, Any] = {} if name == "cifar10" else {"size": species.input_shape[1]}
    if name != "digits":
        options["root"] = root
    images, labels = LOADERS[name](split, **options)
    if tuple(images.shape[1:]) != species.input_shape:
        found = f"{species.input_shape}; those of {name} are {tuple(images.shape[1:])}"
        raise HierfeatError(f"expected images of the shape that the model takes, {found}")
    classes = recipe.classes if isinstance(recipe, Recipe) else None
    if classes is not None:
        chosen = torch.isin(labels, torch.tensor(classes))
        if not chosen.any():
            raise HierfeatError(f"expected classes of {name} from 0 to {int(labels.max())}, got {classes}")
        images, labels = images[chosen], labels[chosen]
    return images.to(device), labels.to(device)
