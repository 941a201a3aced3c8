"""How much of a unit's response to an image is left when the image moves."""

from collections.abc import Callable
from itertools import product

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from hierfeat.physiology.features._objectives import Objective, central_unit, maps, one_unit
from hierfeat.physiology.features._reading import Read
from hierfeat.stimuli.warps.views import Views, centre, view
from hierfeat.subjects.precision import double

Columns = dict[str, npt.NDArray[np.float64]]
Size = tuple[int, int]

_VIEWS = 16
_BATCH = 64


def shifted(canvases: Tensor, size: Size, pixels: int) -> list[Tensor]:
    """Crops of `size` around the centre of the canvases, moved by `pixels` in each of eight directions."""
    steps = [step for step in product((-pixels, 0, pixels), repeat=2) if step != (0, 0)]
    return [view(canvases, size, shift=(float(row), float(col))) for row, col in steps]


def transformed(canvases: Tensor, size: Size, *, jitter: float, scale: float, rotation: float) -> list[Tensor]:
    """Sixteen random views of the canvases, the same at every call; bicubic, as blur is none of what is asked."""
    generator = torch.Generator().manual_seed(0)
    views = Views(size, jitter=jitter, scale=scale, rotation=rotation, generator=generator)
    return [views(canvases, mode="bicubic") for _ in range(_VIEWS)]


def kept(score: Callable[[Tensor], Tensor], images: Tensor, variants: list[Tensor]) -> npt.NDArray[np.float64]:
    """The mean score of the variants as a share of the images' own, (N,); NaN where that is zero.

    Parameters
    ----------
    score
        From images (N, C, H, W) to (N,).
    images
        (N, C, H, W).
    variants
        Each (N, C, H, W).
    """
    own = score(images)
    mean = torch.stack([score(variant) for variant in variants]).mean(0)
    return double(torch.where(own == 0, torch.nan, mean / own)).cpu().numpy()


def robustness(
    read: Read,
    objective: Objective,
    canvases: Tensor,
    channels: Tensor,
    *,
    size: Size,
    jitter: float,
    scale: float,
    rotation: float,
    pixels: int | None = None,
) -> Columns:
    """The columns ``activation``, ``shift_kept`` and ``transform_kept`` of the images in the middle of some canvases.

    Parameters
    ----------
    read
        From images to a layer's response.
    objective
        From that response and `channels` to (N,).
    canvases
        (N, C, H, W), in [0, 1].
    channels
        (N,), each image's own.
    size
        (height, width) of the images.
    jitter, scale, rotation
        In pixels, as a share, and in degrees: the extent of the random views.
    pixels
        By how much the images are shifted; by default a sixteenth of them, at least one.

    Notes
    -----
    Shifts and views are true crops as far as the canvas reaches. Beyond it it goes on as its reflection, which few
    textures survive: a stripe turns at the seam. An image without a canvas, which fills its plane to the border,
    therefore seems less robust than it is.
    """
    images = centre(canvases, size)

    def score(batch: Tensor) -> Tensor:
        parts = zip(batch.split(_BATCH), channels.split(_BATCH), strict=True)
        return torch.cat([objective(read(part), where).float().cpu() for part, where in parts])

    return {
        "activation": double(score(images)).cpu().numpy(),
        "shift_kept": kept(score, images, shifted(canvases, size, pixels or max(1, round(min(size) / 16)))),
        "transform_kept": kept(
            score, images, transformed(canvases, size, jitter=jitter, scale=scale, rotation=rotation)
        ),
    }


def best_natural(
    read: Read,
    objective: Objective,
    images: Tensor | None,
    channels: Tensor,
    *,
    sign: float,
    pixels: int | None = None,
    **views: float,
) -> Columns:
    """The same of the natural image with the largest (or least) objective for each channel, as columns ``natural_...``.

    Notes
    -----
    For the central unit any place of the map will do: it is the same unit seen elsewhere. What is kept is then that of
    the unit at this place, under shifts alone: views turn about the middle of the image. All are NaN, and the image -1,
    where there are no natural images.
    """
    count = len(channels)
    if images is None:
        columns = dict.fromkeys(("natural", "natural_shift_kept", "natural_transform_kept"), np.full(count, np.nan))
        return columns | {"natural_image": np.full(count, -1)}
    anywhere = objective is central_unit
    best = torch.full((count,), -torch.inf)
    which, units = torch.zeros(count, dtype=torch.int64), channels.clone()
    for start in range(0, len(images), _BATCH):
        activation = read(images[start : start + _BATCH])
        for at, channel in enumerate(channels):
            same = channel.expand(len(activation))
            values = maps(activation, same).flatten(1) if anywhere else objective(activation, same)[:, None]
            top, index = (sign * values.float().cpu()).flatten().max(0)
            if top > best[at]:
                best[at], which[at] = top, start + index // values.shape[1]
                units[at] = channel * values.shape[1] + index % values.shape[1] if anywhere else channel
    size = (images.shape[2], images.shape[3])
    found = robustness(
        read, one_unit if anywhere else objective, images[which], units, size=size, pixels=pixels, **views
    )
    if anywhere:
        found["transform_kept"] = np.full(count, np.nan)
    return {
        "natural": found["activation"],
        "natural_image": which.numpy(),
        **{f"natural_{name}": found[name] for name in ("shift_kept", "transform_kept")},
    }
