"""Gradients against the chain rule by hand and autograd's own hooks."""

import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.physiology.rectification.gradient_flow import gradient_flow


def test_the_chain_rule_by_hand() -> None:
    """Scores (a, -a) with a = 2 relu(3 x): dL/dscores is known, and each step multiplies by its weight."""
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 1, 1, bias=False), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(1, 2, bias=False)
    )
    model[0].weight.data[:] = 3.0
    model[3].weight.data[:] = torch.tensor([[2.0], [-2.0]])
    h = hf.Hierarchy(model, (1, 1, 1))
    x = torch.tensor([0.1, 0.0]).view(2, 1, 1, 1)
    table = gradient_flow(h, x, torch.tensor([1, 1])).table.set_index("layer")
    probability = torch.tensor([[0.6, -0.6], [0.0, 0.0]]).softmax(1)
    scores = probability - torch.tensor([[0.0, 1.0], [0.0, 1.0]])
    behind = scores @ torch.tensor([2.0, -2.0])
    assert table.loc["3", "norm"] == pytest.approx(float(scores.square().sum(1).mean().sqrt()))
    assert table.loc["1", "norm"] == pytest.approx(float(behind.square().mean().sqrt()), rel=1e-5)
    assert table.loc["0", "norm"] == pytest.approx(float((behind[0] ** 2 / 2).sqrt()), rel=1e-5)  # image 2 is off
    assert table.loc["0", "zero_fraction"] == 0.5
    assert model[3].weight.grad is None


def test_lenet_against_retained_gradients() -> None:
    h = hf.load("lenet5-digits")
    images, labels = (part[:40] for part in hf.digits(split="test"))
    result = gradient_flow(h, images, labels, batch_size=16)
    kept = {}
    handles = [
        module.register_full_backward_hook(lambda m, i, o, name=name: kept.__setitem__(name, o[0]))
        for name, module in h.model.named_children()
    ]
    nn.functional.cross_entropy(h.model(h.normalise(images).requires_grad_()), labels, reduction="sum").backward()
    for handle in handles:
        handle.remove()
    h.model.zero_grad(set_to_none=True)
    for row in result.table.itertuples():
        expected = kept[row.layer].flatten(1).norm(dim=1).square().mean().sqrt()
        assert row.norm == pytest.approx(float(expected), rel=1e-4)
    assert len(result.plot().axes) == 2


def test_bad_input() -> None:
    h = hf.load("lenet5-digits")
    images, labels = hf.digits(split="test")
    with pytest.raises(hf.HierfeatError, match="label"):
        gradient_flow(h, images, labels[:3])
    with pytest.raises(hf.HierfeatError, match="score per class"):
        gradient_flow(hf.Hierarchy(nn.Sequential(nn.Conv2d(1, 1, 3)), (1, 32, 32)), images[:2], labels[:2])
