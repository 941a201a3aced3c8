"""The commands together: their names and summaries at once, each one's options when it is chosen."""

import difflib
from collections.abc import Sequence
from typing import Any

from cyclopts import App, Group

from hierfeat._version import __version__
from hierfeat.cli._catalogue import Command, analyses, command
from hierfeat.errors import HierfeatError

_ABOUT = "Analyse the feature hierarchy of a trained CNN, as Hubel and Wiesel analysed the visual cortex."
_START = "Start with: hierfeat atlas lenet5-digits\n`hierfeat COMMAND --help` shows a command's options."
_ERRORS = "--traceback, anywhere, shows where an error happened."
_HOUSE = {
    "layers": "List every layer call: sizes, formula, parameters, MACs.",
    "fingerprint": "Write down in one file what each layer of a network outputs.",
    "diff": "Compare two networks or fingerprints: the first layer that differs.",
    "models": "List the zoo, or print the card of one model.",
    "train": "Train a zoo model by its recipe; goes on where it was stopped.",
    "completion": "Print the completions for bash, zsh or fish.",
}


def make_app(tokens: Sequence[str]) -> App:
    """The program, checked to know the command that `tokens` begin with.

    Raises
    ------
    HierfeatError
        If there is no such command, or none was named.
    """
    app = whole_app()
    if not tokens:
        raise HierfeatError("expected a COMMAND; `hierfeat --help` lists them")
    if tokens[0] not in app and not tokens[0].startswith("-"):
        close = difflib.get_close_matches(
            tokens[0], [name for name in app if not name.startswith("-")], n=1, cutoff=0.5
        )
        hint = f" (did you mean {close[0]}?)" if close else ""
        raise HierfeatError(f"there is no command {tokens[0]!r}{hint}; `hierfeat --help` lists them")
    return app


def whole_app() -> App:
    """The program with all its commands."""
    app = _app("hierfeat", help=_ABOUT, help_epilogue=_START, version=f"hierfeat {__version__}")
    first, second = Group("Networks", sort_key=0), Group("Analyses", sort_key=1)
    for function in ("atlas", "record"):
        _add(app, command(function), first)
    sweep = "Show all images to the network once, on one process or many; goes on where it was stopped."
    app.command("hierfeat.cli._sweep:sweep", name="sweep", help=sweep, group=first)
    for name, summary in _HOUSE.items():
        home = "_guard" if name in ("fingerprint", "diff") else "_house"
        app.command(f"hierfeat.cli.{home}:{name}", name=name, help=summary, group=first)
    data = _app("data", help="Data sets.", group=first)
    data.command("hierfeat.cli._house:fetch", name="fetch", help="Download a data set.")
    app.command(data)
    for found in analyses().values():
        if found.names[0] not in app:  # `sweep` has a command of its own
            _add(app, found, second)
    return app


def _app(name: str, **settings: Any) -> App:
    return App(name=name, help_format="plaintext", suppress_keyboard_interrupt=False, **settings)


def _add(app: App, found: Command, group: Group) -> None:
    path = f"hierfeat.cli._commands:{found.function}"
    app.command(path, name=found.names, help=found.summary, group=group, help_epilogue=_ERRORS)
