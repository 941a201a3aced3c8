"""What is published: the wheel and the source hold all that is needed and nothing else, and work by themselves."""

import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest

import hierfeat as hf

ROOT = Path(__file__).parent.parent
MOST = 15e6
PARTS = {
    "trained weights and their cards": r"hierfeat/zoo/weights/",
    "the atlas: templates, scripts, the engine": r"hierfeat/atlas/(templates|scripts|live/engine)/",
    "Python": r".*\.pyi?$",
    "metadata and licence": r"hierfeat-[\d.]+\.dist-info/",
    "other": r"",
}
STORED = re.compile(r"(\| part \| MB in the wheel \|\n\|---\|---\|\n)((?:\|.*\n)*)")
"""The table in CONTRIBUTING.md, which says what each megabyte is."""


def run(*code: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, *code], capture_output=True, text=True, timeout=240, **options)


@pytest.fixture(scope="module")
def dist(tmp_path_factory) -> Path:
    """A folder with the source and the wheel, built of the files that are there now."""
    folder = tmp_path_factory.mktemp("dist")
    built = run("-m", "build", "--sdist", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT))
    assert built.returncode == 0, built.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(dist) -> Path:
    [path] = dist.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def source(dist) -> Path:
    [path] = dist.glob("*.tar.gz")
    return path


def wanted() -> set[str]:
    """The files of the package: those that git knows or would take in."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "hierfeat"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("no clone of git")
    return {name for name in listed.stdout.splitlines() if (ROOT / name).exists()}


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    meta = f"hierfeat-{hf.__version__}.dist-info/"
    assert {name for name in held if not name.startswith(meta)} == wanted()
    assert {name.removeprefix(meta) for name in held if name.startswith(meta)} == {
        "METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE",
    }  # fmt: skip


def test_what_must_be_in_it_is_in_it(wheel):
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
        entries = ConfigParser()
        entries.read_string(archive.read(f"hierfeat-{hf.__version__}.dist-info/entry_points.txt").decode())
    stubs = {f"hierfeat/{name}" for name in ("py.typed", "__init__.pyi", "testing/__init__.pyi")}
    pages = {f"hierfeat/atlas/templates/{name}" for name in ("page.html.j2", "layer.html.j2", "style.css", "atlas.js")}
    shipped = [name for name in hf.list_models() if f"hierfeat/zoo/weights/{name}.json" in held]
    weights = {f"hierfeat/zoo/weights/{name}.safetensors" for name in shipped}
    assert len(shipped) > 20
    assert stubs | pages | weights | {"hierfeat/atlas/live/engine/kernel.wasm"} <= held
    assert entries["console_scripts"]["hierfeat"] == "hierfeat.cli:main"
    assert entries["pytest11"]["hierfeat"] == "hierfeat.testing.plugin"


def test_the_source_holds_the_package_and_what_builds_it(source):
    with tarfile.open(source) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    files = {"README.md", "LICENSE", "CHANGELOG.md", "LIMITATIONS.md", "CITATION.cff", "constraints.txt"}
    assert held == wanted() | files | {"pyproject.toml", "PKG-INFO", ".gitignore"}


def test_it_is_small_and_every_megabyte_is_known(wheel, source, pytestconfig):
    assert wheel.stat().st_size < MOST
    assert source.stat().st_size < MOST
    with zipfile.ZipFile(wheel) as archive:
        sizes = {info.filename: info.compress_size for info in archive.infolist()}
    found: dict[str, float] = dict.fromkeys(PARTS, 0.0)
    for name, size in sizes.items():
        found[next(part for part, pattern in PARTS.items() if re.match(pattern, name))] += size / 1e6
    path = ROOT / "CONTRIBUTING.md"
    text = path.read_text(encoding="utf-8")
    if pytestconfig.getoption("--rewrite-tables"):
        rows = "".join(f"| {part} | {size:.2f} |\n" for part, size in found.items())
        text = STORED.sub(lambda table: table[1] + rows, text)
        path.write_text(text, encoding="utf-8")
    [rows] = [table[2] for table in STORED.finditer(text)]
    stored = {part: float(size) for part, size in re.findall(r"\| (.+) \| ([\d.]+) \|", rows)}
    assert list(stored) == list(found)
    apart = {part: abs(stored[part] - size) - 0.1 * size for part, size in found.items()}
    assert max(apart.values()) <= 0.1, "pytest tests/test_release.py --rewrite-tables"


def test_the_metadata_say_what_a_package_index_shows(wheel):
    with zipfile.ZipFile(wheel) as archive:
        meta = archive.read(f"hierfeat-{hf.__version__}.dist-info/METADATA").decode()
    assert "Description-Content-Type: text/markdown" in meta
    assert "Requires-Python: >=3.11" in meta
    assert "# hierfeat" in meta


def test_the_wheel_works_in_a_fresh_environment_from_an_empty_folder(wheel, tmp_path):
    """Dependencies are borrowed from this environment; hierfeat itself can only come from the wheel."""
    venv.create(tmp_path / "env", with_pip=False)
    python = tmp_path / "env" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    installed = run("-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", "--quiet", str(wheel))
    assert installed.returncode == 0, installed.stderr
    [site] = (tmp_path / "env").rglob("site-packages")
    (site / "borrowed.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")))
    empty = tmp_path / "empty"
    empty.mkdir()
    code = "import hierfeat, sys; print(hierfeat.__file__); from hierfeat.cli import main; sys.exit(main(sys.argv[1:]))"
    arguments = ["atlas", "lenet5-digits", "--count", "12"]
    done = subprocess.run(
        [python, "-I", "-c", code, *arguments], cwd=empty, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    assert str(tmp_path) in done.stdout.splitlines()[0]
    assert (empty / "figures" / "atlas" / "lenet5-digits.html").stat().st_size > 100_000
