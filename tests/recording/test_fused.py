"""The compiled pass beside numpy, and sweeps with it beside sweeps without; where numba is installed."""

import importlib.util

import numpy as np
import pytest
import torch

import hierfeat as hf
from hierfeat.recording import _fused, _reductions
from tests.recording.sweeping import differences, measures, net, pictures

pytestmark = pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="numba is not installed")
SHAPES = [(3, 4, 100), (2, 3, 32), (2, 3, 31), (5, 7, 1), (1, 1, 1), (1, 2, 33), (40, 2, 9)]


def wanted(x):
    x, axes = x.astype(np.float64), (0, 2)
    rates = np.maximum(x, 0)
    sums = [x.sum(axes), (x**2).sum(axes), (x > 0).sum(axes), x.min(axes), x.max(axes)]
    return np.stack([*sums, rates.sum(axes), (rates**2).sum(axes)])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", ["normal", "negative", "positive", "zeros", "minus zero", "huge", "tiny", "mixed"])
def test_all_statistics_are_those_of_numpy(shape, kind):
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    signs = np.where(x > 0, np.float32(0.0), np.float32(-0.0))
    changed = {"negative": -abs(x), "positive": abs(x), "zeros": 0 * abs(x), "minus zero": signs, "huge": x * 1e15}
    x = {**changed, "tiny": x * 1e-15, "mixed": x * np.exp(3 * x)}.get(kind, x).astype(np.float32)
    found, expected = _fused.statistics(x), wanted(x)
    exact = [_fused.POSITIVE, _fused.LOW, _fused.HIGH]
    assert np.array_equal(found[exact], expected[exact])
    scale = np.sqrt(
        expected[_fused.SQUARES] * shape[0] * shape[2]
    )  # a sum may cancel: its rounding is that of its parts
    assert (abs(found[_fused.SUM] - expected[_fused.SUM]) <= 1e-6 * scale).all()
    others = [_fused.SQUARES, _fused.RATES, _fused.RATE_SQUARES]
    assert np.allclose(found[others], expected[others], rtol=1e-6, atol=1e-35)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("shape", [(3, 4, 100), (3, 4, 5)])
def test_what_is_not_finite_shows_in_the_squares(value, shape):
    x = np.ones(shape, np.float32)
    x[1, 2, 3] = value
    assert np.flatnonzero(~np.isfinite(_fused.statistics(x)[_fused.SQUARES])).tolist() == [2]


@pytest.mark.parametrize("shape", SHAPES)
def test_those_of_the_rectified_follow(shape):
    x = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    found = _fused.rectified(_fused.statistics(x))
    assert np.allclose(found, _fused.statistics(np.maximum(x, 0)), rtol=1e-6)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_sweeps_agree_with_and_without_it(monkeypatch, layout):
    images = pictures().to(memory_format=layout)
    seen = []
    monkeypatch.setattr(_fused, "statistics", lambda x, real=_fused.statistics: seen.append(1) or real(x))
    compiled = hf.sweep(net(), images, measures(), batch_size=10, progress=False)
    count = len(seen)
    monkeypatch.setattr(_reductions._fused, "is_there", lambda: False)
    plain = hf.sweep(net(), images, measures(), batch_size=10, progress=False)
    assert (count > 0) == (layout == torch.contiguous_format)  # others lie scattered: they take the plain path
    assert len(seen) == count
    assert differences(list(compiled), list(plain), rtol=1e-6) == []
