"""What every physiological experiment records: one rate per stimulus and channel, in one pass over the stimuli."""

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from hierfeat._progress import with_bar
from hierfeat.anatomy.receptive_fields import ReceptiveFields, receptive_fields
from hierfeat.errors import HierfeatError
from hierfeat.physiology.features._field_cutter import boxes_of_places
from hierfeat.stimuli.spots import spots
from hierfeat.stimuli.stimulus_set import StimulusSet
from hierfeat.subjects.calls import Call, Stop
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_table import Layers

Read = Literal["centre", "center", "mean"]


def unit_responses(
    h: Hierarchy, stimuli: StimulusSet, *, layers: Layers, read: Read = "centre", batch_size: int | None = None
) -> dict[str, np.ndarray]:
    """Response of each channel's central unit to each stimulus.

    Parameters
    ----------
    h
        The subject.
    stimuli
        Shown batch by batch; only one batch of images and of activations exists at a time.
    layers
        Names, glob patterns or kinds.
    read
        ``centre``: the unit at (h//2, w//2) of each map; ``mean``: the mean over the map.
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
    reader = _mean if read == "mean" else central_units
    taken: dict[str, list[Tensor]] = {name: [] for name in names}

    def after(call: Call, output: Tensor) -> None:
        if call.name in taken:
            taken[call.name].append(reader(output.detach()).float().cpu())
        if call.name == names[-1]:
            raise Stop

    size = batch_size or even_batch(len(stimuli), default_batch(h.input_shape))
    batches = with_bar(stimuli.to(h.device).batches(size), h.name, total=-(-len(stimuli) // size))
    for batch in batches:
        with torch.no_grad(), h.watching(after=after):
            h.forward(batch)
    return {name: _joined(h, name, parts, len(stimuli)) for name, parts in taken.items()}


def blank_responses(
    h: Hierarchy, *, layers: Layers, read: Read = "centre", ground: float = 0.5
) -> dict[str, np.ndarray]:
    """Response of each channel's central unit to the bare ground, by layer, (channels,)."""
    bare = spots(h.input_shape, contrasts=0.0, ground=ground)
    return {name: rows[0] for name, rows in unit_responses(h, bare, layers=layers, read=read).items()}


def rectified(responses: np.ndarray) -> np.ndarray:
    """Negative responses as 0: a firing rate is not negative."""
    return np.asarray(np.maximum(responses, 0))


def default_batch(shape: Sequence[int]) -> int:
    """Images in a batch: 512 of the smallest, 256 small ones, fewer of large ones."""
    size = int(np.prod(shape))
    return int(np.clip(2**22 // size, 8, 512 if size <= 32 * 32 else 256))


def even_batch(count: int, size: int) -> int:
    """Nearly `size`, so that `count` images come in batches of one size: a small rest costs as much as a batch."""
    return -(-count // max(1, round(count / size)))


def central_box(h: Hierarchy, fields: ReceptiveFields, layer: str, *, clip: bool = True) -> tuple[int, int, int, int]:
    """The receptive field of a layer's central unit, (h//2, w//2); of place n//2 of n where the map is flattened."""
    places, size = h.layers[layer].out_shape[1:], fields.map_size(layer)
    if places == size:
        return fields.box(layer, size[0] // 2, size[1] // 2, clip=clip)
    boxes = boxes_of_places(fields.boxes(layer, clip=clip), places)[0]
    top, left, bottom, right = boxes[len(boxes) // 2].tolist()
    return top, left, bottom, right


def checked_channel(h: Hierarchy, layer: str, channel: int) -> int:
    """`channel` as an int, if `layer` has it."""
    count = h.layers[layer].out_shape[0]
    if not isinstance(channel, int | np.integer) or not 0 <= channel < count:
        raise HierfeatError(f"expected a channel of {layer!r}, an int between 0 and {count - 1}, got {channel!r}")
    return int(channel)


def field_centres(h: Hierarchy, layers: Iterable[str]) -> dict[str, tuple[float, float]]:
    """(row, col), in pixels, of the middle of each central unit's receptive field.

    The virtual field counts, which runs on through the padding: its middle is where the unit looks.  A layer whose
    field is the whole image looks at the middle of it.
    """
    fields = receptive_fields(h)
    centres = {}
    for name in layers:
        top, left, bottom, right = central_box(h, fields, name, clip=False)
        centres[name] = ((top + bottom) / 2, (left + right) / 2)
    return centres


def by_centre(h: Hierarchy, layers: Layers) -> dict[tuple[float, float], list[str]]:
    """Layers grouped by where their central units look: one set of centred stimuli serves each group."""
    groups: dict[tuple[float, float], list[str]] = {}
    for name, place in field_centres(h, [layer.name for layer in h.layers.select(layers)]).items():
        groups.setdefault(place, []).append(name)
    return groups


def central_units(output: Tensor) -> Tensor:
    """What the unit at (h//2, w//2) of each map answers, (N, C)."""
    for axis in range(output.dim() - 1, 1, -1):
        output = output.select(axis, output.shape[axis] // 2)
    return output.clone()


def _mean(output: Tensor) -> Tensor:
    return output.flatten(2).mean(2) if output.dim() > 2 else output.clone()


def _joined(h: Hierarchy, name: str, parts: list[Tensor], expected: int) -> np.ndarray:
    rows = torch.cat(parts) if parts else torch.empty(0, 0)
    if len(rows) != expected:
        raise HierfeatError(
            f"{h.name} called {name!r} for {len(rows)} of {expected} stimuli: its path depends on the image"
        )
    values = rows.numpy()
    if not np.isfinite(values).all():
        raise HierfeatError(f"{h.name} answered NaN or infinity in {name!r}: check its weights")
    return values
