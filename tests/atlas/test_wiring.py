"""Kernels and sources as the forward pass has them."""

import torch
import torch.nn.functional as F
from torch import nn

import hierfeat as hf
from hierfeat.atlas.wiring import wiring


class Branches(nn.Module):
    """Two branches of equal shape, of which the pool reads the first."""

    def __init__(self):
        super().__init__()
        self.left = nn.Conv2d(1, 2, 3)
        self.right = nn.Conv2d(1, 2, 3)
        self.weight = nn.Parameter(torch.randn(3, 2, 1, 1))

    def forward(self, x):
        left, right = self.left(x), self.right(x)
        return F.conv2d(F.max_pool2d(left, 2), self.weight).mean() + right.mean()


def test_kernels_of_modules_and_functions():
    net = Branches()
    wired = wiring(hf.Hierarchy(net, (1, 8, 8)), torch.zeros(1, 1, 8, 8))
    assert torch.equal(wired.weights["left"], net.left.weight)
    assert torch.equal(wired.weights["conv2d"], net.weight)


def test_kernels_of_a_grouped_transposed_convolution_are_by_output():
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ConvTranspose2d(4, 6, 3, groups=2))
    weight = wiring(hf.Hierarchy(net, (1, 8, 8)), torch.zeros(1, 1, 8, 8)).weights["1"]
    assert weight.shape == (6, 2, 3, 3)
    assert torch.equal(weight[4, 1], net[1].weight[3, 1])  # output 4 is the second of group 1, input 3 its second


def test_a_source_is_the_layer_really_read():
    wired = wiring(hf.Hierarchy(Branches(), (1, 8, 8)), torch.zeros(1, 1, 8, 8))
    assert wired.sources["max_pool2d"] == "left"
    assert wired.sources["conv2d"] == "max_pool2d"


def test_after_an_inplace_rectifier_the_rectifier_is_the_source(small, pictures):
    wired = wiring(small, pictures[0][:1])
    assert wired.sources["relu1"] == "conv1"
    assert wired.sources["pool1"] == "relu1"


def test_it_leaves_no_hook(small, pictures):
    wiring(small, pictures[0][:1])
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in small.model.modules())


def test_all_inputs_of_an_addition_and_a_concatenation():
    class Joins(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 2, 3, padding=1)

        def forward(self, x):
            first = self.first(x)
            second = self.second(first)
            second += first
            return torch.cat([first, second, self.second(second)], 1)

    inputs = wiring(hf.Hierarchy(Joins(), (1, 8, 8)), torch.zeros(1, 1, 8, 8)).inputs
    assert inputs["second"] == ["first"]
    assert set(inputs["add"]) == {"second", "first"}
    assert inputs["second#2"] == ["add"]
    assert set(inputs["cat"]) == {"first", "add", "second#2"}
