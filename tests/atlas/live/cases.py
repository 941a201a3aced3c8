"""Cases for the page's engine: a network's graph and weights, an image, and what torch computes of it."""

import json
import math
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

import hierfeat as hf
from hierfeat.atlas.live import bundle
from hierfeat.atlas.live.export import Graph, export
from hierfeat.atlas.live.weights import pack, stored

HERE = Path(__file__).parent
ENGINE = Path(bundle.__file__).parent / "engine"
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed: the page's engine cannot be run")

#: The largest distance from torch, as a share of the layer's largest magnitude.
TOLERANCE = 1e-4


@dataclass
class Case:
    """A network and the image on which it is compared; torch takes the very weights that the page has."""

    h: hf.Hierarchy
    image: torch.Tensor
    finite: bool = True

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True)
        graph = export(self.h)
        block = pack(graph, self.image)
        live = bundle.assembled(graph, block)
        (folder / "graph.json").write_text(json.dumps(live.graph, allow_nan=False))
        (folder / "weights.bin").write_bytes(live.weights)
        reference = [value.numpy().ravel() for value in self._torch(graph, stored(graph, block), block.half)]
        np.concatenate(reference).astype(np.float32).tofile(folder / "reference.bin")
        self.image.numpy().astype(np.float32).tofile(folder / "image.bin")
        return folder

    def _torch(self, graph: Graph, tensors: dict[str, torch.Tensor], half: bool) -> list[torch.Tensor]:
        """Every layer and the output, recorded by hierfeat; the graph's own values where `record` cannot tell."""
        if half or not self.finite:  # `record` refuses what is not a number
            values = graph.run(self.image, tensors)
            return [values[name].float() for name in [*graph.layers.values(), graph.output]]
        names = [layer.name for layer in self.h.layers]
        recorded = hf.record(self.h, self.image, layers=names) if names else {}
        return [*(recorded[name].float() for name in names), self.h(self.image).float()]


def uniform(shape: tuple[int, ...], seed: int = 0) -> torch.Tensor:
    return torch.rand(1, *shape, generator=torch.Generator().manual_seed(seed))


def run(folders: list[Path], *, times: bool = False) -> list[dict]:
    """Run the engine under node and return its reports, in order."""
    assert NODE is not None
    done = subprocess.run(
        [NODE, str(HERE / "run_engine.mjs"), str(ENGINE), *map(str, folders)],
        capture_output=True,
        text=True,
        env={"TIMES": "1"} if times else {},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def worst(report: dict) -> dict[str, tuple[str, float]]:
    """For both ways of computing, the layer that is farthest from torch."""
    found = {}
    for path in ("wasm", "plain"):
        layers = {name: math.inf if share is None else share for name, share in report[path]["layers"].items()}
        found[path] = max(layers.items(), key=lambda item: item[1])
    return found


def assert_close(reports: list[dict]) -> None:
    for report in reports:
        for path, (layer, share) in worst(report).items():
            assert share <= TOLERANCE, f"{report['name']}, {path}: {layer or 'the output'} is {share:.1e} away"
