"""Results at the limits: all values NaN, one layer, 300 layers, one channel, 2,000 channels."""

import dataclasses
from typing import Any

import numpy as np
import pandas as pd

from hierfeat._result import Result

PLACES = {
    "orientations", "offsets", "directions", "diameters", "contrasts", "lengths", "frequencies", "phases",
    "fitted_orientations", "phase_windows", "frames",
    "dy", "dx", "amount", "epoch", "orientation", "offset", "distance",
}  # fmt: skip
"""Where something was measured, not what."""
MEASURED = {"accuracy", "consistency", "variation", "blank"}


def all_nan(result: Result) -> Result:
    """Every number that was measured is NaN."""
    table = result.table.copy()
    for name in table.columns:
        if pd.api.types.is_float_dtype(table[name]) and name not in PLACES:
            table[name] = np.nan
    changed: dict[str, Any] = {"table": table}
    for field in dataclasses.fields(result):
        value = getattr(result, field.name)
        if field.name in PLACES or field.name == "table":
            continue
        if isinstance(value, dict):
            changed[field.name] = {key: _nan(item, field.name) for key, item in value.items()}
        elif isinstance(value, np.ndarray) or field.name in MEASURED:
            changed[field.name] = _nan(value, field.name)
    return dataclasses.replace(result, **changed)


def _nan(value: Any, field: str) -> Any:
    if isinstance(value, float):
        return float("nan")
    if not isinstance(value, np.ndarray) or not np.issubdtype(value.dtype, np.floating):
        return value
    gone = np.full_like(value, np.nan)
    if field in ("before", "after"):  # the left edges of a distribution's bins, above its shares
        gone[0] = value[0]
    return gone


def layer_column(result: Result) -> str | None:
    return next((name for name in ("layer", "pool") if name in result.table), None)


def with_layers(result: Result, count: int) -> Result:
    """The result as of `count` layers, its own repeated under other names, or its first one."""
    column = layer_column(result)
    own = list(dict.fromkeys(result.table[column]))
    names = (
        own[:1]
        if count == 1
        else [f"features.stage{k // 50}.block{k:03d}.unit.{own[k % len(own)]}" for k in range(count)]
    )
    sources = [own[k % len(own)] for k in range(count)]
    if "other" in result.table:
        return _similarity(result, names, [k % len(own) for k in range(count)])
    parts = dict(iter(result.table.groupby(column, sort=False)))
    table = pd.concat(
        [parts[source].assign(**{column: name}) for name, source in zip(names, sources, strict=True)],
        ignore_index=True,
    )
    changed: dict[str, Any] = {"table": table}
    for field in dataclasses.fields(result):
        value = getattr(result, field.name)
        if isinstance(value, dict) and value and set(value) <= set(own):
            changed[field.name] = {n: value[s] for n, s in zip(names, sources, strict=True) if s in value}
        elif field.name == "crossings":
            changed[field.name] = value[[own.index(source) for source in sources]]
    return dataclasses.replace(result, **changed)


def without_layer(result: Result, place: int) -> Result:
    """The result with all that was measured of one layer NaN."""
    column = layer_column(result)
    names = list(dict.fromkeys(result.table[column]))
    own, table = result.table[column] == names[place], result.table.copy()
    for name in table.columns:
        if pd.api.types.is_numeric_dtype(table[name]) and name not in PLACES | {"channel", "rank"}:
            table[name] = table[name].astype(float).mask(own)
    changed: dict[str, Any] = {"table": table}
    for field in dataclasses.fields(result):
        value = getattr(result, field.name)
        if isinstance(value, dict) and names[place] in value:
            changed[field.name] = value | {names[place]: _nan(value[names[place]], field.name)}
        elif field.name in ("crossings", "cka", "rsa"):
            changed[field.name] = value.astype(float)
            changed[field.name][place] = np.nan
    return dataclasses.replace(result, **changed)


def _similarity(result: Any, names: list[str], places: list[int]) -> Result:
    table = pd.DataFrame([(one, other) for one in names for other in names], columns=["layer", "other"])
    chosen = np.ix_(places, places)
    return dataclasses.replace(result, table=table, cka=result.cka[chosen], rsa=result.rsa[chosen])


def with_channels(result: Result, count: int) -> Result:
    """The result as of `count` channels in every layer, its own repeated, or the first one."""
    table = result.table
    groups = dict(iter(table.groupby("layer", sort=False))) if "layer" in table else {"": table}
    sizes = {name: int(rows["channel"].max()) + 1 for name, rows in groups.items()}
    parts = []
    for rows in groups.values():
        own = sorted(rows["channel"].unique())
        new = pd.DataFrame({"channel": [own[k % len(own)] for k in range(count)], "new": range(count)})
        parts.append(new.merge(rows, on="channel").drop(columns="channel").rename(columns={"new": "channel"}))
    changed: dict[str, Any] = {"table": pd.concat(parts, ignore_index=True)[list(table.columns)]}
    if "opposite" in table:
        changed["table"]["opposite"] %= count
    total = max(sizes.values())
    for field in dataclasses.fields(result):
        value = getattr(result, field.name)
        if field.name in PLACES:
            continue
        if isinstance(value, dict) and value and set(value) <= set(sizes):
            changed[field.name] = {name: _repeat(item, sizes[name], count) for name, item in value.items()}
        elif isinstance(value, np.ndarray):
            changed[field.name] = _repeat(value, total, count)
    return dataclasses.replace(result, **changed)


def _repeat(value: Any, size: int, count: int) -> Any:
    """Repeat along the first axis, if that is the channels."""
    if isinstance(value, np.ndarray) and value.ndim and len(value) == size:
        return value[np.arange(count) % size]
    return value


LAYERED = {  # the others are of one layer, or of layers that hang together: for those a deep network is made
    "additivity", "cell_pairs", "class_selectivity", "comparison", "contrast_response", "direction_tuning",
    "end_stopping", "fingerprint", "gradient_flow", "invariance_score", "layer_probes", "linear_regions",
    "nonnegativity", "opposite_phase", "participation_ratio", "pooling_invariance", "population", "profile",
    "sensitivity_map", "similarity", "size_tuning", "top_patches", "transformation_invariance",
    "translation_invariance", "tuning",
}  # fmt: skip
OF_ONE_LAYER = {"contrast_response", "direction_tuning", "end_stopping", "size_tuning", "top_patches", "tuning"}
"""Plots of the layer that is asked for, by default the first."""
CHANNELLED = {
    "class_selectivity", "contrast_response", "direction_tuning", "effective_field", "end_stopping", "filters",
    "filters_deep", "nonnegativity", "opposite_phase", "size_tuning", "top_patches", "tuning", "cell_pairs",
    "invariance_score",
}  # fmt: skip
