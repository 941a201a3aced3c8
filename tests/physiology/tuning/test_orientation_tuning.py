import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.errors import HierfeatError
from hierfeat.physiology.tuning.orientation_tuning import OrientationTuning, orientation_tuning

ANGLES = [0.0, 17.0, 45.0, 71.3, 90.0, 120.0, 168.0]


def apart(a, b):
    return np.abs((np.asarray(a) - np.asarray(b) + 90) % 180 - 90)


@pytest.mark.parametrize("size", [(41, 41), (40, 40), (40, 47)])
@pytest.mark.parametrize("channels", [1, 3])
def test_gabor_units_come_back(make, size, channels):
    h = make.simple([make.gabor(21, angle, 0.12) for angle in ANGLES], size, channels=channels)
    tones = np.geomspace(0.035, 0.4, 8)
    for layer, rows in orientation_tuning(h, layers=["0", "1"], frequencies=tones).table.groupby("layer"):
        assert apart(rows.preferred_orientation, ANGLES).max() < 1.0, layer
        np.testing.assert_allclose(rows.preferred_frequency, 0.12, rtol=0.05)
        np.testing.assert_allclose(rows.f1_f0, np.pi / 2, rtol=0.005)
        assert (rows.cell_type == "simple").all()
        assert (rows.fit_r2 > 0.98).all()


def test_half_width_and_bandwidth_are_the_gabors_own(make):
    """A Gaussian envelope of σ 4 is one of 1/(2π 4) in frequency, all round."""
    rows = orientation_tuning(make.simple([make.gabor(31, 30, 0.15)], (41, 41)), layers="0", frequencies=16).table
    spread = 1 / (2 * np.pi * 4)
    half = np.rad2deg(2 * np.arcsin(np.sqrt(2 * np.log(2)) * spread / (2 * 0.15)))
    assert rows.half_width.item() == pytest.approx(half, rel=0.05)
    low, high = 0.15 - np.sqrt(2 * np.log(2)) * spread, 0.15 + np.sqrt(2 * np.log(2)) * spread
    assert rows.bandwidth.item() == pytest.approx(np.log2(high / low), rel=0.1)


def test_a_width_that_the_samples_cannot_tell_is_not_told(make):
    """7 degrees at half height: told in steps of 11, not in steps of 22.5."""
    h = make.simple([make.gabor(49, 45, 0.15, sigma=10.0)], (61, 61))
    half = np.rad2deg(2 * np.arcsin(np.sqrt(2 * np.log(2)) / (2 * np.pi * 10) / (2 * 0.15)))
    fine, coarse = (
        orientation_tuning(h, layers="0", orientations=np.arange(n) * 180 / n, frequencies=[0.15]).table.half_width
        for n in (16, 8)
    )
    assert fine.item() == pytest.approx(half, rel=0.05)
    assert np.isnan(coarse.item())


def test_preferred_phase_is_the_gabors(make):
    phases = [0.0, 60.0, 90.0, 200.0]
    h = make.simple([make.gabor(21, 30, 0.12, phase) for phase in phases], (41, 41))
    found = orientation_tuning(h, layers="0", orientations=[0, 30, 60, 90, 120, 150]).table.preferred_phase
    assert (np.abs((found - phases + 180) % 360 - 180) < 2).all()


def test_energy_units_are_complex(make):
    rows = orientation_tuning(make.energy(ANGLES, 0.12, (41, 41)), layers="2").table
    assert apart(rows.preferred_orientation, ANGLES).max() < 1.0
    assert rows.f1_f0.max() < 0.02
    assert (rows.cell_type == "complex").all()


def test_a_difference_of_gaussians_is_untuned(make):
    row, col = np.mgrid[:21, :21] - 10.0
    square = row**2 + col**2
    kernel = np.exp(-square / 8) / 8 - np.exp(-square / 32) / 32
    rows = orientation_tuning(make.simple([kernel - kernel.mean(), -kernel], (41, 41)), layers="0").table
    assert (rows.osi < 0.05).all()
    assert (rows.cell_type == "untuned").all()


def test_turning_the_network_turns_its_preferences(make):
    generator = np.random.default_rng(0)
    kernels = generator.normal(size=(24, 7, 7))
    plain = orientation_tuning(make.simple(kernels, (33, 33)), layers="1").table
    turned = orientation_tuning(make.simple(np.rot90(kernels, axes=(1, 2)).copy(), (33, 33)), layers="1").table
    assert plain.responsive.sum() > 20
    assert plain.responsive.equals(turned.responsive)
    assert apart(turned.preferred_orientation, plain.preferred_orientation + 90)[plain.responsive].max() < 0.1
    np.testing.assert_allclose(turned.gosi, plain.gosi, atol=1e-4)


def test_random_weights_are_tuned_as_often_as_the_permutation_test_promises(make):
    """Fields wide enough that neighbouring orientations are independent: their labels are exchangeable."""
    kernels = np.random.default_rng(3).normal(size=(600, 64, 64))
    h = make.simple(kernels - kernels.mean((1, 2), keepdims=True), (64, 64))
    angles = np.arange(8) * 22.5
    rows = orientation_tuning(h, layers="0", orientations=angles, frequencies=[0.25], phases=5, permutations=999).table
    assert (rows.p_value < 0.05).mean() == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 600))


@pytest.mark.parametrize("size", [3, 5])
def test_small_fields_of_random_weights_are_tuned_but_not_more_than_others_of_their_kind(make, size):
    """Their curves are smooth whatever the weights; against another such net as many stand out as alpha promises."""
    nets = [make.simple(np.random.default_rng(seed).normal(size=(400, size, size)), (21, 21)) for seed in (1, 2)]
    tuning, control = (orientation_tuning(h, layers="0") for h in nets)
    rows = tuning.table[tuning.table.responsive]
    assert rows.cell_type.isin(["simple", "complex"]).mean() > 0.8
    assert tuning.table.p_value.isna().all()
    p = tuning.p_against(control)
    assert p.min() >= 1 / 401
    assert len(rows) > 300
    # both samples scatter, hence twice the variance of one
    assert (p[rows.index] < 0.05).mean() == pytest.approx(0.05, abs=4 * np.sqrt(2 * 0.05 * 0.95 / len(rows)))


def test_gabors_stand_out_among_random_fields(make):
    kernels = np.random.default_rng(1).normal(size=(99, 15, 15))
    random = make.simple(kernels - kernels.mean((1, 2), keepdims=True), (31, 31))
    gabors = make.simple([make.gabor(15, angle, 0.12, sigma=3.0) for angle in ANGLES] + [np.zeros((15, 15))], (31, 31))
    control = orientation_tuning(random, layers="0")
    p = orientation_tuning(gabors, layers="0").p_against(control)
    assert (p[:-1] <= 0.02).all()
    assert np.isnan(p.iloc[-1])
    with pytest.raises(HierfeatError, match="control"):
        orientation_tuning(gabors, layers="1").p_against(control)


def test_the_summary_counts_the_units_of_each_layer(make):
    kernels = [make.gabor(21, 40, 0.12), np.zeros((21, 21)), np.ones((21, 21)) / 441]
    found = orientation_tuning(make.simple(kernels, (41, 41)), layers=["0", "1"])
    assert found.summary.layer.tolist() == ["0", "1"]
    counts = found.summary[["simple", "complex", "untuned", "unresponsive"]]
    assert (counts.sum(axis=1) == 3).all()
    assert found.summary.osi.iloc[1] == found.table[(found.table.layer == "1") & found.table.responsive].osi.median()


def test_types_follow_from_the_stated_thresholds(make):
    kernels = [make.gabor(21, 40, 0.12), np.zeros((21, 21)), np.ones((21, 21)) / 441]
    rows = orientation_tuning(make.simple(kernels, (41, 41)), layers="1").table
    assert rows.cell_type.tolist()[:2] == ["simple", "unresponsive"]
    assert rows.loc[1, ["osi", "gosi", "preferred_orientation"]].isna().all()


def test_a_window_centres_the_grating_on_each_layers_field(make):
    """With 40 pixels the centre unit of a valid 21-convolution looks at (20.5, 20.5), not at the image's middle."""
    pytest.importorskip("hierfeat.anatomy.receptive_fields")
    h = make.simple([make.gabor(21, 30, 0.12, 90)], (40, 40))
    table = orientation_tuning(h, layers=["0", "1"], diameter=20, orientations=[0, 30, 60, 90, 120, 150]).table
    assert (np.abs(table.preferred_phase - 90) < 2).all()
    assert apart(table.preferred_orientation, 30).max() < 1


def test_the_mean_over_the_map_of_a_rectified_unit_hardly_modulates(make):
    h = make.simple([make.gabor(9, 30, 0.12, sigma=2.0)], (90, 90))
    whole = orientation_tuning(h, layers="1", read="mean").table
    assert whole.f1_f0.item() < 0.1
    assert whole.cell_type.item() == "complex"


def test_shapes_units_and_files(tmp_path):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 4, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3))
    found = orientation_tuning(hf.Hierarchy(net, (1, 28, 28)), orientations=6, frequencies=3, phases=5)
    assert list(found.table.layer.unique()) == ["0", "2", "3"]
    assert found.responses["3"].shape == (6, 18, 3, 5)
    assert found.curves["2"].shape == (4, 18)
    assert found.table.preferred_orientation.dropna().between(0, 180).all()
    again = OrientationTuning.load(found.save(tmp_path / "tuning"))
    pd.testing.assert_frame_equal(again.table, found.table, check_dtype=False)
    np.testing.assert_array_equal(again.responses["0"], found.responses["0"])


def test_a_batch_at_a_time_gives_the_same(make):
    h = make.simple([make.gabor(11, 20, 0.15)], (21, 21))
    one, other = (orientation_tuning(h, layers="0", batch_size=size).responses["0"] for size in (7, 256))
    np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"phases": 4}, "from 5 to 360, got 4"),
        ({"orientations": 2}, "3 orientations"),
        ({"orientations": [0, 45, 90, 135, 180]}, "below 180"),
        ({"orientations": [0, 90, 45]}, "rising orientations"),
        ({"frequencies": [0.2, 0.1]}, "rising"),
        ({"frequencies": [0.1, 0.7]}, "above 0 to 0.5"),
        ({"layers": "0x"}, "did you mean|its layers"),
        ({"read": "max"}, "centre"),
        ({"contrast": 2.0}, "contrast"),
    ],
)
def test_bad_input(make, options, message):
    with pytest.raises(HierfeatError, match=message):
        orientation_tuning(make.simple([make.gabor(5, 0, 0.2)], (9, 9)), **{"layers": "0", **options})


def test_a_broken_network_is_named(make):
    h = make.simple([np.full((3, 3), np.nan)], (9, 9))
    with pytest.raises(HierfeatError, match="NaN"):
        orientation_tuning(h, layers="0")
