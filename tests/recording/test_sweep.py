"""Sweeps: one answer in one process, in several, and after being killed."""

import weakref
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import torch.multiprocessing as mp
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import hierfeat as hf
from hierfeat.recording.measure import Batch, Measure


def net() -> hf.Hierarchy:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Conv2d(4, 5, 2)).double()
    return hf.Hierarchy(model, (1, 8, 8))


def data(n: int = 40) -> torch.Tensor:
    return torch.rand(n, 1, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def measures() -> list[Measure]:
    return [hf.Moments(), hf.ActiveFraction(), hf.Sparseness(), hf.Histogram()]


def assert_same(a: list[pd.DataFrame], b: list[pd.DataFrame]) -> None:
    for one, other in zip(a, b, strict=True):
        pd.testing.assert_frame_equal(one, other, rtol=1e-9, check_dtype=False)


@pytest.mark.parametrize("size", [1, 7, 64])
def test_any_batch_size_and_any_form_of_data_gives_one_answer(size):
    expected = hf.sweep(net(), data(), measures())
    labels = torch.zeros(40)
    forms = [
        list(data().split(size)),
        DataLoader(TensorDataset(data(), labels), batch_size=size),
        ((x, None) for x in data().split(size)),
    ]
    for form in forms:
        assert_same(hf.sweep(net(), form, measures()), expected)
    assert_same(hf.sweep(net(), data(), measures(), batch_size=size), expected)


def test_what_a_sweep_sees_is_what_record_records():
    [moments] = hf.sweep(net(), data(), [hf.Moments()], layers="conv")
    recorded = hf.record(net(), data(), layers="conv")
    expected = torch.cat([x.mean((0, 2, 3)) for x in recorded.values()])
    assert torch.allclose(torch.tensor(moments["mean"].to_numpy()), expected)
    assert list(dict.fromkeys(moments["layer"])) == ["0", "3"]


class Killed(KeyboardInterrupt):
    pass


def dying_after(batches: int):
    for number, batch in enumerate(data().split(5)):
        if number == batches:
            raise Killed
        yield batch


@pytest.mark.parametrize("batches", [0, 1, 3, 7])
def test_a_killed_sweep_goes_on_from_its_checkpoint(tmp_path, batches):
    path = tmp_path / "sweep.safetensors"
    with pytest.raises(Killed):
        hf.sweep(net(), dying_after(batches), measures(), checkpoint=path, checkpoint_every=2)
    assert path.exists() == (batches >= 2)
    resumed = hf.sweep(net(), data(), measures(), checkpoint=path, checkpoint_every=2, batch_size=5)
    assert_same(resumed, hf.sweep(net(), data(), measures(), batch_size=5))
    again = hf.sweep(net(), data(), measures(), checkpoint=path, batch_size=5)  # all of it seen: read from the file
    assert_same(again, resumed)
    assert list(tmp_path.iterdir()) == [path]


def test_a_checkpoint_of_another_sweep_is_refused(tmp_path):
    path = tmp_path / "sweep.safetensors"
    hf.sweep(net(), data(), [hf.Moments()], checkpoint=path)
    with pytest.raises(hf.HierfeatError, match="measures"):
        hf.sweep(net(), data(), [hf.ActiveFraction()], checkpoint=path)
    with pytest.raises(hf.HierfeatError, match="layers"):
        hf.sweep(net(), data(), [hf.Moments()], layers="conv", checkpoint=path)
    other = net()
    with torch.no_grad():
        other.model[0].weight.add_(1)
    with pytest.raises(hf.HierfeatError, match="weights"):
        hf.sweep(other, data(), [hf.Moments()], checkpoint=path)
    path.write_bytes(b"nonsense")
    with pytest.raises(hf.HierfeatError, match="not a checkpoint"):
        hf.sweep(net(), data(), [hf.Moments()], checkpoint=path)
    assert path.read_bytes() == b"nonsense"


def _one_rank(rank: int, size: int, folder: str) -> None:
    meeting = (Path(folder) / "rendezvous").as_uri()  # a file of this test's own: no port that another run may hold
    torch.distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=size)
    results = hf.sweep(net(), data()[rank::size], measures(), batch_size=3, progress=False)
    for number, table in enumerate(results):
        table.to_pickle(f"{folder}/{rank}-{number}")
    torch.distributed.destroy_process_group()


@pytest.mark.filterwarnings("default")
def test_two_processes_give_the_answer_of_one(tmp_path):
    mp.spawn(_one_rank, args=(2, str(tmp_path)), nprocs=2)
    in_order = torch.cat([data()[rank::2] for rank in (0, 1)])  # images are numbered process by process
    expected = hf.sweep(net(), in_order, measures())
    for rank in (0, 1):
        assert_same([pd.read_pickle(tmp_path / f"{rank}-{number}") for number in range(4)], expected)


def test_memory_does_not_grow_with_the_data():
    """Counted, not weighed: which batches, and which outputs of layers, are still there when the next one comes.

    Whatever else the process does at the time, an object that is kept is kept.
    """
    seen: list[weakref.ref] = []
    alive: list[int] = []

    class Watcher(hf.Moments):
        def begin(self, batch: Batch) -> None:
            alive.append(sum(ref() is not None for ref in seen))
            seen.append(weakref.ref(batch.images))

        def update(self, layer: str, activation: torch.Tensor) -> None:
            seen.append(weakref.ref(activation))
            super().update(layer, activation)

    watcher = Watcher()
    sizes = []
    for batches in (100, 200):
        hf.sweep(net(), (data(16) for _ in range(batches)), [watcher], progress=False)
        sizes.append(sum(value.nbytes for value in watcher.state.values()))
    assert len(alive) == 300
    assert max(alive) <= 4  # of one batch: its images, and the layers whose garbage has not been collected
    assert sizes[0] == sizes[1]


def test_batches_tell_measures_where_they_are():
    seen: list[tuple[int, int, bool]] = []

    class Where(hf.ActiveFraction):
        def begin(self, batch: Batch) -> None:
            seen.append((int(batch.indices[0]), len(batch.images), batch.labels is not None))

    hf.sweep(net(), data(7), [Where()], batch_size=3)
    hf.sweep(net(), [(data(2), torch.zeros(2))], [Where()])
    assert seen == [(0, 3, False), (3, 3, False), (6, 1, False), (0, 2, True)]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"measures": []}, "at least one measure"),
        ({"measures": hf.Moments()}, "write .measure."),
        ({"measures": ["moments"]}, "expected measures such as"),
        ({"images": []}, "at least one image"),
        ({"images": torch.rand(2, 3, 8, 8)}, "shape N x 1 x 8 x 8"),
        ({"layers": "cnv"}, "has no layer 'cnv'"),
    ],
)
def test_bad_input(arguments, says):
    given = {"images": data(), "measures": [hf.Moments()], "layers": "conv"} | arguments
    with pytest.raises(hf.HierfeatError, match=says):
        hf.sweep(net(), given["images"], given["measures"], layers=given["layers"])


class Plain(nn.Module):
    def forward(self, x):
        return F.relu(x)


class Inplace(nn.Module):
    def forward(self, x):
        return x.relu_()


class Spoilt(nn.Module):
    """Writes into what it rectifies: nothing that was found of it before holds any more."""

    def forward(self, x):
        x += 1
        return F.relu(x)


class SpoiltInplace(nn.Module):
    def forward(self, x):
        x.mul_(-1)
        return F.relu(x, inplace=True)


@pytest.mark.parametrize("rectifier", [Plain, Inplace, Spoilt, SpoiltInplace])
def test_a_rectifier_has_its_own_numbers_beside_its_convolution(rectifier):
    """They are taken over from the convolution where they can be: against numpy on what the rectifier answers."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 3, 3), rectifier(), nn.MaxPool2d(2)).double()
    images = torch.rand(5, 1, 12, 12)
    h = hf.Hierarchy(net, (1, 12, 12))
    moments, active, sparse, _ = hf.sweep(
        h,
        images,
        [hf.Moments(), hf.ActiveFraction(), hf.Sparseness(), hf.Histogram()],
        layers=("conv", "activation"),
        batch_size=2,
    )
    with torch.no_grad():
        x = net[:2](images.double()).transpose(0, 1).flatten(1).numpy()
    name = h.layers.select("activation")[0].name
    of = {key: table[table.layer == name] for key, table in (("m", moments), ("a", active), ("s", sparse))}
    assert np.allclose(of["m"]["mean"], x.mean(1), rtol=1e-12)
    assert np.allclose(of["m"]["variance"], x.var(1), rtol=1e-10)
    assert np.array_equal(of["m"]["min"], x.min(1))
    assert np.array_equal(of["m"]["max"], x.max(1))
    assert np.allclose(of["a"]["active_fraction"], (x > 0).mean(1), rtol=1e-12)
    with np.errstate(invalid="ignore"):  # a dead channel has none
        expected = (1 - x.mean(1) ** 2 / (x**2).mean(1)) / (1 - 1 / x.shape[1])
    assert np.allclose(of["s"]["lifetime_sparseness"], expected, rtol=1e-10, equal_nan=True)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"images": None}, "a DataLoader, got NoneType"),
        ({"batch_size": 0}, "batch_size"),
        ({"measures": [MOMENTS := hf.Moments(), MOMENTS]}, "same one twice"),
    ],
)
def test_what_cannot_be_swept_is_refused(arguments, says):
    with pytest.raises(hf.HierfeatError, match=says):
        hf.sweep(net(), **({"images": data(), "measures": measures()} | arguments))


def test_arrays_are_swept_as_tensors_are():
    assert_same(hf.sweep(net(), data().numpy(), measures()), hf.sweep(net(), data(), measures()))


def test_a_sweep_is_one_result_and_the_results_of_its_measures(tmp_path):
    kinds = [hf.Moments, hf.TopPatches, hf.Moments]
    found = hf.sweep(net(), data(), [kind() for kind in kinds])
    assert found.provenance["model"] == net().name
    assert list(dict.fromkeys(found.table["measure"])) == ["Moments", "TopPatches", "Moments#2"]
    again = hf.Result.load(found.save(tmp_path / "sweep"))
    for result, kind, saved in zip(found, kinds, again, strict=True):
        [alone] = hf.sweep(net(), data(), [kind()])
        pd.testing.assert_frame_equal(result, alone)
        pd.testing.assert_frame_equal(result, saved)
        assert (result.dtypes == alone.dtypes).all()


def test_what_is_no_table_is_handed_through_and_not_saved(tmp_path):
    class Count(hf.ActiveFraction):
        def result(self):
            return {"layers": len(self.layers())}

    found = hf.sweep(net(), data(), [Count(), hf.Moments()])
    assert found[0] == {"layers": 3}
    assert "mean" in found[1].columns
    with pytest.raises(hf.HierfeatError, match="tables, to save them; got dict"):
        found.save(tmp_path / "sweep")
