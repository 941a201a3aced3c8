"""Consistency against brute force over pairs, and nets that cannot or must change their mind."""

from itertools import combinations

import numpy as np
import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.physiology.invariance.shift_consistency import ShiftConsistency, shift_consistency


def test_consistency_is_the_share_of_equal_pairs() -> None:
    images, labels = hf.digits(split="test")
    result = shift_consistency(hf.load("lenet5-digits"), images, labels, max_shift=2, max_images=20)
    pairs = [(a == b).mean() for a, b in combinations(result.predictions, 2)]
    assert result.consistency == pytest.approx(np.mean(pairs))
    still = result.table.set_index(["dy", "dx"]).loc[(0, 0)]
    assert still["agreement"] == 1
    assert still["accuracy"] > 0.9
    assert len(result.plot().axes) == 4  # two planes and their colour bars


def test_a_circular_net_with_a_global_pool_never_changes_its_mind_and_a_position_reader_does() -> None:
    torch.manual_seed(0)
    conv = nn.Conv2d(1, 5, 3, padding=1, padding_mode="circular")
    h = hf.Hierarchy(nn.Sequential(conv, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()), (1, 12, 12))
    steady = shift_consistency(h, torch.rand(6, 1, 12, 12), max_shift=2, boundary="wrap")
    assert steady.consistency == 1
    assert steady.variation < 1e-6
    assert steady.table["accuracy"].isna().all()
    reader = hf.Hierarchy(nn.Sequential(nn.Flatten()), (1, 1, 5))
    spots = torch.eye(5)[:, None, None]
    found = shift_consistency(_wide(reader), spots.expand(5, 1, 5, 5), max_shift=1, boundary="wrap")
    assert found.predictions.tolist() == [
        [(place + dx) % 5 for place in range(5)] for _ in range(3) for dx in (-1, 0, 1)
    ]
    assert found.consistency == pytest.approx(9 / 36)  # only shifts along the other axis agree: 3 x 3 of 36 pairs


def _wide(_: hf.Hierarchy) -> hf.Hierarchy:
    class Columns(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.sum((1, 2))

    return hf.Hierarchy(Columns(), (1, 5, 5))


def test_files_and_bad_input(tmp_path) -> None:
    h = hf.load("lenet5-digits")
    images, labels = hf.digits(split="test")
    result = shift_consistency(h, images, max_shift=1, max_images=4)
    assert ShiftConsistency.load(result.save(tmp_path / "r")).consistency == result.consistency
    with pytest.raises(hf.HierfeatError, match="label"):
        shift_consistency(h, images, labels[:3])
    with pytest.raises(hf.HierfeatError, match="max_shift"):
        shift_consistency(h, images, max_shift=0)
    maps = hf.Hierarchy(nn.Sequential(nn.Conv2d(1, 2, 3)), (1, 32, 32))
    with pytest.raises(hf.HierfeatError, match="score per class"):
        shift_consistency(maps, images[:4])


def test_some_of_the_shifts_estimate_what_all_of_them_give() -> None:
    h, (images, labels) = hf.load("lenet5-digits"), hf.digits(split="test")
    images, labels = images[:100], labels[:100]
    whole = hf.shift_consistency(h, images, labels, max_shift=4)
    some = [hf.shift_consistency(h, images, labels, max_shift=4, max_shifts=9, seed=seed) for seed in range(12)]
    assert {len(found.table) for found in some} == {9}
    assert np.mean([found.consistency for found in some]) == pytest.approx(whole.consistency, abs=0.03)
    of_all = whole.table.set_index(["dy", "dx"])
    for row in some[0].table.itertuples():  # the same at each shift
        assert row.agreement == of_all.agreement[row.dy, row.dx]
        assert row.accuracy == of_all.accuracy[row.dy, row.dx]


@pytest.mark.parametrize("end", [nn.Softmax(1), nn.LogSoftmax(1)])
def test_a_softmax_in_the_network_is_not_taken_twice(end: nn.Module) -> None:
    h, (images, labels) = hf.load("lenet5-digits"), hf.digits(split="test")
    ended = hf.Hierarchy(nn.Sequential(h.model, end), h.input_shape, mean=h.mean, std=h.std)
    plain, other = (hf.evaluate(x, images[:50], labels[:50]) for x in (h, ended))
    np.testing.assert_allclose(other.confidence, plain.confidence, atol=1e-5)
    plain, other = (hf.shift_consistency(x, images[:20], max_shift=1).variation for x in (h, ended))
    assert other == pytest.approx(plain, abs=1e-5)
