"""Tensors as the page holds them: pictures as data URIs, numbers as bytes with the limit that they are a share of."""

import base64
import io
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

#: Pictures larger than this many pixels in colour are stored as JPEG.
JPEG_FROM = 64 * 64


def picture(image: Tensor, *, longest: int = 256) -> str:
    """Return an image (C, H, W) in [0, 1] as a data URI, shrunk so that no side exceeds `longest`.

    One channel is grey, three are red, green and blue; of any other number the mean is shown.

    Examples
    --------
    >>> picture(torch.zeros(1, 4, 4))[:22]
    'data:image/png;base64,'
    """
    pixels = _pixels(image)
    shown = Image.fromarray(pixels)
    if max(shown.size) > longest:
        shown.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return _uri(shown)


def sprite(rows: list[list[Tensor]], *, side: int = 48) -> str:
    """Return rows of image patches (C, h, w), which may differ in size, as one picture of equal square tiles.

    Tiles are as large as the largest patch, but at most `side` pixels; a smaller patch, as one cut at the border,
    stands in the middle of a black tile.
    """
    patches = [patch for row in rows for patch in row]
    largest = max(max(patch.shape[-2:]) for patch in patches)
    tile = min(largest, side)
    colour = patches[0].shape[0] == 3
    sheet = Image.new("RGB" if colour else "L", (tile * max(map(len, rows)), tile * len(rows)))
    for top, row in enumerate(rows):
        for left, patch in enumerate(row):
            shown = Image.fromarray(_pixels(patch))
            if largest > side:
                shown = shown.resize(
                    [max(1, round(edge * side / largest)) for edge in shown.size], Image.Resampling.BOX
                )
            margin = [(tile - edge) // 2 for edge in shown.size]
            sheet.paste(shown, (left * tile + margin[0], top * tile + margin[1]))
    return _uri(sheet)


def quantise_maps(maps: Tensor) -> dict[str, Any]:
    """Return responses (samples, channels, H, W) as one byte each.

    Returns
    -------
    dict
        ``signed`` (whether a value below zero or not finite occurs), ``limits`` (for each sample and channel the
        greatest finite magnitude; one for all channels where the maps are single units) and ``data`` (for each sample
        base64 of the bytes, row by row): ``255 v / limit`` where unsigned, ``128 + 127 v / limit`` where signed, and
        there 0 for what is not a finite number.
    """
    values = maps.detach().cpu().double()
    single = values.shape[2] * values.shape[3] == 1
    finite = values.isfinite()
    signed = bool((~finite | (values < 0)).any())
    size = torch.where(finite, values.abs(), 0.0)
    limits = size.flatten(1).amax(1, keepdim=True) if single else size.flatten(2).amax(2)
    scale = torch.where(limits > 0, limits, 1.0)[..., None, None]
    shares = torch.where(finite, values, 0.0) / scale
    levels = torch.where(finite, 128 + 127 * shares, 0.0) if signed else 255 * shares
    data = levels.round().to(torch.uint8)
    return {"signed": signed, "limits": _short(limits), "data": [encode(sample) for sample in data]}


def quantise_weights(weights: Tensor) -> dict[str, Any]:
    """Return signed weights as bytes ``128 + 127 w / limit`` (0 for what is not finite), with one ``limit`` for all."""
    values = weights.detach().cpu().double()
    finite = values.isfinite()
    limit = float(torch.where(finite, values.abs(), 0.0).max())
    levels = torch.where(finite, 128 + 127 * values / (limit or 1.0), 0.0)
    return {"limit": limit, "data": encode(levels.round().to(torch.uint8))}


def exact_pixels(image: Tensor, size: int) -> dict[str, Any]:
    """Return an image (C, H, W) in [0, 1] as whole numbers of `size` bytes, 1 or 2: ``v`` times 255 or 65535."""
    levels = np.round(image.detach().cpu().double().clamp(0, 1).numpy() * (255 if size == 1 else 65535))
    raw = levels.astype("<u1" if size == 1 else "<u2").tobytes()
    return {"bytes": size, "data": base64.b64encode(raw).decode("ascii")}


def quantise_curves(curves: np.ndarray) -> dict[str, Any]:
    """Return curves (channels, points), none below zero, as 12 bits a point, two in three bytes: ``4095 v / limit``."""
    limits = [float(f"{most:.5g}") for most in curves.max(1, initial=0.0)]
    scale = np.where(np.array(limits) > 0, limits, 1.0)[:, None]
    levels = np.round(np.clip(curves / scale, 0, 1) * 4095).astype(np.uint16).ravel()
    first, second = np.append(levels, [0] * (len(levels) % 2)).reshape(-1, 2).astype(np.uint16).T
    packed = np.stack([first >> 4, (first & 15) << 4 | second >> 8, second & 255], 1).astype(np.uint8)
    return {"limits": limits, "data": base64.b64encode(packed.tobytes()).decode("ascii")}


def encode(levels: Tensor) -> str:
    """Return bytes as base64 text."""
    return base64.b64encode(levels.contiguous().numpy().tobytes()).decode("ascii")


def number(value: float, digits: int = 5) -> float | None:
    """Round to what a reader can see; None for what is not finite.

    Examples
    --------
    >>> number(1 / 3), number(float("nan"))
    (0.33333, None)
    """
    return float(f"{value:.{digits}g}") if np.isfinite(value) else None


def _short(limits: Tensor) -> list[list[float]]:
    return [[float(f"{value:.5g}") for value in row] for row in limits.tolist()]


def _pixels(image: Tensor) -> np.ndarray:
    values = image.detach().cpu().double().clamp(0, 1)
    if values.shape[0] not in (1, 3):
        values = values.mean(0, keepdim=True)
    levels = (255 * values).round().to(torch.uint8)
    return (levels[0] if len(levels) == 1 else levels.permute(1, 2, 0)).contiguous().numpy()


def _uri(shown: Image.Image) -> str:
    jpeg = shown.mode == "RGB" and shown.width * shown.height > JPEG_FROM
    buffer = io.BytesIO()
    if jpeg:
        shown.save(buffer, "JPEG", quality=82)
    else:
        shown.save(buffer, "PNG", optimize=True)
    return f"data:image/{'jpeg' if jpeg else 'png'};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
