"""Exact receptive fields: which pixels each unit of each layer depends on."""

import difflib
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import pandas as pd
from torch import Tensor

from hierfeat._result import Result, drawn
from hierfeat._values import flag
from hierfeat.anatomy.intervals.field import Field, Ints
from hierfeat.anatomy.intervals.layer_fields import LayerFields, layer_fields
from hierfeat.anatomy.intervals.propagation import propagating
from hierfeat.errors import HierfeatError
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.call import Call
from hierfeat.subjects.calls import Watch
from hierfeat.subjects.guard import undisturbed
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_table import LayerTable
from hierfeat.subjects.provenance import provenance, weightless_provenance
from hierfeat.subjects.trace import one_forward

Box = tuple[int, int, int, int]
"""Half-open (top, left, bottom, right), in pixels."""

_AXES = ("h", "w")


@dataclass(frozen=True, eq=False)
class ReceptiveFields(Result):
    """The receptive field of every unit of every layer.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per layer call, in call order, in pixels: ``layer, kind, size_h, size_w, stride_h, stride_w, start_h,
        start_w, status, channels_differ``. Sizes are those of the virtual window of the central unit, which runs
        on through the padding; strides lead from one unit to the next (NaN where there is no map any more);
        starts are the top and left of the first unit's window, negative where it begins in the padding.

        ``status`` is ``exact``; ``global`` where a global pool, a gate, a normalisation over space or a linear layer
        lies on the path, so that every unit sees the whole input (sizes are then those of the local path beside it,
        where there is one); or ``bound`` where an operation without a rule was met, or a layer's values could not be
        followed to the image: the true field lies inside the box.

        ``channels_differ`` marks layers some of whose channels see more than others at the same place, after a
        concatenation, say: boxes and sizes are the hull over the channels.
    real : dict of numpy.ndarray
        By ``layer/h`` and ``layer/w``: (terms, rows, columns, 2), see
        :class:`~hierfeat.anatomy.intervals.layer_fields.LayerFields`.
    virtual : dict of numpy.ndarray
        By ``layer/h`` and ``layer/w``: (rows, columns, 2).
    units : dict of numpy.ndarray
        By layer: (rows, columns) of its map; 1 and 1 where it has none.
    image_size : tuple of int
        (height, width) of the image.
    """

    real: dict[str, Ints]
    virtual: dict[str, Ints]
    units: dict[str, Ints]
    image_size: tuple[int, int]

    def box(self, layer: str, row: int, col: int, *, clip: bool = True) -> Box:
        """The smallest box of pixels that holds all that unit (`row`, `col`) of a layer depends on.

        Parameters
        ----------
        layer
            A name from ``table.layer``.
        row, col
            The unit's place in the layer's map; negative counts from the end. A layer without a map has one
            place, (0, 0).
        clip
            Clip the windows of every layer on the way to that layer's input, so that the box holds exactly what
            the unit sees. If False, the virtual box of the windows that run on through the padding.

        Returns
        -------
        tuple of int
            Half-open (top, left, bottom, right) in pixels; (0, 0, 0, 0) for a unit that sees no pixel at all.

        Raises
        ------
        HierfeatError
            If there is no such layer or unit.
        """
        height, width = self.map_size(layer)
        row, col = _index(layer, "row", row, height), _index(layer, "col", col, width)
        top, left, bottom, right = self._boxes(layer, slice(row, row + 1), slice(col, col + 1), clip)[0, 0]
        return int(top), int(left), int(bottom), int(right)

    def boxes(self, layer: str, *, clip: bool = True) -> Ints:
        """The boxes of all units of a layer at once, (rows, cols, 4); see :meth:`box`."""
        self.map_size(layer)
        return self._boxes(layer, slice(None), slice(None), clip)

    def _boxes(self, layer: str, at_rows: slice, at_cols: slice, clip: bool) -> Ints:
        shape = tuple(self.units[layer])
        kept = self.real if flag(clip, "clip", {}) else self.virtual
        rows, cols = (
            np.broadcast_to(kept[f"{layer}/{axis}"], (*kept[f"{layer}/{axis}"].shape[:-3], *shape, 2))[
                ..., at_rows, at_cols, :
            ]
            for axis in _AXES
        )
        boxes = _products(rows, cols)
        if not clip:
            return boxes
        return _hull(list(boxes)) if len(boxes) else np.zeros((*rows.shape[1:3], 4), dtype=np.int64)

    def map_size(self, layer: str) -> tuple[int, int]:
        """(rows, columns) of a layer's map; (1, 1) for a layer without one.

        Raises
        ------
        HierfeatError
            If there is no such layer.
        """
        if not isinstance(layer, str) or layer not in self.units:
            raise HierfeatError(self._unknown(layer))
        rows, cols = self.units[layer]
        return int(rows), int(cols)

    def unseen_pixels(self) -> pd.DataFrame:
        """How much of the image lies in no unit's box, per layer.

        Returns
        -------
        pandas.DataFrame
            ``layer, kind, rows, cols, pixels, fraction``: rows and columns of the image that are in no box at all,
            and pixels in no box. A stride wider than its kernel leaves gaps, and windows that do not fit leave a
            margin on the right and at the bottom. The holes inside a dilated window's box count as seen.
        """
        rows = [
            (layer, kind, *_unseen(self.real[f"{layer}/h"], self.real[f"{layer}/w"], self.image_size))
            for layer, kind in zip(self.table["layer"], self.table["kind"], strict=True)
        ]
        return pd.DataFrame(rows, columns=["layer", "kind", "rows", "cols", "pixels", "fraction"])

    plot = drawn("fields.plot_receptive_fields")

    def _unknown(self, layer: str) -> str:
        names = list(self.table["layer"])
        close = difflib.get_close_matches(str(layer), names, n=1, cutoff=0.4)
        hint = f"; did you mean {close[0]!r}?" if close else f"; its layers are {', '.join(names[:12])}"
        return f"{self.provenance.get('model', 'the model')} has no layer {layer!r}{hint}"


@checked()
def receptive_fields(h: Hierarchy) -> ReceptiveFields:
    """The exact receptive field of every unit of every layer, for any graph of operations.

    Parameters
    ----------
    h
        Its model is run once for shapes only; it is not changed, and its weights count as non-zero.

    Returns
    -------
    ReceptiveFields
        A row per layer call, in call order.

    Raises
    ------
    HierfeatError
        If the model cannot run on an input of its shape.

    Notes
    -----
    Every operation that runs maps intervals of input coordinates to intervals of output coordinates, for each
    coordinate and axis: output i of a window of size k, stride s, padding p and dilation d reads the inputs
    s·i − p + d·t, t = 0 ... k − 1, that exist, and sees the hull of what these see. Branches are united, with
    channels told apart, so that the box of every unit is exact, at the borders too. Where all paths have
    the same stride this is the recursion of Araujo et al. for size, stride and padding.

    A model whose control flow looks at values is run on one image of noise: its fields hold for the path taken there.
    Only then do they depend on the weights, and only then does the provenance hold these weights' sha256.
    A tap of weight zero by construction (bilinear upsampling at a pixel's centre) is not a dependence.

    Memory: some numbers for each row and column of each map; neither weights nor activations are made.

    References
    ----------
    Araujo, A., Norris, W. and Sim, J. (2019). Computing receptive fields of convolutional neural networks. Distill.

    Examples
    --------
    >>> import hierfeat as hf
    >>> fields = hf.receptive_fields(hf.load("lenet5-digits"))
    >>> print(*fields.table[["layer", "size_h", "stride_h"]].iloc[0])
    conv1 5 1.0
    >>> fields.box("conv1", 0, 0)
    (0, 0, 5, 5)
    """
    found, forward = one_forward(h, lambda image: _watch(h, image))
    real: dict[str, Ints] = {}
    virtual: dict[str, Ints] = {}
    for call, fields in found:
        for axis, name in enumerate(_AXES):
            real[f"{call.name}/{name}"] = fields.real[axis]
            virtual[f"{call.name}/{name}"] = fields.virtual[axis]
    columns = ["layer", "kind", *(f"{what}_{axis}" for what in ("size", "stride", "start") for axis in _AXES)]
    table = pd.DataFrame([_row(*pair) for pair in found], columns=[*columns, "status", "channels_differ"])
    about = weightless_provenance if forward == "meta" else provenance
    return ReceptiveFields(
        table=table,
        provenance=about(h, forward=forward),
        real=real,
        virtual=virtual,
        units={call.name: np.array(fields.units) for call, fields in found},
        image_size=(h.input_shape[1], h.input_shape[2]),
    )


_KNOWN: WeakKeyDictionary[LayerTable, ReceptiveFields] = WeakKeyDictionary()


def known_fields(h: Hierarchy) -> ReceptiveFields:
    """As :func:`receptive_fields`, found once for a model that stays as it is: not to be written into."""
    table = h.layers  # another one once the model has changed
    found = _KNOWN.get(table)
    if found is None:
        found = receptive_fields(h)
        if found.provenance["parameters"]["forward"] == "meta":  # elsewhere the weights have a say
            _KNOWN[table] = found
    return found


def _row(call: Call, fields: LayerFields) -> tuple[object, ...]:
    flat = [virtual.reshape(-1, 2) for virtual in fields.virtual]
    centres = [_at(virtual, [size // 2 for size in fields.units]) for virtual in fields.virtual]
    return (
        call.name,
        call.kind,
        *(int(stop - start) for start, stop in centres),
        *fields.strides,
        *(int(virtual[0, 0]) for virtual in flat),
        fields.status,
        fields.channels_differ,
    )


def _at(virtual: Ints, unit: list[int]) -> Ints:
    """The interval of one unit; a size of 1 stands for all."""
    where = tuple(min(index, size - 1) for index, size in zip(unit, virtual.shape, strict=False))
    return np.asarray(virtual[where])


def _watch(h: Hierarchy, image: Tensor) -> list[tuple[Call, LayerFields]]:
    found: list[tuple[Call, LayerFields]] = []
    done: dict[Field, LayerFields] = {}  # a norm and a ReLU see what their convolution sees

    def after(call: Call, output: Tensor) -> None:
        field = propagation.of_output(output)
        if field not in done:
            done[field] = layer_fields(field, len(_AXES))
        found.append((call, done[field]))

    # what is kept of the model, and put back, is kept outside of the propagation: it need not be followed
    with undisturbed(h.model), propagating(on_meta=image.is_meta) as propagation, Watch(h.model, after=after):
        propagation.start(image)
        h.run(image)
    return found


def _index(layer: str, name: str, index: int, size: int) -> int:
    if not isinstance(index, int | np.integer) or not -size <= index < size:
        raise HierfeatError(f"expected {name} of {layer!r} as an int from 0 to {size - 1}, got {index!r}")
    return int(index) % size


def _products(rows: Ints, cols: Ints) -> Ints:
    """Boxes (..., 4) from intervals (..., 2) of rows and of columns; zeros where either is empty."""
    boxes = np.stack([rows[..., 0], cols[..., 0], rows[..., 1], cols[..., 1]], axis=-1)
    return boxes * _seen(boxes)[..., None]


def _seen(boxes: Ints) -> npt.NDArray[np.bool_]:
    seen: npt.NDArray[np.bool_] = (boxes[..., 2] > boxes[..., 0]) & (boxes[..., 3] > boxes[..., 1])
    return seen


def _hull(boxes: list[Ints]) -> Ints:
    """The smallest boxes around those of several terms; an empty one has no say."""
    first, *rest = boxes
    for other in rest:
        around = np.concatenate([np.minimum(first, other)[..., :2], np.maximum(first, other)[..., 2:]], axis=-1)
        either = np.where(_seen(first)[..., None], first, other)
        first = np.where((_seen(first) & _seen(other))[..., None], around, either)
    return first


def _unseen(rows: Ints, cols: Ints, image: tuple[int, int]) -> tuple[int, int, int, float]:
    """Rows, columns and pixels of the image in no box, and the fraction of pixels."""
    seen = np.zeros(image, dtype=bool)
    for down, across in zip(rows, cols, strict=True):
        if down.shape[1] == 1 and across.shape[0] == 1:
            seen |= _covered(down[:, 0], image[0])[:, None] & _covered(across[0], image[1])
            continue
        wide = np.broadcast_shapes(down.shape, across.shape)
        for box in _products(np.broadcast_to(down, wide), np.broadcast_to(across, wide)).reshape(-1, 4):
            seen[box[0] : box[2], box[1] : box[3]] = True
    pixels = int((~seen).sum())
    return int((~seen.any(axis=1)).sum()), int((~seen.any(axis=0)).sum()), pixels, pixels / seen.size


def _covered(intervals: Ints, size: int) -> npt.NDArray[np.bool_]:
    """Which of `size` pixels lie in at least one of the half-open intervals."""
    steps = np.zeros(size + 1, dtype=np.int64)
    np.add.at(steps, intervals[:, 0], 1)
    np.add.at(steps, intervals[:, 1], -1)
    return steps[:-1].cumsum() > 0
