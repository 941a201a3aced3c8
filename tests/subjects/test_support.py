"""Every analysis on every kind of network gives an answer or one clear sentence: as support.csv says."""

from functools import cache

import pandas as pd
import pytest

from hierfeat.errors import HierfeatError
from tests.subjects.kinds import KINDS, TIMM, subject
from tests.subjects.support import TABLE, analyses, answer

STORED = pd.read_csv(TABLE, index_col="network")
QUICK = 2
"""Analyses that each kind of network meets in a quick run; all of them in a slow one."""


@cache
def made(kind: str):
    return subject(kind)


def pairs() -> list:
    """All pairs; those that a quick run leaves out are marked: every analysis meets some kinds in it."""
    names, found = list(analyses()), []
    for number, kind in enumerate(KINDS):
        quick = {names[(QUICK * number + step) % len(names)] for step in range(QUICK)}
        marks = {name: () if name in quick and not kind.startswith("timm") else pytest.mark.slow for name in names}
        found += [pytest.param(kind, name, marks=marks[name], id=f"{kind}, {name}") for name in names]
    return found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("kind", "name"), pairs())
def test_an_answer_or_one_clear_sentence(kind, name):
    """What is raised otherwise, by torch or numpy, fails the test as it is."""
    if kind not in STORED.index:
        pytest.skip("not in the table: python -m tests.subjects.support adds it")
    said = answer(name, made(kind))
    stored = STORED.loc[kind, name]
    assert (said == "yes") == (stored == "yes"), f"{said!r}, where the table has {stored!r}"
    if said != "yes":
        assert len(said) > 20
        assert "\n" not in said.strip()


def test_the_table_has_every_analysis_and_no_traceback():
    assert set(STORED.columns) == set(analyses())
    assert set(STORED.index) <= set(KINDS) | set(TIMM)
    assert (STORED != "TRACEBACK").all(axis=None)


@pytest.mark.parametrize("kind", ["int8", "TorchScript"])
def test_what_cannot_be_examined_is_refused_as_a_subject(kind):
    assert isinstance(made(kind), HierfeatError)
