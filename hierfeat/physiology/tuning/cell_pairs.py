"""S-cells and C-cells: what each pool does to the units that feed it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hierfeat._result import Result, drawn
from hierfeat.errors import HierfeatError
from hierfeat.physiology._responses import rectified
from hierfeat.physiology.tuning._indices import finer_phases
from hierfeat.physiology.tuning.orientation_tuning import PHASES, OrientationTuning, orientation_tuning
from hierfeat.stimuli.stimulus_set import Values
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer import Layer
from hierfeat.subjects.provenance import provenance

COMPARED = ("f1_f0", "osi", "gosi", "half_width", "preferred_orientation", "cell_type")
CURVE = np.linspace(0, 360, 181)
"""Phase windows, in degrees, at which the laws are kept for drawing."""


@dataclass(frozen=True, eq=False)
class CellPairs(Result):
    """S-units beside the C-units that pool them; see :func:`cell_pairs` for the columns of ``.table``.

    Attributes
    ----------
    phase_windows, max_law, average_law : numpy.ndarray
        Degrees, and the modulation ratio that each law gives a pool over them.
    """

    phase_windows: np.ndarray
    max_law: np.ndarray
    average_law: np.ndarray

    plot = drawn("tuning.plot_cell_pairs")


@checked(phases=PHASES)
def cell_pairs(
    h: Hierarchy,
    *,
    orientations: int | Values = 16,
    frequencies: int | Values = 8,
    phases: int = 16,
    batch_size: int | None = None,
    progress: bool = True,
) -> CellPairs:
    """Compare each convolution's rectified units with the pool that follows them.

    Does pooling make simple cells complex?

    Parameters
    ----------
    h
        The subject.
    orientations, frequencies, phases, batch_size
        As in :func:`hierfeat.orientation_tuning`.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    CellPairs
        ``.table`` has a row per pool and channel: ``conv, before, pool, pooling, channel``; for each of ``f1_f0, osi,
        gosi, half_width, preferred_orientation, cell_type, tolerance`` a column ``_before`` and one ``_after``;
        ``phase_window`` (degrees) and ``predicted_f1_f0``, NaN for pools that are neither ``max`` nor ``average``.

    Raises
    ------
    HierfeatError
        If no pool follows a convolution with as many channels.

    Notes
    -----
    *Before* is the layer that the pool reads: the activation, the convolution where there is none (its responses
    rectified), or several of them side by side. ``tolerance`` is how many pixels the preferred grating can move while
    the response stays above half of its peak, at most one period.

    A pool sees its inputs at k × k places, that is, in a range of phases of the unit's preferred grating. With S-units
    that are half-rectified sinusoids (F1/F0 = π/2), an average over a window of Δ leaves (π/2) sin(Δ/2)/(Δ/2), the
    product over both axes; a maximum leaves [sin h + (π/2) cos h]/(1 + h), h half of the range of phases, up to a range
    of 180°, and is integrated in the same way beyond. Where S-units have thresholds the laws are a bound for the eye,
    not a fit.

    Memory: as :func:`hierfeat.orientation_tuning`, of the layers that are compared.

    References
    ----------
    Hubel DH, Wiesel TN (1962). J Physiol 160:106-154. Fukushima K (1980). Neocognitron. Biol Cybern 36:193-202.

    Examples
    --------
    >>> import hierfeat as hf
    >>> pairs = hf.cell_pairs(hf.load("lenet5-digits"))
    >>> pairs.table.groupby("pool").size().to_dict()
    {'pool1': 6, 'pool2': 16}
    """
    pairs = _pairs(list(h.layers))
    if not pairs:
        raise HierfeatError(f"{h.name} has no pool that follows a convolution of as many channels: nothing to compare")
    names = list(dict.fromkeys(layer.name for _, before, pool in pairs for layer in (before, pool)))
    shown = {"orientations": orientations, "frequencies": frequencies, "phases": phases}
    tuning = orientation_tuning(h, layers=names, batch_size=batch_size, **shown)  # type: ignore[arg-type]
    jumps = _jumps(h)
    table = pd.concat([_compared(tuning, *pair, jumps[pair[1].name]) for pair in pairs], ignore_index=True)
    return CellPairs(
        table=table,
        provenance=provenance(h, **shown),
        phase_windows=CURVE,
        max_law=max_law(np.deg2rad(CURVE) / 2),
        average_law=np.pi / 2 * np.abs(np.sinc(CURVE / 360)),
    )


def max_law(half_window: np.ndarray) -> np.ndarray:
    """F1/F0 of the maximum of a half-rectified sinusoid over ±`half_window` radians.

    Examples
    --------
    >>> max_law(np.array([0.0, np.pi / 2])).round(3).tolist()
    [1.571, 0.389]
    """
    h = np.clip(half_window, 0, np.pi)
    tail = np.minimum(np.pi / 2, np.pi - h)
    mean = h + np.sin(tail)
    first = np.sin(h) + (tail * np.cos(h) + (np.sin(2 * tail + h) - np.sin(h)) / 2) / 2
    return np.asarray(2 * np.abs(first) / mean)


def _pairs(layers: list[Layer]) -> list[tuple[Layer, Layer, Layer]]:
    """(convolution, what the pool reads, pool) for each pool that keeps the channels of the convolution before it.

    Where the pool reads several convolutions side by side, the last of them stands for all.
    """
    found = []
    for index, pool in enumerate(layers):
        earlier = [layer for layer in layers[:index] if layer.kind == "conv"]
        if pool.kind != "pool" or pool.kernel is None or not earlier:
            continue
        read = next((item for item in reversed(layers[:index]) if item.out_shape == pool.in_shape), None)
        if read is None or len(pool.out_shape) != 3:
            continue
        if read.kind == "concat" or earlier[-1].out_shape[0] == pool.out_shape[0]:
            found.append((earlier[-1], read, pool))
    return found


def _jumps(h: Hierarchy) -> dict[str, tuple[float, float]]:
    """Pixels between neighbouring units of each layer, along rows and columns."""
    from hierfeat.anatomy.receptive_fields import known_fields

    table = known_fields(h).table
    columns = zip(table["layer"], table["stride_h"], table["stride_w"], strict=True)
    return {str(layer): (float(down), float(right)) for layer, down, right in columns}


def _compared(
    tuning: OrientationTuning, conv: Layer, before: Layer, pool: Layer, jump: tuple[float, float]
) -> pd.DataFrame:
    rows = {name: tuning.table[tuning.table.layer == name].set_index("channel") for name in (before.name, pool.name)}
    first, second = rows[before.name], rows[pool.name]
    kind = _pooling(pool.op)
    table = pd.DataFrame(
        {"conv": conv.name, "before": before.name, "pool": pool.name, "pooling": kind}, index=first.index
    )
    for column in COMPARED:
        table[f"{column}_before"], table[f"{column}_after"] = first[column], second[column]
    table["tolerance_before"] = _tolerance(tuning, before.name)
    table["tolerance_after"] = _tolerance(tuning, pool.name)
    assert pool.kernel is not None
    table["phase_window"], table["predicted_f1_f0"] = _predicted(second, pool.kernel, jump, kind)
    return table.reset_index()


def _pooling(op: str) -> str:
    """``max``, ``average``, or what else the pool does, for which there is no law."""
    return "max" if "max" in op else "average" if "avg" in op or op == "mean" else op.removesuffix("_pool2d")


def _predicted(
    pooled: pd.DataFrame, kernel: tuple[int, ...], jump: tuple[float, float], kind: str
) -> tuple[np.ndarray, np.ndarray]:
    """Range of phases in degrees that each pool sees at its best grating, and F1/F0 by the law."""
    angle = np.deg2rad(pooled.shown_orientation.to_numpy(dtype=float))
    turn = 2 * np.pi * pooled.shown_frequency.to_numpy(dtype=float)
    steps = [turn * jump[0] * np.abs(np.cos(angle)), turn * jump[1] * np.abs(np.sin(angle))]
    if kind == "max":
        window = sum(step * (k - 1) for step, k in zip(steps, kernel, strict=True))
        return np.rad2deg(window), max_law(window / 2)
    spans = [step * k for step, k in zip(steps, kernel, strict=True)]
    law = np.pi / 2 * np.prod([np.abs(np.sinc(span / (2 * np.pi))) for span in spans], axis=0)
    return np.rad2deg(np.hypot(*spans)), law if kind == "average" else np.full(len(law), np.nan)


def _tolerance(tuning: OrientationTuning, layer: str) -> np.ndarray:
    """Pixels of shift of the preferred grating over which the response to it stays above half of its peak."""
    rows = tuning.table[(tuning.table.layer == layer) & tuning.table.responsive]
    units, count = rows.channel.to_numpy(), len(tuning.blank[layer])
    tone = np.searchsorted(tuning.frequencies, rows.shown_frequency.to_numpy())
    angle = np.argmax(rows.shown_orientation.to_numpy()[:, None] == tuning.orientations, axis=1)
    waves = finer_phases(tuning.responses[layer][units, angle, tone], 16)
    evoked = rectified(rectified(waves) - rectified(tuning.blank[layer])[units, None])
    share = (evoked > evoked.max(1, keepdims=True, initial=0) / 2).mean(1)
    tolerance = np.full(count, np.nan)
    tolerance[units] = share / tuning.frequencies[tone]
    return tolerance
