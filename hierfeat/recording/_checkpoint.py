"""Saving a sweep that may be killed, and taking it up again.

A checkpoint is one safetensors file. It is put in place whole, holds a checksum of all its bytes, and says of which
network, layers, measures and images it is.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor

from hierfeat._files import replacing
from hierfeat.errors import HierfeatError

_BLANK = b"0" * 64  # in place of the checksum while it is computed
_KEY = b'"sha256":"'
_HEAD = 1 << 10  # bytes among which the checksum stands
Identity = dict[str, Any]


@dataclass
class Progress:
    """How far a sweep is.

    Attributes
    ----------
    position
        Batches seen: of the data set, or, where each process brings images of its own, of each process.
    images
        Images seen, those that were skipped not among them.
    skipped
        (index, name, reason) of each image that could not be read.
    seen
        A digest of what was seen, for each process that brings images of its own; None for a map-style data set.
    """

    position: int = 0
    images: int = 0
    skipped: list[list[Any]] = field(default_factory=list)
    seen: list[str] | None = None


class Checkpoint:
    """The file of one sweep: read once, then written again and again.

    Parameters
    ----------
    path
        The file, which need not exist.
    identity
        What the sweep is of. Each value is a plain one, or a dict of such; None says that a value is not known.
    """

    def __init__(self, path: Path, identity: Identity) -> None:
        self._path, self._identity = path, identity
        self._ours: bytes | None = None  # the checksum of the file as this sweep has last read or written it

    def read(self) -> tuple[Progress, list[dict[str, Tensor]]] | None:
        """What the file holds; None if there is none.

        Raises
        ------
        HierfeatError
            If it is damaged, or of another sweep.
        """
        if not self._path.exists():
            return None
        content = _checked(self._path)
        try:
            tensors = load(content)
            about = json.loads(tensors["sweep"].numpy().tobytes())
            states = [{key: tensors[f"{n}/{key}"] for key in keys} for n, keys in enumerate(about["keys"])]
            progress, identity = Progress(**about["progress"]), about["identity"]
        except Exception as error:
            raise HierfeatError(_not_one(self._path, str(error))) from error
        self._compare(identity)
        self._ours = _checksum_of(self._path)
        return progress, states

    def write(self, progress: Progress, states: Sequence[Mapping[str, Tensor]]) -> None:
        """Put the state of all measures in place of what the file held, whole or not at all.

        Raises
        ------
        HierfeatError
            If another sweep has written the file meanwhile, or it cannot be written.
        """
        about = {
            "progress": asdict(progress),
            "identity": self._identity,
            "keys": [list(state) for state in states],  # safetensors sorts; call order is part of the state
        }
        tensors = {f"{n}/{key}": value for n, state in enumerate(states) for key, value in state.items()}
        content, checksum = _sealed({key: value.detach().cpu().contiguous() for key, value in tensors.items()}, about)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with _one_at_a_time(self._path.parent), replacing(self._path) as partial:
                self._refuse_a_strangers_file()
                with partial.open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
        except OSError as error:
            raise HierfeatError(
                f"cannot write the checkpoint {self._path}: {error.strerror or error}; what it held before is whole: "
                "make room, and start again to go on from there"
            ) from error
        self._ours = checksum

    def _refuse_a_strangers_file(self) -> None:
        there = _checksum_of(self._path) if self._path.exists() else None
        if there != self._ours:
            what = "is gone" if there is None else "was written"
            raise HierfeatError(
                f"checkpoint {self._path} {what} since this sweep has read or written it: another sweep uses it, "
                "or somebody has moved it; give each sweep a file of its own"
            )

    def _compare(self, then: Identity) -> None:
        """Refuse a checkpoint of another sweep, by the first thing in which they differ."""
        for name, now in self._identity.items():
            before = then.get(name)
            if before is not None and now is not None and before != now:
                raise HierfeatError(
                    f"checkpoint {self._path} is of another sweep: it was made with {name} = {_short(before)}, this "
                    f"one has {_short(now)}; remove the file, or name another"
                )


def _short(value: Any) -> str:
    text = json.dumps(value) if isinstance(value, list | dict) else str(value)
    return text if len(text) <= 300 else f"{text[:300]} ..."


def _sealed(tensors: dict[str, Tensor], about: dict[str, Any]) -> tuple[bytes, bytes]:
    """A safetensors file with its own checksum in it, and the checksum."""
    words = torch.frombuffer(bytearray(json.dumps(about).encode()), dtype=torch.uint8)
    content = save({**tensors, "sweep": words}, {"sha256": _BLANK.decode()})
    place = content.index(_KEY + _BLANK) + len(_KEY)
    checksum = hashlib.sha256(content).hexdigest().encode()
    return content[:place] + checksum + content[place + len(_BLANK) :], checksum


def _checked(path: Path) -> bytes:
    """The bytes of a checkpoint, without its checksum, which they fit.

    Raises
    ------
    HierfeatError
        If they do not, or it is no checkpoint.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise HierfeatError(_not_one(path, str(error.strerror))) from error
    found = content.find(_KEY, 0, _HEAD)
    if found < 0:
        raise HierfeatError(_not_one(path, "it has no checksum"))
    place = found + len(_KEY)
    checksum, blank = content[place : place + len(_BLANK)], content[:place] + _BLANK + content[place + len(_BLANK) :]
    if hashlib.sha256(blank).hexdigest().encode() != checksum:
        raise HierfeatError(
            f"checkpoint {path} is damaged: its bytes do not fit its checksum; remove it, and the sweep starts anew"
        )
    return blank


def _checksum_of(path: Path) -> bytes | None:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    place = head.find(_KEY)
    return None if place < 0 else head[place + len(_KEY) :][: len(_BLANK)]


def _not_one(path: Path, why: str) -> str:
    return f"{path} is not a checkpoint of a sweep ({why}); remove it or name another"


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Keep other sweeps from looking and writing in between, where the system has such locks on folders."""
    handle = None
    with suppress(ImportError, OSError):
        import fcntl

        handle = os.open(folder, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)
