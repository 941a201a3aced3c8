"""The arithmetic of units, as the page tells it, against torch: every number, and that they make the activation."""

import json
import math
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import hierfeat as hf
from hierfeat.atlas.live.export import export
from hierfeat.atlas.live.rewrite import Ref
from hierfeat.atlas.live.weights import pack, stored
from tests.atlas.live.cases import ENGINE, HERE, NODE, Case, needs_node, uniform

pytestmark = needs_node
SCRIPTS = Path(hf.__file__).parent / "atlas" / "scripts"

#: Share of the largest of the numbers that are added up.
TOLERANCE = 2e-5


class Odd(nn.Module):
    """What the zoo lacks: groups, dilation, transposition, other norms, pools with padding, concatenation."""

    def __init__(self):
        super().__init__()
        self.dilated = nn.Conv2d(2, 4, 3, padding=2, dilation=2, groups=2)
        self.norm = nn.GroupNorm(2, 4)
        self.gelu = nn.GELU()
        self.up = nn.ConvTranspose2d(4, 3, 3, stride=2, padding=1, groups=1)
        self.same = nn.Conv2d(3, 4, 4, padding="same")
        self.pool = nn.MaxPool2d(3, 2, padding=1)
        self.mean = nn.AdaptiveAvgPool2d(3)
        self.layer_norm = nn.LayerNorm(8)
        self.last = nn.Linear(8, 3)
        self.softplus = nn.Softplus()

    def forward(self, x):
        x = self.gelu(self.norm(self.dilated(x)))
        x = self.same(self.up(x))
        x = self.mean(torch.cat([self.pool(x), F.avg_pool2d(x, 3, 2, 1).abs() * 0.5 + 1], 1))
        return self.softplus(self.last(self.layer_norm(x.mean((2, 3)))))


def odd():
    torch.manual_seed(3)
    return hf.Hierarchy(Odd().eval(), (2, 9, 9), name="odd")


NETS = {
    "LeNet-5": lambda: hf.load("lenet5-digits"),
    "LeNet-5 of 1998": lambda: hf.load("lenet5-mnist"),
    "convnet-cifar10": lambda: hf.load("convnet-cifar10"),
    "ResNet-20": lambda: hf.load("resnet20-cifar10"),
    "Neocognitron of 1980": lambda: hf.load("neocognitron-1980"),
    "modern Neocognitron": lambda: hf.load("neocognitron-digits"),
    "odd": odd,
}


def explained(h: hf.Hierarchy, image: torch.Tensor, folder: Path) -> tuple:
    """The graph, all its values in torch, and for some units of every layer the page's steps."""
    folder = Case(h, image).write(folder)
    graph = export(h)
    block = pack(graph, image)
    values = graph.run(image, stored(graph, block))
    values |= stored(graph, block)
    generator = torch.Generator().manual_seed(1)
    units = []
    for value in graph.layers.values():
        flat = values[value].flatten()
        some = torch.randint(len(flat), (2,), generator=generator).tolist()
        units += [(value, at) for at in {int(flat.argmax()), 0, len(flat) - 1, *some}]
    (folder / "units.json").write_text(json.dumps(units))
    assert NODE is not None
    command = [NODE, str(HERE / "explain.mjs"), str(SCRIPTS), str(ENGINE), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = [json.loads(line, parse_constant=float) for line in done.stdout.splitlines()]
    assert len(told) == len(units)
    return graph, values, list(zip(units, told, strict=True))


@pytest.mark.parametrize("net", NETS)
@pytest.mark.filterwarnings("ignore:.*freshly initialised.*")
def test_every_number_agrees_with_torch(tmp_path, net):
    h = NETS[net]()
    graph, values, told = explained(h, uniform(h.input_shape), tmp_path / "case")
    nodes = {node.name: node for node in graph.nodes}
    kinds = set()
    for (value, at), steps in told:
        assert (steps[-1]["node"], steps[-1]["at"]) == (value, at)
        for index, step in enumerate(steps):
            kinds.add(step["kind"])
            truth = values[step["node"]].flatten().float()
            scale = float(truth.abs().max()) or 1.0
            assert step["value"] == pytest.approx(float(truth[step["at"]]), abs=TOLERANCE * scale)
            for part in step.get("parts", ()):
                number = values[part["name"]].flatten()[part["at"]]
                assert part["value"] == pytest.approx(float(number), rel=1e-4, abs=TOLERANCE * scale)
                if part["step"] is not None:
                    assert part["step"] < index
                    assert (steps[part["step"]]["node"], steps[part["step"]]["at"]) == (part["name"], part["at"])
            CHECKS[step["kind"]](step, nodes[step["node"]], values)
    assert {"opaque"} & kinds <= ({"opaque"} if net == "modern Neocognitron" else set())  # its top is a cone's cosine


def window(step, node, values):
    """Its numbers are slices of the input and of the kernel, its sum the activation."""
    x, kernel = values[node.args[0].name][0], values[node.args[1].name]
    total = step["bias"] + sum(term["sum"] for term in step["terms"])
    largest = sum(abs(a * b) for term in step["terms"] for a, b in zip(term["window"], term["kernel"], strict=True))
    assert total == pytest.approx(step["value"], abs=TOLERANCE * max(largest, 1e-6))
    if node.op.startswith("conv_transpose"):
        return  # that the sum is right says it
    _, o, row, col = np.unravel_index(step["at"], node.shape)
    stride, padding, dilation = (node.args[i] for i in (3, 4, 5))
    size = [dilation[i] * (kernel.shape[2 + i] - 1) + 1 for i in (0, 1)]
    if padding == "same":
        padding = [(one - 1) // 2 for one in size]
    elif padding == "valid":
        padding = [0, 0]
    around = F.pad(x, [padding[1], size[1], padding[0], size[0]])
    top, left = row * stride[0], col * stride[1]
    seen = around[:, top : top + size[0] : dilation[0], left : left + size[1] : dilation[1]]
    inputs = kernel.shape[1]
    first = o // (node.shape[1] // node.args[6]) * inputs
    scale = float(x.abs().max()) or 1.0
    for term in step["terms"]:
        assert np.allclose(term["window"], seen[term["channel"]].flatten(), atol=TOLERANCE * scale)
        assert np.allclose(term["kernel"], kernel[o, term["channel"] - first].flatten(), atol=1e-6)


def weights(step, node, values):
    x, matrix = values[node.args[0].name].flatten(), values[node.args[1].name]
    o = step["at"] % node.shape[-1]
    scale = float(x.abs().max()) or 1.0
    assert np.allclose([term["window"][0] for term in step["terms"]], x, atol=TOLERANCE * scale)
    assert np.allclose([term["kernel"][0] for term in step["terms"]], matrix[o], atol=1e-6)
    largest = sum(abs(term["sum"]) for term in step["terms"])
    total = step["bias"] + sum(term["sum"] for term in step["terms"])
    assert total == pytest.approx(step["value"], abs=TOLERANCE * max(largest, 1e-6))


def pool(step, node, values):
    cells = [cell["value"] for cell in step["cells"]]
    x = values[node.args[0].name][0]
    for cell in step["cells"]:
        assert cell["value"] == pytest.approx(float(x[step["channel"], cell["row"], cell["col"]]), rel=1e-4, abs=1e-5)
    if "max" in node.op:
        assert step["value"] == pytest.approx(max(cells), rel=1e-6)
    elif not any(node.args[3:4]) or node.op.startswith("adaptive"):
        assert step["value"] == pytest.approx(np.mean(cells), rel=1e-4, abs=TOLERANCE)


def norm(step, node, values):
    found, x = step["norm"], step["parts"][0]["value"]
    deviation = math.sqrt(found["variance"] + found["eps"])
    expected = (x - found["mean"]) / deviation * found["weight"] + found["bias"]
    largest = (abs(x) + abs(found["mean"])) / deviation * abs(found["weight"]) + abs(found["bias"])
    assert expected == pytest.approx(step["value"], abs=TOLERANCE * max(largest, 1e-6))


def called(step, node, values):
    """The operation itself, called with the numbers that the step reads."""
    parts = iter([torch.tensor(part["value"]).to(values[part["name"]].dtype) for part in step["parts"]])
    plain = node.args[: len(node.args) - len(node.keywords)]
    given = [next(parts) if isinstance(argument, Ref) else argument for argument in plain]
    keywords = {key: next(parts) if isinstance(one, Ref) else one for key, one in node.keywords.items()}
    found = float(node.function(*given, **keywords))
    largest = max([abs(part["value"]) for part in step["parts"]], default=1)
    assert found == pytest.approx(step["value"], rel=1e-4, abs=TOLERANCE * max(1.0, largest))


def curve(step, node, values):
    called(step, node, values)
    xs = torch.tensor([x for x, _ in step["curve"]])
    plain = node.args[1 : len(node.args) - len(node.keywords)]
    drawn = node.function(xs, *plain, **node.keywords)
    assert np.allclose([y for _, y in step["curve"]], drawn, atol=1e-4 * max(1.0, float(drawn.abs().max())))


def reduce(step, node, values):
    numbers = [one["value"] for one in step["many"]]
    x = values[node.args[0].name].flatten()
    assert np.allclose(numbers, x[[one["at"] for one in step["many"]]], rtol=1e-4, atol=1e-5 * float(x.abs().max()))
    how = {"sum": sum, "mean": np.mean, "amax": max, "max": max, "amin": min, "min": min}[step["op"]]
    assert how(numbers) == pytest.approx(step["value"], rel=1e-4, abs=1e-5 * sum(abs(n) for n in numbers))
    assert len(numbers) == x.numel() // math.prod(node.shape)


def move(step, node, values):
    assert [part["value"] for part in step["parts"]] in ([], [step["value"]])


CHECKS = {
    "window": window,
    "weights": weights,
    "pool": pool,
    "norm": norm,
    "combine": called,
    "curve": curve,
    "reduce": reduce,
    "move": move,
    "opaque": lambda step, node, values: None,
}
