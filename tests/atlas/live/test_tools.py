"""What is made of sources is what the sources make: types, kernel, bundles. The tools are npm's."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
BIN = ROOT / "node_modules" / ".bin"
pytestmark = pytest.mark.skipif(
    shutil.which("npm") is None or not (BIN / "tsc").exists(),
    reason="npm's development tools are not installed (npm ci)",
)

MADE = {
    "kernel": "hierfeat/atlas/live/engine/kernel.wasm",
    "page": "hierfeat/atlas/templates/atlas.js",
    "worker": "hierfeat/atlas/templates/worker.js",
}


def npm(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["npm", "run", "--silent", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def test_types():
    done = npm("types")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", MADE)
def test_rebuilding_gives_the_same_bytes(name):
    made = ROOT / MADE[name]
    before = made.read_bytes()
    try:
        done = npm(name)
        assert done.returncode == 0, done.stderr
        assert made.read_bytes() == before, f"{MADE[name]} is not what its sources make: npm run {name}"
    finally:
        made.write_bytes(before)
