"""The table of costs: the README quotes what was measured, and only what is out by more than its spread is missed."""

import json
import time

import pytest

from tests.benchmarks.table import README, RESULTS, as_table, quoted
from tests.benchmarks.timing import Row, in_turn, quartiles


def row(value, low, high, goal=1.2):
    return Row("sweep", "LeNet-5", "all", value, low, high, 9, goal)


def test_the_readme_quotes_what_was_measured():
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    text = README.read_text(encoding="utf-8")
    assert as_table(results) in text
    assert quoted(text, results) == text


def test_every_verdict_follows_from_the_numbers():
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert {"cpu", "cores", "threads", "torch", "load"} <= set(results["machine"])
    for found in results["rows"]:
        again = Row(**{name: value for name, value in found.items() if name != "verdict"})
        assert again.verdict == found["verdict"]
        assert found["low"] <= found["value"] <= found["high"]


@pytest.mark.parametrize(
    ("measured", "verdict"),
    [
        (row(1.1, 1.0, 1.3), "met"),
        (row(1.3, 1.1, 1.4), "within spread"),
        (row(1.3, 1.25, 1.4), "missed"),
        (row(9.0, 9.0, 9.0, goal=None), ""),
    ],
)
def test_a_goal_is_missed_only_beyond_the_spread(measured, verdict):
    assert measured.verdict == verdict


def test_quartiles_are_those_of_the_rounds():
    assert quartiles([5.0, 1.0, 4.0, 2.0, 3.0]) == (3.0, 2.0, 4.0)
    assert quartiles([7.0]) == (7.0, 7.0, 7.0)


def test_twice_the_work_costs_twice_the_time():
    def burn(seconds):
        end = time.process_time() + seconds
        while time.process_time() < end:
            pass

    found = in_turn(lambda: burn(0.02), {"twice": lambda: burn(0.04)}, rounds=5, budget=60)
    assert quartiles(found["twice"])[0] == pytest.approx(2, rel=0.2)
    assert len(found["twice"]) == 5


def test_a_table_is_put_where_the_readme_has_a_place_for_it():
    results = {
        "machine": dict.fromkeys(("cpu", "cores", "load", "python", "torch", "numba"), "?"),
        "skipped": ["torch_cka: offline"],
        "rows": [row(1.3, 1.25, 1.4).as_dict()],
    }
    text = quoted("a\n<!-- costs: here -->\nold\n<!-- end of costs -->\nb\n", results)
    assert text.startswith("a\n<!-- costs: here -->\n| what | network | cost | quartiles | goal | |\n")
    assert "| all | LeNet-5 | 1.30 × | 1.25 to 1.40 | 1.20 × | missed |" in text
    assert "Left out: torch_cka: offline\n<!-- end of costs -->\nb\n" in text
    assert "old" not in text
