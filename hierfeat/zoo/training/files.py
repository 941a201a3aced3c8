"""What a training leaves on disk: weights, a model card, the learning curve; and how the zoo's own are shipped."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import load_file, save_file

from hierfeat._files import write_text, write_with
from hierfeat.errors import HierfeatError
from hierfeat.zoo import ZOO

if TYPE_CHECKING:
    from hierfeat.zoo.training.train import Training

DATA_LICENCES = {
    "digits": "UCI Optical Recognition of Handwritten Digits (CC BY 4.0), as scikit-learn ships it",
    "mnist": "MNIST (CC BY-SA 3.0)",
    "fashion_mnist": "Fashion-MNIST (MIT)",
    "cifar10": "CIFAR-10 (Krizhevsky 2009, research use)",
    "glyphs": "five digits drawn in the package, hierfeat.glyphs()",
}
_HALF_TOLERANCE = 0.0005  # half precision is shipped where it moves the accuracy by less than 0.05 points


def write(training: "Training", folder: str | Path) -> Path:
    """Write ``NAME.safetensors``, ``NAME.json``, ``NAME.csv`` and ``NAME.png`` into `folder`; return the first's path.

    The card is written after the weights and carries their sha256, so that a card never describes other weights.
    """
    folder, name = Path(folder), training.card["model"]
    weights = folder / f"{name}.safetensors"
    write_with(weights, lambda path: save_file(training.weights, path))
    write_with(folder / f"{name}.csv", lambda path: training.table.to_csv(path, index=False))
    write_with(folder / f"{name}.png", lambda path: training.plot().savefig(path, dpi=110))
    write_text(folder / f"{name}.json", json.dumps(_described(training.card, weights), indent=1) + "\n")
    return weights


def ship(name: str, runs: Sequence[str | Path], into: str | Path) -> dict[str, Any]:
    """Turn trainings of one recipe with different seeds into the zoo's file and card; the first one's weights go in.

    Parameters
    ----------
    name
        The model.
    runs
        Folders that :func:`write` filled, the one to ship first (not the best: the first).
    into
        Folder for ``NAME.safetensors`` and ``NAME.json``.

    Returns
    -------
    dict
        The card.

    Raises
    ------
    HierfeatError
        If the runs differ in more than their seed.
    """

    from hierfeat.zoo.training.train import measure_test_accuracy

    cards = [json.loads((Path(run) / f"{name}.json").read_text(encoding="utf-8")) for run in runs]
    if any(card["recipe"] | {"seed": 0} != cards[0]["recipe"] | {"seed": 0} for card in cards):
        raise HierfeatError(f"expected runs of {name} that differ in their seed alone; their recipes differ elsewhere")
    full = load_file(Path(runs[0]) / f"{name}.safetensors")
    half = {key: value.astype(np.float16) if value.dtype == np.float32 else value for key, value in full.items()}
    before = cards[0]["test_accuracy"]
    after = measure_test_accuracy(name, cards[0]["recipe"]["data"], half)
    kind = "float16" if abs(after - before) < _HALF_TOLERANCE else "float32"
    weights = Path(into) / f"{name}.safetensors"
    write_with(weights, lambda path: save_file(half if kind == "float16" else full, path))
    card = _described(cards[0], weights) | _over_seeds(cards)
    card |= {"stored_as": kind, "test_accuracy": after if kind == "float16" else before}
    card |= {"test_accuracy_float32": before, "test_accuracy_float16": after}
    write_text(Path(into) / f"{name}.json", json.dumps(card, indent=1) + "\n")
    return card


def _described(card: dict[str, Any], weights: Path) -> dict[str, Any]:
    recipe = card["recipe"]
    return card | {
        "summary": ZOO[card["model"]].summary,
        "data": DATA_LICENCES[recipe["data"]],
        "split": _split(recipe),
        "licence": "MIT",
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
    }


def _split(recipe: dict[str, Any]) -> str:
    if recipe["data"] == "glyphs":
        return "trained and measured on the same five glyphs; figures/neocognitron shows what it tolerates"
    return f"trained on {recipe['split']!r}, measured on the whole of 'test'"


def _over_seeds(cards: list[dict[str, Any]]) -> dict[str, Any]:
    by_seed = {str(card["recipe"]["seed"]): card["test_accuracy"] for card in cards}
    values = list(by_seed.values())
    return {
        "test_accuracy_by_seed": by_seed,
        "test_accuracy_mean": mean(values),
        "test_accuracy_std": stdev(values) if len(values) > 1 else None,
    }
