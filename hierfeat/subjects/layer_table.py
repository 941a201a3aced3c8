"""The layers of a model as one table, and choosing among them by name, glob pattern or kind."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields
from fnmatch import fnmatchcase
from functools import cached_property
from reprlib import repr as shorter
from typing import Any, overload

import numpy as np
import pandas as pd

from hierfeat._plain_text import printable
from hierfeat._result import Result, without_none
from hierfeat.errors import HierfeatError
from hierfeat.subjects.layer import Layer
from hierfeat.subjects.ops import KINDS

Layers = str | Sequence[str]
UNITS = ("conv", "pool")
"""The default of ``layers=``: what holds units in maps."""
STAGES = ("conv", "activation", "pool", "linear")
"""The default where a number is followed from one stage of the signal to the next."""
PARAMETER = "parameter"
_NOT_PRINTED = ("connections", "module", "trainable", "memory")  # the page of a notebook has room for them
COLUMNS = tuple("layer" if one.name == "name" else one.name for one in fields(Layer))


@dataclass(frozen=True, eq=False)
class LayerTable(Result):
    """Every layer call of a hierarchy, in call order: a table, and a sequence of :class:`Layer`.

    Attributes
    ----------
    table
        Columns ``layer, kind, op, in_shape, out_shape, kernel, stride, padding, dilation, groups, parameters,
        macs, connections, formula, module, trainable, memory``; shapes are (C, H, W). See :class:`Layer` for what
        each means. The last rows are parameters that no layer call uses by itself (layer scales, class tokens, heads
        that eval mode leaves out): kind ``other``, op ``parameter``. They are not layers, but with them the column
        ``parameters`` adds up to the
        model's.
    folded
        The length of the first axis for one image, of layers where it is not 1: rows, windows or tokens lie there, and
        the layer cannot be read image by image.

    Notes
    -----
    A layer is named by its module's dotted path; the k-th call of it, k ≥ 2, is ``path#k``. A functional
    call in the forward of module ``path`` is ``path.relu``, then ``path.relu#2``.

    Examples
    --------
    >>> import hierfeat as hf
    >>> layers = hf.load("lenet5-digits").layers
    >>> layers["conv1"].formula
    '(32 - 5)/1 + 1 = 28'
    >>> layers[0].name, layers[-1].name, [layer.name for layer in layers.select("pool")]
    ('conv1', 'fc3', ['pool1', 'pool2'])
    >>> layers.totals["parameters"] == sum(p.numel() for p in hf.load("lenet5-digits").model.parameters())
    True
    """

    folded: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        layers: Sequence[Layer],
        provenance: dict[str, Any],
        *,
        folded: dict[str, int] | None = None,
        uncounted: dict[str, tuple[int, int]] | None = None,
    ) -> "LayerTable":
        """Tabulate `layers`, and the sizes of parameters that are in none of them."""
        rest = [_of_parameter(name, *sizes) for name, sizes in (uncounted or {}).items()]
        rows = [tuple(asdict(layer).values()) for layer in (*layers, *rest)]
        table = pd.DataFrame(rows, columns=list(COLUMNS))
        table["groups"] = table["groups"].astype("Int64")
        return cls(table=table, provenance=provenance, folded=folded or {})

    @cached_property
    def _layers(self) -> tuple[Layer, ...]:
        rows = self.table[self.table["op"] != PARAMETER].itertuples(index=False, name=None)
        return tuple(Layer(*(_plain(value) for value in row)) for row in rows)

    def __iter__(self) -> Iterator[Layer]:
        return iter(self._layers)

    def __len__(self) -> int:
        return len(self._layers)

    @cached_property
    def _by_name(self) -> dict[str, Layer]:
        return {layer.name: layer for layer in self._layers}

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._by_name

    @overload
    def __getitem__(self, name: str | int) -> Layer: ...
    @overload
    def __getitem__(self, name: slice) -> list[Layer]: ...
    def __getitem__(self, name: str | int | slice) -> Layer | list[Layer]:
        """A layer by its name or its place in call order, from 0 (negative: from the end); several by a slice."""
        if isinstance(name, slice):
            return list(self._layers[name])
        if isinstance(name, int | np.integer):
            if not -len(self) <= name < len(self):
                raise IndexError(f"layer {name} of {len(self)}")
            return self._layers[name]
        if not isinstance(name, str):
            raise HierfeatError(f"expected the name of a layer, its place in call order, or a slice; got {name!r}")
        if name not in self:
            raise HierfeatError(self._unknown(name))
        return self._by_name[name]

    def __repr__(self) -> str:
        return printable(without_none(self.table.drop(columns=list(_NOT_PRINTED))).to_string(index=False))

    def _repr_html_(self) -> str:
        return str(without_none(self.table).to_html(index=False, border=0))

    @property
    def totals(self) -> dict[str, int]:
        """Sums over the network: ``layers, parameters, trainable, macs, connections, memory``.

        Parameters that several calls share are counted once; `memory` is that of the outputs of all layers for one
        image, in bytes.
        """
        sums = ("parameters", "trainable", "macs", "connections", "memory")
        return {"layers": len(self)} | {name: int(self.table[name].sum()) for name in sums}

    def select(self, layers: Layers) -> list[Layer]:
        """The layers that `layers` names, in call order.

        Parameters
        ----------
        layers
            Names, glob patterns (``features.*``) or kinds (``conv``).

        Raises
        ------
        HierfeatError
            If an item matches nothing; with the closest name.
        """
        given: object = layers  # whatever the user's type checker did not see
        items = [given] if isinstance(given, str) else list(given) if isinstance(given, Iterable) else []
        if not items or not all(isinstance(item, str) for item in items):
            raise HierfeatError(
                "expected names of layers (such as h.layers[0].name), patterns or kinds in layers=, at least one; "
                f"got {shorter(given)}"
            )
        is_chosen = Chosen(items)
        chosen = [layer for layer in self if is_chosen(layer.name, layer.kind)]
        known = {word for layer in chosen for word in (layer.name, layer.kind)}
        for item in items:
            found = item in known or (is_pattern(item) and any(fnmatchcase(layer.name, item) for layer in chosen))
            if not found and not (item in KINDS and chosen):
                raise HierfeatError(self._unknown(item))
        return chosen

    def _unknown(self, item: str) -> str:
        model, names = self.provenance.get("model", "the model"), list(self._by_name)
        if item in KINDS:
            present = ", ".join(dict.fromkeys(layer.kind for layer in self)) or "none"
            return f"{model} has no layer of kind {item!r}; its layers' kinds are: {present}"
        if (self.table["layer"] == item).any():
            return f"{item!r} of {model} is a parameter that no layer call uses by itself, not a layer"
        close = difflib.get_close_matches(str(item), names, n=1, cutoff=0.4)
        hint = f"; did you mean {close[0]!r}?" if close else f"; its layers are {_first(names)}"
        return f"{model} has no layer {item!r}{hint} (names, patterns such as 'features.*' or kinds will do)"


def _of_parameter(name: str, size: int, trainable: int) -> Layer:
    """The row of a parameter that is in no layer."""
    return Layer(name, "other", PARAMETER, (), (), None, None, None, None, None, size, 0, 0, "", "", trainable)


def is_pattern(item: str) -> bool:
    """Whether an item of ``layers=`` stands for all names that fit it.

    Examples
    --------
    >>> is_pattern("features.*"), is_pattern("conv")
    (True, False)
    """
    return any(mark in item for mark in "*?[")


class Chosen:
    """Whether a call of a name and kind is among the chosen layers; remembers what it has been asked.

    Examples
    --------
    >>> chosen = Chosen(["conv", "features.*"])
    >>> chosen("1", "conv"), chosen("features.0", "pool"), chosen("x", "pool")
    (True, True, False)
    """

    def __init__(self, layers: Layers) -> None:
        items = [layers] if isinstance(layers, str) else list(layers)
        self._words, self._patterns = frozenset(items), [item for item in items if is_pattern(item)]
        self._known: dict[str, bool] = {}

    def __call__(self, name: str, kind: str) -> bool:
        chosen = self._known.get(name)
        if chosen is None:
            named = name in self._words or kind in self._words
            chosen = named or any(fnmatchcase(name, pattern) for pattern in self._patterns)
            self._known[name] = chosen
        return chosen


def _first(names: list[str], most: int = 12) -> str:
    return ", ".join(names[:most] + ["..."] * (len(names) > most)) or "none"


def _plain(value: Any) -> Any:
    """Undo what pandas makes of None and of ints."""
    if isinstance(value, tuple | str):
        return value
    return None if value is None or pd.isna(value) else int(value)
