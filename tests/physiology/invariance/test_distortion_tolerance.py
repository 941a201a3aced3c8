"""Tolerance curves of a network whose tolerance is known by construction."""

import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.errors import HierfeatError
from hierfeat.physiology.invariance.distortion_tolerance import DistortionTolerance


class Halves(nn.Module):
    """Class 0 if more light falls on the upper half of 16 rows, class 1 if on the lower."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 1, bias=False)
        nn.init.ones_(self.conv.weight)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        rows = self.conv(images).sum((1, 3))
        return torch.stack([rows[:, :8].sum(1), rows[:, 8:].sum(1)], 1)


@pytest.fixture
def bars():
    images = torch.zeros(2, 1, 16, 16)
    images[0, 0, 6, 4:12] = 1
    images[1, 0, 9, 4:12] = 1
    return images, torch.tensor([0, 1])


@pytest.fixture
def halves():
    return hf.Hierarchy(Halves(), (1, 16, 16))


def test_shift_by_hand(halves, bars):
    """A bar 1.5 rows above the middle is lost by 2 rows down; up, left and right leave it in its half."""
    table = hf.distortion_tolerance(halves, *bars, distortions=["shift"]).table.set_index("amount").accuracy
    assert table[0] == table[1] == 1
    assert (table.loc[2:] == 0.75).all()


def test_no_distortion_is_no_distortion(halves, bars):
    table = hf.distortion_tolerance(halves, *bars).table
    plain = table[(table.amount == 0) | ((table.distortion == "scale") & (table.amount == 1))]
    assert len(plain) == 5
    assert (plain.accuracy == 1).all()


def test_black_and_white_agrees_on_whole_shifts(halves, bars):
    grey, ink = (
        hf.distortion_tolerance(halves, *bars, distortions=["shift"], black_and_white=b).table for b in (False, True)
    )
    assert grey.accuracy.tolist() == ink.accuracy.tolist()


def test_the_same_draws_for_the_same_seed_and_a_round_trip(halves, bars, tmp_path):
    one, two = (hf.distortion_tolerance(halves, *bars, distortions=["noise", "elastic"], seed=4) for _ in range(2))
    assert one.table.equals(two.table)
    again = DistortionTolerance.load(one.save(tmp_path / "result"))
    assert again.table.accuracy.tolist() == one.table.accuracy.tolist()
    assert len(one.plot(two).axes) == 2


def test_bad_requests(halves, bars):
    with pytest.raises(HierfeatError, match="for each of 2 images"):
        hf.distortion_tolerance(halves, bars[0], bars[1][:1])
    with pytest.raises(HierfeatError, match="squint"):
        hf.distortion_tolerance(halves, *bars, distortions=["squint"])
