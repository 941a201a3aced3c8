"""What a training begins with: a model of the zoo, or a network of the user's, and what of it stays as it is."""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from hierfeat.errors import HierfeatError
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_table import Layers
from hierfeat.zoo import ZOO, Species
from hierfeat.zoo._twin import copied


@dataclass(frozen=True)
class Subject:
    """What is trained.

    Attributes
    ----------
    species : Species
        How the model is made, and what it takes.
    frozen : tuple of str
        Modules that are not trained.
    about : dict
        What to write down beside the recipe: where it started from, and what is frozen.
    """

    species: Species
    frozen: tuple[str, ...] = ()
    about: dict[str, Any] = field(default_factory=dict)

    def build(self) -> nn.Module:
        """Make the model, and freeze what stays."""
        model = self.species.build()
        for name in self.frozen:
            model.get_submodule(name).requires_grad_(False)
        return model

    def to_training_mode(self, model: nn.Module) -> None:
        """All but the frozen modules: their running statistics stay, and their dropout is off."""
        model.train()
        for name in self.frozen:
            model.get_submodule(name).eval()


def subject_of(name: str, start: Hierarchy | None, freeze: Layers) -> Subject:
    """The model `name` of the zoo, or a copy of `start`, some of whose layers stay as they are.

    Raises
    ------
    HierfeatError
        If `start` is no hierarchy, an item of `freeze` matches no layer, nothing is left to train, or what is frozen
        has no weights.
    """
    if start is not None and not isinstance(start, Hierarchy):
        raise HierfeatError(f"expected start as a Hierarchy to begin with, got {type(start).__name__}")
    species = ZOO[name] if start is None else _species(start)
    about: dict[str, Any] = {} if start is None else {"start": {"model": start.name, "sha256": start.weights_sha256}}
    if not isinstance(freeze, str) and not list(freeze):
        return Subject(species, (), about)
    layers = _as_hierarchy(species, name).layers.select(freeze) if start is None else start.layers.select(freeze)
    model = species.build() if start is None else start.model
    modules = dict(model.named_modules())
    paths = dict.fromkeys(layer.name.partition("#")[0] for layer in layers)
    frozen = tuple(path for path in paths if path in modules and path)
    held = {id(p) for path in frozen for p in modules[path].parameters()}
    if not held or held >= {id(p) for p in model.parameters()}:
        what = "no layer that has weights" if not held else "every layer that has weights: nothing is left to train"
        raise HierfeatError(f"expected freeze to name some layers of {name} with weights, not all; it names {what}")
    return Subject(species, frozen, about | {"freeze": list(frozen)})


def _species(start: Hierarchy) -> Species:
    """Makes copies of a network; of its classes only the names are known."""
    channels = start.input_shape[0]
    mean, std = start.mean or (0.0,) * channels, start.std or (1.0,) * channels
    return Species(lambda: copied(start), start.input_shape, mean, std, start.classes or (), f"begun with {start.name}")


def _as_hierarchy(species: Species, name: str) -> Hierarchy:
    with torch.random.fork_rng(devices=[]):
        return Hierarchy(species.build(), species.input_shape, name=name)
