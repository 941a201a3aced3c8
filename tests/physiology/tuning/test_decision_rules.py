"""Which units are tuned, responsive or suppressed: decided by how selective they are, not by how they were sampled."""

import pytest
import torch
from torch import nn

import hierfeat as hf


def grating_unit(orientation: float, size: int = 15) -> torch.Tensor:
    """A windowed grating of horizontal bars turned by `orientation`, as a kernel: sharply selective."""
    angle = torch.deg2rad(torch.tensor(orientation))
    steps = torch.arange(size) - size // 2
    across = steps[:, None] * angle.cos() + steps[None] * angle.sin()
    envelope = torch.exp(-(steps[:, None] ** 2 + steps[None] ** 2) / (2 * 4.0**2))
    return torch.cos(2 * torch.pi * 0.2 * across) * envelope


def network(bias: float = 0.0, sign: float = 1.0) -> hf.Hierarchy:
    conv = nn.Conv2d(1, 3, 15)
    with torch.no_grad():
        conv.weight.copy_(torch.stack([grating_unit(angle) for angle in (0.0, 45.0, 90.0)])[:, None] * sign)
        conv.weight.sub_(conv.weight.mean((2, 3), keepdim=True))
        conv.bias.fill_(bias)
    return hf.Hierarchy(nn.Sequential(conv, nn.ReLU()), (1, 31, 31))


@pytest.mark.parametrize("orientations", [4, 8, 12, 36, 90])
def test_a_selective_unit_is_tuned_however_many_orientations_are_shown(orientations: int) -> None:
    """A threshold lets each unit respond to one orientation of four alone: no shuffling of labels can tell that."""
    table = hf.orientation_tuning(network(bias=-6.0), layers="1", orientations=orientations).table
    assert table.responsive.all()
    assert table.gosi.min() > 0.8
    assert not table.cell_type.isin(["untuned", "unresponsive", "suppressed"]).any()


@pytest.mark.parametrize("counts", [(8, 12, 36), pytest.param((8, 12, 16, 24, 48), marks=pytest.mark.slow)], ids=str)
def test_the_share_of_each_type_does_not_depend_on_the_number_of_orientations(counts: tuple[int, ...]) -> None:
    h = hf.load("convnet-fashion")
    shares = {
        count: hf.orientation_tuning(h, layers="conv*", orientations=count).table.cell_type.value_counts(normalize=True)
        for count in counts
    }
    assert max(one.sub(shares[counts[-1]], fill_value=0).abs().max() for one in shares.values()) < 0.03


@pytest.mark.parametrize("phases", [1, 3, 4])
def test_fewer_than_five_phases_are_refused(phases: int) -> None:
    with pytest.raises(hf.HierfeatError, match="phases"):
        hf.orientation_tuning(network(), phases=phases)


@pytest.mark.parametrize("phases", [5, 7, 8, 16])
def test_a_rectified_linear_unit_has_the_ratio_of_half_a_sinusoid(phases: int) -> None:
    """F1/F0 of a half-rectified sinusoid is π/2."""
    ratio = hf.orientation_tuning(network(), layers="1", phases=phases).table.f1_f0
    assert ratio.to_numpy() == pytest.approx(torch.pi / 2, abs=0.12 if phases < 8 else 0.05)


def test_rounding_noise_is_not_a_response() -> None:
    """A rate of 1 that varies by float rounding only: neither preferences nor types."""
    conv = nn.Conv2d(1, 2, 5)
    nn.init.normal_(conv.weight, std=1e-9)
    nn.init.constant_(conv.bias, 1.0)
    table = hf.orientation_tuning(hf.Hierarchy(nn.Sequential(conv, nn.ReLU()), (1, 24, 24)), layers="1").table
    assert set(table.cell_type) == {"unresponsive"}
    assert table[["preferred_orientation", "gosi", "f1_f0"]].isna().all().all()


def test_a_unit_that_only_falls_below_its_rate_at_rest_is_suppressed() -> None:
    class Suppressed(nn.Module):
        """A rate of 5 at rest that any contrast lowers."""

        def __init__(self) -> None:
            super().__init__()
            self.conv, self.act = network().model[0], nn.ReLU()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.act(5.0 - self.conv(x).square())

    table = hf.orientation_tuning(hf.Hierarchy(Suppressed(), (1, 31, 31)), layers="act").table
    assert set(table.response_type) == {"suppressed"}
    assert set(table.cell_type) == {"unresponsive"}
