"""Tables as CSV files that anyone can read, with what CSV does not say, their types, beside them."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

_DATES = "mM"  # kinds of numpy's dates and durations


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV; cells that are not text or numbers, tuples above all, are JSON."""
    written = {
        place: _written(table.iloc[:, place]) if kind["kind"] == "json" else table.iloc[:, place]
        for place, kind in enumerate(table_types(table)["columns"])
    }
    frame = pd.DataFrame(written, index=table.index)
    frame.columns = table.columns
    frame.to_csv(path, index=False)


def table_types(table: pd.DataFrame) -> dict[str, Any]:
    """What :func:`read_table` must know: each column's name and type, and how many rows there are."""
    return {"rows": len(table), "columns": [_described(table.iloc[:, place]) for place in range(table.shape[1])]}


def read_table(path: Path, types: dict[str, Any]) -> pd.DataFrame:
    """Read a table as it was written, each column with its type."""
    kinds = types["columns"]
    if not kinds:
        return pd.DataFrame(index=pd.RangeIndex(types["rows"]))
    places = [str(place) for place in range(len(kinds))]  # names of columns need not differ
    frame = pd.read_csv(
        path,
        header=0,
        names=places,
        dtype={place: _parsed_as(kind) for place, kind in zip(places, kinds, strict=True)},
        keep_default_na=False,
        na_values={place: [""] for place, kind in zip(places, kinds, strict=True) if kind["kind"] != "text"},
        skip_blank_lines=False,
    )
    columns = [_restored(frame[place], kind) for place, kind in zip(places, kinds, strict=True)]
    restored = pd.DataFrame(dict(zip(places, columns, strict=True)))
    restored.columns = pd.Index([kind["name"] for kind in kinds])
    return restored


def _described(column: "pd.Series[Any]") -> dict[str, Any]:
    """``kind`` is how the cells are written: ``plain`` (as pandas parses their dtype), ``text`` or ``json``."""
    described: dict[str, Any] = {"name": column.name, "dtype": str(column.dtype)}
    if isinstance(column.dtype, pd.CategoricalDtype):
        return described | {"kind": "json", "categories": list(column.cat.categories), "ordered": column.cat.ordered}
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biufc" + _DATES:
        return described | {"kind": "plain"}
    if pd.api.types.is_numeric_dtype(column.dtype):  # pandas' own, with missing values
        return described | {"kind": "plain"}
    missing = column.isna()
    if not all(isinstance(value, str) for value in column[~missing]):
        return described | {"kind": "json"}
    return described | {"kind": "text", "missing": np.flatnonzero(missing).tolist()}


def _written(column: "pd.Series[Any]") -> "pd.Series[Any]":
    cells = [None if _is_missing(value) else json.dumps(value, default=_plain) for value in column]
    return pd.Series(cells, index=column.index, dtype=object)


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value))


def _parsed_as(kind: dict[str, Any]) -> Any:
    """Text, where pandas has no parser for the type, or one that errs in the last place (floats)."""
    return kind["dtype"] if kind["kind"] == "plain" and re.match("u?int|bool", kind["dtype"].lower()) else object


def _restored(column: "pd.Series[Any]", kind: dict[str, Any]) -> "pd.Series[Any]":
    dtype: Any = kind["dtype"]
    if kind["kind"] == "json":
        cells = pd.Series(
            [_tuples(json.loads(text)) if isinstance(text, str) else None for text in column], dtype=object
        )
        if "categories" in kind:
            return cells.astype(pd.CategoricalDtype(kind["categories"], ordered=kind["ordered"]))
        return cells
    if kind["kind"] == "text":
        cells = column.astype(object)
        cells.iloc[kind["missing"]] = None
        return cells if dtype == "object" else cells.astype(dtype)
    if dtype.startswith("complex"):
        return column.map(complex).astype(dtype)
    if dtype.startswith(("float", "Float")):
        return column.astype("float64").astype(dtype)
    return column.astype(dtype)


def _tuples(value: Any) -> Any:
    """What was a tuple, as one again: JSON has lists only."""
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def _plain(value: object) -> Any:
    """What JSON makes of numpy scalars, arrays and paths."""
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else str(value)
