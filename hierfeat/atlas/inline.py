"""A page's file, which a notebook shows in its cell."""

import sys

if sys.platform == "win32":
    from pathlib import WindowsPath as _Path
else:
    from pathlib import PosixPath as _Path

#: Pixels that a cell gives the page.
HEIGHT = 900


class Page(_Path):
    """The path of an atlas; at the end of a notebook's cell it is the page itself.

    The whole page goes into the notebook, as large as it is, so that it is still there when the file is not.
    """

    def _repr_html_(self) -> str | None:
        """The page in a frame of its own, or None where there is none, as at the file's folder."""
        if self.suffix not in (".html", ".htm"):
            return None
        try:
            text = self.read_text(encoding="utf-8")
        except OSError:
            return None
        return framed(text)


def framed(text: str) -> str:
    """Return a page in a frame that runs its script and reaches nothing of the notebook."""
    held = text.replace("&", "&amp;").replace("'", "&#39;")
    return (
        f"<iframe title='atlas' sandbox='allow-scripts allow-downloads' allow='camera' srcdoc='{held}' "
        f"style='width: 100%; height: {HEIGHT}px; border: 0'></iframe>"
    )
