"""Invariance and equivariance against brute force and nets whose answer is known."""

import numpy as np
import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.physiology.invariance.translation_invariance import TranslationInvariance, translation_invariance


def noise(n: int = 5, channels: int = 1, size: int = 24, seed: int = 0) -> torch.Tensor:
    return torch.rand(n, channels, size, size, generator=torch.Generator().manual_seed(seed))


def net(*modules: nn.Module, channels: int = 1, size: int = 24, seed: int = 0) -> hf.Hierarchy:
    torch.manual_seed(seed)
    model = nn.Sequential(*modules)
    for module in model:
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
    return hf.Hierarchy(model, (channels, size, size))


CIRCULAR = {"padding": 1, "padding_mode": "circular"}


def test_circular_nets_are_exactly_equivariant_at_multiples_of_the_total_stride_and_not_between() -> None:
    h = net(nn.Conv2d(1, 6, 3, stride=2, **CIRCULAR), nn.ReLU(), nn.Conv2d(6, 6, 3, stride=2, **CIRCULAR), nn.ReLU())
    found = translation_invariance(h, noise(), layers="3", max_shift=8, boundary="wrap").table
    distance = found["dy"].abs() + found["dx"].abs()
    exact = distance.isin([0, 4, 8])
    assert (found.loc[exact, "equivariance_all"] == 1).all()
    assert (found.loc[~exact, "equivariance_all"] < 0.95).all()
    assert ((found["phase_y"] == 0) & (found["phase_x"] == 0)).equals(exact)


def test_stride_and_conv_nets_are_exactly_equivariant_inside_when_aligned() -> None:
    h = net(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3, stride=2, padding=1), nn.MaxPool2d(2))
    found = translation_invariance(h, noise(), layers="*", max_shift=4).table
    aligned = found[(found["phase_y"] == 0) & (found["phase_x"] == 0)]
    assert (aligned["equivariance"] == 1).all()
    assert (aligned["units"] > 0).all()
    unaligned = found[(found["phase_y"] != 0) | (found["phase_x"] != 0)]
    assert set(unaligned["layer"]) == {"2", "3"}
    assert (unaligned["equivariance"] < 0.999).all()


def test_padding_costs_equivariance_at_the_border_only() -> None:
    h = net(nn.Conv2d(1, 4, 5, padding=2))
    found = translation_invariance(h, noise(), layers="conv", max_shift=2).table.iloc[1:]
    assert (found["equivariance"] == 1).all()
    assert (found["equivariance_all"] < 0.999).all()


def test_the_interior_is_where_a_nan_at_the_border_does_not_reach() -> None:
    """Brute force: the units that stay finite when everything outside is NaN."""
    h = net(nn.Conv2d(1, 1, 3, padding=1), nn.Conv2d(1, 1, 3, stride=2, padding=1))
    units = translation_invariance(h, noise(), layers="1", max_shift=2).table.set_index(["dy", "dx"])["units"]
    for dy, dx in ((0, 0), (2, 0), (0, -2)):
        frame = torch.full((1, 1, 64, 64), torch.nan)
        frame[..., 20:44, 20:44] = 0
        moved = torch.full((1, 1, 64, 64), torch.nan)
        moved[..., 20 + dy : 44 + dy, 20 + dx : 44 + dx] = 0
        with torch.no_grad():
            a, b = h.model(frame)[0, 0, 10:22, 10:22], h.model(frame + moved)[0, 0, 10:22, 10:22]
        source = torch.isfinite(a.roll((dy // 2, dx // 2), (0, 1)))
        assert units[dy, dx] == int((torch.isfinite(b) & source).sum())


def test_similarity_invariance_and_baseline_by_brute_force() -> None:
    h, images = net(nn.Conv2d(1, 3, 5)), noise(7)
    result = translation_invariance(h, images, layers="conv", max_shift=1, batch_size=3)
    row = result.table[(result.table["dy"] == 1) & (result.table["dx"] == 0)].iloc[0]
    moved = torch.zeros_like(images)
    moved[..., 1:, :] = images[..., :-1, :]
    with torch.no_grad():
        a, b = h.model(images).flatten(1).numpy(), h.model(moved).flatten(1).numpy()

    def cosine(u: np.ndarray, v: np.ndarray) -> float:
        return float(u @ v / np.linalg.norm(u) / np.linalg.norm(v))

    similarity = np.mean([cosine(u, v) for u, v in zip(a, b, strict=True)])
    baseline = np.mean([cosine(a[i], a[j]) for i in range(7) for j in range(7) if i != j])
    assert row["similarity"] == pytest.approx(similarity, rel=1e-5)
    assert result.baselines["0"] == pytest.approx(baseline, rel=1e-5)
    assert row["invariance"] == pytest.approx((similarity - baseline) / (1 - baseline), rel=1e-4)


def test_a_global_average_of_a_circular_net_is_invariant() -> None:
    h = net(nn.Conv2d(1, 6, 3, **CIRCULAR), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
    found = translation_invariance(h, noise(), layers="pool", max_shift=3, boundary="wrap").table
    assert found["invariance"].to_numpy() == pytest.approx(1, abs=1e-3)
    assert found["similarity"].to_numpy() == pytest.approx(1, abs=1e-6)


def test_no_shift_changes_nothing_and_channels_are_told_apart() -> None:
    h = net(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 22 * 22, 5))
    result = translation_invariance(h, noise(), max_shift=1)
    first = result.table.groupby("layer").first()
    assert first["similarity"].to_numpy() == pytest.approx(1, abs=1e-12)
    assert first["invariance"].to_numpy() == pytest.approx(1, abs=1e-12)
    assert result.channels["1"].shape == (5, 4)
    assert first.loc["3", ["equivariance", "units"]].isna().all()


def test_crop_brings_in_what_lies_around() -> None:
    h, large = net(nn.Conv2d(1, 3, 3)), noise(4, size=28)
    found = translation_invariance(h, large, layers="conv", max_shift=2, boundary="crop").table
    assert (found["equivariance"] == 1).all()
    assert (found["equivariance_all"] == 1).all()  # no padding anywhere
    with pytest.raises(hf.HierfeatError, match="at least"):
        translation_invariance(h, noise(4), layers="conv", max_shift=2, boundary="crop")


@pytest.mark.parametrize("side", [2, 3])
def test_shifts_beyond_a_small_map_leave_nothing_to_compare(side: int) -> None:
    h = net(nn.Conv2d(1, 2, 9 - side), size=8)
    found = translation_invariance(h, noise(3, size=8), layers="0", max_shift=6).table
    beyond = found[["dy", "dx"]].abs().max(axis=1) >= side
    assert beyond.any()
    assert found.loc[beyond, "equivariance_all"].isna().all()
    assert found.loc[~beyond, "equivariance_all"].notna().all()


def test_half_pixels() -> None:
    h = net(nn.Conv2d(1, 3, 3))
    result = translation_invariance(h, noise(), layers="conv", max_shift=1, step=0.5)
    assert sorted(result.table["dy"].unique()) == [-1, -0.5, 0, 0.5, 1]
    inner = result.table.set_index(["dy", "dx"]).loc[(0.5, 0)]
    assert inner["phase_y"] == 0.5
    assert inner["equivariance"] == pytest.approx(1, abs=1e-6)  # interpolation and convolution commute


def test_dead_maps_are_left_out() -> None:
    h = net(nn.Conv2d(1, 2, 3), nn.ReLU())
    with torch.no_grad():
        h.model[0].bias[:] = torch.tensor([0.0, -100.0])
    result = translation_invariance(h, noise(), layers="activation", max_shift=1)
    assert np.isnan(result.channels["1"][:, 1]).all()
    assert np.isfinite(result.channels["1"][:, 0]).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"boundary": "mirror"}, "'zero', 'wrap'"),
        ({"layers": "conv9"}, "did you mean|no layer"),
        ({"max_shift": 0}, "step"),
        ({"step": -1}, "step"),
        ({"max_images": 1}, "max_images"),
    ],
)
def test_bad_input(options: dict, message: str) -> None:
    with pytest.raises(hf.HierfeatError, match=message):
        translation_invariance(net(nn.Conv2d(1, 2, 3)), noise(), **options)


def test_one_image_has_no_baseline() -> None:
    with pytest.raises(hf.HierfeatError, match="two images"):
        translation_invariance(net(nn.Conv2d(1, 2, 3)), noise(1))


def test_lenet_is_left_alone_and_its_result_survives_a_file(tmp_path) -> None:
    h = hf.load("lenet5-digits")
    before = h.weights_sha256
    images, _ = hf.digits(split="test")
    result = translation_invariance(h, images, max_shift=4, max_images=16)
    assert h.weights_sha256 == before
    again = TranslationInvariance.load(result.save(tmp_path / "result"))
    assert again.summary.equals(result.summary)
    summary = result.summary.set_index("layer")
    assert summary.loc["fc3", "invariance"] > summary.loc["act1", "invariance"]  # depth, not one pool
    figure = result.plot()
    assert len(figure.axes) == 2
    assert figure.axes[0].get_xlabel() == "shift (pixels)"


def test_channels_of_one_unit_look_alike_for_all_images() -> None:
    """A single number has no direction but its sign: all images are alike, and no invariance can be told."""
    h = net(nn.Flatten(), nn.Linear(24 * 24, 3))
    with torch.no_grad():
        h.model[1].bias.copy_(torch.tensor([100.0, -100.0, 100.0]))
    found = translation_invariance(h, noise(37), layers="linear", max_shift=1, batch_size=10)
    assert np.isnan(found.channels["1"]).all()
    assert np.isfinite(found.table["invariance"]).all()
