"""Which commands there are, read from the text of the package, so that ``hierfeat --help`` imports no torch.

An analysis is a public function that takes a hierarchy ``h`` first and returns a :class:`hierfeat.Result`. The stub
names the public functions and their files; what a function takes and returns, and its summary, stand in its file.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
_FUNCTION = r'^def {}\(\s*(\w+).*?\) -> ([^\n]+):\n\s+r?"""(.*?)(?:\n\s*\n|""")'


@dataclass(frozen=True)
class Face:
    """How one function looks as a command, where that differs from what its signature says."""

    alias: str = ""
    limit: int = 360  # images shown by default
    columns: tuple[str, ...] = ()  # of the table that is printed; all by default
    note: str = ""  # the units of what is printed


FACES = {
    "receptive_fields": Face(
        "fields", note="sizes, strides and starts in pixels; global: the field is the whole image"
    ),
    "guidelines": Face(columns=("rule", "verdict", "evidence")),
    "orientation_tuning": Face(
        "tuning",
        note="counts of units, then medians of the responsive ones: half_width in degrees, preferred_frequency in "
        "cycles/pixel",
    ),
    "translation_invariance": Face(
        "invariance",
        limit=64,
        note="1: nothing changes, 0: as unlike as another image; tolerance in pixels, blank beyond the largest shift",
    ),
    "pooling_invariance": Face(
        "pooling",
        limit=64,
        note="before, after, output: invariance to shifts of 1 and 2 pixels; position: R² of reading the shift",
    ),
    "nonnegativity": Face(note="dead, always_on: channels; the rest: means over the channels that are not dead"),
    "profile": Face(note="fields in pixels; shares and indices from 0 to 1; medians over a layer's channels"),
    "record": Face(limit=64),
}


@dataclass(frozen=True)
class Command:
    """A public function as a command."""

    function: str
    summary: str
    face: Face = field(default_factory=Face)

    @property
    def names(self) -> tuple[str, ...]:
        """What it is called on the command line, the usual name first."""
        name = self.function.replace("_", "-")
        return (self.face.alias, name) if self.face.alias else (name,)


@cache
def analyses() -> dict[str, Command]:
    """Every public function that takes a hierarchy first and returns a result, by its name."""
    return {name: _command(name) for name, module in public().items() if _is_analysis(name, module)}


def command(function: str) -> Command:
    """A public function of any kind as a command."""
    return analyses().get(function) or _command(function)


@cache
def public() -> dict[str, str]:
    """The public names and the modules that define them, as the stub lists them."""
    stub = (PACKAGE / "__init__.pyi").read_text(encoding="utf-8")
    return {name: module for module, name in re.findall(r"^from \.([\w.]+) import (\w+)", stub, re.MULTILINE)}


@cache
def zoo() -> tuple[str, ...]:
    """The networks that ship with their weights, for shells to complete."""
    return tuple(sorted(path.stem for path in (PACKAGE / "zoo" / "weights").glob("*.json")))


def _command(function: str) -> Command:
    found = _signature(function, public()[function])
    summary = plain(found[2]) if found else ""
    return Command(function, summary, FACES.get(function, Face()))


def _is_analysis(name: str, module: str) -> bool:
    found = _signature(name, module)
    return found is not None and found[0] == "h" and _is_result(found[1].strip("\"'"), module)


def _signature(name: str, module: str) -> tuple[str, str, str] | None:
    """The first parameter, the return type and the summary of a function; None where `name` is none."""
    found = re.search(_FUNCTION.format(name), _text(module), re.MULTILINE | re.DOTALL)
    return (found[1], found[2], found[3]) if found else None


def _is_result(name: str, module: str) -> bool:
    """Whether a class is a Result, by the text of its module and of those it comes from."""
    if name == "Result":
        return True
    text = _text(module)
    if defined := re.search(rf"^class {re.escape(name)}\(([^)]*)\)", text, re.MULTILINE):
        return any(_is_result(base.strip(), module) for base in defined[1].split(","))
    imported = re.search(
        rf"^from hierfeat\.([\w.]+) import (?:\([^)]*|[^\n]*)\b{re.escape(name)}\b", text, re.MULTILINE
    )
    return imported is not None and _is_result(name, imported[1])


@cache
def _text(module: str) -> str:
    path = PACKAGE.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def plain(text: str) -> str:
    """A docstring's text on one line, without its markup."""
    text = re.sub(r":\w+:`~?([^`]+)`", r"\1", text)
    return " ".join(text.replace("`", "").split())
