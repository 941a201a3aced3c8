"""What a layer's units prefer, all together: orientations, cell types, bandwidths."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hierfeat._result import Result, drawn
from hierfeat.errors import HierfeatError
from hierfeat.physiology.tuning._distributions import (
    cardinal_bias,
    dip,
    dip_p,
    kolmogorov_smirnov,
    kuiper,
    rayleigh,
)
from hierfeat.physiology.tuning._preferred import checked_tuning
from hierfeat.physiology.tuning.orientation_tuning import OrientationTuning, orientation_tuning
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_table import Layers
from hierfeat.subjects.provenance import provenance

MACAQUE = np.array([110, 83, 100, 92]) / 385
"""Cells of macaque V1 that prefer 0, 45, 90 and 135 degrees, give or take 22.5 (De Valois, Yund & Hepler 1982)."""
KINDS = ("preferred", "f1_f0", "half_width", "bandwidth")

Units = dict[str, np.ndarray]
"""By layer, a number for each unit that has one."""


@dataclass(frozen=True, eq=False)
class Population(Result):
    """Distributions over the units of each layer.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per layer: ``layer, kind, units, responsive, tuned``; of preferred orientations ``resultant,
        mean_orientation, rayleigh_p, cardinal_bias, cardinal_p, macaque_distance``; of F1/F0 ``simple`` (the share
        above 1), ``f1_f0`` (median), ``dip, dip_p``; ``half_width`` (degrees) and ``bandwidth`` (octaves), medians,
        with ``_low`` and ``_high`` quartiles; and the distances from the other network, ``preferred_distance,
        f1_f0_distance, half_width_distance, bandwidth_distance``, NaN where there is none.
    preferred, f1_f0, half_width, bandwidth : dict of ndarray
        By layer, the numbers of its units: orientations in degrees of tuned units, F1/F0 of responsive ones;
        half-widths at half-height in degrees and spatial bandwidths in octaves of tuned ones that have them.
    other_preferred, other_f1_f0, other_half_width, other_bandwidth : dict of ndarray
        The same of the other network; empty where there is none.
    """

    preferred: Units
    f1_f0: Units
    half_width: Units
    bandwidth: Units
    other_preferred: Units
    other_f1_f0: Units
    other_half_width: Units
    other_bandwidth: Units

    plot = drawn("population.plot_population")


@checked(tuning=checked_tuning)
def population(
    h: Hierarchy,
    *,
    layers: Layers = ("conv", "pool"),
    tuning: OrientationTuning | None = None,
    other: Hierarchy | None = None,
    draws: int = 500,
    seed: int = 0,
    batch_size: int | None = None,
    progress: bool = True,
) -> Population:
    """Describe how a layer's units share out orientations, are simple or complex, and how broadly they are tuned.

    Parameters
    ----------
    h
        The network under study.
    layers
        Names, glob patterns or kinds.
    tuning
        What :func:`hierfeat.orientation_tuning` found; its layers then count, whatever `layers` says. Measured first
        where it is None.
    other
        A network to compare with, layer by layer of the same name, shown the same gratings: the untrained twin, say.
    draws
        Uniform samples for the p-value of the dip.
    seed
        Of these samples.
    batch_size
        Images in one forward pass.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    Population
        A row per layer, and the numbers of all units.

    Raises
    ------
    HierfeatError
        If an argument does not fit, or `other` has none of the layers.

    Notes
    -----
    - ``resultant`` R = |Σ exp(2iθ)|/n over the preferred orientations θ of tuned units: angles are doubled, since 0 and
      180 degrees are the same. ``rayleigh_p`` is that of a uniform distribution (Rayleigh's test, Zar's approximation).
    - ``cardinal_bias`` is the mean of cos 4θ: 1 if all units are horizontal or vertical, −1 if all are at 45 or 135
      degrees. A population may have it with an R of 0. ``cardinal_p``: two-sided V-test.
    - ``macaque_distance`` is half the sum of the differences between the shares of units that prefer 0, 45, 90 and 135
      degrees, give or take 22.5, and those of 385 cells in macaque V1: 110, 83, 100 and 92 (0: the same, 1: disjoint).
      The counts are those that Brain-Score packages (Marques et al. 2021) from De Valois et al. (1982).
    - ``dip``: the largest distance of the distribution of F1/F0 from the nearest with one peak; ``dip_p`` is the share
      of uniform samples whose dip is as large. Above 400 units, √n times the dip is compared. F1/F0 is a non-linear
      index with bounds, and may have two peaks where what lies beneath has one (Mechler & Ringach 2002).
    - Distances from `other` are Kolmogorov and Smirnov's, the largest between two distribution functions, and for
      orientations Kuiper's, which is the same wherever the circle is cut.

    Memory: one batch of stimuli, and the answer of one unit of each channel to every stimulus.

    References
    ----------
    Zar, J. H. (1999). Biostatistical Analysis, chapter 27: Rayleigh's test, equation 27.4, and the V-test.
    Hartigan, J. A. & Hartigan, P. M. (1985). The dip test of unimodality. Annals of Statistics 13, 70-84.
    Kuiper, N. H. (1960). Tests concerning random points on a circle. Indagationes Mathematicae 63, 38-47.
    De Valois, R. L., Yund, E. W. & Hepler, N. (1982). The orientation and direction selectivity of cells in macaque
    visual cortex. Vision Research 22, 531-544.
    Mechler, F. & Ringach, D. L. (2002). On the classification of simple and complex cells. Vision Research 42,
    1017-1033.

    Examples
    --------
    >>> import hierfeat as hf
    >>> h = hf.load("lenet5-digits")
    >>> found = hf.population(h, layers="conv", other=hf.untrained(h), draws=20)
    >>> found.table.layer.tolist()
    ['conv1', 'conv2']
    """
    tuning = tuning or orientation_tuning(h, layers=layers, batch_size=batch_size)
    own = _units(tuning.table)
    others = {kind: {} for kind in KINDS} if other is None else _units(_tuned_alike(other, tuning, batch_size).table)
    rows = [_row(name, rows, own, others, draws, seed) for name, rows in tuning.table.groupby("layer", sort=False)]
    about = provenance(
        h, layers=list(own["f1_f0"]), other=None if other is None else other.name, draws=draws, seed=seed,
        orientations=tuning.orientations, frequencies=tuning.frequencies, phases=len(tuning.phases),
    )  # fmt: skip
    arrays = {**own, **{f"other_{kind}": units for kind, units in others.items()}}
    return Population(table=pd.DataFrame(rows), provenance=about, **arrays)


def _tuned_alike(other: Hierarchy, tuning: OrientationTuning, batch_size: int | None) -> OrientationTuning:
    """The tuning of another network's layers of the same names, to the same gratings."""
    wanted = list(dict.fromkeys(tuning.table["layer"]))
    shared = [name for name in wanted if name in other.layers]
    if not shared:
        raise HierfeatError(f"expected another network with a layer among {wanted}; {other.name} has none of them")
    shown: dict[str, Any] = {"orientations": tuning.orientations, "frequencies": tuning.frequencies}
    return orientation_tuning(other, layers=shared, **shown, phases=len(tuning.phases), batch_size=batch_size)


def _units(table: pd.DataFrame) -> dict[str, Units]:
    """The numbers of each layer's units, kind by kind."""
    columns = {"preferred": "preferred_orientation"}
    found: dict[str, Units] = {}
    for kind in KINDS:
        chosen = table["responsive"] if kind == "f1_f0" else table["cell_type"].isin(["simple", "complex"])
        values = table[columns.get(kind, kind)].where(chosen)
        found[kind] = {
            str(name): part.dropna().to_numpy(float) for name, part in values.groupby(table["layer"], sort=False)
        }
    return found


def _row(
    name: Any, rows: pd.DataFrame, own: dict[str, Units], others: dict[str, Units], draws: int, seed: int
) -> dict[str, Any]:
    angles, ratios = own["preferred"][name], own["f1_f0"][name]
    concentration, (bias, bias_p), peaks = rayleigh(angles), cardinal_bias(angles), dip(ratios)
    row: dict[str, Any] = {
        "layer": name, "kind": rows["kind"].iloc[0], "units": len(rows), "responsive": int(rows["responsive"].sum()),
        "tuned": len(angles), "resultant": concentration.length, "mean_orientation": concentration.mean,
        "rayleigh_p": concentration.p_value, "cardinal_bias": bias, "cardinal_p": bias_p,
        "macaque_distance": _macaque_distance(angles), "simple": _mean(ratios > 1), "f1_f0": _quantile(ratios, 0.5),
        "dip": peaks, "dip_p": dip_p(peaks, len(ratios), draws=draws, seed=seed),
    }  # fmt: skip
    for kind in ("half_width", "bandwidth"):
        for ending, share in (("", 0.5), ("_low", 0.25), ("_high", 0.75)):
            row[kind + ending] = _quantile(own[kind][name], share)
    for kind in KINDS:
        measure = kuiper if kind == "preferred" else kolmogorov_smirnov
        row[f"{kind}_distance"] = measure(own[kind][name], others[kind].get(name, np.empty(0)))
    return row


def _macaque_distance(angles: np.ndarray) -> float:
    if not len(angles):
        return np.nan
    shares = np.bincount(((angles + 22.5) // 45).astype(int) % 4, minlength=4) / len(angles)
    return float(np.abs(shares - MACAQUE).sum() / 2)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else np.nan


def _quantile(values: np.ndarray, share: float) -> float:
    return float(np.quantile(values, share)) if len(values) else np.nan
