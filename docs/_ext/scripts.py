"""The scripts of analyses/ as sphinx-gallery takes them, with the figures that they have drawn in their places."""

import re
from pathlib import Path

HEAD = """Gallery
=======

Each script of ``analyses/`` answers one question of the lecture and leaves its figures in ``figures/``. They are shown
here as they are committed; nothing was run for this page. ``python analyses/NAME.py`` runs one, and
``jupytext --to notebook analyses/NAME.py`` makes a notebook of it.
"""
_SAVED = re.compile(r"""(?:savefig\(\s*(?:OUT|folder)\s*/|gallery\.save\()\s*f?["']([^"']+?)(?:\.png)?["']""")
_UNDERLINES = {1: "=", 2: "-", 3: "~"}


def write(source: Path, target: Path) -> None:
    """Write all scripts anew into `target`; files that did not change keep their date."""
    target.mkdir(exist_ok=True)
    _update(target / "GALLERY_HEADER.rst", HEAD)
    names = {path.name for path in source.glob("[a-z]*.py")}
    for path in target.glob("*.py"):
        if path.name not in names:
            path.unlink()
    for path in sorted(source.glob("[a-z]*.py")):
        _update(target / path.name, converted(path))


def write_findings(readme: Path, target: Path) -> None:
    """The page of published findings: the table of analyses/README.md, and below it the figures."""
    text = readme.read_text(encoding="utf-8")
    section = re.search(r"^## (Published findings.*?\n)(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    title, body = (section[1], section[2]) if section else ("Published findings\n", "")
    figures = list(dict.fromkeys(re.findall(r"\(\.\./(figures/findings/[\w-]+\.png)\)", body)))
    body = body.replace("[`findings/`](findings)", "`analyses/findings/`")
    body = re.sub(r", \[figure\]\([^)]*\)", "", body).replace("](findings/", "](../analyses/findings/")
    _update(target, f"# {title}\n{body}\n" + "\n".join(map(_with_heading, figures)))


def _with_heading(path: str) -> str:
    return f"## {_words(path)}\n\n```{{image}} ../{path}\n:alt: {_words(path)}\n:class: figure\n```\n"


def _words(path: str) -> str:
    return Path(path).stem.replace("_", " ")


def converted(path: Path) -> str:
    """One script: its first cell is the docstring, other cells of text are comments, figures follow what saved them."""
    figures = path.parent.parent / "figures" / path.stem
    cells = re.split(r"^# %%(.*)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    pairs = list(zip(cells[::2], cells[1::2], strict=True))
    first, *others = pairs
    parts = [f'r"""\n{restructured(_text(first[1]))}\n"""\n']
    setting = _thumbnail(figures)
    shown: set[str] = set()
    for kind, cell in others:
        if "[markdown]" in kind:
            parts.append("\n# %%\n" + _commented(restructured(_text(cell))))
            continue
        parts.append(f"\n# %%\n{cell.strip()}\n{setting}")
        setting = ""
        drawn = [name for name in _drawn(cell, figures) if name not in shown]
        shown |= set(drawn)
        parts += [f"\n# %%\n{_commented(_image(figures, name))}" for name in drawn]
    rest = [path.name for path in sorted(figures.glob("*.png")) if path.name not in shown]
    if rest:
        images = "\n\n".join(_image(figures, name) for name in rest)
        parts.append("\n# %%\n" + _commented(f"More of its figures\n-------------------\n\n{images}"))
    return "".join(parts)


def restructured(text: str) -> str:
    """Markdown as the scripts use it: headings, code, links, bold; lists are the same in both."""
    lines = []
    for line in text.splitlines():
        heading = re.match(r"(#+) (.*)", line)
        if heading:
            title = heading[2].replace("`", "``")
            lines += [title, _UNDERLINES[len(heading[1])] * len(title), ""]
        else:
            line = re.sub(r"\[([^\]]+)\]\((https?://[^)]+)\)", r"`\1 <\2>`__", line)
            line = re.sub(r"(?<!`)`([^`<]+)`(?![`_])", r"``\1``", line)
            lines.append(line)
    return "\n".join(lines)


def _text(cell: str) -> str:
    return "\n".join(re.sub(r"^# ?", "", line) for line in cell.strip().splitlines())


def _commented(text: str) -> str:
    return "".join(f"# {line}".rstrip() + "\n" for line in text.splitlines())


def _drawn(cell: str, figures: Path) -> list[str]:
    """The committed figures that a cell of code names; of names made by a loop, all that fit."""
    found = []
    for name in _SAVED.findall(cell):
        pattern = re.sub(r"\{[^}]*\}", "*", name) + ".png"
        found += sorted(path.name for path in figures.glob(pattern))
    return list(dict.fromkeys(found))


def _image(figures: Path, name: str) -> str:
    alt = name.removesuffix(".png").replace("_", " ")
    return f".. image:: ../../figures/{figures.name}/{name}\n   :alt: {alt}\n   :class: figure"


def _thumbnail(figures: Path) -> str:
    chosen = THUMBNAILS.get(figures.name) or min((path.name for path in figures.glob("*.png")), default=None)
    if chosen is None or not (figures / chosen).exists():
        return ""
    return f"# sphinx_gallery_thumbnail_path = '../figures/{figures.name}/{chosen}'\n"


THUMBNAILS = {
    "activations_of_an_image": "journey.png",
    "architecture_guidelines": "dimensions_lenet5.png",
    "cnn_cifar": "first_layer.png",
    "cnn_fashion_mnist": "feature_maps.png",
    "convolution": "edge_detectors.png",
    "feature_hierarchy": "plate_conv3.png",
    "fnn_fashion_mnist": "mistakes.png",
    "hubel_wiesel": "plate_conv1.png",
    "neocognitron": "fig7_all_cells.png",
    "nonnegativity": "answer.png",
    "pooling_invariance": "answer.png",
}


def _update(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
