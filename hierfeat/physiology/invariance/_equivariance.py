"""Whether a layer's map moves along with the image, at its inner units and at all of them."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from hierfeat.anatomy.receptive_fields import ReceptiveFields, known_fields
from hierfeat.physiology.invariance._similarities import in_cache
from hierfeat.stimuli.warps.shifts import Boundary, shift, shift_within, taps
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.precision import double

Places = npt.NDArray[np.int64]


class Equivariance:
    """The agreement of A(Tx) with T'A(x), for each layer and shift, gathered batch by batch.

    Parameters
    ----------
    h
        The network under study.
    shifts
        (down, right) in pixels.
    boundary
        Of the shifts; under ``wrap`` the maps are wrapped as well where all units are compared.
    """

    def __init__(self, h: Hierarchy, shifts: Sequence[tuple[float, float]], *, boundary: Boundary) -> None:
        self._h, self._shifts, self._wraps = h, list(shifts), boundary == "wrap"
        self._found: dict[tuple[str, int], list[tuple[float, int]]] = {}  # [(sum, images) inner, (sum, images) all]
        self._units: dict[tuple[str, int], int] = {}
        self._seen: dict[tuple[str, int], Places] = {}
        self._inside: dict[tuple[str, int, float], Places] = {}

    @cached_property
    def _fields(self) -> ReceptiveFields:
        return known_fields(self._h)

    @cached_property
    def _strides(self) -> dict[str, tuple[float, float]]:
        table = self._fields.table
        return dict(zip(table["layer"], zip(table["stride_h"], table["stride_w"], strict=True), strict=True))

    @cached_property
    def _status(self) -> dict[str, str]:
        return dict(zip(self._fields.table["layer"], self._fields.table["status"], strict=True))

    def compare(self, layer: str, condition: int, original: Tensor, moved: Tensor) -> None:
        """Take in the responses of one layer to a batch and to its shifted copy."""
        strides = self._strides[layer]
        if original.ndim != 4 or not np.isfinite(strides).all() or original.shape[-2:].numel() == 1:
            return
        amounts = [d / s for d, s in zip(self._shifts[condition], strides, strict=True)]
        inner = [self._inner(layer, axis, pixels) for axis, pixels in enumerate(self._shifts[condition])]
        everywhere = [_with_source(n, a, self._wraps) for n, a in zip(original.shape[-2:], amounts, strict=True)]
        self._units[layer, condition] = len(inner[0]) * len(inner[1])
        sums = self._found.setdefault((layer, condition), [(0.0, 0), (0.0, 0)])
        found = [
            _agreements(before.float(), after.float(), amounts, (inner, everywhere), self._wraps)
            for before, after in in_cache(original, moved)
        ]
        for place, parts in enumerate(zip(*found, strict=True)):
            values = torch.cat(parts)
            total, count = sums[place]
            sums[place] = total + float(values.nansum()), count + int((~values.isnan()).sum())

    def table(self) -> pd.DataFrame:
        """One row per layer and shift: ``layer, dy, dx, equivariance, equivariance_all, units, phase_y, phase_x``."""
        rows = [self._row(layer, condition) for layer, condition in self._found]
        columns = ["layer", "dy", "dx", "equivariance", "equivariance_all", "units", "phase_y", "phase_x"]
        return pd.DataFrame(rows, columns=columns)

    def _row(self, layer: str, condition: int) -> tuple[object, ...]:
        inner, everywhere = (total / n if n else float("nan") for total, n in self._found[layer, condition])
        shifted = self._shifts[condition]
        phases = [_phase(d, s) for d, s in zip(shifted, self._strides[layer], strict=True)]
        return (layer, *shifted, inner, everywhere, self._units[layer, condition], *phases)

    def _inner(self, layer: str, axis: int, pixels: float) -> Places:
        """Units along one axis whose fields, and whose sources' fields, see neither border nor padding."""
        key = layer, axis, pixels
        if key not in self._inside:
            self._inside[key] = self._find_inner(layer, axis, pixels)
        return self._inside[key]

    def _spans(self, layer: str, axis: int) -> Places:
        """From where to where units along one axis see, wherever they lie along the other: (units, 2)."""
        if (layer, axis) not in self._seen:
            virtual = self._fields.virtual[f"{layer}/{'hw'[axis]}"]
            self._seen[layer, axis] = np.stack([virtual[..., 0].min(1 - axis), virtual[..., 1].max(1 - axis)], -1)
        return self._seen[layer, axis]

    def _find_inner(self, layer: str, axis: int, pixels: float) -> Places:
        if self._status[layer] != "exact":
            return np.empty(0, dtype=np.int64)
        spans = self._spans(layer, axis)
        length = self._fields.image_size[axis]
        steps = [step for step, _ in taps(pixels)]
        low, high = max(0, *steps), min(length, *(length + step for step in steps))
        inside = (spans[:, 0] >= low) & (spans[:, 1] <= high)
        unmoved = (spans[:, 0] >= 0) & (spans[:, 1] <= length)
        for step, _ in taps(pixels / self._strides[layer][axis]):
            sources = np.arange(len(spans)) - step
            known = (sources >= 0) & (sources < len(spans))
            inside &= known & unmoved[np.clip(sources, 0, len(spans) - 1)]
        return np.flatnonzero(inside)


def _agreements(
    original: Tensor, moved: Tensor, amounts: Sequence[float], units: Sequence[Sequence[Places]], wraps: bool
) -> list[Tensor]:
    """1 − ‖a − b‖²/(‖a‖² + ‖b‖²) of each image, (images,), at the inner units and at all; of no image without units.

    It is 1 only if a and b are equal, 0 if they are orthogonal, and NaN where both are zero.
    """
    inner, everywhere = units
    if not all(map(len, everywhere)):
        return [moved.new_zeros(0)] * 2
    if wraps:
        expected = near = shift(original, *amounts, boundary="wrap")
        if not all(float(amount).is_integer() for amount in amounts):
            near = shift(original, *amounts, boundary="zero")
    else:
        expected = near = shift_within(original, *amounts)
        inner = [places - whole[0] for places, whole in zip(inner, everywhere, strict=True)]
        moved = _at(moved, *everywhere)
    known = _squares(moved)
    apart, both = _apart(moved, expected), known + _squares(expected)
    at_all = 1 - double(apart).sum((1, 2)) / double(both).sum((1, 2))
    if not all(map(len, inner)):
        return [moved.new_zeros(0), at_all]
    if near is not expected:
        apart, both = _apart(moved, near), known + _squares(near)
    return [1 - double(_at(apart, *inner)).sum((1, 2)) / double(_at(both, *inner)).sum((1, 2)), at_all]


def _squares(maps: Tensor) -> Tensor:
    """Σx² over the channels, (images, rows, columns): of that, sums over any units cost next to nothing."""
    return maps.square().sum(1)


def _apart(maps: Tensor, others: Tensor) -> Tensor:
    """The same of their difference."""
    return (maps - others).square_().sum(1)


def _with_source(length: int, amount: float, wraps: bool) -> Places:
    """Units along one axis that have a counterpart before the shift."""
    places = np.arange(length)
    if wraps:
        return places
    steps = [step for step, _ in taps(amount)]
    return places[(places - max(steps) >= 0) & (places - min(steps) < length)]


def _at(maps: Tensor, rows: Places, columns: Places) -> Tensor:
    """The units in these rows and columns: a view where neither has gaps, as is the rule."""
    for axis, places in ((-2, rows), (-1, columns)):
        if places[-1] - places[0] == len(places) - 1:
            maps = maps.narrow(axis, int(places[0]), len(places))
        else:
            maps = maps.index_select(axis, torch.as_tensor(places, device=maps.device))
    return maps


def _phase(amount: float, stride: float) -> float:
    phase = amount % stride
    return 0.0 if min(phase, stride - phase) < 1e-9 else float(phase)
