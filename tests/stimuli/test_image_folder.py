"""A folder of images: its labels, its crops, and what is said when it holds none."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import hierfeat as hf
from hierfeat.errors import HierfeatError


def _picture(path: Path, height: int, width: int, value: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((height, width, 3), value, dtype=np.uint8)).save(path)


def test_image_folder_labels_by_subfolder_and_crops_to_a_square(tmp_path: Path) -> None:
    _picture(tmp_path / "b" / "one.png", 30, 60, 255)
    _picture(tmp_path / "a" / "two.png", 50, 20, 51)
    (tmp_path / "a" / "notes.txt").write_text("no image")
    images, labels = hf.image_folder(tmp_path, size=16)
    assert images.shape == (2, 3, 16, 16)
    assert labels.tolist() == [0, 1]
    torch.testing.assert_close(images.mean((1, 2, 3)), torch.tensor([0.2, 1.0]))


def test_image_folder_without_classes(tmp_path: Path) -> None:
    for index in range(3):
        _picture(tmp_path / f"{index}.png", 20, 20, 0)
    images, labels = hf.image_folder(tmp_path, size=8, limit=2)
    assert images.shape == (2, 3, 8, 8)
    assert labels.tolist() == [-1, -1]


def test_image_folder_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(HierfeatError, match="is no folder"):
        hf.image_folder(tmp_path / "nowhere")
    with pytest.raises(HierfeatError, match="expected images"):
        hf.image_folder(tmp_path)
    (tmp_path / "broken.png").write_bytes(b"not a picture")
    with pytest.raises(HierfeatError, match=r"broken\.png"):
        hf.image_folder(tmp_path)
    _picture(tmp_path / "broken.png", 99, 99, 7)
    whole = (tmp_path / "broken.png").read_bytes()
    (tmp_path / "broken.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(HierfeatError, match=r"broken\.png.*truncated"):
        hf.image_folder(tmp_path)
    with pytest.raises(HierfeatError, match="at least 1; got 0"):
        hf.image_folder(tmp_path, size=0)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits_a_pixel_keep_their_values(tmp_path: Path, suffix: str) -> None:
    values = np.arange(64, dtype=np.uint16).reshape(8, 8) * 1040
    Image.fromarray(values).save(tmp_path / f"deep.{suffix}")
    images, _ = hf.image_folder(tmp_path, size=8)
    torch.testing.assert_close(images[0], torch.from_numpy(values / 65535).float().expand(3, 8, 8))


def test_pixels_of_unknown_range_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.ones((8, 8), dtype=np.float32)).save(tmp_path / "float.tif")
    with pytest.raises(HierfeatError, match="got 32, whose range is unknown"):
        hf.image_folder(tmp_path)
