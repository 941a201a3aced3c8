"""Several processes, one result: what they tell each other, and how they merge what they gathered.

Everything here that communicates is a collective: each process of the group must come to it. Nothing is pickled.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from safetensors.torch import load, save
from torch import Tensor

from hierfeat.errors import HierfeatError

T = TypeVar("T")
States = list[dict[str, Tensor]]  # of several measures
Gathered = tuple[States, Any]  # and words about them


class Group:
    """The processes that sweep together: one, unless ``torch.distributed`` is initialised and it is asked for."""

    def __init__(self, *, alone: bool = False) -> None:
        together = not alone and dist.is_available() and dist.is_initialized()
        self.rank, self.size = (dist.get_rank(), dist.get_world_size()) if together else (0, 1)
        on_gpu = together and dist.get_backend() == "nccl"
        self._device = torch.device("cuda", torch.cuda.current_device()) if on_gpu else torch.device("cpu")

    @property
    def is_first(self) -> bool:
        """Whether this process is the one that reads and writes checkpoints."""
        return self.rank == 0

    def texts(self, text: str) -> list[str]:
        """What each process says, in the order of ranks."""
        if self.size == 1:
            return [text]
        mine = _bytes(text.encode()).to(self._device)
        lengths = [torch.zeros(1, dtype=torch.int64, device=self._device) for _ in range(self.size)]
        self._together(lambda: dist.all_gather(lengths, torch.tensor([len(mine)], device=self._device)))
        longest = max(int(length) for length in lengths)
        padded = torch.zeros(longest, dtype=torch.uint8, device=self._device)
        padded[: len(mine)] = mine
        all_of_them = [torch.zeros_like(padded) for _ in range(self.size)]
        if longest:
            self._together(lambda: dist.all_gather(all_of_them, padded))
        pairs = zip(all_of_them, lengths, strict=True)
        return [_plain(said[: int(length)]).decode() for said, length in pairs]

    def numbers(self, number: int) -> list[int]:
        """Each process's number."""
        return [int(text) for text in self.texts(str(number))]

    def agree(self, error: BaseException | None) -> None:
        """Go on only if no process has an error; otherwise each raises its own, or says whose it is.

        Raises
        ------
        HierfeatError
            If another process has failed.
        """
        said = self.texts("" if error is None else f"{type(error).__name__}: {error}"[:2000])
        if error is not None:
            raise error
        for rank, text in enumerate(said):
            if text:
                raise HierfeatError(f"the sweep is stopped: process {rank} of {self.size} failed with {text}")

    def attempt(self, act: Callable[[], T]) -> T:
        """Let the first process act, and give all what came of it: text, numbers, lists and dicts.

        Raises
        ------
        HierfeatError
            On every process, if the first one failed.
        """
        found, error = None, None
        if self.is_first:
            try:
                found = act()
            except Exception as failure:
                error = failure
        self.agree(error)
        if self.size > 1:
            found = json.loads(self.texts(json.dumps(found))[0])
        return found  # type: ignore[return-value]

    def gathered(self, collect: Callable[[], Gathered], merge: Callable[[Gathered], None]) -> None:
        """Merge what all processes gathered into what the first has.

        By a binary tree: each process sends once, after it has merged what was sent to it; the longest way is
        log₂(processes).
        """
        step = 1
        while step < self.size and self.rank % (2 * step) == 0:
            if self.rank + step < self.size:
                merge(self._receive(self.rank + step))
            step *= 2
        if step < self.size:
            self._send(self.rank - step, collect())

    def _send(self, to: int, gathered: Gathered) -> None:
        content = packed(*gathered).to(self._device)
        self._together(lambda: dist.send(torch.tensor([len(content)], device=self._device), to))
        self._together(lambda: dist.send(content, to))

    def _receive(self, source: int) -> Gathered:
        length = torch.zeros(1, dtype=torch.int64, device=self._device)
        self._together(lambda: dist.recv(length, source))
        content = torch.empty(int(length), dtype=torch.uint8, device=self._device)
        self._together(lambda: dist.recv(content, source))
        return unpacked(content)

    def from_first(self, states: States) -> States:
        """The states that the first process has."""
        if self.size == 1:
            return states
        content = packed(states, None).to(self._device) if self.is_first else torch.zeros(0, dtype=torch.uint8)
        length = torch.tensor([len(content)], device=self._device)
        self._together(lambda: dist.broadcast(length, 0))
        if not self.is_first:
            content = torch.empty(int(length), dtype=torch.uint8, device=self._device)
        self._together(lambda: dist.broadcast(content, 0))
        return states if self.is_first else unpacked(content)[0]

    def _together(self, act: Callable[[], object]) -> None:
        """Communicate; say in words what it means where another process is gone."""
        try:
            act()
        except RuntimeError as error:
            first = str(error).strip().splitlines()[0]
            raise HierfeatError(
                f"the sweep is stopped: another of its {self.size} processes has ended, or does not answer ({first}); "
                "its checkpoint is whole, and a new start, with as many processes or others, goes on from there"
            ) from error


def packed(states: Sequence[dict[str, Tensor]], about: Any) -> Tensor:
    """Tensors, the order of their names, and words about them, as bytes."""
    keys = [list(state) for state in states]  # safetensors sorts; call order is part of the state
    tensors = {
        f"{number}/{key}": value.detach().cpu().contiguous().clone()
        for number, state in enumerate(states)
        for key, value in state.items()
    }
    words = _bytes(json.dumps({"keys": keys, "about": about}).encode())
    return _bytes(save({**tensors, "about": words}))


def unpacked(content: Tensor) -> Gathered:
    """What :func:`packed` has packed."""
    tensors = load(_plain(content))
    words = json.loads(_plain(tensors["about"]))
    return [{key: tensors[f"{n}/{key}"] for key in keys} for n, keys in enumerate(words["keys"])], words["about"]


def _bytes(content: bytes) -> Tensor:
    return torch.frombuffer(bytearray(content), dtype=torch.uint8) if content else torch.zeros(0, dtype=torch.uint8)


def _plain(content: Tensor) -> bytes:
    return content.cpu().numpy().tobytes()
