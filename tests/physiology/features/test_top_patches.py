"""Top patches: against a full recording searched by brute force, and on units with known answers."""

import copy

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import hierfeat as hf
from hierfeat.physiology.features.top_patches import ChannelPatches, TopPatches, top_patches
from hierfeat.recording.measure import Batch

IMAGES = torch.rand(40, 1, 20, 20, generator=torch.Generator().manual_seed(0))


def small(seed: int = 0) -> hf.Hierarchy:
    torch.manual_seed(seed)
    layers = nn.Conv2d(1, 3, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Conv2d(3, 4, 3, padding=1)
    return hf.Hierarchy(nn.Sequential(*layers), (1, 20, 20), name="small")


def template_detector() -> tuple[hf.Hierarchy, torch.Tensor]:
    """Channel 0 is a matched filter with threshold; channel 1 is dead after the rectifier; channel 2 is constant."""
    generator = torch.Generator().manual_seed(3)
    template = torch.rand(7, 7, generator=generator)
    signed = template - template.mean()
    conv = nn.Conv2d(1, 3, 7)
    with torch.no_grad():
        conv.weight.copy_(torch.stack([signed / signed.norm(), torch.zeros(7, 7), torch.zeros(7, 7)])[:, None])
        conv.bias.copy_(torch.tensor([0.0, -1.0, 0.5]))
    return hf.Hierarchy(nn.Sequential(conv, nn.ReLU()), (1, 20, 20), name="template"), template


def brute_force(activation: torch.Tensor, k: int, *, least: bool = False) -> list[list[tuple[int, int, int]]]:
    found = []
    for channel in range(activation.shape[1]):
        maps = activation[:, channel].double().numpy() * (-1 if least else 1)
        ranked = sorted(range(len(maps)), key=lambda n: (-maps[n].max(), n))[:k]
        found.append([(n, *np.unravel_index(maps[n].argmax(), maps[n].shape)) for n in ranked])
    return found


@pytest.mark.parametrize("least", [False, True])
@pytest.mark.parametrize("batch_size", [7, 64])
def test_against_brute_force(least: bool, batch_size: int) -> None:
    h = small()
    result = top_patches(h, IMAGES, k=5, least=least, batch_size=batch_size)
    for layer, activation in hf.record(h, IMAGES).items():
        rows = result.table[result.table.layer == layer]
        expected = np.array(brute_force(activation, 5, least=least)).reshape(-1, 3)
        np.testing.assert_array_equal(rows[["image", "row", "col"]].to_numpy(), expected)
        places = tuple(rows[name].to_numpy() for name in ("image", "channel", "row", "col"))
        np.testing.assert_array_equal(rows["value"].to_numpy(), activation.double().numpy()[places])
        assert rows["rank"].tolist() == [1, 2, 3, 4, 5] * activation.shape[1]


def test_patches_are_what_the_boxes_say() -> None:
    result = top_patches(small(), IMAGES, k=9, largest=None)
    assert {layer: patches.shape[3:] for layer, patches in result.patches.items()} == {
        "0": (5, 5), "2": (6, 6), "3": (10, 10)
    }  # fmt: skip
    at_border = 0
    for row in result.table.itertuples():
        patch = result.patches[row.layer][row.channel, row.rank - 1]
        seen = np.isfinite(patch)
        at_border += not seen.all()
        expected = IMAGES[row.image, 0, row.top : row.bottom, row.left : row.right].numpy().astype(np.float16)
        np.testing.assert_array_equal(patch[seen].reshape(expected.shape), expected)
    assert at_border > 5


def test_pixels_outside_the_box_do_not_matter() -> None:
    h = small()
    table = top_patches(h, IMAGES, layers="3", k=2).table
    for row in table.itertuples():
        image = torch.zeros(1, 1, 20, 20)
        box = slice(row.top, row.bottom), slice(row.left, row.right)
        image[0, 0][box] = IMAGES[row.image, 0][box]
        assert hf.record(h, image, layers="3")["3"][0, row.channel, row.row, row.col] == pytest.approx(
            row.value, abs=1e-5
        )


def test_a_template_is_the_top_patch_of_its_detector() -> None:
    h, template = template_detector()
    images = IMAGES * 0.3
    images[17, 0, 4:11, 9:16] = template
    result = top_patches(h, images, layers=["conv", "activation"], k=3)
    first = result.table[(result.table.layer == "1") & (result.table.channel == 0)].iloc[0]
    assert (first.image, first.row, first.col, first.top, first.left) == (17, 4, 9, 4, 9)
    np.testing.assert_allclose(result.patches["1"][0, 0, 0], template.numpy(), atol=5e-4)


def test_dead_and_constant_channels_are_said_to_be_so() -> None:
    h, _ = template_detector()
    result = top_patches(h, IMAGES, layers=["conv", "activation"], k=3)
    status = result.table.groupby(["layer", "channel"])["status"].first()
    assert status.tolist() == ["ok", "dead", "constant"] * 2
    words = [text.get_text() for axes in result.plot("1").axes for text in axes.texts]
    assert words == ["dead"] * 3 + ["constant"] * 3


def test_a_channel_that_differs_by_rounding_is_constant() -> None:
    """A vectorised sigmoid of one number is not the same number at every place in memory."""
    shown = torch.rand(11, 1, 9, 9)
    candidates = torch.linspace(-3, 3, 200)
    uneven = [b for b in candidates if len(torch.sigmoid(b.expand(11 * 3 * 49).contiguous()).unique()) > 1]
    conv = nn.Conv2d(1, 3, 3)
    with torch.no_grad():
        conv.weight.zero_()
        conv.bias.fill_(uneven[0] if uneven else 0.5)
    h = hf.Hierarchy(nn.Sequential(conv, nn.Sigmoid()), (1, 9, 9))
    assert set(top_patches(h, shown, layers="1", k=2).table["status"]) == {"constant"}
    assert set(hf.class_selectivity(h, shown, torch.arange(11) % 2, layers="1").table["status"]) == {"constant"}
    assert set(hf.attribute(h, shown, "1", 2).table["status"]) == {"constant"}


def test_merging_in_any_order_equals_one_pass() -> None:
    h = small()
    fields = hf.receptive_fields(h)
    images = IMAGES.clone()
    images[20:] = images[:20]  # every value is there twice: ties go to the lower index
    whole = TopPatches(4, fields=fields)
    hf.sweep(h, images, [whole], layers=("conv", "pool"))
    parts = [TopPatches(4, fields=fields) for _ in range(3)]
    for part, start in zip(parts, (0, 13, 26), strict=True):
        with torch.no_grad(), h.watching(after=lambda call, out, part=part: part.update(call.name, out) or None):
            chunk = images[start : start + 13] if start < 26 else images[start:]
            part.begin(Batch(torch.arange(start, start + len(chunk)), chunk, None))
            h.forward(chunk)
    merged = copy.deepcopy(parts[2])
    merged.merge(parts[0])
    merged.merge(parts[1])
    for key, value in whole.state.items():
        torch.testing.assert_close(merged.state[key], value, rtol=0, atol=0, equal_nan=True)


def test_a_sweep_taken_up_again_gives_the_same(tmp_path) -> None:
    h, path = small(), tmp_path / "sweep.safetensors"

    def broken():
        yield IMAGES[:15]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hf.sweep(
            h, broken(), [TopPatches(4, fields=hf.receptive_fields(h))], layers=("conv", "pool"),
            checkpoint=path, checkpoint_every=1,
        )  # fmt: skip
    again = top_patches(h, [IMAGES[:15], IMAGES[15:]], k=4, checkpoint=path)
    once = top_patches(h, IMAGES, k=4)
    assert again.table.equals(once.table)
    np.testing.assert_array_equal(again.patches["3"], once.patches["3"])


def test_memory_does_not_grow_with_the_data() -> None:
    h, sizes = small(), []
    for count in (10, 40):
        measure = TopPatches(3, fields=hf.receptive_fields(h))
        hf.sweep(h, IMAGES[:count], [measure], layers="pool")
        sizes.append(sum(tensor.numel() for tensor in measure.state.values()))
    assert sizes[0] == sizes[1]


def test_fields_larger_than_the_image_and_reduced_patches() -> None:
    layers = nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 2, 9, padding=16, dilation=4)
    h = hf.Hierarchy(nn.Sequential(*layers), (1, 20, 20))
    result = top_patches(h, IMAGES[:4], layers="1", k=2, largest=10)
    assert result.patches["1"].shape == (2, 2, 1, 10, 10)
    row = result.table.iloc[0]
    reduced = IMAGES[row.image, 0].reshape(10, 2, 10, 2).mean((1, 3)).numpy()
    seen = np.isfinite(result.patches["1"][0, 0, 0])
    assert seen.sum() >= 25
    np.testing.assert_allclose(result.patches["1"][0, 0, 0][seen], reduced[seen], atol=1e-3)


def test_fewer_images_than_patches_and_layers_without_a_map() -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(2 * 18 * 18, 5))
    result = top_patches(hf.Hierarchy(net, (1, 20, 20)), IMAGES[:3], layers=["conv", "linear"], k=6)
    assert result.table["rank"].max() == 3
    assert np.isnan(result.patches["0"][:, 3:].astype(float)).all()
    boxes = result.table[result.table.layer == "3"][["top", "left", "bottom", "right"]]
    assert (boxes.to_numpy() == [0, 0, 20, 20]).all()
    words = [text.get_text() for axes in result.plot("3").axes for text in axes.texts]
    assert words.count("none") == 15


class Tokens(nn.Module):
    """A map flattened to tokens, and the same map with its channels last."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 3, 4, stride=4), nn.LayerNorm(3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(x)
        flat = x.flatten(2)
        return flat.mean(2) + self.norm(x.permute(0, 2, 3, 1)).mean((1, 2))


def test_a_flattened_map_has_the_boxes_of_the_map() -> None:
    torch.manual_seed(0)
    h = hf.Hierarchy(Tokens(), (1, 12, 20))
    shown = torch.rand(9, 1, 12, 20)
    result = top_patches(h, shown, layers=["conv", "flatten", "norm"], k=4)
    box, tables = ["top", "left", "bottom", "right"], dict(list(result.table.groupby("layer")))
    flat, conv = tables["flatten"], tables["conv"]
    np.testing.assert_array_equal(flat[[*box, "image", "value"]], conv[[*box, "image", "value"]])
    assert (flat["col"].to_numpy() == 5 * conv["row"].to_numpy() + conv["col"].to_numpy()).all()
    np.testing.assert_array_equal(result.patches["flatten"], result.patches["conv"])
    assert (tables["norm"][box].to_numpy() == [0, 0, 12, 20]).all()  # not its own places: all that the layer sees
    found = hf.attribute(h, shown, "flatten", 1).table
    assert (found["inside"] == 1).all()
    assert (found["right"] - found["left"] == 4).all()


def test_saved_and_loaded(tmp_path) -> None:
    result = top_patches(small(), IMAGES, k=2)
    again = ChannelPatches.load(result.save(tmp_path / "top"))
    pd.testing.assert_frame_equal(again.table, result.table, check_dtype=False)
    np.testing.assert_array_equal(again.patches["0"], result.patches["0"])
    assert not again.least


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 12), st.integers(1, 17))
def test_values_fall_and_images_are_distinct(seed: int, k: int, batch_size: int) -> None:
    images = torch.rand(23, 1, 20, 20, generator=torch.Generator().manual_seed(seed)).mul(3).round().div(3)
    [table] = hf.sweep(small(seed % 5), images.split(batch_size), [TopPatches(k)], layers="pool")
    for _, rows in table.groupby(["layer", "channel"]):
        assert rows["value"].is_monotonic_decreasing
        assert rows["image"].is_unique
        assert len(rows) == min(k, 23)


@pytest.mark.parametrize("options", [{"k": 0}, {"k": 2.5}, {"largest": 0}, {"layers": "cnov"}])
def test_bad_options(options) -> None:
    with pytest.raises(hf.HierfeatError, match=r"expected k|expected largest|no layer"):
        top_patches(small(), IMAGES, **options)


def test_nan_answers_and_unknown_layers_to_plot() -> None:
    h = small()
    with torch.no_grad():
        h.model[0].bias[1] = torch.nan
    with pytest.raises(hf.HierfeatError, match="NaN"):
        top_patches(h, IMAGES)
    with pytest.raises(hf.HierfeatError, match="expected a layer of this result"):
        top_patches(small(), IMAGES).plot("conv9")
    with pytest.raises(hf.HierfeatError, match="expected channels"):
        top_patches(small(), IMAGES).plot("0", channels=[7])
