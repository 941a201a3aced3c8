"""Convolution as a matrix product: the sparse W with conv(z) = W·z + b."""

from dataclasses import dataclass
from functools import reduce
from math import prod
from typing import Any

import numpy as np
import scipy.sparse
import torch
from torch import nn

from hierfeat._values import real, sizes
from hierfeat.errors import HierfeatError
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.output_size import output_size, transposed_output_size

Convolution = nn.Conv1d | nn.Conv2d | nn.Conv3d | nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d
_TRANSPOSED = nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d
_OUTSIDE = -1


@checked()
def convolution_matrix(
    conv: Convolution, input_shape: tuple[int, ...], *, memory_limit: int | None = 1 << 30
) -> scipy.sparse.csr_array:
    """Write a convolution layer as the sparse matrix that it is.

    Parameters
    ----------
    conv
        Any stride, padding, padding mode, dilation and groups.
    input_shape
        (channels, *spatial) of one image, without a batch.
    memory_limit
        Bytes above which the matrix is refused before anything is allocated (1 GiB); None builds it regardless.

    Returns
    -------
    scipy.sparse.csr_array
        W of shape (outputs, inputs), so that ``W @ z.ravel() + bias.repeat(positions)`` is ``conv(z).ravel()``. In
        the dtype of the weights (half precision becomes float32).

    Raises
    ------
    HierfeatError
        If the shape does not fit the layer, or the matrix would take more than `memory_limit`.

    See Also
    --------
    matrix_memory : the bytes, without building anything.
    toeplitz : the same matrix as a figure, weights coloured by kernel entry.
    singular_values : its spectrum.

    Notes
    -----
    Row (o, i, j) holds the kernel of output channel o at the place where it sits for the output cell (i, j): the rows
    of one channel are the same weights shifted, a (doubly block) Toeplitz matrix; with circular padding, a circulant
    one. Reflecting or replicating padding folds several weights onto one input, where they add. The matrix of a
    transposed convolution is the transpose of the matrix of the convolution with the same weights.

    References
    ----------
    Dumoulin, V. and Visin, F. (2016). A guide to convolution arithmetic for deep learning. arXiv:1603.07285, ch. 4.
    Gray, R. M. (2006). Toeplitz and circulant matrices: a review. Found. Trends Commun. Inf. Theory 2(3).

    Examples
    --------
    >>> import torch
    >>> conv = torch.nn.Conv1d(1, 1, 3, bias=False)
    >>> _ = torch.nn.init.constant_(conv.weight, 1.0)
    >>> convolution_matrix(conv, (1, 5)).toarray().astype(int)
    array([[1, 1, 1, 0, 0],
           [0, 1, 1, 1, 0],
           [0, 0, 1, 1, 1]])
    """
    needed = matrix_memory(conv, input_shape)
    if memory_limit is not None:
        real(0, 1e30)(memory_limit, "memory_limit", {})
    if memory_limit is not None and needed > memory_limit:
        raise HierfeatError(
            f"the matrix of this layer would take {_readable(needed)}, above the limit of {_readable(memory_limit)}; "
            "use a smaller input_shape, or raise memory_limit"
        )
    weight = conv.weight.detach().cpu()
    weight = weight.float() if weight.dtype in (torch.float16, torch.bfloat16) else weight
    return fill(window_of(conv, input_shape), weight.numpy())


def matrix_memory(conv: Convolution, input_shape: tuple[int, ...]) -> int:
    """Count the bytes that :func:`convolution_matrix` would take, without building it.

    Returns
    -------
    int
        Bytes of the finished matrix: one weight and one column index for each kernel tap that falls on the input, and
        a row pointer for each output; a little more than it takes where padding folds weights together. While it is
        built, about four times one output channel's share is needed on top; for a transposed convolution, as much
        again as the whole.

    Raises
    ------
    HierfeatError
        If the shape does not fit the layer.

    Examples
    --------
    >>> import torch
    >>> round(matrix_memory(torch.nn.Conv2d(64, 64, 3, padding=1), (64, 56, 56)) / 2**30, 2)  # GiB
    0.84
    """
    window = window_of(conv, input_shape)
    index = _index_type(window.entries, window.columns).itemsize
    rows = window.columns if window.transposed else window.rows
    return window.entries * (max(conv.weight.element_size(), 4) + index) + (rows + 1) * index


@dataclass(frozen=True)
class Window:
    """Where every kernel tap of every output cell falls: one table (outputs, taps) of input cells per axis.

    For a transposed convolution it is the window of the convolution that is transposed: its "outputs" are the
    layer's inputs.
    """

    axes: tuple[np.ndarray, ...]
    sizes: tuple[int, ...]
    channels: tuple[int, int]
    groups: int
    transposed: bool

    @property
    def rows(self) -> int:
        """Number of output cells, over all channels."""
        return self.channels[0] * prod(len(axis) for axis in self.axes)

    @property
    def columns(self) -> int:
        """Number of input cells, over all channels."""
        return self.channels[1] * prod(self.sizes)

    @property
    def entries(self) -> int:
        """Number of pairs (output, input) that a weight connects."""
        pairs = prod(int((axis != _OUTSIDE).sum()) for axis in self.axes)
        return pairs * self.channels[0] * self.channels[1] // self.groups


def window_of(conv: Convolution, input_shape: tuple[int, ...]) -> Window:
    """Work out where the taps of a layer fall on an input of this shape; see :class:`Window`."""
    shape = sizes(input_shape, "input_shape")
    if not isinstance(conv, Convolution):
        raise HierfeatError(f"expected a convolution layer of torch.nn, got {type(conv).__name__}")
    if len(shape) != conv.weight.ndim - 1 or shape[0] != conv.in_channels:
        axes = ", ".join(("depth", "height", "width")[5 - conv.weight.ndim :])
        raise HierfeatError(f"expected input_shape ({conv.in_channels}, {axes}) without a batch, got {shape}")
    if isinstance(conv, _TRANSPOSED):
        return _transposed_window(conv, shape)
    sides = [(0, 0)] * (len(shape) - 1)
    if conv.padding != "valid":
        flat = conv._reversed_padding_repeated_twice
        sides = [(flat[2 * axis], flat[2 * axis + 1]) for axis in reversed(range(len(shape) - 1))]
    axes_ = [
        _axis(output_size(w, f, p, s, d), w, f, p, s, d, conv.padding_mode)
        for w, f, p, s, d in zip(shape[1:], conv.kernel_size, sides, conv.stride, conv.dilation, strict=True)
    ]
    return Window(tuple(axes_), shape[1:], (conv.out_channels, conv.in_channels), conv.groups, transposed=False)


def _transposed_window(conv: Any, shape: tuple[int, ...]) -> Window:
    settings = list(
        zip(shape[1:], conv.kernel_size, conv.padding, conv.stride, conv.dilation, conv.output_padding, strict=True)
    )
    sizes = tuple(transposed_output_size(w, f, p, s, d, output_padding=extra) for w, f, p, s, d, extra in settings)
    axes = [_axis(w, size, f, (p, p), s, d, "zeros") for size, (w, f, p, s, d, _) in zip(sizes, settings, strict=True)]
    return Window(tuple(axes), sizes, (conv.in_channels, conv.out_channels), conv.groups, transposed=True)


def _axis(count: int, w: int, f: int, p: tuple[int, int], s: int, d: int, mode: str) -> np.ndarray:
    """Give the input cell under each tap (columns) of each of `count` outputs (rows); -1 in zero padding."""
    most = {"reflect": w - 1, "circular": w}.get(mode, max(p))
    if max(p) > most:
        raise HierfeatError(f"padding_mode={mode!r} can fill at most {most} cells from an axis of {w}, got {max(p)}")
    cells = np.add.outer(np.arange(count) * s - p[0], np.arange(f) * d)
    if mode == "circular":
        return np.asarray(np.mod(cells, w))
    if mode == "replicate":
        return np.asarray(np.clip(cells, 0, w - 1))
    if mode == "reflect":
        return np.asarray(np.subtract(w - 1, np.abs(w - 1 - np.abs(cells))))
    return np.where((cells >= 0) & (cells < w), cells, _OUTSIDE)


def fill(window: Window, weight: np.ndarray) -> scipy.sparse.csr_array:
    """Lay the weights (channels, channels per group, *taps) out over a window, straight into CSR form."""
    (outputs, inputs), groups = window.channels, window.groups
    cells, taps, counts = _pattern(window)
    per_group = inputs // groups
    order, index = _interleaving(counts, per_group), _index_type(window.entries, window.columns)
    columns = (np.arange(per_group)[:, None] * prod(window.sizes) + cells).ravel()[order].astype(index)
    flat = weight.reshape(outputs, per_group, -1)
    data = np.empty((outputs, columns.size), dtype=weight.dtype)
    indices = np.empty((outputs, columns.size), dtype=index)
    for channel in range(outputs):
        group = channel // (outputs // groups)
        indices[channel] = columns + group * per_group * prod(window.sizes)
        data[channel] = flat[channel][:, taps].ravel()[order]
    pointers = np.concatenate([[0], np.cumsum(np.tile(counts * per_group, outputs))]).astype(index)
    shape = (window.rows, window.columns)
    matrix = scipy.sparse.csr_array((data.ravel(), indices.ravel(), pointers), shape=shape)
    matrix.sum_duplicates()
    return scipy.sparse.csr_array(matrix.T) if window.transposed else matrix


def _pattern(window: Window) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the input cell and the tap of every connection, output cell by output cell, and how many each has."""
    strides = [prod(window.sizes[axis + 1 :]) for axis in range(len(window.sizes))]
    terms = [np.where(axis == _OUTSIDE, 0, axis) * stride for axis, stride in zip(window.axes, strides, strict=True)]
    inside = reduce(_outer_and, [axis != _OUTSIDE for axis in window.axes])
    cells = reduce(_outer_sum, terms)
    taps = np.broadcast_to(np.arange(cells.shape[1]), cells.shape)
    return cells[inside], taps[inside], inside.sum(axis=1)


def _outer_sum(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Combine two axes' tables (outputs, taps) into one over the pairs of outputs and the pairs of taps."""
    return _paired(np.add(first[:, None, :, None], second[None, :, None, :]))


def _outer_and(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return _paired(np.logical_and(first[:, None, :, None], second[None, :, None, :]))


def _paired(both: np.ndarray) -> np.ndarray:
    return both.reshape(both.shape[0] * both.shape[1], -1)


def _interleaving(counts: np.ndarray, channels: int) -> np.ndarray:
    """Order (channel, connection) entries so that all channels of one output cell lie together."""
    cell = np.tile(np.repeat(np.arange(counts.size), counts), channels)
    return np.argsort(cell, kind="stable")


def _index_type(entries: int, columns: int) -> np.dtype[Any]:
    return np.dtype(np.int32 if max(entries, columns) < 2**31 else np.int64)


def _readable(size: int) -> str:
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.4g} {unit}"
        size /= 1024  # type: ignore[assignment]
    return f"{size:.4g} TiB"
