"""Hand-built units whose answers are known; they share no code with the library's stimuli."""

import numpy as np
import pytest
import torch
from torch import nn

import hierfeat as hf


def gabor(size, orientation, frequency, phase=0.0, sigma=4.0):
    """A Gabor kernel in the design's convention, without a mean."""
    row, col = np.mgrid[:size, :size] - (size - 1) / 2
    theta = np.deg2rad(orientation)
    across, along = row * np.cos(theta) + col * np.sin(theta), col * np.cos(theta) - row * np.sin(theta)
    envelope = np.exp(-(across**2 + along**2) / (2 * sigma**2))
    kernel = envelope * np.cos(2 * np.pi * frequency * across - np.deg2rad(phase))
    return kernel - envelope * (kernel.sum() / envelope.sum())


def bank(kernels, *, channels=1, bias=None):
    """A valid convolution with the given kernels."""
    kernels = torch.as_tensor(np.stack(kernels), dtype=torch.float32)[:, None].repeat(1, channels, 1, 1)
    conv = nn.Conv2d(channels, len(kernels), kernels.shape[-1], bias=bias is not None)
    with torch.no_grad():
        conv.weight.copy_(kernels)
        if bias is not None:
            conv.bias.fill_(bias)
    return conv


class Square(nn.Module):
    def forward(self, x):
        return x * x


@pytest.fixture
def make():
    """``make.gabor``, ``make.bank``, ``make.simple`` and ``make.energy``."""

    class Make:
        pass

    def simple(kernels, size, *, channels=1, bias=None):
        net = nn.Sequential(bank(kernels, channels=channels, bias=bias), nn.ReLU())
        return hf.Hierarchy(net, (channels, *size), name="gabors")

    def energy(orientations, frequency, size, kernel=21):
        pairs = [gabor(kernel, angle, frequency, phase) for angle in orientations for phase in (0, 90)]
        total = nn.Conv2d(len(pairs), len(orientations), 1, bias=False)
        with torch.no_grad():
            total.weight.zero_()
            for unit in range(len(orientations)):
                total.weight[unit, 2 * unit : 2 * unit + 2] = 1
        return hf.Hierarchy(nn.Sequential(bank(pairs), Square(), total), (1, *size), name="energy")

    Make.gabor, Make.bank, Make.simple, Make.energy = map(staticmethod, (gabor, bank, simple, energy))
    return Make
