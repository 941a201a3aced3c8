"""One's own stimuli, one's own units, one's own place: against what the library's stimuli and loops over units give."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.errors import HierfeatError


@pytest.fixture(scope="module")
def h():
    torch.manual_seed(3)
    net = nn.Sequential(
        nn.Conv2d(1, 5, 7, padding=3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(5, 4, 5, padding=2), nn.ReLU()
    )
    return hf.Hierarchy(net, (1, 24, 24))


GRID = {"orientations": [0.0, 45, 90, 135], "frequencies": [0.1, 0.2], "phases": 6}


def own(order=None, drop=0):
    """The same gratings, drawn here, in any order."""
    rows = [(a, f, p * 60.0) for a in GRID["orientations"] for f in GRID["frequencies"] for p in range(6)]
    rows = [rows[i] for i in (order if order is not None else range(len(rows)))][drop:]
    table = pd.DataFrame(rows, columns=["orientation", "frequency", "phase"]).assign(extra=1.0)
    row, col = np.mgrid[:24, :24] + 0.5 - 12
    images = []
    for angle, tone, phase in rows:
        across = row * np.cos(np.deg2rad(angle)) + col * np.sin(np.deg2rad(angle))
        images.append(0.5 + 0.5 * np.cos(2 * np.pi * tone * across - np.deg2rad(phase)))
    return hf.StimulusSet.of(torch.tensor(np.stack(images), dtype=torch.float32)[:, None], table)


@pytest.mark.parametrize("shuffled", [False, True])
def test_gratings_of_ones_own_in_any_order_give_what_the_librarys_give(h, shuffled):
    order = np.random.default_rng(0).permutation(48) if shuffled else None
    plain = hf.orientation_tuning(h, layers="*", **GRID)
    found = hf.orientation_tuning(h, layers="*", stimuli=own(order))
    for layer in plain.responses:
        np.testing.assert_allclose(found.responses[layer], plain.responses[layer], atol=1e-5)
        np.testing.assert_allclose(found.blank[layer], plain.blank[layer], atol=1e-6)
    pd.testing.assert_frame_equal(found.table, plain.table, atol=1e-3, rtol=1e-3)
    sizes = hf.size_tuning(h, tuning=found, diameters=3)
    assert set(sizes.table.layer) <= set(plain.responses)


@pytest.mark.parametrize(
    ("stimuli", "said"),
    [
        (lambda: own(drop=1), "every combination"),
        (lambda: hf.StimulusSet.of(torch.rand(4, 1, 24, 24)), "columns orientation, frequency, phase"),
        (lambda: hf.gratings((1, 23, 24)), "shape"),
        (lambda: hf.gratings((1, 24, 24), orientations=2), "at least 3 orientations"),
        (lambda: hf.gratings((1, 24, 24), phases=4), "5 phases"),
        (lambda: hf.gratings((1, 24, 24), phases=[0, 10, 20, 30, 40]), "evenly"),
        (lambda: torch.rand(4, 1, 24, 24), "StimulusSet"),
    ],
)
def test_stimuli_that_are_no_grid_are_refused(h, stimuli, said):
    with pytest.raises(HierfeatError, match=said):
        hf.orientation_tuning(h, layers="*", stimuli=stimuli())


@pytest.mark.parametrize("place", [(5, 9), (0, 0), (11, 11)])
def test_a_place_is_that_units_own_output(h, place):
    """By the activations of the whole map."""
    found = hf.orientation_tuning(h, layers=["2", "4"], at=place, **GRID)
    stimuli = hf.gratings((1, 24, 24), **GRID)
    recorded = hf.record(h, stimuli, layers=["2", "4"])
    for layer, maps in recorded.items():
        expected = maps[:, :, place[0], place[1]].T.reshape(-1, 4, 2, 6)
        np.testing.assert_allclose(found.responses[layer], expected, atol=1e-5)


def test_a_place_off_the_map_is_refused(h):
    for at in ((12, 0), (0, -1), (0.5, 1), 3, (1, 2, 3), "ab"):
        with pytest.raises(HierfeatError, match="at "):
            hf.orientation_tuning(h, layers="4", at=at)
        with pytest.raises(HierfeatError, match="at "):
            hf.bar_sweep(h, "4", 0, at=at)
    with pytest.raises(HierfeatError, match="rows and columns"):
        hf.orientation_tuning(
            hf.Hierarchy(nn.Sequential(nn.Flatten(), nn.Linear(16, 2)), (1, 4, 4)), layers="1", at=(0, 0)
        )


def test_fields_are_mapped_where_the_unit_is(h):
    """The kernel of a convolution, found at a place off the centre."""
    kernel = h.model[0].weight[2, 0].detach().numpy()
    box = hf.receptive_fields(h).box("0", 8, 14)
    found = hf.map_field(h, "0", 2, probe="spot", at=(8, 14), margin=1)
    assert found.box == box
    inner = found.map[1:-1, 1:-1] * 2  # a spot of full contrast is half of the range of luminance
    assert np.corrcoef(inner.ravel(), kernel.ravel())[0, 1] > 0.999
    sweep = hf.bar_sweep(h, "0", 2, at=(8, 14), orientations=4, steps=9)
    assert sweep.box == box


@pytest.mark.parametrize(
    "measure",
    [
        lambda h, **o: hf.size_tuning(h, diameters=4, **o),
        lambda h, **o: hf.contrast_response(h, contrasts=4, **o),
        lambda h, **o: hf.end_stopping(h, lengths=4, **o),
    ],
)
def test_some_units_are_measured_as_all_are(h, measure):
    tuning = hf.orientation_tuning(h, layers=["1", "2"], **GRID)
    every, some = measure(h, tuning=tuning), measure(h, tuning=tuning, channels=[3, 1])
    expected = every.table[every.table.channel.isin([1, 3])].reset_index(drop=True)
    pd.testing.assert_frame_equal(some.table, expected)
    shown = hf.orientation_tuning(h, layers=["1", "2"], channels=[3, 1], **GRID).table
    pd.testing.assert_frame_equal(shown, tuning.table[tuning.table.channel.isin([1, 3])].reset_index(drop=True))
    with pytest.raises(HierfeatError, match="channels"):
        measure(h, tuning=tuning, channels=[5])


def test_series_share_their_stimuli_and_stop_behind_the_last_layer(h, monkeypatch):
    """As many images as there are gratings that units prefer, not as there are units; nothing above the layers."""
    seen = []
    forward = type(h).forward

    def counted(self, images):
        seen.append(len(images))
        return forward(self, images)

    tuning = hf.orientation_tuning(h, layers=["0", "1"], **GRID)
    pairs = tuning.table[tuning.table.responsive][["shown_orientation", "shown_frequency"]].drop_duplicates()
    calls = []
    h.model[4].register_forward_hook(lambda *_: calls.append(1))
    monkeypatch.setattr(type(h), "forward", counted)
    hf.contrast_response(h, tuning=tuning, contrasts=4, phases=8)
    assert sum(seen) == len(pairs) * 4 * 8
    assert not calls


def test_effective_fields_take_one_forward_pass_for_all_channels(h):
    passes = []
    handle = h.model[0].register_forward_hook(lambda *_: passes.append(1))
    try:
        hf.effective_field(h, torch.rand(6, 1, 24, 24), "3")
    finally:
        handle.remove()
    assert len(passes) <= 2  # one, and one that finds the layers
