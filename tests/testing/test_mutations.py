"""What the guard notices and what it does not: a network made wrong in one way after another.

The table in docs/tables is what these tests found: ``pytest tests/testing --rewrite-tables`` writes it anew.
"""

import warnings
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
import torch

import hierfeat as hf
from hierfeat.testing import Comparison, Fingerprint, compare, fingerprint, probe_images
from tests.testing.mutations import MUTATIONS, Mutation, network, shown

TABLES = Path(__file__).parents[2] / "docs" / "tables"
MARGIN = 0.1
"""What counts as noise stays below this share of what is allowed ..."""
DEEP_MARGIN = 0.5
"""... and below this one in networks of random weights, and in one that divides what is small by what is small."""


@cache
def before() -> Fingerprint:
    return fingerprint(network(), shown())


def after(mutation: Mutation) -> Comparison:
    h, images = mutation.change(network(), shown())
    return compare(before(), fingerprint(h, images))


@pytest.fixture(scope="module")
def found(pytestconfig):
    """What each mutation's test found; once all have run, the table in docs is compared with it or written."""
    rows: dict[str, dict[str, str]] = {}
    yield rows
    if len(rows) < len(MUTATIONS):
        return
    table = pd.DataFrame([rows[mutation.name] for mutation in MUTATIONS])
    path = TABLES / "guard_mutations.csv"
    if pytestconfig.getoption("--rewrite-tables"):
        path.parent.mkdir(parents=True, exist_ok=True)
        table.to_csv(path, index=False)
    stored = pd.read_csv(path, dtype=str, keep_default_na=False)
    same = ["what is done", "first named", "in"]
    assert stored[same].to_dict("records") == table[same].to_dict("records"), "pytest tests/testing --rewrite-tables"


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_the_first_layer_that_is_named_is_the_one_that_was_changed(mutation, found):
    comparison = after(mutation)
    assert comparison.first == mutation.at
    differing = comparison.table[comparison.table["status"] != "same"]
    row = {
        "what is done": mutation.name,
        "first named": "nothing",
        "in": "",
        "deviation": "",
        "layers": "0",
    }
    if mutation.at is not None:
        first = differing.iloc[0]
        assert str(comparison).splitlines()[0].endswith(f"{mutation.at} is the first of {len(comparison.table)} layers "
                                                        "that differs")  # fmt: skip
        beyond = "beyond" if pd.isna(first["deviation"]) or first["deviation"] > first["tolerance"] else "within"
        row |= {
            "first named": mutation.at,
            "in": {"gone": "is gone"}.get(
                first["status"], first["changed"].split(" ")[0].strip(",") or first["statistic"]
            ),
            "deviation": f"{first['deviation']:.1g}" if beyond == "beyond" and first["status"] != "gone" else "",
            "layers": str(len(differing)),
        }
    found[mutation.name] = row


NETWORKS = [
    "lenet5-digits", "convnet-cifar10", "convnet-fashion", "lenet5-fashion-sigmoid", "lenet5-fashion-no-pool",
    "mlp-fashion", "neocognitron-digits",
]  # fmt: skip
LARGE = ["torchvision:resnet18", "torchvision:squeezenet1_1", "torchvision:mobilenet_v3_small"]


def noises(h: hf.Hierarchy, images: torch.Tensor) -> dict[str, Fingerprint]:
    """The fingerprint taken in ways that should make no difference."""
    taken = {f"batches of {size}": fingerprint(h, images, batch_size=size) for size in (1, 5)}
    taken["another order"] = fingerprint(h, images.flip(0))
    torch.set_num_threads(2)
    taken["two threads"] = fingerprint(h, images)
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "TF32 acceleration", UserWarning)
        with torch.backends.mkldnn.flags(enabled=False):
            taken["without oneDNN"] = fingerprint(h, images)
    h.model.to(memory_format=torch.channels_last)
    taken["channels last"] = fingerprint(h, images)
    h.model.double()
    taken["float64"] = fingerprint(h, images)
    return taken


def largest_noise(name: str) -> dict[str, float]:
    h = hf.load(name)
    images = probe_images(h.input_shape, 16 if h.input_shape[1] < 100 else 2)
    reference = fingerprint(h, images)
    return {how: compare(reference, one).table["deviation"].max() for how, one in noises(h, images).items()}


@pytest.mark.parametrize("name", NETWORKS[:3])
def test_threads_batches_layout_and_precision_make_no_difference(name):
    assert max(largest_noise(name).values()) < MARGIN * 1e-4


@pytest.mark.slow
@pytest.mark.timeout(1800)  # ten networks in eight ways
def test_the_noise_of_many_networks(pytestconfig):
    table = pd.DataFrame({name: largest_noise(name) for name in NETWORKS + LARGE}).T
    if pytestconfig.getoption("--rewrite-tables"):
        written = table.map("{:.0e}".format).rename_axis("network").reset_index()
        written.to_csv(TABLES / "guard_noise.csv", index=False)
    assert table.to_numpy().max() < DEEP_MARGIN * 1e-4
