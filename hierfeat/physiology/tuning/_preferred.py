"""Showing each unit stimuli made for it: at its preferred orientation and frequency, where it looks."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hierfeat._result import Result, drawn
from hierfeat.errors import HierfeatError
from hierfeat.physiology._responses import by_centre, unit_responses
from hierfeat.physiology.tuning._drift import drift_components, is_signed
from hierfeat.physiology.tuning.orientation_tuning import OrientationTuning
from hierfeat.stimuli.gratings import gratings
from hierfeat.stimuli.stimulus_set import StimulusSet, Values
from hierfeat.subjects.hierarchy import Hierarchy

Make = Callable[[float, float, tuple[float, float]], StimulusSet]
"""``make(orientation, frequency, centre)``: as many stimuli each time, in the same order."""


@dataclass(frozen=True, eq=False)
class PreferredSeries(Result):
    """What every responsive unit answers as one property of its preferred stimulus grows.

    Attributes
    ----------
    curves : dict of str to numpy.ndarray
        By layer, (channels, steps); NaN for units that do not respond.
    """

    curves: dict[str, np.ndarray]

    plot = drawn("tuning.plot_series")


def rising(values: int | Values, spread: Callable[[int], np.ndarray], what: str, *, least: int) -> np.ndarray:
    """`values` themselves, or as many as the int says, spread by `spread`; refused where they do not rise."""
    steps = spread(values) if isinstance(values, int) else np.atleast_1d(np.asarray(values, dtype=float))
    if len(steps) < least or (np.diff(steps) <= 0).any():
        raise HierfeatError(f"expected at least {least} rising {what}, got {steps}")
    return steps


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
        By layer, in call order, (channels, stimuli); NaN for channels that do not respond.
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
    return wanted, {layer: kept[layer] for layer in tuning.responses if layer in kept}


def curves_of(wanted: pd.DataFrame, curves: dict[str, np.ndarray]) -> np.ndarray:
    """The curve of each row of `wanted`, (rows, conditions)."""
    units = zip(wanted["layer"], wanted["channel"], strict=True)
    return np.stack([curves[str(layer)][int(channel)] for layer, channel in units])


def drift_curves(
    h: Hierarchy, tuning: OrientationTuning, parameter: str, steps: np.ndarray, *, phases: int, batch_size: int | None
) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Drift each unit's preferred grating at each of `steps` of `parameter`, an argument of ``gratings``.

    Returns
    -------
    pandas.DataFrame
        As from :func:`show_preferred`.
    dict of str to numpy.ndarray
        By layer, (channels, steps): F1 of units whose F1/F0 is above 1, F0 less the rate at rest of the others.
    """

    def drifting(angle: float, tone: float, place: tuple[float, float]) -> StimulusSet:
        series: dict[str, Values] = {parameter: steps}
        return gratings(h.input_shape, orientations=[angle], frequencies=tone, phases=phases, position=place, **series)

    wanted, raw = show_preferred(h, tuning, drifting, batch_size=batch_size)
    # the table of gratings runs over phases before it runs over what comes after them
    cycles = {layer: rows.reshape(len(rows), phases, -1).swapaxes(1, 2) for layer, rows in raw.items()}
    return wanted, {layer: _components(tuning, layer, cycle) for layer, cycle in cycles.items()}


def _components(tuning: OrientationTuning, layer: str, cycles: np.ndarray) -> np.ndarray:
    """F1 of simple units and evoked F0 of the others, from (channels, steps, phases); NaN for silent ones."""
    known = np.isfinite(cycles).all((1, 2))
    signed = is_signed(tuning.responses[layer])
    evoked, first = drift_components(cycles[known], tuning.blank[layer][known], signed=signed)
    simple = (tuning.table.f1_f0[tuning.table.layer == layer] > 1).to_numpy()[known]
    curves = np.full(cycles.shape[:2], np.nan)
    curves[known] = np.where(simple[:, None], first, evoked)
    return curves
