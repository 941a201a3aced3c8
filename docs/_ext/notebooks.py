"""The tutorials as notebooks: each block of Python is a cell, run when the site is built, and shown with what it gives.

The pages stay plain Markdown, which every viewer shows; what makes notebooks of them is added as Sphinx reads them.
"""

import re
from pathlib import Path

BLOCK = re.compile(r"^```python$", re.MULTILINE)
HEAD = """---
file_format: mystnb
kernelspec:
  name: python3
---
"""
DOWNLOAD = {
    "en": "{nb-download}`This page as a notebook <%s.ipynb>`, with its outputs.",
    "es": "{nb-download}`Esta página como cuaderno <%s.ipynb>`, con sus resultados.",
}


def is_tutorial(page: str) -> bool:
    """Whether `page`, a name as Sphinx has it, becomes a notebook."""
    return (page.startswith("tutorials/") and page != "tutorials/index") or page == "es/lecture"


def converted(text: str, page: str) -> str:
    """A tutorial as myst-nb reads it, with a link to itself as a notebook below its title."""
    title, _, rest = text.partition("\n")
    language = "es" if page.startswith("es/") else "en"
    download = DOWNLOAD[language] % page.rpartition("/")[2]
    return f"{HEAD}{title}\n\n{download}\n{BLOCK.sub('```{code-cell} ipython3', rest)}"


def read(_app: object, page: str, source: list[str]) -> None:
    """What Sphinx calls with the text of each page."""
    if is_tutorial(page):
        source[0] = converted(source[0], page)


def settings(folder: Path) -> str:
    """Write IPython's settings of the kernels that run the cells, and return where: nobody's own, and no log."""
    profile = folder / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_kernel_config.py").write_text(
        "get_config().IPKernelApp.log_level = 'ERROR'\n", encoding="utf-8"
    )
    return str(folder)
