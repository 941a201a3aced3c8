"""The command line, built from the public functions: ``hierfeat COMMAND``, one function per command.

Nothing heavy is imported before a command runs, so that ``--help`` answers at once.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from hierfeat._version import __version__
from hierfeat.cli import layers, models, results
from hierfeat.errors import HierfeatError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code: 0, 2 after an error, 130 after Ctrl-C."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except KeyboardInterrupt:
        print("hierfeat: interrupted; no half-written file is left", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of a pipe, `head` say, has seen enough
        sys.stderr.close()
        return 0
    except Exception as error:
        if options.traceback:
            raise
        print(f"hierfeat: {_one_line(error)}", file=sys.stderr)
        return 2
    return 0


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, HierfeatError):
        return text
    return f"{type(error).__name__}: {text} (--traceback shows where)"


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with the arguments; argparse would print the usage before it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"hierfeat: {message}; `{self.prog} --help` shows the usage\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="hierfeat",
        description="Analyse the feature hierarchy of a trained CNN, as Hubel and Wiesel analysed the visual cortex.",
        epilog="Start with: hierfeat atlas lenet5-digits",
    )
    parser.add_argument("--version", action="version", version=f"hierfeat {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    layers.add(commands)
    results.add(commands)
    models.add(commands)
    return parser
