"""Convolution as an image modifier: one kernel, laid on a photograph."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from numpy.typing import ArrayLike

from hierfeat._result import Result, drawn
from hierfeat._values import Given, choice, numbers, whole
from hierfeat.errors import HierfeatError
from hierfeat.subjects.arguments import checked
from hierfeat.subjects.output_size import formula, same_padding

PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]
_TORCH_MODE = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}


@dataclass(frozen=True, eq=False)
class AppliedKernels(Result):
    """What kernels made of an image.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per kernel: ``kernel, operation, rows, columns, formula, minimum, maximum, mean``; rows and columns of
        the output, and the formula of its height.
    image : numpy.ndarray
        The image as it was used: (H, W) or (H, W, channels), floating point.
    kernels, outputs : dict of numpy.ndarray
        Name to kernel, and name to output, (rows, columns) or (rows, columns, channels).
    """

    image: np.ndarray
    kernels: dict[str, np.ndarray]
    outputs: dict[str, np.ndarray]

    @property
    def output(self) -> np.ndarray:
        """The output of the first (often the only) kernel."""
        return next(iter(self.outputs.values()))

    plot = drawn("kernels.plot_applied_kernels")


def _padding(value: Any, name: str, given: Given) -> int | str:
    """Pixels, or 'same'."""
    return "same" if isinstance(value, str) and value == "same" else whole(0, 2**16)(value, name, given)


@checked(
    stride=whole(1, 2**16),
    dilation=whole(1, 2**16),
    padding=_padding,
    padding_mode=choice(*_TORCH_MODE),
    operation=choice("correlation", "convolution"),
)
def apply_kernel(
    image: "ArrayLike | torch.Tensor",
    kernel: "ArrayLike | Mapping[str, ArrayLike]",
    *,
    stride: int = 1,
    padding: int | Literal["same"] = 0,
    padding_mode: PaddingMode = "zeros",
    dilation: int = 1,
    operation: Literal["correlation", "convolution"] = "correlation",
) -> AppliedKernels:
    """Lay a kernel on an image, as the first layer of a CNN does with its learned ones.

    Parameters
    ----------
    image
        Array (H, W) or (H, W, channels), tensor (H, W) or (channels, H, W). Bytes are scaled to [0, 1]. Every
        channel meets the kernel on its own.
    kernel
        (rows, columns) weights, or several such kernels by name.
    stride
        Step of the kernel, in pixels.
    padding
        Pixels added on every side; "same" keeps the size at stride 1.
    padding_mode
        What the padding holds, as in ``torch.nn.Conv2d``.
    dilation
        Spacing of the kernel's weights, in pixels.
    operation
        What CNN libraries compute, the kernel as it is; or the mathematician's convolution, the kernel flipped in
        both axes first.

    Returns
    -------
    AppliedKernels
        ``.output`` for one kernel, ``.outputs`` by name for several.

    Raises
    ------
    HierfeatError
        If shapes do not fit, numbers are not finite, or the padding asks for more pixels than the image has.

    Notes
    -----
    Correlation: ``y[i, j] = Σ k[m, n] · x[i·s + m·d - p, j·s + n·d - p]``. Convolution is the same with
    ``k[M-1-m, N-1-n]``: the two differ by a flip, and agree for kernels that are symmetric about their centre.

    References
    ----------
    Dumoulin, V. and Visin, F. (2016). A guide to convolution arithmetic for deep learning. arXiv:1603.07285.

    Examples
    --------
    >>> import numpy as np
    >>> step = np.array([[1.0, 1, 0, 0]] * 3)
    >>> sobel = np.array([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])
    >>> apply_kernel(step, sobel).output
    array([[4., 4.]])
    >>> apply_kernel(step, sobel, operation="convolution").output
    array([[-4., -4.]])
    """
    pixels = _pixels(image)
    kernels = {name: _weights(name, value) for name, value in _named(kernel).items()}
    outputs, rows = {}, []
    for name, weights in kernels.items():
        sides = _sides(weights, padding, dilation)
        written = _written(pixels, weights, sides, stride, dilation)
        laid = weights[::-1, ::-1] if operation == "convolution" else weights
        output = _correlate(_padded(pixels, sides, padding_mode), laid, stride, dilation)
        outputs[name] = output if pixels.ndim == 3 else output[..., 0]
        rows.append({"kernel": name, "operation": operation} | _summary(outputs[name], written))
    parameters = {"stride": stride, "padding": padding, "padding_mode": padding_mode, "dilation": dilation}
    provenance = {"parameters": parameters | {"operation": operation}}
    return AppliedKernels(pd.DataFrame(rows), provenance, image=pixels, kernels=kernels, outputs=outputs)


def _pixels(image: "ArrayLike | torch.Tensor") -> np.ndarray:
    """Give the image as a float array (H, W) or (H, W, channels)."""
    if isinstance(image, torch.Tensor):
        array = image.detach().cpu().numpy() if image.dtype != torch.bfloat16 else image.detach().float().cpu().numpy()
        array = np.moveaxis(array, 0, -1) if array.ndim == 3 else array
    else:
        array = image if isinstance(image, np.ndarray) else numbers(image, "image")
    if array.ndim not in (2, 3) or 0 in array.shape:
        raise HierfeatError(
            "expected one image: an array (H, W) or (H, W, channels), or a tensor (H, W) or (channels, H, W); "
            f"got shape {tuple(array.shape)}"
        )
    if array.dtype.kind not in "fiub":
        raise HierfeatError(f"expected an image of real numbers, got dtype {array.dtype}")
    pixels = array / 255 if array.dtype == np.uint8 else array.astype(float)
    if not np.isfinite(pixels).all():
        raise HierfeatError("expected finite pixels, got NaN or infinity; replace them first")
    return np.ascontiguousarray(pixels, dtype=float)


def _named(kernel: "ArrayLike | Mapping[str, ArrayLike]") -> Mapping[str, ArrayLike]:
    named = kernel if isinstance(kernel, Mapping) else {"kernel": kernel}
    if not named:
        raise HierfeatError("expected at least one kernel, got an empty mapping")
    return named


def _weights(name: str, kernel: ArrayLike) -> np.ndarray:
    if isinstance(kernel, str):
        raise HierfeatError(f"expected a kernel's weights, got the name {kernel!r}: pass image_kernels()[{kernel!r}]")
    weights = numbers(kernel, f"the kernel {name!r}")
    if weights.ndim != 2 or weights.size == 0:
        raise HierfeatError(f"expected {name!r} as (rows, columns) weights, got shape {weights.shape}")
    if not np.isfinite(weights).all():
        raise HierfeatError(f"expected finite weights in {name!r}, got NaN or infinity")
    return weights


_Sides = tuple[tuple[int, int], tuple[int, int]]


def _sides(weights: np.ndarray, padding: int | str, dilation: int) -> _Sides:
    """Give the padding (before, after) of rows and of columns."""
    if isinstance(padding, str):
        return same_padding(weights.shape[0], dilation), same_padding(weights.shape[1], dilation)
    return (padding, padding), (padding, padding)


def _written(pixels: np.ndarray, weights: np.ndarray, sides: _Sides, stride: int, dilation: int) -> str:
    """Work the output's height out; a setting that cannot be is refused here, for rows and for columns."""
    rows, _ = (formula(pixels.shape[axis], weights.shape[axis], sides[axis], stride, dilation) for axis in (0, 1))
    return rows


def _padded(pixels: np.ndarray, sides: _Sides, mode: str) -> torch.Tensor:
    """Give (channels, 1, rows, columns) with the padding filled."""
    for size, name, side in zip(pixels.shape, ("rows", "columns"), sides, strict=False):
        most = {"reflect": size - 1, "circular": size}.get(mode, max(side))
        if max(side) > most:
            raise HierfeatError(
                f"padding_mode={mode!r} can fill at most {most} {name} from an image with {size}, got padding {side}"
            )
    stacked = torch.from_numpy(np.atleast_3d(pixels)).permute(2, 0, 1).unsqueeze(1)
    return F.pad(stacked, (*sides[1], *sides[0]), mode=_TORCH_MODE[mode])


def _correlate(padded: torch.Tensor, weights: np.ndarray, stride: int, dilation: int) -> np.ndarray:
    kernel = torch.from_numpy(weights.copy())[None, None]
    output = F.conv2d(padded, kernel, stride=stride, dilation=dilation)[:, 0].permute(1, 2, 0)
    return np.ascontiguousarray(output.numpy())


def _summary(output: np.ndarray, written: str) -> dict[str, object]:
    return {
        "rows": output.shape[0],
        "columns": output.shape[1],
        "formula": written,
        "minimum": output.min(),
        "maximum": output.max(),
        "mean": output.mean(),
    }
