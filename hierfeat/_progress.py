"""The one progress bar of what may take long, in a terminal or a notebook.

A public function is a *call* (:func:`calling`): from two seconds on it shows what it is, and how long it takes. A loop
within it (:func:`bar`, :func:`with_bar`) takes the line over while it runs, and shows how far it is.
"""

import sys
import threading
import warnings
from collections.abc import Iterable, Iterator, Sized
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from time import monotonic
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from tqdm import tqdm

T = TypeVar("T")
DELAY = 2.0  # seconds without a bar: most calls are over by then
_FORMAT = "{desc} [{elapsed}]"  # of a call between its loops: nothing to count
_here = threading.local()  # .call: what this thread is about, as long as its owner is on the stack


@dataclass
class _Call:
    """What runs: its name, when it began, whether it may show itself, and which loop in it has the line."""

    owner: int  # the id of its frame
    name: str
    progress: bool
    began: float = field(default_factory=monotonic)
    loop: int | None = None
    line: ExitStack = field(default_factory=ExitStack)  # what is shown between loops

    def rest(self) -> float:
        """Seconds until something is to be seen."""
        return max(0.0, self.began + DELAY - monotonic())

    def idle(self) -> None:
        """Show the name and the time, if nothing can be counted."""
        if self.progress and self.name:
            self.line.enter_context(_displayed(self.name, None, 0, "part", self.rest(), bar_format=_FORMAT))


class Bar:
    """What :func:`bar` yields, to be moved by hand."""

    def __init__(self, shown: "tqdm[Any] | None" = None) -> None:
        self._shown = shown

    def update(self, parts: int = 1) -> None:
        """Move on by so many `parts`."""
        if self._shown is not None:
            self._shown.update(parts)

    def say(self, **notes: str) -> None:
        """Write `notes` behind the bar, such as ``loss="0.031"``."""
        if self._shown is not None:
            self._shown.set_postfix(refresh=False, **notes)


def calling(name: str, *, progress: bool = True) -> AbstractContextManager[None]:
    """Within the block, everything that takes long is the work of `name`; ``progress=False`` silences all of it.

    Examples
    --------
    >>> with calling("tuning of lenet5", progress=False), bar("gratings", total=2) as shown:
    ...     shown.update(2)
    """
    return _called(sys._getframe(1), name, progress)


def bar(
    what: str, *, total: int | None = None, initial: int = 0, unit: str = "batch", progress: bool = True
) -> AbstractContextManager[Bar]:
    """A bar named `what` of `total` parts, `initial` of them done.

    It appears after two seconds, on terminals and in notebooks only, and is gone when done. There is one at a time:
    within another bar, or within one that ``progress=False`` silences, nothing is shown.

    Examples
    --------
    >>> with bar("parts", total=3, progress=False) as shown:
    ...     shown.update()
    """
    return _the_only(sys._getframe(1), what, total, initial, unit, progress)


def with_bar(
    parts: Iterable[T], what: str, *, unit: str = "batch", total: int | None = None, progress: bool = True
) -> Iterator[T]:
    """`parts` themselves, under a :func:`bar` of `total` parts, by default as many as they are."""
    if total is None and isinstance(parts, Sized):
        total = len(parts)
    with _the_only(sys._getframe(1), what, total, 0, unit, progress) as shown:
        for part in parts:
            yield part
            shown.update()


@contextmanager
def _called(owner: FrameType, name: str, progress: bool) -> Iterator[None]:
    mine = id(owner)
    del owner
    if _running() is not None:
        if progress:
            yield
            return
        with _moved(mine, "", None, 0, "", False):
            yield
        return
    call = _here.call = _Call(mine, name, progress)
    try:
        call.idle()
        yield
    finally:
        call.line.close()
        if getattr(_here, "call", None) is call:
            _here.call = None


def _the_only(
    owner: FrameType, what: str, total: int | None, initial: int, unit: str, progress: bool
) -> AbstractContextManager[Bar]:
    return _moved(id(owner), what, total, initial, unit, progress)


@contextmanager
def _moved(mine: int, what: str, total: int | None, initial: int, unit: str, progress: bool) -> Iterator[Bar]:
    running = _running()
    if running is not None and _is_on_stack(running.loop):
        yield Bar()
        return
    call = running or _Call(mine, "", progress)
    _here.call, call.loop = call, mine
    call.line.close()
    said = f"{call.name}, {what}" if call.name and what else call.name or what
    try:
        if not (call.progress and progress):
            yield Bar()
            return
        with _displayed(said, total, initial, unit, call.rest()) as shown:
            yield shown
    finally:
        if call.loop == mine:
            call.loop = None
            if running is None and getattr(_here, "call", None) is call:
                _here.call = None
            elif running is not None and _is_on_stack(call.owner):
                call.idle()


def _running() -> _Call | None:
    """The call whose owner is still running.

    A loop that was left by an exception may live on in a traceback, and its bar with it: its frame, whose id cannot be
    another's as long as it lives, is then no longer on the stack.
    """
    call: _Call | None = getattr(_here, "call", None)
    return call if call is not None and _is_on_stack(call.owner) else None


def _is_on_stack(owner: int | None) -> bool:
    frame = sys._getframe(1) if owner is not None else None
    while frame is not None and id(frame) != owner:
        frame = frame.f_back
    return frame is not None


def _is_seen() -> bool | None:
    """Whether anybody looks: in a notebook, or at a terminal."""
    return "ipykernel.zmqshell" in sys.modules or bool(getattr(sys.stderr, "isatty", bool)())


@contextmanager
def _displayed(what: str, total: int | None, initial: int, unit: str, delay: float, **how: Any) -> Iterator[Bar]:
    if not _is_seen():
        yield Bar()
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a notebook without ipywidgets gets a bar of text, and needs no advice
        from tqdm.auto import tqdm
    settings = {"delay": max(delay, 1e-3), "leave": False} | how
    with tqdm(desc=what, total=total, initial=initial, unit=unit, **settings) as shown:
        timer = threading.Timer(delay, _show, [shown])
        timer.daemon = True
        timer.start()
        try:
            yield Bar(shown)
        finally:
            timer.cancel()


def _show(shown: "tqdm[Any]") -> None:
    """Show a bar whose first part takes longer than the delay; tqdm itself would wait for the part to end."""
    shown.delay = 0
    shown.refresh()
