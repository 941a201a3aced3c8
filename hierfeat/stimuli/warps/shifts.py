"""Images moved by whole or fractional pixels, with the border stated."""

from math import floor, isfinite
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional as F

from hierfeat.errors import HierfeatError

Boundary = Literal["zero", "wrap", "reflect", "crop"]
BOUNDARIES: tuple[str, ...] = get_args(Boundary)


def shift(
    images: Tensor, dy: float, dx: float, *, boundary: Boundary = "zero", size: tuple[int, int] | None = None
) -> Tensor:
    """Move what is on the images down by `dy` and right by `dx` pixels.

    Parameters
    ----------
    images
        (..., H, W); maps of a layer will do as well.
    dy, dx
        Pixels; negative moves up and left. Fractions interpolate.
    boundary
        What comes in from outside: ``zero`` (black), ``wrap`` (the other side), ``reflect`` (the image mirrored about
        its outermost pixels), or ``crop`` (the larger image itself, of which a window of `size` is cut out).
    size
        (height, width) of the window, for ``crop`` only.

    Returns
    -------
    torch.Tensor
        Of the images' shape, or (..., *size) under ``crop``.

    Raises
    ------
    HierfeatError
        If the boundary is none of the four, a shift is not finite, or the window leaves the image.

    Notes
    -----
    A fractional shift under ``wrap`` is a phase in the Fourier domain, exact for what is band-limited. Under the other
    boundaries it is Keys' cubic convolution (a = −½), four taps per axis. Neither is clipped to [0, 1].

    References
    ----------
    Keys, R. (1981). Cubic convolution interpolation for digital image processing. IEEE Trans. ASSP 29(6), 1153-1160.

    Examples
    --------
    >>> import torch
    >>> shift(torch.tensor([[1.0, 2.0, 3.0]]), 0, 1).tolist()
    [[0.0, 1.0, 2.0]]
    >>> shift(torch.tensor([[1.0, 2.0, 3.0]]), 0, 1, boundary="wrap").tolist()
    [[3.0, 1.0, 2.0]]
    """
    _check(images, dy, dx, boundary, size)
    if boundary == "wrap":
        return _phase_shift(_phase_shift(images, dy, -2), dx, -1)
    height, width = size if size is not None else (images.shape[-2], images.shape[-1])
    moved = _moved(_moved(images, dy, -2, height, boundary), dx, -1, width, boundary)
    return moved.clone() if moved is images else moved


def shift_within(images: Tensor, dy: float, dx: float) -> Tensor:
    """What of ``shift(images, dy, dx)`` takes nothing in from outside: the rows and columns that have all their taps.

    Examples
    --------
    >>> import torch
    >>> shift_within(torch.tensor([[1.0, 2.0, 3.0]]), 0, 1).tolist()
    [[1.0, 2.0]]
    """
    for axis, amount in ((-2, dy), (-1, dx)):
        steps, weights = zip(*taps(amount), strict=True)
        first, last = max(0, *steps), images.shape[axis] + min(0, *steps)
        parts = [images.narrow(axis, first - step, max(0, last - first)) for step in steps] if first < last else []
        if not parts:
            return images.narrow(axis, 0, 0)
        images = parts[0] if len(parts) == 1 else weights[0] * parts[0]
        for part, weight in zip(parts[1:], weights[1:], strict=True):
            images.add_(part, alpha=weight)
    return images


def shift_each(images: Tensor, down: Tensor, right: Tensor) -> Tensor:
    """Move each image by its own whole numbers of pixels; black comes in.

    Parameters
    ----------
    images
        (N, C, H, W).
    down, right
        (N,), integers; negative moves up and left.

    Returns
    -------
    torch.Tensor
        (N, C, H, W), with no value changed.

    Examples
    --------
    >>> import torch
    >>> images = torch.tensor([[[[1.0, 2.0]]], [[[1.0, 2.0]]]])
    >>> shift_each(images, torch.tensor([0, 0]), torch.tensor([1, -1])).flatten(1).tolist()
    [[0.0, 1.0], [2.0, 0.0]]
    """
    count, _, height, width = images.shape
    most = int(torch.stack([down, right]).abs().max())
    windows = F.pad(images, (most,) * 4).unfold(2, height, 1).unfold(3, width, 1)
    return windows[torch.arange(count, device=images.device), :, most - down, most - right]


def taps(amount: float) -> list[tuple[int, float]]:
    """Whole shifts and their weights that together make a shift by `amount` pixels.

    Examples
    --------
    >>> taps(2.0)
    [(2, 1.0)]
    >>> taps(0.5)
    [(-1, -0.0625), (0, 0.5625), (1, 0.5625), (2, -0.0625)]
    """
    whole = floor(amount)
    fraction = amount - whole
    if fraction == 0:
        return [(whole, 1.0)]
    return [(whole + step, _keys(abs(step - fraction))) for step in (-1, 0, 1, 2)]


def _keys(distance: float) -> float:
    if distance <= 1:
        return 1.5 * distance**3 - 2.5 * distance**2 + 1
    return -0.5 * distance**3 + 2.5 * distance**2 - 4 * distance + 2


def _check(images: Tensor, dy: float, dx: float, boundary: str, size: tuple[int, int] | None) -> None:
    if boundary not in BOUNDARIES:
        raise HierfeatError(f"expected boundary as one of {', '.join(BOUNDARIES)}, got {boundary!r}")
    if not (isfinite(dy) and isfinite(dx)):
        raise HierfeatError(f"expected finite shifts in pixels, got dy={dy}, dx={dx}")
    if images.ndim < 2:
        raise HierfeatError(f"expected images (..., H, W), got shape {tuple(images.shape)}")
    if (boundary == "crop") != (size is not None):
        raise HierfeatError("expected size=(height, width) of the window with boundary='crop', and only there")


def _moved(images: Tensor, amount: float, axis: int, length: int, boundary: str) -> Tensor:
    """Shift one axis; a fractional shift is a weighted sum of whole ones."""
    (step, weight), *others = taps(amount)
    moved = _moved_whole(images, step, axis, length, boundary)
    if not others:
        return moved
    moved = weight * moved
    for step, weight in others:
        moved = moved.add_(_moved_whole(images, step, axis, length, boundary), alpha=weight)
    return moved


def _moved_whole(images: Tensor, step: int, axis: int, length: int, boundary: str) -> Tensor:
    if boundary == "crop":
        start = (images.shape[axis] - length) // 2 - step
        if start < 0 or start + length > images.shape[axis]:
            raise HierfeatError(
                f"a window of {length} pixels moved by {step} leaves an image of {images.shape[axis]}: "
                "pass larger images, a smaller max_shift, or another boundary"
            )
        return images.narrow(axis, start, length)
    if boundary == "zero":
        if step == 0:
            return images
        step = max(-length, min(step, length))  # beyond that nothing is left
        return F.pad(images, (0, 0, step, -step) if axis == -2 else (step, -step))
    places = (torch.arange(length, device=images.device) - step).abs()
    period = max(2 * (length - 1), 1)
    folded = places % period
    return images.index_select(axis, torch.minimum(folded, period - folded))


def _phase_shift(images: Tensor, amount: float, axis: int) -> Tensor:
    if float(amount).is_integer():
        return images.roll(int(amount), axis)
    length = images.shape[axis]
    spectrum = torch.fft.rfft(images.float(), dim=axis)
    turns = torch.arange(spectrum.shape[axis], device=images.device) * (amount / length)
    phase = torch.polar(torch.ones_like(turns), -2 * torch.pi * turns)
    turned = spectrum * (phase[:, None] if axis == -2 else phase)
    moved: Tensor = torch.fft.irfft(turned, n=length, dim=axis)
    return moved.to(images.dtype)
