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
        for (orientation, frequency), group in rows.groupby(["orientation", "frequency"]):
            stimuli = make(orientation, frequency, place)
            found = unit_responses(h, stimuli, layers=sorted(set(group.layer)), batch_size=batch_size)
            for layer, part in group.groupby("layer"):
                store = kept.setdefault(layer, np.full((len(tuning.responses[layer]), len(stimuli)), np.nan))
                store[part.channel] = found[layer].T[part.channel]
    return wanted, kept
