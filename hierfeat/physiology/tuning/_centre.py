"""What a unit prefers within the centre of its field, where the ends and flanks that suppress it are not reached."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from hierfeat.anatomy.receptive_fields import known_fields
from hierfeat.physiology._responses import Place, Showing, by_centre, central_box, show
from hierfeat.physiology.tuning._drift import drift_components, is_signed, stronger_component
from hierfeat.physiology.tuning._preferred import preferred_gratings, refuse_none
from hierfeat.physiology.tuning.orientation_tuning import OrientationTuning
from hierfeat.stimuli.gratings import FULL_FIELD, gratings
from hierfeat.subjects.hierarchy import Hierarchy

SMALLEST = 3.0
"""Pixels; the first diameter of the window."""
STEP = 2 ** (1 / 3)
"""Each diameter over the one before."""
FALL = 0.05
"""The window is the centre where wider ones lower the response by more than this share."""
ORIENTATIONS, FREQUENCIES, PHASES = 8, 5, 6
"""At most so many are shown in each window; an even number of phases leaves F1 of a rectified wave unaliased."""
NEARLY = 0.7
"""Of the frequencies whose best response is at least this share of the largest, the best-tuned one counts."""


class Search:
    """The units of one layer while the window grows: each keeps what it prefers in the window it responds to most.

    Parameters
    ----------
    angles, tones
        Of the gratings in each window, degrees and cycles/pixel.
    blank
        The response to grey, (channels,).
    signed
        Whether the layer can be negative.
    """

    def __init__(self, angles: np.ndarray, tones: np.ndarray, blank: np.ndarray, *, signed: bool) -> None:
        self.angles, self.tones, self.blank, self.signed = angles, tones, blank, signed
        self.most = np.zeros(len(blank))
        self.best = np.zeros((len(blank), len(angles), len(tones)))
        self.suppressed = np.zeros(len(blank), dtype=bool)

    def widen(self, raw: np.ndarray) -> None:
        """Take the responses in the next wider window, (stimuli, channels)."""
        cycles = raw.T.reshape(-1, len(self.angles), len(self.tones), PHASES)
        tuning = stronger_component(*drift_components(cycles, self.blank, signed=self.signed))
        peak = tuning.max((1, 2))
        self.suppressed |= peak < (1 - FALL) * self.most
        better = ~self.suppressed & (peak > self.most)
        self.most[better], self.best[better] = peak[better], tuning[better]

    def preferred(self) -> tuple[np.ndarray, np.ndarray]:
        """Orientation and frequency of each unit in the window that counts.

        A patch no wider than a bar is a spot, for which a low frequency does as well as any at any orientation: of
        the frequencies that do nearly as well the one counts whose responses depend most on orientation.
        """
        tuned = np.abs(np.einsum("caf,a->cf", self.best, np.exp(2j * np.deg2rad(self.angles))))
        enough = self.best.max(1) >= NEARLY * self.best.max((1, 2))[:, None]
        tone = np.where(enough, tuned, -1).argmax(1)
        angle = self.best[np.arange(len(tone)), :, tone].argmax(1)
        return self.angles[angle], self.tones[tone]


def centred_gratings(
    h: Hierarchy, tuning: OrientationTuning, channels: Sequence[int] | None, *, at: Place | None, batch_size: int | None
) -> pd.DataFrame:
    """``layer, channel, orientation, frequency`` of each responsive unit, confined to the centre of its field.

    Notes
    -----
    A grating that fills the image also drives the ends and flanks which suppress an end-stopped unit, and a good one
    then prefers another orientation than that of its centre. So gratings are shown in a window that widens by thirds
    of an octave, from 3 pixels to the field. Where wider windows lower the response by more than 5 %, whatever the
    orientation and frequency in them, the centre has been left: what the unit preferred before counts. All other
    units keep what `tuning` found, as do all where `tuning` was itself measured within a diameter.
    """
    wanted = preferred_gratings(tuning, channels)
    refuse_none(h, tuning, wanted)
    if _parameter(tuning, "diameter", None) is not None:
        return wanted
    searches = _searched(h, tuning, sorted(set(wanted.layer)), at, batch_size)
    for layer, search in searches.items():
        own = wanted.layer == layer
        units = wanted.channel[own].to_numpy()
        kept = wanted.loc[own, ["orientation", "frequency"]].to_numpy()
        found = np.stack(search.preferred(), axis=1)[units]
        wanted.loc[own, ["orientation", "frequency"]] = np.where(search.suppressed[units, None], found, kept)
    return wanted


def _searched(
    h: Hierarchy, tuning: OrientationTuning, layers: list[str], at: Place | None, batch_size: int | None
) -> dict[str, Search]:
    angles, tones = _thinned(tuning.orientations, ORIENTATIONS), _thinned(tuning.frequencies, FREQUENCIES)
    searches = {
        name: Search(angles, tones, tuning.blank[name], signed=is_signed(tuning.responses[name]))
        for name in tuning.responses
        if name in layers
    }
    fields = known_fields(h)
    boxes = {name: central_box(h, fields, name, at=at) for name in searches}
    sides = {name: max(bottom - top, right - left) for name, (top, left, bottom, right) in boxes.items()}
    showings = []
    for place, members in by_centre(h, list(searches), at).items():
        for diameter in _windows(max(sides[name] for name in members)):
            reached = [name for name in members if diameter < sides[name] or diameter == FULL_FIELD]
            stimuli = gratings(
                h.input_shape, orientations=angles, frequencies=tones, phases=PHASES, diameters=diameter,
                contrasts=_parameter(tuning, "contrasts", 1.0), position=place,
            )  # fmt: skip
            showings.append(Showing(stimuli, reached))

    def keep(_: int, responses: dict[str, np.ndarray]) -> None:
        for name, raw in responses.items():
            searches[name].widen(raw)

    show(h, showings, keep, at=at, batch_size=batch_size)
    return searches


def _windows(side: int) -> list[float]:
    """Diameters in pixels below `side`, and one that fills the image."""
    count = max(0, int(np.ceil(np.log(side / SMALLEST) / np.log(STEP))))
    return [*(SMALLEST * STEP ** np.arange(count)).tolist(), FULL_FIELD]


def _thinned(values: np.ndarray, most: int) -> np.ndarray:
    """At most so many of `values`, evenly."""
    return values if len(values) <= most else values[:: -(-len(values) // most)]


def _parameter(tuning: OrientationTuning, name: str, default: Any) -> Any:
    """A parameter that `tuning` was measured with."""
    return tuning.provenance.get("parameters", {}).get(name, default)
