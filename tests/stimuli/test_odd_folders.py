"""Folders as disks hold them: links, pipes, odd names, damaged bytes."""

import io
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import hierfeat as hf
from hierfeat.errors import HierfeatError

FORMATS = {"jpg": "JPEG", "png": "PNG", "gif": "GIF", "webp": "WEBP", "bmp": "BMP", "tif": "TIFF", "ppm": "PPM"}


def picture(path: Path, value: int = 100, **options: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((20, 20, 3), value, dtype=np.uint8)).save(path, **options)


def read(root: Path) -> tuple[list[int], tuple[str, ...]]:
    images, labels = hf.image_folder(root, size=8)
    assert len(images) == len(labels)
    return labels.tolist(), hf.folder_classes(root)


def test_links_to_folders_are_followed(tmp_path: Path) -> None:
    """A class that lies elsewhere, and a part of one."""
    picture(tmp_path / "disk" / "2.png")
    picture(tmp_path / "root" / "a" / "1.png")
    (tmp_path / "root" / "a" / "more").symlink_to(tmp_path / "disk", target_is_directory=True)
    (tmp_path / "root" / "b").symlink_to(tmp_path / "disk", target_is_directory=True)
    assert read(tmp_path / "root") == ([0, 0, 1], ("a", "b"))


@pytest.mark.parametrize("where", ["", "a", "a/deep"])
@pytest.mark.parametrize("target", [".", "..", "/"])
def test_links_back_are_not_followed(tmp_path: Path, where: str, target: str) -> None:
    for name in ("a/1.png", "a/deep/2.png", "b/3.png"):
        picture(tmp_path / "root" / name)
    (tmp_path / "root" / where / "back").symlink_to(target, target_is_directory=True)
    assert read(tmp_path / "root") == ([0, 0, 1], ("a", "b"))


@pytest.mark.parametrize("folder", ["", "a"])
@pytest.mark.parametrize("kind", ["broken link", "link to itself", "pipe"])
def test_what_can_not_be_read_is_named_wherever_it_lies(tmp_path: Path, folder: str, kind: str) -> None:
    """A broken link beside loose images was left out without a word, and a pipe waited for for ever."""
    picture(tmp_path / folder / "1.png")
    odd = tmp_path / folder / "odd.png"
    if kind == "pipe":
        os.mkfifo(odd)
    else:
        odd.symlink_to("odd.png" if "itself" in kind else "/nowhere/odd.png")
    with pytest.raises(HierfeatError, match=r"odd\.png"):
        hf.image_folder(tmp_path)


def test_names_of_any_alphabet_and_any_case(tmp_path: Path) -> None:
    names = ("\u00e9 \u00e8.png", "\u65e5\u672c.PNG", "a b(1).JpG", "-dash.jfif", "x" * 200 + ".Tiff", "two\nlines.jpe")
    for name in names:
        picture(tmp_path / "klasse \u00fc" / name, format="PNG")
    picture(tmp_path / "B" / "1.png")
    assert read(tmp_path) == ([0] + [1] * len(names), ("B", "klasse \u00fc"))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have names in Unicode only")
def test_names_that_are_no_text(tmp_path: Path) -> None:
    picture(tmp_path / "a" / "1.png")
    (tmp_path / "a" / "1.png").rename(Path(os.fsdecode(bytes(tmp_path / "a") + b"/\xe9.png")))
    assert read(tmp_path) == ([0], ("a",))


def test_a_see_through_level_of_sixteen_bits(tmp_path: Path) -> None:
    levels = np.linspace(1000, 65535, 400).astype(np.uint16).reshape(20, 20)
    levels[:5] = 7
    Image.fromarray(levels).save(tmp_path / "a.png", transparency=7)
    images, _ = hf.image_folder(tmp_path, size=20, ground=0.5, grey=True)
    expected = torch.from_numpy(levels.astype(np.float32) / 65535)
    expected[:5] = 0.5
    torch.testing.assert_close(images[0, 0], expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("suffix", FORMATS)
def test_damaged_bytes_are_read_or_named(tmp_path: Path, suffix: str) -> None:
    roll, stored = np.random.default_rng(0), io.BytesIO()
    Image.fromarray(roll.integers(0, 255, (40, 60, 3), dtype=np.uint8)).save(stored, FORMATS[suffix])
    whole = stored.getvalue()
    for round_ in range(25):
        damaged = bytearray(whole)
        for place in roll.integers(0, min(len(whole), 200 if round_ % 2 else len(whole)), 3):
            damaged[place] = roll.integers(0, 256)
        (tmp_path / f"b.{suffix}").write_bytes(damaged)
        try:
            images, _ = hf.image_folder(tmp_path, size=16)
        except HierfeatError as error:
            assert f"b.{suffix}" in str(error)  # noqa: PT017
        else:
            assert images.isfinite().all()
