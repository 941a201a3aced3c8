"""Parts of a layer's code by non-negative matrix factorisation, beside PCA, SVD and k-means at equal rank."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hierfeat._progress import with_bar
from hierfeat._result import Result, drawn
from hierfeat.errors import HierfeatError
from hierfeat.recording.recorder import record
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_checks import check_images_first
from hierfeat.subjects.own_data import Images
from hierfeat.subjects.precision import double
from hierfeat.subjects.provenance import provenance

Reconstruction = tuple[np.ndarray, np.ndarray, np.ndarray, str]  # parts, weights, mean, status
SHOWN = 6


@dataclass(frozen=True, eq=False)
class AdditiveParts(Result):
    """Parts of one layer, where they are in the images, and how well they add up to its responses.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per method: ``layer, method`` (``nmf, svd, pca, k-means``), ``rank, error, error_positive, part_sparsity,
        weight_sparsity, negative_energy, status``.
    parts : numpy.ndarray
        (rank, channels), non-negative, unit norm; the part that accounts for most energy comes first.
    maps : numpy.ndarray
        (images, rank, rows, columns): how much of each part there is at each position.
    images : numpy.ndarray
        (n, C, H, W), the first few images, for the figure.
    """

    parts: np.ndarray
    maps: np.ndarray
    images: np.ndarray

    plot = drawn("representation.plot_additive_parts")


@checked()
def additive_parts(
    h: Hierarchy,
    images: Images,
    layer: str,
    *,
    rank: int = 4,
    max_images: int | None = 64,
    seed: int = 0,
    progress: bool = True,
) -> AdditiveParts:
    """Take a layer's responses apart into a few parts that only add.

    Parameters
    ----------
    h
        The network under study.
    images
        (N, C, H, W) in [0, 1].
    layer
        One layer's name; behind a rectifier, for the response to be about all of it.
    rank
        Number of parts, fewer than the layer has channels.
    max_images
        So many images are drawn if there are more, with `seed`.
    seed
        Seed of what is drawn at random.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    AdditiveParts
        A row per method, and the parts that NMF finds.

    Raises
    ------
    HierfeatError
        If the layer is unknown or silent, or the rank does not fit.

    Notes
    -----
    The samples are the positions of all images, the variables the channels: X ≈ W H with W, H ≥ 0 (coordinate descent,
    Frobenius norm, scikit-learn). Where responses can be negative, NMF is given their positive part.

    - ``error``: ‖X − X̂‖/‖X‖, signed X; ``error_positive``: the same for the positive part of X, which all methods are
      fitted to for this column. No rank-r approximation has a smaller error than the SVD's; PCA subtracts a mean
      first, which is one vector more. k-means replaces each sample by a centre.
    - ``part_sparsity``, ``weight_sparsity``: Hoyer's measure, (√n − ‖v‖₁/‖v‖₂)/(√n − 1), of each part over the channels
      and of each part's weights over the samples; means over the parts.
    - ``negative_energy``: the share of ‖X‖² that is negative, which purely additive parts cannot reach.
    - ``status``: ``converged``, ``not converged`` or ``exact``.

    Memory: the layer's responses to all images, in double precision. Time grows with n samples times
    c channels, in more iterations for more of them, 500 at most; that of the singular values with n · c · min(n, c).

    References
    ----------
    Hoyer, P. O. (2004). Non-negative matrix factorization with sparseness constraints. JMLR 5, 1457-1469.
    Lee, D. D. and Seung, H. S. (1999). Learning the parts of objects by non-negative matrix factorization. Nature 401,
    788-791.

    Examples
    --------
    >>> import hierfeat as hf
    >>> found = additive_parts(hf.load("lenet5-digits"), hf.digits(split="test")[0], "act2", rank=3, max_images=8)
    >>> found.maps.shape
    (8, 3, 10, 10)
    """
    response = double(record(h, images, layers=h.layers[layer].name)[layer]).cpu()
    check_images_first(h, {layer: response}, len(images))
    samples = response.flatten(2).movedim(1, -1).flatten(0, -2).numpy() if response.ndim > 2 else response.numpy()
    _check(samples, layer, rank)
    positive = np.maximum(samples, 0)
    found = {
        name: (method(samples, rank, seed), method(positive, rank, seed))
        for name, method in with_bar(METHODS.items(), "methods", total=len(METHODS))
    }
    parts, weights = _sorted(*found["nmf"][1][:2])
    *_, columns = (*response.shape[2:], 1, 1)[: max(2, response.ndim - 2)]  # frames lie below one another
    maps = weights.reshape(len(images), -1, columns, rank).transpose(0, 3, 1, 2)
    rows = [_row(name, *pair, samples, positive) for name, pair in found.items()]
    table = pd.DataFrame(rows)
    table.insert(0, "layer", layer)
    return AdditiveParts(
        table=table,
        provenance=provenance(h, layer=layer, rank=rank, images=len(images), max_images=max_images, seed=seed),
        parts=parts,
        maps=maps,
        images=images[:SHOWN].float().cpu().numpy(),
    )


def _check(samples: np.ndarray, layer: str, rank: int) -> None:
    most = min(samples.shape)
    if not 1 <= rank <= most:
        raise HierfeatError(
            f"expected a rank from 1 to {most} for {layer!r} "
            f"({samples.shape[0]} samples of {samples.shape[1]} channels), got {rank}"
        )
    if not (samples > 0).any():
        raise HierfeatError(f"{layer!r} is silent: no response to these images is above zero, so there are no parts")


def _nmf(samples: np.ndarray, rank: int, seed: int) -> Reconstruction:
    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning

    model = NMF(rank, init="nndsvda", max_iter=500, tol=1e-4, random_state=seed)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        weights = model.fit_transform(np.maximum(samples, 0))
    stopped = any(issubclass(warning.category, ConvergenceWarning) for warning in caught)
    return model.components_, weights, np.zeros(samples.shape[1]), "not converged" if stopped else "converged"


def _svd(samples: np.ndarray, rank: int, seed: int) -> Reconstruction:
    left, values, right = np.linalg.svd(samples, full_matrices=False)
    return right[:rank], left[:, :rank] * values[:rank], np.zeros(samples.shape[1]), "exact"


def _pca(samples: np.ndarray, rank: int, seed: int) -> Reconstruction:
    mean = samples.mean(0)
    parts, weights, _, status = _svd(samples - mean, rank, seed)
    return parts, weights, mean, status


def _kmeans(samples: np.ndarray, rank: int, seed: int) -> Reconstruction:
    from sklearn.cluster import KMeans

    rank = min(rank, len(np.unique(samples, axis=0)))
    model = KMeans(rank, n_init=3, random_state=seed).fit(samples)
    return model.cluster_centers_, np.eye(rank)[model.labels_], np.zeros(samples.shape[1]), "converged"


METHODS: dict[str, Any] = {"nmf": _nmf, "svd": _svd, "pca": _pca, "k-means": _kmeans}


def _sorted(parts: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Parts of unit norm, that of the most energy first."""
    norms = np.linalg.norm(parts, axis=1)
    weights = weights * norms
    parts = parts / np.where(norms > 0, norms, 1)[:, None]
    order = np.argsort(-(weights**2).sum(0), kind="stable")
    return parts[order], np.ascontiguousarray(weights[:, order])


def _row(
    name: str, fitted: Reconstruction, fitted_positive: Reconstruction, samples: np.ndarray, positive: np.ndarray
) -> dict[str, object]:
    parts, weights, _, status = fitted_positive
    negative = np.minimum(samples, 0)
    return {
        "method": name,
        "rank": len(parts),
        "error": _error(samples, fitted),
        "error_positive": _error(positive, fitted_positive),
        "part_sparsity": _hoyer(parts),
        "weight_sparsity": _hoyer(weights.T),
        "negative_energy": float((negative**2).sum() / (samples**2).sum()),
        "status": status,
    }


def _error(samples: np.ndarray, fitted: Reconstruction) -> float:
    parts, weights, mean, _ = fitted
    return float(np.linalg.norm(samples - weights @ parts - mean) / np.linalg.norm(samples))


def _hoyer(vectors: np.ndarray) -> float:
    """Mean over the vectors that are not zero; NaN for vectors of one number."""
    n = vectors.shape[1]
    norms = np.linalg.norm(vectors, axis=1)
    if n < 2 or not (norms > 0).any():
        return float("nan")
    ratios = np.abs(vectors[norms > 0]).sum(1) / norms[norms > 0]
    return float(((np.sqrt(n) - ratios) / (np.sqrt(n) - 1)).mean())
