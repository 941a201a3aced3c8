"""The spectrum of a convolution: how much it can stretch an image, frequency by frequency."""

from dataclasses import dataclass
from math import prod, sqrt

import numpy as np
import pandas as pd
from torch import nn

from hierfeat._result import Result, drawn
from hierfeat._values import sizes
from hierfeat.anatomy.lessons.convolution_matrix import window_of
from hierfeat.errors import HierfeatError
from hierfeat.subjects.arguments import checked


@dataclass(frozen=True, eq=False)
class SingularValues(Result):
    """The singular values of a convolution with circular padding.

    Attributes
    ----------
    table : pandas.DataFrame
        One row: ``outputs, inputs, rank, spectral_norm, frobenius_norm, smallest, status``. The status is ``EXACT`` for
        a layer whose padding is circular, else ``CIRCULAR TWIN``: the values are those of the same weights with
        circular padding, and approximate the layer's own the better the larger the image is beside the kernel.
    values : numpy.ndarray
        All singular values, largest first.
    gain : numpy.ndarray
        (rows, columns) the largest singular value at each spatial frequency, from -0.5 to 0.5 cycles per output cell
        with zero in the centre.
    """

    values: np.ndarray
    gain: np.ndarray

    plot = drawn("kernels.plot_singular_values")


@checked()
def singular_values(conv: nn.Conv2d, input_shape: tuple[int, int, int]) -> SingularValues:
    """Compute all singular values of a convolution from the Fourier transform of its kernels.

    Parameters
    ----------
    conv
        Any kernel, dilation and groups; the stride must divide the input size.
    input_shape
        (channels, height, width) of one image.

    Returns
    -------
    SingularValues
        As many values as the smaller side of the matrix; ``.table`` says whether they are exact for this layer.

    Raises
    ------
    HierfeatError
        If the layer is not a Conv2d, the shape does not fit, or the stride does not divide it.

    Notes
    -----
    With circular padding the matrix is block circulant, and the Fourier transform takes it apart into one small
    (channels out × channels in) matrix per spatial frequency: the singular values are theirs (Sedghi et al. 2019).
    A stride s folds s·s frequencies onto one, so that the small matrices stand side by side, divided by s. Where
    the padding lies shifts the output and changes no singular value. In float64.

    References
    ----------
    Sedghi, H., Gupta, V. and Long, P. M. (2019). The singular values of convolutional layers. ICLR.

    Examples
    --------
    >>> import torch
    >>> conv = torch.nn.Conv2d(1, 1, 3, padding=1, padding_mode="circular", bias=False)
    >>> _ = torch.nn.init.constant_(conv.weight, 1 / 9)
    >>> singular_values(conv, (1, 8, 8)).table.spectral_norm.round(6).tolist()
    [1.0]
    """
    _check(conv, input_shape)
    height, width = input_shape[1:]
    spectra = np.fft.fft2(_embedded(conv, height, width))
    folded = _folded(spectra, conv.stride)
    each = np.linalg.svd(folded.transpose(2, 3, 0, 1), compute_uv=False)
    values = np.sort(each.ravel())[::-1]
    outputs = conv.out_channels * height * width // prod(conv.stride)
    row = {
        "outputs": outputs,
        "inputs": prod(input_shape),
        "rank": int((values > values[0] * max(outputs, prod(input_shape)) * np.finfo(float).eps).sum()),
        "spectral_norm": values[0],
        "frobenius_norm": float(np.linalg.norm(values)),
        "smallest": values[-1],
        "status": _status(conv, height, width),
    }
    return SingularValues(
        table=pd.DataFrame([row]),
        provenance={"parameters": {"conv": repr(conv), "input_shape": list(input_shape)}},
        values=np.ascontiguousarray(values),
        gain=np.ascontiguousarray(np.fft.fftshift(each[..., 0])),
    )


def _check(conv: nn.Conv2d, input_shape: tuple[int, ...]) -> None:
    if not isinstance(conv, nn.Conv2d):
        raise HierfeatError(f"expected a torch.nn.Conv2d, got {type(conv).__name__}")
    input_shape = sizes(input_shape, "input_shape")
    if len(input_shape) != 3 or input_shape[0] != conv.in_channels or min(input_shape) < 1:
        raise HierfeatError(f"expected input_shape ({conv.in_channels}, height, width), got {tuple(input_shape)}")
    for size, stride, name in zip(input_shape[1:], conv.stride, ("height", "width"), strict=True):
        if size % stride:
            raise HierfeatError(
                f"a stride of {stride} does not divide the {name} of {size}, so the matrix is not block circulant; "
                "use a size that it divides, or the dense SVD of convolution_matrix"
            )


def _embedded(conv: nn.Conv2d, height: int, width: int) -> np.ndarray:
    """Lay every kernel, dilated, on a torus of the image's size: (out, in, height, width); weights that meet add."""
    weight = conv.weight.detach().cpu().double().numpy()
    outputs, per_group, rows, columns = weight.shape
    torus = np.zeros((outputs, conv.in_channels, height, width))
    for channel in range(outputs):
        first = channel // (outputs // conv.groups) * per_group
        for row, column in np.ndindex(rows, columns):
            place = (row * conv.dilation[0] % height, column * conv.dilation[1] % width)
            torus[channel, first : first + per_group, *place] += weight[channel, :, row, column]
    return torus


def _folded(spectra: np.ndarray, stride: tuple[int, ...]) -> np.ndarray:
    """Put the frequencies that a stride makes one side by side: (out, in·s·s, height/s, width/s)."""
    outputs, inputs, height, width = spectra.shape
    down, right = stride
    split = spectra.reshape(outputs, inputs, down, height // down, right, width // right)
    aliases = split.transpose(0, 1, 2, 4, 3, 5).reshape(outputs, -1, height // down, width // right)
    return np.asarray(aliases / sqrt(down * right))


def _status(conv: nn.Conv2d, height: int, width: int) -> str:
    """Whether the layer itself is block circulant: circular padding that gives every position of the torus."""
    if conv.padding_mode != "circular":
        return "CIRCULAR TWIN"
    places = tuple(len(axis) for axis in window_of(conv, (conv.in_channels, height, width)).axes)
    return "EXACT" if places == (height // conv.stride[0], width // conv.stride[1]) else "CIRCULAR TWIN"
