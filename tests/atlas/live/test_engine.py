"""The page's engine, under node, against torch: every layer of real networks and of random ones."""

import json
import subprocess

import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat._torchvision import models
from hierfeat.atlas.live.vocabulary import OPERATIONS
from tests.atlas.live.cases import ENGINE, HERE, NODE, Case, assert_close, needs_node, run, uniform
from tests.atlas.live.random_cnns import ACTIVATIONS, RandomCNN

pytestmark = needs_node
SEEDS = range(100)

#: Residual, fire, gated and shuffled blocks at a small size.
TORCHVISION = ["resnet18@64", "squeezenet1_1@64", "mobilenet_v3_small@64", "shufflenet_v2_x0_5@64"]
#: All other classifiers of torchvision that convolve, at the smallest size that all of their layers take.
ATTENTION = ("vit_", "swin_", "maxvit_")
SIZES = {"inception_v3": 96, "alexnet": 64, "squeezenet1_0": 224}
TOO_LARGE = ["regnet_y_128gf"]  # 2.6 GB of weights: more than the tests' machine has to spare
LARGE = [
    f"{name}@{SIZES.get(name, 64)}"
    for name in models.list_models(module=models)
    if not name.startswith(ATTENTION) and name not in TOO_LARGE and f"{name}@64" not in TORCHVISION
]
TIMM = ["resnet18@64", "convnext_atto@64", "efficientnet_lite0@64", "mobilenetv3_small_050@64", "regnety_002@64"]


def case(source: str, name: str) -> Case:
    name, _, size = name.partition("@")
    h = hf.load(f"{source}:{name}")
    shape = (h.input_shape[0], int(size), int(size))
    h = hf.Hierarchy(h.model, shape, mean=h.mean, std=h.std, name=name)
    return Case(h, uniform(shape))


#: Networks that differ in more than their weights from those that are left for `slow`.
ZOO = ["lenet5-digits", "lenet5-mnist", "neocognitron-1980", "neocognitron-digits", "neocognitron-mnist"]
REST = sorted(set(hf.list_models()) - set(ZOO))


@pytest.mark.parametrize("name", [*ZOO, *(pytest.param(name, marks=pytest.mark.slow) for name in REST)])
@pytest.mark.filterwarnings("ignore:.*freshly initialised.*", "ignore:.*weights.*:UserWarning")
def test_the_zoo(tmp_path, name):
    h = hf.load(name)
    assert_close(run([Case(h, uniform(h.input_shape)).write(tmp_path / "case")]))


@pytest.mark.parametrize("name", TORCHVISION)
def test_torchvision(tmp_path, name):
    assert_close(run([case("torchvision", name).write(tmp_path / "case")]))


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", LARGE)
def test_torchvision_large(tmp_path, name):
    assert_close(run([case("torchvision", name).write(tmp_path / "case")]))


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", TIMM)
def test_timm(tmp_path, name):
    pytest.importorskip("timm", reason="timm is not installed")
    assert_close(run([case("timm", name).write(tmp_path / "case")]))


@pytest.fixture(scope="module")
def random_reports(tmp_path_factory):
    """100 networks, one run of node."""
    folder = tmp_path_factory.mktemp("random")
    nets = {seed: RandomCNN(seed) for seed in SEEDS}
    folders = [
        Case(
            hf.Hierarchy(net, net.input_shape, name=f"seed {seed}: {net.names}"), uniform(net.input_shape, seed)
        ).write(folder / str(seed))
        for seed, net in nets.items()
    ]
    used = {op for place in folders for _, op, *_ in json.loads((place / "graph.json").read_text())["nodes"]}
    return run(folders), used


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_random_networks(random_reports):
    reports, used = random_reports
    assert len(reports) == len(SEEDS)
    assert_close(reports)
    assert len(used) > 85  # and not the same few operations a hundred times


class OneOfEach(nn.Module):
    """Every activation, each on the same map."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.functions = {name: make() for name, make in ACTIVATIONS.items()}

    def forward(self, x):
        x = self.conv(x) * 3
        return torch.cat([function(x.clone()).flatten(1).mean(1, keepdim=True) for function in self.functions.values()])


def test_random_networks_quickly(tmp_path):
    """A tenth of them, and every activation."""
    nets = [RandomCNN(seed) for seed in SEEDS[:10]]
    cases = [Case(hf.Hierarchy(net, net.input_shape), uniform(net.input_shape)) for net in nets]
    cases.append(Case(hf.Hierarchy(OneOfEach(), (1, 8, 8)), uniform((1, 8, 8))))
    assert_close(run([case.write(tmp_path / str(index)) for index, case in enumerate(cases)]))


def test_values_that_are_not_numbers_stay_so(tmp_path):
    """log of a negative number, through a rectifier and a pool, and infinity through a difference."""

    class Odd(nn.Module):
        def forward(self, x):
            y = (x - 0.5).log()
            z = torch.relu(y)
            return torch.max_pool2d(z, 2), (1 / (x - x)).amax(1)

    h = hf.Hierarchy(nn.Sequential(nn.Conv2d(1, 2, 1), Odd()), (1, 6, 6))
    assert_close(run([Case(h, uniform((1, 6, 6)), finite=False).write(tmp_path / "case")]))


def test_the_vocabulary_is_the_engines_own(tmp_path):
    script = tmp_path / "list.mjs"
    home = (ENGINE / "ops" / "index.js").as_uri()
    script.write_text(f"import {{ OPERATIONS }} from {home!r}; console.log(Object.keys(OPERATIONS).join(' '));")
    done = subprocess.run([NODE, str(script)], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == OPERATIONS


def test_base64_with_and_without_the_browsers_own_way():
    script, home = HERE / "base64.mjs", (ENGINE / "weights.js").as_uri()
    done = subprocess.run([NODE, str(script), home], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"found": [True, True], "asked": 1}
