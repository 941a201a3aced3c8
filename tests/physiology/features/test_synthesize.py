"""Synthesis: units whose optimum is known, silent units, and the promises about seeds, models and views."""

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import hierfeat as hf
from hierfeat.physiology.features._image_parameters import FourierImages
from hierfeat.physiology.features._objectives import channel_mean, likeness
from hierfeat.physiology.features._reading import last_rectifiers, reading
from hierfeat.physiology.features._robustness import robustness, shifted
from hierfeat.physiology.features.synthesize import Synthesis, synthesize
from hierfeat.stimuli.warps.views import Views, centre, view

SIZE = 20
TEMPLATE = torch.zeros(9, 9)
TEMPLATE[:, 2:5] = 1.0
TEMPLATE[4, :] = 1.0


def detector(channels: int = 1, *, inplace: bool = True, bias: float = 0.0) -> hf.Hierarchy:
    """Channel 0 looks for a cross; 1 is dead for every image; 2 is a constant."""
    conv = nn.Conv2d(channels, 3, 9, padding=4)
    signed = TEMPLATE - TEMPLATE.mean()
    with torch.no_grad():
        conv.weight.copy_(torch.stack([signed, -torch.ones(9, 9), torch.zeros(9, 9)])[:, None].expand_as(conv.weight))
        conv.bias.copy_(torch.tensor([bias, -1.0, 0.5]))
    net = nn.Sequential(conv, nn.ReLU(inplace=inplace), nn.MaxPool2d(2))
    return hf.Hierarchy(net, (channels, SIZE, SIZE), name="detector")


def middle(image: np.ndarray) -> np.ndarray:
    """The field of the central unit, (9, 9), of an image (C, 20, 20)."""
    return image[:, 6:15, 6:15].mean(0)


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


@pytest.mark.parametrize(("channels", "seed"), [(1, 0), (1, 1), (1, 2), (3, 0)])
def test_the_optimum_of_a_template_detector_is_its_template(channels: int, seed: int) -> None:
    made = synthesize(detector(channels), "0", 0, objective="center", seed=seed, progress=False)
    assert correlation(middle(made.images[0]), TEMPLATE.numpy()) > 0.9
    largest = (TEMPLATE - TEMPLATE.mean()).clamp(min=0).sum() * channels
    assert 0.7 * largest < made.table["activation"][0] <= largest
    assert made.table["status"][0] in ("ok", "fragile")


@pytest.mark.parametrize("size", [(96, 96), (41, 120)])
def test_a_small_field_in_a_large_image_is_all_that_is_made(size: tuple[int, int]) -> None:
    top, left = ((length - 8) // 2 for length in size)  # of the unit at (h//2, w//2) of a map 8 smaller
    made = synthesize(detector(), "0", 0, objective="center", size=size, progress=False)
    image = made.images[0].copy()
    field = image[0, top : top + 9, left : left + 9]
    assert correlation(field, TEMPLATE.numpy()) > 0.9
    field[:] = 0.5
    assert (image == 0.5).all()


@pytest.mark.parametrize("size", [(48, 40), [64, 64]])
def test_only_the_layers_up_to_the_unit_must_allow_the_size(size) -> None:
    """LeNet-5's dense layers take one size only."""
    made = synthesize(hf.load("lenet5-digits"), "conv2", 0, objective="center", size=size, steps=4, progress=False)
    assert made.images.shape == (1, 1, *size)


class Unseeing(nn.Module):
    """A rectifier that sees no pixel."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.relu, self.map = nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Parameter(torch.ones(1, 2, 4, 4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x).mean() + self.relu(self.map.expand(len(x), -1, -1, -1))


def test_a_unit_that_sees_nothing_is_constant() -> None:
    made = synthesize(hf.Hierarchy(Unseeing(), (1, 8, 8)), "relu", 0, objective="center", steps=4, progress=False)
    assert made.table["status"].tolist() == ["constant"]


def test_the_negative_optimum_is_the_template_inverted() -> None:
    made = synthesize(detector(), "0", 0, objective="center", negative=True, progress=False)
    assert correlation(middle(made.images[0]), TEMPLATE.numpy()) < -0.9
    assert made.table["activation"][0] < 0


def test_a_silent_unit_is_read_before_its_rectifier() -> None:
    h = detector(bias=-6.0)  # grey gives -6, the cross gives well over 0
    for layer in ("1", "2"):
        made = synthesize(h, layer, 0, objective="center", progress=False)
        assert made.table["read"][0] == "rectifier input"
        assert made.table["start"][0] == 0
        assert made.table["activation"][0] > 0.7 * ((TEMPLATE - TEMPLATE.mean()).clamp(min=0).sum() - 6)
        assert layer == "2" or correlation(middle(made.images[0]), TEMPLATE.numpy()) > 0.9


def test_dead_and_constant_channels_are_said_to_be_so() -> None:
    made = synthesize(detector(), "1", objective="center", progress=False, steps=20)
    assert made.table["status"].tolist()[1:] == ["dead", "constant"]
    words = [text.get_text() for axes in made.plot().axes for text in axes.texts]
    assert words == ["dead", "constant"]


def test_natural_images_stand_beside() -> None:
    images = torch.rand(12, 1, SIZE, SIZE, generator=torch.Generator().manual_seed(0)) * 0.2
    images[7, 0, 3:12, 5:14] = TEMPLATE
    made = synthesize(detector(), "0", 0, objective="center", images=images, steps=64, progress=False)
    row = made.table.iloc[0]
    best = F.conv2d(TEMPLATE[None, None], (TEMPLATE - TEMPLATE.mean())[None, None]).item()
    assert row["natural_image"] == 7
    assert row["natural"] == pytest.approx(best, rel=1e-5)
    assert row["natural_shift_kept"] < 0.9  # the unit does not move with the image
    mean = synthesize(detector(), "0", 0, images=images, steps=2, progress=False).table.iloc[0]
    expected = hf.record(detector(), images, layers="0")["0"][:, 0].mean((1, 2))
    assert mean["natural"] == pytest.approx(expected.max().item(), rel=1e-4)
    assert mean["natural_image"] == expected.argmax().item()


def test_an_image_that_needs_one_alignment_is_fragile() -> None:
    checks = (torch.arange(9)[:, None] + torch.arange(9)) % 2 * 2.0 - 1
    h = detector()
    with torch.no_grad():
        h.model[0].weight[0] = checks
    made = synthesize(h, "0", 0, objective="center", jitter=0, scale=0.0, rotation=0.0, progress=False)
    assert made.table["status"][0] == "fragile"
    assert made.table["shift_kept"][0] < 0.2


def test_the_same_seed_gives_the_same_image_alone_or_in_company() -> None:
    h = hf.load("lenet5-digits")
    alone = synthesize(h, "conv2", 3, steps=12, seed=5, progress=False)
    torch.manual_seed(99)
    company = synthesize(h, "conv2", [1, 3, 8], steps=12, seed=5, batch_size=2, progress=False)
    other = synthesize(h, "conv2", 3, steps=12, seed=6, progress=False)
    np.testing.assert_allclose(alone.images[0], company.images[1], atol=2e-3)
    assert np.abs(alone.images - other.images).max() > 0.02


def test_copies_are_driven_apart_by_diversity() -> None:
    h = hf.load("lenet5-digits")
    alike, apart = (
        synthesize(h, "conv2", 0, copies=3, diversity=weight, steps=40, progress=False) for weight in (0.0, 5.0)
    )
    assert apart.table["copy"].tolist() == [0, 1, 2]
    with torch.no_grad(), reading(h, "conv2") as read:
        likenesses = [likeness(read(torch.tensor(made.images)), 3).mean().item() for made in (alike, apart)]
    assert likenesses[1] < likenesses[0]


def test_likeness_against_a_loop() -> None:
    activation = torch.randn(6, 4, 3, 3, generator=torch.Generator().manual_seed(0))
    grams = [(a.flatten(1) @ a.flatten(1).T).flatten() for a in activation]
    for n, value in enumerate(likeness(activation, 3)):
        others = [m for m in range(n // 3 * 3, n // 3 * 3 + 3) if m != n]
        expected = sum(torch.cosine_similarity(grams[n], grams[m], dim=0) for m in others) / 2
        torch.testing.assert_close(value, expected)


def test_any_objective() -> None:
    def difference(activation: torch.Tensor, channels: torch.Tensor) -> torch.Tensor:
        return activation[:, 0, 10, 10] - activation[:, 0, 10, 2]

    made = synthesize(detector(), "0", 0, objective=difference, steps=32, progress=False)
    assert made.table["objective"][0] == "difference"
    assert made.table["activation"][0] > made.table["start"][0] + 1


@pytest.mark.parametrize("training", [True, False])
def test_the_model_and_the_random_state_are_left_alone(training: bool) -> None:
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True)).train(training)
    h = hf.Hierarchy(net, (1, 12, 12))
    before, digest, random = (
        {k: v.clone() for k, v in net.state_dict().items()},
        h.weights_sha256,
        torch.get_rng_state(),
    )
    synthesize(h, "2", [0, 1], steps=3, progress=False)
    assert h.weights_sha256 == digest
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())
    assert net.training is training
    assert all(parameter.requires_grad and parameter.grad is None for parameter in net.parameters())
    assert torch.equal(random, torch.get_rng_state())


def test_the_forward_pass_ends_at_the_layer_and_so_any_size_will_do() -> None:
    h = hf.load("lenet5-digits")
    made = synthesize(h, "conv2", 0, steps=2, size=(24, 40), progress=False)
    assert made.images.shape == (1, 1, 24, 40)
    seen = []
    with torch.no_grad(), reading(h, "pool1", before=lambda call: seen.append(call.name)) as read:
        for _ in range(2):
            assert read(torch.rand(2, 1, 32, 32)).shape == (2, 6, 14, 14)
    assert seen == ["conv1", "act1", "pool1"] * 2


class Branches(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 2, 1), nn.Conv2d(2, 2, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.a(x))
        return F.max_pool2d(torch.cat([F.relu_(self.b(x)), self.c(x).clamp(min=0)], 1), 2)


def test_the_last_rectifiers_are_found_in_all_branches() -> None:
    h = hf.Hierarchy(Branches(), (1, 8, 8))
    assert last_rectifiers(h, "max_pool2d", torch.rand(1, 1, 8, 8)) == {"relu#2", "clamp"}
    assert last_rectifiers(h, "b", torch.rand(1, 1, 8, 8)) == set()


def test_a_texture_keeps_everything_under_shifts_of_its_canvas() -> None:
    """Diagonal stripes, their own detector, and a map of whole periods: no shift matters, but a fold at the border."""
    rows, cols = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    stripes = torch.sin((rows + cols) * torch.pi / 2)
    conv = nn.Conv2d(1, 1, 9, bias=False)
    with torch.no_grad():
        conv.weight.copy_(stripes[:9, :9])
    h, where = hf.Hierarchy(nn.Sequential(conv, nn.ReLU()), (1, 48, 48)), torch.tensor([0])
    canvas, size = (stripes / 2 + 0.5)[None, None], (48, 48)
    views = {"jitter": 2.0, "scale": 0.0, "rotation": 0.0}
    with torch.no_grad(), reading(h, "1") as read:
        whole = robustness(read, channel_mean, canvas, where, size=size, **views)
        alone = robustness(read, channel_mean, centre(canvas, size), where, size=size, **views)
    assert whole["shift_kept"][0] == pytest.approx(1, abs=1e-3)
    assert alone["shift_kept"][0] < 0.99
    assert whole["activation"] == alone["activation"]


def test_shifts_are_crops_of_the_canvas() -> None:
    canvas = torch.rand(2, 1, 30, 34, generator=torch.Generator().manual_seed(0))
    expected = [canvas[..., 5 + r : 25 + r, 5 + c : 29 + c] for r in (-3, 0, 3) for c in (-3, 0, 3) if (r, c) != (0, 0)]
    for crop, slice_ in zip(shifted(canvas, (20, 24), 3), expected, strict=True):
        torch.testing.assert_close(crop, slice_, atol=1e-4, rtol=0)


def test_views_are_true_crops() -> None:
    rows, cols = torch.meshgrid(torch.arange(30.0), torch.arange(34.0), indexing="ij")
    canvas = torch.stack([rows, cols])[None]
    crop = view(canvas, (20, 24), shift=(3, -2))[0]
    torch.testing.assert_close(crop, canvas[0, :, 8:28, 3:27], atol=1e-4, rtol=0)
    turned = view(canvas, (21, 21), rotation=torch.pi / 2)[0]
    torch.testing.assert_close(turned[1].mean(1), 16.5 - torch.arange(-10.0, 11), atol=1e-3, rtol=0)
    grown = view(canvas, (11, 11), scale=2.0)[0]
    torch.testing.assert_close(grown[0, :, 5], 14.5 + 2 * torch.arange(-5.0, 6), atol=1e-3, rtol=0)


@pytest.mark.parametrize(("mode", "kept"), [("bilinear", 0.707), ("bicubic", 0.972)])
def test_what_a_shift_by_half_a_pixel_takes_from_fine_stripes(mode: str, kept: float) -> None:
    """Stripes of period four, drawn anew half a pixel on: the frequency responses of the kernels, in closed form."""
    stripes = torch.sin(torch.arange(40.0) * torch.pi / 2).expand(1, 1, 40, 40)
    moved = torch.sin((torch.arange(40.0) + 0.5) * torch.pi / 2).expand(1, 1, 40, 40)
    found = view(stripes, (20, 20), shift=(0.0, 0.5), mode=mode)
    torch.testing.assert_close(found, kept * centre(moved, (20, 20)), atol=2e-3, rtol=0)


def test_views_never_look_beyond_their_canvas() -> None:
    views = Views((20, 20), jitter=3, scale=0.1, rotation=10, generator=torch.Generator().manual_seed(0))
    size = 20 + 2 * views.margin
    ramp = torch.arange(float(size)).expand(1, 1, size, size)
    places = torch.cartesian_prod(torch.arange(20.0), torch.arange(20.0))
    design = torch.cat([places, torch.ones(400, 1)], 1)
    for _ in range(200):  # a reflection would fold the plane that the view of a ramp is
        seen = views(ramp).flatten()[:, None]
        torch.testing.assert_close(design @ torch.linalg.lstsq(design, seen).solution, seen, atol=1e-2, rtol=0)
    torch.testing.assert_close(centre(ramp, (20, 20))[0, 0, 0], torch.arange(20.0) + views.margin)


def test_spectra_start_near_grey_and_fall_as_those_of_natural_images_do() -> None:
    images = FourierImages(list(range(64)), (1, 32, 32), torch.device("cpu"))()
    assert images.shape == (64, 1, 32, 32)
    assert (images - 0.5).std() < 0.15
    power = torch.fft.rfft2(torch.logit(images)).abs().square().mean((0, 1))
    assert (power[0, 2] / power[0, 8]).item() == pytest.approx(16, rel=0.5)  # amplitude 1/f


def test_saved_and_loaded(tmp_path) -> None:
    made = synthesize(hf.load("lenet5-digits"), "conv1", steps=2, progress=False)
    again = Synthesis.load(made.save(tmp_path / "made"))
    pd.testing.assert_frame_equal(again.table, made.table, check_dtype=False)
    np.testing.assert_array_equal(again.images, made.images)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layer": "conv9"}, "did you mean"),
        ({"channels": [0, 99]}, "expected channels"),
        ({"channels": []}, "expected channels"),
        ({"objective": "middle"}, "expected objective"),
        ({"steps": 0}, "expected steps"),
        ({"objective": lambda activation, channels: activation.sum()}, "one value per image"),
        ({"images": torch.rand(2, 3, 32, 32)}, "expected images of shape"),
    ],
)
def test_bad_input(options, message) -> None:
    with pytest.raises(hf.HierfeatError, match=message):
        synthesize(hf.load("lenet5-digits"), **({"layer": "conv1"} | options))
