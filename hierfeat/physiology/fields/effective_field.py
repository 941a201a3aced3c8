"""The effective receptive field: how much each pixel of the theoretical field really counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hierfeat._progress import bar
from hierfeat._result import Result, drawn
from hierfeat._values import choice
from hierfeat.anatomy.receptive_fields import known_fields
from hierfeat.physiology._responses import central_box
from hierfeat.physiology.fields._unit_gradients import copies_of, unit_gradients
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer_checks import channels_of
from hierfeat.subjects.own_data import Images, default_batch
from hierfeat.subjects.precision import double
from hierfeat.subjects.provenance import provenance

THRESHOLD = 0.0455
"""Share of the peak above which a pixel counts as effective: two standard deviations of a Gaussian, after Luo et al."""
FLAT = 1e-10
"""Share of its power below which the variance of a map is rounding."""
MASSES = (0.2, 0.3, 0.5, 0.99)


@dataclass(frozen=True, eq=False)
class EffectiveField(Result):
    """Effective fields of a layer's central units; see :func:`effective_field`.

    Attributes
    ----------
    layer : str
    map : numpy.ndarray
        (channels, height, width) over the image: mean |gradient| or mean gradient², summed over the image's channels.
    box : tuple of int
        The theoretical field, (top, left, bottom, right).
    """

    layer: str
    map: np.ndarray
    box: tuple[int, ...]

    plot = drawn("fields.plot_effective_field")


@checked(weight=choice("magnitude", "energy"))
def effective_field(
    h: Hierarchy,
    images: Images,
    layer: str,
    *,
    channels: Sequence[int] | None = None,
    weight: Literal["magnitude", "energy"] = "magnitude",
    max_images: int | None = None,
    seed: int = 0,
    batch_size: int | None = None,
    progress: bool = True,
) -> EffectiveField:
    """Gradient-based effective receptive field of a layer's central units, averaged over images.

    Parameters
    ----------
    h
        The subject.
    images
        (N, C, H, W), in [0, 1].
    layer
        A layer's name.
    channels
        Which channels; None means all.
    weight
        ``magnitude`` averages |gradient|; ``energy`` averages gradient², the variance of Luo et al. for random weights,
        about √2 narrower.
    max_images
        So many images are drawn if there are more, with `seed`; None takes all.
    seed
        Of the images that are drawn.
    batch_size
        Images in one forward pass; by default as many as suit their size. It changes no number.
    progress
        Show a progress bar, on a terminal or in a notebook, from two seconds on; False silences everything within.

    Returns
    -------
    EffectiveField
        ``.table`` has a row per channel: ``layer, channel, sigma_h, sigma_w`` (pixels), ``ratio, gaussian_r2,
        theoretical_h, theoretical_w, side_20, side_30, side_50, side_99``; NaN where no image gave a gradient.

    Raises
    ------
    HierfeatError
        On an unknown layer or channel, or images that do not fit.

    Notes
    -----
    σ is the second moment of the map, ``gaussian_r2`` how well the Gaussian of those moments explains it over the
    theoretical field (0 where the map is flat there).  ``ratio`` is √(pixels above 4.55 % of the peak) over √(area of
    the theoretical field); Luo et al. take 4.55 % of the value at the centre, which behind strides and maximum pools
    may be any.  ``side_p`` is the side of the smallest square about the middle of the theoretical field with p % of the
    map's mass.

    A forward pass of each image serves the backward passes of all channels, one for each image and channel; time is
    theirs, memory that of one batch.

    Memory: one batch of images with its graph of gradients, and one map for each channel.

    References
    ----------
    Luo W, Li Y, Urtasun R, Zemel R (2016). Understanding the effective receptive field in deep convolutional neural
    networks. NeurIPS.  Ding X et al. (2022). Scaling up your kernels to 31x31 (RepLKNet). CVPR: squares of mass.

    Examples
    --------
    >>> import hierfeat as hf
    >>> images, _ = hf.digits(split="test")
    >>> field = hf.effective_field(hf.load("lenet5-digits"), images[:16], "conv2")
    >>> field.map.shape
    (16, 32, 32)
    """
    wanted = list(range(channels_of(h, layer))) if channels is None else list(channels)
    field = _accumulated(h, layer, images, wanted, weight, batch_size or default_batch(h.input_shape))
    box = central_box(h, known_fields(h), layer)
    rows = [_measures(single, box) for single in field]
    table = pd.DataFrame(
        [{"layer": layer, "channel": channel, **row} for channel, row in zip(wanted, rows, strict=True)]
    )
    return EffectiveField(
        table=table,
        provenance=provenance(
            h, layer=layer, images=len(images), max_images=max_images, seed=seed, channels=wanted, weight=weight
        ),
        layer=layer,
        map=field,
        box=box,
    )


def _accumulated(h: Hierarchy, layer: str, images: Tensor, channels: list[int], weight: str, size: int) -> np.ndarray:
    """Mean over the images of each channel's |gradient| or gradient², (channels, height, width)."""
    total = torch.zeros(len(channels), *h.input_shape[1:], dtype=torch.float64)
    parts = [(batch, copies_of(len(batch), len(channels), size)) for batch in images.split(size)]
    with bar(f"{h.name}, {layer}", total=sum(-(-len(channels) // copies) for _, copies in parts)) as shown:

        def take(start: int, gradient: Tensor) -> None:
            strength = gradient.abs() if weight == "magnitude" else gradient.square()
            total[start : start + len(gradient)] += double(strength.sum((1, 2))).cpu()
            shown.update()

        for batch, copies in parts:
            unit_gradients(h, layer, batch, channels, copies, take)
    return np.asarray((total / len(images)).numpy())


def _measures(field: np.ndarray, box: tuple[int, ...]) -> dict[str, Any]:
    """The numbers of one map."""
    top, left, bottom, right = box
    names = ["sigma_h", "sigma_w", "ratio", "gaussian_r2", *(f"side_{round(100 * mass)}" for mass in MASSES)]
    size = {"theoretical_h": bottom - top, "theoretical_w": right - left}
    if field.sum() <= 0:
        return dict.fromkeys(names, np.nan) | size
    sigma_h, sigma_w, gaussian = _moments(field)
    effective = np.sqrt((field > THRESHOLD * field.max()).sum() / max((bottom - top) * (right - left), 1))
    sides = _sides(field, ((top + bottom) / 2, (left + right) / 2))
    return (
        dict(
            zip(
                names,
                [
                    sigma_h,
                    sigma_w,
                    effective,
                    _explained(field[top:bottom, left:right], gaussian[top:bottom, left:right]),
                    *sides,
                ],
                strict=True,
            )
        )
        | size
    )


def _moments(field: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Standard deviations along rows and columns, and the Gaussian that has them."""
    spreads, shapes = [], []
    for axis in (0, 1):
        profile = field.sum(1 - axis) / field.sum()
        place = np.arange(len(profile))
        mean = (profile * place).sum()
        spread = np.sqrt((profile * (place - mean) ** 2).sum())
        spreads.append(float(spread))
        shapes.append(np.exp(-((place - mean) ** 2) / (2 * max(spread, 1e-6) ** 2)))
    return spreads[0], spreads[1], np.outer(*shapes)


def _explained(field: np.ndarray, gaussian: np.ndarray) -> float:
    """R² of the Gaussian at its best height; 0 of a flat field, in which there is nothing to explain."""
    height = (field * gaussian).sum() / (gaussian**2).sum()
    variance = ((field - field.mean()) ** 2).sum()
    if variance <= FLAT * (field**2).sum():
        return 0.0
    return float(1 - ((field - height * gaussian) ** 2).sum() / variance)


def _sides(field: np.ndarray, middle: tuple[float, float]) -> list[float]:
    """Sides of the smallest centred squares that hold the masses."""
    rows = np.abs(np.arange(field.shape[0]) + 0.5 - middle[0])[:, None]
    cols = np.abs(np.arange(field.shape[1]) + 0.5 - middle[1])[None, :]
    reach = (np.maximum(rows, cols) + 0.5).ravel()
    order = np.argsort(reach, kind="stable")
    mass = np.cumsum(field.ravel()[order]) / field.sum()
    return [float(2 * reach[order][np.searchsorted(mass, share - 1e-9)]) for share in MASSES]
