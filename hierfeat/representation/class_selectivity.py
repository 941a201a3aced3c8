"""How much each channel prefers one class, and how much of that is chance."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from hierfeat._progress import with_bar
from hierfeat._result import Result, drawn
from hierfeat._values import whole
from hierfeat.physiology.features._patch_measure import one_value
from hierfeat.recording.sweep import swept
from hierfeat.representation._pooled_features import PooledFeatures, check_classes
from hierfeat.subjects.arguments import checked, needed
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_table import UNITS, Layers
from hierfeat.subjects.own_data import Images, Labels
from hierfeat.subjects.provenance import provenance


@dataclass(frozen=True, eq=False)
class ClassSelectivity(Result):
    """How much each channel prefers one class.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per channel: ``layer, channel, selectivity, preferred_class, null_mean, null_95, p_value, status``.
        The null is that of permuted labels; `p_value` is the share of permutations with at least this
        selectivity, the data themselves counted as one. Status is ``ok``, ``dead`` (never above zero; numbers
        are NaN) or ``constant``.
    """

    plot = drawn("representation.plot_class_selectivity")


class Rates(PooledFeatures):
    """The mean firing rate of each channel: negative values count as zero."""

    def update(self, layer: str, activation: Tensor) -> None:
        super().update(layer, activation.clamp(min=0))


@checked(permutations=whole())
def class_selectivity(
    h: Hierarchy,
    images: Images,
    labels: Labels | None = None,
    *,
    layers: Layers = UNITS,
    permutations: int = 100,
    max_images: int | None = None,
    seed: int = 0,
    progress: bool = True,
) -> ClassSelectivity:
    """The class selectivity of each channel, beside that with permuted labels.

    Parameters
    ----------
    h
        The network under study.
    images, labels
        (N, C, H, W), in [0, 1], and (N,) integers.
    layers
        Names, glob patterns or kinds.
    permutations
        Permutations of the labels.
    max_images
        So many images are drawn if there are more, with `seed`; None takes all.
    seed
        Of the permutations.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    ClassSelectivity
        A row per channel.

    Raises
    ------
    HierfeatError
        If images, labels or layers do not fit.

    Notes
    -----
    (μ_max − μ_rest)/(μ_max + μ_rest) with μ_max the largest mean rate over classes, and μ_rest the mean of the other
    classes' means (Morcos et al. 2018); a rate is the mean over places of the rectified response. 0: all
    classes alike; 1: one class only. With few images of a class chance alone gives values well above 0.

    Memory: one batch, and one number for each image and channel.

    References
    ----------
    Morcos, A. S., Barrett, D. G. T., Rabinowitz, N. C. and Botvinick, M. (2018). On the importance of single
    directions for generalization. ICLR.

    Examples
    --------
    >>> import hierfeat as hf
    >>> selective = hf.class_selectivity(hf.load("lenet5-digits"), *hf.digits(split="test"))
    >>> selective.table["selectivity"].between(0, 1).all()
    np.True_
    """
    labels = needed(labels)
    check_classes(labels)
    [rates] = swept(h, images, [Rates()], layers=layers)
    table = selectivity_table(rates, labels, permutations, seed)
    about = provenance(
        h, layers=layers, permutations=permutations, seed=seed, images=len(images), max_images=max_images
    )
    return ClassSelectivity(table=table, provenance=about)


def selectivity_table(rates: dict[str, Tensor], labels: Tensor, permutations: int, seed: int) -> pd.DataFrame:
    """The table of :class:`ClassSelectivity`, of what :class:`Rates` found in images (N) with labels (N,)."""
    generator = torch.Generator().manual_seed(seed)
    shuffled = [labels[torch.randperm(len(labels), generator=generator)] for _ in range(permutations)]
    rows = [
        _rows(name, rate.double(), labels, shuffled)
        for name, rate in with_bar(rates.items(), "layers", total=len(rates))
    ]
    return pd.concat(rows, ignore_index=True)


def _rows(name: str, rates: Tensor, labels: Tensor, shuffled: list[Tensor]) -> pd.DataFrame:
    index, preferred = _selectivity(rates, labels)
    null = np.stack([_selectivity(rates, order)[0] for order in shuffled])
    low, high = rates.amin(0).numpy(), rates.amax(0).numpy()
    dead, constant = high <= 0, one_value(low, high)
    columns = {
        "selectivity": index,
        "preferred_class": np.where(dead | constant, -1, preferred),
        "null_mean": null.mean(0),
        "null_95": np.quantile(null, 0.95, axis=0),
        "p_value": (1 + (null >= index).sum(0)) / (1 + len(null)),
    }
    table = pd.DataFrame({"layer": name, "channel": np.arange(rates.shape[1])} | columns)
    table["status"] = np.select([dead, constant], ["dead", "constant"], "ok")
    table.loc[dead, ["selectivity", "null_mean", "null_95", "p_value"]] = np.nan
    return table


def _selectivity(rates: Tensor, labels: Tensor) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """The index of each channel, and its preferred class; rates (N, C)."""
    classes, members = labels.unique(return_inverse=True)
    belongs = one_hot(members, len(classes)).double()
    means = belongs.T @ rates / belongs.sum(0)[:, None]
    largest, which = means.max(0)
    rest = (means.sum(0) - largest) / (len(classes) - 1)
    index = (largest - rest) / (largest + rest).clamp(min=torch.finfo(torch.float64).tiny)
    return index.numpy(), classes[which].numpy()
