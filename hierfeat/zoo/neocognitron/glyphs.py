"""Digits 0-4 on 16x16 cells, drawn for the 1980 network like those of the paper: thin strokes, black or white."""

from itertools import pairwise

import torch
from torch import Tensor

from hierfeat._values import real, whole
from hierfeat.subjects.arguments import checked

SIZE = 16
_ORIGIN = (4.0, 5.0)

_STROKES: tuple[tuple[tuple[tuple[float, float], ...], ...], ...] = (
    (((0, 1), (0, 4), (1, 5), (6, 5), (7, 4), (7, 1), (6, 0), (1, 0), (0, 1)),),
    (((2, 1), (0, 3), (7, 3)),),
    (((1, 0), (0, 1), (0, 4), (1, 5), (2, 5), (7, 0), (7, 5)),),
    (((1, 0), (0, 1), (0, 4), (1, 5), (2, 5), (3, 4), (3, 2)), ((3, 4), (4, 5), (6, 5), (7, 4), (7, 1), (6, 0))),
    (((7, 4), (0, 4), (5, 0), (5, 5)),),
)
"""Corners (row, column) of the strokes of each digit, from the upper left corner of its 8x6 box."""


@checked(jitter=real(0, 16), shift=whole(0, 4))
def glyphs(*, jitter: float = 0.0, shift: int = 0, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Draw the digits 0 to 4, a stroke one cell wide.

    Parameters
    ----------
    jitter
        Standard deviation by which each corner of a stroke is displaced, in cells; 0 draws the plain glyphs.
    shift
        Largest displacement of a whole digit by rows and by columns, in cells.
    seed
        Of the displacements.

    Returns
    -------
    images : Tensor
        (5, 1, 16, 16), 1 where a stroke is and 0 elsewhere.
    labels : Tensor
        0 to 4.

    Raises
    ------
    HierfeatError
        If `jitter` is negative, `shift` is not from 0 to 4 (which stays within the frame), or `seed` is not an int.

    Examples
    --------
    >>> images, labels = glyphs()
    >>> tuple(images.shape), labels.tolist()
    ((5, 1, 16, 16), [0, 1, 2, 3, 4])
    """
    generator = torch.Generator().manual_seed(seed)
    images = torch.zeros(len(_STROKES), 1, SIZE, SIZE)
    for image, strokes in zip(images[:, 0], _STROKES, strict=True):
        offset = torch.tensor(_ORIGIN) + torch.randint(-shift, shift + 1, (2,), generator=generator)
        moved = {corner: jitter * torch.randn(2, generator=generator) for stroke in strokes for corner in stroke}
        for stroke in strokes:
            corners = torch.stack([torch.tensor(corner) + moved[corner] + offset for corner in stroke])
            _draw(image, corners)
    return images, torch.arange(len(_STROKES))


def _draw(image: Tensor, corners: Tensor) -> None:
    """Set the cells along a stroke, each step one cell along the longer axis."""
    for start, end in pairwise(corners):
        steps = max(int((end - start).abs().max().round()), 1)
        along = torch.linspace(0, 1, steps + 1)[:, None]
        row, column = (start + along * (end - start)).round().long().clamp(0, SIZE - 1).T
        image[row, column] = 1
