"""The list of a model's layers, from one forward pass: for shapes alone, where that can be.

Nothing is computed on the meta device, so that a big net takes no longer than a small one. torch's own meta kernels of
batch norm, layer norm and several activations take a millisecond each, more than all the work around them, although
their output is like their input; :func:`run_on_meta` has its own.
"""

import gc
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter
from torch.utils.flop_counter import flop_registry

from hierfeat.errors import HierfeatError
from hierfeat.subjects.call import Call
from hierfeat.subjects.calls import Watch
from hierfeat.subjects.guard import Guard, undisturbed
from hierfeat.subjects.layer import Layer, describe, parameters_of
from hierfeat.subjects.subject import Subject

T = TypeVar("T")


class Trace:
    """What one forward pass of one image, or of a few alike, shows.

    Attributes
    ----------
    layers
        Every layer call, in call order.
    folded
        The length of the first axis for one image, of layers where it is not 1: rows, windows or tokens lie there.
    needs_values
        Whether it took a real image: the model's control flow may depend on what it is shown.
    """

    def __init__(self) -> None:
        self.layers: list[Layer] = []
        self.folded: dict[str, int] = {}
        self.needs_values = False
        self._axes: list[int] = []  # of each layer's output
        self._flops: dict[str, int] = {}  # at the start of each call: a layer may hold another one
        self._counted: set[int] = set()  # parameters that a row has already

    def run(self, h: Subject, image: Tensor) -> "Trace":
        """Watch the forward pass of `image`, (1, C, H, W), or of as many as its first axis says."""
        count = len(image)

        def before(call: Call) -> None:
            self._flops[call.name] = dry.flops

        def after(call: Call, output: Tensor) -> None:
            own = {id(p): p for p in parameters_of(call) if id(p) not in self._counted}
            self._counted |= own.keys()
            counts = {
                "parameters": sum(p.numel() for p in own.values()),
                "trainable": sum(p.numel() for p in own.values() if p.requires_grad),
            }
            macs = (dry.flops - self._flops[call.name]) // 2 // count
            layer = describe(call, output, macs, **counts)
            self.layers.append(layer if count == 1 else replace(layer, memory=layer.memory // count))
            self._axes.append(output.ndim)
            if output.ndim and output.shape[0] != count:
                self.folded[call.name] = int(output.shape[0])

        with undisturbed(h.model), torch.no_grad(), DryRun() as dry, Watch(h.model, before=before, after=after):
            h.run(image)
        self.needs_values = not image.is_meta
        return self

    def with_two(self, h: Subject) -> "Trace":
        """This, but for layers in which ``squeeze()`` drops the axis of a single image, as two images show them."""
        names = [layer.name for layer in self.layers]
        try:
            two, _ = one_forward(h, lambda image: Trace().run(h, image.repeat(2, 1, 1, 1)))
        except HierfeatError:
            return self
        if names != [layer.name for layer in two.layers]:
            return self
        for place, name in enumerate(names):
            if self._axes[place] < two._axes[place] and name not in two.folded:
                self.layers[place] = two.layers[place]
                self.folded.pop(name, None)
        return self

    def uncounted(self, h: Subject) -> dict[str, tuple[int, int]]:
        """Parameters that no layer call uses by itself, by their names: the size, and how much of it is trained."""
        rest = {name: p for name, p in h.model.named_parameters() if id(p) not in self._counted}
        return {name: (p.numel(), p.numel() if p.requires_grad else 0) for name, p in rest.items()}


def trace(h: Subject) -> Trace:
    """Run the model of `h` once and describe each layer call, in call order; see :func:`one_forward`."""
    found, _ = one_forward(h, lambda image: Trace().run(h, image))
    return found.with_two(h) if found.folded else found


def one_forward(h: Subject, run: Callable[[Tensor], T]) -> tuple[T, str]:
    """Return ``run(image)`` for an image without data, or a real one, and which of them it was.

    On an image of the meta device a model computes shapes only, in no time. Where its control flow
    depends on the data, `run` gets one image of uniform noise.

    Raises
    ------
    HierfeatError
        If the model cannot take an input of this shape.
    """
    try:
        with uncollected():
            return run(torch.empty(1, *h.input_shape, dtype=h.dtype, device="meta")), "meta"
    except Exception as error:  # whatever a shape-only run cannot do, a real one may
        if h.device.type == "meta":
            cause = error.__cause__ or error
            raise HierfeatError(f"{h.name} has no weights (meta device) and needs them to run: {cause}") from cause
        noise = torch.rand(1, *h.input_shape, generator=torch.Generator().manual_seed(0))
    try:
        return run(noise.to(h.device, h.dtype)), "one image of noise"
    except Exception as error:
        cause = error.__cause__ or error
        raise HierfeatError(
            f"{h.name} cannot run on an input of shape {(1, *h.input_shape)}: {type(cause).__name__}: {cause}; "
            f"{h.what_to_check}"
        ) from cause


class uncollected(Guard):
    """Without Python's garbage collector, which looks at all that lives whenever some thousand objects have been made.

    For what makes many, and ends within seconds: of the time of large networks' fields it takes a sixth.
    """

    def _save(self) -> None:
        self._was = gc.isenabled()

    def _apply(self) -> None:
        gc.disable()

    def _restore(self) -> None:
        if self._was:
            gc.enable()


class DryRun(TorchDispatchMode):
    """Carries operations out on the meta device, and counts their floating-point operations.

    Attributes
    ----------
    flops
        The count so far, by the rules of ``torch.utils.flop_counter``.

    Notes
    -----
    A real tensor that meets a meta tensor is replaced by a meta twin for that operation; operations on
    real tensors alone (of weights, say) are carried out as they are. What was written into from a
    meta tensor counts as meta from then on. The model's own tensors are never touched.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.flops = 0
        self._twins = Twins()
        self._overwritten: set[int] = set()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        tensors = [item for item in tree_iter((args, kwargs)) if isinstance(item, Tensor)]
        if not any(self._is_meta(tensor) for tensor in tensors):
            return self._counted(func, args, kwargs, on_meta=False)
        self._note_writes(func, args)
        args, kwargs = self._twins.swap(args, kwargs)
        return self._counted(func, args, kwargs, on_meta=True)

    def _counted(
        self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], *, on_meta: bool
    ) -> Any:
        out = run_on_meta(func, args, kwargs) if on_meta else func(*args, **kwargs)
        count = flop_registry.get(getattr(func, "overloadpacket", None))
        if count is not None:
            self.flops += int(count(*args, **kwargs, out_val=out))
        return out

    def _is_meta(self, tensor: Tensor) -> bool:
        return tensor.is_meta or tensor.untyped_storage()._cdata in self._overwritten

    def _note_writes(self, func: Any, args: tuple[Any, ...]) -> None:
        for argument, value in zip(func._schema.arguments, args, strict=False):
            written = argument.alias_info is not None and argument.alias_info.is_write
            if written and isinstance(value, Tensor) and not value.is_meta:
                self._overwritten.add(value.untyped_storage()._cdata)
                self._twins.of(value)


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
    _bias: Tensor | None,
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
