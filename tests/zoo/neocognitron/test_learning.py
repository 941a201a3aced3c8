"""Reinforcement of 1980 and the later rules, against brute force."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hierfeat.errors import HierfeatError
from hierfeat.stimuli.geometry import gaussian
from hierfeat.zoo.neocognitron.cells import geometric
from hierfeat.zoo.neocognitron.modern import SubtractiveS
from hierfeat.zoo.neocognitron.neocognitron_1980 import ShuntingS
from hierfeat.zoo.neocognitron.reinforcement import reinforce, representatives
from hierfeat.zoo.neocognitron.self_organisation import (
    active_patterns,
    add_if_silent,
    organise,
    threshold_for,
    winner_take_all,
)


def brute_force_representatives(u, side):
    """Look at every S-column in turn, as the paper describes it."""
    planes, rows, columns = u.shape
    whole = side >= rows
    nominated = {}
    for i in range(1 if whole else rows):
        for j in range(1 if whole else columns):
            half = side // 2
            box = (0, rows, 0, columns) if whole else (i - half, i + half + 1, j - half, j + half + 1)
            cells = [
                (u[k, r, c], k, r, c)
                for k in range(planes)
                for r in range(max(box[0], 0), min(box[1], rows))
                for c in range(max(box[2], 0), min(box[3], columns))
            ]
            best = max(cells)
            if best[0] > 0 and best[0] > nominated.get(best[1], (0,))[0]:
                nominated[best[1]] = (best[0], (best[2], best[3]))
    return {plane: place for plane, (_, place) in nominated.items()}


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.sampled_from([2, 8, 11]))
def test_representatives_are_those_of_a_plain_search(seed, size):
    generator = torch.Generator().manual_seed(seed)
    u = torch.rand(4, size, size, generator=generator)
    u = torch.where(u > 0.8, u, 0.0)
    assert representatives(u) == brute_force_representatives(u.numpy(), 5)


def test_a_silent_layer_has_no_representatives():
    assert representatives(torch.zeros(3, 8, 8)) == {}


def test_reinforcement_adds_what_the_rule_says():
    c = geometric(5, 0.9) / geometric(5, 0.9).sum()
    cells = ShuntingS(1, 2, c, selectivity=4.0, initial=1e-3, padding=2)
    before_a, pattern = cells.a.clone(), torch.zeros(1, 1, 9, 9)
    pattern[0, 0, 4, 2:7] = 1.0
    chosen = reinforce(cells, pattern, amplification=2.0)
    assert list(chosen) == [0], "the stronger of two like planes answers everywhere"
    row, column = chosen[0]
    padded = np.pad(pattern[0, 0].numpy(), 2)
    seen = padded[row : row + 5, column : column + 5]
    np.testing.assert_allclose((cells.a - before_a)[0, 0].numpy(), 2 * c.numpy() * seen, rtol=1e-5, atol=1e-7)
    assert cells.b[0].item() == pytest.approx(np.sqrt((c.numpy() * seen**2).sum()), rel=1e-5)
    assert torch.equal(cells.a[1], before_a[1])
    assert cells.b[1] == 0


def unit_vectors(count, size, seed):
    return torch.nn.functional.normalize(torch.rand(count, size, generator=torch.Generator().manual_seed(seed)), dim=1)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), threshold=st.floats(0.3, 0.99))
def test_add_if_silent_answers_every_pattern_with_cells_that_do_not_answer_each_other(seed, threshold):
    patterns = unit_vectors(60, 5, seed)
    cells = add_if_silent(patterns, threshold=threshold, limit=1000)
    assert float((patterns @ cells.T).amax(1).min()) >= min(threshold, 1 - 1e-6) - 1e-6
    among = cells @ cells.T - 2 * torch.eye(len(cells))
    assert float(among.max()) < threshold


def test_the_threshold_found_gives_nearly_as_many_cells_as_wanted():
    patterns = unit_vectors(800, 6, 0)
    found = len(add_if_silent(patterns, threshold=threshold_for(patterns, cells=30, steps=10), limit=1000))
    assert 25 <= found <= 30


def test_winner_take_all_finds_the_directions_of_separate_bundles():
    generator = torch.Generator().manual_seed(0)
    centres = torch.eye(3, 8)
    bundle = torch.nn.functional.normalize(
        centres.repeat_interleave(50, 0) + 0.05 * torch.randn(150, 8, generator=generator), dim=1
    )
    found = winner_take_all(bundle[[0, 50, 100]], bundle, passes=5)
    expected = [torch.nn.functional.normalize(part.mean(0), dim=0) for part in bundle.split_with_sizes([50, 50, 50])]
    torch.testing.assert_close(found, torch.stack(expected), atol=1e-5, rtol=0)


def test_a_cell_that_wins_nothing_stays():
    patterns = torch.eye(3)[:1].repeat(5, 1)
    cells = torch.eye(3)[:2]
    assert torch.equal(winner_take_all(cells, patterns, passes=3), cells)


def test_patterns_are_cut_where_the_layer_will_look():
    layer = SubtractiveS(1, 1, gaussian(3, 1.0), threshold=0.5, padding=1)
    planes = torch.zeros(1, 1, 6, 6)
    planes[0, 0, 2, 2] = 1.0
    found = active_patterns(layer, planes, count=100, floor=0.9, generator=torch.Generator().manual_seed(0))
    assert len(found) == 1, "only the place with the pixel in the middle of the window is above the floor"
    assert found[0].argmax() == 4


def test_organised_cells_answer_their_own_patterns_best():
    generator = torch.Generator().manual_seed(0)
    planes = torch.rand(20, 1, 12, 12, generator=generator) ** 4
    layer = SubtractiveS(1, 6, gaussian(3, 1.0), threshold=0.5)
    organise(layer, planes, patterns=300, floor=0.2, passes=3, generator=generator)
    norms = (layer.a**2 / layer.window).sum((1, 2, 3)).sqrt()
    torch.testing.assert_close(norms, torch.ones(6), rtol=1e-4, atol=0)
    ratio = layer.excitation(planes) / layer.v_cells(planes)
    assert float(ratio.max()) <= 1 + 1e-5, "excitation over the V-cell is a cosine"


def test_black_images_teach_nothing():
    layer = SubtractiveS(1, 2, gaussian(3, 1.0), threshold=0.5)
    with pytest.raises(HierfeatError, match="silent"):
        active_patterns(layer, torch.zeros(2, 1, 6, 6), count=5, floor=0.2, generator=torch.Generator())


def test_too_few_patterns_for_the_planes():
    layer = SubtractiveS(1, 50, gaussian(3, 1.0), threshold=0.5)
    planes = torch.zeros(1, 1, 6, 6)
    planes[0, 0, 2, 2] = 1.0
    with pytest.raises(HierfeatError, match="at least 50 active patterns"):
        organise(layer, planes, patterns=100, floor=0.2, passes=1, generator=torch.Generator().manual_seed(0))
