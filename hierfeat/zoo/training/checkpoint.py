"""The state of a training: made from a recipe, saved after every epoch, and taken up again."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from hierfeat._files import write_with
from hierfeat.errors import HierfeatError
from hierfeat.zoo.training.recipe import Recipe
from hierfeat.zoo.training.subject import Subject


@dataclass
class State:
    """What a checkpoint holds. Random numbers need no place in it: each epoch's seed follows from the recipe's."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    rows: list[dict[str, float]]


def start(recipe: Recipe, subject: Subject, device: str) -> State:
    """Make model and optimiser anew; draws from, and seeds, torch's global random state."""
    torch.manual_seed(recipe.seed)
    try:
        model = subject.build().to(device)
    except (RuntimeError, AssertionError) as error:
        raise HierfeatError(f"expected a device that this torch has (cpu, cuda, mps); {device!r}: {error}") from error
    if recipe.precision == "bfloat16":
        model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if recipe.optimizer == "sgd":
        optimizer: torch.optim.Optimizer = torch.optim.SGD(
            model.parameters(), momentum=recipe.momentum, nesterov=True, weight_decay=recipe.weight_decay
        )
    else:
        betas = (recipe.momentum, 0.999)
        optimizer = torch.optim.AdamW(model.parameters(), betas=betas, weight_decay=recipe.weight_decay)
    return State(model, optimizer, [])


def resume(state: State, checkpoint: Path | None, asked: dict[str, Any]) -> None:
    """Go back to where the checkpoint was saved, if there is one, of the same recipe (what was `asked`)."""
    if checkpoint is None or not checkpoint.exists():
        return
    try:
        saved = torch.load(checkpoint, map_location="cpu", weights_only=True)
    except Exception as error:  # the unpickler fails in as many ways as bytes can be wrong
        raise HierfeatError(
            f"{checkpoint} is not a checkpoint of a training run: remove it, or choose another folder"
        ) from error
    if saved["recipe"] != asked:
        raise HierfeatError(f"{checkpoint} belongs to another recipe: remove it, or choose another folder")
    state.model.load_state_dict(saved["model"])
    state.optimizer.load_state_dict(saved["optimizer"])
    state.rows.extend(saved["rows"])


def save(state: State, checkpoint: Path | None, asked: dict[str, Any]) -> None:
    """Replace the checkpoint, whole or not at all."""
    if checkpoint is None:
        return
    saved = {
        "recipe": asked,
        "model": state.model.state_dict(),
        "optimizer": state.optimizer.state_dict(),
        "rows": state.rows,
    }
    write_with(checkpoint, lambda path: torch.save(saved, path))
