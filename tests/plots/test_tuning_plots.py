"""Every figure of tuning, filters, fields and sweeps is drawn, with its axes named."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import hierfeat as hf
from hierfeat.errors import HierfeatError


@pytest.fixture(scope="module")
def h():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 8, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 6, 3), nn.ReLU())
    return hf.Hierarchy(net, (3, 24, 24), mean=[0.5] * 3, std=[0.3] * 3)


@pytest.fixture(scope="module")
def tuning(h):
    return hf.orientation_tuning(h, orientations=8, frequencies=4)


def labels(figure):
    return " ".join(text.get_text() for axes in figure.axes for text in (axes.xaxis.label, axes.yaxis.label))


def test_tuning(tuning):
    assert len(tuning.plot("0", channels=5).axes) == 5
    assert len(tuning.plot("3", channels=[1, 2]).axes) == 2
    assert "preferred orientation of tuned units (°)" in labels(tuning.plot_summary())
    with pytest.raises(HierfeatError, match="one of"):
        tuning.plot("7")


def test_filters(h):
    first, deep = hf.filters(h, "0"), hf.filters(h, "3")
    for figure in (first.plot(shared_scale=True), first.plot_fits(), first.plot_pairs(), deep.plot(), deep.plot_fits()):
        assert figure.axes


def test_the_title_of_a_few_kernels_is_not_cut_off():
    figure = hf.filters(hf.load("lenet5-digits"), "conv1").plot()
    figure.canvas.draw()
    box = next(text for text in figure.texts if "kernels" in text.get_text()).get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.width


def test_fields(h):
    for probe in ("spot", "bar", "noise"):
        assert "pixels" in labels(hf.map_field(h, "1", 0, probe=probe, n=64).plot())
    assert "pixels" in labels(hf.effective_field(h, torch.rand(4, 3, 24, 24), "3").plot())


def test_pairs(h):
    figure = hf.cell_pairs(h, orientations=8, frequencies=4).plot()
    figure.canvas.draw()
    assert "F1/F0" in labels(figure)
    legend = figure.legends[0].get_window_extent()
    assert not any(legend.overlaps(axes.get_window_extent()) for axes in figure.axes)  # it hides no unit


def test_series(h, tuning):
    assert "diameter" in labels(hf.size_tuning(h, tuning=tuning, diameters=3).plot())
    assert "contrast" in labels(hf.contrast_response(h, tuning=tuning, contrasts=3).plot("3"))
    assert "length" in labels(hf.end_stopping(h, tuning=tuning, lengths=3).plot())
    assert hf.direction_tuning(h, frames=3, layers="0", directions=8).plot().axes


def test_the_plate_and_its_film(h, tmp_path):
    sweep = hf.bar_sweep(h, "1", 2, orientations=2, steps=4)
    assert "position of the bar" in labels(sweep.plot())
    path = sweep.animate(tmp_path / "film.gif")
    with Image.open(path) as film:
        assert film.n_frames == 8
        first, last = np.asarray(film.convert("L")), None
        film.seek(3)
        last = np.asarray(film.convert("L"))
    assert (first != last).any()
