"""Streaming measures against numpy on everything at once, whatever the batches."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import hierfeat as hf
from hierfeat.recording._reductions import Reductions, Shared
from hierfeat.recording.measure import Batch

SHAPES = [(6, 3), (6, 3, 7), (6, 3, 5, 4), (6, 3, 16, 16), (6, 1, 2, 2)]


def fed(measure, x, size):
    for start, batch in enumerate(x.split(size)):
        measure.begin(Batch(torch.arange(len(batch)) + start * size, batch, None))
        measure.update("layer", batch)
    return measure.result()


def rows(x):
    return np.moveaxis(x.double().numpy().reshape(*x.shape[:2], -1), 1, 0).reshape(x.shape[1], -1)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [1, 4, 6])
@pytest.mark.parametrize("rectified", [True, False])
def test_moments_active_and_lifetime_against_numpy(shape, size, rectified):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    x = x.relu() if rectified else x
    values = rows(x)
    moments = fed(hf.Moments(), x, size)
    assert np.allclose(moments["mean"], values.mean(1), atol=1e-7)
    assert np.allclose(moments["variance"], values.var(1), rtol=1e-5)
    assert np.array_equal(moments["min"], values.min(1))
    assert np.array_equal(moments["max"], values.max(1))
    assert (moments["n"] == values.shape[1]).all()
    active = fed(hf.ActiveFraction(), x, size)
    assert np.allclose(active["active_fraction"], (values > 0).mean(1), atol=1e-12)
    rates = values.clip(0)
    a = rates.mean(1) ** 2 / (rates**2).mean(1)
    expected = (1 - a) / (1 - 1 / values.shape[1])
    assert np.allclose(fed(hf.Sparseness(), x, size)["lifetime_sparseness"], expected, rtol=1e-5)


@given(n=st.integers(1, 20), size=st.sampled_from([1, 7, 64]), offset=st.floats(-100, 100))
@settings(max_examples=60, deadline=None)
def test_batch_size_does_not_matter_in_float64(n, size, offset):
    x = torch.randn(n, 3, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(n)) + offset
    for make in (hf.Moments, hf.ActiveFraction, hf.Sparseness, hf.Histogram):
        whole, parts = fed(make(), x, n), fed(make(), x, size)
        assert np.allclose(whole.iloc[:, 1:].astype(float), parts.iloc[:, 1:].astype(float), rtol=1e-6, equal_nan=True)


def test_variance_survives_a_large_mean_in_float32():
    """Mean/std = 10,000: naive float32 sums of squares are wrong by orders of magnitude."""
    x = torch.randn(8, 2, 32, 32, generator=torch.Generator().manual_seed(0)) + 10_000
    assert np.allclose(fed(hf.Moments(), x, 3)["variance"], rows(x).var(1), rtol=1e-6)


@pytest.mark.parametrize("mean", [0, 3, 30, 90])
def test_variance_is_good_to_one_in_a_thousand_before_the_second_pass_sets_in(mean):
    x = torch.randn(16, 2, 32, 32, generator=torch.Generator().manual_seed(0)) + mean
    assert np.allclose(fed(hf.Moments(), x, 5)["variance"], rows(x).var(1), rtol=1e-3)


def test_a_layer_that_loses_its_spread_is_looked_at_more_closely():
    """After the first image float32 sums would do; over the others they would lose digits of the variance."""
    x = 5.1 + 1e-4 * torch.randn(4000, 1, 12, 12, generator=torch.Generator().manual_seed(0))
    x[0] = 5.1 + torch.randn(1, 12, 12, generator=torch.Generator().manual_seed(1))
    assert np.allclose(fed(hf.Moments(), x, 1)["variance"], rows(x).var(1), rtol=2e-5)


def test_layers_of_many_sizes_do_not_overwrite_each_others_rates():
    generator = torch.Generator().manual_seed(0)
    sizes = {"large": (20, torch.float32), "small": (9, torch.float32), "double": (12, torch.float64)}
    layers = {name: torch.randn(2, 3, s, s, generator=generator, dtype=kind) for name, (s, kind) in sizes.items()}
    measure = hf.Sparseness()
    with torch.inference_mode():
        measure.update("first", torch.randn(2, 3, 9, 9))
    for name, x in (*layers.items(), *layers.items()):
        measure.update(name, x)
    found = measure.result().set_index(["layer", "channel"])["lifetime_sparseness"]
    for name, x in layers.items():
        rates = rows(x).clip(0)
        n = 2 * rates.shape[1]
        expected = (1 - rates.mean(1) ** 2 / (rates**2).mean(1)) / (1 - 1 / n)
        assert np.allclose(found[name], expected, rtol=1e-5)


def test_merging_equals_feeding(everything):
    x = torch.randn(9, 4, 5, 5, dtype=torch.float64)
    for make in (hf.Moments, hf.ActiveFraction, hf.Sparseness, hf.Histogram):
        one, two, both = make(), make(), make()
        for measure, start, stop in ((one, 0, 4), (two, 4, 9), (both, 0, 9)):
            measure.begin(Batch(torch.arange(start, stop), x[start:stop], None))
            measure.update("layer", x[start:stop])
        one.merge(two)
        assert np.allclose(one.result().iloc[:, 1:].astype(float), both.result().iloc[:, 1:].astype(float), rtol=1e-12)


def test_channels_last_and_half_precision():
    x = torch.randn(4, 6, 8, 8)
    plain = fed(hf.Moments(), x, 4)
    last = fed(hf.Moments(), x.to(memory_format=torch.channels_last), 4)
    assert np.allclose(plain["variance"], last["variance"], rtol=1e-6)
    half = fed(hf.Moments(), x.bfloat16(), 4)
    assert np.allclose(half["mean"], rows(x.bfloat16().float()).mean(1), atol=1e-6)


def test_population_sparseness_against_numpy():
    x = torch.randn(3, 5, 4, 4).relu()
    x[0, :, 0, 0] = 0  # nothing answers here: left out
    x[1, :, 0, 0] = torch.tensor([1.0, 0, 0, 0, 0])  # 1 here
    r = x.permute(0, 2, 3, 1).reshape(-1, 5).double().numpy()
    r = r[(r > 0).any(1)]
    expected = ((1 - r.mean(1) ** 2 / (r**2).mean(1)) / (1 - 1 / 5)).mean()
    got = fed(hf.Sparseness(places=None), x, 2)["population_sparseness"]
    assert np.allclose(got, expected)


def test_a_gaussian_through_relu_has_the_sparseness_of_its_closed_form():
    x = torch.randn(64, 2, 64, 64, generator=torch.Generator().manual_seed(0)).relu()
    assert np.allclose(fed(hf.Sparseness(), x, 16)["lifetime_sparseness"], 1 - 1 / np.pi, atol=0.01)
    assert np.allclose(fed(hf.ActiveFraction(), x, 16)["active_fraction"], 0.5, atol=0.01)


@given(st.floats(1e-3, 1e3), st.integers(0, 100))
@settings(max_examples=30, deadline=None)
def test_quantiles_are_good_to_one_percent(scale, seed):
    x = scale * torch.randn(4, 2, 40, 40, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    measure = hf.Histogram(samples=None, quantiles=(0.1, 0.5, 0.9))
    got = fed(measure, x, 2).iloc[0, 2:].astype(float).to_numpy()
    expected = np.quantile(x.numpy(), [0.1, 0.5, 0.9])
    assert np.allclose(got, expected, rtol=0.012, atol=0.02 * scale)


def test_half_zeros_have_a_median_of_exactly_zero():
    assert fed(hf.Histogram(), torch.randn(8, 4, 8, 8).relu(), 4)["q0.25"].item() == 0.0


def test_one_activation_is_reduced_once_for_all_measures():
    x, shared = torch.rand(2, 3, 4, 4), Shared()
    assert shared.of(x) is shared.of(x)
    assert shared.of(x) is not shared.of(x.clone())
    found = Reductions(x, shared)
    assert found.rate_totals is found.totals  # rates of a non-negative layer are itself


def test_a_dead_channel_is_told_and_not_divided_by():
    x = torch.rand(4, 2, 3, 3)
    x[:, 1] = 0
    assert list(fed(hf.ActiveFraction(), x, 2)["dead"]) == [False, True]
    assert np.isnan(fed(hf.Sparseness(), x, 2)["lifetime_sparseness"][1])


def test_a_sample_of_many_images_stands_for_all_values():
    """Runs of neighbours move over the layer: channels of unlike scale are all met."""
    x = torch.randn(2000, 8, 6, 6, generator=torch.Generator().manual_seed(0)) * torch.arange(1, 9).view(1, 8, 1, 1)
    sampled, everything = fed(hf.Histogram(samples=16), x, 100), fed(hf.Histogram(samples=None), x, 100)
    assert np.allclose(sampled.iloc[0, 2:].astype(float), everything.iloc[0, 2:].astype(float), atol=0.15, rtol=0.05)


def test_more_images_than_a_byte_counts():
    x = torch.ones(600, 2, 3, 3)
    x[:, 1] = 0
    assert list(fed(hf.ActiveFraction(), x, 600)["active_fraction"]) == [1, 0]


def test_an_activation_overwritten_between_two_measures_is_reduced_again():
    x, shared = torch.randn(4, 2, 3, 3), Shared()
    first = shared.of(x)
    x.abs_()
    assert shared.of(x) is not first
    assert shared.of(x).is_rate


@pytest.mark.parametrize("shape", [(24, 3), (256, 64), (24, 3, 2, 2), (64, 8, 28, 28)])
@pytest.mark.parametrize("level", [0, 5, 9, 11, 30, 70, 95, 150, 1000])
def test_variances_beside_a_mean_many_times_as_large(shape, level):
    """The mean in standard deviations: float32 sums of squares alone were wrong by 0.8 % at 70 of them."""
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0)) + level
    found, values = fed(hf.Moments(), x, -(-len(x) // 3)), rows(x)
    np.testing.assert_allclose(found["variance"], values.var(1), rtol=2e-5)
    np.testing.assert_allclose(found["mean"], values.mean(1), rtol=1e-6, atol=1e-6)
