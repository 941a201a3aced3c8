"""Parts against planted ones, and errors against invariants."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import hierfeat as hf
from hierfeat.representation.additive_parts import METHODS, AdditiveParts, additive_parts


def mixing(parts: np.ndarray) -> hf.Hierarchy:
    """A layer whose responses are non-negative mixtures of `parts`, with the input's channels as weights."""
    conv = nn.Conv2d(len(parts), parts.shape[1], 1, bias=False)
    conv.weight.data[:] = torch.as_tensor(parts.T, dtype=torch.float32)[..., None, None]
    return hf.Hierarchy(nn.Sequential(conv, nn.ReLU()), (len(parts), 6, 6))


def sparse(n: int) -> torch.Tensor:
    """Mixtures in which each part is often alone or missing, without which parts are not unique."""
    values = torch.rand(2, n, 3, 6, 6, generator=torch.Generator().manual_seed(0))
    return values[0] * (values[1] > 0.6)


def test_planted_parts_on_separate_channels_are_found_with_their_places() -> None:
    parts = np.array([[1, 1, 0, 0, 0, 0], [0, 0, 2, 1, 0, 0], [0, 0, 0, 0, 1, 3]], dtype=float)
    images = sparse(8)
    found = additive_parts(mixing(parts), images, "1", rank=3)
    units = parts / np.linalg.norm(parts, axis=1, keepdims=True)
    likeness = found.parts @ units.T
    order = likeness.argmax(1)
    assert sorted(order) == [0, 1, 2]
    assert likeness.max(1) == pytest.approx(1, abs=1e-3)
    table = found.table.set_index("method")
    assert table.loc["nmf", "error"] < 0.01
    assert table.loc["svd", "error"] < 1e-6
    for part, source in enumerate(order):
        truth = images[:, source].double().numpy() * np.linalg.norm(parts[source])
        assert found.maps[:, part] == pytest.approx(truth, abs=0.05)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5))
def test_nothing_of_a_rank_beats_the_svd_and_pca_beats_it_only_by_its_mean(seed: int, rank: int) -> None:
    samples = np.random.default_rng(seed).gamma(0.5, size=(40, 6))
    errors = {}
    for name, method in METHODS.items():
        parts, weights, mean, _ = method(samples, rank, 0)
        errors[name] = np.linalg.norm(samples - weights @ parts - mean)
    assert errors["svd"] <= min(errors["nmf"], errors["k-means"]) + 1e-9
    assert errors["pca"] <= errors["svd"] + 1e-9


def test_negative_responses_cannot_be_reached_by_adding() -> None:
    h, images = hf.load("lenet5-digits"), hf.digits(split="test")[0]
    before, after = (
        additive_parts(h, images, layer, max_images=16).table.set_index("method") for layer in ("conv2", "act2")
    )
    negative = before.loc["nmf", "negative_energy"]
    assert negative > 0.5
    assert before.loc["nmf", "error"] >= np.sqrt(negative)
    assert after.loc["nmf", "negative_energy"] == 0
    assert after.loc["nmf", "error"] == after.loc["nmf", "error_positive"]
    assert before.loc["nmf", "error_positive"] == pytest.approx(after.loc["nmf", "error"], abs=1e-6)


def test_sparsity_of_one_channel_per_part_is_1() -> None:
    images = sparse(4)
    table = additive_parts(mixing(np.eye(3)), images, "1", rank=3).table.set_index("method")
    assert table.loc["nmf", "part_sparsity"] == pytest.approx(1, abs=0.02)


def test_layers_without_maps_files_and_bad_input(tmp_path) -> None:
    h, images = hf.load("lenet5-digits"), hf.digits(split="test")[0]
    dense = additive_parts(h, images, "act3", max_images=20)
    assert dense.maps.shape == (20, 4, 1, 1)
    assert [axes.get_title() for axes in dense.plot().axes] == ["What it is made of", "", "Equal rank"]  # and a scale
    maps = additive_parts(h, images, "act2", max_images=8)
    again = AdditiveParts.load(maps.save(tmp_path / "parts"))
    assert np.array_equal(again.parts, maps.parts)
    assert len(maps.plot().axes) == 3 + 6 * 5  # with a scale
    with pytest.raises(hf.HierfeatError, match="rank from 1 to 6"):
        additive_parts(h, images, "act1", rank=7)
    with pytest.raises(hf.HierfeatError, match="did you mean"):
        additive_parts(h, images, "act9")
    silent = mixing(-np.eye(3))
    with pytest.raises(hf.HierfeatError, match="silent"):
        additive_parts(silent, torch.rand(2, 3, 6, 6), "1", rank=2)
