"""What gratings say of the unit in the middle of each map: what it prefers, and the most that any of them drives it."""

from typing import Any

import numpy as np
import pandas as pd

from hierfeat.atlas.images import number, quantise_curves
from hierfeat.atlas.plan import Plan
from hierfeat.errors import HierfeatError
from hierfeat.physiology.tuning.orientation_tuning import OrientationTuning, orientation_tuning
from hierfeat.subjects.hierarchy import Hierarchy

#: Multiply-adds that the gratings may cost; a minute or two on a laptop.
MACS = 2e12
#: Columns of the table that stand on a channel's card, by their names in the payload.
COLUMNS = {
    "gosi": "gosi",
    "osi": "osi",
    "width": "half_width",
    "frequency": "preferred_frequency",
    "ratio": "f1_f0",
}
#: A demonstration takes a unit that answers at least so much of what the strongest of its layer answers.
LIVELY = 0.3
#: Degrees that the preferences of two units shown together may be apart.
ALIKE = 22.5


def tuned(h: Hierarchy, chosen: Plan) -> dict[str, dict[str, Any]]:
    """Show the gratings of :func:`hierfeat.orientation_tuning` to the units of all layers of the page."""
    if not chosen.layers:
        raise HierfeatError(f"{h.name} has no layer of maps or units")
    cost = 1025 * int(h.layers.table["macs"].sum())
    if cost > MACS:
        raise HierfeatError(
            f"1025 gratings take {cost:.1e} multiply-adds, more than {MACS:.0e}; the page can show them"
        )
    tuning = orientation_tuning(h, layers=chosen.layers)
    tables = {str(layer): rows for layer, rows in tuning.table.groupby("layer", sort=False)}
    return {"tuning": {name: _tuning(name, rows, tuning) for name, rows in tables.items()}}


def _tuning(name: str, rows: pd.DataFrame, tuning: OrientationTuning) -> dict[str, Any]:
    """A number for each channel; ``at`` is the grating's place in the grid (orientations, frequencies, phases)."""
    responses = tuning.responses[name].reshape(len(rows), -1)
    at = responses.argmax(1)
    return {
        "best": [number(value) for value in responses[np.arange(len(rows)), at]],
        "at": at.tolist(),
        "blank": [number(value) for value in tuning.blank[name]],
        "type": rows["cell_type"].tolist(),
        "orientation": [number(value) for value in rows["preferred_orientation"]],
        **{short: [number(value, 4) for value in rows[column]] for short, column in COLUMNS.items()},
        "angles": tuning.orientations.tolist(),
        "curves": quantise_curves(tuning.curves[name]),
    }


def simple_and_complex(rows: list[dict[str, Any]]) -> dict[str, list[int]] | None:
    """A simple cell of the first layer that has one, and a complex one behind a pool, that prefer alike where possible.

    Parameters
    ----------
    rows
        The payload's layers.

    Returns
    -------
    dict or None
        ``simple`` and ``complex`` as [index of the layer, channel]; None where the network lacks either.
    """
    pools = [row for row in rows if row["kind"] == "pool"]
    behind = pools + (rows[pools[0]["index"] + 1 :] if pools else [])
    high = next(((row, found) for row in behind if (found := _lively(row, "complex"))), None)
    convs = [row for row in rows if row["kind"] == "conv"]
    low = next(((row, found) for row in convs if (found := _lively(row, "simple"))), None)
    if high is None or low is None:
        return None
    (upper, complex_cells), (lower, simple_cells) = high, low
    complex_cell = complex_cells[0]
    wanted = upper["tuning"]["orientation"][complex_cell]
    alike = [cell for cell in simple_cells if _apart(lower["tuning"]["orientation"][cell], wanted) <= ALIKE]
    return {"simple": [lower["index"], (alike or simple_cells)[0]], "complex": [upper["index"], complex_cell]}


def _lively(row: dict[str, Any], kind: str) -> list[int]:
    """Channels of that type that answer well, the most selective first."""
    tuning = row["tuning"]
    if tuning is None:
        return []
    gains = [best - blank for best, blank in zip(tuning["best"], tuning["blank"], strict=True)]
    least = LIVELY * max(gains, default=0)
    cells = [cell for cell, found in enumerate(tuning["type"]) if found == kind and gains[cell] >= least]
    return sorted(cells, key=lambda cell: -tuning["gosi"][cell])


def _apart(first: float | None, second: float | None) -> float:
    """Between two orientations, in degrees."""
    if first is None or second is None:
        return 90.0
    return abs((first - second + 90) % 180 - 90)
