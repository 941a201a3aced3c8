"""What all tests share: one thread, a headless matplotlib, and a few small networks."""

import os
from pathlib import Path

import matplotlib as mpl
import pytest
import torch
from hypothesis import settings
from torch import nn
from torch.nn import functional as F

mpl.use("Agg")
torch.set_num_threads(1)
settings.register_profile("hierfeat", deadline=None, derandomize="CI" in os.environ)  # time limits are pytest-timeout's
settings.load_profile("hierfeat")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-figures", action="store_true", help="store what figures draw now in tests/plots")
    parser.addoption("--rewrite-tables", action="store_true", help="store the tables that tests make for docs/tables")
    parser.addoption("--site", type=Path, help="examine the documentation as it was built here; else it is built anew")


class Everything(nn.Module):
    """One network with each thing that trips peers: in-place, functional, reused and repeated layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, padding=1)
        self.bn = nn.BatchNorm2d(4)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.head = nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu(self.conv1(x))
        y = self.relu(self.bn(self.conv2(x)))
        x = self.conv2(x)  # the same module again
        x += y
        x = F.relu_(x)
        x = F.max_pool2d(x, 2)
        x = torch.cat([x, F.avg_pool2d(x, 3, 1, 1)], 1)
        x[:, 0] = 0  # writes into the concatenation
        return self.head(x.mean((2, 3)))


@pytest.fixture
def everything() -> Everything:
    torch.manual_seed(0)
    return Everything()


@pytest.fixture
def images() -> torch.Tensor:
    return torch.rand(5, 1, 8, 8, generator=torch.Generator().manual_seed(0))
