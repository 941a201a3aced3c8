"""Old names and arguments work on with a warning, and are gone when they were said to go."""

import importlib
import re
import warnings
from pathlib import Path

import pytest

import hierfeat as hf
from hierfeat import _deprecation
from hierfeat._deprecation import Change, deprecated, renamed
from hierfeat.subjects.arguments import checked


def version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))


def test_nothing_outlives_its_end():
    package = Path(hf.__file__).parent
    for path in package.rglob("*.py"):
        if "_deprecation import" in path.read_text(encoding="utf-8"):
            importlib.import_module(".".join(("hierfeat", *path.relative_to(package).with_suffix("").parts)))
    ends = _deprecation.ENDS | {old: change.until for old, change in _deprecation.NAMES.items()}
    late = [name for name, until in ends.items() if version(hf.__version__) >= version(until)]
    assert [name for name in late if not name.startswith(("tests.", "test_deprecation", __name__))] == []


def test_new_names_of_old_ones_are_public():
    assert {change.new for change in _deprecation.NAMES.values()} <= set(hf.__all__)


def test_an_old_public_name_leads_to_the_new_one(monkeypatch):
    monkeypatch.setitem(_deprecation.NAMES, "activations", Change("record", "0.2", "0.4"))
    with pytest.warns(
        DeprecationWarning, match="hierfeat.activations is deprecated since hierfeat 0.2.*use record"
    ) as w:
        assert hf.activations is hf.record
    assert w[0].filename == __file__
    with pytest.raises(AttributeError, match="no attribute 'activation_function'; did you mean"):
        hf.activation_function  # noqa: B018


def test_an_old_argument_is_taken_by_its_old_name_and_checked():
    @renamed(size="batch_size", since="0.2", until="0.4")
    @checked()
    def double(*, batch_size: int = 1) -> int:
        return 2 * batch_size

    with pytest.warns(DeprecationWarning, match=r"size= of .*double is deprecated") as caught:
        assert double(size=3) == 6
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert double(batch_size=4) == 8
    with pytest.warns(DeprecationWarning, match="size="), pytest.raises(hf.HierfeatError, match="expected batch_size"):
        double(size=0)
    with pytest.raises(hf.HierfeatError, match="one is enough"):
        double(size=3, batch_size=3)
    with pytest.raises(TypeError, match="has no arguments"):
        renamed(size="sizes", since="0.2", until="0.4")(double)


def test_an_old_function_works_on():
    @deprecated(instead="hf.record", since="0.2", until="0.4")
    def old(number: int) -> int:
        return number + 1

    with pytest.warns(DeprecationWarning, match="use hf.record"):
        assert old(1) == 2
