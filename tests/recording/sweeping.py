"""What the tests of long sweeps share: a small network, images, all measures, and sweeps in processes of their own."""

import os
import pickle
import re
import signal
import time
import traceback
import warnings
from collections.abc import Callable
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pandas as pd
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.utils.data import Dataset

import hierfeat as hf
from hierfeat.representation._pooled_features import PooledFeatures
from hierfeat.representation.class_selectivity import Rates

FORK = get_context("fork")  # torch is loaded already


def net(seed: int = 0) -> hf.Hierarchy:
    generator = torch.Generator().manual_seed(seed)
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Conv2d(4, 5, 2), nn.Tanh())
    for parameter in model.parameters():
        parameter.data = torch.rand(parameter.shape, generator=generator) - 0.5
    return hf.Hierarchy(model, (1, 16, 16))


def pictures(count: int = 101, seed: int = 1) -> Tensor:
    return torch.rand(count, 1, 16, 16, generator=torch.Generator().manual_seed(seed))


class Pictures(Dataset):
    """A map-style data set of images and labels, some of which cannot be read."""

    def __init__(
        self, count: int = 101, *, unreadable: tuple[int, ...] = (), seed: int = 1, pause: float = 0.0
    ) -> None:
        self._images, self._unreadable, self._pause = pictures(count, seed), unreadable, pause
        self.read: list[int] = []

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        time.sleep(self._pause)
        self.read.append(index)
        if index in self._unreadable:
            raise OSError(f"image file is truncated ({index} bytes not processed)")
        return self._images[index], index % 3

    def path(self, index: int) -> str:
        return f"pictures/{index:03d}.png"


def measures() -> list[hf.Measure]:
    """Every measure of the package, small and with samples smaller than the layers."""
    kept = [hf.Moments(), hf.ActiveFraction(), hf.Sparseness(), hf.Histogram(), hf.TopPatches(3)]
    return [*kept, hf.TopPatches(2, fields=fields(), least=True), PooledFeatures(2), Rates()]


@cache
def fields() -> Any:
    return hf.receptive_fields(net())


PLACES = ("n", "active_fraction", "dead", "rank", "image", "row", "col", "status", "layer", "top", "left")
SAME_BATCHES = 1e-6  # up to this tolerance activations are the same to the bit, and what is counted of them


def differences(found: list[Any], wanted: list[Any], *, rtol: float = 0.0) -> list[str]:
    """Where results differ: what counts, ranks and places exactly, what is summed by more than `rtol`."""
    said = []
    for number, (one, other) in enumerate(zip(found, wanted, strict=True)):
        if isinstance(one, dict):
            near = {"rtol": rtol, "atol": rtol if rtol > SAME_BATCHES else 0}
            same = list(one) == list(other) and all(torch.allclose(one[name], other[name], **near) for name in one)
            said += [] if same else [f"features of measure {number}"]
            continue
        if list(one) != list(other) or len(one) != len(other):
            said.append(f"columns or rows of measure {number}")
            continue
        for column in one:
            counted = column in ("min", "max", "value") or re.match(r"q[\d.]+$", column)
            exact = rtol == 0 or column in PLACES or (counted and rtol <= SAME_BATCHES)
            a, b = one[column], other[column]
            close = a.equals(b) if exact else bool((((a - b).abs() <= rtol * b.abs()) | (a.isna() & b.isna())).all())
            said += [] if close else [f"{column} of measure {number}: {largest(a, b)}"]
    return said


def largest(a: pd.Series, b: pd.Series) -> str:
    return f"by up to {(a - b).abs().max():.3g}" if a.dtype.kind == "f" else "not the same"


class Process:
    """A function that runs as one rank of several, in a process of its own."""

    def __init__(self, act: Callable[[], Any], out: Path, meeting: Path | None, rank: int, size: int) -> None:
        self._out = out
        self._process = FORK.Process(target=_run, args=(act, out, meeting, rank, size))
        self._process.start()
        self.pid = int(self._process.pid or 0)

    def end(self, within: float = 60) -> Any:
        """Wait; what the function returned, or the exception that it raised, or None if the process was killed."""
        self._process.join(within)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
            raise AssertionError(f"process {self.pid} does not end")
        return pickle.loads(self._out.read_bytes()) if self._out.exists() else None

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive()

    @property
    def has_met(self) -> bool:
        """Whether it has joined the others: how long it waits for one that never comes is torch's own affair."""
        return self._out.with_suffix(".met").exists()

    def send(self, which: signal.Signals) -> bool:
        """Send a signal, if the process is still there."""
        if self._process.is_alive():
            os.kill(self.pid, which)
            return True
        return False


def start(act: Callable[[], Any], folder: Path, size: int = 1) -> list[Process]:
    """Start `size` processes that run the function together; they meet in a file of this call's own."""
    folder.mkdir(parents=True, exist_ok=True)
    meeting = folder / "meeting" if size > 1 else None
    return [Process(act, folder / f"result-{rank}", meeting, rank, size) for rank in range(size)]


def together(act: Callable[[], Any], folder: Path, size: int) -> list[Any]:
    """What each of `size` processes that run the function returned or raised."""
    return [process.end() for process in start(act, folder, size)]


def _run(act: Callable[[], Any], out: Path, meeting: Path | None, rank: int, size: int) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    if meeting is not None:
        dist.init_process_group("gloo", init_method=meeting.as_uri(), rank=rank, world_size=size)
    out.with_suffix(".met").touch()
    try:
        found = act()
    except (Exception, KeyboardInterrupt) as error:
        traceback.print_exc()
        found = error
    partial = out.with_suffix(".partial")
    try:
        partial.write_bytes(pickle.dumps(found))
    except Exception:  # an exception that cannot be pickled
        partial.write_bytes(pickle.dumps(RuntimeError(repr(found))))
    partial.replace(out)
    os._exit(0)  # no farewell to ranks that are gone
