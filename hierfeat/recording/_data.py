"""What a sweep is shown: batches that know the places of their images in the data, and where a restart goes on.

Either all processes are given one map-style data set (`_data_set`), whose batches are dealt out to them in turn:
the same batches however many processes there are. Or each brings images of its own (`_own_images`).
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from hierfeat.recording._checkpoint import Progress

Skipped = list[Any]  # index, name, reason


@dataclass
class Part:
    """One batch."""

    indices: Tensor
    images: Tensor | None  # None where none of them could be read
    labels: Tensor | None = None
    skipped: list[Skipped] = field(default_factory=list)


class Data(ABC):
    """The data of one sweep, as one of its processes sees them.

    Attributes
    ----------
    rounds
        Batches that are left, of the process that has most of them; None if not known.
    """

    rounds: int | None

    @abstractmethod
    def identity(self) -> dict[str, Any]:
        """What a checkpoint notes of the data; None for what is not known. The same on all processes."""

    @abstractmethod
    def start(self, progress: Progress) -> None:
        """Expect to be asked for what comes after `progress`.

        Raises
        ------
        HierfeatError
            If that was made of other data.
        """

    @abstractmethod
    def parts(self) -> Iterator[Part]:
        """The batches of this process that are left."""

    @abstractmethod
    def position(self, rounds: int) -> int:
        """Where in the data the sweep is when every process has seen so many batches more."""

    @abstractmethod
    def seen(self) -> list[str] | None:
        """A digest of what was seen for each process that brings its own; else None. A collective."""


def sha256(tensor: Tensor, before: str = "") -> str:
    digest = hashlib.sha256(f"{before} {tensor.dtype} {tuple(tensor.shape)}".encode())
    digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()
