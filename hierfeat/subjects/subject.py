"""What is shown images: a model, with what must be known to show it images and to read its scores."""

import hashlib
import operator
from collections.abc import Sequence
from math import isfinite
from typing import Any

import torch
from torch import Tensor, nn

from hierfeat._values import words
from hierfeat.errors import HierfeatError, warn
from hierfeat.subjects._inputs import (
    Example,
    Output,
    advice,
    checked_example,
    checked_name,
    checked_output,
    further_inputs,
    read_output,
    unwrapped,
)
from hierfeat.subjects.call import FROM_CALLBACK, Ended
from hierfeat.subjects.precision import sent


class Subject:
    """The part of a :class:`hierfeat.Hierarchy`, where its parameters are described, that knows no layers."""

    def __init__(
        self,
        model: nn.Module,
        input_shape: Sequence[int],
        *,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        classes: Sequence[str] | None = None,
        name: str | None = None,
        example: Example | None = None,
        output: Output | None = None,
    ) -> None:
        self.model = unwrapped(model)
        self.input_shape = _checked_shape(input_shape)
        self.mean = _checked_channels("mean", mean, self.input_shape[0])
        self.std = _checked_channels("std", std, self.input_shape[0])
        if self.mean is not None and max(self.mean) > 1:
            raise HierfeatError(
                f"expected a mean on images in [0, 1], got {self.mean}: constants for images in 0..255; "
                "divide mean and std by 255, and pass images in [0, 1]"
            )
        if self.std is not None and min(self.std) <= 0:
            raise HierfeatError(f"expected a positive std for every channel, got {self.std}")
        self.classes = None if classes is None else words(classes, "classes", {})
        self.name = checked_name(name) or type(self.model).__name__
        self.example = checked_example(example)
        self.output = checked_output(output)
        self.notes: dict[str, Any] = {}  # what else provenance should say of the model
        self.range_known = (self.mean or self.std) is not None  # it takes images in [0, 1]
        self._finite: object = None  # the state in which the weights were last found finite

    @property
    def device(self) -> torch.device:
        """Where the model's first parameter lies."""
        return next((p.device for p in self.model.parameters()), torch.device("cpu"))

    @property
    def dtype(self) -> torch.dtype:
        """The floating-point type of the model's first parameter."""
        floats = (p.dtype for p in self.model.parameters() if p.is_floating_point())
        return next(floats, torch.get_default_dtype())

    @property
    def weights_sha256(self) -> str:
        """The sha256 of names, types, shapes and values of the model's parameters and buffers."""
        return _sha256({name: x for name, x in self.model.state_dict().items() if isinstance(x, Tensor)})

    @property
    def what_to_check(self) -> str:
        """What is most likely wrong, for the message of an error, where the model cannot run."""
        return advice(self.model)

    def warn_of_range(self, what: str) -> None:
        """Say, once, that a network without normalisation is shown `what`, whose grey is 0.5."""
        if not self.range_known:
            self.range_known = True
            warn(
                f"{self.name} has neither mean nor std and is shown {what}, in [0, 1] as they are, with a grey of 0.5: "
                "if it was trained on normalised images, give Hierarchy(mean=, std=); mean=[0] and std=[1] for each "
                "channel say that it was not"
            )

    def normalise(self, images: Tensor) -> Tensor:
        """Bring images in [0, 1], (N, C, H, W), to the model's device, type and normalisation.

        Returns a tensor that shares no memory with `images`: a model may start with an in-place operation.
        """
        moved = sent(_tensor(images, "images"), self.device, self.dtype)
        if self.mean is None and self.std is None:
            return moved.clone() if moved is images else moved
        mean, std = (
            sent(torch.tensor(values, dtype=moved.dtype).view(1, -1, 1, 1), moved.device)
            for values in (self.mean or (0.0,), self.std or (1.0,))
        )
        return (moved - mean).div_(std)  # in its own memory: more of it would cost as much as the sum

    def run(self, inputs: Tensor) -> Any:
        """Run the model on normalised images and whatever else it needs; its output as it is.

        The gradient mode is the caller's. `inputs` may be a leaf that requires a gradient, also where the model writes
        into its input. None if the pass ends behind a layer, see :meth:`hierfeat.Hierarchy.watching`.

        Raises
        ------
        HierfeatError
            If the model raises an error, or a parameter holds NaN or infinity.
        """
        if not _tensor(inputs, "inputs").is_meta:
            with torch._C.DisableTorchFunction():  # what watches the model need not see it: two looks a parameter
                self._check_weights()
        given = inputs.clone() if inputs.requires_grad and inputs.is_leaf else inputs
        args, kwargs = further_inputs(self.example, given)
        try:
            return self.model(given, *args, **kwargs)
        except Ended:
            return None
        except HierfeatError:
            raise
        except Exception as error:
            if FROM_CALLBACK in error.__dict__:  # not the model's
                raise
            raise HierfeatError(
                f"{self.name} failed on inputs of shape {tuple(inputs.shape)}: {type(error).__name__}: {error}; "
                f"{self.what_to_check}"
            ) from error

    def forward(self, images: Tensor) -> Any:
        """Run the model on images in [0, 1], in the caller's gradient mode and inside whatever watches it."""
        with torch._C.DisableTorchFunction():  # what watches the model need not see this
            inputs = self.normalise(images)
        return self.run(inputs)

    def read(self, output: Any) -> Tensor:
        """The scores in what the model returned, by the choice made as ``output=``, or its first tensor.

        Raises
        ------
        HierfeatError
            If there is no such part, or it is not a tensor.
        """
        return read_output(self.name, self.output, output)

    def scores(self, images: Tensor) -> Tensor:
        """The model's scores for images in [0, 1], in the caller's gradient mode and inside whatever watches it.

        Raises
        ------
        HierfeatError
            If there are no scores, or they hold NaN.
        """
        scores = self.read(self.forward(images))
        if scores.is_floating_point() and not scores.is_meta and bool(scores.isnan().any()):
            raise HierfeatError(
                f"{self.name} returned NaN for {tuple(images.shape)} images: check its weights and running statistics"
            )
        return scores

    def _check_weights(self) -> None:
        """Refuse NaN and infinity in parameters; looked for again only when a parameter has been written into."""
        state = tuple((id(p), -1 if p.is_inference() else p._version) for p in self.model.parameters())
        if state == self._finite:
            return
        for name, parameter in self.model.named_parameters():
            if parameter.is_floating_point() and not parameter.is_meta and not _is_finite(parameter):
                raise HierfeatError(
                    f"expected finite weights, got NaN or infinity in parameter {name!r} of {self.name}: "
                    "train it again, or load other weights"
                )
        self._finite = state


def _is_finite(tensor: Tensor) -> bool:
    """One sum is enough, as a rule: it is finite only if all values are."""
    values = tensor.detach()
    return bool(values.sum().isfinite()) or bool(values.isfinite().all())


def _sha256(tensors: dict[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name, tensor in tensors.items():
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        if not tensor.is_meta:
            digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


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


def _tensor(value: object, name: str) -> Tensor:
    if not isinstance(value, Tensor):
        raise HierfeatError(f"expected {name} as a tensor (N, channels, height, width), got {type(value).__name__}")
    return value
