"""Opposite-phase pairs, planted and by chance."""

import numpy as np
import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.anatomy.kernels.opposite_phase import opposite_phase


def conv(weight: torch.Tensor) -> hf.Hierarchy:
    layer = nn.Conv2d(weight.shape[1], weight.shape[0], weight.shape[2])
    layer.weight.data[:] = weight
    return hf.Hierarchy(nn.Sequential(layer), (weight.shape[1], 16, 16))


def test_planted_pairs_are_found() -> None:
    half = torch.randn(4, 3, 5, 5, generator=torch.Generator().manual_seed(0))
    table = opposite_phase(conv(torch.cat([half, -2 * half]))).table
    assert table["partner"].tolist() == [4, 5, 6, 7, 0, 1, 2, 3]
    assert table["cosine"].to_numpy() == pytest.approx(-1)
    assert (table["below_random"] == 1).all()


def test_random_kernels_are_like_random_kernels() -> None:
    generator = torch.Generator().manual_seed(1)
    tables = [opposite_phase(conv(torch.randn(32, 3, 5, 5, generator=generator)), seed=n).table for n in range(12)]
    difference = np.mean([(table["cosine"] - table["random"]).mean() for table in tables])
    assert difference == pytest.approx(0, abs=0.01)
    assert np.mean([table["below_random"].mean() for table in tables]) == pytest.approx(0.5, abs=0.05)


def test_the_partner_by_brute_force_for_dense_layers_too() -> None:
    h = hf.load("lenet5-digits")
    result = opposite_phase(h, layers=["conv1", "fc3"], draws=10)
    weights = h.model.fc3.weight.detach().numpy()
    units = weights / np.linalg.norm(weights, axis=1, keepdims=True)
    cosines = units @ units.T + 2 * np.eye(10)
    rows = result.table[result.table["layer"] == "fc3"]
    assert rows["partner"].tolist() == cosines.argmin(1).tolist()
    assert rows["cosine"].to_numpy() == pytest.approx(cosines.min(1), abs=1e-5)
    assert result.plot().axes[0].get_ylabel().startswith("cosine")


def test_one_kernel_has_no_partner() -> None:
    with pytest.raises(hf.HierfeatError, match="two kernels"):
        opposite_phase(conv(torch.ones(1, 1, 3, 3)))
