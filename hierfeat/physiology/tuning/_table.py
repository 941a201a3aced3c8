"""What is read off the responses of all units to gratings: the rows of the tuning table."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from hierfeat.physiology._responses import rectified
from hierfeat.physiology.tuning._curves import VonMises, fit_log_gaussian, fit_von_mises, interpolated_peak
from hierfeat.physiology.tuning._drift import cycle_rates, drift_components, is_signed, stronger_component
from hierfeat.physiology.tuning._indices import (
    f1_f0,
    global_osi,
    harmonics,
    osi,
    permutation_p,
    ringach_bandwidth,
    wrapped,
)

RESPONSIVE = 0.01
"""A unit is responsive whose peak is at least this share of its layer's largest."""
ROUNDING = 4e-6
"""Changes below this share of a unit's own largest output are the rounding noise of float32 (about 30 eps)."""
LEAST_GOSI = 0.1
"""A tuned unit has at least this global OSI."""
GOOD_FIT = 0.8
"""The preferred orientation is the von Mises fit's from this r² on."""
TYPES = ("simple", "complex", "untuned", "unresponsive")
"""Every cell type."""
INDICES = (
    "preferred_orientation", "osi", "gosi", "half_width", "ringach_bandwidth", "preferred_frequency", "bandwidth",
    "shown_orientation", "shown_frequency", "preferred_phase", "f1_f0", "p_value", "fit_r2",
)  # fmt: skip
"""Columns that are NaN where a unit does not respond."""

Arrays = dict[str, np.ndarray]
"""By layer."""


class Shown(NamedTuple):
    """The grid of gratings: degrees and cycles/pixel."""

    orientations: np.ndarray
    frequencies: np.ndarray


class Best(NamedTuple):
    """Each unit's largest response to gratings: where on the grid, how large, and the tuning curve through it."""

    orientation: np.ndarray
    frequency: np.ndarray
    peak: np.ndarray
    curve: np.ndarray
    spatial: np.ndarray


class Described(NamedTuple):
    """Rows of the table, tuning curves of all units (units, orientations) and their fits."""

    table: pd.DataFrame
    curves: np.ndarray
    fits: VonMises


def describe_tuning(
    responses: Arrays, blanks: Arrays, kinds: list[str], shown: Shown, *, typing: Shown | None = None,
    typed: Arrays | None = None, eps: float = 0.0, permutations: int, seed: int,
) -> Described:  # fmt: skip
    """Describe the units of all layers in one run: small fits cost by the run.

    Parameters
    ----------
    responses, blanks
        By layer, (channels, orientations, frequencies, phases) and (channels,), as recorded.
    kinds
        Of the layers.
    shown
        Which gratings.
    typing, typed
        The gratings that decide the types, and the responses to them; None means those `shown`.
    eps
        Relative precision of the model's numbers.
    permutations, seed
        Of the permutation test.
    """
    sizes = [len(raw) for raw in responses.values()]
    best = best_gratings(responses, blanks, shown)
    kind = _response_kinds(responses, blanks, best, eps)
    fits = fit_von_mises(best.curve, shown.orientations)
    columns: dict[str, Any] = {
        "layer": np.repeat(list(responses), sizes),
        "kind": np.repeat(kinds, sizes),
        "channel": np.concatenate([np.arange(size) for size in sizes]),
        "responsive": kind == "excited",
        "response_type": kind,
        **_selectivity(best.curve, fits, shown.orientations),
        **_frequency_tuning(best.spatial, shown.frequencies),
        "shown_orientation": shown.orientations[best.orientation],
        "shown_frequency": shown.frequencies[best.frequency],
        "at_edge": (best.frequency == 0) | (best.frequency == len(shown.frequencies) - 1),
        **_modulation(responses, blanks, best),
        "peak": best.peak,
        "p_value": permutation_p(best.curve, shown.orientations, permutations=permutations, seed=seed),
        "fit_r2": fits.r2,
    }
    columns["at_edge"] &= columns["responsive"]
    columns["cell_type"] = cell_types(columns)
    if typed is not None and typing is not None:
        columns["cell_type"] = _types_by(typed, blanks, typing, columns, eps)
    if not columns["responsive"].all():
        columns |= {name: np.where(columns["responsive"], columns[name], np.nan) for name in INDICES}
    return Described(pd.DataFrame(columns), best.curve, fits)


def best_gratings(responses: Arrays, blanks: Arrays, shown: Shown) -> Best:
    """Find each unit's largest response, F1 or F0 less grey, on the grid of `shown`."""
    parts = [drift_components(raw, blanks[name], signed=is_signed(raw)) for name, raw in responses.items()]
    tuning = np.concatenate([stronger_component(*part) for part in parts])
    units = np.arange(len(tuning))
    best, tone = np.divmod(tuning.reshape(len(tuning), -1).argmax(1), len(shown.frequencies))
    return Best(best, tone, tuning[units, best, tone], tuning[units, :, tone], tuning[units, best])


def _types_by(
    typed: Arrays, blanks: Arrays, typing: Shown, columns: Mapping[str, np.ndarray], eps: float
) -> np.ndarray:
    """Cell types by other gratings than the columns'; by the columns where those drive a unit that these do not."""
    best = best_gratings(typed, blanks, typing)
    decisive = {
        "responsive": _response_kinds(typed, blanks, best, eps) == "excited",
        "gosi": global_osi(best.curve, typing.orientations),
        **_modulation(typed, blanks, best),
    }
    driven = columns["responsive"] & decisive["responsive"]
    return np.where(driven, cell_types(decisive), columns["cell_type"])


def _response_kinds(responses: Arrays, blanks: Arrays, best: Best, eps: float) -> np.ndarray:
    """What gratings do to each unit of all layers."""
    peaks = zip(responses.items(), split_by_layer(best.peak, responses), strict=True)
    return np.concatenate([response_types(raw, blanks[name], peak, eps) for (name, raw), peak in peaks])


def response_types(raw: np.ndarray, blank: np.ndarray, peak: np.ndarray, eps: float) -> np.ndarray:
    """Name what gratings do to each unit of one layer: ``excited``, ``suppressed`` or ``none``.

    Notes
    -----
    A change counts from 1 % of the layer's largest response and above the rounding noise of the unit's own outputs.
    A unit whose rate no grating raises above that to grey, at any phase, is not excited, however it is modulated.
    """
    flat = raw.reshape(len(raw), -1)
    low, high = flat.min(1), flat.max(1)
    rest = rectified(blank)
    noise = max(ROUNDING, 4 * eps) * np.maximum(np.maximum(np.abs(low), np.abs(high)), np.abs(blank))
    rise, fall = rectified(high) - rest, rest - rectified(low)
    raised = rise > noise
    largest = np.max(np.where(raised, peak, 0), initial=0)
    excited = raised & (peak > np.maximum(RESPONSIVE * largest, noise))
    lowered = ~excited & ~raised & (fall > np.maximum(RESPONSIVE * max(largest, fall.max(initial=0)), noise))
    return np.where(excited, "excited", np.where(lowered, "suppressed", "none"))


def _selectivity(curve: np.ndarray, fits: VonMises, angles: np.ndarray) -> dict[str, np.ndarray]:
    """What is read off the orientation curves."""
    finest = 90.0 / len(angles)  # samples cannot resolve a width below half a step
    return {
        "preferred_orientation": _preferred(curve, angles, fits),
        "osi": osi(curve, angles),
        "gosi": global_osi(curve, angles),
        "half_width": np.where((fits.r2 > 0) & (fits.half_width > finest), fits.half_width, np.nan),
        "ringach_bandwidth": ringach_bandwidth(curve, angles),
    }


def _frequency_tuning(curve: np.ndarray, spectrum: np.ndarray) -> dict[str, np.ndarray]:
    """What is read off the frequency curves."""
    return {
        "preferred_frequency": interpolated_peak(curve, spectrum),
        "bandwidth": fit_log_gaussian(curve, spectrum).bandwidth,
    }


def _modulation(responses: Arrays, blanks: Arrays, best: Best) -> dict[str, np.ndarray]:
    """The phase of F1 and F1/F0 of each unit at its best grating."""
    at = (split_by_layer(rows, responses) for rows in (best.orientation, best.frequency))
    grid = zip(responses.values(), *at, strict=True)
    shown = np.concatenate([raw[np.arange(len(raw)), angle, tone] for raw, angle, tone in grid])
    rest = rectified(np.concatenate([blanks[name] for name in responses]).astype(float))
    signed = np.concatenate([np.full(len(raw), is_signed(raw)) for raw in responses.values()])
    ratio, phase = np.empty((2, len(shown)))
    for group in filter(np.any, (signed, ~signed)):
        cycle = cycle_rates(shown[group], signed=bool(signed[group][0]))
        _, even, odd = harmonics(cycle)
        ratio[group], phase[group] = f1_f0(cycle, rest[group]), np.rad2deg(np.arctan2(odd, even))
    return {"preferred_phase": wrapped(phase, 360.0), "f1_f0": np.minimum(ratio, 2.0)}


def split_by_layer(rows: np.ndarray, responses: Arrays) -> list[np.ndarray]:
    """Rows of all layers in turn, parted by layer."""
    return np.split(rows, np.cumsum([len(raw) for raw in responses.values()])[:-1])


def _preferred(curve: np.ndarray, angles: np.ndarray, bend: VonMises) -> np.ndarray:
    """The fit's peak where the fit is good; elsewhere (two peaks, say) a parabola's through the largest samples."""
    best = curve.argmax(1)
    left, top, right = (np.take_along_axis(curve, (best[:, None] + k) % len(angles), 1)[:, 0] for k in (-1, 0, 1))
    bend_down = np.maximum(2 * top - left - right, 1e-30)
    interpolated = wrapped(angles[best] + 0.5 * (right - left) / bend_down * 180.0 / len(angles), 180.0)
    even = np.allclose(np.diff(angles), 180.0 / len(angles))
    return np.asarray(np.where(bend.r2 > GOOD_FIT, bend.peak, interpolated if even else angles[best]))


def cell_types(columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """Name each unit simple, complex, untuned or unresponsive from the table's columns."""
    tuned = columns["gosi"] >= LEAST_GOSI
    names = np.where(columns["f1_f0"] > 1, "simple", "complex")
    return np.where(~columns["responsive"], "unresponsive", np.where(tuned, names, "untuned"))
