"""Invariances on one axis: transformations against closed forms, and layers that must and cannot mind."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import hierfeat as hf
from hierfeat.physiology.invariance.invariance_score import invariance_score
from hierfeat.physiology.invariance.sensitivity_map import sensitivity_map
from hierfeat.physiology.invariance.transformation_invariance import transformation_invariance
from hierfeat.stimuli.warps.transformations import contrast, magnify, noisy, rotate


def noise(n: int = 8, size: int = 17) -> torch.Tensor:
    return torch.rand(n, 1, size, size, generator=torch.Generator().manual_seed(0))


def test_right_angles_are_those_of_numpy() -> None:
    images = noise(2)
    for turns in range(4):
        assert np.allclose(rotate(images, 90 * turns), np.rot90(images, turns, axes=(2, 3)), atol=1e-4)


def test_magnification_moves_a_spot_away_from_the_centre() -> None:
    image = torch.zeros(1, 1, 21, 21)
    image[..., 10, 13] = 1
    place = magnify(image, 2.0)[0, 0].argmax()
    assert divmod(int(place), 21) == (10, 16)
    with pytest.raises(hf.HierfeatError, match="positive"):
        magnify(image, 0)


def test_contrast_scales_deviations_and_noise_has_its_deviation() -> None:
    images = noise()
    changed = contrast(images, 0.25)
    assert changed.mean((1, 2, 3)) == pytest.approx(images.mean((1, 2, 3)), abs=1e-6)
    assert changed.std((1, 2, 3)) == pytest.approx(0.25 * images.std((1, 2, 3)), rel=1e-4)
    grey = torch.full((4, 1, 50, 50), 0.5)
    assert float(noisy(grey, 0.05).std()) == pytest.approx(0.05, rel=0.03)
    assert torch.equal(noisy(grey, 0.05), noisy(grey, 0.05))


def test_a_layer_that_only_copies_the_pixels_is_as_invariant_as_they_are() -> None:
    h = hf.Hierarchy(nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.ReLU()), (1, 17, 17))
    h.model[0].weight.data[:] = 2.0
    table = transformation_invariance(h, noise(), layers="*").table
    assert table["gain"].to_numpy() == pytest.approx(0, abs=1e-5)
    assert set(table["transformation"]) == {"shift", "rotation", "magnification", "contrast", "noise"}


def test_an_odd_filter_does_not_see_the_mean_that_contrast_leaves() -> None:
    h = hf.Hierarchy(nn.Sequential(nn.Conv2d(1, 1, (1, 2), bias=False)), (1, 17, 17))
    h.model[0].weight.data[:] = torch.tensor([-1.0, 1.0])
    table = transformation_invariance(h, noise(), layers="conv", transformations={"contrast": [0.5, 0.1]}).table
    assert table["invariance"].to_numpy() == pytest.approx(1, abs=1e-5)  # a difference of pixels is linear in contrast
    assert (table["pixels"] < 0.99).all()


def test_bad_transformations_are_refused() -> None:
    h = hf.Hierarchy(nn.Sequential(nn.Conv2d(1, 1, 3)), (1, 17, 17))
    with pytest.raises(hf.HierfeatError, match="shift, rotation"):
        transformation_invariance(h, noise(), transformations=["shear"])
    with pytest.raises(hf.HierfeatError, match="shift, rotation"):
        invariance_score(h, noise(), transformation="shear", firing=0.2)
    with pytest.raises(hf.HierfeatError, match="at least 100"):
        invariance_score(h, noise())


def test_the_map_agrees_with_translation_invariance_and_its_profile_is_radial() -> None:
    h, images = hf.load("lenet5-digits"), hf.digits(split="test")[0][:8]
    mapped = sensitivity_map(h, images, layers="pool", max_shift=2)
    cross = hf.translation_invariance(h, images, layers="pool", max_shift=2).table
    both = mapped.table.merge(cross, on=["layer", "dy", "dx"], suffixes=("", "_cross"))
    assert len(both) == 2 * 9
    assert both["similarity"].to_numpy() == pytest.approx(both["similarity_cross"].to_numpy(), abs=1e-6)
    assert (
        mapped.maps["pool1"][0, 2] == mapped.table.query("layer == 'pool1' and dy == -2 and dx == 0").invariance.item()
    )
    profile = mapped.profile.query("layer == 'pool2'")
    assert profile["distance"].tolist() == [0, 1, 2, 3]
    assert mapped.plot().axes[0].get_title() == "pool1"


class Detectors(nn.Module):
    """Two units with known scores: the total ink never changes under a wrapped shift; one pixel is soon left."""

    def __init__(self) -> None:
        super().__init__()
        self.act = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.act(torch.stack([x.sum((1, 2, 3)), x[:, 0, 8, 8]], 1))


def test_goodfellows_score_of_a_perfectly_invariant_and_of_a_local_unit() -> None:
    """One bright spot per image: the sum is the same wherever it is; a pixel fires at one place in the trajectory."""
    images = torch.zeros(289, 1, 17, 17)
    for number, image in enumerate(images):
        image.view(-1)[number] = 0.5 + number / 1000
    h = hf.Hierarchy(Detectors(), (1, 17, 17))
    table = invariance_score(h, images, amounts=(-1.0, 1.0), firing=4 / 289, max_images=289).table
    # the four brightest spots lie at the end of the last row, and leave the image downwards or to the right
    whole, pixel = table["score"]
    assert table["global_rate"].tolist() == pytest.approx([4 / 289, 1 / 289])
    assert np.isnan(pixel)  # it fires at one image, and no threshold makes it fire at four
    assert table["status"].tolist() == ["ok", "fires too rarely"]
    rare = invariance_score(h, images, amounts=(-1.0, 1.0), firing=1 / 289, max_images=289).table
    assert rare["score"][1] == pytest.approx(1 / 3 * 289)  # at one of three places of the trajectory of its only image
    inside = 1 - (1 + 1) / 12  # of 4 x 3 places, one image leaves to the right and one below
    assert whole <= 289 / 4
    assert whole == pytest.approx(inside * 289 / 4, rel=0.2)


def test_scores_of_lenet() -> None:
    result = invariance_score(hf.load("lenet5-digits"), hf.digits(split="test")[0], layers="activation")
    assert result.table["score"].dropna().between(1 / 3, 100.0001).all()
    assert (result.summary["best_10"] >= result.summary["best_100"]).all()
    assert result.plot().axes[0].get_ylabel().startswith("invariance score")


@settings(max_examples=20)
@given(st.integers(0, 1000), st.integers(100, 350), st.sampled_from([0.01, 0.02, 0.05]))
def test_no_unit_scores_beyond_perfect_and_every_score_is_of_the_same_rate(seed, count, firing) -> None:
    torch.manual_seed(seed)
    conv = nn.Conv2d(1, 6, 9)
    nn.init.uniform_(conv.bias, -1.5, 0.5)  # some fire often, some hardly ever
    h = hf.Hierarchy(nn.Sequential(conv, nn.ReLU()), (1, 9, 9))
    images = torch.rand(count, 1, 9, 9, generator=torch.Generator().manual_seed(seed))
    table = invariance_score(h, images, transformation="contrast", amounts=(0.9, 1.0), firing=firing).table
    scored = table[table.status == "ok"]
    assert (scored.score <= 1 / firing + 1e-9).all()
    assert scored.global_rate.to_numpy() == pytest.approx(firing, rel=0.02)
    assert table.score.isna().equals(table.status != "ok")


def test_a_unit_that_never_stops_firing_is_perfect() -> None:
    h = hf.Hierarchy(nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), (1, 8, 8))
    images = torch.rand(200, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    [score] = invariance_score(h, images, amounts=(0.0,), layers="pool").table.score
    assert score == pytest.approx(100)
