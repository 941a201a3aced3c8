"""Direction selectivity, for models that see several frames."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hierfeat._result import Result, drawn
from hierfeat._values import levels, real, whole
from hierfeat.errors import HierfeatError
from hierfeat.physiology._responses import Place, Read, blank_responses, checked_place, checked_units, unit_responses
from hierfeat.physiology.tuning._drift import drift_components, is_signed, stronger_component
from hierfeat.physiology.tuning._indices import dsi, global_dsi, resultant, wrapped
from hierfeat.physiology.tuning._table import response_types
from hierfeat.physiology.tuning.orientation_tuning import PHASES
from hierfeat.stimuli.gratings import draw_gratings, gratings
from hierfeat.stimuli.stimulus_set import StimulusSet, Values
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_table import UNITS, Layers
from hierfeat.subjects.provenance import provenance


@dataclass(frozen=True, eq=False)
class DirectionTuning(Result):
    """Direction tuning of every channel; see :func:`direction_tuning`.

    Attributes
    ----------
    directions : numpy.ndarray
        Degrees of motion, counter-clockwise from rightwards.
    curves : dict of str to numpy.ndarray
        By layer, (channels, directions), at the preferred frequency.
    """

    directions: np.ndarray
    curves: dict[str, np.ndarray]

    plot = drawn("tuning.plot_direction_tuning")


@checked(
    frames=whole(0, 10**4),
    directions=whole(3, 3600),
    frequencies=levels(0, 0.5, above=0, counted=False),
    cycles_per_frame=real(above=0, high=0.5),
    phases=PHASES,
    at=checked_place,
    channels=checked_units,
)
def direction_tuning(
    h: Hierarchy,
    *,
    frames: int | None = None,
    layers: Layers = UNITS,
    directions: int = 16,
    frequencies: Values = (0.05, 0.1, 0.2),
    cycles_per_frame: float = 0.125,
    phases: int = 8,
    read: Read = "centre",
    at: Place | None = None,
    channels: Sequence[int] | None = None,
    batch_size: int | None = None,
    progress: bool = True,
) -> DirectionTuning:
    """Drift gratings through a model that takes several frames stacked as channels.

    Parameters
    ----------
    h
        The subject; its input channels are `frames` frames, all colours of the first, then of the second and so on. A
        model with 3-d convolutions is wrapped in a module that unfolds its channels into time.
    frames
        How many; None says that the model sees a still image, which is refused.
    layers
        Names, glob patterns or kinds.
    directions
        Equal steps over 360 degrees.
    frequencies
        Cycles/pixel.
    cycles_per_frame
        Temporal frequency, at most 0.5.
    phases, read, at, channels, batch_size
        As in :func:`hierfeat.orientation_tuning`; a phase is that of the first frame.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    DirectionTuning
        ``.table`` has a row per layer and channel: ``layer, channel, preferred_direction`` (degrees, counter-clockwise
        from rightwards), ``preferred_frequency, dsi, gdsi, peak``; NaN where moving gratings do not raise the rate.

    Raises
    ------
    HierfeatError
        If the model has no time: `frames` is None or below 2, or does not divide the input channels.

    Notes
    -----
    DSI = (R_pref − R_null)/(R_pref + R_null); gDSI is the length of Σ R e^{iθ} over Σ R.  A grating of bars at θ
    moves towards θ − 90 or θ + 90. R is F1 or F0, whichever peaks higher, as in orientation tuning.

    Memory: one batch of stimuli, and the answer of one unit of each channel to every stimulus.

    Examples
    --------
    >>> import torch, hierfeat as hf
    >>> h = hf.Hierarchy(torch.nn.Conv2d(4, 2, 7), (4, 16, 16))
    >>> hf.direction_tuning(h, frames=4).table.columns.tolist()
    ['layer', 'channel', 'preferred_direction', 'preferred_frequency', 'dsi', 'gdsi', 'peak']
    """
    _check_time(h, frames)
    assert frames is not None
    angles = np.arange(directions) * (360.0 / directions)
    stimuli = _moving(h, frames, angles, frequencies, phases, cycles_per_frame)
    raw = unit_responses(h, stimuli, layers=layers, read=read, at=at, batch_size=batch_size)
    rest = blank_responses(h, layers=layers, read=read, at=at)
    tones = np.atleast_1d(np.asarray(frequencies, dtype=float))
    parts, curves = [], {}
    for name, rows in raw.items():
        cycles = rows.T.reshape(-1, directions, len(tones), phases)
        table, curves[name] = _describe(cycles, rest[name], angles, tones, eps=torch.finfo(h.dtype).eps)
        parts.append(table.assign(layer=name))
    columns = ["layer", "channel", "preferred_direction", "preferred_frequency", "dsi", "gdsi", "peak"]
    options: dict[str, Any] = {
        "frames": frames,
        "frequencies": tones,
        "cycles_per_frame": cycles_per_frame,
        "phases": phases,
    }
    table = pd.concat(parts, ignore_index=True)[columns]
    options |= {"read": read, "at": at, "channels": channels}
    return DirectionTuning(
        table=table if channels is None else table[table.channel.isin(channels)].reset_index(drop=True),
        provenance=provenance(h, layers=list(raw), directions=directions, **options),
        directions=angles,
        curves=curves,
    )


def _check_time(h: Hierarchy, frames: int | None) -> None:
    channels = h.input_shape[0]
    if frames is None or frames < 2:
        raise HierfeatError(
            f"{h.name} sees one still image, which has no direction of motion: expected frames=2 or more, "
            "with the frames stacked as input channels (wrap a model with 3-d convolutions so that it unfolds them)"
        )
    if channels % frames:
        raise HierfeatError(f"expected {frames} frames to divide the {channels} input channels of {h.name}")


def _moving(
    h: Hierarchy, frames: int, angles: np.ndarray, frequencies: Values, phases: int, rate: float
) -> StimulusSet:
    """Gratings whose channels are frames; a direction is bars at direction + 90, of which phase moves them back."""
    colours = h.input_shape[0] // frames

    def draw(rows: Tensor, cols: Tensor, values: Mapping[str, Tensor]) -> Tensor:
        advance = [{**values, "phase": values["phase"] + 360 * rate * frame} for frame in range(frames)]
        return torch.stack([draw_gratings(rows, cols, step) for step in advance], 1).repeat_interleave(colours, 1)

    # phase moves bars at θ towards θ − 90 (see stimuli.geometry)
    table = gratings(h.input_shape, orientations=angles + 90, frequencies=frequencies, phases=phases).table
    return StimulusSet(h.input_shape, table, draw)


def _describe(
    raw: np.ndarray, blank: np.ndarray, angles: np.ndarray, tones: np.ndarray, *, eps: float
) -> tuple[pd.DataFrame, np.ndarray]:
    tuning = stronger_component(*drift_components(raw, blank, signed=is_signed(raw)))
    best = tuning.max(1).argmax(1)
    curve = tuning[np.arange(len(raw)), :, best]
    table = pd.DataFrame(
        {
            "channel": np.arange(len(raw)),
            "preferred_direction": wrapped(np.rad2deg(np.angle(resultant(curve, angles, 1))), 360.0),
            "preferred_frequency": tones[best],
            "dsi": dsi(curve, angles),
            "gdsi": global_dsi(curve, angles),
            "peak": curve.max(1),
        }
    )
    excited = response_types(raw, blank, curve.max(1), eps) == "excited"
    table.loc[~excited, ["preferred_direction", "preferred_frequency", "dsi", "gdsi"]] = np.nan
    return table, curve
