"""How far an image may be shifted, turned, resized, deformed or soiled before a network misreads it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor

from hierfeat._progress import with_bar
from hierfeat._result import Result, drawn
from hierfeat._values import words
from hierfeat.errors import HierfeatError
from hierfeat.stimuli.warps.deform import Jitter, flipped, inked, jittered, warp
from hierfeat.subjects.arguments import checked, needed
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.own_data import Images, Labels, default_batch
from hierfeat.subjects.provenance import provenance
from hierfeat.subjects.scores import check_truth

AMOUNTS: dict[str, tuple[float, ...]] = {
    "shift": (0, 1, 2, 3, 4, 5, 6),
    "scale": (0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4),
    "rotation": (0, 5, 10, 15, 20, 30, 40),
    "noise": (0, 0.02, 0.05, 0.1, 0.15, 0.2),
    "elastic": (0, 0.5, 1, 1.5, 2, 3),
}
UNITS = {
    "shift": "pixels",
    "scale": "times",
    "rotation": "degrees",
    "noise": "share of pixels",
    "elastic": "pixels rms",
}
_COMPASS = [(-1, 0), (1, 0), (0, -1), (0, 1)]
_FINE = 4


@dataclass(frozen=True, eq=False)
class DistortionTolerance(Result):
    """Accuracy against the amount of each distortion.

    Attributes
    ----------
    table : pandas.DataFrame
        ``model, distortion, amount, unit, accuracy, n``; `n` images were judged.
    """

    plot = drawn("invariance.plot_distortion_tolerance")


@checked(distortions=words)
def distortion_tolerance(
    h: Hierarchy,
    images: Images,
    labels: Labels | None = None,
    *,
    distortions: Sequence[str] = tuple(AMOUNTS),
    black_and_white: bool = False,
    draws: int = 2,
    max_images: int | None = None,
    seed: int = 0,
    batch_size: int | None = None,
    progress: bool = True,
) -> DistortionTolerance:
    """Measure the share of distorted images that a network still reads right.

    Parameters
    ----------
    h
        A classifier whose k-th output is the score of class k.
    images
        (N, C, H, W) in [0, 1], on a black ground.
    labels
        Class numbers, (N,).
    distortions
        Of ``shift`` (each image up, down, left and right), ``scale``, ``rotation`` (either way), ``noise`` (pixels
        replaced by 1 - value) and ``elastic`` (a smooth random displacement, Simard et al. 2003, σ 4 pixels).
    black_and_white
        Draw the distorted image in black and white again, on a grid four times as fine, for line drawings.
    draws
        Random draws of noise and elastic deformation for each image.
    max_images
        So many images are drawn if there are more, with `seed`; None takes all.
    seed
        Of these draws: the same distorted images are shown to every network.
    batch_size
        Images in one forward pass; by default as many as suit their size. It changes no number.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    DistortionTolerance
        A row per amount, with the accuracy.

    Raises
    ------
    HierfeatError
        If images and labels do not fit, or a distortion is unknown.

    Notes
    -----
    An image whose scores are all zero (a silent Neocognitron) counts as misread.

    Memory: one batch of changed images, and the scores of all.

    References
    ----------
    Simard, P., Steinkraus, D. & Platt, J. (2003). Best practices for convolutional neural networks applied to visual
    document analysis. ICDAR.

    Examples
    --------
    >>> import hierfeat as hf
    >>> images, labels = hf.digits(split="test")
    >>> found = hf.distortion_tolerance(hf.load("lenet5-digits"), images[:20], labels[:20], distortions=["shift"])
    >>> set(found.table.distortion)
    {'shift'}
    """
    labels = needed(labels)
    unknown = [name for name in distortions if name not in AMOUNTS]
    if unknown:
        raise HierfeatError(f"expected distortions out of {list(AMOUNTS)}; got {unknown}")
    rows: list[dict[str, Any]] = []
    size = batch_size or default_batch(h.input_shape)
    amounts = [(name, amount) for name in distortions for amount in AMOUNTS[name]]
    for name, amount in with_bar(amounts, "amounts of distortion"):
        generator = torch.Generator().manual_seed(seed)
        variants = _variants(images, name, amount, black_and_white, draws, generator)
        right = [_right(h, shown, labels, size) for shown in variants]
        share, n = sum(right) / (len(right) * len(images)), len(right) * len(images)
        about = {"model": h.name, "distortion": name, "amount": amount, "unit": UNITS[name]}
        rows.append(about | {"accuracy": share, "n": n})
    parameters = {
        "distortions": distortions,
        "black_and_white": black_and_white,
        "draws": draws,
        "max_images": max_images,
        "seed": seed,
    }
    return DistortionTolerance(table=pd.DataFrame(rows), provenance=provenance(h, images=len(images), **parameters))


def _variants(
    images: Tensor, name: str, amount: float, ink: bool, draws: int, generator: torch.Generator
) -> Iterator[Tensor]:
    """The distorted versions of all images that are judged for one amount."""
    if name == "noise":
        yield from (flipped(images, amount, generator=generator) for _ in range(draws if amount else 1))
        return
    factor = _FINE if ink else 1
    fine = F.interpolate(images, scale_factor=factor, mode="nearest") if ink else images
    for shown in _deformed(fine, name, amount, factor, draws, generator):
        yield inked(F.avg_pool2d(shown, factor)) if ink else shown


def _deformed(
    images: Tensor, name: str, amount: float, factor: int, draws: int, generator: torch.Generator
) -> Iterator[Tensor]:
    if name == "shift":
        steps = _COMPASS if amount else _COMPASS[:1]
        yield from (warp(images, shift=(amount * factor * row, amount * factor * column)) for row, column in steps)
    elif name == "rotation":
        yield from (warp(images, rotation=sign * amount) for sign in ((-1, 1) if amount else (1,)))
    elif name == "scale":
        yield warp(images, scale=amount)
    else:
        jitter = Jitter(elastic=amount * factor, smoothness=4.0 * factor)
        yield from (jittered(images, jitter, generator=generator) for _ in range(draws if amount else 1))


def _right(h: Hierarchy, images: Tensor, labels: Tensor, batch_size: int) -> int:
    right = 0
    if h.mean is not None or h.std is not None:  # resampling may overshoot; without them the range is the network's own
        images = images.clamp(0, 1)
    with torch.no_grad(), h.watching():
        for start in range(0, len(images), batch_size):
            scores = h.class_scores(images[start : start + batch_size]).cpu()
            own = labels[start : start + batch_size]
            check_truth(own, scores.shape[1])
            right += int(((scores.argmax(1) == own) & scores.any(1)).sum())
    return right
