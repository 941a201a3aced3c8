"""The compiled pass beside numpy, and sweeps with it beside sweeps without; where numba is installed."""

import importlib.util

import numpy as np
import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.recording import _fused
from tests.recording.sweeping import differences, measures, net, pictures

pytestmark = pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="numba is not installed")
SHAPES = [(3, 4, 100), (2, 3, 32), (2, 3, 31), (5, 7, 1), (1, 1, 1), (1, 2, 33), (40, 2, 9), (2, 2, 5000), (300, 1, 3)]
NONE = np.zeros(0, np.int64)


class Kept:
    """What the compiled pass keeps of one layer from batch to batch."""

    def __init__(self, channels, run=0, many=0):
        self.all = np.zeros((9, channels))
        self.all[_fused.LOW], self.all[_fused.HIGH] = np.inf, -np.inf
        self.here, self.count, self.run = np.empty((9, channels)), 0, run
        self.bins = np.zeros(2 * _fused.SIDE + 1, np.int64) if run else NONE
        self.crowd = np.array([0.0, 0.0, many]) if many else np.zeros(0)

    def take(self, x, *, known=False, places=None):
        places = np.arange(len(x)) if places is None else places
        flat, run = x.reshape(-1), self.run
        given = (self.here, known, self.count, self.all, places, run, self.bins, self.crowd)
        self.count += x.shape[0] * x.shape[2]
        return _fused.compiled()(flat, x.shape, *given)


def wanted(x):
    x, axes = x.astype(np.float64), (0, 2)
    rates = np.maximum(x, 0)
    count = x.shape[0] * x.shape[2]
    return {
        _fused.LOW: x.min(axes),
        _fused.HIGH: x.max(axes),
        _fused.POSITIVE: (x > 0).sum(axes),
        _fused.MEAN: x.mean(axes),
        _fused.M2: x.var(axes) * count,
        _fused.RATES: rates.sum(axes),
        _fused.RATE_SQUARES: (rates**2).sum(axes),
    }


def check(found, x):
    """Extremes and counts exactly; a mean to the rounding of its parts, which may cancel; squares to one in 10⁶."""
    expected, scale = wanted(x), np.sqrt((x.astype(np.float64) ** 2).mean((0, 2)))
    for row in (_fused.LOW, _fused.HIGH, _fused.POSITIVE):
        assert np.array_equal(found[row], expected[row])
    assert (abs(found[_fused.MEAN] - expected[_fused.MEAN]) <= 1e-6 * scale).all()
    floor = 1e-13 * scale**2 * x.shape[0] * x.shape[2] + 1e-35
    assert (abs(found[_fused.M2] - expected[_fused.M2]) <= 1e-6 * expected[_fused.M2] + floor).all()
    for row in (_fused.RATES, _fused.RATE_SQUARES):
        assert np.allclose(found[row], expected[row], rtol=1e-6, atol=1e-35)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", ["normal", "negative", "positive", "zeros", "minus zero", "huge", "tiny", "mixed"])
def test_all_statistics_are_those_of_numpy(shape, kind):
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    signs = np.where(x > 0, np.float32(0.0), np.float32(-0.0))
    changed = {"negative": -abs(x), "positive": abs(x), "zeros": 0 * abs(x), "minus zero": signs, "huge": x * 1e15}
    x = {**changed, "tiny": x * 1e-15, "mixed": x * np.exp(3 * x)}.get(kind, x).astype(np.float32)
    kept = Kept(shape[1])
    assert np.isfinite(kept.take(x))
    check(kept.all, x)


@pytest.mark.parametrize("shape", [(6, 4, 100), (60, 3, 9)])
@pytest.mark.parametrize("mean", [0.0, 100.0, -3000.0])
def test_batches_add_up_and_a_large_mean_costs_no_digits(shape, mean):
    x = (np.random.default_rng(0).normal(size=shape) + mean).astype(np.float32)
    kept = Kept(shape[1])
    for batch in np.split(x, [1, 2, 5]):
        kept.take(batch)
    assert kept.count == shape[0] * shape[2]
    check(kept.all, x)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
@pytest.mark.parametrize("shape", [(3, 4, 100), (3, 4, 5)])
@pytest.mark.parametrize("place", [(1, 2, 3), (0, 0, 0)])
def test_what_is_not_finite_shows(value, shape, place):
    x = np.ones(shape, np.float32)
    x[place] = value
    assert not np.isfinite(Kept(shape[1]).take(x))


@pytest.mark.parametrize("shape", SHAPES)
def test_those_of_the_rectified_follow(shape):
    x = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    given, kept = Kept(shape[1]), Kept(shape[1])
    given.take(x)
    kept.here = given.here
    kept.take(np.maximum(x, 0), known=True)
    check(kept.all, np.maximum(x, 0))


@pytest.mark.parametrize("run", [1, 64, 10**6])
def test_runs_are_counted_in_the_bins_that_hold_their_values(run):
    x = (np.random.default_rng(2).normal(size=(5, 3, 40)) * np.logspace(-9, 7, 40)).astype(np.float32)
    places = np.array([0, 7919, 2 * 7919, 13, 5])
    kept = Kept(3, run=run)
    kept.take(x, places=places)
    run = min(run, 120)
    starts = places % (120 - run + 1)
    values = np.concatenate([image.ravel()[start : start + run] for image, start in zip(x, starts, strict=True)])
    edges = hf.Histogram.edges()
    inside = np.clip(values, edges[0] * (1 - 1e-12), edges[-1] * (1 - 1e-12))
    assert kept.bins.sum() == 5 * run
    assert np.array_equal(kept.bins, np.histogram(inside, edges)[0])


@pytest.mark.parametrize(("shape", "many"), [((5, 7, 40), 4), ((5, 7, 3), 4), ((4, 1, 9), 2), ((3, 6, 1), 4)])
def test_population_sparseness_is_that_of_its_formula(shape, many):
    x = np.random.default_rng(3).normal(size=shape).astype(np.float32)
    x[0] = -1  # nothing responds
    kept, places = Kept(shape[1], many=many), 7919 * np.arange(shape[0])
    kept.take(x, places=places)
    many, channels = min(many, shape[2]), shape[1]
    total, count = 0.0, 0
    for image, start in zip(np.maximum(x, 0).astype(float), places % (shape[2] - many + 1), strict=True):
        for r in image[:, start : start + many].T:
            if r.any():
                a = r.mean() ** 2 / (r**2).mean()
                total += (1 - a) / (1 - 1 / channels) if channels > 1 else 0
                count += 1
    assert kept.crowd[1] == count
    assert kept.crowd[0] == pytest.approx(total, rel=1e-12)


def without_numba(monkeypatch):
    monkeypatch.setattr(_fused, "is_there", lambda: False)


def counted(monkeypatch):
    """A list that grows with each compiled pass."""
    seen, run = [], _fused.compiled()
    monkeypatch.setattr(_fused, "compiled", lambda: lambda *given: seen.append(given[3]) or run(*given))
    return seen


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_sweeps_agree_with_and_without_it(monkeypatch, layout):
    images, layers = pictures().to(memory_format=layout), ("conv", "pool", "activation")
    seen = counted(monkeypatch)
    compiled = hf.sweep(net(), images, measures(), layers=layers, batch_size=10, progress=False)
    count = len(seen)
    without_numba(monkeypatch)
    plain = hf.sweep(net(), images, measures(), layers=layers, batch_size=10, progress=False)
    assert (count > 0) == (layout == torch.contiguous_format)  # others lie scattered: they take the plain path
    assert sum(seen) == count // 5  # one of the five layers is a rectifier of a layer that has been seen
    assert len(seen) == count
    assert differences(list(compiled), list(plain), rtol=1e-6) == []


class Scattered(nn.Module):
    """Its second layer lies scattered in memory."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.third = nn.Conv2d(1, 3, 3), nn.Conv2d(3, 3, 3), nn.Conv2d(3, 3, 3)

    def forward(self, x):
        x = self.second(self.first(x).to(memory_format=torch.channels_last))
        return self.third(x.contiguous())


def test_layers_keep_their_order_and_two_of_a_kind_both_count(monkeypatch):
    h = hf.Hierarchy(Scattered(), (1, 16, 16))

    def swept():
        made = [hf.Histogram(16), hf.Moments(), hf.Moments(), hf.Sparseness(2), hf.Histogram(), hf.ActiveFraction()]
        return list(hf.sweep(h, pictures(), made, batch_size=10, progress=False))

    seen = counted(monkeypatch)
    found = swept()
    assert len(seen) == 2 * 11
    without_numba(monkeypatch)
    assert differences(found, swept(), rtol=1e-6) == []
    assert list(found[0].layer) == ["first", "second", "third"]
    assert differences([found[1]], [found[2]], rtol=1e-6) == []


class Doubled(hf.Moments):
    """A measure of one's own, made from one of the package's."""

    def update(self, layer, activation):
        super().update(layer, 2 * activation)


def test_a_measure_made_from_one_of_these_is_asked_itself():
    twice, once = hf.sweep(net(), pictures(), [Doubled(), hf.Moments()], progress=False)
    assert np.allclose(twice["mean"], 2 * once["mean"], rtol=1e-6)


def test_what_was_seen_is_there_after_an_error(monkeypatch):
    """The state holds what came before, with and without the compiled pass."""
    images = pictures()
    images[25] = torch.nan

    def swept():
        moments = hf.Moments()
        with pytest.raises(hf.HierfeatError, match="image 5"):
            hf.sweep(net(), images.split(10), [moments], progress=False)
        return moments.result()

    found = swept()
    without_numba(monkeypatch)
    assert set(found["n"]) == set(swept()["n"])
    assert differences([found], [swept()], rtol=1e-6) == []
