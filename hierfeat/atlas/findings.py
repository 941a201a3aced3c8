"""The analyses of the atlas, each turned into what the payload says of every layer."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from torch import Tensor

from hierfeat.anatomy.receptive_fields import ReceptiveFields, known_fields
from hierfeat.atlas.cards import selectivity, syntheses
from hierfeat.atlas.images import number
from hierfeat.atlas.plan import Plan
from hierfeat.atlas.responses import Sections, patches, pooling, rectifiers, shifts
from hierfeat.atlas.tuned import tuned
from hierfeat.recording.histogram import Histogram
from hierfeat.recording.measures import ActiveFraction, Moments, Sparseness
from hierfeat.recording.sweep import swept
from hierfeat.representation.class_selectivity import Rates
from hierfeat.subjects.hierarchy import Hierarchy

#: What a stage may say of a layer.
SECTIONS = (
    "field",
    "patches",
    "distribution",
    "channels",
    "rectifier",
    "shift",
    "pooling",
    "tuning",
    "selectivity",
    "synthesis",
)

#: Bins of a drawn histogram, and the share of values beyond each of its ends.
BINS, TAIL = 40, 0.001
#: Values of each layer, of all images together, that a histogram is made of at least.
VALUES = 40_000


def stages(
    h: Hierarchy, images: Tensor, chosen: Plan, labels: Tensor | None = None, *, cards: bool = False
) -> list[tuple[str, Callable[[], Sections]]]:
    """Return the analyses to run, by name; each gives sections by layer."""
    fields = known_fields(h)
    bench = [("orientation_tuning", partial(tuned, h, chosen))] if chosen.live or cards else []
    made = [("synthesize", partial(syntheses, h, chosen))] if cards else []
    return [
        ("receptive_fields", partial(_fields, h, fields, chosen)),
        ("top_patches", partial(patches, h, images, fields, chosen)),
        ("distribution", partial(_distributions, h, images, labels, chosen)),
        ("nonnegativity", partial(rectifiers, h, images, chosen)),
        ("translation_invariance", partial(shifts, h, images, chosen)),
        ("pooling_invariance", partial(pooling, h, images)),
        *bench,
        *made,
    ]


def _fields(h: Hierarchy, fields: ReceptiveFields, chosen: Plan) -> Sections:
    shapes = {layer.name: layer.out_shape for layer in h.layers}
    rows = fields.table.merge(fields.unseen_pixels()[["layer", "fraction"]], on="layer").set_index("layer")
    return {"field": {name: _field(fields, rows.loc[name], shapes[name], chosen) for name in rows.index}}


def _field(fields: ReceptiveFields, row: "pd.Series[Any]", shape: tuple[int, ...], chosen: Plan) -> dict[str, Any]:
    """A box is the product of an interval of rows and one of columns, so that these are all there is to store."""
    step = chosen.size(shape)[1] if len(shape) == 3 else 1
    boxes = fields.boxes(str(row.name))[::step, ::step]
    return {
        "size": [int(row["size_h"]), int(row["size_w"])],
        "status": row["status"],
        "unseen": number(row["fraction"]),
        "rows": _intervals(boxes[..., 0], boxes[..., 2], axis=1),
        "cols": _intervals(boxes[..., 1], boxes[..., 3], axis=0),
    }


def _intervals(starts: np.ndarray, stops: np.ndarray, *, axis: int) -> list[list[int]]:
    """The interval along one axis of each row (or column) of units; [0, 0) where none sees a pixel."""
    seen = stops > starts
    first = np.where(seen, starts, np.iinfo(np.int64).max).min(axis=axis)
    last = np.where(seen, stops, 0).max(axis=axis)
    return [[int(start), int(stop)] for start, stop in zip(np.where(last > 0, first, 0), last, strict=True)]


def _distributions(h: Hierarchy, images: Tensor, labels: Tensor | None, chosen: Plan) -> Sections:
    histogram = Histogram(max(64, VALUES // len(images)), quantiles=(TAIL, 1 - TAIL))
    measures = [Moments(), ActiveFraction(), Sparseness(), histogram]
    rates = Rates()
    moments, active, sparse, ends, _ = swept(h, images, [*measures, rates], layers=chosen.layers)
    channels = active.merge(sparse, on=["layer", "channel"])
    ends = ends.set_index("layer")
    found: Sections = {"distribution": {}, "channels": {}}
    for name, rows in moments.groupby("layer", sort=False):
        counts = histogram.state[f"{name}/counts"].cpu().numpy()
        low, high = ends.loc[name].iloc[1:]
        found["distribution"][name] = _distribution(rows, counts, float(low), float(high))
    for name, rows in channels.groupby("layer", sort=False):
        found["channels"][name] = _channels(rows)
    return found | selectivity(rates.result(), labels)


def _distribution(moments: pd.DataFrame, counts: np.ndarray, low: float, high: float) -> dict[str, Any]:
    """Join the channels' moments, and the fine bins of the histogram into a few equal ones; zeros apart."""
    weight = moments["n"] / moments["n"].sum()
    mean = float((weight * moments["mean"]).sum())
    variance = float((weight * (moments["variance"] + (moments["mean"] - mean) ** 2)).sum())
    fine, total = Histogram.edges(), counts.sum()
    at_zero = slice(len(counts) // 2 - 1, len(counts) // 2 + 1)
    zero = counts[at_zero].sum() / total
    others = counts.copy()
    others[at_zero] = 0
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    shares = np.diff(np.interp(edges, fine, np.concatenate([[0], others.cumsum()]))) / total
    return {
        "edges": [number(edge) for edge in edges],
        "shares": [number(share) for share in shares],
        "mean": number(mean),
        "std": number(variance**0.5),
        "min": number(moments["min"].min()),
        "max": number(moments["max"].max()),
        "zero": number(zero),
    }


def _channels(rows: pd.DataFrame) -> dict[str, Any]:
    return {
        "active": [number(share) for share in rows["active_fraction"]],
        "sparse": [number(share) for share in rows["lifetime_sparseness"]],
        "mean_active": number(rows["active_fraction"].mean()),
        "total": len(rows),
        "dead": int(rows["dead"].sum()),
        "lifetime": number(rows["lifetime_sparseness"].median()),
        "population": number(rows["population_sparseness"].iloc[0]),
    }
