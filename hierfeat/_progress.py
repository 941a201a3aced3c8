"""The one progress bar of what may take long, in a terminal or a notebook."""

import sys
import threading
import warnings
from collections.abc import Iterable, Iterator, Sized
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from tqdm import tqdm

T = TypeVar("T")
DELAY = 2.0  # seconds without a bar: most calls are over by then
_here = threading.local()  # .owner: the id of the frame whose bar this thread shows, or was asked not to show


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
def _the_only(owner: FrameType, what: str, total: int | None, initial: int, unit: str, progress: bool) -> Iterator[Bar]:
    mine = id(owner)
    del owner
    if _is_taken():
        yield Bar()
        return
    _here.owner = mine
    try:
        with _displayed(what, total, initial, unit) if progress else nullcontext(Bar()) as shown:
            yield shown
    finally:
        if _here.owner == mine:
            _here.owner = None


def _is_taken() -> bool:
    """Whether a bar's owner is still running.

    A loop that was left by an exception may live on in a traceback, and its bar with it: its frame, whose id cannot be
    another's as long as it lives, is then no longer on the stack.
    """
    owner: int | None = getattr(_here, "owner", None)
    frame = sys._getframe(1) if owner is not None else None
    while frame is not None and id(frame) != owner:
        frame = frame.f_back
    return frame is not None


@contextmanager
def _displayed(what: str, total: int | None, initial: int, unit: str) -> Iterator[Bar]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a notebook without ipywidgets gets a bar of text, and needs no advice
        from tqdm.auto import tqdm
    hidden = False if "ipykernel.zmqshell" in sys.modules else None  # None: hidden where there is no terminal
    with tqdm(desc=what, total=total, initial=initial, unit=unit, delay=DELAY, leave=False, disable=hidden) as shown:
        timer = threading.Timer(DELAY, _show, [shown])
        timer.daemon = True
        if not shown.disable:
            timer.start()
        try:
            yield Bar(shown)
        finally:
            timer.cancel()


def _show(shown: "tqdm[Any]") -> None:
    """Show a bar whose first part takes longer than the delay; tqdm itself would wait for the part to end."""
    shown.delay = 0
    shown.refresh()
