"""The one sampler, against index arithmetic, scipy and closed forms; and everything that rests on it."""

import numpy as np
import pytest
import torch
from scipy.ndimage import map_coordinates

import hierfeat as hf
from hierfeat.stimuli.warps.sampler import elastic_field, resample
from hierfeat.stimuli.warps.shifts import shift_each
from hierfeat.stimuli.warps.transformations import TRANSFORMATIONS

IMAGES = torch.rand(3, 2, 9, 13, generator=torch.Generator().manual_seed(0))


def random_affine(n: int, seed: int) -> torch.Tensor:
    draw = torch.Generator().manual_seed(seed)
    return torch.cat([torch.eye(2) + 0.3 * torch.randn(n, 2, 2, generator=draw), torch.randn(n, 2, 1)], -1)


@pytest.mark.parametrize("size", [(9, 13), (5, 6), (12, 20)])
@pytest.mark.parametrize(("outside", "mode"), [("zeros", "grid-constant"), ("reflection", "grid-mirror")])
def test_it_agrees_with_scipy(size: tuple[int, int], outside: str, mode: str) -> None:
    """scipy counts places from the first pixel, and makes one sample at a time."""
    affine = random_affine(3, seed=1)
    moved = torch.randn(3, *size, 2, generator=torch.Generator().manual_seed(2))
    found = resample(IMAGES, affine, size=size, displacement=moved, outside=outside)
    rows, columns = np.meshgrid(*(np.arange(s) - (s - 1) / 2 for s in size), indexing="ij")
    for n in range(3):
        place = np.stack([rows - moved[n, ..., 0].numpy(), columns - moved[n, ..., 1].numpy()])
        matrix = affine[n].double().numpy()
        place = np.einsum("ij,jhw->ihw", matrix[:, :2], place) + matrix[:, 2, None, None]
        place += np.array([4.0, 6.0])[:, None, None]
        for channel in range(2):
            expected = map_coordinates(IMAGES[n, channel].double().numpy(), place, order=1, mode=mode)
            assert np.abs(found[n, channel].numpy() - expected).max() < 2e-5


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_a_pixel_is_found_in_any_precision(dtype: torch.dtype) -> None:
    """Halves name a place among 400 pixels no finer than a tenth of one; the grid is therefore made in singles."""
    wide = torch.zeros(1, 1, 1, 400, dtype=dtype)
    wide[..., 390] = 1
    moved = hf.warp(wide, shift=(0, 7))
    assert moved.dtype == dtype
    assert int(moved.argmax()) == 397
    assert float(moved.max()) == pytest.approx(1, abs=1e-2)


def test_all_is_done_on_the_device_of_the_images() -> None:
    """On ``meta``, as on an accelerator, operations refuse tensors of another device."""
    images = IMAGES.to("meta")
    assert hf.warp(images, rotation=5.0, shift=(torch.ones(3), 1.0)).device.type == "meta"
    assert hf.warp(images, displacement=torch.zeros(3, 9, 13, 2)).device.type == "meta"
    assert hf.distort(images, hf.Distortion(rotation=5, elastic=1)).device.type == "meta"
    kinds = {resample(images, random_affine(n, 0)).dtype for n in (1, 3)}
    assert kinds == {torch.float32}, "not every device has doubles"


def test_gradients_reach_the_images() -> None:
    images = IMAGES.clone().requires_grad_()
    hf.warp(images, rotation=10.0).sum().backward()
    assert float(images.grad.abs().sum()) > 0


def test_elastic_displacements_are_the_same_at_every_place() -> None:
    draw = torch.Generator().manual_seed(0)
    field = elastic_field(torch.zeros(3000, 1, 10, 12), deviation=1.5, smoothness=3.0, generator=draw)
    assert field.std(0).numpy() == pytest.approx(1.5, rel=0.06)


def test_whole_shifts_of_each_image_change_no_value() -> None:
    down, right = torch.tensor([0, 3, -20]), torch.tensor([-2, 0, 1])
    moved = shift_each(IMAGES, down, right)
    for n in range(3):
        padded = np.pad(IMAGES[n].numpy(), ((0, 0), (20, 20), (20, 20)))
        top, left = 20 - int(down[n]), 20 - int(right[n])
        assert np.array_equal(moved[n], padded[:, top : top + 9, left : left + 13])


@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_a_transformed_image_does_not_depend_on_its_place_in_a_batch(name: str) -> None:
    change, _, amounts = TRANSFORMATIONS[name]
    images = torch.rand(40, 1, 12, 12, generator=torch.Generator().manual_seed(0))
    whole = change(images, amounts[-1], 0)
    for batch in (1, 7, 64):
        parts = [change(images[first : first + batch], amounts[-1], first) for first in range(0, 40, batch)]
        assert torch.equal(torch.cat(parts), whole)


def test_invariance_does_not_depend_on_the_batch_size() -> None:
    h, images = hf.load("lenet5-digits"), hf.digits(split="test")[0][:32]
    options = {"transformations": {"noise": [0.2], "shift": [2]}, "layers": "pool"}
    tables = [hf.transformation_invariance(h, images, **options, batch_size=size).table for size in (1, 7, 64)]
    for table in tables[1:]:
        assert table["invariance"].to_numpy() == pytest.approx(tables[0]["invariance"].to_numpy(), abs=1e-5)
