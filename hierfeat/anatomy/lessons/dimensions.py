"""Dimensions through a network: the chain of sizes, with the formula at each step."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import pandas as pd

from hierfeat._result import Result, drawn
from hierfeat.anatomy.wiring import INPUT, condensed, wiring
from hierfeat.subjects.arguments import any_layers, checked
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer import Layer
from hierfeat.subjects.layer_table import Layers
from hierfeat.subjects.provenance import provenance


@dataclass(frozen=True, eq=False)
class Dimensions(Result):
    """The size of every layer's output, and what it is made from.

    Attributes
    ----------
    table : pandas.DataFrame
        The input first, then a row per layer in call order: ``layer, kind, sources`` (the layers that feed it),
        ``maps, height, width`` (of its output; a dense layer has units for maps and 1 × 1, a row of tokens counts as
        height), ``cells`` (their product), ``dense`` (its output has no rows and columns any more), ``gate`` (a 1 × 1
        output within the hierarchy, as of squeeze and excitation), ``column`` (the most layers on a path from the
        input), ``stage`` (counts the sizes of map met so far, in call order, gates aside), ``formula``.
    """

    plot = drawn("architecture.plot_dimensions")


@checked(layers=any_layers)
def dimensions(h: Hierarchy, *, layers: Layers = ("conv", "pool", "linear", "add", "concat")) -> Dimensions:
    """Follow the size of the representation from the image to the output.

    Parameters
    ----------
    h
        Any net, branching ones too.
    layers
        Names, patterns or kinds of the layers to show; the others are passed over. Kinds that the net does not have
        are not an error as long as one is found.

    Returns
    -------
    Dimensions
        A table with the formula at each layer, and the staircase figure in the manner of LeCun et al. (1998), Fig. 2.

    Raises
    ------
    HierfeatError
        If a name matches no layer.

    Notes
    -----
    Memory: the layer table; nothing is shown.

    References
    ----------
    LeCun, Y., Bottou, L., Bengio, Y. and Haffner, P. (1998). Gradient-based learning applied to document
    recognition. Proc. IEEE 86(11).

    Examples
    --------
    >>> import hierfeat as hf
    >>> found = dimensions(hf.load("lenet5-digits")).table
    >>> found[["layer", "maps", "height", "width"]].head(3).to_records(index=False).tolist()
    [('input', 1, 32, 32), ('conv1', 6, 28, 28), ('pool1', 6, 14, 14)]
    """
    chosen = h.layers.select(layers)
    sources = condensed(wiring(h), [layer.name for layer in chosen])
    columns = _columns(sources)
    rows = [_row(INPUT, "input", h.input_shape, "") | {"sources": (), "column": 0}]
    for layer in chosen:
        row = _row(layer.name, layer.kind, layer.out_shape, _formula(layer))
        rows.append(row | {"sources": sources[layer.name], "column": columns[layer.name]})
    table = pd.DataFrame(rows)
    table["gate"] = _gates(table)
    size = table["height"].astype(str) + "×" + table["width"].astype(str) + table["dense"].map({True: "d", False: ""})
    size = size.mask(table["gate"]).ffill()
    table["stage"] = ((size != size.shift()) | table["dense"]).cumsum() - 1
    order = ["layer", "kind", "sources", "maps", "height", "width", "cells", "dense", "gate", "column", "stage"]
    table = table[[*order, "formula"]]
    return Dimensions(table=table, provenance=provenance(h, layers=layers))


def _row(name: str, kind: str, shape: tuple[int, ...], formula: str) -> dict[str, Any]:
    """Read a shape as maps × height × width; tokens (count, features) are one column of them."""
    shape = shape or (1,)  # one score for each image
    maps, height, width = shape if len(shape) == 3 else (shape[-1], prod(shape[:-1]), 1)
    sizes = {"maps": maps, "height": height, "width": width, "cells": prod(shape)}
    return {"layer": name, "kind": kind, "formula": formula, "dense": len(shape) == 1} | sizes


def _gates(table: pd.DataFrame) -> "pd.Series[bool]":
    """Mark 1 × 1 outputs (and dense ones) after which there are larger maps again."""
    larger = table["height"] * table["width"] > 1
    return (~larger) & larger[::-1].cummax()[::-1] & (table["kind"] != "input")


def _formula(layer: Layer) -> str:
    """Give the layer's formula, or say where its maps come from."""
    if layer.formula:
        return layer.formula
    if layer.kind == "linear" and layer.in_shape and layer.out_shape:
        return f"{layer.in_shape[-1]} → {layer.out_shape[-1]}"
    if layer.kind == "concat" and layer.out_shape:
        return f"side by side: {layer.out_shape[0]} maps"
    return "sum, size kept" if layer.kind == "add" else ""


def _columns(sources: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """Count the layers on the longest path from the input to each."""
    columns = {INPUT: 0}
    for name, feeding in sources.items():
        columns[name] = 1 + max((columns[source] for source in feeding), default=max(columns.values()))
    return columns
