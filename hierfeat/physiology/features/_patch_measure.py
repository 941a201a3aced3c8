"""The streaming measure behind top patches: k addresses per channel, whatever the size of the data."""

from collections.abc import Callable
from functools import partial
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from hierfeat._values import flag, optional, whole
from hierfeat.anatomy.receptive_fields import ReceptiveFields
from hierfeat.errors import HierfeatError
from hierfeat.physiology.features._field_cutter import LayerCutter
from hierfeat.recording._deferred import PATIENCE
from hierfeat.recording._reductions import Array, fetched
from hierfeat.recording.measure import Batch, Measure
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.precision import double

Locate = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
_ADDRESS = ("value", "image", "row", "col")
ROUNDING = 5e-7
"""Four steps of single precision, relative."""
_NONE = torch.iinfo(torch.int64).max  # no image yet: sorts behind all others


class TopPatches(Measure):
    """The k images that drive each channel most, at most one patch of each, and where in them.

    Parameters
    ----------
    k
        Patches per channel.
    fields
        With ``hf.receptive_fields(h)``, the patches themselves are kept as well, and the table has their boxes.
    least
        Look for the least responses instead.
    largest
        Pixels of a kept patch's longer side; larger ones are reduced by averaging.

    Notes
    -----
    Kept are k addresses (and patches, as float16) per channel, however many images there are. Images with equal
    values are ranked by their place in the data, and of equal places in one image the first counts, so that
    the response does not depend on batches, merging or restarts.

    Examples
    --------
    >>> import hierfeat as hf
    >>> h = hf.load("lenet5-digits")
    >>> [table] = hf.sweep(h, hf.digits(split="test")[0], [hf.TopPatches(3)], layers="pool")
    >>> list(table.columns)
    ['layer', 'channel', 'rank', 'value', 'image', 'row', 'col', 'status']
    """

    @checked(largest=optional(whole(1, 2**20)), least=flag)
    def __init__(
        self, k: int = 9, *, fields: ReceptiveFields | None = None, least: bool = False, largest: int | None = 64
    ) -> None:
        super().__init__()
        if fields is not None and not isinstance(fields, ReceptiveFields):
            raise HierfeatError(f"expected fields as what hf.receptive_fields(h) returns, got {type(fields).__name__}")
        self._k, self._fields, self._least, self._largest = k, fields, least, largest
        self._batch: Batch | None = None
        self._cutters: dict[str, LayerCutter] = {}

    def begin(self, batch: Batch) -> None:
        self._batch = batch

    def update(self, layer: str, activation: Tensor) -> None:
        found = self.reduced(activation)
        if found.is_here or self._fields is not None:  # patches are cut out of images that are at hand
            best = (found.rows.amin(-1) if self._least else found.rows.amax(-1)).cpu()
            self._rank(layer, activation.shape, fetched(found.extremes), best, partial(self._looked_up, found.rows))
            return
        best, place = found.rows.min(-1) if self._least else found.rows.max(-1)
        updates = self._pending.setdefault(layer, [])
        updates.append((self._batch, activation.shape, found.extremes, best, place))
        if len(updates) == PATIENCE:
            self.settle()

    def settle(self) -> None:
        """Rank what another device has found meanwhile, with one wait for all batches of a layer."""
        pending, self._pending, now = self._pending, {}, self._batch
        for layer, updates in pending.items():
            batches, shapes, extremes, best, place = zip(*updates, strict=True)
            sizes = [len(values) for values in best]
            ends = fetched([torch.stack(both) for both in extremes])
            parts = (torch.cat(tensors).cpu().split(sizes) for tensors in (best, place))
            for self._batch, shape, both, values, places in zip(batches, shapes, ends, *parts, strict=True):
                self._rank(layer, shape, both, values, partial(_at, values, places))
        self._batch = now

    def _looked_up(self, rows: Tensor, image: Tensor, channel: Tensor) -> tuple[Tensor, Tensor]:
        chosen = rows[image.to(rows.device), channel.to(rows.device)]
        place = chosen.argmin(-1) if self._least else chosen.argmax(-1)
        return chosen.gather(-1, place[:, None])[:, 0].cpu(), place.cpu()

    def _rank(self, layer: str, shape: torch.Size, extremes: Array, best: Tensor, locate: Locate) -> None:
        """Take in the best values, (images, channels), of a batch; `locate` gives those of some, and where they are."""
        if bool(best.isnan().any()):
            raise HierfeatError(f"{layer} put out NaN: its patches cannot be ranked")
        low, high = torch.from_numpy(extremes).double()
        self._extremes(layer, low, high)
        self._start(layer, best.shape[1], shape[2:])
        entering = self._enter(layer, double(best.T))
        if len(entering):
            self._locate(layer, shape, entering, locate)

    def _extremes(self, layer: str, low: Tensor, high: Tensor) -> None:
        s = self.state
        s[f"{layer}/low"] = torch.minimum(s.get(f"{layer}/low", low), low)
        s[f"{layer}/high"] = torch.maximum(s.get(f"{layer}/high", high), high)

    def _start(self, layer: str, channels: int, places: torch.Size) -> None:
        if f"{layer}/value" in self.state:
            return
        shape = (channels, self._k)
        worst = torch.inf if self._least else -torch.inf
        self.state[f"{layer}/value"] = torch.full(shape, worst, dtype=torch.float64)
        self.state[f"{layer}/image"] = torch.full(shape, _NONE)
        self.state[f"{layer}/row"] = torch.zeros(shape, dtype=torch.int64)
        self.state[f"{layer}/col"] = torch.zeros(shape, dtype=torch.int64)
        if self._fields is not None:
            assert self._batch is not None, "begin comes before update"
            self.state[f"{layer}/places"] = torch.tensor(places, dtype=torch.int64)
            patch = (self._batch.images.shape[1], *self._cutter(layer).shown)
            self.state[f"{layer}/patch"] = torch.full((*shape, *patch), torch.nan, dtype=torch.float16)

    def _cutter(self, layer: str) -> LayerCutter:
        if layer not in self._cutters:
            assert self._fields is not None, "patches are cut where fields are known"
            places = self.state[f"{layer}/places"].tolist()
            self._cutters[layer] = LayerCutter.of(self._fields, layer, largest=self._largest, places=places)
        return self._cutters[layer]

    def _enter(self, layer: str, best: Tensor) -> Tensor:
        """Rank the batch's values among those kept; return (channel, slot, image in batch) of those that enter."""
        assert self._batch is not None, "begin comes before update"
        kept = self.state[f"{layer}/value"]
        last, own = kept[:, -1], best.amin(1) if self._least else best.amax(1)
        unfilled = (self.state[f"{layer}/image"][:, -1] == _NONE) | (own <= last if self._least else own >= last)
        channels = unfilled.nonzero().flatten()  # the others keep what they have
        indices = self._batch.indices.expand(len(channels), -1)
        order = self._order(
            torch.cat([kept[channels], best[channels]], 1),
            torch.cat([self.state[f"{layer}/image"][channels], indices], 1),
        )
        self._take(layer, channels, order.clamp(max=self._k - 1))
        new = (order >= self._k).nonzero()
        return torch.stack([channels[new[:, 0]], new[:, 1], order[new[:, 0], new[:, 1]] - self._k], 1)

    def _order(self, values: Tensor, images: Tensor) -> Tensor:
        """The first k of each row, (channels, k): by value, then by image."""
        by_image = images.argsort(dim=1, stable=True)
        ranked = values.gather(1, by_image).argsort(dim=1, descending=not self._least, stable=True)
        return by_image.gather(1, ranked)[:, : self._k]

    def _take(self, layer: str, channels: Tensor, order: Tensor) -> None:
        """Reorder what is kept of some channels; slots that newcomers will fill hold anything."""
        for key, value in self.state.items():
            if key.rpartition("/")[0] == layer and value.ndim > 1:
                value[channels] = value[channels[:, None], order]

    def _locate(self, layer: str, shape: torch.Size, entering: Tensor, locate: Locate) -> None:
        """Write value, image and place of each newcomer, and its patch."""
        assert self._batch is not None, "begin comes before update"
        channel, slot, image = entering.unbind(1)
        value, place = locate(image, channel)
        width = shape[3] if len(shape) == 4 else max(shape[2:].numel(), 1)
        row, col = place // width, place % width
        found = {
            "value": double(value),
            "image": self._batch.indices[image],
            "row": row,
            "col": col,
        }
        for name, value in found.items():
            self.state[f"{layer}/{name}"][channel, slot] = value
        if self._fields is not None:
            patches, cutter = self.state[f"{layer}/patch"], self._cutter(layer)
            on_map = cutter.boxes.shape[:2] != (1, 1)
            for c, j, n, r, w in torch.stack([channel, slot, image, row, col], 1).tolist():
                patches[c, j] = cutter.cut(self._batch.images[n], *((r, w) if on_map else (0, 0)))

    def merge(self, other: Self) -> None:
        for layer in other.layers():
            part = {key: value for key, value in other.state.items() if key.rpartition("/")[0] == layer}
            if f"{layer}/value" not in self.state:
                self.state |= part
                continue
            self._extremes(layer, part[f"{layer}/low"], part[f"{layer}/high"])
            both = {key: torch.cat([self.state[key], value], 1) for key, value in part.items() if value.ndim > 1}
            order = self._order(both[f"{layer}/value"], both[f"{layer}/image"])
            channels = torch.arange(len(order))[:, None]
            self.state |= {key: value[channels, order] for key, value in both.items()}

    def result(self) -> pd.DataFrame:
        """One row per layer, channel and rank (from 1): the address of each patch, and its box if fields are known."""
        return pd.concat([self._rows(layer) for layer in self.layers()], ignore_index=True)

    def patches(self) -> dict[str, npt.NDArray[np.float16]]:
        """By layer, (channels, k, C, height, width); NaN where a field leaves the image, and for missing patches."""
        return {
            key.removesuffix("/patch"): value.cpu().numpy()
            for key, value in self.state.items()
            if key.endswith("/patch")
        }

    def _rows(self, layer: str) -> pd.DataFrame:
        s = self.state
        channels, k = s[f"{layer}/value"].shape
        rank = np.tile(np.arange(1, k + 1), channels)
        columns: dict[str, Any] = {"layer": layer, "channel": np.repeat(np.arange(channels), k), "rank": rank}
        columns |= {name: s[f"{layer}/{name}"].flatten().numpy() for name in _ADDRESS}
        if self._fields is not None:
            boxes = self._cutter(layer).boxes
            places = columns["row"], columns["col"]
            at = boxes[places] if boxes.shape[:2] != (1, 1) else np.broadcast_to(boxes[0, 0], (len(rank), 4))
            columns |= dict(zip(("top", "left", "bottom", "right"), at.T, strict=True))
        status = _status(s[f"{layer}/low"].numpy(), s[f"{layer}/high"].numpy())
        table = pd.DataFrame(columns | {"status": np.repeat(status, k)})
        return table[table["image"] != _NONE]


def _at(values: Tensor, places: Tensor, image: Tensor, channel: Tensor) -> tuple[Tensor, Tensor]:
    return values[image, channel], places[image, channel]


def _status(low: npt.NDArray[np.float64], high: npt.NDArray[np.float64]) -> npt.NDArray[np.str_]:
    return np.where(high <= 0, "dead", np.where(one_value(low, high), "constant", "ok"))


def one_value(low: npt.ArrayLike, high: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Whether the least and the largest response are the same number to within rounding.

    A sigmoid of one number is not the same at every place in memory: vectorised and single steps round differently.
    """
    return np.isclose(low, high, rtol=ROUNDING, atol=0)
