"""Cell types: by effect size, the same for any number of orientations and phases, and never of rounding noise."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from torchvision import models

import hierfeat as hf
from hierfeat.errors import HierfeatError

COUNTS = (8, 12, 16, 24, 36, 90)
TONES = [0.1, 0.14, 0.2, 0.28]


def shares(tables):
    """Share of the units of each type, a row per table."""
    kinds = ("simple", "complex", "untuned", "unresponsive")
    return np.array([[(table.cell_type == kind).mean() for kind in kinds] for table in tables])


@pytest.mark.parametrize("share", [0.0, 0.5, 0.8, 0.95])
def test_the_more_selective_by_its_threshold_the_more_tuned(make, share):
    """A Gabor whose threshold leaves the tip of its tuning, down to one orientation of sixteen."""
    kernel = make.gabor(41, 90, 0.2, sigma=7.0)
    top = 0.5 * np.abs(np.sum(kernel * np.exp(2j * np.pi * 0.2 * (np.arange(41) - 20))[None]))
    h = make.simple([kernel], (64, 64), bias=-share * top)
    row = hf.orientation_tuning(h, layers="1", frequencies=TONES).table.iloc[0]
    assert row.cell_type == "simple"
    assert row.preferred_orientation == pytest.approx(90, abs=0.5)
    if share > 0.9:
        assert row.gosi == pytest.approx(1)


def modulated(depth, angle=30.0):
    """``1 + depth · cos 2(θ − angle)`` at any frequency: the second harmonic of the direction of what is shown."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.last = nn.ReLU()

        def forward(self, x):
            x = x - 0.5
            down, right = (x[..., 2:, 1:-1] - x[..., :-2, 1:-1]), (x[..., 1:-1, 2:] - x[..., 1:-1, :-2])
            energy = (down**2 + right**2).mean((2, 3), keepdim=True)
            cosine = (down**2 - right**2).mean((2, 3), keepdim=True) / (energy + 1e-12)
            sine = 2 * (down * right).mean((2, 3), keepdim=True) / (energy + 1e-12)
            turn = np.deg2rad(2 * angle)
            wave = cosine * np.cos(turn) + sine * np.sin(turn)
            seen = energy / (energy + 1e-6)
            return self.last(seen * (1 + depth * wave))

    return hf.Hierarchy(Net(), (1, 64, 64))


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize(("depth", "kind"), [(0.12, "untuned"), (0.4, "complex"), (0.9, "complex")])
def test_gosi_and_type_of_a_known_depth_are_the_same_for_any_number_of_orientations(depth, kind, count):
    """By definition gOSI is half the depth of a cosine; the network's filter bends the cosine a little."""
    row = hf.orientation_tuning(modulated(depth), orientations=count, frequencies=[0.1], layers="last").table.iloc[0]
    assert row.gosi == pytest.approx(depth / 2, abs=0.02)
    assert row.cell_type == kind


def random_net(side):
    torch.manual_seed(0)
    return hf.Hierarchy(models.resnet18(weights=None), (3, side, side))


SUBJECTS = {
    "several narrow peaks": (lambda: hf.load("lenet5-fashion-permuted"), ("activation", "pool")),
    "twin": (lambda: hf.untrained(hf.load("lenet5-fashion"), seed=0), ("activation", "pool")),
    "digits": (lambda: hf.load("lenet5-digits"), ("conv", "activation", "pool")),
    "gelu": (lambda: hf.load("lenet5-fashion-gelu"), ("activation", "pool")),
    "l2": (lambda: hf.load("lenet5-fashion-l2-pool"), ("activation", "pool")),
    "no pool": (lambda: hf.load("lenet5-fashion-no-pool"), ("activation",)),
    "cifar": (lambda: hf.load("convnet-cifar10"), ("conv", "activation", "pool")),
    "resnet18 at 32": (lambda: random_net(32), ("layer1.1*", "layer2.1*", "layer3.1*")),
    "resnet18 at 64": (lambda: random_net(64), ("layer1.1*", "layer2.1*")),
}


@pytest.mark.parametrize(
    "name", [*list(SUBJECTS)[:1], *(pytest.param(name, marks=pytest.mark.slow) for name in list(SUBJECTS)[1:])]
)
def test_shares_of_types_do_not_depend_on_the_number_of_orientations(name):
    """They are decided by the same 16, but for the few units that only others drive."""
    make, layers = SUBJECTS[name]
    h = make()
    tables = [hf.orientation_tuning(h, layers=layers, orientations=n, frequencies=4).table for n in COUNTS]
    assert np.ptp(shares(tables), axis=0).max() < 0.03
    assert np.ptp(shares([table[table.responsive] for table in tables]), axis=0).max() < 0.03
    first = tables[0]
    for table in tables[1:]:
        both = first.responsive & table.responsive
        assert (first.cell_type == table.cell_type)[both].mean() > 0.99


def test_orientations_that_decide_types_are_beside_those_asked_for():
    """The arrays hold those asked for; the types those of 16, by a calculation of its own."""
    h = hf.load("lenet5-fashion-permuted")
    fine = hf.orientation_tuning(h, layers="pool", orientations=24, frequencies=4)
    plain = hf.orientation_tuning(h, layers="pool", orientations=16, frequencies=4)
    own = hf.orientation_tuning(h, layers="pool", orientations=np.arange(24) * 7.5, frequencies=4)
    for layer, responses in fine.responses.items():
        np.testing.assert_allclose(responses, own.responses[layer], atol=1e-5)
    indices = ["gosi", "osi", "f1_f0", "peak", "preferred_orientation", "half_width"]
    pd.testing.assert_frame_equal(fine.table[indices], own.table[indices], rtol=1e-3, atol=1e-3)
    assert (fine.table.cell_type == plain.table.cell_type).all()
    assert (fine.table.cell_type != own.table.cell_type).any()  # else this network shows nothing


@pytest.mark.parametrize(
    ("asked", "shown"), [(3, 18), (np.int64(8), 16), (12, 24), (16, 16), (17, 17), ([0, 45, 90, 135], 4)]
)
def test_a_small_number_of_orientations_is_multiplied(asked, shown):
    """Those asked for are among those shown; degrees of one's own are shown as they are."""
    found = hf.orientation_tuning(hf.load("lenet5-digits"), layers="conv1", orientations=asked, frequencies=2, phases=5)
    assert len(found.orientations) == found.responses["conv1"].shape[1] == shown
    wanted = np.arange(asked) * 180 / asked if np.ndim(asked) == 0 else asked
    assert np.isclose(found.orientations[:, None], wanted).any(0).all()


@pytest.mark.parametrize("phases", [5, 6, 7, 8, 9, 12, 16])
def test_types_do_not_depend_on_the_number_of_phases(phases):
    """Neither the shares nor, but for a few, the units: by 5 phases alone 2 of the 44 of conv and pool had another."""
    h = hf.load("lenet5-digits")
    few, many = (hf.orientation_tuning(h, layers="*", phases=n).table for n in (phases, 48))
    for kinds in (("conv", "pool"), ("activation",)):
        a, b = (table[table.kind.isin(kinds)] for table in (few, many))
        assert np.abs(shares([a]) - shares([b])).max() < 0.03
        assert (a.cell_type != b.cell_type)[a.responsive | b.responsive].mean() < 0.03


@pytest.mark.parametrize(("asked", "deciding"), [(5, 10), (6, 12), (7, 14), (8, 8), (9, 9)])
def test_few_phases_have_those_between_them_beside_them(asked, deciding):
    """The arrays and all other columns are of those asked for; the types of twice as many."""
    h = hf.load("lenet5-digits")
    few, twice = (hf.orientation_tuning(h, layers=("conv", "pool"), phases=n) for n in (asked, deciding))
    assert few.phases.tolist() == [step * 360 / asked for step in range(asked)]
    for layer, responses in few.responses.items():
        assert responses.shape[-1] == asked
        np.testing.assert_allclose(responses, twice.responses[layer][..., :: deciding // asked], atol=1e-5)
    assert few.table.cell_type.tolist() == twice.table.cell_type.tolist()
    own = hf.orientation_tuning(
        h, layers=("conv", "pool"),
        stimuli=hf.gratings(h.input_shape, frequencies=few.frequencies, phases=asked),
    ).table  # fmt: skip
    rest = [name for name in own.columns if name != "cell_type"]
    pd.testing.assert_frame_equal(few.table[rest], own[rest], rtol=1e-3, atol=1e-3)
    assert asked != 5 or (few.table.cell_type != own.cell_type).any()  # else this network shows nothing


class Bent(nn.Module):
    """What an energy unit of quadrature pairs does to a rate of 1."""

    def __init__(self, make, bend):
        super().__init__()
        pair = np.stack([make.gabor(17, 30, 0.15, phase, sigma=3.0) for phase in (0, 90)])
        self.pair = make.bank(pair / np.abs(pair).sum((1, 2), keepdims=True))
        self.bend, self.last = bend, nn.ReLU()

    def forward(self, x):
        return self.last(self.bend(self.pair(x).square().sum(1, keepdim=True)))


@pytest.mark.parametrize(
    ("bend", "kind"),
    [
        (lambda e: 1 - 5 * e, "suppressed"),
        (lambda e: 1 - 5 * e - 1e-7 * torch.rand_like(e), "suppressed"),
        (lambda e: 1 / (1 + e), "suppressed"),
        (lambda e: 1000 - e, "suppressed"),
        (lambda e: 0 * e + 1, "none"),
        (lambda e: 0 * e, "none"),
        (lambda e: 1 + 2e-7 * torch.rand_like(e), "none"),
        (lambda e: 1e4 + 1e-3 * torch.rand_like(e), "none"),
        (lambda e: 1e-12 * e, "excited"),
        (lambda e: 1e12 * e, "excited"),
        (lambda e: 1 + e, "excited"),
    ],
)
def test_only_what_rises_above_rest_and_rounding_is_a_response(make, bend, kind):
    found = hf.orientation_tuning(hf.Hierarchy(Bent(make, bend), (1, 40, 40)), layers="last")
    row = found.table.iloc[0]
    assert row.response_type == kind
    assert row.responsive == (kind == "excited")
    assert row.cell_type == ("complex" if kind == "excited" else "unresponsive")
    assert found.summary.suppressed.item() == (kind == "suppressed")
    if kind != "excited":
        indices = [
            "preferred_orientation",
            "osi",
            "gosi",
            "half_width",
            "preferred_frequency",
            "f1_f0",
            "preferred_phase",
        ]
        assert row[indices].isna().all()
        with pytest.raises(HierfeatError, match="no unit"):
            hf.size_tuning(hf.Hierarchy(Bent(make, bend), (1, 40, 40)), layers="last")


def test_a_rate_that_gratings_only_lower_in_turn_is_suppressed(make):
    """Phase by phase, so that it has a first harmonic; never above the rate at rest."""
    conv = make.bank([make.gabor(17, 30, 0.15, sigma=3.0)])

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.first, self.last = conv, nn.ReLU(), nn.ReLU()

        def forward(self, x):
            return self.last(5 - self.first(self.conv(x)))

    table = hf.orientation_tuning(hf.Hierarchy(Net(), (1, 40, 40)), layers=("first", "last")).table.set_index("layer")
    assert table.response_type.to_dict() == {"first": "excited", "last": "suppressed"}


def test_preferred_frequencies_at_the_edge_of_what_was_shown_are_marked(make):
    h = make.simple([make.gabor(31, 0, f, sigma=5.0) for f in (0.06, 0.2, 0.45)], (45, 45))
    table = hf.orientation_tuning(h, layers="1", frequencies=[0.06, 0.1, 0.2, 0.3, 0.45]).table
    assert table.at_edge.tolist() == [True, False, True]
    wide = hf.orientation_tuning(h, layers="1")
    assert wide.frequencies[-1] == 0.5
    assert wide.table.at_edge.tolist() == [False, False, True]


def test_broken_channels_are_named():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.last = nn.Conv2d(1, 5, 3), nn.ReLU()

        def forward(self, x):
            return self.last(self.conv(x).abs() / torch.tensor([1.0, 0, 1, 0, 1])[:, None, None])

    with pytest.raises(HierfeatError, match="NaN or infinity in 'last', channels 1, 3"):
        hf.orientation_tuning(hf.Hierarchy(Net(), (1, 9, 9)), layers="last")
