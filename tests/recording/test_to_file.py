"""Activations in a file: those that `record` gives, whole or not there, and never in memory all together."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

import hierfeat as hf
from hierfeat.stimuli.gratings import gratings


def net(dtype: torch.dtype = torch.float32) -> hf.Hierarchy:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Conv2d(3, 4, 2), nn.Tanh())
    return hf.Hierarchy(model.to(dtype), (1, 12, 12))


IMAGES = torch.rand(23, 1, 12, 12, generator=torch.Generator().manual_seed(0))


class Stream(IterableDataset):
    """Of unknown length."""

    def __iter__(self):
        return iter(IMAGES)


SOURCES = {
    "tensor": lambda: IMAGES,
    "array": lambda: IMAGES.numpy(),
    "list": lambda: list(IMAGES),
    "batches": lambda: list(IMAGES.split(7)),
    "generator": lambda: (batch for batch in IMAGES.split(7)),
    "pairs": lambda: [(batch, torch.zeros(len(batch))) for batch in IMAGES.split(9)],
    "data set": lambda: TensorDataset(IMAGES, torch.arange(23)),
    "loader": lambda: DataLoader(TensorDataset(IMAGES, torch.arange(23)), batch_size=6),
    "stream": Stream,
    "loader of a stream": lambda: DataLoader(Stream(), batch_size=5),
}


def assert_same(found: dict[str, Tensor], expected: dict[str, Tensor], atol: float = 0.0) -> None:
    assert list(found) == list(expected)
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype
        torch.testing.assert_close(found[name], tensor, rtol=0, atol=atol)


@pytest.mark.parametrize("source", SOURCES)
def test_a_file_holds_what_record_gives_whatever_the_source(tmp_path, source):
    found = hf.record(net(), SOURCES[source](), layers="*", out=tmp_path / "acts.safetensors", batch_size=4)
    assert_same(found, hf.record(net(), IMAGES, layers="*", batch_size=4), atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_types_are_kept(tmp_path, dtype):
    found = hf.record(net(dtype), IMAGES, out=tmp_path / "acts.safetensors", batch_size=5)
    assert_same(found, hf.record(net(dtype), IMAGES, batch_size=5))


class Mixed(nn.Module):
    """Layers of several types, the narrowest first and of an odd number of bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.narrow, self.wide = nn.Conv2d(1, 1, 12).half(), nn.Conv2d(1, 3, 3).double()

    def forward(self, x):
        return self.narrow(x.half()).sum() + self.wide(x.double())


def test_layers_of_several_types_share_a_file(tmp_path):
    h = hf.Hierarchy(Mixed(), (1, 12, 12))
    found = hf.record(h, IMAGES.double(), out=tmp_path / "acts.safetensors", batch_size=5)
    assert [tensor.dtype for tensor in found.values()] == [torch.float16, torch.float64]
    assert_same(found, hf.record(h, IMAGES.double(), batch_size=5))


def test_the_library_reads_the_file_and_its_order_and_origin_are_in_it(tmp_path):
    path = tmp_path / "new folder" / "acts.safetensors"
    expected = hf.record(net(), IMAGES, layers="*", batch_size=5)
    hf.record(net(), IMAGES, layers="*", out=path, batch_size=5)
    read = load_file(path)
    with safe_open(path, framework="pt") as file:
        about = {name: json.loads(value) for name, value in file.metadata().items()}
    assert_same({name: read[name] for name in about["layers"]}, expected)
    assert about["provenance"]["weights_sha256"] == net().weights_sha256
    assert about["provenance"]["parameters"]["layers"] == ["*"]


def test_what_is_read_is_a_private_map_of_the_file(tmp_path):
    path = tmp_path / "acts.safetensors"
    found = hf.record(net(), IMAGES, out=path)
    content = path.read_bytes()
    if Path("/proc/self/maps").exists():
        assert str(path) in Path("/proc/self/maps").read_text()
    found["0"].zero_()
    assert path.read_bytes() == content


def test_stimuli_are_recorded_into_a_file(tmp_path):
    stimuli = gratings((1, 12, 12), orientations=4, phases=2)
    h = net()
    h.range_known = True
    assert_same(hf.record(h, stimuli, out=tmp_path / "a", batch_size=3), hf.record(h, stimuli, batch_size=3))


def failing(error: BaseException):
    yield IMAGES[:5]
    raise error


class Cut(DataLoader):
    """A loader that ends before all images were there."""

    def __iter__(self):
        yield next(super().__iter__())


class Wide(nn.Module):
    """Takes another path where an image is bright."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(1, 3, 3), nn.Conv2d(1, 5, 3)

    def forward(self, x):
        return self.two(x) if bool(x.max() > 2) else self.one(x)


def left_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("before", [b"what was there", None])
@pytest.mark.parametrize(
    ("error", "data", "model"),
    [
        (KeyboardInterrupt, lambda: DataLoader(Cutting(KeyboardInterrupt()), batch_size=5), net),
        (OSError, lambda: DataLoader(Cutting(OSError("no such image")), batch_size=5), net),
        (hf.HierfeatError, lambda: Cut(TensorDataset(IMAGES), batch_size=5), net),
        (hf.HierfeatError, lambda: torch.cat([IMAGES, IMAGES + 2]), lambda: hf.Hierarchy(Wide(), (1, 12, 12))),
    ],
    ids=["interrupt", "source", "fewer images", "another path"],
)
def test_whatever_fails_leaves_what_was_there(tmp_path, before, error, data, model):
    path = tmp_path / "acts.safetensors"
    if before is not None:
        path.write_bytes(before)
    with pytest.raises(error):
        hf.record(model(), data(), out=path, batch_size=5)
    assert left_in(tmp_path) == ({} if before is None else {path.name: before})


class Cutting(Dataset):
    """Fails at its eighth image."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __len__(self) -> int:
        return len(IMAGES)

    def __getitem__(self, index: int) -> Tensor:
        if index == 7:
            raise self._error
        return IMAGES[index]


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="room is made in advance where the system can")
def test_a_disk_that_is_too_small_is_known_with_the_first_batch(tmp_path):
    """A limit on the size of files stands for the disk; it is met before a second batch is asked for."""
    asked: list[int] = []

    class Counting(Cutting):
        def __getitem__(self, index: int) -> Tensor:
            asked.append(index)
            return IMAGES[index]

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(hf.HierfeatError, match=r"cannot write activations to .*acts.safetensors: File too large"):
            hf.record(net(), Counting(OSError()), out=tmp_path / "acts.safetensors", batch_size=5)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert max(asked) == 4
    assert left_in(tmp_path) == {}


class Drawing(Dataset):
    """Noise as augmentation, and a look through the network itself, whenever an image is asked for."""

    def __init__(self, model: nn.Module) -> None:
        self.model, self.training = model, []

    def __len__(self) -> int:
        return len(IMAGES)

    def __getitem__(self, index: int) -> Tensor:
        self.training.append(self.model.training)
        self.model(IMAGES[index][None])
        return (IMAGES[index] + 0.01 * torch.rand(1, 12, 12)).clamp(0, 1)


def test_what_makes_the_images_is_not_watched(tmp_path):
    """Its operations are no layers, its random numbers are not drawn twice, and it meets the model in its own mode."""
    h = net()
    h.model.train()
    data = Drawing(h.model)
    torch.manual_seed(7)
    noise = [torch.rand(1, 12, 12) for _ in range(len(data))]
    after = torch.rand(1)
    torch.manual_seed(7)
    found = hf.record(h, data, layers="*", out=tmp_path / "acts.safetensors", batch_size=4)
    assert torch.equal(torch.rand(1), after)
    assert all(data.training)
    shown = (IMAGES + 0.01 * torch.stack(noise)).clamp(0, 1)
    assert_same(found, hf.record(h, shown, layers="*", batch_size=4), atol=1e-6)


class Windows(nn.Module):
    """Puts windows on the first axis."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.inner = nn.Conv2d(1, 2, 3), nn.Conv2d(2, 2, 1)

    def forward(self, x):
        x = self.conv(x)
        return self.inner(torch.cat([x[..., :5, :], x[..., 5:, :]]))


def test_layers_whose_first_axis_is_not_images(tmp_path):
    h, path = hf.Hierarchy(Windows(), (1, 12, 12)), tmp_path / "acts.safetensors"
    assert_same(hf.record(h, IMAGES, out=path), hf.record(h, IMAGES))  # one batch, which need not be joined
    with pytest.raises(hf.HierfeatError, match="rows, windows or tokens"):
        hf.record(h, IMAGES, out=path, batch_size=5)


LIMITED = """
import resource, sys, torch, hierfeat as hf
from torch import nn
h = hf.Hierarchy(nn.Sequential(nn.Conv2d(1, 64, 1), nn.ReLU()), (1, 64, 64))
hf.record(h, torch.rand(8, 1, 64, 64))
used = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmSize"))
resource.setrlimit(resource.RLIMIT_AS, ((used << 10) + (256 << 20),) * 2)
hf.record(h, [torch.rand(8, 1, 64, 64)] * 64, out=sys.argv[1], progress=False)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks the system for the size of the process")
def test_a_file_that_cannot_be_mapped_is_kept(tmp_path):
    """537 MB of activations, where the process may have 256 MB more of addresses."""
    path = tmp_path / "acts.safetensors"
    command = [sys.executable, "-c", LIMITED, str(path)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert "HierfeatError: the activations are in" in said.stderr, said.stderr[-2000:]
    with safe_open(path, framework="pt") as file:
        assert file.get_slice("0").get_shape() == [512, 64, 64, 64]


LARGE = """
import resource, sys, torch, hierfeat as hf
from torch import nn
from torch.utils.data import Dataset

class Made(Dataset):
    def __len__(self):
        return 400
    def __getitem__(self, index):
        return torch.full((1, 64, 64), index / 400)

h = hf.Hierarchy(nn.Sequential(nn.Conv2d(1, 256, 1), nn.ReLU()), (1, 64, 64))
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
hf.record(h, torch.rand(8, 1, 64, 64))
before = peak()
found = hf.record(h, Made(), out=sys.argv[1], batch_size=16, progress=False)["0"]
weight, bias = h.model[0].weight.flatten(), h.model[0].bias
for index in (0, 17, 399):
    expected = (weight * (index / 400) + bias)[:, None, None].expand(256, 64, 64)
    torch.testing.assert_close(found[index], expected, rtol=1e-6, atol=1e-6)
print(found.nbytes, peak() - before)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_what_is_recorded(tmp_path):
    """1.6 GB of activations, in batches of 67 MB, in a process of its own whose memory never grows by a quarter."""
    command = [sys.executable, "-c", LARGE, str(tmp_path / "acts.safetensors")]
    said = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert said.returncode == 0, said.stderr[-2000:]
    written, grown = map(int, said.stdout.split())
    print(f"{written / 1e9:.2f} GB written, memory grown by {grown / 1e6:.0f} MB")
    assert written > 1.6e9
    assert grown < 4e8
