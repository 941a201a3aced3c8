"""The plugin of pytest: ``--hierfeat-update``, and the fixture ``same_hierarchy``.

It is loaded in every session of pytest where hierfeat is installed, and imports torch in none that does not use it.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hierfeat.testing import _updating

if TYPE_CHECKING:
    from torch import Tensor

    from hierfeat.subjects.hierarchy import Hierarchy

FOLDER = "fingerprints"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.getgroup("hierfeat").addoption(
        "--hierfeat-update",
        action="store_true",
        help="write stored fingerprints of networks anew where they differ, instead of failing",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Let every assertion of the session know."""
    _updating.asked = bool(config.getoption("--hierfeat-update"))
    _updating.written.clear()


def pytest_unconfigure() -> None:
    """A session that follows in this process has its own options."""
    _updating.asked = False


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which files were written, and why."""
    for path, why in _updating.written:
        terminalreporter.write_line(f"hierfeat: wrote {path} ({why})")


@pytest.fixture
def same_hierarchy(request: pytest.FixtureRequest) -> "Callable[..., None]":
    """``same_hierarchy(h)``: :func:`hierfeat.testing.assert_same_hierarchy`, with a file beside the test of its name.

    ``same_hierarchy(h, images, name="...", rtol=...)``: `name` tells several of one test apart; further options are
    those of the function.
    """
    test = re.sub(r"[^\w.-]+", "-", request.node.name).strip("-")

    def check(h: "Hierarchy", images: "Tensor | None" = None, *, name: str = "", **options: Any) -> None:
        __tracebackhide__ = True
        from hierfeat.testing import assert_same_hierarchy

        file = f"{request.path.stem}.{test}{'.' if name else ''}{name}.json"
        assert_same_hierarchy(h, Path(request.path).parent / FOLDER / file, images, **options)

    return check
