"""Fukushima's Neocognitron, in the mode of 1980 and in the modern one."""

from hierfeat.subjects.neocognitron.deform import Jitter, jittered, warp
from hierfeat.subjects.neocognitron.estimator import Neocognitron
from hierfeat.subjects.neocognitron.glyphs import glyphs
from hierfeat.subjects.neocognitron.modern import ModernNetwork, ModernSettings
from hierfeat.subjects.neocognitron.neocognitron_1980 import Network1980, Settings1980

__all__ = [
    "Jitter",
    "ModernNetwork",
    "ModernSettings",
    "Neocognitron",
    "Network1980",
    "Settings1980",
    "glyphs",
    "jittered",
    "warp",
]
