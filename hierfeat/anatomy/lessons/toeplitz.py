"""The Toeplitz structure of a convolution: its matrix, every entry known by the kernel weight it repeats."""

from dataclasses import dataclass
from math import prod

import numpy as np
import pandas as pd

from hierfeat._result import Result, drawn
from hierfeat.anatomy.lessons.convolution_matrix import Convolution, Window, fill, matrix_memory, window_of
from hierfeat.errors import HierfeatError
from hierfeat.subjects.arguments import checked


@dataclass(frozen=True, eq=False)
class Toeplitz(Result):
    """A convolution's matrix with the origin of every entry.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per kernel weight: ``weight`` (number, from 0), ``out_channel, in_channel`` (within the group), ``tap``
        (its place in the kernel, one number per axis), ``value, uses``: how many entries of the matrix repeat it.
    entries : numpy.ndarray
        (rows, columns) number of the kernel weight at each entry of the matrix, -1 where there is none, -2 where
        padding folds several weights onto one entry.
    out_shape, in_shape : list of int
        (channels, *spatial) that the rows and the columns run over.
    """

    entries: np.ndarray
    out_shape: list[int]
    in_shape: list[int]

    plot = drawn("kernels.plot_toeplitz")


@checked()
def toeplitz(conv: Convolution, input_shape: tuple[int, ...]) -> Toeplitz:
    """Find, for every entry of a convolution's matrix, the kernel weight that stands there.

    Parameters
    ----------
    conv
        A small layer: the picture is dense.
    input_shape
        (channels, *spatial) of one image.

    Returns
    -------
    Toeplitz
        The dense table of origins; ``.plot()`` colours it.

    Raises
    ------
    HierfeatError
        If the shape does not fit, or the matrix has more than four million entries, too many to be looked at.

    Notes
    -----
    In one dimension every diagonal holds one weight (Toeplitz). In two the matrix is made of Toeplitz blocks that
    repeat along the diagonals in turn: doubly block Toeplitz. Sharing is the ratio of matrix entries to weights.

    References
    ----------
    Gray, R. M. (2006). Toeplitz and circulant matrices: a review. Found. Trends Commun. Inf. Theory 2(3).

    Examples
    --------
    >>> import torch
    >>> toeplitz(torch.nn.Conv1d(1, 1, 3), (1, 5)).entries
    array([[ 0,  1,  2, -1, -1],
           [-1,  0,  1,  2, -1],
           [-1, -1,  0,  1,  2]])
    """
    window = window_of(conv, input_shape)
    if window.rows * window.columns > 4_000_000:
        raise HierfeatError(
            f"the matrix has {window.rows} × {window.columns} entries, too many to look at; use a smaller input_shape "
            f"(convolution_matrix would hold it sparsely in {matrix_memory(conv, input_shape) / 2**20:.1f} MiB)"
        )
    weight = conv.weight.detach().float().cpu().numpy()
    numbers = np.arange(weight.size).reshape(weight.shape)
    entries = _origins(window, numbers)
    uses = _uses(window, numbers)
    taps = np.array(list(np.ndindex(weight.shape)))
    first, second = ("in_channel", "out_channel") if window.transposed else ("out_channel", "in_channel")
    table = pd.DataFrame({"weight": np.arange(weight.size), first: taps[:, 0], second: taps[:, 1]})
    table["tap"] = [tuple(int(place) for place in tap[2:]) for tap in taps]
    table["value"], table["uses"] = weight.ravel(), uses
    ends = [[window.channels[0], *map(len, window.axes)], [window.channels[1], *window.sizes]]
    out_shape, in_shape = reversed(ends) if window.transposed else ends
    parameters = {"conv": repr(conv), "input_shape": list(input_shape)}
    return Toeplitz(table, {"parameters": parameters}, entries=entries, out_shape=out_shape, in_shape=in_shape)


def _origins(window: Window, numbers: np.ndarray) -> np.ndarray:
    """Lay the weights' numbers out instead of the weights; where entries met, their count says so."""
    laid = fill(window, numbers + 1).toarray()
    met = fill(window, np.ones_like(numbers)).toarray()
    return np.asarray(np.where(met > 1, -2, laid - 1))


def _uses(window: Window, numbers: np.ndarray) -> np.ndarray:
    """Count the connections of every weight: per axis, the outputs whose tap falls inside."""
    counts = np.ones(1, dtype=int)
    for axis in window.axes:
        counts = np.multiply.outer(counts, (axis >= 0).sum(axis=0)).ravel()
    return np.tile(counts, prod(numbers.shape[:2]))
