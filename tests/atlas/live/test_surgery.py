"""Operations on the network in the page give what the same operations give in torch."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.physiology.invariance._pools import POOLS, Windows
from tests.atlas.live.cases import ENGINE, NODE, Case, needs_node, uniform

pytestmark = needs_node
LAYERS = {"conv1": 0, "act1": 1, "pool1": 2, "conv2": 3, "act2": 4, "pool2": 5}


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    h = hf.load("lenet5-digits")
    made = Case(h, uniform(h.input_shape, 3))
    made.folder = made.write(tmp_path_factory.mktemp("surgery") / "lenet")
    return made


def operated(case, *cuts):
    """The output, and every layer's, after each list of cuts; what each layer can be swapped for."""
    script = [NODE, Path(__file__).parent / "run_surgery.mjs", ENGINE, case.folder]
    run = subprocess.run(script, input=json.dumps(cuts), capture_output=True, text=True, timeout=60, check=True)
    said = json.loads(run.stdout)
    return said["found"], said["swaps"]


def close(found, expected):
    scale = expected.abs().max()
    np.testing.assert_allclose(np.ravel(found), expected.detach().numpy().ravel(), atol=float(2e-3 * scale))


def changed(case, name, change):
    """The scores with another output of one layer."""
    h, found = case.h, {}

    def after(call, output):
        if call.name == name:
            return change(call.input, output)
        return None

    with torch.no_grad(), h.watching(after=after):
        found["scores"] = h.forward(case.image)
    return found["scores"]


def without(channels):
    def change(_, output):
        output = output.clone()
        output[:, channels] = 0
        return output

    return change


def test_silenced_channels_are_a_lesion(case):
    cuts = [{"kind": "silence", "layer": LAYERS["act2"], "channels": [1, 4, 5]}]
    [after, intact], _ = operated(case, cuts, [])
    close(after["output"], changed(case, "act2", without([1, 4, 5])))
    close(intact["output"], case.h(case.image))
    maps = np.reshape(after["layers"][LAYERS["act2"]], (16, 10, 10))
    assert not maps[[1, 4, 5]].any()
    assert maps[0].any()


def test_silence_upon_silence(case):
    one, other = ({"kind": "silence", "layer": LAYERS["conv1"], "channels": [channel]} for channel in (0, 3))
    [after], _ = operated(case, [one, other])
    close(after["output"], changed(case, "conv1", without([0, 3])))


@pytest.mark.parametrize(("by", "function"), [("tanh", torch.tanh), ("nothing", lambda x: x)])
def test_other_activation_functions(case, by, function):
    [after], swaps = operated(case, [{"kind": "swap", "layer": LAYERS["act1"], "by": by}])
    close(after["output"], changed(case, "act1", lambda given, _: function(given)))
    assert swaps[LAYERS["act1"]] == ["tanh", "nothing"]
    assert swaps[LAYERS["conv1"]] == []


def test_an_average_for_a_maximum_is_that_of_pooling_invariance(case):
    [after], swaps = operated(case, [{"kind": "swap", "layer": LAYERS["pool2"], "by": "average"}])
    windows = Windows.of(case.h.layers["pool2"])
    close(after["output"], changed(case, "pool2", lambda given, _: POOLS["average"](given, windows)))
    assert swaps[LAYERS["pool2"]] == ["average"]


def test_a_maximum_for_an_average(tmp_path):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 3, 3), nn.AvgPool2d(3, 2, padding=1), nn.Flatten(), nn.Linear(75, 2))
    case = Case(hf.Hierarchy(net, (1, 12, 12)), uniform((1, 12, 12)))
    case.folder = case.write(tmp_path / "average")
    [after], swaps = operated(case, [{"kind": "swap", "layer": 1, "by": "max"}])
    close(after["output"], changed(case, "1", lambda given, _: nn.functional.max_pool2d(given, 3, 2, 1)))
    assert swaps[1] == ["max"]


def test_another_kernel(case):
    kernel = torch.linspace(-0.3, 0.3, 25).reshape(5, 5)
    cut = {"kind": "kernel", "layer": LAYERS["conv2"], "output": 7, "input": 2, "weights": kernel.flatten().tolist()}
    [after], _ = operated(case, [cut])
    h = hf.load("lenet5-digits")
    weight = h.model.conv2.weight
    with torch.no_grad():
        weight[7, 2] = kernel
    close(after["output"], h(case.image))
