"""The tables of docs/plan.md are those of plan.json, and what a sweep needs is what hierfeat finds now."""

import json

import pytest

from hierfeat.cli._catalogue import analyses
from tests.benchmarks import growing, growth, growth_page, plan


def test_the_page_has_the_tables_of_the_numbers():
    page = plan.PAGE.read_text(encoding="utf-8")
    assert plan.written(page, json.loads(plan.JSON.read_text())) == page


def test_the_page_has_the_exponents_of_the_points():
    page, stored = plan.PAGE.read_text(encoding="utf-8"), json.loads(growth.JSON.read_text())
    assert growth_page.with_table(page, stored) == page
    assert set(stored["analyses"]) == set(growing.calls())
    for about in stored["analyses"].values():
        for axis, found in about.items():
            for quantity, kept in found["exponents"].items():
                assert kept == growth.exponent(axis, found["points"], quantity, growth.LEAST[quantity])


def test_what_a_sweep_needs_is_what_is_stored():
    stored, found = json.loads(plan.JSON.read_text())["needs"], plan.needs()
    assert found.pop("path") == pytest.approx(stored.pop("path"), rel=0.5)  # differs between versions of Python
    assert found.pop("state") == pytest.approx(stored.pop("state"), rel=0.01)
    assert found == stored


def test_operations_are_those_of_the_literature():
    """ResNet-50 has 4.09 billion multiplications (torchvision's own count, with which He et al. 2016 agree)."""
    assert json.loads(plan.JSON.read_text())["needs"]["operations"] / 2 == pytest.approx(4.09e9, rel=0.005)


def test_the_slope_of_what_is_added():
    """A cost of 3 + 2 n^2 beyond the first point, in closed form; noise has no slope; along the side, per pixel."""
    found = {str(n): {"seconds": 3 + 2.0 * n**2} for n in (10, 1000, 10000)}
    assert growth.exponent("images", found, "seconds", 0.2) == pytest.approx(
        2, abs=0.02
    )  # it is taken between points, not at infinity
    linear = {str(n): {"seconds": 3 + 2.0 * n**2} for n in (1, 100, 1000)}
    assert growth.exponent("side", linear, "seconds", 0.2) == pytest.approx(1, abs=0.01)
    assert growth.exponent("images", {str(n): {"seconds": 1.0} for n in (1, 2, 3)}, "seconds", 0.2) is None


def test_every_analysis_is_measured_as_it_grows():
    assert set(analyses()) <= set(growing.calls())
