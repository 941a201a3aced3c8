"""Makes a command of a public function: around its own options the network, its images, and the files to write.

``hierfeat.cli._commands.NAME`` is the command of the public function NAME.
"""

import difflib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

import hierfeat as hf
from hierfeat._result import Result
from hierfeat.cli._catalogue import Command, command, public
from hierfeat.cli._finish import FINISH, RESULT, Finish, Run
from hierfeat.cli._inputs import SETS, Inputs, pictures
from hierfeat.cli._options import IMAGES, NETWORK, Model, Option, may_be_none, members, option, own_options, signature
from hierfeat.errors import HierfeatError
from hierfeat.recording.measure import Measure
from hierfeat.stimuli.stimulus_set import StimulusSet
from hierfeat.subjects.arguments import needs_labels
from hierfeat.subjects.hierarchy import Hierarchy

_KEYWORD, _EITHER = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD


def __getattr__(name: str) -> Callable[..., None]:
    if name.startswith("_") or name not in public():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return made_of(command(name), getattr(hf, name), FINISH.get(name, RESULT))


@dataclass(frozen=True)
class Role:
    """A parameter that needs more than words: images, labels, another network, a saved result."""

    parameter: inspect.Parameter
    fill: Callable[[inspect.Parameter, Any, Inputs], Any]  # from the parameter, its words and what is at hand
    words: Any = None  # the type of the words it takes; None where the options for images say it all


def made_of(about: Command, function: Callable[..., Any], finish: Finish) -> Callable[..., None]:
    """The command of `function`, for the library of the command line."""
    first, *others = signature(function)
    roles = [role for parameter in others if (role := _role(parameter, needs_labels(function))) is not None]
    demanded = [parameter.name for parameter in finish.options if parameter.default is _NOTHING]  # handed on by `leave`
    without = [first.name, *(role.parameter.name for role in roles), *demanded]
    own = own_options(function, without, optional=finish.optional)
    taken = {made.name for made in own}
    around = [*_network(), *_for_roles(roles), *_for_images(roles, about), *finish.options]
    parameters = [made.parameter for made in own] + [p for p in around if p.name not in taken]
    ordered = sorted(parameters, key=lambda p: (p.kind, p.kind is _EITHER and p.default is None))

    def run(*words: Any, **given: Any) -> None:
        bound = inspect.Signature(ordered).bind(*words, **given).arguments
        _run(about, function, finish, roles, own, {name: value for name, value in bound.items() if value is not None})

    run.__signature__ = inspect.Signature(ordered)  # type: ignore[attr-defined]
    run.__doc__ = about.summary
    return run


def _run(
    about: Command,
    function: Callable[..., Any],
    finish: Finish,
    roles: list[Role],
    own: list[Option],
    given: dict[str, Any],
) -> None:
    """Read all words before anything is loaded, so that a wrong one costs no time; then load, call and finish."""
    options = dict.fromkeys(parameter.name for parameter in signature(function) if may_be_none(parameter))
    options |= {made.name: made.convert(given[made.name]) for made in own if made.name in given}
    asked = pictures(given["model"], about.face.limit, given)
    finish.check(given)
    inputs = Inputs(about.function, asked, given)

    def call(**more: Any) -> Any:
        spread: list[Any] = []
        filled = dict(more)
        for role in sorted(roles, key=lambda role: role.parameter.name == "images"):  # what they lack is known first
            value = role.fill(role.parameter, given.get(role.parameter.name), inputs)
            if role.parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                spread = value
            elif value is not None:
                filled[role.parameter.name] = value
        return function(inputs.h, *spread, **(options | filled))

    finish.leave(Run(about, inputs, given, call))


def _role(parameter: inspect.Parameter, labelled: bool) -> Role | None:
    kinds = members(parameter.annotation)
    if parameter.name == "images" and int not in kinds:
        return Role(parameter, _images)
    if parameter.name == "labels":
        return Role(parameter, partial(_labels, labelled))
    if parameter.name in ("train", "test") and not {bool, int, float} & set(kinds):
        return Role(parameter, _part)
    classes = [kind for kind in kinds if isinstance(kind, type)]
    if "Hierarchy" in str(parameter.annotation) or any(issubclass(kind, Hierarchy) for kind in classes):
        return Role(parameter, _networks, list[str] if parameter.kind is parameter.VAR_POSITIONAL else str)
    if any(issubclass(kind, Result | StimulusSet) for kind in classes):
        return Role(parameter, _saved, Path)
    elements = [element for kind in kinds for element in get_args(kind)[:1] if isinstance(element, type)]
    if any(issubclass(element, Measure) for element in elements):
        return Role(parameter, _measures, list[str])
    return None


def _images(parameter: inspect.Parameter, _: None, inputs: Inputs) -> Any:
    needed = parameter.default is parameter.empty
    return inputs.images if needed or inputs.chosen else None


def _labels(needed: bool, _parameter: inspect.Parameter, _: None, inputs: Inputs) -> Any:
    return inputs.labels(needed=needed)


def _part(parameter: inspect.Parameter, _: None, inputs: Inputs) -> Any:
    return inputs.part(parameter.name)


def _networks(parameter: inspect.Parameter, words: Any, inputs: Inputs) -> Any:
    if parameter.kind is parameter.VAR_POSITIONAL:
        return [inputs.another(word) for word in words or ()]
    return None if words is None else inputs.another(words)


def _saved(parameter: inspect.Parameter, folder: Path | None, _: Inputs) -> Any:
    if folder is None:
        return None
    [kind] = [kind for kind in members(parameter.annotation) if isinstance(kind, type) and hasattr(kind, "load")]
    return kind.load(folder)


def _measures(_parameter: inspect.Parameter, words: list[str] | None, _: Inputs) -> Any:
    """A measure of each name, as it is made without arguments."""
    kinds = {name: getattr(hf, name) for name in public()}
    names = [name for name, kind in kinds.items() if isinstance(kind, type) and issubclass(kind, Measure)]
    for word in words or ():
        if word not in names or word == "Measure":
            close = difflib.get_close_matches(word, names, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise HierfeatError(f"expected measures among {', '.join(names)}, got {word!r}{hint}")
    return None if words is None else [getattr(hf, word)() for word in words]


def _network() -> list[inspect.Parameter]:
    return [
        inspect.Parameter("model", inspect.Parameter.POSITIONAL_ONLY, annotation=Model),
        option(
            "weights",
            str,
            "safetensors file or state_dict; DEFAULT for the library's own",
            metavar="FILE",
            group=NETWORK,
        ),
        option(
            "untrained", bool, "the same architecture, freshly initialised, in its place", negative=(), group=NETWORK
        ),
        option("device", Literal["cpu", "cuda", "mps"], "where the network runs (default: cpu)", group=NETWORK),
    ]


def _for_roles(roles: list[Role]) -> list[inspect.Parameter]:
    """Options for networks and saved results beside the first."""
    made = []
    for role in roles:
        if role.words is not None:
            what, metavar = _SAID[role.fill]
            required = role.parameter.default is _NOTHING and role.parameter.kind is not role.parameter.VAR_POSITIONAL
            settings = {"metavar": metavar, "group": NETWORK}
            made.append(option(role.parameter.name, role.words, what, required=required, **settings))
    return made


_NOTHING = inspect.Parameter.empty
_SAID = {
    _networks: ("another network, or `untrained`, this one's twin", "MODEL"),
    _saved: ("folder of a saved result, or of saved stimuli", "FOLDER"),
    _measures: ("what is measured: Moments, ActiveFraction and others", "NAME..."),
}


def _for_images(roles: list[Role], about: Command) -> list[inspect.Parameter]:
    if all(role.words is not None for role in roles):
        return []
    return [
        option(
            "images",
            str,
            "folder of images, a sub-folder per class; or a data set as --data",
            metavar="FOLDER",
            group=IMAGES,
        ),
        option(
            "data", Literal[SETS], "data set (default: what the model was made for, else photographs)", group=IMAGES
        ),
        option("split", str, "part of the data set: train or test (default: test)", metavar="PART", group=IMAGES),
        option("limit", int, f"how many images at most (default: {about.face.limit})", alias=["--count"], group=IMAGES),
        option("data_root", str, "folder of the data sets (default: $HIERFEAT_DATA)", metavar="FOLDER", group=IMAGES),
    ]
