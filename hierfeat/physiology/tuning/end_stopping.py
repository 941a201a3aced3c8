"""End-stopping: hypercomplex cells, which a bar of the right length drives more than a longer one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hierfeat.physiology._responses import Place, Point, checked_place, checked_units, rectified
from hierfeat.physiology.tuning._centre import centred_gratings
from hierfeat.physiology.tuning._curves import end_stopping as end_stopping_index
from hierfeat.physiology.tuning._preferred import PreferredSeries, checked_tuning, curves_of, rising, show_preferred
from hierfeat.physiology.tuning.orientation_tuning import OrientationTuning, orientation_tuning
from hierfeat.stimuli.bars import bars
from hierfeat.stimuli.stimulus_set import StimulusSet, Values
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_table import UNITS, Layers
from hierfeat.subjects.provenance import provenance

PLACES = 8
"""Positions of the bar across one cycle of the preferred grating."""


@dataclass(frozen=True, eq=False)
class EndStopping(PreferredSeries):
    """Length tuning of every responsive unit, ``curves`` against ``lengths`` in pixels; see :func:`end_stopping`."""

    lengths: np.ndarray


@checked(channels=checked_units, at=checked_place, tuning=checked_tuning)
def end_stopping(
    h: Hierarchy,
    *,
    layers: Layers = UNITS,
    lengths: int | Values = 10,
    tuning: OrientationTuning | None = None,
    channels: Sequence[int] | None = None,
    at: Place | None = None,
    batch_size: int | None = None,
    progress: bool = True,
) -> EndStopping:
    """Lengthen a bar of each unit's preferred orientation, at its best place and polarity.

    Parameters
    ----------
    h, layers
        As in :func:`hierfeat.size_tuning`.
    lengths
        Pixels, rising; an int spreads that many evenly in octaves from 2 to the image's longer side.
    tuning, channels, at, batch_size
        As in :func:`hierfeat.size_tuning`.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    EndStopping
        ``.table`` has a row per responsive unit: ``layer, channel, orientation, frequency, end_stopping, best_length``.

    Raises
    ------
    HierfeatError
        If no unit responds, or the lengths do not rise.

    Notes
    -----
    The bar is half a cycle of the preferred grating wide, light or dark, at one of 8 places across that cycle; place
    and polarity are those of the largest response. Index (R_opt − R_long)/R_opt of rectified responses less grey.
    Where wide gratings suppress the unit, orientation and frequency are those that it prefers within the centre of its
    field, as in :func:`hierfeat.size_tuning`: a grating that fills the image drives the inhibitory ends as well, and a
    good hypercomplex unit then seems to prefer another orientation.

    Memory: one batch of stimuli, and the answer of one unit of each channel to every stimulus.

    References
    ----------
    Hubel DH, Wiesel TN (1965). Receptive fields and functional architecture in two nonstriate visual areas (18 and 19)
    of the cat. J Neurophysiol 28:229-289.

    Examples
    --------
    >>> import hierfeat as hf
    >>> found = hf.end_stopping(hf.load("lenet5-digits"), layers="conv1", lengths=[2, 4, 8, 16])
    >>> bool(found.table.end_stopping.dropna().between(0, 1).all())
    True
    """
    tuning = tuning or orientation_tuning(h, layers=layers, at=at, batch_size=batch_size)
    steps = rising(lengths, lambda n: np.geomspace(2, max(h.input_shape[1:]), n), "lengths", least=2)

    def lengthening(angle: float, tone: float, place: Point | None) -> StimulusSet:
        return bars(
            h.input_shape,
            orientations=[angle],
            widths=max(0.5 / tone, 1.0),
            lengths=steps,
            polarities=(1, -1),
            offsets=(np.arange(PLACES) / PLACES - 0.5) / tone,
            position=place,
        )

    wanted = centred_gratings(h, tuning, channels, at=at, batch_size=batch_size)
    raw = show_preferred(h, tuning, wanted, lengthening, at=at, batch_size=batch_size)
    curves = {layer: _best_place(rows, rectified(tuning.blank[layer]), len(steps)) for layer, rows in raw.items()}
    rows = curves_of(wanted, curves)
    return EndStopping(
        table=wanted.assign(end_stopping=end_stopping_index(rows), best_length=steps[rows.argmax(1)]),
        provenance=provenance(h, layers=list(curves), lengths=steps, channels=channels, at=at),
        curves=curves,
        lengths=steps,
    )


def _best_place(rows: np.ndarray, rest: np.ndarray, lengths: int) -> np.ndarray:
    """Evoked rates (channels, lengths) at the place and polarity where they are largest."""
    known = np.isfinite(rows).all(1)
    evoked = rectified(rectified(np.nan_to_num(rows)) - rest[:, None]).reshape(len(rows), lengths, -1)
    best = evoked.max(1).argmax(1)
    curves = evoked[np.arange(len(rows)), :, best]
    return np.where(known[:, None], curves, np.nan)
