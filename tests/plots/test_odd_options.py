"""Every argument of every plot: what is odd is refused in words, and no other picture is drawn in its place."""

import inspect

import matplotlib.pyplot as plt
import pytest
import torch

import hierfeat as hf
from hierfeat.errors import HierfeatError
from tests.plots.results import FIGURES, images, labels, net, result
from tests.subjects.test_methods import ODD

PLOTS = {(source, method): arguments for source, method, arguments in FIGURES.values()}
ANSWERED = 3
"""Of the odd values at most: True counts as one channel or says yes, None and all NaN stand for the default."""


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.mark.parametrize("plot", PLOTS, ids=" ".join)
def test_odd_values_of_its_options_are_refused_in_words(plot):
    source, method = plot
    draw, arguments = getattr(result(source), method), PLOTS[plot]()
    for name, parameter in inspect.signature(draw).parameters.items():
        refused = 0
        for odd in [*ODD, 1.0, "0", ["0"], [1.5], [-1], [10**12], [[0, 1]], type]:
            several = (odd,) if parameter.kind is inspect.Parameter.VAR_POSITIONAL else ()
            named = {} if several else {name: odd}
            try:
                draw(*several, **arguments | named)
            except HierfeatError:
                refused += 1
            plt.close("all")
        assert refused >= len(ODD) + 8 - ANSWERED, name


@pytest.mark.parametrize(
    ("name", "method", "option"),
    [
        ("synthesis", "plot", "columns"), ("attribution", "plot", "most"), ("filters", "plot_pairs", "pairs"),
        ("evaluation", "plot_mistakes", "k"),
    ],
)  # fmt: skip
def test_counts_begin_at_one_and_may_exceed_what_there_is(name, method, option):
    given = {"images": images()} if option == "k" else {}
    for count in (0, -1):
        with pytest.raises(HierfeatError, match=f"expected {option} as an int from 1"):
            getattr(result(name), method)(**given, **{option: count})
    assert getattr(result(name), method)(**given, **{option: 10**6}).axes


def test_mistakes_are_not_drawn_on_other_images():
    """Images that were drawn by lot, or whose label is unknown, are not counted: a mistake would be another picture."""
    h, some = net(), labels().clone()
    some[0] = -1
    for found in (hf.evaluate(h, images(), some), hf.evaluate(h, images(), labels(), max_images=5)):
        with pytest.raises(HierfeatError, match=r"expected the \d+ images that were evaluated, got 12"):
            found.plot_mistakes(images())
    found = hf.evaluate(h, images(), some)
    first = found.plot_mistakes(images()[1:], k=1).axes[0].images[0].get_array()
    torch.testing.assert_close(torch.tensor(first).movedim(-1, 0).float(), images()[1 + found.mistakes[0]].clamp(0, 1))
