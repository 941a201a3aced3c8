"""Fukushima's Neocognitron, in the mode of 1980 and in the modern one."""

from hierfeat.stimuli.warps.deform import Jitter, jittered, warp
from hierfeat.zoo.neocognitron.estimator import Neocognitron
from hierfeat.zoo.neocognitron.glyphs import glyphs
from hierfeat.zoo.neocognitron.modern import ModernNetwork, ModernSettings
from hierfeat.zoo.neocognitron.neocognitron_1980 import Network1980
from hierfeat.zoo.neocognitron.settings_1980 import PROTOCOL_1980, Settings1980
from hierfeat.zoo.neocognitron.views import CellPlane, NeocognitronResponses, cell_plane, neocognitron_responses

__all__ = [
    "PROTOCOL_1980",
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
