"""Showing each unit stimuli made for it: at its preferred orientation and frequency, where it looks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hierfeat._result import Result, drawn
from hierfeat.errors import HierfeatError
from hierfeat.physiology._responses import Place, Point, Showing, by_centre, show
from hierfeat.physiology.tuning._drift import drift_components, is_signed, stronger_component
from hierfeat.physiology.tuning.orientation_tuning import OrientationTuning
from hierfeat.stimuli.gratings import gratings
from hierfeat.stimuli.stimulus_set import StimulusSet, Values
from hierfeat.subjects.hierarchy import Hierarchy

Make = Callable[[float, float, Point | None], StimulusSet]
"""``make(orientation, frequency, centre)``: as many stimuli each time, in the same order."""
Units = dict[str, list[int]]
"""By layer, some of its channels."""
Curves = dict[str, np.ndarray]
"""By layer, in call order, (channels, stimuli); NaN for units that are not shown any."""


@dataclass(frozen=True, eq=False)
class PreferredSeries(Result):
    """The response of every responsive unit as one property of its preferred stimulus grows.

    Attributes
    ----------
    curves : dict of str to numpy.ndarray
        By layer, (channels, steps); NaN for units that do not respond.
    """

    curves: dict[str, np.ndarray]

    plot = drawn("tuning.plot_series")


def checked_tuning(value: Any, name: str, given: Mapping[str, Any]) -> OrientationTuning:
    """Check what was measured before; passed to `checked`, for a function of ``tuning``."""
    if not isinstance(value, OrientationTuning):
        raise HierfeatError(f"expected {name} as what hf.orientation_tuning(h) returns, got {type(value).__name__}")
    missing = [layer for layer in value.responses if layer not in given["h"].layers]
    if missing:
        raise HierfeatError(f"expected {name} of {given['h'].name}, which has no layer {missing[0]!r}")
    return value


def rising(values: int | Values, spread: Callable[[int], np.ndarray], what: str, *, least: int) -> np.ndarray:
    """`values` themselves, or as many as the int says, spread by `spread`; refused where they do not rise."""
    counted = isinstance(values, int | np.integer)
    steps = spread(int(values)) if counted else np.atleast_1d(np.asarray(values, dtype=float))  # type: ignore[arg-type]
    if len(steps) < least or (np.diff(steps) <= 0).any():
        raise HierfeatError(f"expected at least {least} rising {what}, got {steps}")
    return steps


def preferred_gratings(tuning: OrientationTuning, channels: Sequence[int] | None = None) -> pd.DataFrame:
    """``layer, channel, orientation, frequency``: the best grating on the grid for each responsive unit."""
    columns = ["layer", "channel", "shown_orientation", "shown_frequency"]
    chosen = tuning.table.responsive & (True if channels is None else tuning.table.channel.isin(list(channels)))
    rows = tuning.table.loc[chosen, columns].reset_index(drop=True)
    return rows.set_axis(["layer", "channel", "orientation", "frequency"], axis=1)


def refuse_none(h: Hierarchy, tuning: OrientationTuning, wanted: pd.DataFrame) -> None:
    """Say that there is nothing to measure."""
    if wanted.empty:
        raise HierfeatError(f"no unit of {h.name} in {', '.join(tuning.responses)} responds to gratings")


def show_preferred(
    h: Hierarchy, tuning: OrientationTuning, wanted: pd.DataFrame, make: Make, *, centred: bool = True,
    at: Place | None = None, batch_size: int | None = None,
) -> Curves:  # fmt: skip
    """Make stimuli for every pair of orientation and frequency that is wanted; keep each unit's responses to its own.

    Parameters
    ----------
    h, tuning
        The subject, and what its units prefer.
    wanted
        ``layer, channel, orientation, frequency``, a row per unit.
    make
        Makes the stimuli of a pair.
    centred
        Whether they stand where the units look, so that layers which look elsewhere are shown their own; stimuli that
        fill the image need not.
    at, batch_size
        Which unit of each map, and images in a pass.
    """
    groups = by_centre(h, list(tuning.responses), at) if centred else {None: list(tuning.responses)}
    owners: list[Units] = []
    showings: list[Showing] = []
    for place, members in groups.items():
        for (orientation, frequency), units in sorted(_by_pair(wanted[wanted.layer.isin(members)]).items()):
            concerned = [name for name in members if name in units]
            showings.append(Showing(make(orientation, frequency, place), concerned))
            owners.append(units)
    kept: Curves = {}

    def keep(index: int, responses: dict[str, np.ndarray]) -> None:
        for layer, found in responses.items():
            own = owners[index][layer]
            store = kept.setdefault(layer, np.full((found.shape[1], len(found)), np.nan, np.float32))
            store[own] = found.T[own]

    show(h, showings, keep, at=at, batch_size=batch_size)
    return {layer: kept[layer] for layer in tuning.responses if layer in kept}


def _by_pair(wanted: pd.DataFrame) -> dict[tuple[float, float], Units]:
    """The units that want each pair of orientation and frequency."""
    found: dict[tuple[float, float], Units] = {}
    columns = (wanted[name].tolist() for name in ("orientation", "frequency", "layer", "channel"))
    for orientation, frequency, layer, channel in zip(*columns, strict=True):
        found.setdefault((orientation, frequency), {}).setdefault(layer, []).append(channel)
    return found


def curves_of(wanted: pd.DataFrame, curves: Curves) -> np.ndarray:
    """The curve of each row of `wanted`, (rows, conditions)."""
    units = zip(wanted["layer"], wanted["channel"], strict=True)
    return np.stack([curves[str(layer)][int(channel)] for layer, channel in units])


def drift_curves(
    h: Hierarchy, tuning: OrientationTuning, wanted: pd.DataFrame, parameter: str, steps: np.ndarray, *, phases: int,
    **options: Any,
) -> Curves:  # fmt: skip
    """Drift each unit's grating at each of `steps` of `parameter`, an argument of ``gratings``.

    Returns
    -------
    dict of str to numpy.ndarray
        By layer, (channels, steps): F1, or F0 less the rate at rest, whichever is the larger at its peak.
    """

    def drifting(angle: float, tone: float, place: Point | None) -> StimulusSet:
        series: dict[str, Values] = {parameter: steps}
        return gratings(h.input_shape, orientations=[angle], frequencies=tone, phases=phases, position=place, **series)

    raw = show_preferred(h, tuning, wanted, drifting, **options)
    # the table of gratings runs over phases before it runs over what comes after them
    cycles = {layer: rows.reshape(len(rows), phases, -1).swapaxes(1, 2) for layer, rows in raw.items()}
    return {layer: _components(tuning, layer, cycle) for layer, cycle in cycles.items()}


def _components(tuning: OrientationTuning, layer: str, cycles: np.ndarray) -> np.ndarray:
    """The stronger component of each unit, from (channels, steps, phases); NaN for units not shown any."""
    known = np.isfinite(cycles).all((1, 2))
    signed = is_signed(tuning.responses[layer])
    curves = np.full(cycles.shape[:2], np.nan)
    curves[known] = stronger_component(*drift_components(cycles[known], tuning.blank[layer][known], signed=signed))
    return curves
