"""Each stimulus function × each kind of bad argument: a sentence that names the argument, at once."""

import time

import numpy as np
import pandas as pd
import pytest
import torch

import hierfeat as hf
from hierfeat.errors import HierfeatError

SHAPE = (1, 16, 16)
NO_NUMBERS = ["0.1", None, float("nan"), float("inf"), [], [0.1, float("nan")], [[0.1, 0.2]], {}, True, "all"]
CROSSED = {
    hf.gratings: ("frequencies", "phases", "contrasts", "diameters", "orientations"),
    hf.plaids: ("frequencies", "phases", "contrasts", "diameters", "orientations", "angles"),
    hf.bars: ("orientations", "widths", "lengths", "offsets", "polarities", "contrasts"),
    hf.edges: ("orientations", "offsets", "polarities", "contrasts"),
    hf.spots: ("diameters", "polarities", "contrasts"),
    hf.annuli: ("inner_diameters", "outer_diameters", "polarities", "contrasts"),
}
MAY_BE_NONE = {"diameters", "lengths"}
NOISE = (hf.white_noise, hf.pink_noise, hf.sparse_noise)


def refused(call, name):
    start = time.process_time()
    with pytest.raises(HierfeatError, match=name):
        call()
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize("value", NO_NUMBERS, ids=repr)
@pytest.mark.parametrize(("make", "name"), [(make, name) for make in CROSSED for name in CROSSED[make]])
def test_what_is_no_number_is_refused(make, name, value):
    if value is None and name in MAY_BE_NONE and make is not hf.spots:
        assert len(make(SHAPE, **{name: None}))
        return
    refused(lambda: make(SHAPE, **{name: value}), name)


@pytest.mark.parametrize(
    ("make", "name", "value"),
    [
        (hf.gratings, "frequencies", 0), (hf.gratings, "frequencies", 0.51), (hf.gratings, "frequencies", -0.1),
        (hf.gratings, "contrasts", 1.01), (hf.gratings, "contrasts", -0.5), (hf.gratings, "orientations", 0),
        (hf.gratings, "phases", 0), (hf.gratings, "diameters", 0), (hf.gratings, "diameters", -3),
        (hf.gratings, "orientations", 10**12), (hf.gratings, "phases", 10**12),
        (hf.plaids, "frequencies", 2), (hf.plaids, "contrasts", [0, 2]),
        (hf.bars, "widths", 0), (hf.bars, "widths", -1), (hf.bars, "polarities", 2), (hf.bars, "ground", 1.5),
        (hf.bars, "lengths", 0), (hf.edges, "polarities", [-1, 3]),
        (hf.spots, "diameters", 0), (hf.spots, "contrasts", 2), (hf.spots, "ground", -1),
        (hf.annuli, "inner_diameters", -1), (hf.annuli, "inner_diameters", 20),
    ],
)  # fmt: skip
def test_what_no_stimulus_has_is_refused(make, name, value):
    refused(lambda: make(SHAPE, **{name: value}), name.removesuffix("_diameters").removesuffix("s"))


@pytest.mark.parametrize(
    "shape",
    [None, 16, "abc", (16, 16), (1, 16), (0, 16, 16), (1, -4, 4), (1.5, 4, 4), [1, 2, 3, 4], (1, 10**6, 10**6),
     ("1", 4, 4), (True, 4, 4), torch.rand(3)],
)  # fmt: skip
@pytest.mark.parametrize("make", [*CROSSED, *(lambda shape, make=make: make(shape, 4) for make in NOISE)])
def test_what_is_no_shape_is_refused(make, shape):
    refused(lambda: make(shape), "shape")


@pytest.mark.parametrize("position", [3, (1,), (1, 2, 3), ("a", 2), (np.nan, 2), (1e12, 2), "ab", {}])
@pytest.mark.parametrize("make", [hf.gratings, hf.plaids, hf.bars, hf.edges])
def test_what_is_no_place_is_refused(make, position):
    refused(lambda: make(SHAPE, position=position), "position")


@pytest.mark.parametrize("positions", [3, (1, 2), [(1, 2, 3)], [("a", 2)], [(np.nan, 2)], [], "ab", [(1e12, 0)]])
@pytest.mark.parametrize("make", [hf.spots, hf.annuli])
def test_what_are_no_places_is_refused(make, positions):
    refused(lambda: make(SHAPE, positions=positions), "positions")


@pytest.mark.parametrize("make", NOISE)
@pytest.mark.parametrize(
    ("name", "value"),
    [("n", 0), ("n", -1), ("n", 2.5), ("n", "3"), ("n", 10**12), ("n", None), ("seed", -1), ("seed", 0.5),
     ("contrast", 2), ("contrast", np.nan), ("contrast", "1")],
)  # fmt: skip
def test_bad_noise_is_refused(make, name, value):
    refused(lambda: make(SHAPE, **{"n": 4, name: value}), name)


@pytest.mark.parametrize(
    ("make", "options"),
    [
        (hf.white_noise, {"cell": 0}), (hf.white_noise, {"cell": 1.5}), (hf.white_noise, {"distribution": "pink"}),
        (hf.white_noise, {"distribution": 3}), (hf.sparse_noise, {"density": 2}), (hf.sparse_noise, {"density": "x"}),
        (hf.sparse_noise, {"cell": -1}),
    ],
)  # fmt: skip
def test_bad_options_of_noise_are_refused(make, options):
    refused(lambda: make(SHAPE, 4, **options), next(iter(options)))


def test_more_images_than_a_table_can_hold_are_refused_before_it_is_made():
    many = np.linspace(0.01, 0.5, 4000)
    refused(lambda: hf.gratings(SHAPE, orientations=4000, frequencies=many), "at most 10,000,000 stimuli")
    refused(lambda: hf.plaids(SHAPE, orientations=1000, phases=1000, angles=np.arange(100)), "at most 10,000,000")
    refused(lambda: hf.spots(SHAPE, diameters=np.arange(1, 5000), positions=np.zeros((5000, 2))), "at most 10,000,000")


def test_numpy_numbers_and_ranges_are_numbers():
    made = hf.bars(SHAPE, orientations=np.int64(4), offsets=range(-2, 3), widths=np.float32(2))
    assert len(made) == 20
    assert len(hf.white_noise(SHAPE, np.int64(3))) == 3


@pytest.mark.parametrize(
    ("images", "table", "said"),
    [
        (torch.rand(2, 1, 4, 4) + 1, None, "0, 1"),
        (torch.full((2, 1, 4, 4), float("nan")), None, "0, 1"),
        (torch.rand(1, 4, 4), None, "N, C, H, W"),
        (torch.zeros(0, 1, 4, 4), None, "N, C, H, W"),
        (torch.zeros(2, 1, 4, 4, dtype=torch.uint8), None, "255"),
        (torch.rand(2, 1, 4, 4), pd.DataFrame({"x": [1.0]}), "row of the table for each of 2"),
        (torch.rand(2, 1, 4, 4), pd.DataFrame({"x": ["a", "b"]}), "numbers in every column"),
        (torch.rand(2, 1, 4, 4), [1, 2], "pandas"),
        ("images", None, "tensor"),
    ],
)
def test_images_of_ones_own_that_are_none_are_refused(images, table, said):
    refused(lambda: hf.StimulusSet.of(images, table), said)
