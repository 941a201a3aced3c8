"""How many dimensions a layer's representation takes up."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hierfeat._progress import with_bar
from hierfeat._result import Result, drawn
from hierfeat.representation._grams import grams, own_hsic, shuffled_groups, u_centred
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_table import UNITS, Layers
from hierfeat.subjects.own_data import Images, default_batch
from hierfeat.subjects.provenance import provenance


@dataclass(frozen=True, eq=False)
class ParticipationRatio(Result):
    """The dimensions that the images span in each layer.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per layer, in call order: ``layer, kind, units, participation_ratio, status``; `units` is the largest
        value there could be. ``status`` is ``ok``; ``at most`` where the estimate went beyond that and was cut off;
        ``constant`` (and the ratio NaN) where a layer responds alike to all images; ``too few images`` (NaN as well)
        where the estimate of Σλ² is not above zero.
    """

    plot = drawn("representation.plot_participation_ratio")


@checked()
def participation_ratio(
    h: Hierarchy,
    images: Images,
    *,
    layers: Layers = UNITS,
    group: int = 256,
    max_images: int | None = None,
    seed: int = 0,
    batch_size: int | None = None,
    progress: bool = True,
) -> ParticipationRatio:
    """The participation ratio of each layer: an effective number of dimensions.

    Parameters
    ----------
    h
        The network under study.
    images
        (N, C, H, W), in [0, 1], N ≥ 4.
    layers
        Names, glob patterns or kinds.
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
    ParticipationRatio
        A row per layer, in call order.

    Raises
    ------
    HierfeatError
        If images or layers do not fit, or there are fewer than four images.

    Notes
    -----
    (Σλ)²/Σλ² over the eigenvalues λ of the covariance of a layer's units over images: 1 if all variance lies along one
    direction, d if it is spread evenly over d. Σλ² is estimated without bias, from the U-centred Gram matrices of
    groups of images, so that the number of images is not a ceiling; the plain estimate of Gao et al. (2017), from the
    sample's own covariance, cannot exceed it. The unbiased one can pass the number of units, and is cut off there.

    Memory: the responses of the chosen layers to one group of images, and `group` ** 2 numbers for each layer.

    References
    ----------
    Gao, P. et al. (2017). A theory of multineuronal dimensionality, dynamics and measurement. bioRxiv 214262.

    Examples
    --------
    >>> import hierfeat as hf
    >>> spread = hf.participation_ratio(hf.load("lenet5-digits"), hf.digits(split="test")[0])
    >>> spread.table["participation_ratio"].gt(1).all()
    np.True_
    """
    chosen = h.layers.select(layers)
    trace, squares = np.zeros(len(chosen)), np.zeros(len(chosen))
    size = batch_size or default_batch(h.input_shape)
    for batch in with_bar(shuffled_groups(images, group, seed), "groups of images", total=max(1, len(images) // group)):
        share = len(batch) / len(images)
        gram, _ = grams(h, batch, [layer.name for layer in chosen], size)
        trace += share * gram.diagonal(dim1=1, dim2=2).sum(1).numpy() / (len(batch) - 1)
        squares += share * own_hsic(u_centred(gram)).numpy()
    units = np.array([int(np.prod(layer.out_shape)) for layer in chosen])
    known = squares > 0
    ratio = np.where(known, trace**2 / np.where(known, squares, 1.0), np.nan)
    status = np.select([trace <= 0, ~known, ratio > units], ["constant", "too few images", "at most"], "ok")
    table = pd.DataFrame(
        {
            "layer": [layer.name for layer in chosen],
            "kind": [layer.kind for layer in chosen],
            "units": units,
            "participation_ratio": np.fmin(ratio, np.where(known, units, np.nan)),
            "status": status,
        }
    )
    about = provenance(h, layers=layers, images=len(images), max_images=max_images, group=group, seed=seed)
    return ParticipationRatio(table=table, provenance=about)
