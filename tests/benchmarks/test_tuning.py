"""What tuning costs beside the forward passes that it needs; CPU time of one thread."""

import time

import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat._torchvision import models
from hierfeat.physiology.responses import default_batch

pytestmark = [pytest.mark.benchmark, pytest.mark.slow]


def cpu_time(call):
    start = time.process_time()
    call()
    return time.process_time() - start


def net(name):
    torch.manual_seed(0)
    if name == "lenet":
        layers = [nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)]
        return hf.Hierarchy(nn.Sequential(*layers), (1, 28, 28))
    if name == "squeezenet":
        return hf.Hierarchy(models.squeezenet1_0(weights=None), (3, 224, 224))
    return hf.Hierarchy(models.resnet18(weights=None), (3, 64, 64))


@pytest.mark.parametrize("name", ["resnet18", "squeezenet", "lenet"])
def test_orientation_tuning_against_forward_passes(name, capsys):
    h = net(name)
    h.layers  # noqa: B018  (traced once, before the clock starts)
    options = {"orientations": 8, "frequencies": 3, "phases": 4} if name == "squeezenet" else {}
    count = 8 * 3 * 4 if options else 16 * 8 * 8
    batch = torch.rand(default_batch(h.input_shape), *h.input_shape)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.no_grad():
            h.model.eval()(h.normalise(batch))
            plain = min(
                cpu_time(lambda: [h.model(h.normalise(batch)) for _ in range(count // len(batch))]) for _ in range(2)
            )
        tuned = min(cpu_time(lambda: hf.orientation_tuning(h, layers=("conv", "pool"), **options)) for _ in range(2))
    finally:
        torch.set_num_threads(threads)
    plain *= count / (count // len(batch) * len(batch))
    with capsys.disabled():
        print(f"\norientation tuning, {name}: {tuned / plain:.2f} of {count} plain forward passes ({plain:.2f} s)")
    if name != "lenet":  # forty microseconds an image: fits and tables weigh more than the passes
        assert tuned / plain < 1.3
