"""Indices of tuning, on arrays: of units of a network, of another framework, or of neurones recorded from an animal.

Every function takes rates of shape (..., conditions), so that all cells go in at once, and works on the last axis.
Rates are not negative; where a cell does not respond at all the index is NaN. They are the functions that
:func:`hierfeat.orientation_tuning` and its neighbours use, so that network and animal are measured with one ruler.
"""

from hierfeat.indices._angles import (
    direction,
    dsi,
    gdsi,
    gosi,
    half_width,
    orientation,
    osi,
    permutation_p,
    ringach_bandwidth,
)
from hierfeat.indices._sparseness import sparseness, treves_rolls
from hierfeat.indices._steps import (
    bandwidth,
    c50,
    end_stopping,
    f1_f0,
    preferred_frequency,
    summation_field,
    suppression,
    surround,
)

__all__ = [
    "bandwidth",
    "c50",
    "direction",
    "dsi",
    "end_stopping",
    "f1_f0",
    "gdsi",
    "gosi",
    "half_width",
    "orientation",
    "osi",
    "permutation_p",
    "preferred_frequency",
    "ringach_bandwidth",
    "sparseness",
    "summation_field",
    "suppression",
    "surround",
    "treves_rolls",
]
