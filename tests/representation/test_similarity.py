"""CKA, RSA and dimensions: closed cases, plain definitions, and expectations."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from torch import nn

import hierfeat as hf
from hierfeat.representation._grams import BLOCK, grams, hsic, own_hsic, u_centred
from hierfeat.representation.participation_ratio import participation_ratio
from hierfeat.representation.similarity import Similarity, similarity

SHAPE = (3, 4, 4)


def linear(matrix: torch.Tensor) -> hf.Hierarchy:
    """A net whose one layer multiplies the flat image by a matrix."""
    layer = nn.Linear(matrix.shape[1], matrix.shape[0], bias=False)
    with torch.no_grad():
        layer.weight.copy_(matrix)
    return hf.Hierarchy(nn.Sequential(nn.Flatten(), layer), SHAPE)


def images(count: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(count, *SHAPE, generator=torch.Generator().manual_seed(seed))


def orthogonal(size: int) -> torch.Tensor:
    return torch.linalg.qr(torch.randn(size, size, generator=torch.Generator().manual_seed(1)))[0]


def test_a_rotated_and_scaled_copy_is_the_same() -> None:
    mix = torch.randn(48, 48, generator=torch.Generator().manual_seed(0))
    one, other = linear(mix), linear(7.0 * orthogonal(48) @ mix)
    result = similarity(one, images(60), other, layers="linear", group=20)
    assert result.cka[0, 0] == pytest.approx(1, abs=1e-5)
    assert result.rsa[0, 0] < 0.999  # correlations between patterns do change with rotation
    assert similarity(one, images(60), linear(7.0 * mix), layers="linear").rsa[0, 0] == pytest.approx(1, abs=1e-6)


def test_independent_representations_share_nothing_on_average() -> None:
    left, right = torch.zeros(24, 48), torch.zeros(24, 48)
    left[:, :24], right[:, 24:] = torch.eye(24), torch.eye(24)  # pixels are independent
    values = [similarity(linear(left), images(40, n), linear(right), layers="linear").cka[0, 0] for n in range(40)]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(40) + 1e-3


def test_hsic_by_its_definition() -> None:
    """Song et al. (2012), eq. 5, with explicit traces and sums."""
    generator = torch.Generator().manual_seed(0)
    k, m = (a @ a.T for a in torch.randn(2, 9, 4, generator=generator).double())
    kt, mt = (a - a.diag().diag() for a in (k, m))
    n, ones = 9, torch.ones(9, dtype=torch.float64)
    expected = (kt @ mt).trace() + (ones @ kt @ ones) * (ones @ mt @ ones) / ((n - 1) * (n - 2))
    expected = (expected - 2 / (n - 2) * ones @ kt @ mt @ ones) / (n * (n - 3))
    a, b = u_centred(k[None]), u_centred(m[None])
    torch.testing.assert_close(hsic(a, b)[0, 0], expected)
    torch.testing.assert_close(own_hsic(a)[0], hsic(a, a)[0, 0])


def test_minibatches_equal_the_full_batch_in_expectation() -> None:
    """The mean HSIC over all batches of four out of six images is that of all six."""
    from itertools import combinations

    a, b = torch.randn(2, 6, 5, generator=torch.Generator().manual_seed(0)).double()
    k, m = a @ a.T, b @ b.T
    whole = hsic(u_centred(k[None]), u_centred(m[None]))[0, 0]
    parts = []
    for chosen in combinations(range(6), 4):
        at = torch.tensor(chosen)
        parts.append(hsic(u_centred(k[at][:, at][None]), u_centred(m[at][:, at][None]))[0, 0])
    torch.testing.assert_close(torch.stack(parts).mean(), whole)


def test_the_size_of_a_group_changes_little() -> None:
    h = hf.load("lenet5-digits")
    shown = hf.digits(split="test")[0]
    small, large = (similarity(h, shown, group=size) for size in (60, 360))
    np.testing.assert_allclose(small.cka, large.cka, atol=0.02)
    np.testing.assert_allclose(small.rsa, large.rsa, atol=0.02)


def test_rsa_by_its_definition() -> None:
    h = hf.load("lenet5-digits")
    shown = hf.digits(split="test")[0][:30]
    result = similarity(h, shown, hf.untrained(h, seed=0), layers="conv")
    for row in result.table.itertuples():
        patterns = [hf.record(net, shown, layers=name)[name].flatten(1).numpy()
                    for net, name in ((h, row.layer), (hf.untrained(h, seed=0), row.other))]  # fmt: skip
        distances = [(1 - np.corrcoef(p))[np.triu_indices(30, 1)] for p in patterns]
        assert row.rsa == pytest.approx(spearmanr(*distances).statistic, abs=1e-3)


def test_the_order_of_the_images_does_not_matter_to_bias() -> None:
    """Images sorted by class, in batches of one class each, would give another CKA: they are shuffled."""
    h = hf.load("lenet5-digits")
    shown, labels = hf.digits(split="test")
    by_class = similarity(h, shown[labels.argsort()], group=36)
    np.testing.assert_allclose(by_class.cka, similarity(h, shown, group=36).cka, atol=0.03)


def test_a_constant_layer_is_said_to_be_so() -> None:
    result = similarity(linear(torch.zeros(5, 48)), images(12), linear(torch.eye(48)), layers="linear")
    assert np.isnan(result.cka).all()
    assert result.table["status"].tolist() == ["constant"]
    spread = participation_ratio(linear(torch.zeros(5, 48)), images(12), layers="linear").table
    assert spread["status"].tolist() == ["constant"]


@pytest.mark.parametrize("count", [5, 11, 13, 50, 67, 128])
def test_a_constant_layer_of_any_values_is_constant(count: int) -> None:
    """The mean of equal numbers may round to another one: what is left is no variance."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(48, 9), nn.Linear(9, 30), nn.Sigmoid())
    generator = torch.Generator().manual_seed(count)
    with torch.no_grad():
        net[2].weight.zero_()
        net[2].bias.copy_(6 * torch.rand(30, generator=generator) - 3)
    h = hf.Hierarchy(net, SHAPE)
    table = similarity(h, images(count), layers=["1", "2", "3"]).table
    assert table["status"].tolist() == ["ok"] + ["constant"] * 8
    assert table[["cka", "rsa"]].isna().sum().tolist() == [8, 8]
    spread = participation_ratio(h, images(count), layers=["1", "2", "3"]).table
    assert spread["status"].tolist()[1:] == ["constant", "constant"]
    assert spread["status"][0] != "constant"


def test_rsa_needs_patterns() -> None:
    """A single unit has no pattern over units; nor has an image to which all units are silent."""
    shown, one = images(12), linear(torch.randn(1, 48, generator=torch.Generator().manual_seed(0)))
    table = similarity(one, shown, linear(torch.eye(48)), layers="linear").table
    assert table["status"].tolist() == ["flat"]
    assert table["rsa"].isna().all()
    assert table["cka"].notna().all()
    shown[3] = 0
    result = similarity(linear(torch.eye(48)), shown, layers="linear")
    assert result.table["status"].tolist() == ["flat"]
    assert result.cka == pytest.approx(1)
    assert [text.get_text() for axes in result.plot().axes for text in axes.texts] == ["1.00"]


def test_rsa_of_patterns_that_hardly_differ() -> None:
    generator = torch.Generator().manual_seed(0)
    weights, shown = 0.01 * torch.randn(20, 48, generator=generator), images(25)
    raised = linear(weights)
    with torch.no_grad():
        raised.model[-1].bias = torch.nn.Parameter(torch.full((20,), 10.0))
    found = similarity(raised, shown, linear(torch.eye(48)), layers="linear")
    patterns = (shown.flatten(1).double() @ weights.double().T).numpy(), shown.flatten(1).numpy()
    expected = spearmanr(*[(1 - np.corrcoef(p))[np.triu_indices(25, 1)] for p in patterns]).statistic
    assert found.table["status"].tolist() == ["ok"]
    assert found.rsa[0, 0] == pytest.approx(expected, abs=5e-3)


@pytest.mark.parametrize("group", [40, 400])
def test_dimensions_of_known_spectra(group: int) -> None:
    """Pixels are independent with equal variance: the ratio is (Σw²)²/Σw⁴ for a diagonal of weights w."""
    shown = images(400)
    for weights in (torch.ones(48), torch.arange(1.0, 49), torch.eye(48)[0]):
        expected = weights.pow(2).sum() ** 2 / weights.pow(4).sum()
        found = participation_ratio(linear(weights.diag()), shown, layers="linear", group=group)
        assert found.table["participation_ratio"][0] == pytest.approx(expected.item(), rel=0.1)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(4, 30))
def test_cka_is_symmetric_and_at_most_one_with_itself(seed: int, count: int) -> None:
    matrix = torch.randn(6, 48, generator=torch.Generator().manual_seed(seed))
    one, other = linear(matrix), linear(matrix.roll(7, 1))
    forth = similarity(one, images(count, seed), other, layers="linear", group=8)
    back = similarity(other, images(count, seed), one, layers="linear", group=8)
    np.testing.assert_allclose(forth.cka, back.cka.T, atol=1e-6, equal_nan=True)
    own = similarity(one, images(count, seed), layers="linear", group=8).cka[0, 0]
    assert np.isnan(own) or own == pytest.approx(1, abs=1e-9)


def test_saved_loaded_and_drawn(tmp_path) -> None:
    result = similarity(hf.load("lenet5-digits"), hf.digits(split="test")[0][:20])
    again = Similarity.load(result.save(tmp_path / "alike"))
    pd.testing.assert_frame_equal(again.table, result.table, check_dtype=False)
    assert again.names == result.names
    assert len(again.plot().axes) == 3


@pytest.mark.parametrize(
    ("count", "options", "message"),
    [
        (3, {}, "at least 4 images"),
        (9, {"group": 3}, "a group of at least 4"),
        (9, {"layers": "conv"}, "no layer of kind"),
    ],
)
def test_bad_input(count, options, message) -> None:
    h = linear(torch.eye(48))
    for analysis in (similarity, participation_ratio):
        with pytest.raises(hf.HierfeatError, match=message):
            analysis(h, images(count), **({"layers": "linear"} | options))
    with pytest.raises(hf.HierfeatError, match="expected images of shape"):
        similarity(h, images(9), hf.load("lenet5-digits"))


@pytest.mark.parametrize("batch", [16, 40])
def test_gram_matrices_made_block_by_block_are_those_of_all_units(batch: int) -> None:
    """Against float64 throughout; what all units have in common is large, and no block ends where the units do."""
    matrix = torch.randn(2 * BLOCK // 40 + 7, 48, generator=torch.Generator().manual_seed(0))
    h, shown = linear(matrix), images(40)
    h.model[1].bias = nn.Parameter(torch.full((len(matrix),), 30.0))
    [gram], [pattern] = grams(h, shown, ["1"], batch)
    responses = shown.flatten(1).double().numpy() @ matrix.double().numpy().T + 30
    off = responses - responses.mean(0)
    expected = off @ off.T
    np.testing.assert_allclose(gram.numpy(), expected, atol=1e-6 * expected.max())
    np.testing.assert_allclose(pattern.numpy(), np.corrcoef(responses), atol=1e-6)
