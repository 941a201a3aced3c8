"""Invariance to shifts, rotation, magnification, contrast and noise, on one axis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from torch import Tensor

from hierfeat._result import Result, drawn
from hierfeat._values import levels, words
from hierfeat.errors import HierfeatError
from hierfeat.physiology.invariance._similarities import Similarities, similarities, subsample
from hierfeat.stimuli.warps.transformations import TRANSFORMATIONS, Transformation
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_table import STAGES, Layers
from hierfeat.subjects.own_data import Images, default_batch
from hierfeat.subjects.provenance import provenance


@dataclass(frozen=True, eq=False)
class TransformationInvariance(Result):
    """How much each layer's response changes under each transformation, beside how much the pixels change.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per layer, transformation and amount: ``layer, kind, transformation, amount, unit, similarity, invariance,
        pixels, gain``. `pixels` is the invariance of the images themselves, and `gain` is invariance − pixels.
    """

    plot = drawn("invariance.plot_transformation_invariance")


@checked()
def transformation_invariance(
    h: Hierarchy,
    images: Images,
    *,
    transformations: Mapping[str, Sequence[float]] | Sequence[str] = tuple(TRANSFORMATIONS),
    layers: Layers = STAGES,
    max_images: int | None = 64,
    seed: int = 0,
    batch_size: int | None = None,
    progress: bool = True,
) -> TransformationInvariance:
    """Change the images in several ways, and see which changes each layer does not mind.

    Parameters
    ----------
    h
        The network under study.
    images
        (N, C, H, W) in [0, 1], two at least.
    transformations
        ``shift`` (pixels), ``rotation`` (degrees), ``magnification`` and ``contrast`` (times), ``noise`` (standard
        deviation); as a mapping, with the amounts of each.
    layers
        Names, glob patterns or kinds.
    max_images
        So many images are drawn if there are more, with `seed`.
    seed
        Seed of what is drawn at random.
    batch_size
        Images in one forward pass; by default as many as suit their size. It changes no number.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    TransformationInvariance
        A row per layer, transformation and amount.

    Raises
    ------
    HierfeatError
        If a transformation is unknown, or images or layers do not fit.

    Notes
    -----
    Invariance is as in :func:`hierfeat.translation_invariance`: 0 where a changed image is no more like itself than
    like another, 1 where nothing changed. Ten degrees and two pixels cannot be compared as such; but each does
    something to the pixels, and the same number says how much. So the common axis is the invariance of the images
    themselves: a layer above the diagonal tolerates this transformation better than the pixels do.

    Memory: the responses of the chosen layers to one batch, twice, and some numbers for each image.

    Examples
    --------
    >>> import hierfeat as hf
    >>> images, _ = hf.digits(split="test")
    >>> h = hf.load("lenet5-digits")
    >>> found = transformation_invariance(h, images, transformations="rotation", layers="pool", max_images=16)
    >>> found.table.amount.unique().tolist()
    [5.0, 10.0, 20.0, 30.0, 45.0]
    """
    amounts = _amounts(transformations)
    images = subsample(images, max_images, seed)
    conditions = [(name, float(amount)) for name, several in amounts.items() for amount in several]
    changes = [partial(_changed, TRANSFORMATIONS[name][0], amount) for name, amount in conditions]
    found = similarities(h, images, changes, layers=layers, batch_size=batch_size)
    pixels = Similarities(len(conditions))
    size = batch_size or default_batch(h.input_shape)
    for start in range(0, len(images), size):
        pixels.show("", images[start : start + size])
        for condition, change in enumerate(changes):
            pixels.compare("", condition, change(images[start : start + size], start))
    first = pd.DataFrame(conditions, columns=["transformation", "amount"])
    first["unit"] = [TRANSFORMATIONS[name][1] for name, _ in conditions]
    table = found.table(h, first)
    table["pixels"] = np.tile(pixels.invariance(""), len(found.keys))
    return TransformationInvariance(
        table=table.assign(gain=table["invariance"] - table["pixels"]),
        provenance=provenance(h, transformations=amounts, layers=layers, images=len(images), seed=seed),
    )


def _changed(transformation: Transformation, amount: float, images: Tensor, first: int) -> Tensor:
    return transformation(images, amount, first)


_LEVELS = levels(-1e4, 1e4, counted=False)


def _amounts(transformations: Mapping[str, Sequence[float]] | Sequence[str]) -> dict[str, list[float]]:
    if isinstance(transformations, str):
        transformations = [transformations]
    given = list(transformations) if isinstance(transformations, Mapping) else transformations
    names = list(words(given, "transformations", {}))
    unknown = [name for name in names if name not in TRANSFORMATIONS]
    if unknown or not names:
        raise HierfeatError(f"expected transformations among {', '.join(TRANSFORMATIONS)}; got {unknown or names}")
    if isinstance(transformations, Mapping):
        return {name: np.atleast_1d(_LEVELS(transformations[name], name, {})).tolist() for name in names}
    return {name: list(TRANSFORMATIONS[name][2]) for name in names}
