"""A public function's own parameters as options: their types from the signature, their help from the docstring."""

import inspect
import re
import types
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from cyclopts import Group, Parameter

from hierfeat.cli._catalogue import plain, zoo
from hierfeat.errors import HierfeatError

PLAIN = (bool, int, float, str, Path)
if TYPE_CHECKING:
    Model = str
    Name = str
else:  # the zoo for shells to complete; any other name is welcome
    _MODEL = (
        "a zoo name (see `hierfeat models`), torchvision:NAME, timm:NAME, package.module:factory or file.py:factory"
    )
    Model = Annotated[Literal[zoo()] | str, Parameter(help=_MODEL, show_choices=False)]
    Name = Annotated[Literal[zoo()] | str, Parameter(help="a zoo name", show_choices=False)]
NETWORK, IMAGES, FILES = (Group(name, sort_key=at) for at, name in enumerate(("Network", "Images", "Files"), start=5))
Convert = Callable[[Any], Any]


@dataclass(frozen=True)
class Option:
    """One parameter of a command, and what makes of its words what the function takes."""

    parameter: inspect.Parameter
    convert: Convert

    @property
    def name(self) -> str:
        """The parameter's name in Python."""
        return self.parameter.name


def own_options(function: Callable[..., Any], without: Sequence[str], *, optional: Sequence[str] = ()) -> list[Option]:
    """The options for all parameters of `function` but those in `without`; those in `optional` may be left out.

    Raises
    ------
    HierfeatError
        If the command line has no words for a parameter that the function cannot do without.
    """
    described, found = descriptions(inspect.getdoc(function) or ""), []
    parameters = [p for p in signature(function) if p.name not in without]
    positional = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    for parameter in parameters:
        made = _annotation(parameter)
        required = (
            parameter.default is parameter.empty and parameter.name not in optional and not may_be_none(parameter)
        )
        if made is not None:
            annotation, convert = made
            last = not positional or parameter is positional[-1]
            named = parameter not in positional or (get_origin(annotation) is list and not last)
            help_text = described.get(parameter.name, "") + _default(parameter.default)
            kind = parameter.KEYWORD_ONLY if named else parameter.POSITIONAL_OR_KEYWORD
            metavar = {"metavar": convert.metavar} if isinstance(convert, _Words) else {}
            made_of = option(parameter.name, annotation, help_text, required=required, kind=kind, **metavar)
            found.append(Option(made_of, convert))
        elif required:
            raise HierfeatError(
                f"{function.__name__} takes {parameter.name}, which cannot be given on the command line: "
                f"use it in Python, hf.{function.__name__}"
            )
    return sorted(found, key=lambda option: option.parameter.kind is inspect.Parameter.KEYWORD_ONLY)


def option(
    name: str,
    annotation: Any,
    help_text: str,
    *,
    required: bool = False,
    kind: Any = inspect.Parameter.KEYWORD_ONLY,
    **settings: Any,
) -> inspect.Parameter:
    """A parameter for the library of the command line; one that is not given is None, and is not passed on."""
    if get_origin(annotation) is list:
        settings = {"consume_multiple": (1, None), "negative": ()} | settings
    about = Parameter(help=help_text, show_default=False, **settings)
    default = inspect.Parameter.empty if required else None
    given = annotation if required else annotation | None
    return inspect.Parameter(name, kind, default=default, annotation=Annotated[given, about])


def signature(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """The parameters of `function`, with annotations resolved as far as they can be when the program runs."""
    names = inspect.unwrap(function).__globals__
    parameters = []
    for parameter in inspect.signature(function).parameters.values():
        annotation = parameter.annotation
        if isinstance(annotation, str):
            with suppress(NameError):  # a name that is imported for type checkers only
                annotation = eval(annotation, names)
        parameters.append(parameter.replace(annotation=annotation))
    return parameters


def descriptions(docstring: str) -> dict[str, str]:
    """What a numpydoc docstring says of each parameter."""
    section = re.search(r"^Parameters\n-+\n(.*?)(?=^\S[^\n]*\n-{3,}|\Z)", docstring, re.MULTILINE | re.DOTALL)
    entries = (
        re.findall(r"^(\*{0,2}\w[^\n]*)\n((?:[ \t]+[^\n]*\n|\n)*)", section[1] + "\n", re.MULTILINE) if section else []
    )
    return {name.strip(" *"): plain(text) for head, text in entries for name in head.split(" : ")[0].split(",")}


def may_be_none(parameter: inspect.Parameter) -> bool:
    """Whether a parameter without a default takes None: it may be left out then, and None is passed."""
    return parameter.default is parameter.empty and types.NoneType in members(parameter.annotation)


def members(annotation: Any) -> list[Any]:
    """The types of a union, flat; of a single type, it alone."""
    if get_origin(annotation) in (Union, types.UnionType):
        return [member for part in get_args(annotation) for member in members(part)]
    return [annotation]


def _default(default: Any) -> str:
    if default is inspect.Parameter.empty or default is None:
        return ""
    if isinstance(default, bool):
        return " (default: yes)" if default else " (default: no)"
    words = default if isinstance(default, tuple | list) else [default]
    return f" (default: {' '.join(map(str, words))})"


def _annotation(parameter: inspect.Parameter) -> tuple[Any, Convert] | None:
    """The command-line library's description of a parameter; None where there are no words for it."""
    kinds = [kind for kind in members(parameter.annotation) if kind is not types.NoneType]
    scalars = [kind for kind in kinds if kind in PLAIN or get_origin(kind) is Literal]
    elements = [element for kind in kinds for element in _elements(kind)]
    if len(kinds) == 1 and scalars:
        return scalars[0], lambda value: value
    if len(kinds) == 1 and get_origin(kinds[0]) is tuple and Ellipsis not in get_args(kinds[0]):
        return kinds[0], lambda value: value
    if not scalars and not elements:
        return None
    if not elements and set(scalars) <= {str, Path}:
        return Path if Path in scalars else str, lambda value: value
    return list[str], _Words(
        parameter.name, scalars, elements, as_tuple=any(get_origin(kind) is tuple for kind in kinds)
    )


def _elements(kind: Any) -> list[Any]:
    """What a sequence of this type holds, as far as words can say it."""
    if getattr(kind, "__name__", "") == "ndarray":
        return [float]
    origin = get_origin(kind)
    if not (isinstance(origin, type) and issubclass(origin, Sequence | Mapping)):
        return []
    found = members(get_args(kind)[0])
    return [element for element in found if element in PLAIN or get_origin(element) is Literal]


@dataclass(frozen=True)
class _Words:
    """Makes of one or several words what the type asks for: of ``8`` a number, of ``0 45 90`` a list of values."""

    name: str
    scalars: list[Any]
    elements: list[Any]
    as_tuple: bool

    @property
    def metavar(self) -> str:
        """What the words are called in the help."""
        return "NAME..." if {str, Path} & {*self.scalars, *self.elements} else "NUMBER..."

    def __call__(self, words: list[str]) -> Any:
        if len(words) == 1 and self.scalars:
            found = _read(words[0], self.scalars)
            if found is not None:
                return found
        if not self.elements:
            raise HierfeatError(f"expected {_say(self.scalars)} for {_flag(self.name)}, got {' '.join(words)!r}")
        values = [_read(word, self.elements) for word in words]
        if None in values:
            wrong = words[values.index(None)]
            raise HierfeatError(f"expected {_say(self.scalars + self.elements)} for {_flag(self.name)}, got {wrong!r}")
        return tuple(values) if self.as_tuple else values


def _read(word: str, kinds: list[Any]) -> Any:
    """`word` as the first of `kinds` that it can be, or None."""
    for kind in sorted(kinds, key=lambda kind: kind is str):
        if get_origin(kind) is Literal:
            if word in get_args(kind):
                return word
            continue
        try:
            return kind(word)
        except ValueError:
            continue
    return None


def _say(kinds: list[Any]) -> str:
    names = {int: "whole numbers", float: "numbers", str: "names", Path: "files", bool: "yes or no"}
    said = [names.get(kind) or " or ".join(map(str, get_args(kind))) for kind in kinds]
    return " or ".join(dict.fromkeys(said))


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
