"""What every physiological experiment records: one rate per stimulus and channel, in one pass over the stimuli."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from hierfeat._progress import with_bar
from hierfeat._values import whole
from hierfeat.anatomy.receptive_fields import ReceptiveFields, known_fields
from hierfeat.errors import HierfeatError
from hierfeat.physiology.features._field_cutter import boxes_of_places
from hierfeat.stimuli.spots import spots
from hierfeat.stimuli.stimulus_set import StimulusSet
from hierfeat.subjects.call import Call, Stop
from hierfeat.subjects.calls import Watch
from hierfeat.subjects.checks import check_has_weights
from hierfeat.subjects.guard import undisturbed
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_checks import NO_CHANNELS, channels_of, checked_channels
from hierfeat.subjects.layer_table import Layers
from hierfeat.subjects.own_data import default_batch

Read = Literal["centre", "center", "mean"]
Place = tuple[int, int]
"""(row, col) of a unit in its map."""
Point = tuple[float, float]
"""(row, col) in pixels of the image."""
Box = tuple[int, int, int, int]
"""(top, left, bottom, right) in pixels, half-open."""


class Showing(NamedTuple):
    """Stimuli for the units of some layers."""

    stimuli: StimulusSet
    layers: Sequence[str]


def unit_responses(
    h: Hierarchy,
    stimuli: StimulusSet,
    *,
    layers: Layers,
    read: Read = "centre",
    at: Place | None = None,
    batch_size: int | None = None,
) -> dict[str, np.ndarray]:
    """Response of one unit of each channel to each stimulus.

    Parameters
    ----------
    h
        The subject.
    stimuli
        Shown batch by batch; only one batch of images and of activations exists at a time.
    layers
        Names, glob patterns or kinds.
    read
        ``centre``: one unit of each map; ``mean``: the mean over the map.
    at
        (row, col) of that unit; None is the one in the middle, (h//2, w//2).
    batch_size
        Images in one forward pass; by default as many as keep a batch of images near 16 MB.

    Returns
    -------
    dict of str to numpy.ndarray
        By layer, (stimuli, channels), float32, neither rectified nor otherwise changed.

    Notes
    -----
    The pass ends after the last chosen layer; what lies above it is not computed.
    """
    names = [layer.name for layer in h.layers.select(layers)]
    found: dict[str, np.ndarray] = {}
    show(h, [Showing(stimuli, names)], lambda _, part: found.update(part), read=read, at=at, batch_size=batch_size)
    return found


def show(
    h: Hierarchy,
    showings: Sequence[Showing],
    keep: Callable[[int, dict[str, np.ndarray]], None],
    *,
    read: Read = "centre",
    at: Place | None = None,
    batch_size: int | None = None,
) -> None:
    """Show several sets of stimuli under one progress bar; `keep` is handed the responses to each when it is done.

    Parameters
    ----------
    h, read, at, batch_size
        As in :func:`unit_responses`.
    showings
        Stimuli and layers, these in call order; each pass ends behind the last of its own layers.
    keep
        ``keep(index, responses)``: which showing, and by layer (stimuli, channels).
    """
    check_has_weights(h, "stimuli")
    h.warn_of_range("stimuli")
    reader = _mean if read == "mean" else partial(units_at, at=at)
    sizes = [batch_size or even_batch(len(stimuli), default_batch(h.input_shape)) for stimuli, _ in showings]
    total = sum(-(-len(stimuli) // size) for (stimuli, _), size in zip(showings, sizes, strict=True))
    batches = (
        (index, batch)
        for index, (stimuli, _) in enumerate(showings)
        for batch in stimuli.to(h.device).batches(sizes[index])
    )
    taken: dict[str, list[Tensor]] = {}
    seen = 0

    def after(call: Call, output: Tensor) -> None:
        taken[call.name].append(reader(output.detach()).float().cpu())
        if call.name == names[-1]:
            raise Stop

    watch = Watch(h.model, after=after, only=lambda name, _: name in taken)
    with undisturbed(h.model), torch.no_grad():
        for index, batch in with_bar(batches, "stimuli", total=total):
            stimuli, names = showings[index]
            taken = taken or {name: [] for name in names}
            with watch:
                h.forward(batch)
            seen += len(batch)
            if seen == len(stimuli):
                keep(index, {name: _joined(h, name, parts, seen) for name, parts in taken.items()})
                taken, seen = {}, 0


def blank_responses(
    h: Hierarchy, *, layers: Layers, read: Read = "centre", at: Place | None = None, ground: float = 0.5
) -> dict[str, np.ndarray]:
    """Response of one unit of each channel to the bare ground, by layer, (channels,)."""
    bare = spots(h.input_shape, contrasts=0.0, ground=ground)
    return {name: rows[0] for name, rows in unit_responses(h, bare, layers=layers, read=read, at=at).items()}


def rectified(responses: np.ndarray) -> np.ndarray:
    """Negative responses as 0: a firing rate is not negative."""
    return np.asarray(np.maximum(responses, 0))


def even_batch(count: int, size: int) -> int:
    """Nearly `size`, so that `count` images come in batches of one size: a small rest costs as much as a batch."""
    return -(-count // max(1, round(count / size)))


def central_box(
    h: Hierarchy, fields: ReceptiveFields, layer: str, *, at: Place | None = None, clip: bool = True
) -> Box:
    """The receptive field of a layer's central unit, (h//2, w//2), or of the unit at `at`.

    Where the map is flattened, the central unit is number n//2 of its n places.
    """
    return _central_box(fields, layer, h.layers[layer].out_shape[1:], at, clip=clip)


def _central_box(fields: ReceptiveFields, layer: str, places: tuple[int, ...], at: Place | None, *, clip: bool) -> Box:
    size = fields.map_size(layer)
    if places == size:
        row, col = (size[0] // 2, size[1] // 2) if at is None else at
        return fields.box(layer, row, col, clip=clip)
    boxes = boxes_of_places(fields.boxes(layer, clip=clip), places)[0]
    top, left, bottom, right = boxes[len(boxes) // 2].tolist()
    return top, left, bottom, right


def checked_place(value: Any, name: str, given: Mapping[str, Any]) -> Place:
    """Check the place of a unit; passed to `checked`, for a function of ``layer``, ``layers`` or ``tuning``."""
    h = given["h"]
    if not isinstance(value, tuple | list | np.ndarray) or len(value) != 2:
        mean = "; the mean over the map is read='mean', where the function takes that" if isinstance(value, str) else ""
        raise HierfeatError(f"expected {name} as (row, col) of a unit in its map, got {value!r}{mean}")
    for layer in h.layers.select([given["layer"]] if "layer" in given else _named(given)):
        size = layer.out_shape[1:]
        if len(size) != 2:
            raise HierfeatError(f"{name} needs maps with rows and columns; {layer.name!r} gives {layer.out_shape}")
        for number, count in zip(value, size, strict=True):
            whole(0, count - 1)(number, f"{name} in the {size[0]} x {size[1]} map of {layer.name!r}", given)
    return int(value[0]), int(value[1])


def checked_units(value: Any, name: str, given: Mapping[str, Any]) -> list[int]:
    """Check channels that every chosen layer must have; passed to `checked`, for a function of ``layers``."""
    h = given["h"]
    fewest = min(h.layers.select(_named(given)), key=lambda layer: channels_of(h, layer))
    return sorted(set(checked_channels(h, fewest.name, value, name)))


def _named(given: Mapping[str, Any]) -> Layers:
    """The layers that a function is asked for: those of a tuning result, where one is given."""
    tuning = given.get("tuning")
    return given.get("layers", ("conv", "pool")) if tuning is None else list(tuning.responses)


def field_centres(h: Hierarchy, layers: Iterable[str], at: Place | None = None) -> dict[str, Point]:
    """(row, col), in pixels, of the middle of each central unit's receptive field, or of that of the unit at `at`.

    The virtual field counts, which runs on through the padding: its middle is where the unit looks. A layer whose
    field is the whole image looks at the middle of it.
    """
    fields, table = known_fields(h), h.layers  # to ask for the latter is to look at every module
    centres = {}
    for name in layers:
        top, left, bottom, right = _central_box(fields, name, table[name].out_shape[1:], at, clip=False)
        centres[name] = ((top + bottom) / 2, (left + right) / 2)
    return centres


def by_centre(h: Hierarchy, layers: Layers, at: Place | None = None) -> dict[Point, list[str]]:
    """Layers grouped by where their units look: one set of centred stimuli serves each group."""
    groups: dict[Point, list[str]] = {}
    for name, place in field_centres(h, [layer.name for layer in h.layers.select(layers)], at).items():
        groups.setdefault(place, []).append(name)
    return groups


def central_units(output: Tensor) -> Tensor:
    """Output of the unit at (h//2, w//2) of each map, (N, C)."""
    return units_at(output, None)


def units_at(output: Tensor, at: Place | None) -> Tensor:
    """Output of one unit of each map, (N, C)."""
    for axis in range(output.dim() - 1, 1, -1):
        output = output.select(axis, output.shape[axis] // 2 if at is None else at[axis - 2])
    return output.clone()


def _mean(output: Tensor) -> Tensor:
    return output.flatten(2).mean(2) if output.dim() > 2 else output.clone()


def _joined(h: Hierarchy, name: str, parts: list[Tensor], expected: int) -> np.ndarray:
    count = sum(part.shape[0] if part.ndim else 0 for part in parts)
    if count != expected:
        raise HierfeatError(
            f"{h.name} called {name!r} for {count} of {expected} stimuli: its path depends on the image, or takes "
            "images one by one"
        )
    values = torch.cat(parts).numpy()
    if values.ndim != 2:
        raise HierfeatError(f"expected a layer with channels, got {name!r} of {h.name}, {NO_CHANNELS}")
    if not np.isfinite(values).all():
        bad = np.flatnonzero(~np.isfinite(values).all(0)).tolist()
        which = f"channel{'s' * (len(bad) > 1)} {', '.join(map(str, bad[:5]))}{', ...' * (len(bad) > 5)}"
        raise HierfeatError(f"{h.name} gave NaN or infinity in {name!r}, {which}: check its weights")
    return values
