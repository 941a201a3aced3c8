"""What a training leaves on disk: weights, a model card, the learning curve."""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors.numpy import save_file

from hierfeat._files import write_text, write_with
from hierfeat.zoo import ZOO

if TYPE_CHECKING:
    from hierfeat.zoo.training.training import Training

DATA_LICENCES = {
    "digits": "UCI Optical Recognition of Handwritten Digits (CC BY 4.0), as scikit-learn ships it",
    "mnist": "MNIST (CC BY-SA 3.0)",
    "fashion_mnist": "Fashion-MNIST (MIT)",
    "cifar10": "CIFAR-10 (Krizhevsky 2009, research use)",
    "glyphs": "five digits drawn in the package, hierfeat.glyphs()",
}


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


def _described(card: dict[str, Any], weights: Path) -> dict[str, Any]:
    recipe = card["recipe"]
    return card | {
        "summary": f"begun with {card['start']['model']}" if "start" in card else ZOO[card["model"]].summary,
        "data": DATA_LICENCES[recipe["data"]],
        "split": _split(recipe),
        "licence": "MIT",
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
    }


def _split(recipe: dict[str, Any]) -> str:
    if recipe["data"] == "glyphs":
        return "trained and measured on the same five glyphs; figures/neocognitron shows what it tolerates"
    return f"trained on {recipe['split']!r}, measured on the whole of 'test'"
