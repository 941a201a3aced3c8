"""Pools in isolation against closed forms, swapped pools against torch's own, and the analysis as a whole."""

from math import comb

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge
from torch import nn
from torch.nn import functional as F

import hierfeat as hf
from hierfeat.physiology.invariance._pool_costs import RIDGE, position_r2
from hierfeat.physiology.invariance._pools import (
    POOLS,
    Windows,
    average,
    binomial,
    blurred,
    l2,
    maximum,
    polyphase,
    strided,
)
from hierfeat.physiology.invariance.pooling_invariance import pooling_invariance
from hierfeat.zoo.parts import MaxBlurPool2d

X = torch.randn(3, 4, 13, 12, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("k", [2, 3, 4])
def test_an_impulse_shifted_by_d_leaves_k_minus_d_of_k_per_axis(k: int) -> None:
    """Over all phases of the impulse in its window, the share for which max pooling's output does not change."""
    size = 8 * k
    windows = Windows((8, 8), (k, k), (k, k))
    for d in range(k + 1):
        same = 0
        for phase in range(k):
            images = torch.zeros(2, 1, size, size)
            images[0, 0, 2 * k + phase, 2 * k] = 1
            images[1, 0, 2 * k + phase + d, 2 * k] = 1
            pooled = maximum(images, windows)
            same += int(torch.equal(pooled[0], pooled[1]))
        assert same / k == (k - d) / k


@pytest.mark.parametrize(
    ("k", "s", "p", "ceil"), [(2, 2, 0, False), (3, 2, 1, False), (3, 2, 0, True), (2, 1, 0, False), (3, 3, 1, True)]
)
def test_swapped_pools_are_those_of_torch(k: int, s: int, p: int, ceil: bool) -> None:
    expected = F.max_pool2d(X, k, s, p, ceil_mode=ceil)
    windows = Windows(tuple(expected.shape[-2:]), (k, k), (s, s), (p, p))
    assert torch.equal(maximum(X, windows), expected)
    mean = F.avg_pool2d(X, k, s, p, ceil_mode=ceil, count_include_pad=False)
    assert torch.allclose(average(X, windows), mean, atol=1e-6)
    square = F.avg_pool2d(X.square(), k, s, p, ceil_mode=ceil, count_include_pad=False).sqrt()
    assert torch.allclose(l2(X, windows), square, atol=1e-6)
    for name in ("strided", "blurred", "polyphase"):
        assert POOLS[name](X, windows).shape == expected.shape


def test_blurred_is_the_zoos_max_blur_pool_on_even_maps() -> None:
    x = X[..., :12, :]
    assert torch.allclose(blurred(x, Windows((6, 6), (2, 2), (2, 2))), MaxBlurPool2d()(x), atol=1e-6)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 7])
def test_a_binomial_filter_of_n_taps_has_the_response_of_a_cosine_to_the_n_minus_1(n: int) -> None:
    omega = np.linspace(0, np.pi, 65)
    places = np.arange(n) - (n - 1) / 2
    response = np.abs((binomial(n).double().numpy() * np.exp(-1j * np.outer(omega, places))).sum(1))
    assert response == pytest.approx(np.cos(omega / 2) ** (n - 1), abs=1e-6)


def test_strided_takes_the_middle_of_each_window() -> None:
    assert torch.equal(strided(X[..., :12, :], Windows((6, 6), (2, 2), (2, 2))), X[..., :12:2, ::2])
    assert torch.equal(strided(X, Windows((7, 6), (3, 3), (2, 2), (1, 1))), X[..., ::2, ::2])


def test_polyphase_sampling_is_consistent_under_circular_shifts_as_a_set_of_values() -> None:
    x, windows = X[..., :12, :], Windows((6, 6), (2, 2), (2, 2))
    values = polyphase(x, windows).flatten(2).sort().values
    for d in ((1, 0), (0, 1), (3, 5)):
        moved = polyphase(x.roll(d, (2, 3)), windows)
        assert torch.equal(moved.flatten(2).sort().values, values)
    dense = maximum(x, windows).flatten(2).sort().values
    assert not torch.equal(maximum(x.roll((1, 0), (2, 3)), windows).flatten(2).sort().values, dense)


def noise(n: int = 8, size: int = 24) -> torch.Tensor:
    return torch.rand(n, 1, size, size, generator=torch.Generator().manual_seed(0))


def small(pool: nn.Module, head: bool = True) -> hf.Hierarchy:
    torch.manual_seed(0)
    tail = (
        [nn.Flatten(), nn.Linear(4 * 11 * 11, 5)]
        if head
        else [nn.Conv2d(4, 5, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    )
    return hf.Hierarchy(nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), pool, *tail), (1, 24, 24))


@pytest.mark.parametrize(
    ("pool", "name"), [(nn.MaxPool2d(2), "max"), (nn.AvgPool2d(2), "average"), (MaxBlurPool2d(), "blurred")]
)
def test_a_pool_swapped_for_its_own_kind_changes_nothing(pool: nn.Module, name: str) -> None:
    table = pooling_invariance(small(pool), noise(), max_shift=1).table.set_index("pooling")
    if name == "blurred":  # declared as one window of 4: swapped for a maximum over 4 before the blur
        assert table.loc["as it is", "status"] == "exact"
        return
    numbers = ["after", "energy_kept", "position_after", "output", "same_class"]
    own, swapped = (table.loc[row, numbers].astype(float).to_numpy() for row in ("as it is", name))
    assert own == pytest.approx(swapped, abs=1e-4)


def test_before_and_after_are_the_invariances_that_translation_invariance_finds() -> None:
    h, images = small(nn.MaxPool2d(2)), noise()
    row = pooling_invariance(h, images, max_shift=2).table.iloc[0]
    layers = hf.translation_invariance(h, images, layers=["1", "2"], max_shift=2).summary
    assert [row["before"], row["after"]] == pytest.approx(layers["invariance"].tolist(), abs=1e-9)


def test_none_is_the_zero_of_the_scale_and_is_honest_about_shapes() -> None:
    row = pooling_invariance(small(nn.MaxPool2d(2)), noise(), max_shift=1).table.set_index("pooling").loc["none"]
    assert row["gain"] == 0
    assert row["energy_kept"] == pytest.approx(1)
    assert np.isnan(row["output"])
    assert "larger map" in row["status"]
    table = pooling_invariance(small(nn.MaxPool2d(2), head=False), noise(), max_shift=1).table
    first = table[table["layer"] == "2"].set_index("pooling").loc["none"]
    assert first["status"] == "exact"
    assert np.isfinite(first["output"])
    last = table[table["layer"] == "4"].set_index("pooling").loc["none"]
    assert "another shape" in last["status"]
    assert np.isnan(last["output"])


def test_energy_kept_by_an_average_pool_is_that_of_the_window_means() -> None:
    h, images = small(nn.AvgPool2d(2)), noise()
    with torch.no_grad():
        x = torch.relu(h.model[0](images)).double()
    means = F.avg_pool2d(x, 2).square().sum((1, 2, 3)) * 4
    kept = float((means / x.square().sum((1, 2, 3))).mean())
    row = pooling_invariance(h, images, max_shift=1).table.iloc[0]
    assert row["energy_kept"] == pytest.approx(kept, rel=1e-5)


def test_an_invariant_map_has_lost_the_position_and_its_input_has_not() -> None:
    torch.manual_seed(0)
    spots = torch.zeros(16, 1, 24, 24)
    for image in spots:
        image[0, 9:15, 9:15] = 0.5 + 0.5 * torch.rand(6, 6)
    circular = nn.Conv2d(1, 4, 3, padding=1, padding_mode="circular")
    h = hf.Hierarchy(nn.Sequential(circular, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()), (1, 24, 24))
    row = pooling_invariance(h, spots, boundary="wrap").table.iloc[0]
    assert row["after"] == pytest.approx(1, abs=1e-3)
    assert row["position_before"] > 0.5
    assert abs(row["position_after"]) < 0.05


def test_bad_input() -> None:
    with pytest.raises(hf.HierfeatError, match="no pooling layer"):
        pooling_invariance(hf.Hierarchy(nn.Sequential(nn.Conv2d(1, 2, 3)), (1, 24, 24)), noise())
    h = small(nn.MaxPool2d(2))
    with pytest.raises(hf.HierfeatError, match="four images"):
        pooling_invariance(h, noise(3))
    with pytest.raises(hf.HierfeatError, match="max_shift"):
        pooling_invariance(h, noise(), max_shift=0)
    with pytest.raises(hf.HierfeatError, match="crop"):
        pooling_invariance(h, noise(), boundary="crop")


def test_lenet() -> None:
    h = hf.load("lenet5-digits")
    before = h.weights_sha256
    result = pooling_invariance(h, hf.digits(split="test")[0], max_images=24)
    assert h.weights_sha256 == before
    assert list(result.table["pooling"][:8]) == ["as it is", *POOLS]
    assert len(result.table) == 16
    gains = result.table.set_index(["layer", "pooling"])["gain"]
    assert gains["pool2", "blurred"] > gains["pool2", "max"] > gains["pool2", "strided"]
    assert len(result.plot().axes) == 6


@pytest.mark.parametrize("side", [1, 2, 3])
def test_pools_larger_than_their_map_are_swapped_too(side: int) -> None:
    """Ceil mode lets a window stand on a map that is smaller than it."""
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.AdaptiveAvgPool2d(side), nn.MaxPool2d(4, ceil_mode=True), nn.Flatten())
    table = hf.pooling_invariance(hf.Hierarchy(net, (1, 12, 12)), torch.rand(4, 1, 12, 12), max_shift=1).table
    assert set(table.layer) == {"1", "2"}
    assert (table[table.layer == "2"].status == "exact").sum() >= 6


@pytest.mark.parametrize("taps", [1, 3, 63, 65, 127, 1023])
def test_binomials_of_any_width(taps: int) -> None:
    exact = [comb(taps - 1, place) / 2 ** (taps - 1) for place in range(taps)]  # of Python's integers
    np.testing.assert_allclose(binomial(taps).numpy(), exact, rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize("features", [5, 90])
def test_positions_are_read_as_by_ridge_regression(features: int) -> None:
    """Against scikit-learn's, with fewer samples than features and with more."""
    shifts = [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)]
    generator = np.random.default_rng(0)
    wanted = np.array(shifts, dtype=float)
    samples = generator.normal(size=(12, 5, features)) + wanted @ generator.normal(size=(2, features)) + 4
    train, test = samples[::2].reshape(-1, features), samples[1::2].reshape(-1, features)
    centre, given = train.mean(0), np.tile(wanted, (6, 1))
    alpha = RIDGE * ((train - centre) ** 2).sum(1).mean()
    read = Ridge(alpha=alpha, fit_intercept=False).fit(train - centre, given).predict(test - centre)
    expected = 1 - ((given - read) ** 2).sum() / (given**2).sum()
    assert position_r2(torch.from_numpy(samples), shifts) == pytest.approx(expected, rel=1e-9)
