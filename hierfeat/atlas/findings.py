"""The analyses of the atlas, each turned into what the payload says of every layer."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from hierfeat.atlas.plan import Plan
from hierfeat.subjects.hierarchy import Hierarchy

#: What a stage may say of a layer.
SECTIONS = ("field", "patches", "distribution", "channels", "shift", "pooling")

ByLayer = dict[str, Any]
Stage = Callable[[], dict[str, ByLayer]]


def stages(h: Hierarchy, images: Tensor, chosen: Plan) -> list[tuple[str, Stage]]:
    """Return the analyses to run, by name; each gives sections by layer."""
    return []
