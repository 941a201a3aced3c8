"""The data sets: shapes, ranges, splits that do not overlap, and what is said when files are missing."""

import inspect
from pathlib import Path

import pytest
import torch
from sklearn.datasets import load_digits

import hierfeat as hf
from hierfeat.errors import HierfeatError
from hierfeat.stimuli import datasets, fetching

SIZES = {
    "digits": (1294, 143, 360, (1, 32, 32)),
    "mnist": (54_000, 6_000, 10_000, (1, 28, 28)),
    "fashion_mnist": (54_000, 6_000, 10_000, (1, 28, 28)),
    "cifar10": (45_000, 5_000, 10_000, (3, 32, 32)),
}


def present(name: str, split: str, **options: int) -> tuple[torch.Tensor, torch.Tensor]:
    try:
        return datasets.LOADERS[name](split, **options)
    except HierfeatError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("name", SIZES)
def test_splits_have_their_sizes_and_range(name: str) -> None:
    train, validation, test, shape = SIZES[name]
    for split, count in (("validation", validation), ("test", test)):
        images, labels = present(name, split)
        assert images.shape == (count, *shape)
        assert images.dtype == torch.float32
        assert labels.dtype == torch.int64
        assert 0 <= float(images.min()) < 0.01
        assert float(images.max()) == 1
        assert set(labels.tolist()) == set(range(10))
    assert len(present(name, "train")[1]) == train


def test_digits_parts_are_all_of_scikit_learns_digits_once() -> None:
    """Averaging 4x4 blocks undoes no interpolation, so compare sums of labels and a nearest-corner pixel instead."""
    parts = [datasets.digits(split, size=8) for split in ("train", "validation", "test")]
    found = torch.cat([images for images, _ in parts]).flatten(1).numpy() * 16
    labels = torch.cat([labels for _, labels in parts]).numpy()
    raw = load_digits()
    here = {(*row.round().astype(int), label) for row, label in zip(found, labels, strict=True)}
    assert len(found) == 1797
    assert here == {(*row.astype(int), label) for row, label in zip(raw.data, raw.target, strict=True)}


def test_train_and_validation_make_up_the_training_part() -> None:
    whole, labels = present("mnist", "train+validation")
    train, validation = present("mnist", "train"), present("mnist", "validation")
    assert torch.equal(torch.cat([train[0], validation[0]]), whole)
    assert torch.equal(torch.cat([train[1], validation[1]]), labels)


def test_mnist_is_centred_on_a_larger_ground() -> None:
    small, large = present("mnist", "test")[0], present("mnist", "test", size=32)[0]
    assert large.shape[-2:] == (32, 32)
    assert torch.equal(large[:, :, 2:30, 2:30], small)
    assert float(large.sum(dtype=torch.float64)) == pytest.approx(float(small.sum(dtype=torch.float64)))
    with pytest.raises(HierfeatError, match=r"size >= 28"):
        datasets.mnist(size=20)
    with pytest.raises(HierfeatError, match="size as an int from 1 to 512, got 0"):
        datasets.digits(size=0)


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10"])
def test_missing_files_are_named_with_the_command_that_gets_them(name: str, tmp_path: Path) -> None:
    with pytest.raises(HierfeatError, match=f"hierfeat data fetch {name}") as error:
        datasets.LOADERS[name](root=tmp_path)
    assert str(tmp_path) in str(error.value)


def test_data_root_prefers_argument_then_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIERFEAT_DATA", "/there")
    assert datasets.data_root(tmp_path) == tmp_path
    assert datasets.data_root() == Path("/there")
    monkeypatch.delenv("HIERFEAT_DATA")
    assert datasets.data_root() == Path.home() / ".cache" / "hierfeat" / "data"


@pytest.mark.parametrize("name", SIZES)
def test_unknown_split(name: str) -> None:
    with pytest.raises(HierfeatError, match=r"expected split as one of 'train', .*got 'tset'"):
        datasets.LOADERS[name]("tset")


def test_fetch_refuses_unknown_names_and_brings_digits_without_a_download(tmp_path: Path) -> None:
    with pytest.raises(HierfeatError, match="got 'imagenet'"):
        fetching.fetch("imagenet", tmp_path)
    assert fetching.fetch("digits", tmp_path) == tmp_path


def test_fetch_downloads_both_parts_to_where_the_loader_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Path, bool, bool]] = []

    def downloader(root: Path, *, train: bool, download: bool) -> None:
        assert root.is_dir()
        asked.append((root, train, download))

    monkeypatch.setattr("hierfeat._torchvision.datasets.CIFAR10", downloader)
    monkeypatch.setenv("HIERFEAT_DATA", str(tmp_path / "new" / "data"))
    folder = fetching.fetch("cifar10")
    assert folder == datasets.data_root() == tmp_path / "new" / "data"
    assert asked == [(folder, True, True), (folder, False, True)]


@pytest.mark.parametrize("error", [OSError("no route to host"), RuntimeError("file not found or corrupted")])
def test_a_download_that_fails_says_so(error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def downloader(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("hierfeat._torchvision.datasets.MNIST", downloader)
    with pytest.raises(HierfeatError, match=f"could not download mnist into .*{error}"):
        fetching.fetch("mnist", tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(HierfeatError, match="could not download mnist into .*file"):
        fetching.fetch("mnist", tmp_path / "file" / "data")


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize(
    ("argument", "bad"),
    [("split", 3), ("split", None), ("split", ["test"]), ("root", 3), ("root", ["a"])]
    + [("size", bad) for bad in (0, -1, 2.5, "32", None, (32, 32), True, 10**9)],
)
def test_bad_arguments_are_refused_before_anything_is_read(name: str, argument: str, bad: object) -> None:
    if argument in inspect.signature(datasets.LOADERS[name]).parameters:
        with pytest.raises(HierfeatError, match=f"expected {argument}"):
            datasets.LOADERS[name](**{argument: bad})


def test_images_of_another_size_are_told_what_size_to_take() -> None:
    h = hf.load("lenet5-mnist")
    with pytest.raises(HierfeatError, match=r"got \(2, 1, 28, 28\); hierfeat's data sets take size=32"):
        hf.record(h, torch.zeros(2, 1, 28, 28))
    with pytest.raises(HierfeatError, match=r"got \(2, 3, 32, 32\)$"):
        hf.record(h, torch.zeros(2, 3, 32, 32))
