"""What the page says in the language of its readers: English stands in templates and scripts, Spanish in one table."""

import json
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

from markupsafe import Markup

LANGUAGES = ("en", "es")

Attributes = dict[str, tuple[str, dict[str, Any]]]


@cache
def spanish() -> dict[str, str]:
    """The table: Spanish by English, both with the same {names} of what stands in them."""
    text = resources.files("hierfeat.atlas").joinpath("templates", "spanish.json").read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(text)
    return found


def told(language: str, text: str, **values: Any) -> str:
    """Return a sentence in a language.

    Examples
    --------
    >>> told("es", "{n} images", n=12)
    '12 imágenes'
    >>> told("en", "{n} images", n=12)
    '12 images'
    """
    pattern = spanish().get(text, text) if language == "es" else text
    for name, value in values.items():
        pattern = pattern.replace(f"{{{name}}}", str(value))
    return pattern


def sentence(language: str) -> Callable[..., Markup]:
    """What templates write sentences with: ``t("{n} images", n=12)``. The page can say them in another language."""

    def t(text: str, /, **values: Any) -> Markup:
        held = Markup(' data-v="{}"').format(json.dumps(values, ensure_ascii=False, default=str)) if values else ""
        return Markup('<span data-t="{}"{}>{}</span>').format(text, held, told(language, text, **values))

    return t


def attributes(language: str) -> Callable[..., Markup]:
    """What templates write attributes with: ``a("aria-label", "Layer table")``, and more of them behind the first."""

    def a(*given: str, **values: Any) -> Markup:
        pairs = list(zip(given[::2], given[1::2], strict=True))
        shown = Markup(" ").join(Markup('{}="{}"').format(name, told(language, text, **values)) for name, text in pairs)
        held = json.dumps({name: [text, values] for name, text in pairs}, ensure_ascii=False, default=str)
        return shown + Markup(' data-a="{}"').format(held)

    return a
