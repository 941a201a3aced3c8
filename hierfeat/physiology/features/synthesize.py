"""Images made to maximise a channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from hierfeat._progress import bar
from hierfeat._result import Result, drawn
from hierfeat._values import real, several, whole
from hierfeat.anatomy.receptive_fields import receptive_fields
from hierfeat.errors import HierfeatError
from hierfeat.physiology._responses import central_box
from hierfeat.physiology.features._ascent import Ascent, ascend
from hierfeat.physiology.features._objectives import Objective, central_unit, objective_of
from hierfeat.physiology.features._reading import reading
from hierfeat.physiology.features._robustness import best_natural, robustness
from hierfeat.stimuli.warps.views import centre
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_checks import channels_of, checked_channels
from hierfeat.subjects.own_data import Images
from hierfeat.subjects.provenance import provenance

_FRAGILE = 0.5  # less than this share kept under small shifts
AT_A_TIME = 16  # images optimised together


@dataclass(frozen=True, eq=False)
class Synthesis(Result):
    """Images that maximise (or minimise) channels of a layer.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per image: ``layer, channel, copy, objective, read, start, activation, natural, natural_image, shift_kept,
        transform_kept, natural_shift_kept, natural_transform_kept, status``. `activation` is the objective on the
        finished image, `start` on the noise that it started from, `natural` on the best of the natural images given
        (for a unit: the best over all places of their maps). `shift_kept` is the share of the activation that is left,
        on average, when the image moves in eight directions by a sixteenth of it (at least a pixel), `transform_kept`
        under the random views that it was optimised with, all true crops of the canvas that the image is the middle of.
        ``natural_...`` is the same for that natural image, which goes on as its reflection, at some cost. The central
        unit's image is its receptive field, moved and turned in a grey frame.

        ``read`` is ``rectifier input`` where the unit was silent at the start, and so without a gradient, and was
        optimised by what goes into its rectifiers. ``status`` is ``ok``; ``fragile`` where less than half is kept
        under shifts; ``dead`` where the best image found still does not bring it above zero; or ``constant`` where
        no pixel has any influence. The images of the last two mean nothing.
    images : numpy.ndarray
        (rows of the table, C, H, W), in [0, 1].
    history : numpy.ndarray
        (rows of the table, steps): the objective at each step, on the view of that step.
    """

    images: npt.NDArray[np.float32]
    history: npt.NDArray[np.float32]

    plot = drawn("features.plot_synthesize")


@checked(
    size=several(2, whole(1, 2**14)),
    diversity=real(0, 1e6),
    jitter=real(0, 1e4),
    scale=real(0, 1e2),
    rotation=real(0, 360),
    learning_rate=real(above=0, high=1e4),
)
def synthesize(
    h: Hierarchy,
    layer: str,
    channels: Sequence[int] | None = None,
    *,
    objective: str | Objective = "channel",
    steps: int = 128,
    seed: int = 0,
    negative: bool = False,
    copies: int = 1,
    diversity: float = 1.0,
    images: Images | None = None,
    size: tuple[int, int] | None = None,
    jitter: float | None = None,
    scale: float | None = None,
    rotation: float | None = None,
    learning_rate: float = 0.1,
    batch_size: int | None = None,
    progress: bool = True,
) -> Synthesis:
    """Make images that drive each channel of a layer as strongly as possible.

    Parameters
    ----------
    h
        The network under study.
    layer
        A layer's name.
    channels
        All channels of the layer by default.
    objective
        The mean over a channel's map, its central unit, or ``objective(activation, channels) -> (N,)``, given the
        layer's response (N, C, ...) to N images and the channel that each is made for.
    steps
        Steps of Adam.
    seed
        The same seed gives the same image. Other channels beside it change nothing but the rounding, which many steps
        can magnify.
    negative
        Minimise instead.
    copies
        Images per channel.
    diversity
        How strongly the copies are pushed apart, relative to the activation.
    images
        Natural images (N, C, H, W) in [0, 1], to compare with.
    size
        (height, width) of the images, if other than the model's input; the layers up to `layer` must allow it.
    jitter, scale, rotation
        The random views: their largest shift, in pixels, relative change of size, and rotation, in degrees. By default
        an eighth of the image (at most 4 pixels), 0.2 and 20; for the central unit, which has its place, a sixteenth of
        its receptive field, 0.15 and 15. Wider views make images that keep more of their activation when turned or
        scaled, but have less of it.
    learning_rate
        Of the optimiser (AdamW); it falls to zero over the steps.
    batch_size
        Images optimised at a time.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    Synthesis
        A row per image with its robustness, and the images.

    Raises
    ------
    HierfeatError
        If the layer, a channel, the objective or a setting does not fit.

    Notes
    -----
    Gradient ascent on the spectrum of the images, see `FourierImages`,
    through a random view at every step: what survives small shifts, rotations and scalings is kept. The views are
    true crops of a larger canvas, whose centre is returned. AdamW's decay (1, with a rate that falls to zero)
    takes back what has no influence. Of the central unit only the receptive field is optimised; the rest of the image
    is grey. Only the layers up to `layer` run, and only the image has gradients.

    Memory: one batch of the images that are made, with its graph of gradients, and all images.

    References
    ----------
    Erhan, D., Bengio, Y., Courville, A. and Vincent, P. (2009). Visualizing higher-layer features of a deep network.
    Olah, C., Mordvintsev, A. and Schubert, L. (2017). Feature visualization. Distill.

    Examples
    --------
    >>> import hierfeat as hf
    >>> made = hf.synthesize(hf.load("lenet5-digits"), "conv2", [0, 1], steps=16)
    >>> made.images.shape
    (2, 1, 32, 32)
    """
    chosen = list(range(channels_of(h, layer))) if channels is None else checked_channels(h, layer, channels)
    name, goal = objective_of(objective)
    size = (h.input_shape[1], h.input_shape[2]) if size is None else (size[0], size[1])
    batch_size = batch_size or AT_A_TIME
    _check_settings(steps=steps, copies=copies, batch_size=batch_size, height=size[0], width=size[1])
    given = {"jitter": jitter, "scale": scale, "rotation": rotation}
    extent, frame = _extent(h, layer, goal, size)
    views = _default_views(goal, extent) | {k: value for k, value in given.items() if value is not None}
    sign, apart = -1.0 if negative else 1.0, diversity if copies > 1 else 0.0
    task = Ascent(h, layer, goal, sign, extent, frame, steps, learning_rate, copies, apart, seed, views)
    per_batch = max(1, batch_size // copies)
    groups = [chosen[at : at + per_batch] for at in range(0, len(chosen), per_batch)]
    with bar(layer, total=len(groups) * steps, unit="step", progress=progress) as shown:
        parts = [ascend(task, group, shown) for group in groups]
    made = {key: torch.cat([part[key] for part in parts]) for key in parts[0]}
    table = _table(task, made, images)
    table.insert(3, "objective", name)
    settings = {"objective": name, "steps": steps, "seed": seed, "negative": negative, "copies": copies, **views}
    return Synthesis(
        table=table,
        provenance=provenance(h, layer=layer, size=size, learning_rate=learning_rate, diversity=diversity, **settings),
        images=task.framed(centre(made["canvases"], extent)).numpy(),
        history=made["history"].numpy(),
    )


def _extent(
    h: Hierarchy, layer: str, objective: Objective, size: tuple[int, int]
) -> tuple[tuple[int, int], tuple[int, int, int, int]]:
    """Height and width of what is optimised, and the grey around it: of the central unit, its field is all that counts.

    In a whole image, thousands of frequencies would work on a field of a few pixels all at once. It is all the same the
    whole image where the unit sees nothing, or where later layers cannot take this size and the field is not known.
    """
    whole = size, (0, 0, 0, 0)
    if objective is not central_unit:
        return whole
    shown = h if size == h.input_shape[1:] else Hierarchy(h.model, (h.input_shape[0], *size), example=h.example)
    try:
        top, left, bottom, right = central_box(shown, receptive_fields(shown), layer)
    except HierfeatError:
        return whole
    if bottom <= top or right <= left:
        return whole
    return (bottom - top, right - left), (left, size[1] - right, top, size[0] - bottom)


def _default_views(objective: Objective, extent: tuple[int, int]) -> dict[str, float]:
    if objective is not central_unit:
        return {"jitter": min(4.0, min(extent) / 8), "scale": 0.2, "rotation": 20.0}
    return {"jitter": min(extent) / 16, "scale": 0.15, "rotation": 15.0}


def _check_settings(**settings: int) -> None:
    for name, value in settings.items():
        if not isinstance(value, int) or value < 1:
            raise HierfeatError(f"expected {name} as an int of at least 1, got {value!r}")


def _table(task: Ascent, made: dict[str, Tensor], natural: Tensor | None) -> pd.DataFrame:
    table = pd.DataFrame({"layer": task.layer, "channel": made["channel"].numpy(), "copy": made["copy"].numpy()})
    table["read"] = np.where(made["silent"].numpy(), "rectifier input", "unit")
    table["start"] = made["start"].numpy()
    channels = made["channel"].to(task.h.device)
    moved: dict[str, Any] = {"pixels": max(1, round(min(task.size) / 16))} | task.views
    with torch.no_grad(), reading(task.h, task.layer) as read:

        def read_framed(pictures: Tensor) -> Tensor:
            return read(task.framed(pictures))

        own = robustness(read_framed, task.objective, made["canvases"], channels, size=task.size, **moved)
        peer = best_natural(read, task.objective, natural, channels, sign=task.sign, **moved)
    for name in ("activation", "natural", "natural_image"):
        table[name] = (own | peer)[name]
    for name in ("shift_kept", "transform_kept"):
        table[name], table[f"natural_{name}"] = own[name], peer[f"natural_{name}"]
    table["status"] = _status(table, made["constant"].numpy(), task.sign)
    return table


def _status(table: pd.DataFrame, constant: npt.NDArray[np.bool_], sign: float) -> npt.NDArray[np.str_]:
    dead = (table["activation"] <= 0) & (table["read"] != "unit") if sign > 0 else np.zeros(len(table), dtype=bool)
    fragile = ~(table["shift_kept"] >= _FRAGILE)
    return np.select([constant, dead, fragile], ["constant", "dead", "fragile"], "ok")
