"""Activations that go to a file batch by batch, and are never in memory all together."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

from hierfeat._files import replacing
from hierfeat.errors import HierfeatError

_LENGTH = 8  # bytes that say how long the header is; values begin at a multiple of it


class ActivationFile:
    """A safetensors file of the activations of `count` images, filled batch by batch.

    Where each layer's values lie is settled by the first batch, which shows their shapes and types, and room is made
    for all: a disk that is too small is known then, and not hours later.
    """

    def __init__(self, path: Path, file: BinaryIO, count: int, about: dict[str, Any]) -> None:
        self._path, self._file, self._count, self._about = path, file, count, about
        self._seen = 0
        self._shapes: dict[str, tuple[torch.dtype, tuple[int, ...]]] = {}  # of one batch, without its first axis
        self._places: dict[str, int] = {}  # where the next values of each layer go

    def add(self, part: dict[str, Tensor], images: int) -> None:
        """Write the activations of the next images."""
        shapes = {name: (tensor.dtype, tuple(tensor.shape[1:])) for name, tensor in part.items()}
        with self._explained():
            if not self._places:
                self._lay_out(part, images)
                self._shapes = shapes
            self._check(shapes, images)
            for name, tensor in part.items():
                values = tensor.cpu().contiguous().flatten().view(torch.uint8).numpy()
                self._file.seek(self._places[name])
                self._file.write(values.data)
                self._places[name] += values.nbytes
        self._seen += images

    def finish(self) -> None:
        """Let the disk have all of it.

        Raises
        ------
        HierfeatError
            If there were fewer images than the data said, or the disk does not take them.
        """
        if self._seen < self._count:
            raise HierfeatError(f"expected {self._count} images, as many as the data say they have, got {self._seen}")
        with self._explained():
            self._file.flush()
            os.fsync(self._file.fileno())

    def _lay_out(self, part: dict[str, Tensor], images: int) -> None:
        """Write the header; wide types first, so that all values begin where their type may."""
        head: dict[str, Any] = {"__metadata__": {name: json.dumps(value) for name, value in self._about.items()}}
        head["__metadata__"]["layers"] = json.dumps(list(part))
        starts, end = {}, 0
        for name, tensor in sorted(part.items(), key=lambda item: -item[1].element_size()):
            shape = list(tensor.shape) if images >= self._count else [self._count, *tensor.shape[1:]]
            starts[name], end = end, end + tensor.nbytes // max(images, 1) * self._count
            head[name] = {"dtype": _word(tensor.dtype), "shape": shape, "data_offsets": [starts[name], end]}
        text = json.dumps(head).encode()
        text += b" " * (-len(text) % _LENGTH)
        self._file.write(len(text).to_bytes(_LENGTH, "little") + text)
        self._places = {name: _LENGTH + len(text) + starts[name] for name in part}
        self._file.flush()
        make_room = getattr(os, "posix_fallocate", None)  # not on macOS and Windows
        if make_room is not None:
            make_room(self._file.fileno(), 0, _LENGTH + len(text) + end)

    def _check(self, shapes: dict[str, Any], images: int) -> None:
        if shapes != self._shapes:
            raise HierfeatError(
                "the model took different paths for different batches, so that their layers differ: "
                "record the images one by one (batch_size=1, one call each)"
            )
        if self._seen + images > self._count:
            raise HierfeatError(f"expected {self._count} images, as many as the data say they have, got more")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise HierfeatError(
                f"cannot write activations to {self._path}: {error.strerror or error}; nothing of them is left there: "
                "make room, choose another place, or fewer layers"
            ) from error


@contextmanager
def activation_file(path: Path, count: int, about: dict[str, Any]) -> Iterator[ActivationFile]:
    """A file that is at `path` when the block has ended well, and nowhere if it has not."""
    with replacing(path) as partial, partial.open("wb") as file:
        made = ActivationFile(path, file, count, about)
        yield made
        made.finish()


def mapped(path: Path, names: Sequence[str]) -> dict[str, Tensor]:
    """Tensors whose values are read from the file where they are looked at."""
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in names}
    except (OSError, RuntimeError, MemoryError) as error:  # a limit on address space, as `ulimit -v` sets
        raise HierfeatError(
            f"the activations are in {path}, whole, but the system does not map them into memory ({error}): "
            "read them layer by layer with safetensors.safe_open, or raise the limit"
        ) from error


@cache
def _word(dtype: torch.dtype) -> str:
    """What the format calls a type."""
    try:
        return str(json.loads(save({"x": torch.zeros(0, dtype=dtype)})[_LENGTH:])["x"]["dtype"])
    except KeyError:
        raise HierfeatError(f"expected activations of a type that safetensors has, got {dtype}") from None
