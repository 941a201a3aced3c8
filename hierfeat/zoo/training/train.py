"""The trainer: one function, one loop, and a checkpoint after every epoch."""

import time
from collections.abc import Callable
from math import cos, isnan, pi
from pathlib import Path
from typing import Any

import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hierfeat._progress import bar
from hierfeat._values import file_path, folder_to_write
from hierfeat.errors import HierfeatError
from hierfeat.stimuli.datasets import LOADERS
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_table import Layers
from hierfeat.subjects.precision import device as checked_device
from hierfeat.zoo import ZOO, Species
from hierfeat.zoo.training.augment import augment
from hierfeat.zoo.training.checkpoint import State, resume, save
from hierfeat.zoo.training.checkpoint import start as begin
from hierfeat.zoo.training.data import data_of
from hierfeat.zoo.training.files import write
from hierfeat.zoo.training.recipe import NeocognitronRecipe, Recipe
from hierfeat.zoo.training.recipes import NEOCOGNITRONS, find_recipe
from hierfeat.zoo.training.subject import Subject, subject_of
from hierfeat.zoo.training.training import Training


@checked(out=folder_to_write, device=checked_device, root=file_path)
def train(
    recipe: Recipe | NeocognitronRecipe | str,
    *,
    start: Hierarchy | None = None,
    freeze: Layers = (),
    out: str | Path | None = None,
    device: str | torch.device = "cpu",
    root: str | Path | None = None,
    progress: bool = True,
) -> Training:
    """Train a model of the zoo by its recipe, reproducibly.

    Parameters
    ----------
    recipe
        A recipe, or the name of one of :func:`find_recipe`.
    start
        A network to begin with, of any architecture: a copy of it is trained, and it is not touched. For transfer, take
        ``hf.untrained(net)`` and load into its ``model`` the weights of the layers that are carried over. By default
        the recipe's model, freshly initialised.
    freeze
        Layers (names, glob patterns or kinds) that are not trained: their weights and running statistics stay bit for
        bit as they are.
    out
        Folder for the weights (``NAME.safetensors``), the card (``NAME.json``), the learning curve (``NAME.csv``,
        ``NAME.png``) and, while it runs, a checkpoint. If there is a checkpoint of the same recipe, training goes on
        from it, and on the CPU ends with the same weights, bit for bit, as if it had never stopped. A Neocognitron
        keeps no checkpoint: the digits take seconds, MNIST some minutes.
    device
        ``cpu``, ``cuda`` or ``mps``; a Neocognitron organises itself on the CPU.
    root
        Folder of the data sets; see :func:`hierfeat.mnist`.
    progress
        Show a progress bar, on a terminal or in a notebook.

    Returns
    -------
    Training
        Learning curve, weights and card.

    Raises
    ------
    HierfeatError
        If the recipe, its data or the device is not there, `freeze` names no layers with weights or all of them, or
        `out` holds a checkpoint of another recipe.

    Notes
    -----
    Bit-identical means: same machine, same versions, same number of threads. The global random state is left as found.
    A Neocognitron has no epochs and no loss: its learning curve is one row, the end.

    Examples
    --------
    >>> from dataclasses import replace
    >>> import hierfeat as hf
    >>> quick = replace(hf.find_recipe("lenet5-digits"), epochs=1, limit=200)
    >>> training = hf.train(quick, progress=False)
    >>> list(training.table.epoch)
    [1]
    """
    recipe, device = _checked(recipe, start), str(device)
    if isinstance(recipe, NeocognitronRecipe) and (start is not None or freeze):
        raise HierfeatError(f"expected no start= or freeze=: {recipe.model} organises itself, layer by layer")
    subject = subject_of(recipe.model, start, freeze)
    species = subject.species
    if isinstance(recipe, NeocognitronRecipe):
        return _organise(recipe, species, out, device, root)
    asked = recipe.as_dict() | subject.about
    checkpoint = None if out is None else Path(out) / f"{recipe.model}.checkpoint.pt"
    with torch.random.fork_rng(devices=[]):
        state = begin(recipe, subject, device)
        resume(state, checkpoint, asked)
        data = data_of(recipe, species, root, device)
        images, labels = data[recipe.split]
        training = images[: recipe.limit], labels[: recipe.limit]
        steps = len(training[1]) // recipe.batch_size
        if not steps:
            raise HierfeatError(f"expected at least one batch of {recipe.batch_size} images; got {len(training[1])}")
        done = len(state.rows)
        total, start_at = recipe.epochs * steps, done * steps
        with bar(recipe.model, total=total, initial=start_at, unit="step", progress=progress) as shown:
            for epoch in range(done, recipe.epochs):
                row = _epoch(state, recipe, subject, training, epoch, shown.update)
                row["validation_accuracy"] = _score(state.model, species, data.get("validation"))
                state.rows.append(row)
                shown.say(loss=f"{row['train_loss']:.3f}", validation=f"{row['validation_accuracy']:.2%}")
                save(state, checkpoint, asked)
        test = _score(state.model, species, data["test"])
    finished = _finish(state.model, state.rows, recipe, test, subject.about)
    if checkpoint is not None:
        write(finished, checkpoint.parent)
        checkpoint.unlink(missing_ok=True)
    return finished


def _organise(
    recipe: NeocognitronRecipe, species: Species, out: str | Path | None, device: str, root: str | Path | None
) -> Training:
    """Train a Neocognitron on all its images at once, and measure it."""
    if device != "cpu":
        raise HierfeatError(f"expected device='cpu': {recipe.model} organises itself there; got {device!r}")
    data = data_of(recipe, species, root, device)
    images, labels = (part[: recipe.limit] for part in data[recipe.split])
    missing = sorted(set(range(len(species.classes))) - set(labels.tolist()))
    if missing:
        raise HierfeatError(
            f"expected images of all {len(species.classes)} classes; got none of {missing}: raise limit"
        )
    started, started_cpu = time.perf_counter(), time.process_time()
    model = recipe.estimator().fit(images, labels).network_
    row = {"epoch": 1, "learning_rate": float("nan"), "train_loss": float("nan")}
    row |= {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - started_cpu}
    row["train_accuracy"] = _score(model, species, (images, labels))
    row["validation_accuracy"] = _score(model, species, data.get("validation"))
    finished = _finish(model, [row], recipe, _score(model, species, data["test"]))
    if out is not None:
        write(finished, out)
    return finished


def _checked(recipe: Recipe | NeocognitronRecipe | str, start: Hierarchy | None) -> Recipe | NeocognitronRecipe:
    if isinstance(recipe, str):
        recipe = find_recipe(recipe)
    if not isinstance(recipe, Recipe | NeocognitronRecipe):
        raise HierfeatError(f"expected a Recipe or the name of one, got {type(recipe).__name__}")
    known = {*LOADERS, "glyphs"} if isinstance(recipe, NeocognitronRecipe) else set(LOADERS)
    own = start is not None and isinstance(recipe, Recipe)
    if (recipe.model not in ZOO and not own) or recipe.data not in known:
        raise HierfeatError(f"the recipe asks for model {recipe.model!r} and data {recipe.data!r}; no such pair")
    if not own and isinstance(recipe, NeocognitronRecipe) != (recipe.model in NEOCOGNITRONS):
        raise HierfeatError(f"expected the recipe of {recipe.model} to be of the kind that find_recipe returns for it")
    return recipe


def accuracy(forward: Callable[[Tensor], Tensor], images: Tensor, labels: Tensor, *, batch_size: int = 500) -> float:
    """Return the fraction of `images` whose largest output is their label."""
    with torch.no_grad():
        right = [
            (forward(images[at : at + batch_size]).argmax(1) == labels[at : at + batch_size]).sum()
            for at in range(0, len(labels), batch_size)
        ]
    return int(torch.stack(right).sum()) / len(labels)


def _epoch(
    state: State,
    recipe: Recipe,
    subject: Subject,
    data: tuple[Tensor, Tensor],
    epoch: int,
    tick: Callable[[], object],
) -> dict[str, float]:
    """Go once through the training images, in a random order that the seed and the epoch's number decide."""
    torch.manual_seed(recipe.seed * 100_003 + epoch + 1)
    started, started_cpu = time.perf_counter(), time.process_time()
    images, labels = data
    steps = len(labels) // recipe.batch_size
    order = torch.randperm(len(labels))[: steps * recipe.batch_size].to(labels.device)
    total = torch.zeros(2, device=labels.device)
    rate = 0.0
    subject.to_training_mode(state.model)
    for step, chosen in enumerate(torch.split(order, recipe.batch_size)):
        rate = _learning_rate(recipe, (epoch * steps + step + 0.5) / (recipe.epochs * steps))
        loss, right = _step(state, recipe, subject.species, images[chosen], labels[chosen], rate, epoch + 1)
        total += torch.stack([loss, right])
        tick()
    mean_loss, mean_right = (total / steps).tolist()
    return {
        "epoch": epoch + 1,
        "learning_rate": rate,
        "train_loss": mean_loss,
        "train_accuracy": mean_right,
        "seconds": time.perf_counter() - started,
        "cpu_seconds": time.process_time() - started_cpu,
    }


def _step(
    state: State, recipe: Recipe, species: Species, images: Tensor, labels: Tensor, rate: float, epoch: int
) -> tuple[Tensor, Tensor]:
    for group in state.optimizer.param_groups:
        group["lr"] = rate
    half = images.device.type == "cuda" or recipe.precision == "bfloat16"
    inputs = _normalise(augment(images, recipe, epoch), species)
    if recipe.precision == "bfloat16":
        inputs = inputs.contiguous(memory_format=torch.channels_last)
    with torch.autocast(images.device.type, dtype=torch.bfloat16, enabled=half):
        outputs = state.model(inputs)
    outputs = outputs.float()
    own_loss = getattr(state.model, "loss", None)
    if own_loss is None:
        loss = F.cross_entropy(outputs, labels, label_smoothing=recipe.label_smoothing)
    else:
        loss = own_loss(outputs, labels)
    state.optimizer.zero_grad(set_to_none=True)
    loss.backward()
    state.optimizer.step()
    return loss.detach(), (outputs.argmax(1) == labels).float().mean()


def _learning_rate(recipe: Recipe, progress: float) -> float:
    """Rise linearly over the warm-up, then fall to 0 on half a cosine; `progress` runs from 0 to 1."""
    if progress < recipe.warmup:
        return recipe.learning_rate * progress / recipe.warmup
    return recipe.learning_rate * (1 + cos(pi * (progress - recipe.warmup) / (1 - recipe.warmup))) / 2


def _normalise(images: Tensor, species: Species) -> Tensor:
    mean, std = (torch.tensor(value, device=images.device)[:, None, None] for value in (species.mean, species.std))
    return (images - mean) / std


def _score(model: nn.Module, species: Species, data: tuple[Tensor, Tensor] | None) -> float:
    if data is None:
        return float("nan")
    model.eval()
    return accuracy(lambda images: model(_normalise(images, species)), *data)


def _finish(
    model: nn.Module,
    rows: list[dict[str, float]],
    recipe: Recipe | NeocognitronRecipe,
    test: float,
    about: dict[str, Any] | None = None,
) -> Training:
    table = pd.DataFrame(rows)
    validation = float(table["validation_accuracy"].iloc[-1])
    card = {
        "model": recipe.model,
        "recipe": recipe.as_dict(),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "test_accuracy": test,
        "validation_accuracy": None if isnan(validation) else validation,
        "seconds": float(table["seconds"].sum()),
        "cpu_seconds": float(table["cpu_seconds"].sum()),
        **(about or {}),
    }
    weights = {name: value.cpu().contiguous().numpy() for name, value in model.state_dict().items()}
    provenance = {"recipe": recipe.as_dict(), **(about or {}), "torch": torch.__version__, "seed": recipe.seed}
    return Training(table=table, provenance=provenance, weights=weights, card=card)
