"""Makes every result on the CPU and on another device, and prints what differs or fails: a script of its own.

The other device is the pretend one, or that which the environment names as ``DEVICE``.
"""

import os
import sys
import traceback
import warnings

import numpy as np
import pandas as pd

import hierfeat as hf
from hierfeat.atlas.live.export import export
from hierfeat.atlas.live.weights import pack, stored
from tests.plots import results

DEVICE = os.environ.get("DEVICE")
if DEVICE is None:
    from tests.devices.pretend import moved

ELSEWHERE = ("neocognitron", "cell_plane", "training", "singular_values", "toeplitz")  # these are of no hierarchy


def weights_of_the_page():
    h = results.net()
    h.mean, h.std = (0.4,) * h.input_shape[0], (0.5,) * h.input_shape[0]
    graph = export(h)
    return stored(graph, pack(graph, results.images()))


CLOSE = {"rtol": 2e-3, "atol": 2e-4, "check_dtype": False}
MORE = {
    "record": lambda: hf.record(results.net(), results.images()),
    "sweep": lambda: hf.sweep(
        results.net(), results.images(), [hf.Moments(), hf.ActiveFraction(), hf.Sparseness(), hf.Histogram()]
    ),
    "page": weights_of_the_page,
}


def difference(one, other) -> str:
    if isinstance(one, dict):
        pairs = [(one[name], other[name].cpu()) for name in one]
        return "" if all(np.allclose(a, b, atol=1e-5) for a, b in pairs) else "activations differ"
    tables = zip(one, other, strict=True) if isinstance(one, list) else [(one.table, other.table)]
    for a, b in tables:
        try:
            pd.testing.assert_frame_equal(a, b, **CLOSE)
        except AssertionError as error:
            return str(error)
    return ""


def main(names: list[str]) -> int:
    warnings.simplefilter("ignore")
    made = {**results.RESULTS, **MORE}
    chosen = [name for name in made if name not in ELSEWHERE and (not names or name in names)]
    plain, tuned = (results.net, results.film), results.RESULTS["tuning"]()
    results.tuned = lambda: tuned
    here = {name: made[name]() for name in chosen}
    results.net = lambda channels=3, blocks=1: _there(plain[0].__wrapped__(channels, blocks))
    results.film = lambda: _there(plain[1]())
    failures = 0
    for name in chosen:
        try:
            said = difference(here[name], made[name]())
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)
            inside = [frame for frame in place if "/hierfeat/" in frame.filename][-1]
            said = f"{type(error).__name__}: {error} ({inside.filename.split('/hierfeat/')[-1]}:{inside.lineno})"
        failures += bool(said)
        print(f"{name}: {' '.join(said.split()) or 'ok'}", flush=True)
    return failures


def _there(h: hf.Hierarchy) -> hf.Hierarchy:
    if DEVICE is not None:
        return h.to(DEVICE)
    moved(h.model)
    return h


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
