"""Every plot of every result: what it draws is stored; at its limits it is drawn too, and shows what it leaves out."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from tests.plots import inventory
from tests.plots.boxes import faults
from tests.plots.results import FIGURES, drawn_methods, figure, result
from tests.plots.variants import CHANNELLED, LAYERED, OF_ONE_LAYER, all_nan, with_channels, with_layers, without_layer

SLIDE, TALLEST = 13.0, 20.0  # inches


@pytest.fixture(autouse=True)
def closed():
    """Figures are pyplot's until they are closed."""
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def stored(pytestconfig):
    """What figures drew; with --rewrite-figures, what they draw now is stored instead."""
    figures = inventory.read()
    if not pytestconfig.getoption("--rewrite-figures"):
        yield figures
        return
    now: dict[str, list[inventory.Row]] = {}
    yield now
    kept = {} if len(now) == len(FIGURES) else inventory.read()  # of a part of the figures, the others stay
    inventory.write(kept | now)


def drawn_well(one: Figure) -> None:
    """Draw it: warnings are errors, it fits a slide, can be read from afar, and nothing is hidden or written over."""
    one.set_dpi(60)
    one.canvas.draw()  # once, as savefig does
    width, height = one.get_size_inches()
    assert width <= SLIDE + 0.01
    assert height <= TALLEST + 0.01
    assert one.axes
    assert faults(one) == []
    marks_what_is_missing(one)
    marks_what_is_clipped(one)
    for axes in one.axes:
        ticks_whole(axes)


def marks_what_is_missing(one: Figure) -> None:
    for image in (image for axes in one.axes for image in axes.images):
        values = np.ma.asarray(image.get_array())
        if values.ndim == 2 and values.dtype.kind != "f":
            continue  # classes, which have a colour each
        if values.ndim == 2:
            bad = image.cmap(np.ma.masked_invalid([np.nan]))[0]
            assert bad[3] == 1, "NaN is transparent"
            assert min(np.abs(bad - image.cmap(place)).max() for place in np.linspace(0, 1, 64)) > 0.02
        else:
            assert values.shape[-1] == 3, "a channel is drawn as transparency"


def marks_what_is_clipped(one: Figure) -> None:
    """Values beyond a scale have a colour of their own, and the bar a tip."""
    bars = [bar for axes in one.axes for bar in [getattr(axes, "_colorbar", None)] if bar is not None]
    for axes in one.axes:
        for image in axes.images:
            values, (low, high) = np.ma.asarray(image.get_array()), image.get_clim()
            if values.ndim != 2 or values.dtype.kind != "f":
                continue
            below, above = (values.compressed() < low).any(), (values.compressed() > high).any()
            assert not below or image.cmap.get_under().tolist() != image.cmap(0.0)
            assert not above or image.cmap.get_over().tolist() != image.cmap(1.0)
            if below or above:
                tips = {bar.extend for bar in bars if bar.cmap is image.cmap}
                said = "beyond" in axes.get_title()
                assert said or tips & {"both", *(["min"] if below else ["max"])}, "clipped in silence"


ALONG = ("row", "column", "right", "down", "shift", "shift right", "shift down")
WHOLE = {"channel", "epoch", *(f"{name} (pixels)" for name in ALONG)}


def ticks_whole(axes: Axes) -> None:
    """Pixels and channels are counted: no tick stands between two."""
    for axis in (axes.xaxis, axes.yaxis):
        if axis.get_label_text() in WHOLE:
            assert np.allclose(axis.get_ticklocs(), np.round(axis.get_ticklocs()))


def test_every_plot_of_every_result_is_among_the_figures():
    known = {(type(result(source)), method) for source, method, _ in FIGURES.values()}
    known |= {(base, method) for cls, method in known for base in cls.__mro__}
    assert [f"{cls.__name__}.{name}" for cls, name in drawn_methods() if (cls, name) not in known] == []


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_draws_what_it_drew(name, stored, pytestconfig):
    """After a change on purpose: pytest tests/plots --rewrite-figures, and look at the difference."""
    one = figure(name)
    drawn_well(one)
    now = inventory.rows_of(one)
    if pytestconfig.getoption("--rewrite-figures"):
        stored[name] = now
    assert inventory.differences(stored[name], now) == []
    model = result(FIGURES[name][0]).provenance.get("model")
    assert not isinstance(model, str) or model in " ".join(text.get_text() for text in one.findobj(Text))


def test_the_inventory_has_no_figure_too_many(stored):
    assert set(stored) <= set(FIGURES)


def test_the_inventory_sees_a_change():
    """The strict test is one: another number, another label and another curve are all found."""
    one = figure("participation_ratio")
    before = inventory.rows_of(one)
    axes = one.axes[0]
    axes.lines[0].set_ydata(axes.lines[0].get_ydata() * [1, 1, 1, 1.05])
    assert len(inventory.differences(before, inventory.rows_of(one))) == 1
    axes.set_xlabel("depth")
    assert len(inventory.differences(before, inventory.rows_of(one))) == 2
    axes.plot([0, 1], [0, 1])
    assert any("new" in line for line in inventory.differences(before, inventory.rows_of(one)))


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_of_nothing_but_nan(name):
    drawn_well(figure(name, all_nan))


def of(sources: set[str]) -> list[str]:
    """The figures of these results that are drawn without arguments."""
    return [name for name, (source, _, arguments) in FIGURES.items() if source in sources and arguments is dict]


@pytest.mark.parametrize("count", [20, *(pytest.param(count, marks=pytest.mark.slow) for count in (1, 5, 60, 300))])
@pytest.mark.parametrize("name", of(LAYERED))
def test_a_figure_of_one_and_of_many_layers(name, count):
    drawn_well(figure(name, lambda one: with_layers(one, count)))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(of(LAYERED)) - OF_ONE_LAYER))
def test_no_layer_is_left_out_in_silence(name):
    """A layer whose numbers are taken away changes the figure, or the figure says that it shows some layers."""
    whole = figure(name, lambda one: with_layers(one, 60))
    words = " ".join(text.get_text() for text in whole.findobj(Text))
    before = inventory.rows_of(whole)
    silent = [place for place in (0, 7, 59) if not inventory.differences(before, _rows_without(name, place))]
    assert not silent or "of 60 layers" in " ".join(words.split())


def _rows_without(name, place):
    return inventory.rows_of(figure(name, lambda one: without_layer(with_layers(one, 60), place)))


@pytest.mark.parametrize("count", [1, 2000])
@pytest.mark.parametrize("name", of(CHANNELLED))
def test_a_figure_of_one_and_of_many_channels(name, count):
    drawn_well(figure(name, lambda one: with_channels(one, count)))
