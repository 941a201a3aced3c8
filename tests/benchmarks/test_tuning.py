"""What tuning costs beside the forward passes that it needs; CPU time of one thread."""

import pytest
import torch

import hierfeat as hf
from hierfeat._torchvision import models
from hierfeat.physiology.responses import default_batch
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
@pytest.mark.parametrize(
    ("name", "rounds", "limit"), [("lenet5-digits", 25, 1.5), ("resnet18", 3, 1.3), ("squeezenet", 1, 1.3)]
)
def test_orientation_tuning_against_forward_passes(name, rounds, limit, capsys):
    """The same 1,024 gratings, ready-made, go plainly through the whole network; the goal is 1.3 everywhere."""
    h = net(name)
    first = next(layer.name for layer in h.layers if layer.kind == "conv")
    h.model.eval()
    stimuli = gratings(h.input_shape, frequencies=hf.orientation_tuning(h, layers=first).frequencies)
    size = default_batch(h.input_shape)
    made = (
        [batch.contiguous() for batch in stimuli.batches(size)]
        if name != "squeezenet"
        else [stimuli[:size].contiguous()]
    )

    def plain():
        with torch.no_grad():
            for start in range(0, len(stimuli), size):
                batch = made[start // size % len(made)]
                h.model(h.normalise(batch[: len(stimuli) - start]))

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
    assert found["orientation_tuning"] < limit
