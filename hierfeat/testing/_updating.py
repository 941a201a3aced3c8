"""Whether stored fingerprints are to be written anew, and what was: light, since pytest imports it in every session."""

from pathlib import Path

asked = False
written: list[tuple[Path, str]] = []
"""Each file that was written, and what had changed."""
