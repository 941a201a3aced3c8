"""Text for terminals that know no floor sign: what their encoding lacks is spelt in plain characters."""

import codecs
import sys

PLAIN = {
    "⌊": "floor(",
    "⌋": ")",
    "−": "-",
    "≤": "<=",
    "≥": ">=",
    "≈": "~",
    "→": "->",
    "σ": "sigma",
    "…": "...",
    "’": "'",
}
ERRORS = "hierfeat"
"""The name under which :func:`spelt` is registered as what to do about such characters."""


def spelt(error: UnicodeError) -> tuple[str, int]:
    """What stands for characters that an encoding lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(PLAIN.get(char, "?") for char in error.object[error.start : error.end]), error.end


codecs.register_error(ERRORS, spelt)


def printable(text: str) -> str:
    """`text` as the standard output can show it.

    Examples
    --------
    >>> printable("28")
    '28'
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, ERRORS).decode(encoding)
