"""The reference: a page for each public name, listed by the room that it lives in."""

import importlib
import inspect
import re
import typing
from pathlib import Path

import hierfeat as hf
from hierfeat._result import Result
from hierfeat.cli._catalogue import public

ROOMS = {
    "subjects": "Subjects: the network and its layers",
    "stimuli": "Stimuli and data",
    "recording": "Recording",
    "anatomy": "Anatomy: what wiring and weights show",
    "physiology.tuning": "Physiology: tuning",
    "physiology.fields": "Physiology: fields mapped by stimuli",
    "physiology.invariance": "Physiology: invariance",
    "physiology.rectification": "Physiology: rectification",
    "physiology.features": "Physiology: features",
    "representation": "Representation: what populations show",
    "zoo": "Zoo: networks that ship, and the Neocognitron",
    "atlas": "Atlas",
    "": "Results and errors",
}
MODULES = {
    "indices": "Indices on arrays: the same rulers for recordings from animals",
    "testing": "Testing: a guard for a network",
}


def write(folder: Path) -> None:
    """Write a page per public name, and the index."""
    folder.mkdir(exist_ok=True)
    pages = {name: _page(f"hierfeat.{name}", getattr(hf, name)) for name in public()}
    members = {module: list(getattr(hf, module).__all__) for module in MODULES}
    for module, names in members.items():
        pages |= {f"{module}.{n}": _page(f"hierfeat.{module}.{n}", getattr(getattr(hf, module), n)) for n in names}
    pages["index"] = _index(members)
    for path in folder.glob("*.rst"):
        if path.stem not in pages:
            path.unlink()
    for name, text in pages.items():
        path = folder / f"{name}.rst"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def _page(path: str, value: object) -> str:
    name = path.removeprefix("hierfeat.")
    parts = [_title(name), f".. currentmodule:: {path.rpartition('.')[0]}\n"]
    if inspect.isclass(value):
        parts.append(_class(path))
    else:
        parts.append(f".. autofunction:: {path}\n")
        returned = _returned(value)
        if returned is not None:
            parts += ["What it returns\n---------------\n", _class(f"{returned.__module__}.{returned.__qualname__}")]
    parts.append(
        f'.. raw:: html\n\n   <h2 class="examples">In the gallery</h2>\n\n.. minigallery:: {path}\n'
        if _in_gallery(path)
        else ""
    )
    return "\n".join(parts)


def _class(path: str) -> str:
    return f".. autoclass:: {path}\n   :members:\n   :inherited-members: tuple, Exception, ValueError\n"


def _returned(function: object) -> type[Result] | None:
    """The class of the result, if that is no public name with a page of its own."""
    try:
        found = typing.get_type_hints(function).get("return")
    except (NameError, TypeError):
        return None
    if not (inspect.isclass(found) and issubclass(found, Result)) or found is Result:
        return None
    return None if found.__name__ in {*hf.__all__, *hf.testing.__all__} else found


def _in_gallery(path: str) -> bool:
    name = path.removeprefix("hierfeat.")
    scripts = (Path(__file__).parents[2] / "analyses").glob("[a-z]*.py")
    return any(f"hf.{name}(" in script.read_text(encoding="utf-8") for script in scripts)


def _index(members: dict[str, list[str]]) -> str:
    modules = public()
    parts = [_title("Reference"), "Every public name, by the room of the house that it lives in.\n"]
    left = dict(modules)
    for room, title in ROOMS.items():
        names = [name for name, module in left.items() if not room or module == room or module.startswith(f"{room}.")]
        for name in names:
            left.pop(name)
        parts += _section(title, {name: getattr(hf, name) for name in names})
    for module, names in members.items():
        home = getattr(hf, module)
        summary = (inspect.getdoc(home) or "").split("\n\n")[0].replace("\n", " ")
        parts += _section(MODULES[module], {f"{module}.{name}": getattr(home, name) for name in names}, summary)
    return "\n".join(parts)


def _section(title: str, names: dict[str, object], text: str = "") -> list[str]:
    if not names:
        return []
    rows = [f"   * - :doc:`{name}`\n     - {_summary(value)}" for name, value in names.items()]
    table = ".. list-table::\n   :widths: 30 70\n   :class: names\n\n" + "\n".join(rows) + "\n"
    tree = ".. toctree::\n   :hidden:\n\n" + "\n".join(f"   {name}" for name in names) + "\n"
    return [f"{title}\n{'-' * len(title)}\n", text + "\n", table, tree]


def _summary(value: object) -> str:
    return plain((inspect.getdoc(value) or "").split("\n\n")[0].replace("\n", " "))


def plain(line: str) -> str:
    """|x| is a magnitude in docstrings and no substitution, a lone * no emphasis: escaped, but for literals."""
    parts = re.split(r"(``.*?``)", line)
    lone = sum(part.count("*") for part in parts[::2]) == 1 and not line.lstrip().startswith("* ")
    marks = r"[|*]" if lone else r"\|"
    return "".join(part if number % 2 else re.sub(marks, r"\\\g<0>", part) for number, part in enumerate(parts))


def prepare(*given: typing.Any) -> None:
    """What Sphinx calls with each docstring: its lines are the last argument."""
    lines = given[-1]
    lines[:] = [plain(line) for line in lines]


def _title(text: str) -> str:
    return f"{text}\n{'=' * len(text)}\n"


def _warm() -> None:
    """Modules that define public names, imported so that annotations can be read."""
    for module in set(public().values()):
        importlib.import_module(f"hierfeat.{module}" if module else "hierfeat")


_warm()
