"""Tar files in WebDataset's form, by number: members ``KEY.jpg`` and ``KEY.cls`` that follow each other are one sample.

The library ``webdataset`` reads shards in their order only. What is dealt out to processes, and gone on with after a
kill, is asked for by number: the heads of all members are read once, and of each sample its bytes when it is needed.
"""

import glob
import re
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

from hierfeat.errors import HierfeatError

_BRACES = re.compile(r"\{(\d+)\.\.(\d+)\}")


@dataclass
class _Sample:
    shard: str
    key: str
    members: dict[str, tuple[int, int]] = field(default_factory=dict)  # by suffix: where the bytes begin, how many


class TarShards:
    """The samples of some shards, each a dict of bytes by suffix.

    Parameters
    ----------
    pattern
        Files by ``*`` and ``?``, and runs of numbers by braces: ``photos-{000..012}.tar``.

    Raises
    ------
    HierfeatError
        If there are no such files, or one is no tar file.
    """

    def __init__(self, pattern: str) -> None:
        shards = [path for one in _expanded(pattern) for path in (sorted(glob.glob(one)) or [one])]  # noqa: PTH207
        missing = [path for path in shards if not Path(path).is_file()]
        if missing:
            raise HierfeatError(f"expected tar files as {pattern}; there is no file {missing[0]}")
        self._samples = [sample for shard in shards for sample in _samples(shard)]

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, index: int) -> dict[str, bytes | int]:
        sample, found = self._samples[index], {}
        with open(sample.shard, "rb") as file:  # noqa: PTH123
            for suffix, (start, length) in sample.members.items():
                file.seek(start)
                found[suffix] = file.read(length)
        return {suffix: _number(content) if suffix == "cls" else content for suffix, content in found.items()}

    def path(self, index: int) -> str:
        """The file and the key of a sample."""
        return f"{self._samples[index].shard}/{self._samples[index].key}"


def _expanded(pattern: str) -> list[str]:
    braces = _BRACES.search(pattern)
    if braces is None:
        return [pattern]
    first, last = braces.groups()
    numbers = (str(number).zfill(len(first)) for number in range(int(first), int(last) + 1))
    return [
        more
        for number in numbers
        for more in _expanded(f"{pattern[: braces.start()]}{number}{pattern[braces.end() :]}")
    ]


def _samples(shard: str) -> list[_Sample]:
    found: list[_Sample] = []
    try:
        with tarfile.open(shard, "r:") as archive:
            for member in archive:
                folder, _, name = member.name.rpartition("/")
                stem, dot, suffix = name.partition(".")
                if not member.isfile() or not dot or not stem:
                    continue
                key = f"{folder}/{stem}" if folder else stem
                if not found or found[-1].key != key:
                    found.append(_Sample(shard, key))
                found[-1].members[suffix.lower()] = (member.offset_data, member.size)
    except tarfile.TarError as error:
        raise HierfeatError(f"expected an uncompressed tar file, got {shard}: {error}") from error
    return found


def _number(content: bytes) -> int:
    text = content.decode(errors="replace").strip()
    return int(text) if text.lstrip("-").isdecimal() else -1
