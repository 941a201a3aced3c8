"""How the page writes what it is given: facts, names, numbers."""

import json
import re
from collections.abc import Callable
from typing import Any

from markupsafe import Markup


def facts(model: dict[str, Any], measured: int) -> list[tuple[str, str, dict[str, Any]]]:
    """What the header says of the model, in order: a name, a sentence or none, its values; the unknown is left out."""
    card = model["card"]
    accuracy = card.get("test_accuracy")
    known = [
        ("Weights", "random", model["untrained"]),
        ("Input", "", " × ".join(map(str, model["input_shape"]))),
        ("Classes", "", str(len(model["classes"])) if model["classes"] else None),
        ("Layers", "", str(model["layers"])),
        ("Parameters", "", grouped(model["parameters"])),
        ("Multiply-adds per image", "", grouped(model["macs"])),
        ("Test accuracy", "", f"{100 * accuracy:.2f} %" if isinstance(accuracy, float) else None),
        ("Licence", "", card.get("licence")),
        ("Weights' sha256", "", model["weights_sha256"][:12] + "…"),
        ("Measured on", "{value} images", measured),
    ]
    return [(name, text, {"value": value} if text != "random" else {}) for name, text, value in known if value]


def sample_name(model: dict[str, Any], t: Callable[..., Markup], sample: dict[str, Any]) -> Markup | str:
    """A class's own name, or which image or class of how many it is, in the language of the page."""
    word, number = sample["name"].rpartition(" ")[::2]
    named = sample["label"] is not None and (model["classes"] or model["named"])
    return sample["short"] if named or not number.isdigit() else t(f"{word} {{n}}", n=number)


def grouped(number: int | None) -> str:
    return f"{number:,}".replace(",", "\u202f") if number else ""


def breakable(name: str) -> Markup:
    """A dotted name that may go over to the next line after a dot or an underscore."""
    return Markup("<wbr>").join(part for part in re.split(r"(?<=[._])", name) if part)


def rounded(number: float | None) -> str:
    return "unknown" if number is None else f"{number:.3g}".replace("-", "−")


def pretty(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)


def first(names: list[str], most: int = 6) -> str:
    """The first of some names, and whether there are more."""
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")
