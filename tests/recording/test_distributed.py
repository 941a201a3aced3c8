"""Sweeps of several processes: the answer of one, however the images are dealt out, and whatever happens to a rank."""

import importlib
import inspect
import pkgutil
import signal
import time

import pytest
import torch
import torch.distributed as dist
from torch.utils.data import DataLoader, DistributedSampler, IterableDataset, TensorDataset

import hierfeat as hf
from tests.recording.sweeping import Pictures, differences, measures, net, pictures, start, together

ALL = ("conv", "pool", "activation")
QUIET = {"progress": False, "layers": ALL}


def rank() -> int:
    return dist.get_rank()


def test_no_measure_is_left_out_here():
    for module in pkgutil.walk_packages(hf.__path__, "hierfeat."):
        if "__main__" not in module.name:
            importlib.import_module(module.name)
    kinds, waiting = set(), [hf.Measure]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.startswith("hierfeat.") and not inspect.isabstract(kind):
            kinds.add(kind)
    assert kinds <= {type(measure) for measure in measures()}


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize(("count", "batch"), [(101, 16), (64, 8), (2, 1), (1, 4)])
def test_a_data_set_is_dealt_out_without_repetition_or_loss(tmp_path, size, count, batch):
    """Every measure; uneven shares, and more processes than images."""

    def act():
        return hf.sweep(net(), Pictures(count), measures(), batch_size=batch, checkpoint_every=3, **QUIET)

    alone = act()
    for found in together(act, tmp_path, size):
        assert not isinstance(found, Exception), found
        assert differences(found, alone, rtol=1e-6) == []
        assert len(found) == len(measures())


class Shards(IterableDataset):
    """Images one after the other, of which nobody knows how many there are."""

    def __iter__(self):
        return iter(pictures(6))


def shares(share):
    return lambda: hf.sweep(net(), share(), measures(), batch_size=16, **QUIET)


@pytest.mark.parametrize("first", [90, 64, 0])
def test_shares_of_the_processes_own_are_numbered_one_after_the_other(tmp_path, first):
    alone = hf.sweep(net(), pictures(), measures(), batch_size=16, **QUIET)
    ways = {
        "a tensor": lambda: pictures()[:first] if rank() == 0 else pictures()[first:],
        "a list": lambda: (pictures()[:first] if rank() == 0 else pictures()[first:]).split(16),
    }
    for way, share in ways.items():
        if first == 0 and way == "a list":
            continue  # an empty tensor splits into one empty batch
        for found in together(shares(share), tmp_path / way.replace(" ", "-"), 2):
            assert differences(found, alone, rtol=1e-5) == [], way


@pytest.mark.parametrize("shuffle", [False, True])
def test_images_that_a_distributed_sampler_repeats_count_once(tmp_path, shuffle):
    def act():
        dataset = TensorDataset(pictures(101))
        loader = DataLoader(dataset, 16, sampler=DistributedSampler(dataset, shuffle=shuffle, seed=3))
        return hf.sweep(net(), loader, measures(), **QUIET)

    alone = hf.sweep(net(), pictures(101), measures(), batch_size=16, **QUIET)
    for found in together(act, tmp_path, 3):
        assert differences(found, alone, rtol=1e-5) == []
        assert found.provenance["images"] == 101


@pytest.mark.parametrize(
    ("what", "says"),
    [
        (lambda: pictures(), "the same ones on all"),
        (lambda: (x for x in pictures(4 + rank()).split(2)), "whose number is known"),
        (Shards, "give shards as hf.image_dataset"),
        (lambda: DataLoader(Shards(), batch_size=2), "give shards as hf.image_dataset"),
        (lambda: Pictures(10 + rank()), "different lengths"),
        (lambda: DataLoader(TensorDataset(pictures(40)), 8), "the same ones on all"),
    ],
)
def test_data_that_would_count_wrongly_are_refused(tmp_path, what, says):
    for found in together(lambda: hf.sweep(net(), what(), measures(), **QUIET), tmp_path, 2):
        assert isinstance(found, hf.HierfeatError)
        assert says in str(found)


def test_processes_with_different_networks_or_measures_are_refused(tmp_path):
    cases = {
        "the same weights": lambda: hf.sweep(net(rank()), Pictures(), [hf.Moments()], **QUIET),
        "the same measures": lambda: hf.sweep(net(), Pictures(), [hf.TopPatches(2 + rank())], **QUIET),
    }
    for number, (says, act) in enumerate(cases.items()):
        for found in together(act, tmp_path / str(number), 2):
            assert says in str(found)


def test_a_measure_swept_twice_counts_every_image_once(tmp_path):
    def act():
        mine = [hf.Moments(), hf.Histogram()]
        hf.sweep(net(), Pictures(33), mine, batch_size=4, **QUIET)
        return hf.sweep(net(), Pictures(68, seed=2), mine, batch_size=4, **QUIET)

    for found in together(act, tmp_path, 2):
        assert differences(found, act(), rtol=1e-6) == []


def test_one_process_may_call_an_analysis_alone(tmp_path):
    """Nothing but a sweep communicates."""

    def act():
        if rank() == 1:
            return "busy elsewhere"
        h, x, y = hf.load("lenet5-digits"), *hf.digits(split="test")
        hf.top_patches(h, x[:20], layers="conv1", progress=False)
        hf.class_selectivity(h, x[:40], y[:40], layers="conv1", permutations=2, progress=False)
        hf.layer_probes(h, (x[:60], y[:60]), (x[60:90], y[60:90]), layers="pool2", progress=False)
        hf.profile(h, x[:40], y[:40], layers="pool", moved_images=4, gradient_images=2, progress=False)
        hf.atlas(h, x[:20], out=tmp_path / "atlas.html", live=False)
        return "done"

    assert together(act, tmp_path, 2) == ["done", "busy elsewhere"]


def test_a_process_that_fails_stops_all_with_its_error(tmp_path):
    path = tmp_path / "sweep.safetensors"

    def act():
        data = Pictures()
        if rank() == 1:
            data._images[55] = torch.nan
        return hf.sweep(net(), data, measures(), batch_size=5, checkpoint=path, checkpoint_every=2, **QUIET)

    first, second = together(act, tmp_path / "failing", 2)
    assert "process 1 of 2 failed with HierfeatError: expected finite images" in str(first)
    assert "NaN" in str(second)

    def resume():
        return hf.sweep(net(), Pictures(), measures(), batch_size=5, checkpoint=path, checkpoint_every=2, **QUIET)

    alone = hf.sweep(net(), Pictures(), measures(), batch_size=5, **QUIET)
    for found in together(resume, tmp_path / "again", 2):
        assert differences(found, alone, rtol=1e-6) == []


@pytest.mark.parametrize(("before", "after"), [(2, 1), (1, 2), (2, 3), (3, 2)])
def test_another_number_of_processes_goes_on(tmp_path, before, after):
    path = tmp_path / "sweep.safetensors"

    def act():
        data = Pictures(pause=0.002)
        return hf.sweep(net(), data, measures(), batch_size=4, checkpoint=path, checkpoint_every=2, **QUIET)

    processes = start(act, tmp_path / "killed", before)
    while not path.exists():
        assert all(process.is_alive for process in processes)
        time.sleep(0.005)
    for process in processes:
        process.send(signal.SIGKILL)
    for process in processes:
        process.end()
    alone = hf.sweep(net(), Pictures(), measures(), batch_size=4, **QUIET)
    for found in together(act, tmp_path / "again", after):
        assert differences(found, alone, rtol=1e-6) == []
    assert sorted(file.name for file in tmp_path.iterdir()) == ["again", "killed", "sweep.safetensors"]


def test_images_that_cannot_be_read_are_left_out_and_named(tmp_path):
    bad = (0, 17, 18, 19, 100)

    def act():
        return hf.sweep(net(), Pictures(unreadable=bad), measures(), batch_size=3, **QUIET)

    with pytest.warns(UserWarning, match=r"5 images could not be read and were left out: pictures/000.png \(OSError"):
        alone = act()
    assert [skipped.image for skipped in alone.skipped] == list(bad)
    assert alone.skipped[1].path == "pictures/017.png"
    assert alone.provenance["skipped"] == 5
    assert alone.provenance["images"] == 96
    [kept] = hf.sweep(net(), pictures()[[i for i in range(101) if i not in bad]], [hf.Moments()], **QUIET)
    assert differences([alone[0]], [kept], rtol=1e-5) == []
    for found in together(act, tmp_path, 2):
        assert differences(found, alone, rtol=1e-6) == []
        assert found.skipped == alone.skipped
        assert found.provenance["processes"] == 2
