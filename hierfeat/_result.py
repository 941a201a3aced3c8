"""What every analysis returns: a tidy table, named arrays, where they came from, a plot, and files."""

import dataclasses
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
from safetensors.numpy import load_file, save_file

from hierfeat._files import write_text, write_with
from hierfeat.errors import HierfeatError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TABLE, _ARRAYS, _META = "table.csv", "arrays.safetensors", "result.json"
_VIEW: dict[str, Any] = {"index": False, "max_rows": 20, "na_rep": "", "float_format": "{:.4g}".format}


class drawn:
    """A method that is a function of ``hierfeat.plots``: ``plot = drawn("tuning.plot_orientation_tuning")``.

    What the class or an object is asked for is that function, as a method: ``help`` and ``inspect.signature`` show
    its own docstring and parameters. Only then is its module imported, and matplotlib with it; a class that names
    its plot, and a result that is made, printed or listed, need neither.

    Parameters
    ----------
    name
        The module in ``hierfeat.plots`` and the function in it, whose first argument is the object to draw.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type | None = None) -> Callable[..., "Figure"]:
        module, _, function = self.name.partition(".")
        method = getattr(importlib.import_module(f"hierfeat.plots.{module}"), function)
        return cast(Callable[..., "Figure"], method.__get__(instance, owner))


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
        return f"{self._heading()}\n{table}\nand {', '.join(self._offers())}"

    def _repr_html_(self) -> str:
        heading, offers = escape(self._heading()), ", ".join(f"<code>{name}</code>" for name in self._offers())
        return f"<p>{heading}</p>{without_none(self.table).to_html(**_VIEW, border=0)}<p>and {offers}</p>"

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
        """Write ``table.csv``, ``arrays.safetensors`` and ``result.json`` into `folder`, and return it."""
        folder = Path(folder)
        arrays, meta = _split(self)
        encoded, columns = _encode(self.table)
        write_with(folder / _TABLE, lambda path: encoded.to_csv(path, index=False))
        write_with(folder / _ARRAYS, lambda path: save_file(arrays, path))
        meta |= {
            "class": type(self).__name__,
            "module": type(self).__module__,
            "columns": columns,
            "provenance": self.provenance,
        }
        write_text(folder / _META, json.dumps(meta, indent=1, default=_plain) + "\n")
        return folder

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what :meth:`save` wrote; ``hf.Result.load`` reads a result of any class.

        Raises
        ------
        HierfeatError
            If the folder holds no result, or one of another class.
        """
        folder = Path(folder)
        if not (folder / _META).is_file():
            raise HierfeatError(f"expected a result saved by {cls.__name__}.save in {folder}; it has no {_META}")
        try:
            meta = json.loads((folder / _META).read_text(encoding="utf-8"))
        except ValueError as error:
            raise HierfeatError(f"{folder / _META} is damaged: {error}; save the result again") from error
        if cls is Result and meta["module"].startswith("hierfeat."):
            return cast(Self, getattr(importlib.import_module(meta["module"]), meta["class"]).load(folder))
        if meta["class"] != cls.__name__:
            raise HierfeatError(f"{folder} holds a {meta['class']}, not a {cls.__name__}: use {meta['class']}.load")
        table = _decode(
            pd.read_csv(folder / _TABLE, keep_default_na=False, na_values=[""], dtype=object), meta["columns"]
        )
        fields = meta["fields"] | _join(load_file(folder / _ARRAYS), meta["mappings"])
        return cls(table=table, provenance=meta["provenance"], **fields)


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


def _encode(table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """Write tuples as JSON text; remember every column's type."""
    table = table.copy()
    columns: dict[str, str] = {}
    for name in table.columns:
        values = table[name].dropna()
        if len(values) and values.map(lambda value: isinstance(value, tuple)).all():
            columns[name] = "tuple"
            table[name] = table[name].map(
                lambda value: json.dumps(value, default=_plain) if isinstance(value, tuple) else value
            )
        else:
            columns[name] = _type_name(table[name])
    return table, columns


def _type_name(column: "pd.Series[Any]") -> str:
    """A numeric dtype's name; ``str``, or ``str?`` where some are missing, for everything else."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        return str(column.dtype)
    return "str?" if column.isna().any() else "str"


def _decode(table: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    for name, kind in columns.items():
        if kind == "tuple":
            table[name] = table[name].map(lambda text: tuple(json.loads(text)) if isinstance(text, str) else None)
        elif kind == "bool":
            table[name] = table[name] == "True"
        elif kind == "str":
            table[name] = table[name].fillna("")
        elif kind.startswith("float"):  # each by its own text, exactly: to_numeric of pandas 2 errs in the last place
            table[name] = table[name].astype("float64").astype(cast(Any, kind))
        elif kind != "str?":
            table[name] = pd.to_numeric(table[name]).astype(cast(Any, kind))
    return table


def _plain(value: object) -> Any:
    """What JSON makes of numpy scalars, arrays and paths."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return str(value)
