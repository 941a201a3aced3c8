"""Every example in a docstring runs; every public name is described in one form, in full."""

import doctest
import importlib
import inspect
import operator
import re
import tomllib
import warnings
from pathlib import Path

import pytest
from numpydoc.validate import ERROR_MSGS, validate

import hierfeat as hf
from hierfeat.cli._catalogue import analyses

PACKAGE = Path(hf.__file__).parent
MODULES = sorted(
    ".".join(("hierfeat", *path.relative_to(PACKAGE).with_suffix("").parts))
    for path in PACKAGE.rglob("*.py")
    if path.name != "__init__.py"
)
NEEDS_DATA = ("imagenette(", "mnist(", "fashion_mnist(", "cifar10(", "image_folder(")


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    for test in doctest.DocTestFinder(exclude_empty=True).find(module, name):
        if any(call in example.source for example in test.examples for call in NEEDS_DATA):
            continue
        result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).run(test)
        assert result.failed == 0, f"the example of {test.name} failed; see the captured output"


MODULES_OF_FUNCTIONS = {name for name in hf.__all__ if inspect.ismodule(getattr(hf, name))}
NAMES = [name for name in hf.__all__ if name != "__version__" and name not in MODULES_OF_FUNCTIONS]
NAMES += [f"{module}.{name}" for module in sorted(MODULES_OF_FUNCTIONS) for name in getattr(hf, module).__all__]


def public(name):
    return operator.attrgetter(name)(hf)


@pytest.mark.parametrize("name", [n for n in NAMES if callable(public(n)) and not inspect.isclass(public(n))])
def test_public_functions_are_documented_in_full(name):
    function = public(name)
    text = inspect.getdoc(function)
    parameters = list(inspect.signature(function).parameters.values())
    assert not parameters or "Parameters\n----------" in text, f"{name}: no Parameters"
    assert "Returns\n-------" in text, f"{name}: no Returns"
    assert "Examples\n--------" in text, f"{name}: no Examples"
    assert text.splitlines()[0].endswith("."), f"{name}: the first line is no sentence"
    missing = [p.name for p in parameters if p.name not in text]
    assert not missing, f"{name}: {missing} not described"


SETTINGS = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))
LEFT_OUT = set(SETTINGS["tool"]["numpydoc_validation"]["checks"]) - {"all"}
TYPED = "a type in the docstring"
RETURNED = {"Call", "Layer", "LayerModule", "LayerTable", "Result", "testing.Comparison", "testing.Fingerprint"}
# described by attributes: no user makes them


def faults(name: str) -> set[str]:
    """What numpydoc's validation finds, and parameters whose type stands in the docstring and not in the annotation."""
    value = public(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {code for code, _ in validate(f"{value.__module__}.{value.__qualname__}")["errors"]}
    section = re.search(r"^Parameters\n-+\n(.*?)(?=^\S[^\n]*\n-{3,}|\Z)", inspect.getdoc(value), re.M | re.S)
    typed = section is not None and re.search(r"^\S[^\n]* : ", section[1], re.M)
    if name in RETURNED:
        found.discard("PR01")
    return (found - LEFT_OUT) | ({TYPED} if typed else set())


@pytest.mark.parametrize("name", NAMES)
def test_public_names_are_described_in_one_form(name):
    found = faults(name)
    assert not found, f"{name}: {[(code, ERROR_MSGS.get(code, '')) for code in sorted(found)]}"


def test_every_analysis_says_what_it_keeps_in_memory():
    silent = [name for name in analyses() if "\nMemory: " not in (inspect.getdoc(getattr(hf, name)) or "")]
    assert silent == []
