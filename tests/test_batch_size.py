"""The size of a batch is a matter of memory: no analysis gives another number for it, whatever an image's place."""

import inspect

import numpy as np
import pandas as pd
import pytest
import torch

import hierfeat as hf

IMAGES, LABELS = (data[:70] for data in hf.digits(split="test"))
ARGUMENTS = {
    "labels": LABELS,
    "layer": "conv2",
    "channel": 1,
    "channels": [1, 2],
    "unit": 1,
    "images": IMAGES,
    "out": None,
    # small settings of what would take long
    "max_images": 30,
    "max_shift": 1,
    "orientations": 4,
    "frequencies": 3,
    "phases": 8,
    "permutations": 20,
    "draws": 1,
    "rank": 2,
    "contrasts": 4,
    "diameters": 4,
    "lengths": 4,
    "n": 200,
    "progress": False,
}
#: Optimises all channels of a batch together, each from its own start: the same images up to rounding, which steps
#: amplify.
NOT_HERE = {"synthesize", "atlas"}


def with_batches() -> list[str]:
    names = [name for name in hf.__all__ if not name[0].isupper() and name not in {"__version__", "train"} | NOT_HERE]
    return [name for name in names if callable(getattr(hf, name)) and "batch_size" in _signature(name)]


def _signature(name: str) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(getattr(hf, name)).parameters)


def measured(name: str, batch_size: int) -> list[pd.DataFrame | dict[str, torch.Tensor]]:
    parameters = _signature(name)
    given = {key: value for key, value in ARGUMENTS.items() if key in parameters and value is not None}
    if name == "sweep":
        given["measures"] = [hf.Moments(), hf.ActiveFraction(), hf.Sparseness(), hf.Histogram(), hf.TopPatches(3)]
    if name == "direction_tuning":
        given["h"] = hf.Hierarchy(torch.nn.Sequential(torch.nn.Conv2d(4, 3, 5), torch.nn.ReLU()), (4, 16, 16))
        given |= {"frames": 4, "layers": "1", "frequencies": [0.1, 0.2]}
    else:
        given["h"] = hf.load("lenet5-digits")
    found = getattr(hf, name)(**given, batch_size=batch_size)
    if isinstance(found, list):
        return [getattr(item, "table", item) for item in found]
    return [found if isinstance(found, dict) else found.table]


@pytest.mark.parametrize("name", with_batches())
def test_every_table_is_the_same_for_every_batch_size(name: str) -> None:
    torch.manual_seed(0)
    if name == "direction_tuning":
        state = torch.random.get_rng_state()
    whole = measured(name, 64)
    for size in (1, 7):
        if name == "direction_tuning":
            torch.random.set_rng_state(state)
            torch.manual_seed(0)
        for one, other in zip(whole, measured(name, size), strict=True):
            if isinstance(one, dict):
                assert all(torch.allclose(one[key], other[key], rtol=1e-4, atol=1e-5) for key in one)
            else:
                assert_same(one, other)


def assert_same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, other, rtol=2e-3, atol=1e-4)


def test_an_images_number_does_not_depend_on_its_place() -> None:
    """The same images in another order: what is averaged over images stays."""
    h = hf.load("lenet5-digits")
    order = torch.randperm(30, generator=torch.Generator().manual_seed(1))
    for name in ("translation_invariance", "sensitivity_map"):
        options = {"max_shift": 1} if "max_shift" in _signature(name) else {}
        one, other = (getattr(hf, name)(h, images, **options).table for images in (IMAGES[:30], IMAGES[:30][order]))
        numbers = one.select_dtypes("number").columns
        np.testing.assert_allclose(one[numbers], other[numbers], rtol=2e-3, atol=2e-4, err_msg=name)
