"""Showing each unit stimuli made for it: at its preferred orientation and frequency, where it looks."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from hierfeat.errors import HierfeatError
from hierfeat.physiology.orientation_tuning import OrientationTuning
from hierfeat.physiology.responses import by_centre, unit_responses
from hierfeat.stimuli.stimulus_set import StimulusSet
from hierfeat.subjects.hierarchy import Hierarchy

Make = Callable[[float, float, tuple[float, float]], StimulusSet]
"""``make(orientation, frequency, centre)``: as many stimuli each time, in the same order."""


def preferred_gratings(tuning: OrientationTuning) -> pd.DataFrame:
    """``layer, channel, orientation, frequency``: the best grating on the grid for each responsive unit."""
    columns = ["layer", "channel", "shown_orientation", "shown_frequency"]
    rows = tuning.table.loc[tuning.table.responsive, columns].reset_index(drop=True)
    return rows.set_axis(["layer", "channel", "orientation", "frequency"], axis=1)


def show_preferred(
    h: Hierarchy, tuning: OrientationTuning, make: Make, *, batch_size: int | None = None
) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Make stimuli for every pair of preferred orientation and frequency, and keep what each unit answers to its own.

    Returns
    -------
    pandas.DataFrame
        A row per responsive unit: ``layer, channel, orientation, frequency``.
    dict of str to numpy.ndarray
        By layer, (channels, stimuli); NaN for channels that do not respond.
    """
    wanted = preferred_gratings(tuning)
    if wanted.empty:
        raise HierfeatError(f"no unit of {h.name} in {', '.join(tuning.responses)} responds to gratings")
    kept: dict[str, np.ndarray] = {}
    for place, members in by_centre(h, list(tuning.responses)).items():
        rows = wanted[wanted.layer.isin(members)]
        for orientation, frequency in sorted(set(zip(rows.orientation, rows.frequency, strict=True))):
            group = rows[(rows.orientation == orientation) & (rows.frequency == frequency)]
            stimuli = make(float(orientation), float(frequency), place)
            found = unit_responses(h, stimuli, layers=sorted(set(group.layer)), batch_size=batch_size)
            for layer, answers in found.items():
                own = group.channel[group.layer == layer].to_numpy()
                store = kept.setdefault(layer, np.full((answers.shape[1], len(stimuli)), np.nan))
                store[own] = answers.T[own]
    return wanted, kept


def curves_of(wanted: pd.DataFrame, curves: dict[str, np.ndarray]) -> np.ndarray:
    """The curve of each row of `wanted`, (rows, conditions)."""
    units = zip(wanted["layer"], wanted["channel"], strict=True)
    return np.stack([curves[str(layer)][int(channel)] for layer, channel in units])
