"""The depth profile is what the analyses that it calls say."""

import pandas as pd
import pytest
import torch

import hierfeat as hf
from hierfeat.representation.profile import Profile, _stratified, profile


@pytest.fixture(scope="module")
def made() -> Profile:
    images, labels = hf.digits(split="test")
    return profile(hf.load("lenet5-digits"), images[:100], labels[:100], max_shift=1, moved_images=4, gradient_images=2)


def test_a_row_per_layer_with_the_numbers_of_the_analyses(made) -> None:
    h, (images, labels) = hf.load("lenet5-digits"), hf.digits(split="test")
    table = made.table.set_index("layer")
    assert list(table.index) == ["conv1", "pool1", "conv2", "pool2"]
    assert table["field"].tolist() == [5, 6, 14, 16]
    selective = hf.class_selectivity(h, images[:100], labels[:100]).table.groupby("layer")["selectivity"].median()
    pd.testing.assert_series_equal(table["selectivity"], selective[table.index], check_names=False)
    [active] = hf.sweep(h, images[:100], [hf.ActiveFraction()], layers=("conv", "pool"))
    medians = active.groupby("layer")["active_fraction"].median()
    pd.testing.assert_series_equal(table["active_fraction"], medians[table.index], check_names=False)
    assert (table["effective_field"] <= table["field"]).all()
    for name in ("osi", "gosi", "responsive", "invariance", "probe_accuracy", "probe_low", "probe_high"):
        assert table[name].between(0, 1).all(), name


def test_saved_loaded_and_drawn(made, tmp_path) -> None:
    again = Profile.load(made.save(tmp_path / "profile"))
    pd.testing.assert_frame_equal(again.table, made.table, check_dtype=False)
    titles = [axes.get_title() for axes in again.plot().axes]
    assert "probe accuracy" in titles


def test_the_split_keeps_every_class_on_both_sides() -> None:
    labels = torch.tensor([0] * 10 + [1] * 4 + [2] * 2)
    test = _stratified(labels, 0.5, seed=0)
    assert labels[test].bincount().tolist() == [5, 2, 1]
    assert not torch.equal(test, _stratified(labels, 0.5, seed=1))


@pytest.mark.parametrize(("count", "options"), [(10, {}), (40, {"test_share": 0.0}), (40, {"test_share": 1.0})])
def test_bad_input(count, options) -> None:
    images, labels = hf.digits(split="test")
    with pytest.raises(hf.HierfeatError, match="at least 20 images"):
        profile(hf.load("lenet5-digits"), images[:count], labels[:count], **options)


def test_labels_of_one_image_each_are_refused() -> None:
    images, _ = hf.digits(split="test")
    with pytest.raises(hf.HierfeatError, match="two images or more"):
        profile(hf.load("lenet5-digits"), images[:20], torch.arange(20), layers="conv1", max_shift=1)
