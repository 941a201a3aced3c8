"""Images as people have them: every analysis gives the same table for every kind of data."""

import inspect
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

import hierfeat as hf
from hierfeat.subjects import _sources
from hierfeat.subjects.own_data import collected, drawn_places, in_batches

COUNT, SIZE = 24, 12
PIXELS = torch.randint(0, 256, (COUNT, 1, SIZE, SIZE), generator=torch.Generator().manual_seed(3))
IMAGES = PIXELS.float() / 255  # what a picture can hold
LABELS = torch.arange(COUNT) % 3


class Pairs(Dataset):
    """Images and labels one by one, as torchvision's data sets give them."""

    def __init__(self, pictures: bool = False) -> None:
        self.pictures, self.asked = pictures, []

    def __len__(self) -> int:
        return COUNT

    def __getitem__(self, index: int):
        self.asked.append(int(index))
        image = Image.fromarray(PIXELS[index, 0].byte().numpy()) if self.pictures else IMAGES[index]
        return image, int(LABELS[index])


class Stream(IterableDataset):
    def __iter__(self):
        return zip(IMAGES, LABELS, strict=True)


PAIRS = {  # with labels
    "images and labels": lambda: (IMAGES, LABELS),
    "data set": Pairs,
    "data set of pictures": lambda: Pairs(pictures=True),
    "tensor data set": lambda: TensorDataset(IMAGES, LABELS),
    "stream": Stream,
    "loader": lambda: DataLoader(Pairs(), batch_size=7),
    "loader of a stream": lambda: DataLoader(Stream(), batch_size=5),
    "list of pairs": lambda: list(zip(IMAGES, LABELS.tolist(), strict=True)),
    "list of batches": lambda: [(IMAGES[:10], LABELS[:10]), (IMAGES[10:], LABELS[10:])],
    "generator": lambda: ((IMAGES[k : k + 6], LABELS[k : k + 6]) for k in range(0, COUNT, 6)),
}
BARE = {
    "array": lambda: IMAGES.numpy(),
    "list of tensors": lambda: list(IMAGES),
    "list of arrays": lambda: list(IMAGES.numpy()),
    "list of pictures": lambda: [Image.fromarray(p[0].byte().numpy()) for p in PIXELS],
    "stimulus set": lambda: hf.StimulusSet.of(IMAGES),
    "loader without labels": lambda: DataLoader(TensorDataset(IMAGES), batch_size=7),
}
ELSEWHERE = {"atlas", "untrained"}
ARGUMENTS = {
    "layer": "conv", "channel": 0, "channels": [0, 1], "unit": 0, "measures": [hf.Moments()], "max_images": 10,
    "max_shift": 1, "permutations": 5, "draws": 1, "rank": 2, "ways": 3, "test_share": 0.5,
    "moved_images": 4, "gradient_images": 2, "group": 8, "steps": 4, "progress": False, "firing": 0.1, "max_iter": 50,
}  # fmt: skip


def network() -> hf.Hierarchy:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(100, 3))
    names = nn.Sequential()
    for name, module in zip(("conv", "relu", "pool", "flat", "head"), net, strict=True):
        names.add_module(name, module)
    return hf.Hierarchy(names, (1, SIZE, SIZE), mean=[0.5], std=[0.5], name="small")


def analyses() -> list[str]:
    """All public functions of a hierarchy that are shown the user's images."""
    functions = {name: getattr(hf, name) for name in hf.__all__ if name[0].islower() and name not in ELSEWHERE}
    return [n for n, f in functions.items() if callable(f) and {"h", "images"} <= set(inspect.signature(f).parameters)]


def measured(name: str, images: object, *, labels: object = None) -> pd.DataFrame | dict:
    parameters = inspect.signature(getattr(hf, name)).parameters
    given = {key: value for key, value in ARGUMENTS.items() if key in parameters}
    if name == "sweep":
        given["measures"] = [hf.Moments()]
    if name == "profile":
        given["max_images"] = None
    if labels is not None and "labels" in parameters:
        given["labels"] = labels
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = getattr(hf, name)(network(), images=images, **given)
    return found if isinstance(found, dict) else found.table


@pytest.fixture(scope="module")
def expected():
    return {name: measured(name, IMAGES, labels=LABELS) for name in analyses()}


def same(found, wanted) -> None:
    if isinstance(wanted, dict):
        assert list(found) == list(wanted)
        for key in wanted:
            torch.testing.assert_close(found[key], wanted[key])
        return
    pd.testing.assert_frame_equal(found, wanted, rtol=1e-6)


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("name", analyses())
def test_every_analysis_takes_every_kind_of_labelled_data(name, kind, expected):
    same(measured(name, PAIRS[kind]()), expected[name])


@pytest.mark.parametrize("kind", BARE)
@pytest.mark.parametrize("name", analyses())
def test_every_analysis_takes_every_kind_of_images(name, kind, expected):
    same(measured(name, BARE[kind](), labels=LABELS.tolist()), expected[name])


@pytest.mark.parametrize("kind", PAIRS)
def test_probes_take_every_kind_of_labelled_data(kind):
    h = network()
    wanted = hf.layer_probes(h, (IMAGES, LABELS), (IMAGES, LABELS), max_iter=50).table
    same(hf.layer_probes(h, PAIRS[kind](), PAIRS[kind](), max_iter=50).table, wanted)


@pytest.mark.parametrize("kind", PAIRS | BARE)
def test_a_network_is_called_with_every_kind(kind):
    torch.testing.assert_close(network()((PAIRS | BARE)[kind]()), network()(IMAGES))


def test_only_what_is_drawn_is_loaded():
    for made in (lambda data: data, lambda data: DataLoader(data, batch_size=4)):
        data = Pairs()
        found = collected(made(data), max_images=5, seed=1)
        assert sorted(set(data.asked)) == found.chosen.tolist() == drawn_places(COUNT, 5, 1).tolist()
        assert torch.equal(found.images, IMAGES[found.chosen])
        assert torch.equal(found.labels, LABELS[found.chosen])


def test_a_shuffling_loader_gives_all_images_in_its_own_order():
    loader = DataLoader(Pairs(), batch_size=5, shuffle=True, generator=torch.Generator().manual_seed(0))
    found = collected(loader)
    order = [int((image == IMAGES).flatten(1).all(1).nonzero()[0, 0]) for image in found.images]
    assert sorted(order) == list(range(COUNT))
    assert order != sorted(order)
    assert torch.equal(found.labels, LABELS[order])


def test_a_last_batch_that_is_dropped_is_not_there():
    loader = DataLoader(Pairs(), batch_size=7, drop_last=True)
    assert len(collected(loader).images) == 21
    assert drawn_places(21, 5, 0).tolist() == collected(loader, max_images=5).chosen.tolist()


def test_more_than_memory_holds_is_refused_with_its_size_before_it_is_loaded(monkeypatch):
    monkeypatch.setattr(_sources, "memory", lambda: 5 * SIZE * SIZE * 4)
    data = Pairs()
    with pytest.raises(hf.HierfeatError, match=r"got 24 of 1 x 12 x 12: .*max_images="):
        collected(data)
    assert data.asked == [0]
    with pytest.raises(hf.HierfeatError, match=r"got more than 6 of 1 x 12 x 12"):
        collected(iter([IMAGES[:6], IMAGES[6:]]))
    assert len(collected(data, max_images=4).images) == 4
    assert sum(len(images) for images, _ in in_batches(Pairs(), size=4)) == COUNT  # one batch at a time


@pytest.mark.parametrize("name", [n for n in analyses() if "labels" in inspect.signature(getattr(hf, n)).parameters])
def test_labels_that_are_needed_and_not_given_are_asked_for(name):
    if name == "shift_consistency":  # can do without
        assert measured(name, IMAGES)["accuracy"].isna().all()
        return
    with pytest.raises(hf.HierfeatError, match="expected labels, one for each image, got none"):
        measured(name, IMAGES)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ([IMAGES[0], IMAGES[0, :, :5]], "of one shape"),
        ([], "at least one image"),
        (DataLoader(TensorDataset(IMAGES[:0]), batch_size=2), "at least one image"),
        (iter(()), "at least one image"),
        (PIXELS.byte(), "divide by 255"),
        ([PIXELS[0].byte()], "divide by 255"),
        ("folder", "Dataset or a DataLoader, got str 'folder'"),
        (3, "got int"),
        ([{"image": IMAGES[0]}], "list of dict"),
        (iter([{"image": IMAGES[0]}]), "got dict"),
        (np.array(["a"]), "got ndarray"),
    ],
)
def test_what_holds_no_images_is_refused(data, says):
    with pytest.raises(hf.HierfeatError, match=says):
        hf.record(network(), data)


@pytest.mark.parametrize("kind", [">f4", ">f8", "longdouble"])
def test_arrays_as_files_have_them_are_taken_in_the_machine_s_own_numbers(kind):
    """FITS, IDX and HDF5 files are big-endian, as a rule."""
    images, labels = IMAGES.numpy().astype(kind), LABELS.numpy().astype(">i4")
    h, expected = network(), hf.record(network(), IMAGES)["conv"]
    for given in (images, [*images], [(images, labels)]):
        assert torch.allclose(hf.record(h, given)["conv"], expected)
        assert len(hf.sweep(h, given, [hf.Moments()]).table)
    assert len(hf.sweep(h, iter([(images, labels)]), [hf.Moments()]).table)
    for single in ([*zip(images, labels, strict=True)], [*zip(images, labels, "x" * COUNT, strict=True)]):
        assert hf.evaluate(h, single).accuracy == hf.evaluate(h, IMAGES, LABELS).accuracy
    assert hf.evaluate(h, images, labels).accuracy == hf.evaluate(h, IMAGES, LABELS).accuracy


def test_masked_images_are_refused_and_unmasked_ones_taken():
    values = IMAGES.numpy()
    assert torch.equal(collected(np.ma.masked_array(values), "images").images, IMAGES)
    with pytest.raises(hf.HierfeatError, match=r"without masked values.*filled"):
        collected(np.ma.masked_array(values, mask=values > values.mean()), "images")


@pytest.mark.parametrize(
    "data", [IMAGES.to_sparse(), torch.nested.nested_tensor([*IMAGES], layout=torch.jagged)], ids=["sparse", "nested"]
)
@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: [x], lambda x: iter([x])], ids=["itself", "list", "generator"])
def test_tensors_that_are_not_dense_are_refused(data, wrap):
    for ask in (lambda x: hf.record(network(), x), lambda x: hf.sweep(network(), x, [hf.Moments()])):
        with pytest.raises(hf.HierfeatError, match="as a dense tensor"):
            ask(wrap(data))


def test_labels_that_are_not_known_are_not_advised_into_numbers():
    with pytest.raises(hf.HierfeatError, match=r"use labels\.nan_to_num\(nan=-1\)\.long\(\)"):
        hf.evaluate(network(), IMAGES, torch.where(LABELS == 0, torch.nan, LABELS.double()))


def test_batches_that_are_no_images_are_refused_by_a_sweep():
    for batches in (iter([{"image": IMAGES}]), [{"image": IMAGES}], iter([("a", LABELS)])):
        with pytest.raises(hf.HierfeatError, match="expected images as a tensor"):
            hf.sweep(network(), batches, [hf.Moments()])


def test_of_more_images_than_can_be_shuffled_some_are_drawn():
    places = drawn_places(10**12, 5, 0)
    assert len(places.unique()) == 5
    assert places.tolist() == sorted(places.tolist()) == drawn_places(10**12, 5, 0).tolist()
    assert places.tolist() != drawn_places(10**12, 5, 1).tolist()


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        (["cat"] * COUNT, r"np.unique\(labels, return_inverse=True\)"),
        (np.array(["cat"] * COUNT), r"np.unique\("),
        (pd.Series(["cat"] * COUNT).astype("category"), r"np.unique\("),
        ([0] * (COUNT - 1) + [None], "-1 says that a class is not known"),
        ([[0, 1], [0]], "got list of list"),
        (LABELS.to_sparse(), "to_dense"),
    ],
)
def test_labels_that_are_no_numbers_are_answered_with_how_to_number_them(labels, says):
    with pytest.raises(hf.HierfeatError, match=says):
        hf.evaluate(network(), IMAGES, labels)


def test_floats_for_labels_are_no_classes():
    assert collected([(image, 0.5) for image in IMAGES]).labels is None


def test_pictures_become_grey_or_coloured_as_the_network_sees():
    rgb = Image.fromarray(np.random.default_rng(0).integers(0, 255, (4, 4, 3), dtype=np.uint8))
    assert collected([rgb], channels=1).images.shape == (1, 1, 4, 4)
    assert collected([rgb.convert("L")], channels=3).images.shape == (1, 3, 4, 4)
    assert torch.equal(
        collected([rgb], channels=3).images[0].mul(255).byte(), torch.tensor(np.array(rgb)).movedim(2, 0)
    )


@pytest.mark.parametrize(("given", "shown"), [({}, 64), ({"max_images": 7}, 7), ({"max_images": None}, 70)])
def test_max_images_of_none_means_all_of_them_also_where_that_is_not_the_default(given, shown):
    h = hf.Hierarchy(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()), (1, 8, 8))
    found = hf.additivity(h, torch.rand(70, 1, 8, 8), **given)
    assert found.provenance["parameters"]["images"] == shown
