"""Where the kernel sits for each output cell: the arithmetic of padding, stride and dilation, cell by cell."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hierfeat._result import Result, drawn
from hierfeat.subjects.output_size import Padding, extent, formula, output_size, unseen_remainder


@dataclass(frozen=True, eq=False)
class PaddingAndStride(Result):
    """The place of the kernel for every output cell, along one axis.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per output cell: ``output, first, last`` (input cells under the first and the last tap; negative or
        beyond the input in the padding), ``taps_inside, taps_in_padding``.
    taps : numpy.ndarray
        (outputs, kernel) input cell under every tap.
    coverage : numpy.ndarray
        (inputs,) how many output cells see each input cell; 0 for a cell that is never seen.
    settings : dict
        ``w, f, before, after, s, d, out, remainder, extent`` in cells, and ``formula``. The remainder counts the input
        cells beyond the last window, the extent the cells that the kernel spans.
    """

    taps: np.ndarray
    coverage: np.ndarray
    settings: dict[str, int | str]

    plot = drawn("lessons.plot_padding_and_stride")


def padding_and_stride(
    w: int, f: int, p: Padding = 0, s: int = 1, d: int = 1, *, ceil_mode: bool = False
) -> PaddingAndStride:
    """Work out where the kernel sits for every output cell.

    Parameters
    ----------
    w, f
        Input size and kernel size, in cells.
    p
        Padding on each side, or before and after.
    s, d
        Stride and dilation.
    ceil_mode
        Whether a last window may hang over the end, as in pooling layers.

    Returns
    -------
    PaddingAndStride
        Output cell o has its taps over the input cells ``o·s - p, o·s - p + d, ..., o·s - p + d·(f - 1)``.

    Raises
    ------
    HierfeatError
        If the kernel does not fit.

    References
    ----------
    Dumoulin, V. and Visin, F. (2016). A guide to convolution arithmetic for deep learning. arXiv:1603.07285.

    Examples
    --------
    >>> found = padding_and_stride(6, 3, 1, 2)
    >>> found.settings["formula"], found.taps.tolist()
    ('⌊(6 - 3 + 2·1)/2⌋ + 1 = 3', [[-1, 0, 1], [1, 2, 3], [3, 4, 5]])
    >>> padding_and_stride(6, 3, 0, 2).coverage.tolist()  # the last cell is never seen
    [1, 1, 2, 1, 1, 0]
    """
    written = formula(w, f, p, s, d, ceil_mode=ceil_mode)
    count = output_size(w, f, p, s, d, ceil_mode=ceil_mode)
    before, after = p if isinstance(p, tuple) else (p, p)
    taps = np.add.outer(np.arange(count) * s - before, np.arange(f) * d)
    inside = (taps >= 0) & (taps < w)
    table = pd.DataFrame({"output": np.arange(count), "first": taps[:, 0], "last": taps[:, -1]})
    table["taps_inside"], table["taps_in_padding"] = inside.sum(axis=1), (~inside).sum(axis=1)
    settings: dict[str, int | str] = {"w": w, "f": f, "before": before, "after": after, "s": s, "d": d, "out": count}
    settings["remainder"] = unseen_remainder(w, f, p, s, d, ceil_mode=ceil_mode)
    settings["extent"] = extent(f, d)
    return PaddingAndStride(
        table=table,
        provenance={"parameters": {"w": w, "f": f, "p": [before, after], "s": s, "d": d, "ceil_mode": ceil_mode}},
        taps=taps,
        coverage=np.bincount(taps[inside], minlength=w),
        settings=settings | {"formula": written},
    )
