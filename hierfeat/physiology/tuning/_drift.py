"""What a drifting grating makes a unit do: rates over one cycle of phases, and their mean and first harmonic."""

import numpy as np

from hierfeat.physiology._responses import rectified
from hierfeat.physiology.tuning._indices import finer_phases, harmonics

FINE = 4
"""Interpolated phases per phase shown, for layers that can be negative."""
CHUNK = 2**17
"""Responses taken at once: with their phases interpolated they still fit the processor's cache."""


def is_signed(raw: np.ndarray) -> bool:
    """Whether a layer's responses went negative, so that they are rectified here."""
    return bool(raw.min() < 0)


def cycle_rates(raw: np.ndarray, *, signed: bool) -> np.ndarray:
    """Rates over the cycle, (..., phases): responses rectified, and interpolated first if the layer is `signed`."""
    return rectified(finer_phases(raw, FINE)) if signed else raw.astype(float)


def drift_components(raw: np.ndarray, blank: np.ndarray, *, signed: bool) -> tuple[np.ndarray, np.ndarray]:
    """F0 less the rate at rest, and F1, of one layer's responses.

    Parameters
    ----------
    raw
        As recorded, (channels, ..., phases).
    blank
        The response to grey, (channels,).
    signed
        Whether the layer can be negative.

    Returns
    -------
    evoked, first : numpy.ndarray
        (channels, ...); `evoked` is 0 where the grating lowers the rate.
    """
    rest = rectified(blank).reshape(-1, *(1,) * (raw.ndim - 2))
    evoked, first = np.empty((2, *raw.shape[:-1]))
    size = max(1, CHUNK // max(1, raw[:1].size))
    for start in range(0, len(raw), size):
        part = slice(start, start + size)
        mean, even, odd = harmonics(cycle_rates(raw[part], signed=signed))
        evoked[part], first[part] = rectified(mean - rest[part]), np.hypot(even, odd)
    return evoked, first


def stronger_component(evoked: np.ndarray, first: np.ndarray) -> np.ndarray:
    """The tuning of each unit: its F1 or its evoked F0, whichever peaks higher over all conditions."""
    conditions = tuple(range(1, evoked.ndim))
    modulated = first.max(conditions, keepdims=True) >= evoked.max(conditions, keepdims=True)
    return np.where(modulated, first, evoked)
