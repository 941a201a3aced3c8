"""CONTRIBUTING.md is true: its example, put where it says, is a whole analysis and touches nothing else."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ANALYSIS, PLOT, NAME = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
FILES = re.findall(r"^`(hierfeat/[\w/]+\.py)`", GUIDE, re.MULTILINE)


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Path:
    """A copy of the package with the example in it."""
    root = tmp_path_factory.mktemp("house")
    shutil.copytree(ROOT / "hierfeat", root / "hierfeat", ignore=shutil.ignore_patterns("__pycache__"))
    for file, text in zip(FILES, (ANALYSIS, PLOT), strict=True):
        assert not (root / file).exists()
        (root / file).write_text(text, encoding="utf-8")
    with (root / "hierfeat" / "__init__.pyi").open("a", encoding="utf-8") as stub:
        stub.write(NAME)
    return root


def run(house: Path, *arguments: str) -> subprocess.CompletedProcess:
    """In the copy: what stands in the current folder is imported first."""
    return subprocess.run([sys.executable, *arguments], cwd=house, capture_output=True, text=True, timeout=240)


CALLS = """
import hierfeat as hf, numpy as np
assert "house" in hf.__file__, hf.__file__
assert "mean_response" in hf.__all__
h, (images, _) = hf.load("lenet5-digits"), hf.digits()
found = hf.mean_response(h, images, layers="conv1", absolute=True)
expected = hf.record(h, images, layers="conv1")["conv1"].abs().mean((0, 2, 3))
assert np.allclose(found.table["mean"], expected, rtol=1e-4)
assert (hf.Result.load(found.save("saved")).table.to_numpy() == found.table.to_numpy()).all()
assert found.plot().get_suptitle().startswith("lenet5-digits: ")
for wrong in (lambda: hf.mean_response(h, images, layers="conv9"), lambda: hf.mean_response(h, images * 9)):
    try:
        wrong()
    except hf.HierfeatError:
        continue
    raise AssertionError("not refused")
"""


def test_it_is_public_computes_saves_draws_and_refuses(house):
    done = run(house, "-c", CALLS)
    assert done.returncode == 0, done.stderr


def test_it_is_a_command_with_all_its_options(house):
    listed = run(house, "-m", "hierfeat", "--help").stdout
    assert "mean-response" in listed
    offered = run(house, "-m", "hierfeat", "mean-response", "--help").stdout
    for word in ("--layers", "--absolute", "Average the magnitude.", "--images", "--data", "--plot", "--csv", "--out"):
        assert word in offered
    words = ["--layers", "conv1", "--limit", "4", "--plot", "figure.png", "--csv", "table.csv"]
    done = run(house, "-m", "hierfeat", "mean-response", "lenet5-digits", *words)
    assert done.returncode == 0, done.stderr
    assert (house / "figure.png").stat().st_size > 1000
    assert (house / "table.csv").read_text().startswith("layer,channel,mean\nconv1,0,")


def test_it_keeps_the_rules_of_the_house(house):
    """Lint, form and types as of any other file; the floors are tested by file in test_package.py."""
    files = [str(house / file) for file in FILES]
    for tool in (["check"], ["format", "--check"]):
        done = run(ROOT, "-m", "ruff", *tool, "--config", "pyproject.toml", *files)
        assert done.returncode == 0, done.stdout
    assert "# type: ignore" not in ANALYSIS + PLOT


def test_what_it_names_is_there():
    commands = set(re.findall(r"`make (\w[\w-]*)`", GUIDE))
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"test-all", "coverage", "oldest", "lock"} <= commands <= targets
    places = re.findall(r"`((?:subjects|anatomy|zoo|tests|stimuli)/[\w/]+\.\w+)`", GUIDE)
    assert len(places) > 5
    assert [place for place in places if not ((ROOT / place).exists() or (ROOT / "hierfeat" / place).exists())] == []
