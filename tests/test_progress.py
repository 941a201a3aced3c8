"""The progress bar: one, in time, on terminals and in notebooks only, and silent where silence is asked for."""

import contextlib
import io
import re
import time
from pathlib import Path

import nbclient
import nbformat
import pytest

import hierfeat as hf
from hierfeat import _progress
from hierfeat._progress import bar, with_bar

PACKAGE = Path(hf.__file__).parent


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(_progress, "DELAY", 0.05)


def terminal():
    """What `with` makes the standard error: not a fixture, since pytest sets it anew before the test runs."""
    return contextlib.redirect_stderr(Terminal())


def names(shown: Terminal) -> set[str]:
    return set(re.findall(r"(\w+): +\d+%", shown.getvalue()))


def slowly(parts, seconds=0.08):
    for part in parts:
        time.sleep(seconds)
        yield part


def test_parts_come_through_and_a_quick_call_shows_nothing():
    with terminal() as shown:
        assert list(with_bar(range(3), "quick")) == [0, 1, 2]
        assert shown.getvalue() == ""


def test_a_slow_call_shows_a_bar_that_is_gone_when_done():
    with terminal() as shown:
        list(slowly(with_bar([1, 2, 3], "slow")))
        assert names(shown) == {"slow"}
        assert shown.getvalue().rsplit("\r", 2)[-2].strip() == ""


def test_the_bar_is_there_in_time_though_the_first_part_takes_longer():
    with terminal() as shown:
        with bar("long", total=1):
            time.sleep(0.2)
            assert names(shown) == {"long"}
        assert shown.getvalue().rsplit("\r", 2)[-2].strip() == ""


def test_there_is_one_bar_at_a_time():
    with terminal() as shown:
        for _ in with_bar(range(2), "outer"):
            list(slowly(with_bar(range(3), "inner")))
            with bar("another", total=1):
                time.sleep(0.1)
        assert names(shown) == {"outer"}
        list(slowly(with_bar(range(3), "next")))
        assert names(shown) == {"outer", "next"}


def test_silence_holds_within_too():
    with terminal() as shown:
        for _ in with_bar(range(1), "outer", progress=False):
            list(slowly(with_bar(range(3), "inner")))
        assert shown.getvalue() == ""


def loop_that_fails():
    for _ in with_bar(range(3), "failed"):
        raise ValueError


def test_a_loop_that_failed_takes_no_later_bar_away():
    """Its traceback keeps it alive, as a notebook's or debugger's does."""
    with terminal() as shown:
        with pytest.raises(ValueError) as kept:  # noqa: PT011
            loop_that_fails()
        list(slowly(with_bar(range(3), "later")))
        assert "later" in names(shown)
        assert kept.traceback


def test_nothing_is_shown_where_there_is_no_terminal():
    with contextlib.redirect_stderr(io.StringIO()) as shown:
        list(slowly(with_bar(range(3), "piped")))
    assert shown.getvalue() == ""


def test_a_notebook_shows_it_and_gets_no_advice():
    code = (
        "import time, hierfeat._progress as p; p.DELAY = 0.05\nfor _ in p.with_bar(range(3), 'cells'): time.sleep(0.1)"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    text = "".join(output.get("text", "") or str(output.get("data", "")) for output in notebook.cells[0].outputs)
    assert "cells" in text
    assert "Warning" not in text


def test_every_bar_goes_through_here():
    others = [path for path in PACKAGE.rglob("*.py") if path.name != "_progress.py" and "tqdm" in path.read_text()]
    assert others == []
