"""Images one at a time: the same as those that are read at once, from every kind of source, and only when asked for."""

import importlib.util
import io
import subprocess
import sys
import tarfile

import numpy as np
import pytest
import torch
from PIL import Image

import hierfeat as hf
from hierfeat.stimuli import image_dataset as module

LIBRARY = importlib.util.find_spec("datasets")


def picture(number: int, size=(40, 30), mode="RGB") -> Image.Image:
    values = np.random.default_rng(number).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(values).convert(mode)


def png(image: Image.Image) -> bytes:
    content = io.BytesIO()
    image.save(content, "png")
    return content.getvalue()


@pytest.fixture
def folder(tmp_path):
    """Two classes of three pictures of unlike sizes, one of them transparent, one grey."""
    for number in range(6):
        place = tmp_path / "photos" / ("cats" if number < 3 else "dogs") / f"{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        size = (20 + 5 * number, 40 - 3 * number)
        picture(number, size, {1: "RGBA", 4: "L"}.get(number, "RGB")).save(place)
    return tmp_path / "photos"


@pytest.mark.parametrize(("size", "grey"), [(16, False), ((24, 12), True)])
def test_a_folder_gives_what_image_folder_gives(folder, size, grey):
    images, labels = hf.image_folder(folder, size=size, grey=grey)
    found = hf.image_dataset(folder, size=size, grey=grey)
    assert len(found) == 6
    for index in range(6):
        image, label = found[index]
        assert torch.equal(image, images[index])
        assert label == labels[index]
        assert found.path(index).endswith(f"{index}.png")


def test_nothing_is_read_before_it_is_asked_for(folder, monkeypatch):
    asked = []
    read = module.read
    monkeypatch.setattr(module, "read", lambda path, *more: asked.append(path.name) or read(path, *more))
    found = hf.image_dataset(folder, size=16)
    assert asked == []
    assert len(found[4]) == 2
    assert asked == ["4.png"]


def test_what_cannot_be_read_is_named_and_a_sweep_leaves_it_out(folder):
    broken = folder / "cats" / "1.png"
    broken.write_bytes(broken.read_bytes()[:100])
    found = hf.image_dataset(folder, size=16)
    with pytest.raises(hf.HierfeatError, match=r"cats.1.png"):
        found[1]
    h = hf.Hierarchy(torch.nn.Sequential(torch.nn.Conv2d(3, 2, 3), torch.nn.ReLU()), (3, 16, 16))
    for workers in (0, 2):
        with pytest.warns(UserWarning, match="1 images could not be read"):
            swept = hf.sweep(h, found, [hf.Moments()], batch_size=2, workers=workers, progress=False)
        assert [skipped.path for skipped in swept.skipped] == [str(broken)]
        assert swept[0]["n"].max() == 5 * 14 * 14
    for path in folder.rglob("*.png"):
        path.write_bytes(b"nothing")
    with pytest.raises(hf.HierfeatError, match=r"none of 6 could be read, the first, .*0.png"):
        hf.sweep(h, found, [hf.Moments()], progress=False)


class Pairs:
    def __init__(self, items):
        self._items = items

    def __len__(self):
        return len(self._items)

    def __getitem__(self, index):
        return self._items[index]


@pytest.mark.parametrize(
    "form",
    [
        lambda image: image,
        lambda image: (image, 4),
        lambda image: {"img": image, "label": 4},
        lambda image: (np.asarray(image), torch.tensor(4)),
        lambda image: (torch.from_numpy(np.array(image)).permute(2, 0, 1), 4),
        lambda image: (torch.from_numpy(np.array(image)).permute(2, 0, 1) / 255, 4, "more"),
        lambda image: {".PNG": png(image), "cls": 4},
        lambda image: (image, {"boxes": []}),
    ],
)
def test_items_of_any_usual_form(folder, form):
    expected, _ = hf.image_folder(folder, size=16)
    image = Image.open(folder / "cats" / "0.png")
    found, label = hf.image_dataset(Pairs([form(image)]), size=16)[0]
    assert torch.equal(found, expected[0])
    assert label in (4, -1)


def test_shards_give_what_the_folder_gives(folder, tmp_path):
    for shard in (0, 1):
        with tarfile.open(tmp_path / f"shard-{shard:03d}.tar", "w") as archive:
            for number in range(3 * shard, 3 * shard + 3):
                content = (folder / ("cats" if number < 3 else "dogs") / f"{number}.png").read_bytes()
                for suffix, piece in (("png", content), ("cls", str(number // 3).encode()), ("json", b"{}")):
                    member = tarfile.TarInfo(f"some/{number:04d}.{suffix}")
                    member.size = len(piece)
                    archive.addfile(member, io.BytesIO(piece))
    images, labels = hf.image_folder(folder, size=16)
    for pattern in ("shard-*.tar", "shard-{000..001}.tar"):
        found = hf.image_dataset(f"wds:{tmp_path / pattern}", size=16)
        assert torch.equal(torch.stack([found[index][0] for index in range(6)]), images)
        assert [found[index][1] for index in range(6)] == labels.tolist()
        assert found.path(4) == f"{tmp_path / 'shard-001.tar'}/some/0004"
    with pytest.raises(hf.HierfeatError, match="there is no file"):
        hf.image_dataset(f"wds:{tmp_path / 'none-{000..001}.tar'}")


def test_sets_of_torchvision_are_opened_where_they_lie(tmp_path):
    found = hf.image_dataset("torchvision:FakeData", size=16)
    assert tuple(found[0][0].shape) == (3, 16, 16)
    with pytest.raises(hf.HierfeatError, match="cannot open torchvision's CIFAR100"):
        hf.image_dataset("torchvision:CIFAR100", root=tmp_path)


@pytest.mark.skipif(LIBRARY is not None, reason="datasets is installed")
def test_a_library_that_is_not_there_is_named():
    with pytest.raises(hf.HierfeatError, match="pip install datasets"):
        hf.image_dataset("hf:mnist")


@pytest.mark.skipif(LIBRARY is None, reason="datasets is not installed")
@pytest.mark.filterwarnings("default")
def test_a_set_of_hugging_faces(folder, tmp_path):
    import datasets

    table = {"image": [str(folder / "cats" / "0.png"), str(folder / "dogs" / "5.png")], "label": [0, 1]}
    made = datasets.Dataset.from_dict(table).cast_column("image", datasets.Image())
    made.save_to_disk(tmp_path / "saved")
    images, _ = hf.image_folder(folder, size=16)
    for source in (made, f"hf:{tmp_path / 'saved'}"):
        found = hf.image_dataset(source, size=16)
        assert torch.equal(found[1][0], images[5])
        assert found[1][1] == 1


@pytest.mark.parametrize(
    ("source", "says"),
    [("no/such/folder", "is none of these"), ("torchvision:Nothing", "among"), (iter([]), "got list_iterator")],
)
def test_what_is_no_source_is_refused(source, says):
    with pytest.raises(hf.HierfeatError, match=says):
        hf.image_dataset(source)


COSTLY = """
import resource, sys, hierfeat as hf
from PIL import Image
folder = sys.argv[1]
Image.new("1", (10_000, 1)).save(f"{folder}/strip.png")
Image.new("1", (1, 10_000)).save(f"{folder}/pole.png")
Image.new("1", (9_000, 9_000)).save(f"{folder}/white.png")
Image.new("1", (12_000, 12_000)).save(f"{folder}/huge.png")
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
found, refused, before = hf.image_dataset(folder, size=224), [], peak()
for index in range(4):
    try:
        assert found[index][0].shape == (3, 224, 224)
    except hf.HierfeatError as error:
        refused.append(str(error))
print(len(refused), "huge.png" in refused[0], peak() - before)
"""


@pytest.mark.slow
def test_no_picture_costs_gigabytes(tmp_path):
    """Files of some kilobytes: strips of 10,000 x 1, 81 million pixels, and 144 million, which are refused by name."""
    command = [sys.executable, "-c", COSTLY, str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert said.returncode == 0, said.stderr[-2000:]
    refused, by_name, grown = said.stdout.split()
    print(f"memory grown by {float(grown):.0f} MB")
    assert (refused, by_name) == ("1", "True")
    assert float(grown) < 1000
