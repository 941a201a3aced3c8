"""What recording and sweeping cost beside a plain forward pass, and beside what peers do.

Run with ``make bench``. TorchLens (2.36) is compared where it is installed.
"""

import importlib
import importlib.util

import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat._torchvision import models
from tests.benchmarks.timing import ratios, show

pytestmark = [pytest.mark.benchmark, pytest.mark.filterwarnings("default")]
BATCHES = 20


def subjects() -> list[tuple[str, hf.Hierarchy, torch.Tensor]]:
    torch.manual_seed(0)
    resnet = hf.Hierarchy(models.resnet18(weights=None), (3, 64, 64))
    return [
        ("LeNet-5 at 256x1x32x32", hf.load("lenet5-digits"), torch.rand(256, 1, 32, 32)),
        ("ResNet-18 at 32x3x64x64", resnet, torch.rand(32, 3, 64, 64)),
    ]


@pytest.fixture(params=subjects(), ids=lambda subject: subject[0])
def subject(request):
    name, h, images = request.param
    h.model.eval()
    _ = h.layers  # found once, kept
    return name, h, images


def plain(h, images):
    with torch.no_grad():
        h.forward(images)


def captum_layers(h, images):
    from captum.attr import LayerActivation

    kinds = (nn.Conv2d, nn.MaxPool2d, nn.AdaptiveAvgPool2d)
    chosen = [module for module in h.model.modules() if isinstance(module, kinds)]
    with torch.no_grad():
        LayerActivation(h.model, chosen).attribute(h.normalise(images))


def torchvision_extractor(h):
    feature_extraction = importlib.import_module("torchvision.models.feature_extraction")  # behind the open door

    names = [layer.name for layer in h.layers.select(("conv", "pool"))]
    extract = feature_extraction.create_feature_extractor(h.model, names)

    def run(images):
        with torch.no_grad():
            extract(h.normalise(images))

    return run


def torchlens_trace(h, images):
    import torchlens

    wanted = ("conv2d", "max_pool2d", "adaptive_avg_pool2d")
    with torch.no_grad():
        torchlens.trace(h.model, h.normalise(images), save=lambda op: op.func_name in wanted)


def test_record(subject):
    name, h, images = subject
    extract = torchvision_extractor(h)
    others = {
        "hf.record, every conv and pool (goal 1.10)": lambda: hf.record(h, images),
        "captum LayerActivation, the same": lambda: captum_layers(h, images),
        "torchvision create_feature_extractor, the same": lambda: extract(images),
    }
    if importlib.util.find_spec("torchlens"):
        others["TorchLens trace, the same"] = lambda: torchlens_trace(h, images)
    show(f"record, {name}: CPU time over a plain forward pass", ratios(lambda: plain(h, images), others))


def test_sweep(subject):
    name, h, images = subject
    goal = "1.40" if "LeNet" in name else "1.25"

    def swept(*measures):
        return lambda: hf.sweep(h, [images] * BATCHES, [make() for make in measures], progress=False)

    everything = (hf.Moments, hf.ActiveFraction, hf.Sparseness, hf.Histogram)
    others = {
        f"all four measures (goal {goal})": swept(*everything),
        **{make.__name__: swept(make) for make in everything},
    }
    found = ratios(lambda: [plain(h, images) for _ in range(BATCHES)], others, rounds=7)
    show(f"sweep of conv, pool and activation, {name}: CPU time over plain forward passes", found)
