"""Indices of how few stimuli or cells carry the responses."""

import numpy as np

from hierfeat.errors import HierfeatError
from hierfeat.indices._arrays import Array, as_rates


def sparseness(responses: Array) -> np.ndarray:
    """Sparseness of Vinje and Gallant (2000), (1 − a) / (1 − 1/n), with a that of Treves and Rolls.

    Parameters
    ----------
    responses
        Rates, (..., n): over stimuli it is lifetime sparseness, over cells that of the population.

    Returns
    -------
    numpy.ndarray
        (...,): 0 where all rates are equal, 1 where all but one are 0.

    Examples
    --------
    >>> sparseness([[1.0, 1, 1, 1], [0, 0, 3, 0]]).tolist()
    [0.0, 1.0]
    """
    rates = as_rates(responses)
    if rates.shape[-1] < 2:
        raise HierfeatError("expected at least 2 rates for a sparseness, got 1")
    return np.asarray((1 - treves_rolls(rates)) / (1 - 1 / rates.shape[-1]))


def treves_rolls(responses: Array) -> np.ndarray:
    """Sparseness of Treves and Rolls, a = (Σ r / n)² / (Σ r² / n); small where few respond.

    Parameters
    ----------
    responses
        Rates, (..., n).

    Returns
    -------
    numpy.ndarray
        (...,), 1/n to 1.

    Examples
    --------
    >>> treves_rolls([0.0, 0, 3, 0]).item()
    0.25
    """
    rates = as_rates(responses)
    top = rates.max(-1, keepdims=True)
    scaled = rates / np.where(top > 0, top, 1)  # so that no square overflows
    with np.errstate(invalid="ignore"):
        return np.asarray(scaled.mean(-1) ** 2 / (scaled**2).mean(-1))
