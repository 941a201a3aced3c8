"""How alike the representations of layers are: CKA and RSA, within one network or between two."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from scipy.stats import rankdata
from torch import Tensor

from hierfeat._progress import with_bar
from hierfeat._result import Result, drawn
from hierfeat.representation._grams import grams, hsic, own_hsic, shuffled_groups, u_centred
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.checks import checked_images
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_table import UNITS, Layers
from hierfeat.subjects.own_data import Images, default_batch
from hierfeat.subjects.provenance import provenance

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Similarity(Result):
    """Similarity of the representations of layers.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per pair of layers: ``layer, other, cka, rsa, status``; status is ``ok``, ``constant`` (and the numbers
        NaN) where one of the two responds alike to all images, or ``flat`` (and RSA NaN) where all units of one of the
        two respond alike to an image, so that it has no pattern: layers of a single unit, or silent ones.
    cka, rsa : numpy.ndarray
        (layers, other layers).
    names : list of str
        The two networks.
    """

    cka: Matrix
    rsa: Matrix
    names: list[str]

    plot = drawn("representation.plot_similarity")


@checked()
def similarity(
    h: Hierarchy,
    images: Images,
    other: Hierarchy | None = None,
    *,
    layers: Layers = UNITS,
    other_layers: Layers | None = None,
    group: int = 128,
    max_images: int | None = None,
    seed: int = 0,
    batch_size: int | None = None,
    progress: bool = True,
) -> Similarity:
    """Compare what all layers of a network, or of two, make of the same images.

    Parameters
    ----------
    h
        The network under study.
    images
        (N, C, H, W), in [0, 1], N ≥ 4; both networks must take them.
    other
        A second network, ``hf.untrained(h, seed=0)`` for one; by default `h` itself.
    layers, other_layers
        Names, glob patterns or kinds; `other_layers` are `layers` by default.
    group
        Images compared with each other at a time, at least 4.
    max_images
        So many images are drawn if there are more, with `seed`; None takes all.
    seed
        Of the random order of the images.
    batch_size
        Images in one forward pass; by default as many as suit their size. It changes no number.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    Similarity
        A row per pair of layers.

    Raises
    ------
    HierfeatError
        If images or layers do not fit either network, or there are fewer than four images.

    Notes
    -----
    Linear CKA = HSIC(K, L)/√(HSIC(K, K)·HSIC(L, L)) for the Gram matrices K = XXᵀ and L = YYᵀ of the images
    (Kornblith et al. 2019), each HSIC the mean over groups of the unbiased estimate of Song et al. (2012), as Nguyen
    et al. (2021) do: the expectation does not depend on the size of a group, and no more than one group is
    held. It may fall a little below 0 where nothing is shared. RSA is Spearman's correlation of the distances
    1 − r between all pairs of images of a group, r the correlation of their patterns (Kriegeskorte et al. 2008),
    averaged over groups. Neither changes when a representation is scaled; CKA, when it is rotated.

    Memory: the responses of the chosen layers to one group of images, and `group` ** 2 numbers for each layer.
    Layers are compared pair by pair: time and memory grow with the square of their number, by a small product and a row
    for each pair.

    References
    ----------
    Kornblith, S., Norouzi, M., Lee, H. and Hinton, G. (2019). Similarity of neural network representations
    revisited. ICML, 3519-3529.
    Kriegeskorte, N., Mur, M. and Bandettini, P. (2008). Representational similarity analysis. Frontiers in Systems
    Neuroscience 2, 4.
    Nguyen, T., Raghu, M. and Kornblith, S. (2021). Do wide and deep networks learn the same things? ICLR.
    Song, L. et al. (2012). Feature selection via dependence maximization. JMLR 13, 1393-1434.

    Examples
    --------
    >>> import hierfeat as hf
    >>> h = hf.load("lenet5-digits")
    >>> alike = hf.similarity(h, hf.digits(split="test")[0])
    >>> alike.cka.shape, bool(abs(alike.cka[0, 0] - 1) < 1e-9)
    ((4, 4), True)
    """
    peer = h if other is None else other
    images = checked_images(peer, images)
    rows = [layer.name for layer in h.layers.select(layers)]
    columns = [layer.name for layer in peer.layers.select(layers if other_layers is None else other_layers)]
    same = other is None and rows == columns
    rsa, cross, own, others = (np.zeros(size) for size in (*[(len(rows), len(columns))] * 2, len(rows), len(columns)))
    size = batch_size or default_batch(h.input_shape)
    for batch in with_bar(shuffled_groups(images, group, seed), "groups of images", total=max(1, len(images) // group)):
        left = grams(h, batch, rows, size)
        a, ranks = u_centred(left[0]), _ranks(left[1])
        b, other_ranks = a, ranks
        if not same:
            right = grams(peer, batch, columns, size)
            b, other_ranks = u_centred(right[0]), _ranks(right[1])
        share = len(batch) / len(images)
        for total, new in zip((cross, own, others), (hsic(a, b), own_hsic(a), own_hsic(b)), strict=True):
            total += share * new.numpy()
        rsa += share * (ranks @ other_ranks.T)
    cka = _ratio(cross, own, others)
    rsa[np.isnan(cka)] = np.nan
    table = pd.DataFrame(
        {"layer": np.repeat(rows, len(columns)), "other": columns * len(rows), "cka": cka.ravel(), "rsa": rsa.ravel()}
    )
    table["status"] = np.select([np.isnan(cka).ravel(), np.isnan(rsa).ravel()], ["constant", "flat"], "ok")
    shown = {"images": len(images), "max_images": max_images, "group": group, "seed": seed}
    about = provenance(h, layers=rows, other=peer.name, other_layers=columns, **shown)
    about["parameters"]["other_weights"] = about["weights_sha256"] if other is None else peer.weights_sha256
    return Similarity(table=table, provenance=about, cka=cka, rsa=rsa, names=[h.name, peer.name])


def _ratio(cross: Matrix, own: Matrix, others: Matrix) -> Matrix:
    """CKA from sums of HSIC; NaN where a layer does not vary."""
    varies = (own[:, None] > 0) & (others > 0)
    scale = np.sqrt(np.where(varies, own[:, None] * others, 1.0))
    return np.where(varies, cross / scale, np.nan)


def _ranks(correlations: Tensor) -> Matrix:
    """Ranks of the distances 1 − r above the diagonal, (layers, pairs), centred and of unit length; NaN if constant."""
    count = correlations.shape[-1]
    above = torch.triu_indices(count, count, offset=1)
    distances = (1 - correlations[:, above[0], above[1]]).numpy()
    ranks = rankdata(distances, axis=1, nan_policy="propagate")
    ranks -= ranks.mean(1, keepdims=True)
    length = np.linalg.norm(ranks, axis=1, keepdims=True)
    return np.where(length > 0, ranks / np.where(length > 0, length, 1), np.nan)
