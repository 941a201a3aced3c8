"""A fingerprint's numbers are true, its file says the same, and it leaves the network as it was."""

import json

import numpy as np
import pytest
import torch
from torch import nn

import hierfeat as hf
from hierfeat.testing import Fingerprint, compare, fingerprint, probe_images
from hierfeat.testing._sketch import WAYS, signs, sketch


@pytest.fixture
def h():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(2, 5, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(60, 3))
    return hf.Hierarchy(net, (2, 8, 6), mean=[0.5, 0.4], std=[0.2, 0.3], name="small")


def rates(x):
    """(values, channels) of the rates of an output, in numpy and float64."""
    x = np.asarray(x, dtype=float)
    return np.maximum(np.moveaxis(x, 1, -1).reshape(-1, x.shape[1]), 0)


def test_every_statistic_is_what_brute_force_finds(h):
    images = torch.rand(7, 2, 8, 6, generator=torch.Generator().manual_seed(1))
    found = fingerprint(h, images, batch_size=3).table.set_index("layer")
    outputs = {"(images)": images, "(input)": h.normalise(images), **hf.record(h, images, layers="*")}
    assert list(found.index) == list(outputs)
    for name, x in outputs.items():
        values, flat = np.asarray(x, dtype=float), np.asarray(x, dtype=float).reshape(len(x), -1)
        r, row = rates(x), found.loc[name]
        by_channel = np.moveaxis(values, 1, 0).reshape(values.shape[1], -1)
        active = (flat > 0.01 * np.sqrt((flat**2).mean(1, keepdims=True))).mean()
        lifetime = (1 - (r.sum(0) ** 2).sum() / len(r) / (r**2).sum()) / (1 - 1 / len(r))
        population = (1 - (r.sum(1) ** 2).sum() / r.shape[1] / (r**2).sum()) / (1 - 1 / r.shape[1])
        expected = [values.mean(), np.sqrt(by_channel.var(1).mean()), values.min(), values.max(), active]
        names = ["mean", "sd", "min", "max", "active", "lifetime_sparseness", "population_sparseness"]
        assert np.allclose(row[names].astype(float), [*expected, lifetime, population], rtol=1e-5, atol=1e-6), name


def test_sketches_are_sums_under_signs(h):
    images = probe_images((2, 8, 6), 5)
    found = fingerprint(h, images, batch_size=2).sketches["2"]
    x = hf.record(h, images, layers="2")["2"].numpy().astype(float)
    s = [signs(axis, length).numpy() for axis, length in enumerate(x.shape[1:])]
    for way in range(WAYS):
        one, two, three = (part[:, way] for part in s)
        means, spreads = x.mean((0, 2, 3)), x.std((0, 2, 3))
        places = np.einsum("chw,c,h,w->", x.mean(0), one, two, three) / np.sqrt(x[0].size)
        expected = [means @ one / np.sqrt(5), spreads @ one / np.sqrt(5), places]
        assert np.allclose(found[:, way], expected, rtol=1e-5, atol=1e-7)


def test_a_sketch_estimates_distances():
    """Alon, Matias and Szegedy: E[sketch²] = Σv²/n; exact for one element."""
    generator = torch.Generator().manual_seed(0)
    vectors = torch.randn(400, 30, 4, generator=generator)
    ratios = [(sketch(v) ** 2).mean() / float((v**2).mean()) for v in vectors]
    assert np.mean(ratios) == pytest.approx(1, abs=0.1)
    alone = torch.zeros(30, 4)
    alone[11, 2] = 3
    assert np.allclose(np.abs(sketch(alone)), 3 / np.sqrt(120))
    assert len({tuple(signs(axis, 64).T[way].tolist()) for axis in range(3) for way in range(WAYS)}) == 12


def test_signs_go_on_and_are_stored_here():
    assert torch.equal(signs(0, 500)[:20], signs(0, 20))
    assert signs(0, 8).T.tolist()[0] == [-1, -1, 1, 1, -1, -1, 1, 1]  # 0x33: openssl's shake128 of "hierfeat 0 0"


def test_probe_images_are_what_they_were():
    images = probe_images((3, 17, 40), 9)
    assert images.shape == (9, 3, 17, 40)
    assert (images[3, :, :8, :8] == images[3, :, :1, :1]).all()  # blocks of 8
    assert round(float(images.sum()), 1) == 9455.8
    for wrong in ((3, 4), (0, 4, 4)):
        with pytest.raises(hf.HierfeatError, match="channels, height, width"):
            probe_images(wrong)


def test_the_file_says_the_same_and_is_small(h, tmp_path):
    one = fingerprint(h)
    again = Fingerprint.read(one.write(tmp_path / "one.json"))
    comparison = compare(one, again)
    assert comparison.same
    assert comparison.table["deviation"].max() < 1e-6
    assert (tmp_path / "one.json").stat().st_size < 6000
    assert again.table.dtypes.to_dict() == one.table.dtypes.to_dict()
    assert again.normalisation == {"mean": [0.5, 0.4], "std": [0.2, 0.3]}
    assert len((tmp_path / "one.json").read_text().splitlines()) == len(one.table) + 7
    saved = hf.Result.load(one.save(tmp_path / "folder"))
    assert compare(saved, one).table["deviation"].max() == 0


def test_files_that_are_none_are_refused(h, tmp_path):
    path = tmp_path / "one.json"
    with pytest.raises(hf.HierfeatError, match="cannot read a fingerprint"):
        Fingerprint.read(path)
    for text in ("", "[]", "{}", '{"layers": []}'):
        path.write_text(text)
        with pytest.raises(hf.HierfeatError, match="no fingerprint of hierfeat"):
            Fingerprint.read(path)
    fingerprint(h).write(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"fingerprint": 99}))
    with pytest.raises(hf.HierfeatError, match="form 99"):
        Fingerprint.read(path)


def test_it_leaves_the_network_as_it_was(everything, images):
    everything.train()
    state = {name: value.clone() for name, value in everything.state_dict().items()}
    found = fingerprint(hf.Hierarchy(everything, (1, 8, 8)), images)
    assert everything.training
    assert all(torch.equal(value, everything.state_dict()[name]) for name, value in state.items())
    assert found.table["mean"].notna().all()
    assert len(found.table) == 2 + len(hf.Hierarchy(everything, (1, 8, 8)).layers)


def test_tuning_is_taken_down_if_asked(h):
    h = hf.load("lenet5-digits")
    table = fingerprint(h, tuning=True).table.set_index("layer")
    own = hf.orientation_tuning(h).table
    own = own[(own["layer"] == "conv2") & own["responsive"]]
    assert table.loc["conv2", "gosi"] == pytest.approx(own["gosi"].median())
    assert np.isnan(table.loc["fc1", "gosi"])


def test_layers_whose_rows_are_no_images_are_taken_down_too():
    """Windows of attention lie on the first axis."""
    with pytest.warns(UserWarning, match="random weights"):
        h = hf.load("torchvision:swin_t")
    model = h.model
    model.features = model.features[:2]
    model.norm, model.head = nn.LayerNorm(96), nn.Linear(96, 3)
    small = hf.Hierarchy(model, (3, 56, 56), name="swin")
    assert small.layers.folded
    one, two = (fingerprint(small, probe_images((3, 56, 56), 4), batch_size=size) for size in (4, 1))
    assert one.table.loc[one.table["op"] != "parameter", "mean"].notna().all()
    assert compare(one, two).same
