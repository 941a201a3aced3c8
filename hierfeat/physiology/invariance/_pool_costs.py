"""What a pool gives up: energy, and the place of things."""

import torch
from torch import Tensor

from hierfeat.physiology.invariance._pools import Windows
from hierfeat.subjects.precision import double

RIDGE = 1.0  # of the mean squared norm of a response: maps have more features than there are images
FEATURES = 2048


def spread_energy(x: Tensor, pooled: Tensor, windows: Windows | None) -> Tensor:
    """The share of the energy of each map `x` that `pooled`, repeated over the grid of `x`, accounts for: cos²."""
    if windows is None:
        return torch.full((len(x),), torch.nan, dtype=torch.float64)
    pooled = pooled.reshape(*x.shape[:2], *pooled.shape[2:], *(1,) * (4 - pooled.ndim))
    if pooled.shape != x.shape:
        for axis in (0, 1):
            pooled = pooled.index_select(axis - 2, _nearest(x.shape[axis - 2], windows, axis).to(x.device))
    a, b = double(x.flatten(1)), double(pooled.flatten(1))
    shares = (a * b).sum(1).square() / (a.square().sum(1) * b.square().sum(1))
    return shares.cpu()


def _nearest(length: int, windows: Windows, axis: int) -> Tensor:
    """The window whose middle lies nearest to each unit; the earlier one of two."""
    middle = (windows.kernel[axis] - 1) * windows.dilation[axis] / 2 - windows.padding[axis]
    places = (torch.arange(length) - middle) / windows.stride[axis]
    return (places - 0.5).ceil().clamp(0, windows.size[axis] - 1).long()


def features(response: Tensor) -> Tensor:
    """At most FEATURES values of each response, evenly spread, (N, features)."""
    flat = response.flatten(1)
    step = -(-flat.shape[1] // FEATURES) | 1  # odd: no beat with even maps
    return flat[:, ::step].float().cpu()


def position_r2(samples: Tensor, shifts: list[tuple[int, int]]) -> float:
    """R² of the shift, as read by ridge regression from maps of images that the regression was not fitted to.

    `samples` is (images, shifts, features). Fitted on every second image at all shifts, tested on the others; in the
    space of samples or of features, whichever has fewer dimensions: of many images no table of pairs is made.
    """
    samples, wanted = double(samples), torch.tensor(shifts, dtype=torch.float64)
    train, test = samples[::2].flatten(0, 1), samples[1::2].flatten(0, 1)
    centre = train.mean(0)
    train, test = train - centre, test - centre
    given, few = wanted.repeat(len(samples[::2]), 1), len(train) < train.shape[1]
    gram = train @ train.T if few else train.T @ train
    ridge = RIDGE * (train.square().sum() / len(train)).clamp(min=1e-12) * torch.eye(len(gram), dtype=gram.dtype)
    if few:
        read = test @ (train.T @ torch.linalg.solve(gram + ridge, given))
    else:
        read = test @ torch.linalg.solve(gram + ridge, train.T @ given)
    target = wanted.repeat(len(samples[1::2]), 1)
    return float(1 - (target - read).square().sum() / target.square().sum())
