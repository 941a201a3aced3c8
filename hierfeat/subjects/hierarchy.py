"""The subject of every analysis: a trained image CNN with what must be known to show it images."""

import hashlib
import operator
from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any

import torch
from torch import Tensor, nn

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
    structure_of,
    unwrapped,
)
from hierfeat.subjects.call import After, Before, Ended
from hierfeat.subjects.calls import FROM_CALLBACK, Watch, Watching
from hierfeat.subjects.checks import checked_images
from hierfeat.subjects.guard import settled, undisturbed
from hierfeat.subjects.layer_table import Layers, LayerTable
from hierfeat.subjects.precision import sent
from hierfeat.subjects.provenance import provenance
from hierfeat.subjects.scores import checked_classes
from hierfeat.subjects.submodel import Submodel
from hierfeat.subjects.trace import trace
from hierfeat.subjects.values import words


class Hierarchy:
    """A model to be examined: which input it takes, how images are normalised for it, and what its layers are.

    Parameters
    ----------
    model
        Any image network: modules, functional calls, reused blocks and control flow that depends on the data.
        A compiled or data-parallel model is examined as the model that it wraps.
    input_shape
        (channels, height, width) of one image, in pixels.
    mean, std
        Per channel, on images in [0, 1]; the hierarchy computes (image - mean)/std before the model.
    classes
        Names of the model's outputs.
    name
        For tables and figures; the class name of the model by default.
    example
        What the model needs beside the images: further positional inputs as a tuple (a tensor with a first axis of 1
        is repeated for each image), keyword inputs as a dict, or a function that makes either of them. The function is
        given the normalised images, or nothing if it takes no argument: ``lambda images: (images,)`` shows both eyes
        of a siamese network the same.
    output
        Which part of the model's output is its scores, where that is a tuple, list or dict: an index, a key, or a
        function of the whole output. By default its first tensor.

    Raises
    ------
    HierfeatError
        If the model is not a module, is a TorchScript or quantised one, or a shape or normalisation makes no sense.

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
        self._table: tuple[object, LayerTable] | None = None
        self._may_end = False  # whether every image takes the same way through the model
        self._last: dict[Layers, str | None] = {}  # see last_of
        self.range_known = (self.mean or self.std) is not None  # it takes images in [0, 1]
        self._finite: object = None  # the state in which the weights were last found finite

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

    @property
    def layers(self) -> LayerTable:
        """Every layer call, in call order; found by running the model once (for shapes only, where it can be).

        Found again when the model's modules, the shapes of their parameters or their settings have changed since (of
        modules that are not torch's: flags and texts; after a change of a number there, make a new Hierarchy).
        """
        structure = (structure_of(self.model), self.input_shape)
        if self._table is None or self._table[0] != structure:
            traced = settled(lambda: trace(self))
            rest = traced.uncounted(self)
            table = LayerTable.of(traced.layers, provenance(self), folded=traced.folded, uncounted=rest)
            self._table, self._may_end, self._last = (structure, table), not traced.needs_values, {}
        return self._table[1]

    def last_of(self, layers: Layers) -> str | None:
        """The last of some layers in call order, for ``watching(until=)``: behind it nothing more need run.

        None where layers may come behind it that no table knows: the model's control flow depends on what it is shown.

        Examples
        --------
        >>> import hierfeat as hf
        >>> hf.load("lenet5-digits").last_of("pool")
        'pool2'
        """
        table, items = self.layers, layers if isinstance(layers, str) else tuple(layers)
        if items not in self._last:
            self._last[items] = table.select(layers)[-1].name if self._may_end else None
        return self._last[items]

    @property
    def weights_sha256(self) -> str:
        """The sha256 of names, types, shapes and values of the model's parameters and buffers."""
        return _sha256({name: x for name, x in self.model.state_dict().items() if isinstance(x, Tensor)})

    @property
    def what_to_check(self) -> str:
        """What is most likely wrong, for the message of an error, where the model cannot run."""
        return advice(self.model)

    def to(self, *args: Any, **kwargs: Any) -> "Hierarchy":
        """Move the model to a device or type, as ``torch.nn.Module.to`` does; images follow it by themselves.

        Examples
        --------
        >>> import hierfeat as hf
        >>> hf.load("lenet5-digits").to("cpu").device
        device(type='cpu')
        """
        self.model.to(*args, **kwargs)
        return self

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
        moved = sent(images, self.device, self.dtype)
        if self.mean is None and self.std is None:
            return moved.clone() if moved is images else moved
        mean, std = (
            sent(torch.tensor(values, dtype=moved.dtype).view(1, -1, 1, 1), moved.device)
            for values in (self.mean or (0.0,), self.std or (1.0,))
        )
        return (moved - mean) / std

    def run(self, inputs: Tensor) -> Any:
        """Run the model on normalised images and whatever else it needs; its output as it is.

        The gradient mode is the caller's. `inputs` may be a leaf that requires a gradient, also where the model writes
        into its input. None if the pass ends behind a layer, see :meth:`watching`.

        Raises
        ------
        HierfeatError
            If the model raises an error, or a parameter holds NaN or infinity.
        """
        if not inputs.is_meta:
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
        return self.run(self.normalise(images))

    def read(self, output: Any) -> Tensor:
        """The scores in what the model returned, by the choice made as ``output=``; its first tensor by default.

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

    def class_scores(self, images: Tensor) -> Tensor:
        """The scores, if they are one for each class, (N, classes); as :meth:`scores` otherwise.

        Raises
        ------
        HierfeatError
            If they have another shape, or fewer than two classes.
        """
        return checked_classes(self, self.scores(images), len(images))

    def __call__(self, images: Tensor) -> Tensor:
        """The model's output (class scores, as a rule) for images in [0, 1], in eval mode and without gradients."""
        images = checked_images(self, images)

        def run() -> Tensor:
            found: list[Tensor] = []
            with undisturbed(self.model), torch.no_grad(), Watch(self.model):
                found.append(self.scores(images))
            return found[0]

        return settled(run)

    def watching(
        self,
        *,
        before: Before | None = None,
        after: After | None = None,
        writing: Callable[[Tensor], None] | None = None,
        until: str | None = None,
    ) -> "Watching":
        """Within the block the model is in eval mode and `before` and `after` see each of its layer calls.

        Parameters
        ----------
        before
            ``before(call)``; a tensor that it returns is the call's output, and the operation is skipped.
        after
            ``after(call, output)``; a tensor that it returns takes the output's place.
        writing
            ``writing(tensor)``, just before a function that says so in its name or arguments writes into `tensor`.
        until
            The layer behind which a forward pass ends: :meth:`run` and :meth:`forward` then return None.

        Notes
        -----
        A callback may raise :class:`hierfeat.Stop` to end the block there.
        Modes, buffers, ``requires_grad``, hooks and the global RNG are restored on exit, also after
        an exception. The gradient mode is the caller's.

        Examples
        --------
        What the class scores become without the third map of a layer, and with another one in its place:

        >>> import torch, hierfeat as hf
        >>> h, images = hf.load("lenet5-digits"), hf.digits(split="test")[0][:8]
        >>> def without(call: hf.Call, output: torch.Tensor) -> torch.Tensor | None:
        ...     if call.name == "conv1":
        ...         output = output.clone()
        ...         output[:, 2] = 0
        ...         return output
        >>> with torch.no_grad(), h.watching(after=without):
        ...     scores = h.forward(images)
        >>> bool((scores != h(images)).any())
        True
        """
        return Watching(self.model, before=before, after=after, writing=writing, until=until)

    def submodel(self, layer: str) -> nn.Module:
        """The network up to and with a layer, as a module: for other libraries, and for loops of one's own.

        Parameters
        ----------
        layer
            A layer's name, a repeated or functional call among them.

        Returns
        -------
        torch.nn.Module
            Takes images in [0, 1], (N, C, H, W), and returns the layer's output. Weights are shared with the model,
            which runs in eval mode and is left as it was; the gradient mode is the caller's, and gradients flow to
            images and weights.

        Raises
        ------
        HierfeatError
            If there is no such layer.

        Examples
        --------
        >>> import torch, hierfeat as hf
        >>> hf.load("lenet5-digits").submodel("pool1")(torch.rand(2, 1, 32, 32)).shape
        torch.Size([2, 6, 14, 14])
        """
        return Submodel(self, self.layers[layer].name)

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


def replace_model(h: Hierarchy, model: nn.Module, name: str) -> Hierarchy:
    """A hierarchy of another model that is shown images, and read, as that of `h`."""
    options: dict[str, Any] = {"mean": h.mean, "std": h.std, "classes": h.classes}
    made = Hierarchy(model, h.input_shape, name=name, example=h.example, output=h.output, **options)
    made.range_known = h.range_known
    return made


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
