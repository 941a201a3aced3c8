"""Additivity, excitation and inhibition, and linear regions, against nets whose answer is known."""

import numpy as np
import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.physiology.rectification.additivity import additivity
from hierfeat.physiology.rectification.linear_regions import linear_regions


def noise(n: int = 6, size: int = 12) -> torch.Tensor:
    return torch.rand(n, 1, size, size, generator=torch.Generator().manual_seed(0))


def positive(h: hf.Hierarchy) -> hf.Hierarchy:
    """The control: no negative weight anywhere."""
    for parameter in h.model.parameters():
        parameter.data.abs_()
    return h


def net() -> hf.Hierarchy:
    torch.manual_seed(0)
    head = (nn.Flatten(), nn.Linear(4 * 16, 5))
    return hf.Hierarchy(
        nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AvgPool2d(2), *head), (1, 12, 12)
    )


def test_a_net_of_positive_weights_is_purely_additive() -> None:
    table = additivity(positive(net()), noise()).table.set_index("layer")
    assert table["error"].to_numpy() == pytest.approx(0, abs=1e-9)
    weighted = table.dropna()
    assert weighted["index"].to_numpy() == pytest.approx(1)
    assert (weighted["negative_weights"] == 0).all()
    assert (weighted["negative_mass"] == 0).all()
    assert (weighted["input_negative"] == 0).all()


def test_what_comes_before_the_first_rectifier_adds_and_what_comes_after_does_not() -> None:
    table = additivity(net(), noise()).table.set_index("layer")
    assert table.loc["0", "error"] < 1e-9
    assert (table.loc[["1", "2", "3", "4", "6"], "error"] > 1e-4).all()
    assert (table["less"] + table["more"]).to_numpy() == pytest.approx(1)


def test_the_index_by_hand() -> None:
    h = hf.Hierarchy(nn.Sequential(nn.Conv2d(1, 1, 1), nn.Conv2d(1, 2, (1, 2), bias=False)), (1, 1, 2))
    h.model[0].weight.data[:], h.model[0].bias.data[:] = 1.0, 0.0
    h.model[1].weight.data[:] = torch.tensor([[3.0, -1.0], [1.0, 1.0]]).view(2, 1, 1, 2)
    images = torch.tensor([[1.0, 1.0], [0.0, 1.0]]).view(2, 1, 1, 2)
    row = additivity(h, images, layers="1").table.iloc[0]
    # image 1: (3 - 1)/4 and 1; image 2: (0 - 1)/1 and 1
    assert row["index"] == pytest.approx((0.5 + 1 - 1 + 1) / 4)
    assert row["negative_weights"] == 0.25
    assert row["negative_mass"] == pytest.approx(1 / 6)


def test_a_maximum_of_two_disjoint_parts_is_less_than_their_sum() -> None:
    h = hf.Hierarchy(nn.Sequential(nn.AdaptiveMaxPool2d(1)), (1, 12, 12))
    row = additivity(h, torch.ones(2, 1, 12, 12), layers="pool").table.iloc[0]
    assert row["error"] == pytest.approx(1)  # 1 against 1 + 1
    assert row["less"] == 1


def test_borders_between_two_images_by_hand() -> None:
    """Ten units with thresholds along the way from black to white; each is crossed once."""
    h = hf.Hierarchy(nn.Sequential(nn.Conv2d(1, 10, 1), nn.ReLU()), (1, 1, 1))
    h.model[0].weight.data[:] = 1.0
    h.model[0].bias.data[:] = -(torch.arange(10) + 0.5) / 10
    images = torch.tensor([0.0, 1.0]).view(2, 1, 1, 1)
    found = linear_regions(h, images, ways=1, steps=10)
    assert found.crossings[0, 0].tolist() == [1] * 10
    assert found.table["crossings"].tolist() == [10]
    assert found.table["switched"].tolist() == [1]
    half = linear_regions(h, images / 2, ways=1, steps=10).table.iloc[0]
    assert half["crossings"] == 5
    assert half["status"] == "lower bound"


class Sometimes(nn.Sequential):
    """A network that rectifies bright images only."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.relu() if x.mean() > 0.4 else x
        return super().forward(x)


def test_an_activation_that_some_images_leave_out_is_refused() -> None:
    h = hf.Hierarchy(Sometimes(nn.Conv2d(1, 2, 3), nn.ReLU()), (1, 6, 6))
    images = torch.tensor([0.0, 0, 1, 1]).view(-1, 1, 1, 1).expand(-1, 1, 6, 6)
    with pytest.raises(hf.HierfeatError, match="called 'relu' on 2 of 3 ways: its path depends on the image"):
        linear_regions(h, images, ways=3, steps=2)
    assert linear_regions(h, images, ways=3, steps=2, layers="1").crossings.shape == (1, 3, 2)


def test_lenet_and_bad_input() -> None:
    h, (images, _) = hf.load("lenet5-digits"), hf.digits(split="test")
    regions = linear_regions(h, images, ways=2, steps=32)
    assert np.array_equal(regions.crossings.sum(-1).mean(1), regions.table["crossings"])
    assert len(regions.plot().axes) == 2
    result = additivity(h, images, max_images=8)
    assert result.table.set_index("layer").loc["conv1", "error"] < 1e-9
    assert len(result.plot().axes) == 2
    with pytest.raises(hf.HierfeatError, match="activation functions"):
        linear_regions(h, images, layers="conv")
    with pytest.raises(hf.HierfeatError, match="expected ways"):
        linear_regions(h, images, ways=0)
