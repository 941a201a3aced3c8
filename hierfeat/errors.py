"""The one root of every error that hierfeat raises on purpose, and warnings that point at the user's line."""

import sys
import warnings
from pathlib import Path

_PACKAGE = str(Path(__file__).parent)


class HierfeatError(ValueError):
    """A request that cannot be carried out; the message says what was expected, what came, where, and what to do."""


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line outside hierfeat from which it was called, however deep inside this is found."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and _is_inside(frame.f_code.co_filename):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def _is_inside(file: str) -> bool:
    return file.startswith(_PACKAGE) or file.endswith("contextlib.py")
