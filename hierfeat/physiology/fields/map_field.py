"""A unit's field mapped by hand: spots and bars flashed on and off, or reverse correlation with noise."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from hierfeat._result import Result, drawn
from hierfeat._values import choice, real, whole
from hierfeat.anatomy.receptive_fields import known_fields
from hierfeat.errors import HierfeatError
from hierfeat.physiology._responses import Box, Place, blank_responses, central_box, checked_place, unit_responses
from hierfeat.stimuli.bars import bars
from hierfeat.stimuli.noise import white_noise
from hierfeat.stimuli.spots import spots
from hierfeat.stimuli.stimulus_set import StimulusSet
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.precision import double
from hierfeat.subjects.provenance import provenance

Probe = Literal["bar", "spot", "noise"]
CELLS = 24
"""The region is mapped in at most this many cells a side."""
RIDGE = 1e-3
"""Of the mean power of a cell, in the regression of bars and noise on cells."""


@dataclass(frozen=True, eq=False)
class FieldMap(Result):
    """A field map; ``.table`` is the stimuli's own table with a column ``response``, the change from grey.

    Attributes
    ----------
    layer, channel, probe, cell
        Which unit, how it was mapped, and the side of a cell in pixels.
    light, dark : numpy.ndarray
        (rows, cols) of cells: response to light on and to dark off in each cell.
    map : numpy.ndarray
        ``(light - dark) / 2``: positive where light excites (or dark inhibits), negative where dark excites.
    region, box : tuple of int
        What was mapped, and the exact receptive field in it: (top, left, bottom, right) in pixels.
    """

    layer: str
    channel: int
    probe: str
    cell: int
    light: np.ndarray
    dark: np.ndarray
    map: np.ndarray
    region: tuple[int, ...]
    box: tuple[int, ...]

    plot = drawn("fields.plot_map_field")


@checked(
    probe=choice("bar", "spot", "noise"),
    cell=whole(1, 4096),
    margin=whole(0, 1000),
    contrast=real(above=0, high=1),
    orientations=whole(1, 360),
    n=whole(1, 10**6),
    at=checked_place,
)
def map_field(
    h: Hierarchy,
    layer: str,
    channel: int,
    *,
    probe: Probe = "bar",
    cell: int | None = None,
    margin: int = 2,
    contrast: float = 1.0,
    orientations: int = 16,
    n: int = 8192,
    seed: int = 0,
    at: Place | None = None,
    batch_size: int | None = None,
    progress: bool = True,
) -> FieldMap:
    """Map the excitatory and inhibitory parts of a central unit's receptive field.

    Parameters
    ----------
    h
        The subject.
    layer, channel
        Whose unit.
    probe
        ``spot``: light and dark spots, cell by cell.  ``bar``: light and dark bars at `orientations` angles and every
        half cell across the region.  ``noise``: reverse correlation with `n` frames of binary white noise.
    cell
        Side of a cell in pixels; by default 1, or as large as keeps the region within 24 cells a side.
    margin
        Cells mapped beyond the exact receptive field on each side, where nothing should respond.
    contrast
        0 to 1.
    orientations
        Of the bars.
    n, seed
        Of the noise.
    at
        (row, col) of the unit in its map; None is the one in the middle, (h//2, w//2).
    batch_size
        Images in one forward pass; by default as many as suit their size. It changes no number.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    FieldMap
        A row per stimulus, and the map.

    Raises
    ------
    HierfeatError
        On an unknown layer, channel or probe.

    Notes
    -----
    Responses are changes from the response to grey, not rectified. All three probes are in the same units, the
    change for one cell at full contrast, and agree for a linear unit, whose map is its kernel. Spots are read
    directly, over the share of the cell that they cover. Bars are regressed on the cells they cover, light and dark
    apart, with a little ridge; where a kernel turns within a few cells they read up to a fifth more. Noise gives the
    spike-triggered average Σ(r − r̄)s / Σr, here Σ(r − r̄)s / Σs², which has the same shape and does not
    explode where responses are signed; correlation with the true kernel of d cells is near 1/√(1 + d/n).

    Memory: one batch of stimuli, and one number for each.

    References
    ----------
    Hubel DH, Wiesel TN (1959). Receptive fields of single neurones in the cat's striate cortex. J Physiol 148:574-591.
    Jones JP, Palmer LA (1987). The two-dimensional spatial structure of simple receptive fields in cat striate cortex.
    J Neurophysiol 58:1187-1211.

    Examples
    --------
    >>> import hierfeat as hf
    >>> field = hf.map_field(hf.load("lenet5-digits"), "conv1", 0, probe="spot")
    >>> field.map.shape  # 5 by 5, and two pixels beyond on each side
    (9, 9)
    """
    box = central_box(h, known_fields(h), layer, at=at)
    region, cell = _region(box, h.input_shape, cell, margin)
    stimuli = _stimuli(h, probe, region, cell, contrast, orientations=orientations, n=n, seed=seed)
    if probe == "noise":
        region = _aligned(region, cell, h.input_shape)
    rest = float(blank_responses(h, layers=layer, at=at)[layer][channel])
    change = (
        unit_responses(h, stimuli, layers=layer, at=at, batch_size=batch_size)[layer][:, channel].astype(float) - rest
    )
    light, dark = _read(probe, stimuli, change, region, cell)
    options = {"layer": layer, "channel": channel, "probe": probe, "cell": cell, "margin": margin, "contrast": contrast}
    options |= {"orientations": orientations, "n": n, "seed": seed, "at": at}
    return FieldMap(
        table=stimuli.table.assign(response=change),
        provenance=provenance(h, **options),
        layer=layer,
        channel=channel,
        probe=probe,
        cell=cell,
        light=light / contrast,
        dark=dark / contrast,
        map=(light - dark) / (2 * contrast),
        region=region,
        box=box,
    )


def _stimuli(
    h: Hierarchy, probe: Probe, region: Box, cell: int, contrast: float, *, orientations: int, n: int, seed: int
) -> StimulusSet:
    if probe == "spot":
        places = _grid(region, cell)
        return spots(h.input_shape, diameters=cell, polarities=(1, -1), contrasts=contrast, positions=places)
    if probe == "bar":
        return _bars(h, region, cell, orientations, contrast)
    return white_noise(h.input_shape, n, seed=seed, cell=cell, contrast=contrast)


def _region(box: Box, shape: tuple[int, int, int], cell: int | None, margin: int) -> tuple[Box, int]:
    """The field and its margin in whole cells, within the image."""
    top, left, bottom, right = box
    size = cell or max(1, -(-max(bottom - top, right - left) // CELLS))
    border = margin * size
    top, left = max(0, top - border), max(0, left - border)
    rows = min(-(-(bottom + border - top) // size), (shape[1] - top) // size)
    cols = min(-(-(right + border - left) // size), (shape[2] - left) // size)
    if rows < 1 or cols < 1:
        raise HierfeatError(
            f"cells of {size} pixels do not fit an image of {shape[1]} × {shape[2]}; choose a smaller cell"
        )
    return (top, left, top + rows * size, left + cols * size), size


def _aligned(region: Box, cell: int, shape: tuple[int, int, int]) -> Box:
    """The region moved onto the cells of the noise, which start at the image's corner."""
    top, left = region[0] // cell * cell, region[1] // cell * cell
    bottom = min(-(-region[2] // cell) * cell, shape[1] // cell * cell)
    return top, left, bottom, min(-(-region[3] // cell) * cell, shape[2] // cell * cell)


def _grid(region: Box, cell: int) -> np.ndarray:
    """Centres of the cells, row by row."""
    rows = np.arange(region[0], region[2], cell) + cell / 2
    cols = np.arange(region[1], region[3], cell) + cell / 2
    return np.stack(np.meshgrid(rows, cols, indexing="ij"), axis=-1).reshape(-1, 2)


def _bars(h: Hierarchy, region: Box, cell: int, orientations: int, contrast: float) -> StimulusSet:
    """Bars as wide as a cell and longer than the region, every half cell across it."""
    middle = (region[0] + region[2]) / 2, (region[1] + region[3]) / 2
    reach = float(np.hypot(region[2] - region[0], region[3] - region[1])) / 2
    steps = int(np.ceil(2 * reach / cell))
    return bars(
        h.input_shape,
        orientations=orientations,
        widths=float(cell),
        offsets=np.arange(-steps, steps + 1) * (cell / 2),
        polarities=(1, -1),
        contrasts=contrast,
        position=middle,
    )


def _read(
    probe: str, stimuli: StimulusSet, change: np.ndarray, region: Box, cell: int
) -> tuple[np.ndarray, np.ndarray]:
    """Response to light and to dark, cell by cell."""
    shape = (region[2] - region[0]) // cell, (region[3] - region[1]) // cell
    if probe == "noise":
        seen = _cells(stimuli, region, cell)
        gain = _regressed(seen, change - change.mean(), plain=True)
        return gain.reshape(shape), -gain.reshape(shape)
    polarity = stimuli.table.polarity.to_numpy()
    if probe == "spot":
        change = change / _share_of_a_cell(cell)
        return change[polarity > 0].reshape(shape), change[polarity < 0].reshape(shape)
    seen = np.abs(_cells(stimuli, region, cell))
    light, dark = (_regressed(seen[chosen], change[chosen]) for chosen in (polarity > 0, polarity < 0))
    return light.reshape(shape), dark.reshape(shape)


def _share_of_a_cell(cell: int) -> float:
    """How much of a cell a spot covers that is as wide."""
    return float(spots((1, cell, cell), diameters=cell)[0].mean()) * 2 - 1


def _cells(stimuli: StimulusSet, region: Box, cell: int) -> np.ndarray:
    """Mean contrast in each cell of each stimulus, (stimuli, cells), in [-1, 1]."""
    top, left, bottom, right = region
    parts = [
        torch.nn.functional.avg_pool2d(batch[:, :1, top:bottom, left:right] * 2 - 1, cell).flatten(1)
        for batch in stimuli.batches()
    ]
    return np.asarray(double(torch.cat(parts)).cpu().numpy())


def _regressed(seen: np.ndarray, change: np.ndarray, *, plain: bool = False) -> np.ndarray:
    """Gain of each cell: by ridge regression, or, for white noise, by plain correlation."""
    if plain:
        return np.asarray(seen.T @ change / np.maximum((seen**2).sum(0), 1e-12))
    power = seen.T @ seen
    ridge = RIDGE * np.trace(power) / len(power)
    return np.asarray(np.linalg.solve(power + ridge * np.eye(len(power)), seen.T @ change))
