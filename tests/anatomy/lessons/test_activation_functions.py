"""Values and slopes against torch and its autograd; bounds and means against brute force and closed forms."""

import doctest
import math
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

import hierfeat.anatomy.lessons.activation_functions as module
from hierfeat.anatomy.lessons.activation_functions import ActivationFunctions, activation_functions
from hierfeat.errors import HierfeatError

TORCHS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "leaky_relu": partial(F.leaky_relu, negative_slope=0.1),
    "elu": F.elu,
    "maxout": lambda z: torch.maximum(torch.maximum(-z / 4 - 0.5, z / 4), z - 0.75),
    "gelu": F.gelu,
    "silu": F.silu,
    "softplus": lambda z: F.softplus(z, threshold=1000),
}


@pytest.mark.parametrize("name", TORCHS)
@settings(deadline=None)
@given(z=st.lists(st.floats(-40, 40), min_size=1, max_size=20))
def test_value_and_slope_are_torchs(name, z):
    inputs = torch.tensor([number for number in z if abs(number) != 1] or [0.5], dtype=torch.float64)
    inputs.requires_grad_()  # at -1 and 1 the maxout has its kinks, where torch halves the slope
    outputs = TORCHS[name](inputs)
    (slopes,) = torch.autograd.grad(outputs.sum(), inputs)
    found = activation_functions(inputs.detach(), functions=[name])
    np.testing.assert_allclose(found.values[name], outputs.detach(), atol=1e-12)
    np.testing.assert_allclose(found.slopes[name], slopes, atol=1e-7)  # torch's elu and tanh slopes cancel


def test_bounds_are_kept_and_approached():
    found = activation_functions(np.linspace(-50, 50, 1_000_001))
    for row in found.table.itertuples():
        values = found.values[row.function]
        low = -50 * 0.1 if row.lowest == -math.inf else row.lowest
        assert values.min() == pytest.approx(low, abs=1e-9)
        assert values.max() == pytest.approx(min(row.highest, 50), abs=1e-9) or row.function == "maxout"
        assert found.slopes[row.function].max() == pytest.approx(row.steepest, abs=1e-6)


def test_what_tells_them_apart():
    table = activation_functions().table.set_index("function")
    assert table.index[table.zero_centred].tolist() == ["tanh"]
    assert table.index[table.saturates_above].tolist() == ["sigmoid", "tanh"]
    assert table.index[~table.saturates_below].tolist() == ["leaky_relu", "maxout"]
    assert table.loc["sigmoid", "steepest"] == 0.25
    assert table.loc["relu", "normal_mean"] == pytest.approx(1 / math.sqrt(2 * math.pi), abs=1e-6)
    assert table.loc["relu", "normal_flat"] == pytest.approx(0.5, abs=1e-3)
    assert table.loc["sigmoid", "normal_mean"] == pytest.approx(0.5)
    # E[zΦ(z)] = E[φ(z)] by Stein's lemma = 1/(2√π)
    assert table.loc["gelu", "normal_mean"] == pytest.approx(1 / (2 * math.sqrt(math.pi)))


def test_a_feature_map_keeps_its_shape():
    z = np.array([[-10.0, 0.0], [10.0, 1.0]])
    found = activation_functions(z)
    assert found.values["relu"].tolist() == [[0, 0], [10, 1]]
    table = found.table.set_index("function")
    assert table.loc["relu", "flat_fraction"] == 0.5
    assert table.loc["relu", "mean"] == 2.75
    assert table.loc["sigmoid", "flat_fraction"] == 0.5


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([],), {}, "at least one input"),
        (([float("nan")],), {}, "finite"),
        (([1.0],), {"functions": ["rely"]}, "expected some of sigmoid.*got rely"),
        (([1.0],), {"functions": []}, "got none"),
    ],
)
def test_bad_input(arguments, options, message):
    with pytest.raises(HierfeatError, match=message):
        activation_functions(*arguments, **options)


def test_saved_and_loaded(tmp_path):
    found = activation_functions()
    again = ActivationFunctions.load(found.save(tmp_path))
    assert again.table.highest.tolist() == found.table.highest.tolist()
    np.testing.assert_array_equal(again.slopes["gelu"], found.slopes["gelu"])


def test_plot_draws_curves_or_maps():
    curves = activation_functions().plot().axes
    assert len(curves) == 9
    assert [line.get_label() for line in curves[0].lines[:2]] == ["value σ(z)", "slope σ′(z)"]
    assert curves[0].texts[0].get_text() == "(0, 1)\nmean +0.50"
    maps = activation_functions(np.random.default_rng(0).standard_normal((5, 6))).plot().axes
    assert [axis.get_title() for axis in maps[:3]] == ["weighted input z", "sigmoid", "tanh"]
    low, high = maps[1].images[0].get_clim()
    assert low == -high


def test_examples_run():
    assert doctest.testmod(module).failed == 0
