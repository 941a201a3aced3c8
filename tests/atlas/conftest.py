"""One small network with convolutions, rectifiers and both common pools, and its atlas."""

from pathlib import Path

import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.atlas import findings
from tests.atlas.driving import chromium


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3)
        self.relu1 = nn.ReLU(inplace=True)
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(4, 6, 3)
        self.relu2 = nn.ReLU()
        self.pool2 = nn.AvgPool2d(2)
        self.fc = nn.Linear(24, 5)

    def forward(self, x):
        x = self.pool1(self.relu1(self.conv1(x)))
        return self.fc(self.pool2(self.relu2(self.conv2(x))).flatten(1))


@pytest.fixture(scope="package")
def browser():
    """One Chromium for all tests of this folder: each has a context of its own in it."""
    with chromium() as launched:
        yield launched


@pytest.fixture(scope="session")
def small():
    generator = torch.Generator().manual_seed(1)
    net = Small()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) / 3)
    return hf.Hierarchy(net, (1, 14, 14), classes=["zero", "one", "two", "three", "</script>"], name="small")


@pytest.fixture(scope="session")
def pictures():
    generator = torch.Generator().manual_seed(2)
    return torch.rand(12, 1, 14, 14, generator=generator), torch.arange(12) % 5


@pytest.fixture(scope="session")
def page(small, pictures, tmp_path_factory) -> Path:
    return hf.atlas(small, *pictures, out=tmp_path_factory.mktemp("atlas") / "small.html")


def lean_page(h: hf.Hierarchy, images: torch.Tensor, out: Path, *, tuning: bool = False) -> Path:
    """The live page of `h` without the measurements that its bench does not need."""
    wanted = ("receptive_fields", "orientation_tuning") if tuning else ("receptive_fields",)
    every = findings.stages
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            findings, "stages", lambda *given, **more: [stage for stage in every(*given, **more) if stage[0] in wanted]
        )
        return hf.atlas(h, images, out=out, live=True)
