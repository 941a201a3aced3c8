"""Rectifiers against closed forms for Gaussian input, brute force, and every way to write one."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import hierfeat as hf
from hierfeat.physiology.rectification._rectifiers import NEGATIVE
from hierfeat.physiology.rectification.nonnegativity import NonNegativity, nonnegativity
from hierfeat.zoo.parts import Maxout


def gaussian(n: int = 40, channels: int = 3, seed: int = 0) -> Tensor:
    return torch.randn(n, channels, 40, 40, generator=torch.Generator().manual_seed(seed))


def bare(module: nn.Module, channels: int = 3) -> hf.Hierarchy:
    """No weights and no normalisation, so that images may be Gaussian."""
    return hf.Hierarchy(nn.Sequential(module), (channels, 40, 40))


def test_a_standard_gaussian_through_a_relu() -> None:
    table = nonnegativity(bare(nn.ReLU()), gaussian()).table
    sparseness = 1 - 1 / math.pi
    expected = {
        "active_fraction": 0.5,
        "lifetime_sparseness": sparseness,
        "mean": 1 / math.sqrt(2 * math.pi),
        "energy_kept": 0.5,
        "variance_kept": 0.5 - 1 / (2 * math.pi),
        "active_gaussian": 0.5,
        "sparseness_gaussian": sparseness,
        "energy_kept_gaussian": 0.5,
    }
    for column, value in expected.items():
        assert table[column].to_numpy() == pytest.approx(value, abs=0.01), column  # 64,000 samples
    assert not table["dead"].any()
    assert not table["always_on"].any()


@pytest.mark.parametrize(("mean", "deviation"), [(0.7, 1.3), (-1.0, 0.5), (2.0, 1.0)])
def test_the_gaussian_prediction_is_the_closed_form_of_a_rectified_gaussian(mean: float, deviation: float) -> None:
    row = nonnegativity(bare(nn.ReLU()), mean + deviation * gaussian()).table.iloc[0]
    m, s = row["mean_before"], math.sqrt(row["variance_before"])
    phi = math.exp(-0.5 * (m / s) ** 2) / math.sqrt(2 * math.pi)
    cdf = 0.5 * (1 + math.erf(m / s / math.sqrt(2)))
    first, second = m * cdf + s * phi, (m * m + s * s) * cdf + m * s * phi
    assert row["active_gaussian"] == pytest.approx(cdf, abs=1e-9)
    assert row["sparseness_gaussian"] == pytest.approx(1 - first**2 / second, abs=1e-5)
    assert row["energy_kept_gaussian"] == pytest.approx(second / (m * m + s * s), abs=1e-5)
    assert row["lifetime_sparseness"] == pytest.approx(1 - first**2 / second, abs=0.02)


def test_every_column_by_brute_force() -> None:
    images = gaussian(6, 4)
    row = nonnegativity(bare(nn.ReLU(), 4), images, batch_size=4).table.iloc[2]
    x = images[:, 2].double().flatten().numpy()
    r = np.maximum(x, 0)
    n = len(x)
    assert row["active_fraction"] == pytest.approx((x > 0).mean())
    assert row["mean"] == pytest.approx(r.mean())
    assert row["variance"] == pytest.approx(r.var(), rel=1e-5)
    assert row["energy_kept"] == pytest.approx((r**2).sum() / (x**2).sum(), rel=1e-5)
    assert row["lifetime_sparseness"] == pytest.approx((1 - r.mean() ** 2 / (r**2).mean()) / (1 - 1 / n), rel=1e-5)
    for column, values in (("hoyer", r), ("hoyer_before", x)):
        l1, l2 = np.abs(values).sum(), np.sqrt((values**2).sum())
        assert row[column] == pytest.approx((math.sqrt(n) - l1 / l2) / (math.sqrt(n) - 1), rel=1e-4)
    answers = images.clamp(min=0).double().permute(0, 2, 3, 1).reshape(-1, 4).numpy()
    answers = answers[answers.any(1)]
    population = (1 - answers.mean(1) ** 2 / (answers**2).mean(1)) / (1 - 1 / 4)
    assert row["population_sparseness"] == pytest.approx(population.mean(), abs=0.05)  # a sample of positions


class Written(nn.Module):
    """The same rectifier four times: a module twice, in place, and as functions."""

    def __init__(self) -> None:
        super().__init__()
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(x - 0.1)
        x = self.relu(x - 0.1)
        x = F.relu_(x - 0.1)
        return (x - 0.1).clamp(min=0)


def test_in_place_functional_and_repeated_rectifiers_all_count() -> None:
    result = nonnegativity(hf.Hierarchy(Written(), (3, 40, 40)), gaussian(4))
    assert list(result.negative) == ["relu", "relu#2", "relu.relu", "clamp"] or len(result.negative) == 4
    x = gaussian(4)
    for name in result.negative:
        rows = result.table[result.table["layer"] == name]
        before = x - 0.1
        assert rows["mean_before"].to_numpy() == pytest.approx(before.mean((0, 2, 3)).numpy(), abs=1e-5)
        x = before.clamp(min=0)
        assert rows["mean"].to_numpy() == pytest.approx(x.mean((0, 2, 3)).numpy(), abs=1e-5)


def test_dead_and_always_on() -> None:
    images = torch.rand(3, 3, 40, 40) + torch.tensor([-2.0, 0.5, -0.5])[:, None, None]
    table = nonnegativity(bare(nn.ReLU()), images).table
    assert table["dead"].tolist() == [True, False, False]
    assert table["always_on"].tolist() == [False, True, False]
    assert np.isnan(table["lifetime_sparseness"][0])
    assert table["energy_kept"].tolist()[:2] == pytest.approx([0, 1])


@pytest.mark.parametrize(("module", "dead"), [(nn.ReLU(), True), (nn.LeakyReLU(0.1), False), (nn.Tanh(), False)])
def test_a_unit_that_is_never_driven_is_dead_only_where_nothing_passes(module: nn.Module, dead: bool) -> None:
    table = nonnegativity(bare(module), -torch.rand(3, 3, 40, 40)).table
    assert (table["active_fraction"] == 0).all()
    assert (table["dead"] == dead).all()


@pytest.mark.parametrize(
    ("module", "negative_energy"),
    [
        (nn.ReLU(), 0.0),
        (nn.LeakyReLU(0.1, inplace=True), 0.01 / 1.01),
        (nn.Tanh(), 0.5),
        (nn.Sigmoid(), 0.0),
        (nn.ELU(), None),
        (nn.GELU(), None),
        (nn.SiLU(), None),
        (nn.Softplus(), 0.0),
        (nn.Hardtanh(), 0.5),
        (nn.PReLU(init=1.0), 0.5),
    ],
)
def test_each_rectifier_has_its_own_meaning_of_negative(module: nn.Module, negative_energy: float | None) -> None:
    result = nonnegativity(bare(module), gaussian())
    [text] = result.negative.values()
    assert text in NEGATIVE.values() or text == "kept, cut off at −1; above 1 cut off"
    table = result.table
    assert table["active_fraction"].to_numpy() == pytest.approx(0.5, abs=0.01)  # above its answer to zero
    if negative_energy is not None:
        assert table["negative_energy"].to_numpy() == pytest.approx(negative_energy, abs=0.01)
    else:
        assert table["negative_energy"].between(0.001, 0.4).all()
    if not isinstance(module, nn.PReLU):
        assert table["energy_kept"].to_numpy() == pytest.approx(table["energy_kept_gaussian"].to_numpy(), abs=0.02)
        assert table["lifetime_sparseness"].to_numpy() == pytest.approx(table["sparseness_gaussian"], abs=0.02)


def test_a_maxout_of_two_gaussians() -> None:
    table = nonnegativity(bare(Maxout(), 4), gaussian(channels=4)).table
    assert len(table) == 2
    assert table["mean"].to_numpy() == pytest.approx(1 / math.sqrt(math.pi), abs=0.01)  # E max of two
    assert table["active_fraction"].to_numpy() == pytest.approx(0.75, abs=0.01)
    assert table["variance_before"].to_numpy() == pytest.approx(1, abs=0.02)


def test_softmax_is_no_rectifier_and_a_net_without_any_is_refused() -> None:
    with pytest.raises(hf.HierfeatError, match="activation functions"):
        nonnegativity(bare(nn.Softmax(1)), gaussian(2))


def test_distributions_sum_to_what_lies_inside() -> None:
    result = nonnegativity(bare(nn.ReLU()), gaussian())
    edges, shares = result.before["0"]
    assert shares.sum() == pytest.approx(1, abs=0.02)
    middle = edges[shares.argmax()]
    assert abs(middle) < 0.5
    assert result.after["0"][1].max() == pytest.approx(0.5, abs=0.05)  # the zeros


def test_lenet(tmp_path) -> None:
    h = hf.load("lenet5-digits")
    result = nonnegativity(h, hf.digits(split="test")[0])
    assert result.summary["layer"].tolist() == ["act1", "act2", "act3", "act4"]
    again = NonNegativity.load(result.save(tmp_path / "result"))
    assert again.negative == result.negative
    assert np.array_equal(again.before["act2"], result.before["act2"])
    assert len(result.plot().axes) == 12


@pytest.mark.parametrize(
    ("module", "said"),
    [
        (nn.Hardtanh(0.0, 6.0), "set to zero; above 6 cut off"),
        (nn.Hardtanh(-2.0, 2.0), "kept, cut off at −2; above 2 cut off"),
        (nn.ReLU6(), "set to zero; above 6 cut off"),
        (nn.Threshold(0.0, 0.0), "set to zero"),
        (nn.Threshold(0.5, 0.1), "up to 0.5 set to 0.1"),
    ],
)
def test_a_clipped_function_is_described_by_its_own_limits(module: nn.Module, said: str) -> None:
    assert nonnegativity(bare(module), gaussian()).negative["0"] == said


#: A function, and how many kinks lie between −8 and 8: from one to the other every unit passes them all.
KINKS = [
    (nn.ReLU(), 1),
    (nn.ReLU6(), 2),
    (nn.LeakyReLU(), 1),
    (nn.PReLU(), 1),
    (nn.Threshold(0.5, 0.0), 1),
    (nn.Hardtanh(), 2),
    (nn.Hardtanh(-9.0, 2.0), 1),
    (nn.Hardshrink(), 2),
    (nn.Softshrink(0.25), 2),
    (nn.Hardsigmoid(), 2),
]


@pytest.mark.parametrize(("module", "kinks"), KINKS, ids=lambda value: type(value).__name__)
def test_linear_regions_end_at_each_functions_own_kinks(module: nn.Module, kinks: int) -> None:
    """Against brute force: the points of a fine line at which the slope of the function itself changes."""
    x = torch.linspace(-8, 8, 16001, dtype=torch.float64, requires_grad=True)
    [slope] = torch.autograd.grad(module.double()(x).sum(), x)
    assert int((slope.diff().abs() > 1e-9).sum()) == kinks
    scaled = nn.Sequential(nn.Conv2d(1, 1, 1), module.float())
    nn.init.constant_(scaled[0].weight, 16.0)
    nn.init.constant_(scaled[0].bias, -8.0)
    images = torch.stack([torch.zeros(1, 2, 2), torch.ones(1, 2, 2)])
    [row] = hf.linear_regions(hf.Hierarchy(scaled, (1, 2, 2)), images, ways=1, steps=100).table.itertuples()
    assert row.crossings == 4 * kinks
    assert row.status == "lower bound"


def test_smooth_functions_have_no_regions_and_a_maxout_changes_its_winner() -> None:
    images = torch.stack([torch.zeros(1, 2, 2), torch.ones(1, 2, 2)])
    smooth = hf.Hierarchy(nn.Sequential(nn.Conv2d(1, 1, 1), nn.SiLU()), (1, 2, 2))
    assert hf.linear_regions(smooth, images, ways=1).table.status.tolist() == ["no regions"]
    conv = nn.Conv2d(1, 2, 1)
    conv.weight.data = torch.tensor([1.0, -1.0]).view(2, 1, 1, 1)  # the pieces x and 1 - x meet at one half
    conv.bias.data = torch.tensor([0.0, 1.0])
    maxout = hf.Hierarchy(nn.Sequential(conv, Maxout()), (1, 2, 2))
    assert hf.linear_regions(maxout, images, ways=1).table.crossings.tolist() == [4.0]
