"""What a sweep gives: the tables of all its measures, in one result."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Self, overload

import pandas as pd

from hierfeat._result import Result
from hierfeat.errors import HierfeatError


class Skipped(NamedTuple):
    """An image of a data set that could not be read."""

    image: int
    path: str
    reason: str


@dataclass(frozen=True, eq=False)
class Sweep(Result, Sequence[Any]):
    """The results of several measures over the same images: a sequence of them, one for each, and one table.

    Attributes
    ----------
    table : pandas.DataFrame
        The measures' tables, one below the other; a column ``measure`` in front says which (``Moments``; a second one
        is ``Moments#2``), and columns that a measure does not have are NaN.
    parts : dict
        By measure, the columns of its own table and their types.
    others : list
        What measures gave that is no table, None for those whose result is one.
    skipped : list of tuple
        The images that could not be read: ``(image, path, reason)``, by their places in the data.

    Notes
    -----
    ``moments, active = hf.sweep(...)`` takes it apart into what each measure gives, and ``found[0]`` is the first.
    """

    parts: dict[str, Any]
    others: list[Any] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    @classmethod
    def of(
        cls, names: Sequence[str], results: Sequence[Any], provenance: dict[str, Any], skipped: Sequence[Skipped] = ()
    ) -> Self:
        """Put the results of measures, whose kinds are `names`, together."""
        unique = [f"{name}#{names[:k].count(name) + 1}" if name in names[:k] else name for k, name in enumerate(names)]
        tables = {name: found for name, found in zip(unique, results, strict=True) if _is_table(found)}
        parts = {name: {str(column): str(kind) for column, kind in t.dtypes.items()} for name, t in tables.items()}
        frames = [found.assign(measure=name) for name, found in tables.items()]
        table = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({"measure": []})
        table = table[["measure", *(name for name in table.columns if name != "measure")]]
        others = [None if _is_table(found) else found for found in results]
        return cls(table=table, provenance=provenance, parts=parts, others=others, skipped=list(skipped))

    def __len__(self) -> int:
        return len(self.others)

    def __iter__(self) -> Iterator[Any]:
        names = iter(self.parts)
        for other in self.others:
            yield self._own(next(names)) if other is None else other

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        return list(self)[index]

    def save(self, folder: str | Path) -> Path:
        """Write the table and all else into `folder`; see :meth:`Result.save`.

        Raises
        ------
        HierfeatError
            If a measure gave something that is no table.
        """
        if any(other is not None for other in self.others):
            kinds = sorted({type(other).__name__ for other in self.others if other is not None})
            raise HierfeatError(f"expected measures whose results are tables, to save them; got {', '.join(kinds)}")
        return super().save(folder)

    def _own(self, name: str) -> pd.DataFrame:
        """The table of one measure, as it was."""
        kinds = self.parts[name]
        rows = self.table.loc[self.table["measure"] == name, list(kinds)].reset_index(drop=True)
        return rows.astype({column: kind for column, kind in kinds.items() if str(rows[column].dtype) != kind})


def _is_table(found: Any) -> bool:
    return isinstance(found, pd.DataFrame) and "measure" not in found.columns
