"""Digits 0-4 on 16x16 cells, drawn for the 1980 network as the paper's were: thin strokes, black or white."""

import torch
from torch import Tensor

_GLYPHS = """
.####.  ...#..  .####.  .####.  ....#.
#....#  ..##..  #....#  #....#  ...##.
#....#  .#.#..  .....#  .....#  ..#.#.
#....#  ...#..  ....#.  ..###.  .#..#.
#....#  ...#..  ...#..  .....#  #...#.
#....#  ...#..  ..#...  .....#  ######
#....#  ...#..  .#....  #....#  ....#.
.####.  ...#..  ######  .####.  ....#.
"""


def glyphs() -> tuple[Tensor, Tensor]:
    """Return the digits 0 to 4, centred.

    Returns
    -------
    images : Tensor
        (5, 1, 16, 16), 1 where a stroke is and 0 elsewhere.
    labels : Tensor
        0 to 4.

    Examples
    --------
    >>> images, labels = glyphs()
    >>> tuple(images.shape), labels.tolist()
    ((5, 1, 16, 16), [0, 1, 2, 3, 4])
    """
    rows = [line.split() for line in _GLYPHS.strip().splitlines()]
    images = torch.zeros(5, 1, 16, 16)
    for digit in range(5):
        cells = [[float(mark == "#") for mark in row[digit]] for row in rows]
        images[digit, 0, 4:12, 5:11] = torch.tensor(cells)
    return images, torch.arange(5)
