"""Random graphs of operations: every unit of every conv and pool against the NaN probe."""

import importlib.util
from pathlib import Path

import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hierfeat as hf


def _beside(name):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


probe, nets = _beside("nan_probe"), _beside("random_nets")


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(graph=nets.GRAPHS, shape=st.tuples(st.just(4), st.integers(9, 18), st.integers(9, 18)))
def test_every_unit_of_random_graphs(graph, shape):
    net = nets.RandomNet(graph).double().eval()
    bilinear = any(op[0] == "resize" or "bilinear" in op for op, _ in graph)
    marker = probe.HUGE if bilinear else float("nan")
    with torch.random.fork_rng():
        fields = probe.assert_exact(hf.Hierarchy(net, shape), batch=18, marker=marker)
    assert set(fields.table.status) <= {"exact", "global"}
