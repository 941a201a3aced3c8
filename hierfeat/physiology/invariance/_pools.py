"""Pools that can take each other's place: same windows, same output size, no weights."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from hierfeat.subjects.layer import Layer


@dataclass(frozen=True)
class Windows:
    """The windows of a pool, a pair of numbers (rows, columns) each.

    Attributes
    ----------
    size, kernel, stride, padding, dilation : tuple of int
        Units of the output map; the others as in ``torch.nn.MaxPool2d``. Window i begins at input unit
        i·stride − padding; units outside the map belong to no window.
    """

    size: tuple[int, int]
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)

    @classmethod
    def of(cls, layer: Layer) -> "Windows | None":
        """The windows of a pool; None if it has no map, or windows of unequal sizes."""
        parts = (layer.kernel, layer.stride, layer.padding, layer.dilation)
        if len(layer.in_shape) != 3 or any(part is None or len(part) != 2 for part in parts):
            return None
        size = (*layer.out_shape[1:], 1, 1)[:2]  # a mean over the map may leave no axes
        return cls((size[0], size[1]), *((int(part[0]), int(part[1])) for part in parts if part is not None))


def maximum(x: Tensor, windows: Windows) -> Tensor:
    """The largest value of each window."""
    values, inside = _gathered(x, windows)
    return values.masked_fill(~inside, -torch.inf).amax((-1, -2))


def average(x: Tensor, windows: Windows) -> Tensor:
    """The mean of each window."""
    values, inside = _gathered(x, windows)
    return (values * inside).sum((-1, -2)) / inside.sum((-1, -2))


def l2(x: Tensor, windows: Windows) -> Tensor:
    """The root mean square of each window, which leaves a constant map alone as the maximum and the mean do."""
    values, inside = _gathered(x, windows)
    return ((values * inside).square().sum((-1, -2)) / inside.sum((-1, -2))).sqrt()


def strided(x: Tensor, windows: Windows) -> Tensor:
    """The value at the middle of each window (the first of two middle ones): subsampling and nothing else."""
    for axis in (0, 1):
        middle = (windows.kernel[axis] - 1) // 2 * windows.dilation[axis] - windows.padding[axis]
        places = torch.arange(windows.size[axis], device=x.device) * windows.stride[axis] + middle
        x = x.index_select(axis - 2, places.clamp(0, x.shape[axis - 2] - 1))
    return x


def blurred(x: Tensor, windows: Windows) -> Tensor:
    """The maximum at every place, a binomial low-pass filter of 2·stride − 1 taps, then subsampling (Zhang 2019).

    Notes
    -----
    The filter's response is cos^{n−1}(ω/2) for n taps; the map is mirrored at its border where it is large enough,
    and repeated where not.
    """
    x = _dense_maximum(x, windows)
    for axis in (0, 1):
        x = _filtered(x, axis - 2, binomial(2 * windows.stride[axis] - 1))
        places = torch.arange(windows.size[axis], device=x.device) * windows.stride[axis]
        x = x.index_select(axis - 2, places.clamp(max=x.shape[axis - 2] - 1))
    return x


def polyphase(x: Tensor, windows: Windows) -> Tensor:
    """The maximum at every place, then, per image, the subsampling grid of the largest norm (Chaman & Dokmanić 2021).

    Notes
    -----
    Windows wrap around the map, as the method needs; where the stride does not divide the map, the grid that starts
    late wraps as well, and the consistency is not perfect.
    """
    x = _circular_maximum(x, windows)
    phases = [(i, j) for i in range(windows.stride[0]) for j in range(windows.stride[1])]
    grids = torch.stack([_grid(x, windows, phase) for phase in phases])
    best = grids.float().square().sum((2, 3, 4)).argmax(0)
    chosen: Tensor = grids[best, torch.arange(len(x), device=x.device)]
    return chosen


def untouched(x: Tensor, windows: Windows) -> Tensor:
    """No pool at all: the map stays as large as it is."""
    return x


POOLS: dict[str, Callable[[Tensor, Windows], Tensor]] = {
    "max": maximum,
    "average": average,
    "l2": l2,
    "strided": strided,
    "blurred": blurred,
    "polyphase": polyphase,
    "none": untouched,
}


def binomial(taps: int) -> Tensor:
    """The row of Pascal's triangle with `taps` numbers, summing to 1.

    Examples
    --------
    >>> binomial(3).tolist()
    [0.25, 0.5, 0.25]
    """
    # In log space: the coefficients of wide filters go beyond what a float can hold.
    places = torch.arange(taps, dtype=torch.float64)
    last = torch.tensor(taps - 1.0, dtype=torch.float64)
    log = torch.lgamma(last + 1) - torch.lgamma(places + 1) - torch.lgamma(last - places + 1) - last * math.log(2)
    return log.exp().float()


def _gathered(x: Tensor, windows: Windows) -> tuple[Tensor, Tensor]:
    """The values of each window, (N, C, rows, columns, kh, kw), and which of them lie on the map."""
    masks = []
    for axis in (0, 1):
        starts = torch.arange(windows.size[axis], device=x.device) * windows.stride[axis] - windows.padding[axis]
        places = starts[:, None] + torch.arange(windows.kernel[axis], device=x.device) * windows.dilation[axis]
        length = x.shape[2 + 2 * axis]  # the second gather finds its axis two further on
        masks.append((places >= 0) & (places < length))
        shape = (*x.shape[: 2 + 2 * axis], *places.shape, *x.shape[3 + 2 * axis :])
        x = x.index_select(2 + 2 * axis, places.clamp(0, length - 1).flatten()).reshape(shape)
    inside = masks[0][:, None, :, None] & masks[1][None, :, None, :]
    return x.transpose(3, 4), inside


def _dense_maximum(x: Tensor, windows: Windows) -> Tensor:
    top, left = windows.padding
    spans = [d * (k - 1) + 1 for d, k in zip(windows.dilation, windows.kernel, strict=True)]
    # a window that counts only by rounding up may be larger than the map: it is filled up at the far side
    bottom, right = (max(p, s - n - p) for p, s, n in zip((top, left), spans, x.shape[-2:], strict=True))
    x = F.pad(x, (left, right, top, bottom), value=-torch.inf)
    return F.max_pool2d(x, windows.kernel, stride=1, dilation=windows.dilation)


def _circular_maximum(x: Tensor, windows: Windows) -> Tensor:
    for axis in (0, 1):
        offsets = [windows.dilation[axis] * tap - windows.padding[axis] for tap in range(windows.kernel[axis])]
        x = torch.stack([x.roll(-offset, axis - 2) for offset in offsets]).amax(0)
    return x


def _grid(x: Tensor, windows: Windows, phase: tuple[int, int]) -> Tensor:
    for axis in (0, 1):
        places = torch.arange(windows.size[axis], device=x.device) * windows.stride[axis] + phase[axis]
        x = x.index_select(axis - 2, places % x.shape[axis - 2])
    return x


def _filtered(x: Tensor, axis: int, taps: Tensor) -> Tensor:
    reach = len(taps) // 2
    if reach == 0:
        return x
    padding = (0, 0, reach, reach) if axis == -2 else (reach, reach, 0, 0)
    padded = F.pad(x, padding, mode="reflect" if x.shape[axis] > reach else "replicate")
    parts = [weight * padded.narrow(axis, tap, x.shape[axis]) for tap, weight in enumerate(taps.tolist())]
    return torch.stack(parts).sum(0)
