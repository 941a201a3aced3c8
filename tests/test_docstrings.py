"""Every example in a docstring runs; every public function says what it takes, returns and raises."""

import doctest
import importlib
import inspect
from pathlib import Path

import pytest

import hierfeat as hf

PACKAGE = Path(hf.__file__).parent
MODULES = sorted(
    ".".join(("hierfeat", *path.relative_to(PACKAGE).with_suffix("").parts))
    for path in PACKAGE.rglob("*.py")
    if path.name != "__init__.py"
)
NEEDS_DATA = ("mnist(", "fashion_mnist(", "cifar10(", "image_folder(")


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    for test in doctest.DocTestFinder(exclude_empty=True).find(module, name):
        if any(call in example.source for example in test.examples for call in NEEDS_DATA):
            continue
        result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).run(test)
        assert result.failed == 0, f"the example of {test.name} failed; see the captured output"


@pytest.mark.parametrize(
    "name", [n for n in hf.__all__ if callable(getattr(hf, n)) and not inspect.isclass(getattr(hf, n))]
)
def test_public_functions_are_documented_in_full(name):
    function = getattr(hf, name)
    text = inspect.getdoc(function)
    parameters = list(inspect.signature(function).parameters.values())
    assert not parameters or "Parameters\n----------" in text, f"{name}: no Parameters"
    assert "Returns\n-------" in text, f"{name}: no Returns"
    assert "Examples\n--------" in text, f"{name}: no Examples"
    assert text.splitlines()[0].endswith("."), f"{name}: the first line is no sentence"
    missing = [p.name for p in parameters if p.name not in text]
    assert not missing, f"{name}: {missing} not described"
