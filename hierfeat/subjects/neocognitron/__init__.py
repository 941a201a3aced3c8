"""Fukushima's Neocognitron, in the mode of 1980 and in the modern one."""

from hierfeat.subjects.neocognitron.cell_plane import CellPlane, cell_plane
from hierfeat.subjects.neocognitron.deform import Jitter, jittered, warp
from hierfeat.subjects.neocognitron.estimator import Neocognitron
from hierfeat.subjects.neocognitron.glyphs import glyphs
from hierfeat.subjects.neocognitron.modern import ModernNetwork, ModernSettings
from hierfeat.subjects.neocognitron.neocognitron_1980 import Network1980, Settings1980
from hierfeat.subjects.neocognitron.responses import NeocognitronResponses, neocognitron_responses

__all__ = [
    "CellPlane",
    "Jitter",
    "ModernNetwork",
    "ModernSettings",
    "Neocognitron",
    "NeocognitronResponses",
    "Network1980",
    "Settings1980",
    "cell_plane",
    "glyphs",
    "jittered",
    "neocognitron_responses",
    "warp",
]
