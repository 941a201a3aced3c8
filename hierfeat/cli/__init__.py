"""The command line, read from the public functions: ``hierfeat COMMAND``, one function per command.

Nothing heavy is imported before a command runs, so that ``--help`` is immediate.
"""

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from hierfeat._plain_text import ERRORS
from hierfeat.errors import HierfeatError

if TYPE_CHECKING:
    from cyclopts import CycloptsError

_TRACEBACK = "--traceback"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code.

    0; 1 if `diff` found a difference, 2 after an error, 130 after Ctrl-C, 143 when told to end.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    tokens = [token for token in given if token != _TRACEBACK]
    with _printable(), _terminable():
        try:
            return _run(tokens)
        except KeyboardInterrupt:
            print("hierfeat: interrupted; no half-written file is left", file=sys.stderr)
            return 130
        except _Terminated:
            print("hierfeat: terminated; no half-written file is left", file=sys.stderr)
            return 143
        except BrokenPipeError:  # the reader of a pipe, `head` say, has seen enough
            sys.stderr.close()
            return 0
        except Exception as error:
            if _TRACEBACK in given:
                raise
            print(f"hierfeat: {_one_line(error)}", file=sys.stderr)
            return 2


def _run(tokens: Sequence[str]) -> int:
    from cyclopts import CycloptsError

    from hierfeat.cli._app import make_app

    try:
        code = make_app(tokens)(tokens, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        raise HierfeatError(_usage(error)) from error
    return code if isinstance(code, int) else 0


def _usage(error: "CycloptsError") -> str:
    """What is wrong with the arguments, in the words of the library, and where the usage stands."""
    error.verbose = False
    chain = " ".join(["hierfeat", *(error.command_chain or ())])
    return f"{' '.join(str(error).split()).rstrip('.')}; `{chain} --help` shows the usage"


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, HierfeatError):
        return text
    return f"{type(error).__name__}: {text} ({_TRACEBACK} shows where)"


class _Terminated(BaseException):
    """The process was told to end (SIGTERM)."""


@contextmanager
def _terminable() -> Iterator[None]:
    """Within the block SIGTERM is an exception, so that what is half done is put away as after Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminated)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminated(_number: int, _frame: FrameType | None) -> None:
    raise _Terminated


@contextmanager
def _printable() -> Iterator[None]:
    """Let what the terminal's encoding lacks, the floor sign in cp1252 say, be spelt in plain characters."""
    streams = [(stream, stream.errors) for stream in (sys.stdout, sys.stderr) if hasattr(stream, "reconfigure")]
    for stream, _ in streams:
        stream.reconfigure(errors=ERRORS)
    try:
        yield
    finally:
        for stream, errors in streams:
            if not stream.closed:
                stream.reconfigure(errors=errors)
