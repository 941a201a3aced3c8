"""Gradients through recorded activations, networks that end at a layer, and interventions of one's own."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import hierfeat as hf

IMAGES = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))


class Net(nn.Module):
    """A reused rectifier, one in place, and a function."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.one, self.two, self.act = nn.Conv2d(1, 2, 3), nn.Conv2d(2, 3, 3), nn.ReLU(inplace=True)
        self.head = nn.Linear(3, 4)

    def forward(self, x):
        x = self.act(self.one(x))
        x = self.act(self.two(x))
        return self.head(F.relu(x - 0.1).mean((2, 3)))

    def by_hand(self, x):
        first = self.one(x)
        second = self.two(F.relu(first))
        return first, second, self.head(F.relu(F.relu(second) - 0.1).mean((2, 3)))


@pytest.fixture
def h() -> hf.Hierarchy:
    return hf.Hierarchy(Net(), (1, 8, 8), mean=[0.2], std=[0.5])


def test_gradients_with_respect_to_what_was_recorded(h):
    """Also where a rectifier writes over it: against the same network written out."""
    images = IMAGES.clone().requires_grad_()
    with hf.Recorder(h, layers=["one", "two"], detach=False) as r:
        scores = h.forward(images)
    found = torch.autograd.grad(scores[:, 1].sum(), [r["one"], r["two"], images], retain_graph=True)
    copied = IMAGES.clone().requires_grad_()
    first, second, expected = h.model.by_hand((copied - 0.2) / 0.5)
    wanted = torch.autograd.grad(expected[:, 1].sum(), [first, second, copied])
    torch.testing.assert_close(scores, expected)
    torch.testing.assert_close(r["one"], first)
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other)


def test_a_loss_on_activations_trains_the_weights_below_them(h):
    with hf.Recorder(h, layers="two", detach=False) as r:
        h.forward(IMAGES)
    r["two"].square().mean().backward()
    assert h.model.one.weight.grad is not None
    assert h.model.two.weight.grad.abs().sum() > 0
    assert h.model.head.weight.grad is None


def test_by_default_nothing_is_kept_in_the_graph(h):
    with hf.Recorder(h, layers="two") as r:
        h.forward(IMAGES)
    assert not r["two"].requires_grad


@pytest.mark.parametrize("layer", ["one", "act", "two", "act#2", "relu", "head"])
def test_a_submodel_ends_at_its_layer(h, layer):
    part = h.submodel(layer)
    torch.testing.assert_close(part(IMAGES), hf.record(h, IMAGES, layers=layer)[layer])
    assert isinstance(part, nn.Module)
    assert {id(p) for p in part.parameters()} == {id(p) for p in h.model.parameters()}
    assert layer in repr(part)
    torch.testing.assert_close(copy.deepcopy(part)(IMAGES), part(IMAGES))


def test_a_submodel_computes_nothing_behind_its_layer_and_leaves_the_mode(h):
    part = h.submodel("two")
    h.model.train()
    h.model.head.register_forward_hook(lambda *_: pytest.fail("the head was run"))
    part(IMAGES)
    assert h.model.training


def test_gradients_flow_through_a_submodel(h):
    images = IMAGES.clone().requires_grad_()
    found = torch.autograd.grad(h.submodel("two")(images).sum(), [images, h.model.one.weight])
    copied = IMAGES.clone().requires_grad_()
    _, second, _ = h.model.by_hand((copied - 0.2) / 0.5)
    wanted = torch.autograd.grad(second.sum(), [copied, h.model.one.weight])
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other)


def test_another_library_takes_a_submodel(h):
    from captum.attr import IntegratedGradients

    found = IntegratedGradients(h.submodel("head")).attribute(IMAGES, target=1, n_steps=64)
    expected = hf.attribute(h, IMAGES, "head", (1,), method="integrated_gradients", baseline=0.0, steps=64)
    torch.testing.assert_close(found.float(), torch.as_tensor(expected.maps), atol=1e-5, rtol=1e-4)


def test_a_submodel_is_a_network_to_be_examined(h):
    part = hf.Hierarchy(h.submodel("two"), (1, 8, 8), name="half")
    torch.testing.assert_close(part(IMAGES), h.submodel("two")(IMAGES))


def test_an_unknown_layer_is_named(h):
    with pytest.raises(hf.HierfeatError, match="has no layer 'tow'; did you mean 'two'"):
        h.submodel("tow")
