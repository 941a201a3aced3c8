"""What tuning costs beside the forward passes that it needs; CPU time of one thread."""

import pytest
import torch

import hierfeat as hf
from hierfeat._torchvision import models
from hierfeat.physiology._responses import default_batch
from hierfeat.stimuli.gratings import gratings
from tests.benchmarks.timing import ratios

pytestmark = [pytest.mark.benchmark, pytest.mark.slow]


def net(name):
    torch.manual_seed(0)
    if name == "squeezenet":
        return hf.Hierarchy(models.squeezenet1_0(weights=None), (3, 224, 224))
    if name == "resnet18":
        return hf.Hierarchy(models.resnet18(weights=None), (3, 64, 64))
    return hf.load(name)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("name", "rounds"), [("lenet5-digits", 25), ("resnet18", 3), ("squeezenet", 1)])
def test_orientation_tuning_against_forward_passes(name, rounds, capsys):
    """The same 1,024 gratings, ready-made, go plainly through the whole network."""
    h = net(name)
    first = next(layer.name for layer in h.layers if layer.kind == "conv")
    h.model.eval()
    stimuli = gratings(h.input_shape, frequencies=hf.orientation_tuning(h, layers=first).frequencies)
    size = default_batch(h.input_shape)
    made = [batch.contiguous() for batch in stimuli.batches(size)]

    def plain():
        with torch.no_grad():
            for batch in made:
                h.model(h.normalise(batch))

    others = {
        "orientation_tuning": lambda: hf.orientation_tuning(h),
        "making the stimuli, which it includes": lambda: [len(batch) for batch in stimuli.batches(size)],
    }
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        found = ratios(plain, others, rounds=rounds)
    finally:
        torch.set_num_threads(threads)
    with capsys.disabled():
        print(
            f"\norientation tuning, {name}, over the forward passes alone:", {k: round(v, 3) for k, v in found.items()}
        )
    assert found["orientation_tuning"] < 1.3
