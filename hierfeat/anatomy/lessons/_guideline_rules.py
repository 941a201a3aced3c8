"""How each rule of the guidelines is checked: one function, one verdict, its evidence."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from hierfeat.anatomy.lessons.dimensions import Dimensions, dimensions
from hierfeat.anatomy.receptive_fields import ReceptiveFields, receptive_fields
from hierfeat.anatomy.wiring import INPUT, condensed, wiring
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer import Layer
from hierfeat.subjects.output_size import extent

KEPT, BROKEN, SILENT = "kept", "broken", "not applicable"
Finding = tuple[str, str]
_SMALL = (1, 3, 5, 7)


@dataclass(frozen=True)
class Evidence:
    """What the rules look at: layers, wiring, sizes and fields, each worked out once."""

    h: Hierarchy

    @cached_property
    def sources(self) -> dict[str, tuple[str, ...]]:
        """Layer to the layers that feed it."""
        return wiring(self.h)

    @cached_property
    def dimensions(self) -> Dimensions:
        """Sizes, with the gates marked."""
        return dimensions(self.h, layers="*")

    @cached_property
    def fields(self) -> ReceptiveFields:
        """The receptive fields of every layer."""
        return receptive_fields(self.h)

    @cached_property
    def field_size(self) -> dict[str, tuple[int, int]]:
        """Layer to the height and width of its field, in pixels; a single pixel for the image."""
        table = self.fields.table
        sizes = zip(table["size_h"], table["size_w"], strict=True)
        return {INPUT: (1, 1)} | dict(zip(table["layer"], sizes, strict=True))

    @cached_property
    def status(self) -> dict[str, str]:
        """Layer to the status of its field: ``exact``, ``global`` or ``bound``."""
        table = self.fields.table
        return {INPUT: "exact"} | dict(zip(table["layer"], table["status"], strict=True))

    @cached_property
    def gates(self) -> set[str]:
        """Layers inside a gate, such as squeeze and excitation."""
        table = self.dimensions.table
        return set(table.loc[table["gate"], "layer"])

    def of_kind(self, *kinds: str) -> list[Layer]:
        """Give the layers of some kinds, gates aside."""
        return [layer for layer in self.h.layers if layer.kind in kinds and layer.name not in self.gates]

    @cached_property
    def maps(self) -> list[Any]:
        """The rows of the dimensions that are maps of more than one cell, gates aside."""
        table = self.dimensions.table
        return list(table[(table["height"] * table["width"] > 1) & ~table["dense"] & ~table["gate"]].itertuples())


def small_filters(evidence: Evidence) -> Finding:
    """Filters of 3, 5 or 7 cells (and 1, which mixes channels)."""
    convs = [layer for layer in evidence.of_kind("conv") if layer.kernel]
    if not convs:
        return SILENT, "no convolution"
    sizes = Counter(times(layer.kernel or ()) for layer in convs)
    large = [layer for layer in convs if any(size not in _SMALL for size in layer.kernel or ())]
    text = ", ".join(f"{size}: {count}" for size, count in sizes.most_common())
    return (BROKEN, f"{text}; {named(large)}") if large else (KEPT, text)


def activation_after_convolution(evidence: Evidence) -> Finding:
    """Every convolution reaches an activation before the next convolution, pool or dense layer."""
    convs = [layer.name for layer in evidence.of_kind("conv")]
    if not convs:
        return SILENT, "no convolution"
    kinds = {layer.name: layer.kind for layer in evidence.h.layers}
    steps = [name for name, kind in kinds.items() if kind in ("conv", "activation", "pool", "linear")]
    rectified = {
        source
        for name, feeding in condensed(evidence.sources, steps).items()
        for source in feeding
        if kinds[name] == "activation"
    }
    bare = [name for name in convs if name not in rectified]
    text = f"{len(convs) - len(bare)} of {len(convs)} convolutions"
    return (BROKEN, f"{text}; not {named(bare)}") if bare else (KEPT, text)


def pooling_repeats(evidence: Evidence) -> Finding:
    """Pools shrink the maps, at least twice, and at least as often as strided convolutions."""
    pools, convs = (_sizes_made(evidence, kind) for kind in ("pool", "conv"))
    if not pools | convs:
        return SILENT, "no layer shrinks a map"
    text = f"pools make {count(len(pools), 'smaller size')} of map, convolutions {len(convs)}"
    strided = [size for size, stride in convs if stride > 1]
    return (KEPT if len(pools) >= max(2, len(strided)) else BROKEN), text


def maps_grow(evidence: Evidence) -> Finding:
    """The widest layer of each size of map: as the maps shrink, it does not narrow, and is wider in the end."""
    windowed = {(row.height, row.width) for row in evidence.maps if row.kind in ("conv", "pool")}
    rows = (row for row in evidence.maps if row.kind in ("conv", "pool", "concat"))
    widest: dict[tuple[int, int], Any] = {}
    for row in rows:
        size = (row.height, row.width)
        if size in windowed and (size not in widest or row.maps > widest[size].maps):
            widest[size] = row
    steps = sorted(widest.values(), key=lambda row: -row.height * row.width)
    if len(steps) < 2:
        return SILENT, "fewer than two sizes of map"
    falls = any(b.maps < a.maps for a, b in pairwise(steps))
    text = " → ".join(f"{row.maps}@{row.height}×{row.width}" for row in steps)
    return (KEPT if not falls and steps[-1].maps > steps[0].maps else BROKEN), text


def dense_layers_shrink(evidence: Evidence) -> Finding:
    """Each dense layer of the head is smaller than the one before."""
    layers = list(evidence.h.layers)
    after = max((place for place, layer in enumerate(layers) if layer.kind == "conv"), default=-1)
    head = [layer for layer in layers[after + 1 :] if layer.kind == "linear" and len(layer.out_shape) == 1]
    if len(head) < 2:
        return SILENT, f"{count(len(head), 'dense layer')} in the head"
    sizes = [head[0].in_shape[-1], *(layer.out_shape[-1] for layer in head)]
    shrinking = all(b < a for a, b in pairwise(sizes))
    return (KEPT if shrinking else BROKEN), " → ".join(map(str, sizes))


def last_field_covers_input(evidence: Evidence) -> Finding:
    """One unit of the last map sees as many pixels as the image has."""
    local = [row.layer for row in evidence.maps if row.kind in ("conv", "pool", "add", "concat")]
    if not local:
        return SILENT, "no map"
    field, image = evidence.field_size[local[-1]], evidence.h.input_shape[1:]
    text = f"{local[-1]} sees {times(field)} of {times(image)} pixels{_bound(evidence, [local[-1]])}"
    if evidence.status[local[-1]] == "global":
        return KEPT, f"{text} on its local path, all of them through a gate or attention"
    return (KEPT if all(f >= w for f, w in zip(field, image, strict=True)) else BROKEN), text


def every_pixel_is_seen(evidence: Evidence) -> Finding:
    """No pixel of the image lies outside all fields of the last layer."""
    table = evidence.fields.unseen_pixels()
    row = table.iloc[-1]
    text = f"{row['pixels']} of {evidence.h.input_shape[1] * evidence.h.input_shape[2]} pixels unseen"
    text += f" ({count(row['rows'], 'row')}, {count(row['cols'], 'column')})" if row["pixels"] else ""
    return (KEPT if row["pixels"] == 0 else BROKEN), text + _bound(evidence, [row["layer"]])


def windows_leave_no_gap(evidence: Evidence) -> Finding:
    """No window steps over cells of its input or stops short of its end."""
    windows = [layer for layer in evidence.of_kind("conv", "pool") if _slides(layer)]
    if not windows:
        return SILENT, "no window"
    stepped = [layer for layer in windows if _steps_over(layer)]
    short = [layer for layer in windows if layer not in stepped and _remainder(layer) > 0]
    texts = [f"stride over the kernel: {named(stepped)}"] if stepped else []
    texts += [f"last cells unseen: {named(short)}"] if short else []
    return (BROKEN, "; ".join(texts)) if texts else (KEPT, count(len(windows), "window"))


def no_unproductive_layer(evidence: Evidence) -> Finding:
    """No convolution is laid on a map whose units already see more than the whole image."""
    convs = [layer for layer in evidence.of_kind("conv") if layer.kernel and max(layer.kernel) > 1]
    if not convs:
        return SILENT, "no spatial convolution"
    judged = [
        layer for layer in convs if all(evidence.status[name] != "bound" for name in evidence.sources[layer.name])
    ]
    if not judged:
        return SILENT, "all fields are bounds only"
    image = evidence.h.input_shape[1:]
    late = [layer for layer in judged if _exceeds(evidence, layer.name, image)]
    text = f"{len(late)} of {len(judged)} spatial convolutions"
    text += f" ({len(convs) - len(judged)} more not judged, by a bound)" if len(judged) < len(convs) else ""
    return (BROKEN, f"{text}, from {late[0].name} on") if late else (KEPT, text)


def times(sizes: Iterable[int]) -> str:
    """Write sizes as a product: ``3×3``."""
    return "×".join(str(int(size)) for size in sizes)


def count(number: int, noun: str) -> str:
    """Write a number with its noun: ``1 pool``, ``2 pools``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def named(layers: Sequence[Layer | str]) -> str:
    """List a few names and say how many more there are."""
    names = [layer if isinstance(layer, str) else layer.name for layer in layers]
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return ", ".join(names[:2]) + more


def _shrinks(layer: Layer) -> bool:
    """Whether a window makes a smaller map, one that is still a map (a global pool makes none)."""
    sizes = zip(layer.in_shape[1:], layer.out_shape[1:], strict=False)
    return max(layer.out_shape[1:], default=1) > 1 and any(out < w for w, out in sizes)


def _sizes_made(evidence: Evidence, kind: str) -> set[tuple[tuple[int, ...], int]]:
    """The sizes of map that layers of a kind shrink to, with the stride; parallel layers (shortcuts) count once."""
    made = [layer for layer in evidence.of_kind(kind) if _shrinks(layer)]
    return {(layer.out_shape[1:], max(layer.stride or (1,))) for layer in made}


def _slides(layer: Layer) -> bool:
    """Whether a window slides over the input and leaves a map: no global mean, no transposed convolution."""
    return bool(layer.kernel) and len(layer.out_shape) > len(layer.kernel or ()) and "transpose" not in layer.op


def _steps_over(layer: Layer) -> bool:
    settings = zip(layer.kernel or (), layer.stride or (), layer.dilation or (), layer.out_shape[1:], strict=True)
    return any(stride > extent(kernel, dilation) and out > 1 for kernel, stride, dilation, out in settings)


def _remainder(layer: Layer) -> int:
    """Input cells beyond the last window, on the worse axis."""
    settings = (layer.in_shape[1:], layer.out_shape[1:], layer.kernel, layer.padding, layer.stride, layer.dilation)
    axes = zip(*(values or () for values in settings), strict=True)
    return max(int(w + p - ((out - 1) * s + extent(f, d))) for w, out, f, p, s, d in axes)


def _exceeds(evidence: Evidence, layer: str, image: tuple[int, ...]) -> bool:
    feeding = evidence.sources[layer]
    return any(all(f > w for f, w in zip(evidence.field_size[name], image, strict=True)) for name in feeding)


def _bound(evidence: Evidence, layers: Sequence[str]) -> str:
    return " (a bound)" if any(evidence.status[layer] == "bound" for layer in layers) else ""
