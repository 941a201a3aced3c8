"""Large networks: layer table and fields come from shapes alone, in bounded time and memory.

All nets are on the meta device, where there are no weights that could be read.
"""

import json
import subprocess
import sys

import pytest

SCRIPT = """
import json, resource, sys, time, warnings, torch, hierfeat as hf
from hierfeat._torchvision import models
from torchvision.models.resnet import BasicBlock, ResNet
warnings.simplefilter("ignore")

def resnet(blocks):
    return ResNet(BasicBlock, [blocks] * 4)

def timm(name):
    import timm
    return timm.create_model(name)

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)

hf.receptive_fields(hf.Hierarchy(models.resnet18(weights=None), (3, 64, 64)))  # what is imported, once
with torch.device("meta"):
    model = eval(sys.argv[1])
h, before, began = hf.Hierarchy(model, (3, 224, 224)), peak(), time.process_time()
layers, fields = h.layers, hf.receptive_fields(h)
found = {"megabytes": sum(p.numel() for p in model.parameters()) * 4 / 2**20, "layers": len(layers)}
found |= {"parameters": layers.totals["parameters"] == sum(p.numel() for p in model.parameters())}
found |= {"seconds": time.process_time() - began, "memory": peak() - before, "fields": len(fields.table)}
print(json.dumps(found))
"""


def measured(model: str) -> dict[str, float]:
    """What the table and the fields of a net cost, in a process of its own: CPU seconds, and memory in MB."""
    said = subprocess.run(
        [sys.executable, "-c", SCRIPT, model], capture_output=True, text=True, timeout=500, check=False
    )
    assert said.returncode == 0, said.stderr[-2000:]
    found = json.loads(said.stdout)
    print(model, found)
    assert found["parameters"]
    assert found["fields"] == found["layers"]
    return found


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("model", "megabytes", "layers"),
    [
        ("models.convnext_large(weights=None)", 750, 200),
        ("models.vit_h_14(weights=None)", 2400, 300),
        ("models.maxvit_t(weights=None)", 100, 400),
        ("timm('vit_base_r50_s16_224')", 300, 300),
    ],
)
def test_large_nets(model, megabytes, layers):
    if model.startswith("timm"):
        pytest.importorskip("timm")
    found = measured(model)
    assert found["megabytes"] > megabytes
    assert found["layers"] > layers
    assert found["memory"] < 200
    assert found["seconds"] < 30


@pytest.mark.slow
@pytest.mark.timeout(1100)
def test_a_thousand_convolutions_cost_four_times_what_a_quarter_does():
    """Time and memory grow in step with the number of layers, 4 times as many here."""
    quarter, whole = measured("resnet(31)"), measured("resnet(125)")
    assert whole["layers"] > 3500
    assert whole["megabytes"] > 2900
    assert whole["seconds"] < 6 * quarter["seconds"]
    assert whole["memory"] < 200
