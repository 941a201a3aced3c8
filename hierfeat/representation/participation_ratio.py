"""How many dimensions a layer's representation takes up."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from torch import Tensor

from hierfeat._result import Result, drawn
from hierfeat.representation._grams import grams, own_hsic, shuffled_batches, u_centred
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_table import Layers
from hierfeat.subjects.provenance import provenance


@dataclass(frozen=True, eq=False)
class ParticipationRatio(Result):
    """The dimensions that the images span in each layer.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per layer, in call order: ``layer, kind, units, participation_ratio, status``; `units` is the largest
        value there could be. The ratio is NaN and the status ``constant`` where a layer answers alike to all images.
    """

    plot = drawn("representation.plot_participation_ratio")


@checked()
def participation_ratio(
    h: Hierarchy, images: Tensor, *, layers: Layers = ("conv", "pool"), batch_size: int = 256, seed: int = 0
) -> ParticipationRatio:
    """The participation ratio of each layer: an effective number of dimensions.

    Parameters
    ----------
    h : Hierarchy
    images : torch.Tensor
        (N, C, H, W), in [0, 1], N ≥ 4.
    layers : str or sequence of str
        Names, glob patterns or kinds.
    batch_size : int
        Images compared with each other at a time.
    seed : int
        Of the random order of the images.

    Returns
    -------
    ParticipationRatio

    Raises
    ------
    HierfeatError
        If images or layers do not fit, or there are fewer than four images.

    Notes
    -----
    (Σλ)²/Σλ² over the eigenvalues λ of the covariance of a layer's units over images: 1 if all variance lies along one
    direction, d if it is spread evenly over d. Σλ² is estimated without bias, from the U-centred Gram matrices of
    batches, so that the number of images is no ceiling; the plain estimate cannot exceed it. Gao et al. (2017).

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
    for batch in shuffled_batches(images, batch_size, seed):
        share = len(batch) / len(images)
        gram, _ = grams(h, batch, [layer.name for layer in chosen])
        trace += share * gram.diagonal(dim1=1, dim2=2).sum(1).numpy() / (len(batch) - 1)
        squares += share * own_hsic(u_centred(gram)).numpy()
    varies = squares > 0
    table = pd.DataFrame(
        {
            "layer": [layer.name for layer in chosen],
            "kind": [layer.kind for layer in chosen],
            "units": [int(np.prod(layer.out_shape)) for layer in chosen],
            "participation_ratio": np.where(varies, trace**2 / np.where(varies, squares, 1.0), np.nan),
            "status": np.where(varies, "ok", "constant"),
        }
    )
    about = provenance(h, layers=layers, images=len(images), batch_size=batch_size, seed=seed)
    return ParticipationRatio(table=table, provenance=about)
