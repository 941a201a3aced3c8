"""The ruler of figures finds what is wrong, and nothing else."""

import matplotlib.pyplot as plt
import pytest

from tests.plots.boxes import faults, texts_of


@pytest.fixture
def one():
    figure = plt.figure(figsize=(6, 4), dpi=60, layout="constrained")
    yield figure
    plt.close(figure)


def drawn(figure):
    figure.canvas.draw()
    return figure


@pytest.mark.parametrize(("low", "high"), [(1e-9 / 3, 10), (0.2, 5e8), (1e-3, 1e-2)])
def test_ticks_beyond_a_logarithmic_axis_are_not_written(one, low, high):
    """A share of the whole range is nothing at its upper end, and decades at its lower."""
    axes = one.subplots()
    axes.set(yscale="log", ylim=(low, high), xticks=[])
    drawn(one)
    written = {text.get_text() for text in texts_of(one)}
    places = dict(zip(axes.get_yticks(), (label.get_text() for label in axes.get_yticklabels()), strict=True))
    assert written == {label for place, label in places.items() if low <= place <= high}
    assert len(written) < len(places)
    assert faults(one) == []


def test_a_legend_on_a_title_is_found(one):
    axes = one.subplots()
    axes.plot([0, 1], [0, 1], label="median")
    axes.set_title("a layer of a long name")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), borderpad=0)
    assert "a legend and 'a layer of a long name' overlap" in faults(drawn(one))


def test_a_panel_written_larger_than_the_whole_is_found(one):
    one.subplots().set_title("panel", fontsize=12)
    one.suptitle("whole", fontsize=11)
    assert faults(drawn(one)) == ["'panel' is larger than the title"]
