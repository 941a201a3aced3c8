"""The experiment of 1959: a slit of light sweeps across a unit's field at each angle while its response is traced."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hierfeat._result import Result, drawn
from hierfeat._values import real, whole
from hierfeat.anatomy.receptive_fields import known_fields
from hierfeat.physiology._responses import Place, blank_responses, central_box, checked_place, unit_responses
from hierfeat.stimuli.bars import bars
from hierfeat.stimuli.stimulus_set import StimulusSet, Values
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.provenance import provenance

WIDEST_FRAME = 64
"""Pixels a side at which the stimuli are kept for the animation."""


@dataclass(frozen=True, eq=False)
class BarSweep(Result):
    """Responses to a sweeping bar; ``.table`` has a row per image: ``orientation, offset, response, rate``.

    Attributes
    ----------
    layer, channel, width, length, polarity
        Which unit, and the bar; pixels, 1 light and -1 dark.
    orientations, offsets : numpy.ndarray
        Degrees of the bar, and pixels across from the middle of the field.
    responses : numpy.ndarray
        (orientations, offsets), as recorded.
    blank : float
        Response to the ground alone.
    frames : numpy.ndarray
        (orientations, offsets, rows, cols), 0 to 255: the field and its neighbourhood as the unit saw them.
    extent : tuple of float
        (left, right, bottom, top) of the frames in pixels of the image.
    box : tuple of int
        The exact receptive field.
    """

    layer: str
    channel: int
    width: float
    length: float
    polarity: float
    orientations: np.ndarray
    offsets: np.ndarray
    responses: np.ndarray
    blank: float
    frames: np.ndarray
    extent: tuple[float, ...]
    box: tuple[int, ...]

    plot = drawn("bar_sweep.plot_bar_sweep")

    def animate(self, path: str | Path, *, frames_per_second: int = 15) -> Path:
        """Write the experiment as a GIF, or an MP4 by ffmpeg: the bar moves over the field, the trace grows beneath."""
        from hierfeat.plots.bar_sweep import animate_bar_sweep

        return animate_bar_sweep(self, path, frames_per_second=frames_per_second)


@checked(
    width=real(above=0, high=1e5),
    length=real(above=0, high=1e5),
    steps=whole(2, 10**4),
    polarity=real(-1, 1),
    at=checked_place,
)
def bar_sweep(
    h: Hierarchy,
    layer: str,
    channel: int,
    *,
    orientations: int | Values = 8,
    width: float | None = None,
    length: float | None = None,
    steps: int = 41,
    polarity: float = 1.0,
    ground: float = 0.5,
    at: Place | None = None,
    batch_size: int | None = None,
    progress: bool = True,
) -> BarSweep:
    """Sweep a slit of light across a central unit's field at each orientation.

    Parameters
    ----------
    h
        The subject.
    layer, channel
        Whose unit.
    orientations
        Degrees of the bar, counter-clockwise from horizontal; an int n spreads n over 180. The bar moves at a right
        angle to itself: a horizontal one downwards, a vertical one to the right.
    width, length
        Pixels; by default a fifth of the field (at least 1) and one and a half fields.
    steps
        Positions, from three quarters of a field before its middle to as far behind.
    polarity
        1 for a light slit, -1 for a dark bar.
    ground
        Luminance of the ground; 0 makes a slit of light in the dark.
    at
        (row, col) of the unit in its map; None is the one in the middle, (h//2, w//2).
    batch_size
        Images in one forward pass; by default as many as suit their size. It changes no number.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    BarSweep
        A row per image, and the responses by orientation and position.

    Raises
    ------
    HierfeatError
        On an unknown layer or channel, or fewer than 2 steps.

    Notes
    -----
    ``rate`` is the response rectified, which a spike count would be.

    Memory: one batch of stimuli, and one number for each.

    References
    ----------
    Hubel DH, Wiesel TN (1959). Receptive fields of single neurones in the cat's striate cortex. J Physiol 148:574-591.
    Hubel DH, Wiesel TN (1962). J Physiol 160:106-154.

    Examples
    --------
    >>> import hierfeat as hf
    >>> sweep = hf.bar_sweep(hf.load("lenet5-digits"), "conv1", 0, orientations=6, steps=21)
    >>> sweep.responses.shape
    (6, 21)
    """
    box = central_box(h, known_fields(h), layer, at=at)
    size = max(box[2] - box[0], box[3] - box[1])
    offsets = np.linspace(-0.75 * size, 0.75 * size, steps)
    bar = {"widths": width or max(1.0, size / 5), "lengths": length or 1.5 * size, "polarities": polarity}
    middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    stimuli = bars(h.input_shape, orientations=orientations, offsets=offsets, position=middle, ground=ground, **bar)
    responses = unit_responses(h, stimuli, layers=layer, at=at, batch_size=batch_size)[layer][:, channel]
    angles = stimuli.table.orientation.to_numpy()[::steps]
    frames, extent = _frames(stimuli, box, size)
    table = stimuli.table[["orientation", "offset"]].assign(response=responses, rate=np.maximum(responses, 0))
    return BarSweep(
        table=table,
        provenance=provenance(
            h, layer=layer, channel=channel, orientations=angles, steps=steps, ground=ground, at=at, **bar
        ),
        layer=layer,
        channel=channel,
        width=float(bar["widths"]),
        length=float(bar["lengths"]),
        polarity=float(polarity),
        orientations=angles,
        offsets=offsets,
        responses=responses.reshape(len(angles), steps),
        blank=float(blank_responses(h, layers=layer, at=at, ground=ground)[layer][channel]),
        frames=frames.reshape(len(angles), steps, *frames.shape[1:]),
        extent=extent,
        box=box,
    )


def _frames(stimuli: StimulusSet, box: tuple[int, ...], size: int) -> tuple[np.ndarray, tuple[float, ...]]:
    """The stimuli around the field, thinned to a size fit for a picture."""
    border = size // 2 + 1
    top, left = max(0, box[0] - border), max(0, box[1] - border)
    bottom, right = min(stimuli.shape[1], box[2] + border), min(stimuli.shape[2], box[3] + border)
    step = max(1, -(-max(bottom - top, right - left) // WIDEST_FRAME))
    parts = [
        (batch[:, 0, top:bottom:step, left:right:step] * 255).round().byte().cpu().numpy()
        for batch in stimuli.batches()
    ]
    return np.concatenate(parts), (float(left), float(right), float(bottom), float(top))
