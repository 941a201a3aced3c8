"""What stands on a channel's card beside its tuning: the class it prefers, and the image that would drive it most."""

from typing import Any

import pandas as pd
import torch
from torch import Tensor

from hierfeat.atlas.images import number, sprite
from hierfeat.atlas.plan import Plan
from hierfeat.errors import HierfeatError
from hierfeat.physiology.features.synthesize import synthesize
from hierfeat.representation.class_selectivity import selectivity_table
from hierfeat.subjects.hierarchy import Hierarchy

#: As many permutations as :func:`hierfeat.class_selectivity` takes, and its seed.
PERMUTATIONS, SEED = 100, 0

Sections = dict[str, dict[str, Any]]


def selectivity(rates: dict[str, Tensor], labels: Tensor | None) -> Sections:
    """How much each channel prefers one class, of the images whose labels are known."""
    known = torch.zeros(0, dtype=torch.bool) if labels is None else labels >= 0
    if labels is None or len(labels[known].unique()) < 2:
        return {}
    own = {name: rate[known] for name, rate in rates.items()}
    table = selectivity_table(own, labels[known], PERMUTATIONS, SEED)
    return {"selectivity": {str(name): _preferences(rows) for name, rows in table.groupby("layer", sort=False)}}


def _preferences(rows: pd.DataFrame) -> dict[str, Any]:
    return {
        "index": [number(value, 4) for value in rows["selectivity"]],
        "preferred": rows["preferred_class"].tolist(),
        "chance": [number(value, 4) for value in rows["null_95"]],
    }


def syntheses(h: Hierarchy, chosen: Plan) -> Sections:
    """Images that drive the first channels of convolutions and dense layers most."""
    wanted = [layer for layer in h.layers if layer.name in chosen.layers and layer.kind in ("conv", "linear")]
    if not wanted:
        raise HierfeatError(f"{h.name} has no convolution or dense layer of maps or units")
    found = {}
    for layer in wanted:
        made = synthesize(h, layer.name, range(min(chosen.channels, layer.out_shape[0])), progress=False)
        found[layer.name] = {
            "image": sprite([list(torch.from_numpy(made.images))], side=SIDE),
            "status": made.table["status"].tolist(),
            **{short: [number(value) for value in made.table[column]] for short, column in COLUMNS.items()},
        }
    return {"synthesis": found}


#: Columns of the table of images, by their names in the payload.
COLUMNS = {"activation": "activation", "shift": "shift_kept", "transform": "transform_kept"}
#: The longest side of an image, in pixels.
SIDE = 96
