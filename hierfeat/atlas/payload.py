"""What the atlas shows, as values that JSON can hold; nothing in it says how it looks.

``build`` returns a dict. Shapes are (C, H, W), boxes and ranges half-open, pixels (row, column), and a value that is
not known is None::

    schema          2; it grows when a reader of the payload would have to change
    model           name, input_shape, classes, parameters, macs, layers (how many), weights_sha256, card (dict),
                    untrained (what shows that the weights are random, in words), labels (names by label),
                    scores (what the output is: logits, probabilities, raw numbers; None for no score),
                    named (whether labels have names of their own, that are no classes),
                    prepare (how a drawing is made like the network's own data: see `preparation`)
    live            {on (whether the network runs in the page), reason (in words, why it does not), heavy (whether it is
                    to run in a worker), half_error (the largest change of an activation by half-precision weights)}
    provenance      of the atlas: model, weights, parameters, versions
    pair            {simple, complex}: [layer, channel] of two units to be shown side by side
    left_out        {section: reason} for analyses that do not apply to this network
    measured        how many images the statistics come from
    samples         [{image (data URI), name, short (to be told apart in little room), label, output, scores (softmax of
                    the output), prediction, pixels (where the network is live: {bytes of each value, data}; row by row,
                    channel by channel)}]
    layers          in call order, [{
        index, name, short (to be told apart on a chart), kind, op, in_shape, out_shape, kernel, stride, padding,
        dilation, groups, parameters, macs, formula      as in the layer table
        section                     whether anything below is there
        maps                        {shape of what is stored, channels in all, step (every step-th row and column),
                                    signed, limits, data}: see `images.quantise_maps`; where the network is
                                    live, data is None and there is one limit
        field                       {size, status, unseen (share of pixels in no field), rows, cols}: [from, to) of the
                                    image's rows for each stored row of units, and the same for columns; a box is
                                    their product
        source                      index of the layer whose output this one reads, where it is one layer's
        inputs                      indices of all layers whose outputs it reads, as far as they are known
        window                      whether this is a pool, and its windows are made up of stored cells of the source
        kernels                     {shape of what is stored (out, in, h, w), total (out, in), colour, limit, data}
        patches                     {image (sprite of rows × columns tiles), rows, columns, channels, values, size,
                                    total (channels), status (ok, dead, constant)}
        distribution                {edges, shares (of all values; those within 1e-5 of zero left out, and 0.1 % beyond
                                    either end), mean, std, min, max, zero (share within 1e-5 of zero)}
        channels                    {active (share above zero), sparse (lifetime sparseness): of each channel;
                                    mean_active, total, dead (never above zero), lifetime (median), population (mean)}
        rectifier                   {energy_kept (mean over living channels), negative (what becomes of it, in words)}
        shift                       {images (how many), baseline (likeness of different images), shifts (px),
                                    invariance, equivariance}
        pooling                     [{pooling, before, after, current}]
        tuning                      {best (the largest response to a grating), at (which one, in the grid of
                                    orientation_tuning), blank, type, orientation (deg), gosi, osi, width (half width,
                                    deg), frequency (cycles/px), ratio (F1/F0), curves (see `images.quantise_curves`)
                                    at angles}: a value for each channel, of the unit in the middle of its map; where
                                    the network is live, or cards are wanted
        selectivity                 {index, preferred (label; -1 for none), chance (95 % of permuted labels)} of each
                                    channel; where there are labels of two classes
        synthesis                   {image (sprite of one row), activation, shift, transform (shares kept), status} of
                                    the first channels; where cards are wanted
    }]
    beside          {model, layers (maps being {shape}), heavy} of the network that stands beside this one, if one does
    cautions        {dead [[index, channels]] of rectifiers, or else of all layers, larger [indices] of maps whose
                    fields are larger than the image, unseen {index: share} of pixels that no unit of a layer sees}
    workshop        {kernels [{name, description, weights}], photograph {height, width, data (bytes of grey)}}
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from hierfeat._progress import with_bar
from hierfeat.atlas import findings
from hierfeat.atlas.cautions import cautions
from hierfeat.atlas.images import exact_pixels, number, picture, quantise_maps
from hierfeat.atlas.live.preparation import preparation
from hierfeat.atlas.overview import distinct
from hierfeat.atlas.plan import Plan, plan
from hierfeat.atlas.tuned import simple_and_complex
from hierfeat.atlas.untrained import untrained_by
from hierfeat.atlas.wiring import add_wiring, wiring
from hierfeat.atlas.workshop import workshop
from hierfeat.errors import HierfeatError
from hierfeat.recording.recorder import record
from hierfeat.subjects.checks import checked_images
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer import Layer
from hierfeat.subjects.provenance import provenance
from hierfeat.zoo.loading import card, list_models, load

SCHEMA = 2

#: What no section of a layer is made of.
_ASIDE = ("field", "tuning")
#: Multiply-adds from which a frame takes so long that the page must not wait for it.
HEAVY = 50_000_000
#: Characters of a layer's name on a chart, and of a sample's below its picture, where these tell them apart.
SHORT, CAPTION = 9, 18
#: With more bytes than this at two a value, samples are stored with one.
SAMPLE_BYTES = 1_500_000


@dataclass(frozen=True)
class Running:
    """Whether the network runs in the page, and if not, why."""

    on: bool = False
    reason: str | None = None
    half_error: float = 0.0


def build(
    h: Hierarchy,
    images: Tensor,
    labels: Tensor | None = None,
    *,
    names: Sequence[str] | None = None,
    running: Running | None = None,
    cards: bool = False,
) -> dict[str, Any]:
    """Measure `h` on `images` and return the payload that this module's docstring describes.

    Raises
    ------
    HierfeatError
        If `images` or `labels` do not fit the network.
    """
    images = checked_images(h, images)
    labels = _checked_labels(labels, len(images))
    running = running or Running()
    chosen = plan(h, live=running.on)
    shown = _choose_samples(len(images), labels, chosen.samples)
    wired = wiring(h, images[shown[:1]])
    found, left_out = _run(findings.stages(h, images, chosen, labels, cards=cards))
    short = distinct([layer.name for layer in h.layers], SHORT)
    rows = [layer_row(index, layer) | {"short": short[index]} for index, layer in enumerate(h.layers)]
    _add_maps(rows, h, images[shown], chosen)
    for row in rows:
        add_wiring(row, rows, wired)
        row |= {name: found.get(name, {}).get(row["name"]) for name in findings.SECTIONS}
        row["section"] = any(row[name] for name in ("maps", "kernels", *findings.SECTIONS) if name not in _ASIDE)
    return {
        "schema": SCHEMA,
        "model": model_row(h)
        | {"scores": score_kind(h, images[shown]), "named": names is not None, "labels": _label_names(h, names)},
        "live": asdict(running) | {"heavy": int(h.layers.table["macs"].sum()) > HEAVY},
        "provenance": provenance(h, images=len(images), samples=shown),
        "pair": simple_and_complex(rows),
        "left_out": left_out,
        "cautions": cautions(rows, tuple(h.input_shape[1:])),
        "measured": len(images),
        "samples": _samples(h, images, labels, shown, names, chosen),
        "layers": rows,
        "workshop": workshop(),
    }


def _run(stages: list[tuple[str, Callable[[], dict[str, Any]]]]) -> tuple[dict[str, Any], dict[str, str]]:
    """Run each analysis; one that does not apply to the network is left out, with its reason."""
    found: dict[str, Any] = {}
    left_out: dict[str, str] = {}
    for name, compute in with_bar(stages, "atlas", unit="stage"):
        try:
            for section, by_layer in compute().items():
                found.setdefault(section, {}).update(by_layer)
        except HierfeatError as error:
            left_out[name] = str(error)
    return found, left_out


def model_row(h: Hierarchy) -> dict[str, Any]:
    return {
        "name": h.name,
        "input_shape": list(h.input_shape),
        "classes": list(h.classes) if h.classes else None,
        "parameters": sum(parameter.numel() for parameter in h.model.parameters()),
        "macs": int(h.layers.table["macs"].sum()),
        "layers": len(h.layers),
        "weights_sha256": h.weights_sha256,
        "card": (known := _card(h)),
        "untrained": untrained_by(h.model),
        "prepare": preparation(known),
    }


def _card(h: Hierarchy) -> dict[str, Any]:
    """The zoo's card, if `h` has the very weights that the card speaks of."""
    if h.name in list_models() and load(h.name).weights_sha256 == h.weights_sha256:
        return card(h.name)
    return {}


def layer_row(index: int, layer: Layer) -> dict[str, Any]:
    sizes = ("in_shape", "out_shape", "kernel", "stride", "padding", "dilation")
    plain = ("name", "kind", "op", "groups", "parameters", "macs", "formula")
    row: dict[str, Any] = {"index": index} | {name: getattr(layer, name) for name in plain}
    return row | {name: None if (size := getattr(layer, name)) is None else list(size) for name in sizes}


def _add_maps(rows: list[dict[str, Any]], h: Hierarchy, images: Tensor, chosen: Plan) -> None:
    """Store what the planned layers answer to the samples, where an answer has the form of maps or of a vector."""
    recorded = record(h, images, layers=chosen.layers, batch_size=len(images)) if chosen.layers else {}
    for row in rows:
        row["maps"] = None
        if row["name"] in chosen.layers:
            maps = recorded.pop(row["name"])
            maps = maps[:, :, None, None] if maps.ndim == 2 else maps
            channels, (cap, step) = maps.shape[1], chosen.size(tuple(maps.shape[1:]))
            kept = maps[:, :cap, ::step, ::step].float()
            shape = list(kept.shape[1:])
            stored = quantise_maps(kept)
            if chosen.live:
                stored |= {"data": None, "limits": [[max(map(max, stored["limits"]))]]}
            row["maps"] = {"shape": shape, "channels": channels, "step": step, **stored}


def _samples(
    h: Hierarchy, images: Tensor, labels: Tensor | None, shown: list[int], names: Sequence[str] | None, chosen: Plan
) -> list[dict[str, Any]]:
    output = _class_scores(h(images[shown]).float())
    softmax = None if output is None else output.softmax(1)
    size = 2 if images[shown].numel() * 2 <= SAMPLE_BYTES else 1
    samples = []
    for place, index in enumerate(shown):
        label = None if labels is None or int(labels[index]) < 0 else int(labels[index])
        sample: dict[str, Any] = {"image": picture(images[index]), "name": f"image {index}", "label": label}
        if label is not None:
            sample["name"] = _class_name(h, label) if names is None else str(names[label])
        sample["output"] = None if output is None else [number(value) for value in output[place].tolist()]
        sample["scores"] = None if softmax is None else [round(float(value), 4) for value in softmax[place]]
        sample["prediction"] = None if softmax is None else int(softmax[place].argmax())
        sample["pixels"] = exact_pixels(images[index], size) if chosen.live else None
        samples.append(sample)
    for sample, short in zip(
        samples, distinct([sample["name"] for sample in samples], CAPTION, keep="start"), strict=True
    ):
        sample["short"] = short
    return samples


def _label_names(h: Hierarchy, names: Sequence[str] | None) -> list[str] | None:
    return None if names is None and not h.classes else [str(name) for name in names or h.classes or ()]


def _class_name(h: Hierarchy, label: int) -> str:
    return h.classes[label] if h.classes and 0 <= label < len(h.classes) else f"class {label}"


def _class_scores(output: Tensor) -> Tensor | None:
    """The output, where it is a number for each of two classes or more."""
    if output.ndim != 2 or output.shape[1] < 2 or not output.isfinite().all():
        return None
    return output.cpu()


def score_kind(h: Hierarchy, images: Tensor) -> str | None:
    """Whether the output is ``logits``, ``probabilities`` or ``raw`` numbers; None where it is no score of classes."""
    output = _class_scores(h(images[:1]).float())
    if output is None:
        return None
    if bool((output >= 0).all()) and abs(float(output.sum()) - 1) < 1e-4:
        return "probabilities"
    last = next(
        (layer for layer in reversed(list(h.layers)) if layer.op not in _THROUGH and layer.kind != "pool"), None
    )
    return "logits" if last is not None and last.op in ("linear", "conv2d") else "raw"


#: Operations that may follow the layer whose outputs are logits.
_THROUGH = ("flatten", "relu", "dropout", "squeeze", "view", "reshape", "log_softmax")


def _choose_samples(count: int, labels: Tensor | None, most: int) -> list[int]:
    """The first image of each class, then the second of each, and so on; without labels, images evenly spaced."""
    if labels is None or bool((labels < 0).all()):
        return torch.linspace(0, count - 1, min(count, most)).round().int().tolist()
    seen: Counter[int] = Counter()
    ranked = []
    for index, label in enumerate(labels.tolist()):
        ranked.append((seen[label], label, index))
        seen[label] += 1
    return [index for _, _, index in sorted(sorted(ranked)[:most], key=lambda item: (item[1], item[0]))]


def _checked_labels(labels: Tensor | None, count: int) -> Tensor | None:
    if labels is None:
        return None
    labels = torch.as_tensor(labels)
    if tuple(labels.shape) != (count,) or labels.is_floating_point() or labels.is_complex():
        raise HierfeatError(
            f"expected labels as {count} integers, one per image, got {labels.dtype} of shape {tuple(labels.shape)}"
        )
    return labels
