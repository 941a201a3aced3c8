"""What is read off the responses of all units to gratings: the rows of the tuning table."""

from collections.abc import Mapping
from typing import Any

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
LEAST_GOSI = 0.1
"""A tuned unit has at least this global OSI."""
ALPHA = 0.05
"""A tuned unit has a permutation p below this."""
GOOD_FIT = 0.8
"""The preferred orientation is the von Mises fit's from this r² on."""
TYPES = ("simple", "complex", "untuned", "unresponsive")
"""Every cell type."""

Arrays = dict[str, np.ndarray]
"""By layer."""


def describe_tuning(
    responses: Arrays, blanks: Arrays, kinds: list[str], angles: np.ndarray, spectrum: np.ndarray, **test: Any
) -> tuple[pd.DataFrame, np.ndarray, VonMises]:
    """Rows of the table, tuning curves and their fits, the units of all layers in one run: small fits cost by the run.

    Parameters
    ----------
    responses, blanks
        By layer, (channels, orientations, frequencies, phases) and (channels,), as recorded.
    kinds
        Of the layers.
    angles, spectrum
        Orientations in degrees, frequencies in cycles/pixel.
    test
        Of the permutation test: ``permutations, seed``.
    """
    sizes = [len(raw) for raw in responses.values()]
    parts = [drift_components(raw, blanks[name], signed=is_signed(raw)) for name, raw in responses.items()]
    tuning = np.concatenate([stronger_component(*part) for part in parts])
    units = np.arange(len(tuning))
    best, tone = np.divmod(tuning.reshape(len(tuning), -1).argmax(1), len(spectrum))
    curve, spatial, peak = tuning[units, :, tone], tuning[units, best], tuning[units, best, tone]
    bend, alive = fit_von_mises(curve, angles), peak > 0
    ratio, phase = _modulation(responses, blanks, best, tone)
    starts, finest = np.cumsum([0, *sizes[:-1]]), 90.0 / len(angles)  # samples cannot tell a width below half a step
    columns: dict[str, Any] = {
        "layer": np.repeat(list(responses), sizes),
        "kind": np.repeat(kinds, sizes),
        "channel": units - np.repeat(starts, sizes),
        "responsive": peak > np.maximum(RESPONSIVE * np.repeat(np.maximum.reduceat(peak, starts), sizes), 1e-9),
        "preferred_orientation": np.where(alive, _preferred(curve, angles, bend), np.nan),
        "osi": osi(curve, angles),
        "gosi": global_osi(curve, angles),
        "half_width": np.where((bend.r2 > 0) & (bend.half_width > finest), bend.half_width, np.nan),
        "ringach_bandwidth": ringach_bandwidth(curve, angles),
        "preferred_frequency": np.where(alive, interpolated_peak(spatial, spectrum), np.nan),
        "bandwidth": fit_log_gaussian(spatial, spectrum).bandwidth,
        "shown_orientation": angles[best],
        "shown_frequency": spectrum[tone],
        "preferred_phase": phase,
        "f1_f0": np.minimum(ratio, 2.0),
        "peak": peak,
        "p_value": permutation_p(curve, angles, **test),
        "fit_r2": bend.r2,
    }
    return pd.DataFrame(columns | {"cell_type": cell_types(columns)}), curve, bend


def _modulation(responses: Arrays, blanks: Arrays, best: np.ndarray, tone: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """F1/F0 and the phase of F1 of each unit at its best grating."""
    grid = zip(responses, split_by_layer(best, responses), split_by_layer(tone, responses), strict=True)
    shown = np.concatenate([responses[name][np.arange(len(at)), at, freq] for name, at, freq in grid])
    rest = rectified(np.concatenate([blanks[name] for name in responses]).astype(float))
    signed = np.concatenate([np.full(len(raw), is_signed(raw)) for raw in responses.values()])
    ratio, phase = np.empty((2, len(shown)))
    for group in filter(np.any, (signed, ~signed)):
        cycle = cycle_rates(shown[group], signed=bool(signed[group][0]))
        _, even, odd = harmonics(cycle)
        ratio[group], phase[group] = f1_f0(cycle, rest[group]), np.rad2deg(np.arctan2(odd, even))
    return ratio, wrapped(phase, 360.0)


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
    tuned = (columns["p_value"] < ALPHA) & (columns["gosi"] >= LEAST_GOSI)
    names = np.where(columns["f1_f0"] > 1, "simple", "complex")
    return np.where(~columns["responsive"], "unresponsive", np.where(tuned, names, "untuned"))
