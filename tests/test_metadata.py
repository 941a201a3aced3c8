"""What stands in several files agrees: versions, dependencies, the lock, workflows and hooks."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

import hierfeat as hf

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = [requirement for extra in PROJECT["optional-dependencies"].values() for requirement in extra]
PIN = re.compile(r"^([\w.-]+)==([^\s;\\]+)", re.MULTILINE)


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(file: str) -> dict[str, str]:
    return {plain(name): version for name, version in PIN.findall((ROOT / file).read_text(encoding="utf-8"))}


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def test_every_dependency_has_a_tested_version_no_older_than_its_bound():
    tested = pins("constraints.txt")
    for requirement in [*PROJECT["dependencies"], *EXTRAS]:
        name, bound = re.fullmatch(r"([\w-]+)>=([\d.]+)", requirement).groups()
        assert numbers(tested[plain(name)]) >= numbers(bound), requirement


def test_the_lock_holds_the_tested_versions_each_with_its_hashes():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked, tested = pins("requirements.lock"), pins("constraints.txt")
    wanted = [*PROJECT["dependencies"], *EXTRAS]
    names = {plain(re.match(r"[\w-]+", requirement)[0]) for requirement in wanted}
    assert names <= set(locked), "run `make lock`"
    assert {name: locked[name] for name in locked if name in tested} == {
        name: tested[name] for name in locked if name in tested
    }, "run `make lock`"
    entries = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in entry for entry in entries)


def test_the_citation_names_the_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == hf.__version__
    assert citation["license"] == PROJECT["license"]


@pytest.mark.parametrize(
    "path", [*sorted((ROOT / ".github").rglob("*.yml")), ROOT / ".pre-commit-config.yaml"], ids=lambda path: path.name
)
def test_workflows_templates_and_hooks_are_whole(path):
    """Readable, and every make target and script that they run is there."""
    text = path.read_text(encoding="utf-8")
    assert isinstance(yaml.safe_load(text), dict)
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for words in re.findall(r"run: make ([\w -]+)$", text, re.MULTILINE):
        assert set(words.split()) <= targets
    for script in re.findall(r"\.ci/\w+", text):
        assert (ROOT / script).is_file()


def test_the_workflows_cover_three_systems_and_all_versions_of_python():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8"))
    matrix = workflow["jobs"]["run"]["strategy"]["matrix"]
    assert [system.split("-")[0] for system in matrix["os"]] == ["ubuntu", "macos", "windows"]
    versions = [c.rsplit(" ", 1)[-1] for c in PROJECT["classifiers"] if re.search(r"Python :: 3\.\d+$", c)]
    assert matrix["python"] == versions
