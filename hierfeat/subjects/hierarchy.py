"""The subject of every analysis: a trained image CNN with what must be known to show it images."""

import hashlib
import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from math import isfinite
from typing import Any

import torch
from torch import Tensor, nn

from hierfeat.errors import HierfeatError
from hierfeat.subjects.calls import After, Before, Watch
from hierfeat.subjects.checks import checked_images
from hierfeat.subjects.guard import undisturbed
from hierfeat.subjects.layer_table import LayerTable
from hierfeat.subjects.ops import first_tensor
from hierfeat.subjects.provenance import provenance
from hierfeat.subjects.trace import trace


class Hierarchy:
    """A model on the bench: which input it takes, how images are normalised for it, and what its layers are.

    Parameters
    ----------
    model : torch.nn.Module
        Any image network: modules, functional calls, reused blocks and control flow that depends on the data.
        A compiled or data-parallel model is examined as the model that it wraps.
    input_shape : tuple of int
        (channels, height, width) of one image, in pixels.
    mean, std : sequence of float, optional
        Per channel, on images in [0, 1]; the hierarchy computes (image - mean)/std before the model.
    classes : sequence of str, optional
        Names of the model's outputs.
    name : str, optional
        For tables and figures; the class name of the model by default.

    Raises
    ------
    HierfeatError
        If the model is no module, is a TorchScript one, or a shape or normalisation makes no sense.

    Examples
    --------
    >>> import torch, hierfeat as hf
    >>> net = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2))
    >>> h = hf.Hierarchy(net, (1, 28, 28), mean=[0.5], std=[0.5])
    >>> list(h.layers.table.layer)
    ['0', '1', '2']
    """

    def __init__(
        self,
        model: nn.Module,
        input_shape: Sequence[int],
        *,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        classes: Sequence[str] | None = None,
        name: str | None = None,
    ) -> None:
        self.model = _unwrapped(model)
        self.input_shape = _checked_shape(input_shape)
        self.mean = _checked_channels("mean", mean, self.input_shape[0])
        self.std = _checked_channels("std", std, self.input_shape[0])
        if self.std is not None and min(self.std) <= 0:
            raise HierfeatError(f"expected a positive std for every channel, got {self.std}")
        self.classes = None if classes is None else tuple(str(label) for label in classes)
        self.name = name or type(self.model).__name__

    def __repr__(self) -> str:
        return f"Hierarchy({self.name!r}, input_shape={self.input_shape}, {len(self.layers)} layers)"

    @property
    def device(self) -> torch.device:
        """Where the model's first parameter lies."""
        return next((p.device for p in self.model.parameters()), torch.device("cpu"))

    @property
    def dtype(self) -> torch.dtype:
        """The floating-point type of the model's first parameter."""
        floats = (p.dtype for p in self.model.parameters() if p.is_floating_point())
        return next(floats, torch.get_default_dtype())

    @cached_property
    def layers(self) -> LayerTable:
        """Every layer call, in call order; found by running the model once (for shapes only, where it can be)."""
        return LayerTable.of(trace(self), provenance(self))

    @property
    def weights_sha256(self) -> str:
        """The sha256 of names, types, shapes and values of the model's parameters and buffers."""
        return _sha256({name: x for name, x in self.model.state_dict().items() if isinstance(x, Tensor)})

    def normalise(self, images: Tensor) -> Tensor:
        """Bring images in [0, 1], (N, C, H, W), to the model's device, type and normalisation.

        Returns a tensor that shares no memory with `images`: a model may start with an in-place operation.
        """
        moved = images.to(self.device, self.dtype)
        if self.mean is None and self.std is None:
            return moved.clone() if moved is images else moved
        shape = (1, -1, 1, 1)
        mean = torch.tensor(self.mean or (0.0,), device=moved.device, dtype=moved.dtype).view(shape)
        std = torch.tensor(self.std or (1.0,), device=moved.device, dtype=moved.dtype).view(shape)
        return (moved - mean) / std

    def forward(self, images: Tensor) -> Any:
        """Run the model on images in [0, 1], in the caller's gradient mode and inside whatever watches it."""
        return self.model(self.normalise(images))

    def __call__(self, images: Tensor) -> Tensor:
        """The model's output (class scores, as a rule) for images in [0, 1], in eval mode and without gradients."""
        images = checked_images(self, images)
        with undisturbed(self.model), torch.no_grad():
            output = first_tensor(self.forward(images))
        if output is None:
            raise HierfeatError(f"{self.name} returned no tensor")
        return output

    @contextmanager
    def watching(
        self,
        *,
        before: Before | None = None,
        after: After | None = None,
        writing: Callable[[Tensor], None] | None = None,
    ) -> Iterator[None]:
        """Within the block the model is in eval mode and `before` and `after` see each of its layer calls.

        Parameters
        ----------
        before : callable, optional
            ``before(call)``; a tensor that it returns is the call's output, and the operation is skipped.
        after : callable, optional
            ``after(call, output)``; a tensor that it returns takes the output's place.
        writing : callable, optional
            ``writing(tensor)``, just before a function that says so in its name or arguments writes into `tensor`.

        Notes
        -----
        A callback may raise :class:`hierfeat.subjects.calls.Stop` to end the forward pass there.
        Modes, buffers, ``requires_grad``, hooks and the global RNG are restored on exit, also after
        an exception.
        """
        with undisturbed(self.model), Watch(self.model, before=before, after=after, writing=writing):
            yield


def _sha256(tensors: dict[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name, tensor in tensors.items():
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        if not tensor.is_meta:
            digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _unwrapped(model: nn.Module) -> nn.Module:
    """The model itself, inside what compiles or distributes it: hooks do not see through those."""
    if not isinstance(model, nn.Module):
        raise HierfeatError(f"expected a torch.nn.Module as the model, got {type(model).__name__}")
    while isinstance(inner := _inner(model), nn.Module):
        model = inner
    if any(isinstance(module, torch.jit.ScriptModule) for module in model.modules()):
        raise HierfeatError(
            f"{type(model).__name__} is a TorchScript module, whose calls cannot be seen: "
            "pass the module it was made from"
        )
    return model


def _inner(model: nn.Module) -> Any:
    if isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
        return model.module
    return getattr(model, "_orig_mod", None)


def _checked_shape(shape: Sequence[int]) -> tuple[int, int, int]:
    try:
        sizes = tuple(operator.index(size) for size in shape)
    except TypeError:
        sizes = ()
    if len(sizes) != 3 or min(sizes) < 1:
        raise HierfeatError(f"expected input_shape as three positive ints (channels, height, width), got {shape!r}")
    return sizes[0], sizes[1], sizes[2]


def _checked_channels(name: str, values: Sequence[float] | None, channels: int) -> tuple[float, ...] | None:
    if values is None:
        return None
    try:
        numbers = tuple(float(value) for value in values)
    except (TypeError, ValueError):
        raise HierfeatError(f"expected one {name} per input channel, {channels} in all, got {values!r}") from None
    if not all(isfinite(number) for number in numbers):
        raise HierfeatError(f"expected a finite {name} for every channel, got {numbers}")
    if len(numbers) != channels:
        raise HierfeatError(f"expected one {name} per input channel, {channels} in all, got {len(numbers)}: {numbers}")
    return numbers
