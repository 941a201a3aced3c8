"""The kernel that is most nearly the negative of another one, among those that see the same channels."""

from typing import NamedTuple

import numpy as np

OK, ZERO, ALONE, NOT_FINITE = "ok", "zero kernel", "only one of its group", "NaN or infinity"


class Opposites(NamedTuple):
    """For each kernel: the least cosine with another one (NaN without), whose it is (-1), and why there is none."""

    cosine: np.ndarray
    partner: np.ndarray
    status: np.ndarray


def opposites(kernels: np.ndarray, groups: int = 1) -> Opposites:
    """Compare each kernel with all others of its group.

    Parameters
    ----------
    kernels
        (kernels, ...) weights.
    groups
        Kernels of different groups see different channels, so that their responses cannot be opposite.
    """
    flat = kernels.reshape(groups, len(kernels) // groups, -1).astype(float)
    finite = np.isfinite(flat).all(2)
    length = np.linalg.norm(np.where(finite[..., None], flat, 0), axis=2)
    usable = finite & (length > 0)
    unit = np.where(usable[..., None], flat, 0) / np.where(usable, length, 1)[..., None]
    cosine = unit @ unit.transpose(0, 2, 1)
    cosine[~(usable[:, :, None] & usable[:, None])] = np.inf
    each = np.arange(flat.shape[1])
    cosine[:, each, each] = np.inf
    least = cosine.min(2).ravel()
    partner = (cosine.argmin(2) + np.arange(groups)[:, None] * len(each)).ravel()
    found = np.isfinite(least)
    status = np.select([found, ~finite.ravel(), ~usable.ravel()], [OK, NOT_FINITE, ZERO], ALONE)
    return Opposites(np.where(found, least, np.nan), np.where(found, partner, -1), status)
