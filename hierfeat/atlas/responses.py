"""What the physiology says of each layer: strongest patches, tolerance to shifts, what pooling does."""

from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hierfeat.anatomy.receptive_fields import ReceptiveFields
from hierfeat.atlas.images import number, sprite
from hierfeat.atlas.plan import Plan
from hierfeat.errors import HierfeatError
from hierfeat.physiology.features._field_cutter import LayerCutter
from hierfeat.physiology.features._patch_measure import TopPatches
from hierfeat.physiology.invariance._pools import POOLS
from hierfeat.physiology.invariance.pooling_invariance import AS_IT_IS, pooling_invariance
from hierfeat.physiology.invariance.translation_invariance import translation_invariance
from hierfeat.physiology.rectification.nonnegativity import nonnegativity
from hierfeat.recording.sweep import swept
from hierfeat.subjects.hierarchy import Hierarchy

#: Multiply-adds that an analysis of many passes may cost, and images that it takes at most.
MACS, IMAGES = 1e11, 64
#: Seconds that the shifts may take, and what comparing one value with its shifted copy takes of them.
SECONDS, SECONDS_A_VALUE = 10.0, 6e-8
#: Shifts in pixels, up, down, left and right.
SHIFT, POOL_SHIFT = 4, 2
#: Grey of what lies outside the image.
OUTSIDE = 0.5

Sections = dict[str, dict[str, Any]]


def patches(h: Hierarchy, images: Tensor, fields: ReceptiveFields, chosen: Plan) -> Sections:
    """The strongest patches of the channels shown; of a rectifier they are those of the layer before it."""
    kinds = {layer.name: layer.kind for layer in h.layers}
    layers = [name for name in chosen.layers if kinds[name] != "activation"]
    if not layers:
        raise HierfeatError(f"{h.name} has no layer of maps or units")
    [table] = swept(h, images, [TopPatches(chosen.patches)], layers=layers)
    found: dict[str, Any] = {}
    for name, rows in table.groupby("layer", sort=False):
        cutter = LayerCutter.of(fields, str(name), largest=chosen.tile)
        found[str(name)] = _patches(rows, images, cutter, chosen.channels)
    return {"patches": found}


def _patches(rows: pd.DataFrame, images: Tensor, cutter: LayerCutter, most: int) -> dict[str, Any]:
    total = rows["channel"].nunique()
    shown = rows[rows["channel"] < most]
    cut, values, status = [], [], []
    on_map = cutter.boxes.shape[:2] != (1, 1)
    for _, channel in shown.groupby("channel", sort=False):
        places = channel[["image", "row", "col"]].to_numpy()
        cut.append([cutter.cut(images[n], *((row, col) if on_map else (0, 0))) for n, row, col in places])
        values.append([number(value) for value in channel["value"]])
        status.append(channel["status"].iloc[0])
    return {
        "image": sprite([[torch.nan_to_num(patch, OUTSIDE) for patch in row] for row in cut]),
        "rows": len(cut),
        "columns": max(len(row) for row in cut),
        "channels": sorted(int(channel) for channel in shown["channel"].unique()),
        "values": values,
        "status": status,
        "size": list(cutter.size),
        "total": int(total),
    }


def shifts(h: Hierarchy, images: Tensor, chosen: Plan) -> Sections:
    """Invariance and equivariance by the size of the shift, averaged over its directions."""
    count = _in_time(h, images, "translation_invariance", 1 + 4 * SHIFT)
    moved = translation_invariance(h, images, layers=chosen.layers, max_shift=SHIFT, max_images=count)
    table = moved.table.assign(distance=moved.table["dy"].abs() + moved.table["dx"].abs())
    means = table.groupby(["layer", "distance"], sort=False)[["invariance", "equivariance"]].mean().reset_index()
    found: dict[str, Any] = {}
    for name, rows in means.groupby("layer", sort=False):
        equivariance = [number(value) for value in rows["equivariance"]]
        found[str(name)] = {
            "images": min(count, len(images)),
            "shifts": [number(distance) for distance in rows["distance"]],
            "invariance": [number(value) for value in rows["invariance"]],
            "equivariance": equivariance if any(value is not None for value in equivariance) else None,
        }
    return {"shift": found}


def pooling(h: Hierarchy, images: Tensor) -> Sections:
    """Invariance before and after each pool, as it is and with another in its place."""
    pools = sum(layer.kind == "pool" for layer in h.layers)
    passes = (1 + pools * len(POOLS)) * (1 + 4 * POOL_SHIFT)
    count = _affordable(h, "pooling_invariance", passes, least=4)
    table = pooling_invariance(h, images, max_shift=POOL_SHIFT, max_images=count).table
    found: dict[str, Any] = {}
    for name, rows in table.groupby("layer", sort=False):
        ends = zip(rows["pooling"], rows["before"], rows["after"], strict=True)
        found[str(name)] = [
            {"pooling": kind, "before": number(before), "after": number(after), "current": kind == AS_IT_IS}
            for kind, before, after in ends
        ]
    return {"pooling": found}


def rectifiers(h: Hierarchy, images: Tensor, chosen: Plan) -> Sections:
    """How much of the energy passes each rectifier, channels together, and what it does with negative input."""
    kinds = {layer.name: layer.kind for layer in h.layers}
    layers = [name for name in chosen.layers if kinds[name] == "activation"]
    if not layers:
        raise HierfeatError(f"{h.name} has no activation function over maps or units")
    rectified = nonnegativity(h, images, layers=layers)
    summary = rectified.summary
    found: dict[str, Any] = {
        name: {"energy_kept": number(kept), "negative": rectified.negative[name]}
        for name, kept in zip(summary["layer"], summary["energy_kept"], strict=True)
    }
    return {"rectifier": found}


def _in_time(h: Hierarchy, images: Tensor, analysis: str, passes: int) -> int:
    """How many images an analysis that compares every layer with its shifted copies may be given."""
    some = images[:2]
    once = np.inf
    for _ in range(3):  # the first pass is slower than those that follow, and any may be held up
        start = perf_counter()
        translation_invariance(h, some, layers=[h.layers.table["layer"].iloc[-1]], max_shift=1)
        once = min(once, (perf_counter() - start) / (len(some) * 5))
    sizes = h.layers.table["out_shape"].map(lambda shape: int(np.prod(shape))).sum()
    each = passes * (once + float(sizes) * SECONDS_A_VALUE)
    count = int(min(IMAGES, SECONDS / max(each, 1e-9)))
    if count < 2:
        raise HierfeatError(
            f"it would take about {2 * each:.0f} seconds for two images; hf.{analysis} does it if you have the time"
        )
    return count


def _affordable(h: Hierarchy, analysis: str, passes: int, *, least: int) -> int:
    """How many images an analysis of so many passes may be given."""
    cost = int(h.layers.table["macs"].sum()) * passes
    count = int(min(IMAGES, MACS / max(cost, 1)))
    if count < least:
        raise HierfeatError(
            f"{cost * least:.0e} multiply-adds are too many for an atlas; hf.{analysis} does it if you have the time"
        )
    return count
