"""Pictures as people have them: folders, labels, formats, orientations, sizes, and what is said of bad ones."""

import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
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
    images, labels = hf.image_folder(tmp_path, size=8, max_images=2)
    assert images.shape == (2, 3, 8, 8)
    assert labels.tolist() == [-1, -1]


def test_image_folder_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(HierfeatError, match="is not a folder"):
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
    with pytest.raises(HierfeatError, match="size as an int from 1 to 8192, got 0"):
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


def _colours(height: int = 20, width: int = 30) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def _classes(root: Path, **counts: int) -> None:
    for name, count in counts.items():
        (root / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            Image.fromarray(_colours()).save(root / name / f"{number}.png")


def _header_only(path: Path, width: int, height: int) -> None:
    """A valid one-bit PNG without anything to see, small on disk whatever its size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"\0" * ((width // 8 + 1) * height), 9)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))


def test_hidden_entries_are_no_classes_and_no_images(tmp_path: Path) -> None:
    _classes(tmp_path, cat=1, dog=1)
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / "cat" / ".ipynb_checkpoints").mkdir()
    Image.fromarray(_colours()).save(tmp_path / "cat" / ".ipynb_checkpoints" / "0-checkpoint.png")
    (tmp_path / "cat" / "._0.png").write_bytes(b"\0\5\x16\7\0\2\0\0Mac OS X        ")
    (tmp_path / ".DS_Store").write_bytes(b"")
    assert hf.image_folder(tmp_path, size=8)[1].tolist() == [0, 1]
    assert hf.folder_classes(tmp_path) == ("cat", "dog")


def test_sub_folders_without_images_do_not_count_as_classes_and_this_is_said(tmp_path: Path) -> None:
    _classes(tmp_path, cat=1, annotations=0, dog=1)
    (tmp_path / "annotations" / "boxes.txt").write_text("")
    with pytest.warns(UserWarning, match="without images, which do not count as classes: annotations"):
        labels = hf.image_folder(tmp_path, size=8)[1]
    assert labels.tolist() == [0, 1]
    assert hf.folder_classes(tmp_path) == ("cat", "dog")
    (tmp_path / "annotations" / "boxes.txt").unlink()
    (tmp_path / "annotations").rmdir()
    Image.fromarray(_colours()).save(tmp_path / "loose.png")
    with pytest.warns(UserWarning, match=r"left out: loose\.png"):
        assert len(hf.image_folder(tmp_path, size=8)[1]) == 2


def test_a_flat_folder_has_no_classes_whatever_empty_folders_lie_in_it(tmp_path: Path) -> None:
    Image.fromarray(_colours()).save(tmp_path / "0.png")
    (tmp_path / "more").mkdir()
    assert hf.image_folder(tmp_path, size=8)[1].tolist() == [-1]
    assert hf.folder_classes(tmp_path) == ()


def test_capital_letters_sort_as_in_torchvision(tmp_path: Path) -> None:
    _classes(tmp_path, b=1, A=1, Z=1, a=1)
    assert hf.folder_classes(tmp_path) == ("A", "Z", "a", "b")


@pytest.mark.parametrize(("limit", "expected"), [(2, [1, 1, 0]), (3, [1, 1, 1]), (7, [3, 3, 1]), (8, [4, 3, 1])])
def test_a_limit_is_shared_among_classes_by_a_seed(tmp_path: Path, limit: int, expected: list[int]) -> None:
    for name, count in (("a", 9), ("b", 9), ("c", 1)):
        for number in range(count):
            _picture(tmp_path / name / f"{number}.png", 8, 8, 10 * number + ord(name) - ord("a"))
    images, labels = hf.image_folder(tmp_path, size=8, max_images=limit, seed=1)
    assert labels.tolist() == sorted(labels.tolist())
    assert sorted(labels.bincount(minlength=3).tolist(), reverse=True) == sorted(expected, reverse=True)
    again, other = (hf.image_folder(tmp_path, size=8, max_images=limit, seed=seed)[0] for seed in (1, 2))
    assert torch.equal(images, again)
    assert not torch.equal(images, other)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_pictures_stand_upright(tmp_path: Path, orientation: int, suffix: str) -> None:
    """The tag says where row 0 and column 0 of the stored pixels belong (EXIF 2.3, table of Orientation)."""
    upright = np.kron(np.array([[250, 120, 60], [10, 180, 220]], dtype=np.uint8), np.ones((16, 16), np.uint8))
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: upright.T[::-1],
        7: upright[::-1, ::-1].T,
        8: upright.T[:, ::-1],
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = Image.fromarray(np.ascontiguousarray(stored))
    picture.save(tmp_path / f"a.{suffix}", exif=exif, **({"lossless": True} if suffix == "webp" else {}))
    images, _ = hf.image_folder(tmp_path, size=(32, 48), grey=True)
    assert (images[0, 0] - torch.from_numpy(upright) / 255).abs().max() < 0.03


def test_damaged_orientation_leaves_the_picture_as_it_is(tmp_path: Path) -> None:
    Image.fromarray(_colours()).save(tmp_path / "a.png", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x02\xff\xff")
    assert hf.image_folder(tmp_path, size=8)[0].shape == (1, 3, 8, 8)


@pytest.mark.parametrize("ground", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("mode", ["RGBA", "LA", "palette", "key", "grey key", "RGBA.webp"])
def test_transparent_places_show_the_ground(tmp_path: Path, mode: str, ground: float) -> None:
    alpha = np.full((8, 8), 255, dtype=np.uint8)
    alpha[:4] = 0 if "key" in mode or mode == "palette" else 51  # a fifth
    grey = np.where(alpha == 255, 102, 200).astype(np.uint8)
    rgb = np.repeat(grey[..., None], 3, 2)
    if mode.startswith("RGBA"):
        picture = Image.fromarray(np.dstack([rgb, alpha]))
    elif mode == "LA":
        picture = Image.fromarray(np.dstack([grey, alpha]))
    elif mode == "palette":
        picture = Image.fromarray((alpha == 255).astype(np.uint8), "P")
        picture.putpalette([200] * 3 + [102] * 3)
    else:
        picture = Image.fromarray(rgb if mode == "key" else grey)
    options = {"palette": {"transparency": 0}, "key": {"transparency": (200,) * 3}, "grey key": {"transparency": 200}}
    suffix = "webp" if "webp" in mode else "png"
    picture.save(tmp_path / f"a.{suffix}", **options.get(mode, {}), **({"lossless": True} if suffix == "webp" else {}))
    images, _ = hf.image_folder(tmp_path, size=8, ground=ground)
    share = float(alpha[0, 0]) / 255
    assert images[0, :, 6].numpy() == pytest.approx(0.4, abs=1e-6)
    assert images[0, :, 1].numpy() == pytest.approx(share * 200 / 255 + (1 - share) * ground, abs=1e-6)


def test_transparent_places_are_white_if_nothing_is_said(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert hf.image_folder(tmp_path, size=8)[0].min() == 1


@pytest.mark.parametrize("most", [65535, 4095, 1023])
def test_deep_pgm_reaches_white_where_its_header_says(tmp_path: Path, most: int) -> None:
    ramp = np.linspace(0, most, 64).round().astype(">u2").reshape(8, 8)
    (tmp_path / "a.pgm").write_bytes(b"P5\n8 8\n%d\n" % most + ramp.tobytes())
    images, _ = hf.image_folder(tmp_path, size=8, grey=True)
    torch.testing.assert_close(images[0, 0], torch.from_numpy(ramp.astype(np.float32) / most), atol=1e-4, rtol=0)


def test_deep_tiff_in_which_white_is_zero(tmp_path: Path) -> None:
    values = np.arange(64, dtype=np.uint16).reshape(8, 8) * 1040
    Image.fromarray(values).save(tmp_path / "a.tif", tiffinfo={262: 0})
    with Image.open(tmp_path / "a.tif") as picture:
        assert picture.tag_v2[262] == 0
    images, _ = hf.image_folder(tmp_path, size=8, grey=True)
    torch.testing.assert_close(images[0, 0], 1 - torch.from_numpy(values / 65535).float())


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr"])
@pytest.mark.parametrize("channels", [1, 3])
def test_modes_of_colour(tmp_path: Path, mode: str, channels: int) -> None:
    """A picture of one colour, which no conversion but the standard one would keep."""
    colour = np.array([255, 255, 255] if mode == "1" else [153] * 3 if mode == "L" else [204, 102, 51])
    picture = Image.fromarray(np.broadcast_to(colour.astype(np.uint8), (8, 8, 3)).copy()).convert(mode)
    picture.save(tmp_path / ("a.tif" if mode in ("CMYK", "YCbCr") else "a.png"))
    found = hf.image_folder(tmp_path, size=4, grey=channels == 1)[0][0, :, 2, 2]
    expected = colour / 255 if channels == 3 else [colour @ (0.299, 0.587, 0.114) / 255]
    assert found.numpy() == pytest.approx(np.asarray(expected), abs=0.012)


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "tif"])
def test_of_an_animation_the_first_frame_is_read_and_this_is_said(tmp_path: Path, suffix: str) -> None:
    first, second = (Image.new("RGB", (8, 8), (value,) * 3) for value in (255, 0))
    options = {"lossless": True} if suffix == "webp" else {}
    first.save(tmp_path / f"a.{suffix}", save_all=True, append_images=[second, first], **options)
    with pytest.warns(UserWarning, match=rf"first frame is read: a\.{suffix}") as caught:
        images, _ = hf.image_folder(tmp_path, size=8)
    assert caught[0].filename == __file__
    assert images.min() == 1


def test_the_second_picture_of_a_camera_is_not_worth_a_word(tmp_path: Path) -> None:
    both = [Image.new("RGB", (8, 8), (value,) * 3) for value in (255, 0)]
    both[0].save(tmp_path / "a.jpg", format="MPO", save_all=True, append_images=both[1:])
    assert hf.image_folder(tmp_path, size=8)[0].min() > 0.99


@pytest.mark.parametrize("sides", [(12_000, 12_000), (14_000, 14_000), (90_000, 1_000)])
def test_huge_pictures_are_refused_by_name_before_they_are_decoded(tmp_path: Path, sides: tuple[int, int]) -> None:
    _header_only(tmp_path / "panorama.png", *sides)
    with pytest.raises(HierfeatError, match=r"at most 89,478,485 pixels in .*panorama\.png.*shrink it first"):
        hf.image_folder(tmp_path, size=16)


def test_of_a_long_strip_the_middle_is_read(tmp_path: Path) -> None:
    strip = np.zeros((2, 20_001), dtype=np.uint8)
    strip[:, 9_990:10_011] = 255
    Image.fromarray(strip).save(tmp_path / "strip.png")
    images, _ = hf.image_folder(tmp_path, size=128, grey=True)
    assert images.shape == (1, 1, 128, 128)
    assert images.min() == 1


@pytest.mark.parametrize("size", [(24, 48), (48, 24), (7, 7), [30, 11]])
@pytest.mark.parametrize("shape", [(40, 60), (60, 40), (20, 90)])
def test_oblong_sizes_are_covered_and_cropped_evenly(tmp_path: Path, size: tuple[int, int], shape: tuple) -> None:
    pixels = _colours(*shape)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    images, _ = hf.image_folder(tmp_path, size=size)
    scale = max(size[0] / shape[0], size[1] / shape[1])
    whole = tuple(max(side, round(own * scale)) for side, own in zip(size, shape, strict=True))
    colour = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
    resized = F.interpolate(colour, size=whole, mode="bilinear", antialias=True)
    top, left = (whole[0] - size[0]) // 2, (whole[1] - size[1]) // 2
    expected = resized[..., top : top + size[0], left : left + size[1]]
    torch.testing.assert_close(images, expected.clamp(0, 1), atol=1e-5, rtol=0)
    grey, _ = hf.image_folder(tmp_path, size=size, grey=True)
    weights = torch.tensor([0.299, 0.587, 0.114])[None, :, None, None]
    torch.testing.assert_close(grey, (images * weights).sum(1, keepdim=True))


@pytest.mark.parametrize("content", [b"", b"not a picture", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"])
@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "tif", "webp", "bmp", "pgm"])
def test_what_is_no_picture_is_named(tmp_path: Path, suffix: str, content: bytes) -> None:
    _classes(tmp_path, cat=1)
    (tmp_path / "cat" / f"broken.{suffix}").write_bytes(content)
    with pytest.raises(HierfeatError, match=rf"expected an image in .*broken\.{suffix}"):
        hf.image_folder(tmp_path)


def test_a_picture_cut_anywhere_is_read_or_named(tmp_path: Path) -> None:
    for suffix in ("png", "jpg", "gif", "tif", "webp", "bmp"):
        path = tmp_path / f"cut.{suffix}"
        Image.fromarray(_colours()).save(path)
        whole = path.read_bytes()
        for end in range(1, len(whole), len(whole) // 15):
            path.write_bytes(whole[:end])
            try:
                assert hf.image_folder(tmp_path, size=4)[0].shape == (1, 3, 4, 4)
            except HierfeatError as error:
                assert path.name in str(error)  # noqa: PT017
        path.unlink()


def test_a_git_lfs_pointer_is_called_one(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 44789\n")
    with pytest.raises(HierfeatError, match=r"a\.png is a git-lfs pointer.*git lfs pull"):
        hf.image_folder(tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 2.5}, "size as an int from 1 to 8192, got 2.5"),
        ({"size": "8"}, "size as an int"),
        ({"size": 10**9}, "size as an int"),
        ({"size": (8, 8, 3)}, r"\(height, width\)"),
        ({"size": (8, 0)}, "width in size"),
        ({"max_images": 0}, "max_images as an int from 1"),
        ({"max_images": -3}, "max_images as an int from 1"),
        ({"grey": 2}, "grey as True or False"),
        ({"grey": "RGB"}, "grey as True or False"),
        ({"ground": 255}, "ground as a number from 0 to 1, got 255"),
        ({"seed": -1}, "seed as an int"),
    ],
)
def test_bad_options_are_refused(tmp_path: Path, options: dict, message: str) -> None:
    with pytest.raises(HierfeatError, match=message):
        hf.image_folder(tmp_path, **options)


@pytest.mark.parametrize("root", [None, 3, ["a"], torch.zeros(1)])
def test_a_root_is_a_path(root: object) -> None:
    for function in (hf.image_folder, hf.folder_classes):
        with pytest.raises(HierfeatError, match="expected root as the path of a folder"):
            function(root)


def test_pictures_of_other_kinds_are_named_not_passed_over(tmp_path: Path) -> None:
    """A telephone's HEIC among JPEGs: the number of images would be wrong in silence."""
    for name in ("a/1.png", "a/2.heic", "b/3.png", "4.AVIF"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"" if "png" not in name else b"P2 1 1 255 7")
    with pytest.warns(UserWarning, match=r"kinds that are not read.*: 2\.heic, 4\.AVIF"):
        _, labels = hf.image_folder(tmp_path, size=4)
    assert labels.tolist() == [0, 1]
    for name in ("a/1.png", "b/3.png"):
        (tmp_path / name).unlink()
    with pytest.raises(HierfeatError, match=r"there are 2\.heic, 4\.AVIF, to be saved anew"):
        hf.image_folder(tmp_path, size=4)


@pytest.mark.parametrize(
    ("places", "warns"),
    [
        (["train/cat", "train/dog", "val/cat", "val/dog"], True),
        (["cat/images", "dog/images"], False),  # as Tiny ImageNet's classes
        (["cat", "dog/old", "dog/new"], False),
        (["cat", "dog"], False),
    ],
)
def test_parts_of_a_data_set_taken_for_classes_are_told(tmp_path: Path, places: list[str], warns: bool) -> None:
    for place in places:
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "1.png").write_bytes(b"P2 1 1 255 7")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        _, labels = hf.image_folder(tmp_path, size=4)
    assert any("if these are the classes, give the folder that holds them" in str(one.message) for one in said) == warns
    assert len(labels.unique()) == 2
