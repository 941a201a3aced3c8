"""Checkpoints: whole or not at all, of one sweep only, and found out when damaged."""

import random
import resource
import signal
from contextlib import contextmanager

import pytest
import torch
from safetensors.torch import save_file

import hierfeat as hf
from tests.recording.sweeping import Pictures, differences, measures, net, pictures

FEW = {"progress": False, "checkpoint_every": 2}


class Killed(KeyboardInterrupt):
    pass


def begun(path, images=None, made=None, batches=5, **options):
    """A sweep that ends after some batches of 10 images and leaves a checkpoint of an even number of them."""
    images = pictures() if images is None else images

    def until():
        for number, batch in enumerate(images.split(10)):
            if number == batches:
                raise Killed
            yield batch

    with pytest.raises(Killed):
        hf.sweep(net(), until(), made or measures(), checkpoint=path, **FEW, **options)
    assert path.exists()


def changed(images, place):
    images = images.clone()
    images[place, 0, 3, 3] += 0.01
    return images


def of_other_weights():
    h = net()
    with torch.no_grad():
        h.model[0].weight[0, 0, 0, 0] += 1e-6
    return h


MODEL = net().model
OTHERS = {
    "weights": lambda: {"h": of_other_weights()},
    "normalisation": lambda: {"h": hf.Hierarchy(MODEL, (1, 16, 16), mean=[0.4], std=[0.9])},
    "layers": lambda: {"layers": "conv"},
    "measures": lambda: {"measures": measures()[:-1]},
    "measures = (settings)": lambda: {"measures": [*measures()[:2], hf.Sparseness(None), *measures()[3:]]},
    "measures = (fields)": lambda: {"measures": [*measures()[:4], hf.TopPatches(4), *measures()[5:]]},
    "batch size": lambda: {"batch_size": 5},
    "first image": lambda: {"batches": changed(pictures(), 0)},
    "other images": lambda: {"batches": changed(pictures(), 29)},  # the last of a batch that has been seen
    "there are only 30": lambda: {"batches": pictures()[:30]},
}


@pytest.mark.parametrize("says", OTHERS)
def test_a_checkpoint_of_another_sweep_is_refused_in_words(tmp_path, says):
    path = tmp_path / "sweep.safetensors"
    begun(path)
    before = path.read_bytes()
    given = {"h": net(), "batches": pictures(), "measures": measures(), "batch_size": 10} | OTHERS[says]()
    with pytest.raises(hf.HierfeatError, match=says.split(" = ")[0]) as caught:
        hf.sweep(given.pop("h"), given.pop("batches"), given.pop("measures"), checkpoint=path, **FEW, **given)
    assert "remove" in str(caught.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (Pictures(100), "number of images"),
        (Pictures(seed=2), "first image"),
        (Pictures(unreadable=(100,)), "last image"),
        (pictures(), "data = a data set"),
    ],
)
def test_a_checkpoint_of_another_data_set_is_refused_in_words(tmp_path, data, says):
    path = tmp_path / "sweep.safetensors"
    hf.sweep(net(), Pictures(), [hf.Moments()], checkpoint=path, batch_size=10, **FEW)
    with pytest.raises(hf.HierfeatError, match=says):
        hf.sweep(net(), data, [hf.Moments()], checkpoint=path, batch_size=10, **FEW)


def test_a_data_set_is_not_read_again_up_to_where_it_was(tmp_path):
    path, data = tmp_path / "sweep.safetensors", Pictures()
    hf.sweep(net(), data, [hf.Moments()], checkpoint=path, batch_size=10, **FEW)
    data.read.clear()
    hf.sweep(net(), data, [hf.Moments()], checkpoint=path, batch_size=10, **FEW)
    assert data.read == [0, 100]  # by which it is known


def test_any_flipped_bit_is_found(tmp_path):
    path = tmp_path / "sweep.safetensors"
    hf.sweep(net(), pictures(), [hf.Moments()], checkpoint=path, **FEW)
    whole, draw = path.read_bytes(), random.Random(0)
    places = [*range(0, 100), *(draw.randrange(len(whole)) for _ in range(300)), len(whole) - 1]
    for place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << draw.randrange(8)
        path.write_bytes(damaged)
        with pytest.raises(hf.HierfeatError, match="is damaged|is not a checkpoint"):
            hf.sweep(net(), pictures(), [hf.Moments()], checkpoint=path, **FEW)
        assert path.read_bytes() == damaged


@pytest.mark.parametrize("content", ["cut", "empty", "nonsense", "another safetensors file", "folder"])
def test_what_is_no_checkpoint_is_refused_and_left(tmp_path, content):
    path = tmp_path / "sweep.safetensors"
    hf.sweep(net(), pictures(), [hf.Moments()], checkpoint=path, **FEW)
    if content == "cut":
        path.write_bytes(path.read_bytes()[:-20])
    elif content == "another safetensors file":
        save_file({"weight": torch.ones(2)}, path)
    elif content == "folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(b"" if content == "empty" else b"nonsense")
    before = None if path.is_dir() else path.read_bytes()
    with pytest.raises(hf.HierfeatError, match=r"damaged|not a checkpoint"):
        hf.sweep(net(), pictures(), [hf.Moments()], checkpoint=path, **FEW)
    assert before is None or path.read_bytes() == before


@pytest.mark.parametrize("meanwhile", ["another sweep writes it", "somebody takes it away"])
def test_a_file_that_another_sweep_writes_is_not_written_over(tmp_path, meanwhile):
    path = tmp_path / "sweep.safetensors"

    def batches():
        for number, batch in enumerate(pictures().split(10)):
            if number == 5:
                path.unlink()
                if meanwhile == "another sweep writes it":
                    hf.sweep(net(), pictures(20), [hf.Moments()], checkpoint=path, progress=False)
            yield batch

    with pytest.raises(hf.HierfeatError, match="since this sweep has read or written it"):
        hf.sweep(net(), batches(), [hf.Moments()], checkpoint=path, **FEW)
    if meanwhile == "another sweep writes it":
        [its] = hf.sweep(net(), pictures(20), [hf.Moments()], checkpoint=path, progress=False)
        assert its["n"].max() == 20 * 14 * 14


@contextmanager
def no_room():
    """Files of this process may not grow beyond a few bytes."""
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


def test_where_there_is_no_room_the_last_good_one_stays(tmp_path):
    path = tmp_path / "sweep.safetensors"
    begun(path)
    before = path.read_bytes()
    with no_room(), pytest.raises(hf.HierfeatError, match="cannot write the checkpoint .* make room") as caught:
        hf.sweep(net(), pictures(), measures(), checkpoint=path, batch_size=10, **FEW)
    assert isinstance(caught.value.__cause__, OSError)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    resumed = hf.sweep(net(), pictures(), measures(), checkpoint=path, batch_size=10, **FEW)
    assert differences(resumed, hf.sweep(net(), pictures(), measures(), batch_size=10, **FEW)) == []


@pytest.mark.parametrize("batches", range(2, 10, 2))
def test_going_on_gives_the_same_to_the_bit(tmp_path, batches):
    """And so does a sweep without a checkpoint."""
    path = tmp_path / "sweep.safetensors"
    whole = hf.sweep(net(), pictures(), measures(), batch_size=10, **FEW)
    begun(path, batches=batches + 1)
    assert differences(hf.sweep(net(), pictures(), measures(), checkpoint=path, batch_size=10, **FEW), whole) == []
    assert list(tmp_path.iterdir()) == [path]


def test_the_settings_of_a_measure_are_what_it_was_made_with():
    class Above(hf.ActiveFraction):
        def __init__(self, threshold, *, strict=True):
            super().__init__()

    assert Above(0.5).settings == {"threshold": 0.5, "strict": True}
    assert hf.ActiveFraction().settings == {}
    assert hf.Histogram(8).settings == {"samples": 8, "quantiles": [0.01, 0.25, 0.5, 0.75, 0.99]}
    one, other = (hf.TopPatches(2, fields=hf.receptive_fields(h)).settings for h in (net(), hf.load("lenet5-digits")))
    assert one != other
