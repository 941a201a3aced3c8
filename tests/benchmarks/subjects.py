"""The networks and images that costs are measured on."""

import torch

import hierfeat as hf
from hierfeat._torchvision import models


def network(name: str, side: int, **options: object) -> hf.Hierarchy:
    """A network of torchvision's with random weights, which change no cost."""
    torch.manual_seed(0)
    model = models.get_model(name, weights=None, **options).eval()
    h = hf.Hierarchy(model, (3, side, side), mean=[0.5] * 3, std=[0.5] * 3, name=name)
    _ = h.layers  # found once, kept
    return h


def lenet() -> tuple[str, hf.Hierarchy, torch.Tensor]:
    h = hf.load("lenet5-digits")
    h.model.eval()
    _ = h.layers
    return "LeNet-5, 256×1×32×32", h, torch.rand(256, 1, 32, 32)


def resnet18() -> tuple[str, hf.Hierarchy, torch.Tensor]:
    return "ResNet-18, 32×3×64×64", network("resnet18", 64), torch.rand(32, 3, 64, 64)


def resnet50() -> tuple[str, hf.Hierarchy, torch.Tensor]:
    return "ResNet-50, 8×3×224×224", network("resnet50", 224), torch.rand(8, 3, 224, 224)


def plain(h: hf.Hierarchy, images: torch.Tensor) -> None:
    with torch.no_grad():
        h.forward(images)
