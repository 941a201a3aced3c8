"""Operations on the meta device: shapes only, and without torch's slow Python kernels where these are plain.

torch's own meta kernels of batch norm, layer norm and several activations take a millisecond each, more than all
the interval arithmetic around them; their output is simply like their input.
"""

from typing import Any

import torch
from torch import Tensor

_LIKE_THE_INPUT = (
    "relu gelu silu sigmoid tanh hardtanh hardswish hardsigmoid leaky_relu elu mish softplus add sub mul div"
)
_BATCH_NORMS = ("native_batch_norm", "_native_batch_norm_legit_no_training")


def run_on_meta(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call `func`, whose tensors are all on the meta device."""
    name = func.overloadpacket.__name__
    if name in _LIKE_THE_INPUT.split() and not kwargs and _agree(args):
        return twin(args[0])
    if name == "convolution" and (shape := _convolved(*args)) is not None:
        return torch.empty(shape, device="meta", dtype=args[0].dtype)
    if name in _BATCH_NORMS:
        return twin(args[0]), *(torch.empty(0, device="meta") for _ in range(2))
    if name == "native_layer_norm":
        image, normalized = args[:2]
        ones = [*image.shape[: image.dim() - len(normalized)], *([1] * len(normalized))]
        return twin(image), *(torch.empty(ones, device="meta", dtype=image.dtype) for _ in range(2))
    return func(*args, **kwargs)


def _convolved(
    image: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: list[int],
    padding: list[int],
    dilation: list[int],
    transposed: bool,
    _output_padding: list[int],
    groups: int,
) -> list[int] | None:
    """The shape of an ordinary convolution's output; None where torch is to see to it, or to refuse it."""
    known = not transposed and image.is_contiguous() and image.dim() == weight.dim() and image.shape[0] > 0
    if not known or image.shape[1] != weight.shape[1] * groups or image.dtype != weight.dtype:
        return None
    axes = weight.dim() - 2
    settings = (list(values) * axes if len(values) == 1 else values for values in (stride, padding, dilation))
    sizes = zip(image.shape[2:], weight.shape[2:], *settings, strict=True)
    spatial = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in sizes]
    return [image.shape[0], weight.shape[0], *spatial] if min(spatial, default=0) > 0 else None


def _agree(args: tuple[Any, ...]) -> bool:
    """Whether the tensors among `args` have one shape and one floating-point type, so that the output has it too."""
    first = args[0]
    if not isinstance(first, Tensor) or not first.is_floating_point():
        return False
    others = (arg for arg in args[1:] if not isinstance(arg, int | float | str))
    return all(isinstance(arg, Tensor) and arg.shape == first.shape and arg.dtype == first.dtype for arg in others)


def twin(tensor: Tensor) -> Tensor:
    """A tensor like this one on the meta device."""
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta")


class Twins:
    """Stand-ins on the meta device for real tensors, one for each."""

    def __init__(self) -> None:
        self._pairs: dict[int, tuple[Tensor, Tensor]] = {}  # both kept alive, so that an id stays theirs

    def of(self, tensor: Tensor) -> Tensor:
        """The twin of `tensor`; itself if it is on the meta device."""
        if tensor.is_meta:
            return tensor
        if id(tensor) not in self._pairs:
            self._pairs[id(tensor)] = tensor, twin(tensor)
        return self._pairs[id(tensor)][1]

    def swap(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments of an operation with twins in place of the tensors, so that it runs on the meta device."""
        swapped = {name: self._swapped(value) for name, value in kwargs.items()}
        if swapped.get("device") is not None:
            swapped["device"] = torch.device("meta")
        return tuple(self._swapped(arg) for arg in args), swapped

    def _swapped(self, value: Any) -> Any:
        if isinstance(value, Tensor):
            return self.of(value)
        if isinstance(value, list | tuple) and value and not isinstance(value[0], int | float):
            return type(value)(self._swapped(item) for item in value)
        return value
