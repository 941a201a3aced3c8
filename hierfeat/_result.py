"""What every analysis returns: a tidy table, named arrays, where they came from, a plot, and files."""

import dataclasses
import hashlib
import importlib
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeGuard, cast

import numpy as np
import pandas as pd
from pandas.api.types import is_float_dtype
from safetensors.numpy import load_file, save

from hierfeat._files import write_together
from hierfeat._plain_text import printable
from hierfeat._tables import read_table, table_types, write_table
from hierfeat.errors import HierfeatError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TABLE, _ARRAYS, _META = "table.csv", "arrays.safetensors", "result.json"
_TEXT_FILES, _OTHER_FILES = {".csv", ".tsv", ".json", ".txt", ".html"}, {".safetensors", ".pt", ".npz", ".parquet"}
_FIGURES = {".png", ".pdf", ".svg"}
_SUFFIXES = _TEXT_FILES | _OTHER_FILES | _FIGURES | {".pth", ".npy", ".xlsx", ".pkl", ".h5", ".zip"}
_VIEW: dict[str, Any] = {"index": False, "max_rows": 20, "na_rep": "", "float_format": "{:.4g}".format}


class drawn:
    """A method that is a function of ``hierfeat.plots``: ``plot = drawn("tuning.plot_orientation_tuning")``.

    What the class or an object is asked for is that function, as a method: ``help`` and ``inspect.signature`` show
    its own docstring and parameters, with ``ax=`` and ``figure=`` to draw elsewhere than on a figure of its own. Only
    then is its module imported, and matplotlib with it; a class that names its plot, and a result that is made, printed
    or listed, need neither.

    Parameters
    ----------
    name
        The module in ``hierfeat.plots`` and the function in it, whose first argument is the object to draw.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, _owner: type | None = None) -> Callable[..., "Figure"]:
        module, _, function = self.name.partition(".")
        draw = getattr(importlib.import_module(f"hierfeat.plots.{module}"), function)
        as_method = importlib.import_module("hierfeat.plots._canvas").as_method
        return cast(Callable[..., "Figure"], as_method(draw, instance))


@dataclass(frozen=True, eq=False)
class Result:
    """The base of every result; subclasses add named arrays and name their plot, by :class:`drawn`.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per layer, channel or condition.
    provenance : dict
        Model, sha256 of its weights, parameters, seed and versions.

    Notes
    -----
    A subclass is a frozen dataclass. Its further fields may be numpy arrays, dicts from names to numpy
    arrays, or values that JSON can hold; ``save`` and ``load`` handle each without a line of their own.
    """

    table: pd.DataFrame
    provenance: dict[str, Any]

    def __init_subclass__(cls, **options: Any) -> None:
        """Keep the short ``repr``: a dataclass would write out every array that it holds."""
        super().__init_subclass__(**options)
        if "__repr__" not in cls.__dict__:
            cls.__repr__ = Result.__repr__  # type: ignore[method-assign]

    def __repr__(self) -> str:
        table = without_none(self.table).to_string(**_VIEW, max_colwidth=60)
        return printable(f"{self._heading()}\n{table}\nand {', '.join(self._offers())}")

    def _repr_html_(self) -> str:
        heading, offers = escape(self._heading()), ", ".join(f"<code>{name}</code>" for name in self._offers())
        return f"<p>{heading}</p>{without_none(self.table).to_html(**_VIEW, border=0)}<p>and {offers}</p>"

    if not TYPE_CHECKING:  # type checkers are to go on finding names that there are not

        def __getattr__(self, name: str) -> Any:
            hint = f"; its table has: .table.{name}" if not name.startswith("_") and hasattr(pd.DataFrame, name) else ""
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{hint}", name=name, obj=self)

    def _heading(self) -> str:
        model = self.provenance.get("model")
        return f"{type(self).__name__}{f' of {model}' if model else ''}, {len(self.table)} rows"

    def _offers(self) -> list[str]:
        """What there is besides the table, as one would type it."""
        names = [name for name in dir(self) if not name.startswith("_") and name not in ("table", "load")]
        return [f".{name}()" if self._has_method(name) else f".{name}" for name in names]

    def _has_method(self, name: str) -> bool:
        """Whether `name` is a method, found without asking for it: that would import a plot."""
        value = inspect.getattr_static(type(self), name, None)
        return callable(value) or isinstance(value, drawn | classmethod)

    def save(self, folder: str | Path) -> Path:
        """Write ``table.csv``, ``arrays.safetensors`` and ``result.json`` into `folder`, and return it.

        Parameters
        ----------
        folder
            Made if it is not there; a result in it is replaced, as a whole.

        Raises
        ------
        HierfeatError
            If `folder` has a file's name, or cannot be written to.
        """
        folder = _as_folder(folder)
        arrays, meta = _split(self)
        meta |= {
            "class": type(self).__name__,
            "module": type(self).__module__,
            "table": table_types(self.table),
            "provenance": self.provenance,
        }
        sums: dict[str, str] = {}

        def write_meta(path: Path) -> None:
            text = json.dumps(meta | {"sha256": sums}, indent=1, default=_plain)
            path.write_text(f"{text}\n", encoding="utf-8")

        parts = {
            _TABLE: _summed(_TABLE, sums, lambda path: write_table(self.table, path)),
            _ARRAYS: _summed(_ARRAYS, sums, lambda path: path.write_bytes(save(arrays))),
        }
        write_together(folder, parts | {_META: write_meta})
        return folder

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what :meth:`save` wrote; ``hf.Result.load`` reads a result of any class.

        Raises
        ------
        HierfeatError
            If the folder holds no result, or one of another class, or if one of its files is missing, damaged, or of
            another saving than the rest.
        """
        folder = Path(folder)
        if not (folder / _META).is_file():
            raise HierfeatError(f"expected a result saved by {cls.__name__}.save in {folder}; it has no {_META}")
        meta = _read_meta(folder)
        if cls is Result and meta["class"] != "Result" and meta["module"].startswith("hierfeat."):
            return cast(Self, getattr(importlib.import_module(meta["module"]), meta["class"]).load(folder))
        if meta["class"] != cls.__name__:
            raise HierfeatError(f"{folder} holds a {meta['class']}, not a {cls.__name__}: use {meta['class']}.load")
        for name, expected in meta["sha256"].items():
            _check_part(folder / name, expected)
        fields = meta["fields"] | _join(load_file(folder / _ARRAYS), meta["mappings"])
        return cls(table=read_table(folder / _TABLE, meta["table"]), provenance=meta["provenance"], **fields)


def _as_folder(folder: str | Path) -> Path:
    """The folder to save into; not a name that is a file's."""
    if not isinstance(folder, str | Path):
        raise HierfeatError(f"expected the path of a folder to save into, got {type(folder).__name__}")
    folder = Path(folder)
    if folder.suffix.lower() in _SUFFIXES:
        raise HierfeatError(
            f"expected a folder to save into, got {folder}, which is a file's name: "
            f"write save({str(folder.with_suffix(''))!r}), or .table.to_csv(...) for the table alone"
        )
    if folder.is_file():
        raise HierfeatError(f"expected a folder to save into; {folder} is a file")
    return folder


def _read_meta(folder: Path) -> dict[str, Any]:
    try:
        meta: dict[str, Any] = json.loads((folder / _META).read_text(encoding="utf-8"))
        for key in ("class", "module", "table", "fields", "mappings", "provenance", "sha256"):
            meta[key]
    except (ValueError, KeyError, TypeError) as error:
        raise HierfeatError(f"{folder / _META} is damaged: {error}; save the result again") from error
    return meta


def _check_part(path: Path, expected: str) -> None:
    if not path.is_file():
        raise HierfeatError(f"{path} is missing: the result is not whole; save it again")
    if _sha256(path) != expected:
        raise HierfeatError(
            f"{path} is not the one that was saved with {_META}: it is damaged, was edited, or saving was interrupted; "
            "save the result again"
        )


def _summed(name: str, sums: dict[str, str], write: Callable[[Path], object]) -> Callable[[Path], None]:
    """Write, and note the sum of what was written: by it, loading knows the parts of one saving."""

    def write_and_note(path: Path) -> None:
        write(path)
        sums[name] = _sha256(path)

    return write_and_note


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def without_none(table: pd.DataFrame) -> pd.DataFrame:
    """The table to look at: blanks where pandas prints ``None`` and ``<NA>``; floats keep their NaN for ``na_rep``."""
    columns = {
        name: column if is_float_dtype(column) else column.astype(object).where(column.notna(), "")
        for name, column in table.items()
    }
    return pd.DataFrame(columns, index=table.index)


def _split(result: Result) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Part a result's own fields into arrays for safetensors and values for JSON."""
    arrays: dict[str, np.ndarray] = {}
    values: dict[str, Any] = {}
    mappings: dict[str, list[str]] = {}
    for field in dataclasses.fields(result):
        value = getattr(result, field.name)
        if field.name in ("table", "provenance"):
            continue
        if isinstance(value, np.ndarray):
            arrays[field.name] = np.asarray(value, order="C")
        elif _is_mapping_of_arrays(value):
            mappings[field.name] = list(value)  # safetensors sorts; layers stand in call order
            arrays |= {f"{field.name}/{key}": np.asarray(array, order="C") for key, array in value.items()}
        else:
            values[field.name] = value
    return arrays, {"fields": values, "mappings": mappings}


def _is_mapping_of_arrays(value: object) -> TypeGuard[dict[str, np.ndarray]]:
    return isinstance(value, dict) and bool(value) and all(isinstance(item, np.ndarray) for item in value.values())


def _join(arrays: dict[str, np.ndarray], mappings: dict[str, list[str]]) -> dict[str, Any]:
    fields = {name: {key: arrays.pop(f"{name}/{key}") for key in keys} for name, keys in mappings.items()}
    return fields | arrays


def _plain(value: object) -> Any:
    """What JSON makes of numpy scalars, arrays and paths."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return str(value)
