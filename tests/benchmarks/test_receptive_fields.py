"""How long receptive fields take, for every classification net of torchvision."""

import statistics
import time

import pytest
import torch

import hierfeat as hf
from hierfeat._torchvision import models

_SIDES = {"inception_v3": 299}
_QUIET = {
    "inception_v3": {"aux_logits": False, "init_weights": False},
    "googlenet": {"aux_logits": False, "init_weights": False},
}


def _built(name):
    """The net with memory for its weights but no values: filling them takes longer than all that is measured."""
    try:
        with torch.device("meta"):
            model = models.get_model(name, weights=None, **_QUIET.get(name, {}))
    except NotImplementedError:  # a constructor that looks at values
        model = models.get_model(name, weights=None, **_QUIET.get(name, {}))
    model.to_empty(device="cpu")
    for buffer in model.buffers():
        buffer.zero_()  # some are indices
    side = _SIDES.get(name, 224)
    return hf.Hierarchy(model, (3, side, side), name=name)


@pytest.mark.benchmark
@pytest.mark.timeout(1800)
def test_seconds_per_net(capsys):
    rows = []
    for name in models.list_models(module=models):
        h = _built(name)
        wall, cpu = time.perf_counter(), time.process_time()
        fields = hf.receptive_fields(h)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        status = fields.table.status.value_counts()
        rows.append((name, wall, cpu, *(status.get(s, 0) for s in ("exact", "global", "bound"))))
    with capsys.disabled():
        print("\nnet, seconds (wall, cpu), layers exact, global, bound")
        for row in rows:
            print(f"{row[0]:22s} {row[1]:6.3f} {row[2]:6.3f}  {row[3]:4d} {row[4]:4d} {row[5]:4d}")
        for index, what in ((1, "wall"), (2, "cpu")):
            times = [row[index] for row in rows]
            print(f"{what}: median {statistics.median(times):.3f} s, largest {max(times):.3f} s, {len(times)} nets")
    assert all(row[3] + row[4] + row[5] > 0 for row in rows)
