"""The labelled top stage against scipy's non-negative least squares and scikit-learn's ridge."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls
from sklearn.linear_model import Ridge as ReferenceRidge
from sklearn.svm import LinearSVC

from hierfeat.errors import HierfeatError
from hierfeat.zoo.neocognitron.ridge import Ridge, RidgeSums
from hierfeat.zoo.neocognitron.top import InterpolatingVector, condense, cone_cosine


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), m=st.integers(1, 6))
def test_cone_cosine_is_that_of_non_negative_least_squares(seed, m):
    generator = torch.Generator().manual_seed(seed)
    references = torch.nn.functional.normalize(torch.rand(m, 12, generator=generator).double() ** 3, dim=1)
    x = torch.nn.functional.normalize(torch.rand(12, generator=generator).double() ** 3, dim=0)
    weights, _ = nnls(references.T.numpy(), x.numpy())
    nearest = weights @ references.numpy()
    expected = nearest @ x.numpy() / np.linalg.norm(nearest)
    found = cone_cosine((references @ x)[None], (references @ references.T)[None], sweeps=200)
    assert found.item() == pytest.approx(expected, abs=1e-4)


def test_a_view_between_two_references_is_recognised():
    """Halfway between two references of class 0 and nearer to none of them than to class 1's: still class 0."""
    a, b = torch.tensor([1.0, 0, 0.0]), torch.tensor([0.0, 1, 0])
    x = (a + b)[None] / 2**0.5
    rival = torch.nn.functional.normalize(torch.tensor([[1.0, 1, 0.9]]), dim=1)
    top = InterpolatingVector(3, 2, references=3, neighbours=2)
    top.references.copy_(torch.cat([a[None], b[None], rival]))
    top.labels.copy_(torch.tensor([0, 0, 1]))
    assert (x @ rival.T).item() > (x @ a).item()
    scores = top(3.7 * x)[0]
    assert scores[0].item() == pytest.approx(1, abs=1e-5)
    assert scores[1].item() == pytest.approx((x @ rival.T).item(), abs=1e-5)


def test_ridge_is_scikit_learns():
    generator = torch.Generator().manual_seed(0)
    x, labels = torch.rand(90, 7, generator=generator), torch.randint(0, 3, (90,), generator=generator)
    sums = RidgeSums(7, 3)
    for part, own in zip(x.split(40), labels.split(40), strict=True):
        sums.update(part, own)
    weight, bias = sums.solve(penalty=0.1)
    unit = torch.nn.functional.normalize(x, dim=1).double().numpy()
    targets = 2 * np.eye(3)[labels.numpy()] - 1
    alpha = 0.1 * len(x) * unit.var(0).mean()
    reference = ReferenceRidge(alpha=alpha).fit(unit, targets)
    np.testing.assert_allclose(weight.numpy(), reference.coef_, rtol=2e-3, atol=2e-3)
    top = Ridge(7, 3)
    top.weight.copy_(weight)
    top.bias.copy_(bias)
    np.testing.assert_allclose(top(5 * x).numpy(), reference.predict(unit), atol=2e-3)


def test_one_sided_ridge_is_scikit_learns_squared_hinge():
    """LinearSVC minimises the same cost by coordinate descent: C = 1/(n·ridge) and a ridge on the bias, kept weak."""
    generator = torch.Generator().manual_seed(0)
    centres = torch.rand(3, 7, generator=generator)
    labels = torch.randint(0, 3, (120,), generator=generator)
    x = centres[labels] + 0.15 * torch.rand(120, 7, generator=generator)
    sums = RidgeSums(7, 3, keep=True)
    for part, own in zip(x.split(50), labels.split(50), strict=True):
        sums.update(part, own)
    weight, bias = sums.solve_one_sided(penalty=0.1, steps=300)
    unit = torch.nn.functional.normalize(x, dim=1).half().double().numpy()
    ridge = 0.1 * unit.var(0).mean()
    reference = LinearSVC(C=1 / (len(x) * ridge) / 2, intercept_scaling=1e3, tol=1e-10, max_iter=10**6).fit(
        unit, labels
    )
    found, expected = torch.cat([weight, bias[:, None]], 1).numpy(), np.c_[reference.coef_, reference.intercept_]
    np.testing.assert_allclose(found, expected, rtol=0.02, atol=0.02)


def test_few_examples_are_kept_and_many_are_condensed():
    features = torch.rand(40, 5, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([0] * 4 + [1] * 36)
    references, own = condense(features, labels, classes=2, per_class=6)
    assert own.tolist() == [0] * 4 + [1] * 6
    torch.testing.assert_close(references[:4], torch.nn.functional.normalize(features[:4], dim=1))
    torch.testing.assert_close(references.norm(dim=1), torch.ones(10))


def test_a_class_without_examples_is_named():
    with pytest.raises(HierfeatError, match="class 1 has none"):
        condense(torch.rand(3, 2), torch.tensor([0, 0, 2]), classes=3, per_class=2)
