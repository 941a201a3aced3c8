"""Networks in half precision and other memory formats: sums are taken in single precision, and nothing overflows."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.representation._pooled_features import PooledFeatures
from tests.recording.sweeping import differences, measures, pictures
from tests.recording.sweeping import net as every_net


def net(dtype: torch.dtype, *, scale: float = 1.0) -> hf.Hierarchy:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 3, 3))
    with torch.no_grad():
        model[0].weight.abs_().mul_(scale)
    return hf.Hierarchy(model.to(dtype), (1, 34, 34))


IMAGES = torch.rand(12, 1, 34, 34, generator=torch.Generator().manual_seed(0))
MEASURES = (hf.Moments, hf.ActiveFraction, hf.Sparseness)


def test_sums_beyond_the_range_of_float16_do_not_overflow():
    """12 x 1024 values of some thousands: their sum is 1e8 and their squares 1e11, where float16 ends at 65504."""
    h = net(torch.float16, scale=2000.0)
    x = hf.record(h, IMAGES, layers="0")["0"].double().transpose(0, 1).flatten(1).numpy()
    assert x.sum(1).min() > 1e7
    assert (x.max(1) > 1000).all()
    moments, active, sparse = hf.sweep(h, IMAGES, [make() for make in MEASURES], layers=["0"], batch_size=5)
    assert np.allclose(moments["mean"], x.mean(1), rtol=1e-6)
    assert np.allclose(moments["variance"], x.var(1), rtol=1e-4)
    assert np.array_equal(moments["max"], x.max(1))
    assert np.allclose(active["active_fraction"], (x > 0).mean(1))
    expected = (1 - x.mean(1) ** 2 / (x**2).mean(1)) / (1 - 1 / x.shape[1])
    assert np.allclose(sparse["lifetime_sparseness"], expected, rtol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_distributions_and_patches_of_large_half_precise_activations(dtype):
    h = net(dtype, scale=2000.0)
    x = hf.record(h, IMAGES, layers="0", batch_size=5)["0"].double()
    values, largest = x.numpy().ravel(), x.amax((2, 3))
    patches, bins, pooled = hf.sweep(
        h, IMAGES, [hf.TopPatches(1), hf.Histogram(samples=None), PooledFeatures(2)], layers=["0"], batch_size=5
    )
    assert patches["value"].to_numpy() == pytest.approx(largest.amax(0).numpy(), rel=0)
    assert all(largest[image, channel] == largest[:, channel].max() for channel, image in enumerate(patches["image"]))
    assert bins["n"].tolist() == [values.size]
    for level in (0.01, 0.5, 0.99):
        assert bins[f"q{level}"][0] == pytest.approx(np.quantile(values, level), rel=0.02)
    quarters = x.unflatten(3, (2, 16)).unflatten(2, (2, 16)).mean((3, 5)).flatten(1)
    torch.testing.assert_close(pooled["0"].double(), quarters, rtol=1e-5, atol=0)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_every_measure_of_a_half_precise_network_is_that_of_its_activations(dtype):
    h = net(dtype)
    moments, active, _ = hf.sweep(h, IMAGES, [make() for make in MEASURES], layers="*", batch_size=5)
    recorded = hf.record(h, IMAGES, layers="*", batch_size=5)
    values = [x.double().transpose(0, 1).flatten(1) for x in recorded.values()]
    assert {x.dtype for x in recorded.values()} == {dtype}
    assert np.allclose(moments["mean"], torch.cat([x.mean(1) for x in values]), rtol=1e-5, atol=1e-6)
    assert np.allclose(moments["variance"], torch.cat([x.var(1, correction=0) for x in values]), rtol=1e-4)
    assert np.allclose(active["active_fraction"], torch.cat([(x > 0).double().mean(1) for x in values]))


@pytest.mark.parametrize(
    "analysis",
    [
        lambda h: hf.similarity(h, IMAGES, layers="*").table,
        lambda h: hf.participation_ratio(h, IMAGES, layers="*").table,
        lambda h: hf.translation_invariance(h, IMAGES, layers="*", max_shift=1).table,
        lambda h: hf.nonnegativity(h, IMAGES).table,
        lambda h: hf.additivity(h, IMAGES, layers="*").table[["error"]],
    ],
    ids=["similarity", "participation_ratio", "translation_invariance", "nonnegativity", "additivity"],
)
def test_populations_of_large_half_precise_activations_are_finite(analysis):
    """Norms of such activations overflow float16; compared with the same activations in single precision."""
    half = net(torch.float16, scale=1000.0)
    single = hf.Hierarchy(net(torch.float16, scale=1000.0).model.float(), (1, 34, 34))
    one, other = analysis(half), analysis(single)
    numbers = [name for name in one.select_dtypes("number") if name not in ("layer", "other")]
    assert np.isfinite(one[numbers].to_numpy()).all() == np.isfinite(other[numbers].to_numpy()).all()
    pd.testing.assert_frame_equal(one[numbers], other[numbers], rtol=0.05, atol=0.02, check_dtype=False)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_channels_last_gives_the_same_numbers_for_every_measure(dtype):
    plain, last = every_net(), every_net()
    for h in (plain, last):
        h.model.to(dtype)
    last.model.to(memory_format=torch.channels_last)
    images = pictures(40).contiguous(memory_format=torch.channels_last)
    kept = hf.record(last, images, layers="0")["0"]
    assert kept.is_contiguous(memory_format=torch.channels_last)
    wanted = hf.sweep(plain, pictures(40), measures(), layers="*", batch_size=7)
    found = hf.sweep(last, images, measures(), layers="*", batch_size=7)
    assert differences(found, wanted, rtol=1e-5 if dtype == torch.float32 else 0.02) == []
