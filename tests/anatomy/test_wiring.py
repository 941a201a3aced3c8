"""The graph of layers, for nets whose wiring is known by hand."""

import doctest

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import hierfeat.anatomy.wiring as module
from hierfeat.anatomy.wiring import condensed, wiring
from hierfeat.errors import HierfeatError
from hierfeat.subjects.hierarchy import Hierarchy


class Residual(nn.Module):
    """An in-place ReLU, an in-place sum, a reused module, a branch, a gate and reshapes between the layers."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.short, self.gate, self.fc = nn.Conv2d(4, 4, 1), nn.Linear(4, 4), nn.Linear(8 * 9, 5)

    def forward(self, x):
        x = F.relu_(self.conv1(x))
        y = self.conv2(x)
        y = self.conv2(y.transpose(2, 3))
        gate = torch.sigmoid(self.gate(x.mean((2, 3))))
        y = y * gate[:, :, None, None]
        y += self.short(x)
        z = torch.cat([y, x], dim=1)[..., ::2, ::2]
        return self.fc(z.reshape(len(z), -1))


EXPECTED = {
    "conv1": ("input",),
    "relu": ("conv1",),
    "conv2": ("relu",),
    "conv2#2": ("conv2",),
    "mean": ("relu",),
    "gate": ("mean",),
    "sigmoid": ("gate",),
    "short": ("relu",),
    "iadd": ("conv2#2", "sigmoid", "short"),
    "cat": ("relu", "iadd"),
    "fc": ("cat",),
}


def normalised(sources):
    """One name for the sum, whichever way the tracer spells it."""
    rename = {name: "iadd" for name in sources if "add" in name}
    return {rename.get(k, k): tuple(rename.get(v, v) for v in values) for k, values in sources.items()}


def test_branches_gates_and_in_place_operations():
    assert normalised(wiring(Hierarchy(Residual(), (1, 6, 6)))) == EXPECTED


def test_nothing_is_left_behind():
    net = Residual().train()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    wiring(Hierarchy(net, (1, 6, 6)))
    assert net.training
    assert all(parameter.grad is None and parameter.requires_grad for parameter in net.parameters())
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())
    assert torch.is_grad_enabled()


class Choosing(nn.Module):
    """Control flow that depends on the data: a run for shapes only cannot follow it."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)

    def forward(self, x):
        x = self.conv(x)
        return F.relu(x) if x.sum().item() > -1e9 else x


def test_a_real_run_where_shapes_are_not_enough():
    assert wiring(Hierarchy(Choosing(), (1, 5, 5))) == {"conv": ("input",), "relu": ("conv",)}


def test_frozen_weights_and_detached_paths():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()).requires_grad_(False)
    assert wiring(Hierarchy(net, (1, 5, 5))) == {"0": ("input",), "1": ("0",)}

    class Detached(nn.Sequential):
        def forward(self, x):
            return self[1](self[0](x).detach())

    assert wiring(Hierarchy(Detached(nn.Conv2d(1, 2, 3), nn.ReLU()), (1, 5, 5))) == {"0": ("input",), "1": ()}


def test_condensed_follows_the_graph():
    kept = condensed(EXPECTED, ["conv1", "conv2", "cat", "fc"])
    assert kept == {"conv1": ("input",), "conv2": ("conv1",), "cat": ("conv1", "conv2"), "fc": ("cat",)}


def test_a_model_that_cannot_run():
    with pytest.raises(HierfeatError, match=r"cannot run on an input of shape \(1, 3, 8, 8\)"):
        wiring(Hierarchy(nn.Conv2d(1, 2, 3), (3, 8, 8)))


def test_examples_run():
    assert doctest.testmod(module).failed == 0
