"""The ten digits as bitmaps of 7x12 pixels: the codes that LeNet-5's output units compare F6 with.

Drawn for hierfeat in the manner of the paper's figure 3; the paper's own set covers all of printable ASCII.
"""

import torch
from torch import Tensor

ROWS, COLUMNS = 12, 7

_DRAWN = """
..###.. ...#... .#####. .#####. ....##. ####### ..####. ####### .#####. .#####.
.##.##. ..##... ##...## ##...## ...###. ##..... .##..#. ##...## ##...## ##...##
##...## .###... ##...## .....## ..####. ##..... ##..... .....## ##...## ##...##
##...## ...#... .....## .....## .##.##. ##..... ##..... ....##. ##...## ##...##
##...## ...#... ....##. .....## ##..##. #####.. ##.###. ....##. .##.##. ##...##
##...## ...#... ...##.. ..####. ##..##. ....##. ###..## ...##.. ..###.. .######
##...## ...#... ..##... .....## ####### .....## ##...## ...##.. .##.##. .....##
##...## ...#... .##.... .....## ....##. .....## ##...## ..##... ##...## .....##
##...## ...#... ##..... .....## ....##. .....## ##...## ..##... ##...## .....##
.##.##. ...#... ##...## ##...## ....##. ##...## ##...## .##.... ##...## .#..##.
..###.. .#####. ####### .#####. ....##. .#####. .#####. .##.... .#####. .####..
....... ....... ....... ....... ....... ....... ....... ....... ....... .......
"""


def digit_codes() -> Tensor:
    """Return 10, 84 codes of -1 (ground) and +1 (ink), each a 7x12 bitmap read row by row.

    References
    ----------
    LeCun, Y., Bottou, L., Bengio, Y. & Haffner, P. (1998). Gradient-based learning applied to document recognition.
    Proceedings of the IEEE 86, 2278-2324, figure 3.
    """
    rows = [line.split() for line in _DRAWN.split("\n") if line]
    ink = [[pixel == "#" for line in rows for pixel in line[digit]] for digit in range(10)]
    return torch.tensor(ink, dtype=torch.float32) * 2 - 1
