"""Every plot is drawn on a figure of its own, on a part of another, or, if it has one panel, on somebody's axes."""

import inspect

import matplotlib.pyplot as plt
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.text import Text

import hierfeat as hf
from tests.plots.results import FIGURES, drawn_methods, result


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def call(name, **where):
    source, method, arguments = FIGURES[name]
    return getattr(result(source), method)(**arguments(), **where)


def words(figure) -> list[str]:
    return sorted(text.get_text() for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible())


def options(name: str) -> set[str]:
    source, method, _ = FIGURES[name]
    return set(inspect.signature(getattr(result(source), method)).parameters) & {"ax", "figure"}


ONE_PANEL = [name for name in FIGURES if "ax" in options(name)]


@pytest.mark.parametrize(("cls", "name"), drawn_methods(), ids=lambda value: getattr(value, "__name__", value))
def test_every_plot_says_where_it_can_be_drawn(cls, name):
    method = getattr(cls, name)
    assert "figure" in inspect.signature(method).parameters
    for option in {"ax", "figure"} & set(inspect.signature(method).parameters):
        assert f"\n    {option}\n" in method.__doc__


@pytest.mark.parametrize("name", FIGURES)
def test_a_network_and_its_twin_stand_side_by_side(name):
    whole = plt.figure(figsize=(26, 12), layout="constrained")
    left, right = whole.subfigures(1, 2)
    assert call(name, figure=left) is left
    call(name, figure=right)
    assert plt.get_fignums() == [whole.number]
    assert isinstance(left, SubFigure)
    assert left.findobj(Axes)
    assert len(left.findobj(Axes)) == len(right.findobj(Axes))
    whole.set_dpi(50)
    whole.draw_without_rendering()
    alone = call(name)
    title = alone.get_suptitle().split()
    assert left.get_suptitle().split() == title  # but for line breaks
    assert len(left.findobj(Text)) >= len(words(alone))


@pytest.mark.parametrize("name", FIGURES)
def test_a_plot_fills_an_empty_figure(name):
    figure = plt.figure(layout="constrained", figsize=(5, 4))
    assert call(name, figure=figure) is figure
    assert tuple(figure.get_size_inches()) == (5, 4)
    assert figure.axes


@pytest.mark.parametrize("name", ONE_PANEL)
def test_a_plot_of_one_panel_is_drawn_on_axes(name):
    figure, (left, right) = plt.subplots(1, 2, figsize=(13, 6), layout="constrained")
    left.set_title("mine")
    assert call(name, ax=right) is figure
    assert right.has_data() or right.texts or right.patches
    assert left.get_title() == "mine"
    assert not left.has_data()
    model = result(FIGURES[name][0]).provenance["model"]
    assert any(str(model) in text for text in words(right)) or not isinstance(model, str)
    figure.set_dpi(50)
    figure.draw_without_rendering()
    assert len(plt.get_fignums()) == 1


@pytest.mark.parametrize("name", sorted(set(FIGURES) - set(ONE_PANEL)))
def test_a_plot_of_several_panels_asks_for_a_figure(name):
    _, axes = plt.subplots()
    with pytest.raises(hf.HierfeatError, match="pass figure=, a Figure or SubFigure"):
        call(name, ax=axes)


@pytest.mark.parametrize("where", [{"ax": 3}, {"figure": "left"}, {"ax": 3, "figure": Figure()}])
def test_what_cannot_be_drawn_on_is_refused(where):
    with pytest.raises(hf.HierfeatError, match="expected"):
        call("layer_probes", **where)


@pytest.mark.parametrize(
    ("arguments", "named", "says"),
    [
        ((), {"title": "mine"}, "the plot takes ax=, figure=: got an unexpected keyword argument 'title'"),
        ((), {"figsize": (3, 3)}, r"for another size: figure=plt\.figure\(figsize"),
        ((1, 2), {}, "the plot takes ax=, figure=: too many positional arguments"),
    ],
)
def test_what_a_plot_does_not_take_is_answered_with_what_it_takes(arguments, named, says):
    with pytest.raises(TypeError, match=says):
        result("participation_ratio").plot(*arguments, **named)
