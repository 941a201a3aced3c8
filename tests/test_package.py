"""The house as a whole: lazy names, the frozen inventory, and the floors."""

import ast
import importlib
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import hierfeat as hf

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "hierfeat"
INVENTORY = Path(__file__).parent / "public_names.json"

FLOORS = {
    "subjects": set(),
    "stimuli": {"subjects"},
    "recording": {"subjects"},
    "anatomy": {"subjects"},
    "physiology": {"subjects", "recording", "stimuli", "anatomy"},
    "representation": {"subjects", "recording", "stimuli", "anatomy", "physiology"},
    "zoo": {"subjects", "stimuli"},
    "plots": set(),  # it draws what results hold: it knows their types by name only
    "testing": {"subjects", "recording", "anatomy", "physiology"},
    "atlas": {"subjects", "recording", "stimuli", "anatomy", "physiology", "representation", "zoo", "plots"},
}
LAZY = {"plots"}  # every room may import it, inside a function
NEEDED_TO_DRAW = {"hierfeat.errors", "hierfeat._files", "hierfeat._values"}


def run(*code: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, *code], capture_output=True, text=True, timeout=240, **options)


def test_importing_hierfeat_imports_no_torch():
    code = "import sys, hierfeat; dir(hierfeat); sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert run("-c", code, cwd=ROOT).returncode == 0


def test_importing_hierfeat_takes_a_tenth_of_a_second():
    code = "import time; start = time.process_time(); import hierfeat; print(time.process_time() - start)"
    assert min(float(run("-c", code, cwd=ROOT).stdout) for _ in range(5)) < 0.1


def test_help_imports_no_torch():
    code = "import sys; from hierfeat.cli import main; sys.exit(main(['--help']) or 'torch' in sys.modules)"
    done = run("-c", code, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "orientation-tuning" in done.stdout


def test_the_package_runs_as_a_command():
    assert run("-m", "hierfeat", "--version", cwd=ROOT).stdout == f"hierfeat {hf.__version__}\n"


def test_every_public_name_is_there_and_documented():
    for name in hf.__all__:
        value = getattr(hf, name)
        assert name == "__version__" or value.__doc__, f"{name} has no docstring"


def test_the_public_names_change_only_on_purpose():
    """To change them, change tests/public_names.json in the same commit, and say so in CHANGELOG.md."""
    assert json.loads(INVENTORY.read_text()) == hf.__all__


def stub() -> dict[str, str]:
    """The public names and their modules, by the syntax tree of the stub."""
    tree = ast.parse((PACKAGE / "__init__.pyi").read_text(encoding="utf-8"))
    imported = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    return {alias.asname: node.module for node in imported for alias in node.names if alias.name == alias.asname}


def test_the_stub_and_the_names_at_run_time_agree():
    listed = stub()
    assert ["__version__", *sorted(listed)] == hf.__all__
    assert sorted(hf.__all__) == dir(hf)
    for name, module in listed.items():
        home = importlib.import_module(f"hierfeat.{module}" if module else f"hierfeat.{name}")
        assert getattr(hf, name) is (getattr(home, name) if module else home)


@pytest.mark.parametrize(("typed", "meant"), [("recrod", "record"), ("orientation_tunning", "orientation_tuning")])
def test_a_name_mistyped_is_answered_with_the_nearest(typed, meant):
    with pytest.raises(AttributeError, match=f"no attribute '{typed}'; did you mean {meant}"):
        getattr(hf, typed)
    with pytest.raises(AttributeError, match="no attribute 'xyzzy'$"):
        hf.xyzzy  # noqa: B018


def test_the_function_atlas_survives_the_import_of_its_package():
    code = "import hierfeat as hf; from hierfeat.atlas import page; assert hf.atlas is page.atlas; hf.atlas.__doc__[0]"
    assert run("-c", code, cwd=ROOT).returncode == 0


@cache
def imports(path: Path) -> list[tuple[str, bool]]:
    """Modules that a file imports when it runs (not for types alone), and whether it does so at the top level."""
    tree = ast.parse(path.read_text())
    typing_only = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.dump(block.test)
        for node in ast.walk(block)
    }
    top = {id(node) for node in tree.body}
    found = []
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
            names = [f"hierfeat.{alias.name}" for alias in node.names] if names == ["hierfeat"] else names
            found += [(name, id(node) in top) for name in names]
        elif isinstance(node, ast.Import):
            found += [(alias.name, id(node) in top) for alias in node.names]
    return found


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_each_room_looks_only_at_the_rooms_below_it(path):
    room = path.relative_to(PACKAGE).parts[0]
    if room not in FLOORS:
        return
    for module, at_top in imports(path):
        other = [*module.split("."), ""][1] if module.startswith("hierfeat.") else ""
        if other in FLOORS and other != room:
            allowed = other in FLOORS[room] or (other in LAZY and not at_top)
            assert allowed, f"{path.name} in {room}/ imports {module}"


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def test_no_files_import_each_other_in_a_circle():
    """Not for types alone, either; what a function imports when it runs is no matter."""
    files = {module_of(path): path for path in PACKAGE.rglob("*.py")}
    needs: dict[str, set[str]] = {}
    for name, path in files.items():
        tree = ast.parse(path.read_text())
        inside = {
            id(node)
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef)
            for node in ast.walk(function)
        }
        found = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and id(n) not in inside and n.module]
        full = {f"{node.module}.{alias.name}" for node in found for alias in node.names}
        needs[name] = {name if name in files else name.rpartition(".")[0] for name in full} & files.keys()
    while True:  # take away what needs nothing that is left, until nothing goes
        free = {name for name, needed in needs.items() if not needed & needs.keys()}
        if not free:
            break
        needs = {name: needed for name, needed in needs.items() if name not in free}
    assert not needs, f"in a circle, or above one: {sorted(needs)}"


def lines_of_code(node: ast.AST, text: list[str]) -> int:
    """Lines that are neither blank, nor comment, nor docstring."""
    body = [n for n in ast.walk(node) if isinstance(n, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(n)]
    documented = {line for n in body for line in range(n.body[0].lineno, n.body[0].end_lineno + 1)}
    lines = set(range(node.lineno, node.end_lineno + 1)) - documented
    return sum(bool(text[line - 1].split("#")[0].strip()) for line in lines)


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_function_is_longer_than_45_lines_of_code(path):
    text = path.read_text().splitlines()
    functions = [node for node in ast.walk(ast.parse("\n".join(text))) if isinstance(node, ast.FunctionDef)]
    assert {node.name: n for node in functions if (n := lines_of_code(node, text)) > 45} == {}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_matplotlib_lives_in_plots_and_torchvision_behind_its_door(path):
    packages = {(module.split(".")[0], at_top) for module, at_top in imports(path)}
    if "plots" not in path.parts:
        assert ("matplotlib", True) not in packages
    if path.name != "_torchvision.py":
        assert not packages & {("torchvision", True), ("torchvision", False)}
    text = path.read_text()
    assert text.count("torch.load(") <= text.count("weights_only=True")


@pytest.mark.parametrize("path", sorted((PACKAGE / "plots").glob("*.py")), ids=lambda path: path.name)
def test_plots_know_results_by_their_types_only(path):
    """What a plot draws stands in the result, so that it imports no analysis when it runs."""
    own = {module for module, _ in imports(path) if module.split(".")[0] == "hierfeat"}
    assert {module for module in own if not module.startswith("hierfeat.plots")} <= NEEDED_TO_DRAW


def test_importing_every_plot_imports_no_torch():
    names = [f"hierfeat.plots.{path.stem}" for path in (PACKAGE / "plots").glob("*.py") if path.stem != "__init__"]
    done = run("-c", f"import sys, {', '.join(names)}; print(*sys.modules)", cwd=ROOT)
    loaded = set(done.stdout.split())
    assert set(names) <= loaded, done.stderr
    assert "torch" not in loaded
    house = {name for name in loaded if name.startswith("hierfeat.") and not name.startswith("hierfeat.plots")}
    assert house <= NEEDED_TO_DRAW | {"hierfeat._version", "hierfeat._torchvision"}


@pytest.mark.parametrize("path", sorted((ROOT / "analyses").glob("*.py")), ids=lambda path: path.name)
def test_analyses_import_public_names_only(path):
    assert not {module for module, _ in imports(path) if module.startswith("hierfeat.")}
