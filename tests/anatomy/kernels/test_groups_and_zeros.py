"""Kernels that see different channels are not compared, and a kernel of zeros has no shape to describe."""

import numpy as np
import pytest
import torch
from torch import nn

import hierfeat as hf


def grouped(weight: torch.Tensor, groups: int) -> hf.Hierarchy:
    conv = nn.Conv2d(weight.shape[1] * groups, len(weight), weight.shape[-1], groups=groups, bias=False)
    with torch.no_grad():
        conv.weight.copy_(weight)
    return hf.Hierarchy(nn.Sequential(conv), (conv.in_channels, 12, 12))


def test_opposites_are_sought_among_kernels_of_the_same_channels() -> None:
    """w and −w lie in different groups, and so look at different channels; the true pair of each group is weaker."""
    w = torch.randn(1, 1, 5, 5, generator=torch.Generator().manual_seed(0))
    other = torch.randn(2, 1, 5, 5, generator=torch.Generator().manual_seed(1))
    weight = torch.cat([w, other[:1], -w, other[1:]])  # group 1: 0 and 1; group 2: 2 and 3
    table = hf.filters(grouped(weight, 2), "0").table
    assert table.opposite.tolist() == [1, 0, 3, 2]
    flat = torch.nn.functional.normalize(weight.flatten(1), dim=1)
    expected = [float(flat[a] @ flat[b]) for a, b in ((0, 1), (1, 0), (2, 3), (3, 2))]
    assert table.opposite_cosine.to_numpy() == pytest.approx(expected, abs=1e-5)
    phases = hf.opposite_phase(grouped(weight, 2), draws=5).table
    assert phases.partner.tolist() == [1, 0, 3, 2]
    together = hf.filters(grouped(weight, 1), "0").table
    assert together.opposite.tolist()[0] == 2  # in one group they are a pair
    assert together.opposite_cosine[0] == pytest.approx(-1, abs=1e-5)


def test_a_kernel_of_zeros_has_no_preferences_and_says_so() -> None:
    weight = torch.randn(4, 2, 5, 5, generator=torch.Generator().manual_seed(0))
    weight[2] = 0
    h = grouped(weight, 1)
    table = hf.filters(h, "0").table
    row = table.iloc[2]
    assert row.status != "ok"
    assert np.isnan([row.orientation, row.frequency, row.gabor_r2, row.opposite_cosine]).all()
    assert (table.status.drop(2) == "ok").all()
    assert 2 not in table.opposite.dropna().tolist()
    phases = hf.opposite_phase(h, draws=5).table
    assert phases.status.tolist().count("ok") == 3
    assert np.isnan(phases.cosine[2])


def test_the_connection_table_of_lenet_is_read_too() -> None:
    table = hf.opposite_phase(hf.load("lenet5-mnist"), draws=5).table
    assert set(table.layer) >= {"C1", "C3", "C5"}
    assert (table.layer == "C3").sum() == 16
