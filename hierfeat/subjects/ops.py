"""Which torch functions are layers, of which kind, and how to read their settings from a call."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

KINDS = ("conv", "pool", "activation", "linear", "norm", "add", "concat", "other")

_DIMENSIONS = ("1d", "2d", "3d")
_POOLS = ("max_pool", "avg_pool", "lp_pool", "adaptive_max_pool", "adaptive_avg_pool", "fractional_max_pool")
_ACTIVATIONS = (
    "relu relu6 leaky_relu prelu rrelu elu selu celu gelu silu mish glu softplus softsign softmax softmin log_softmax "
    "logsigmoid sigmoid log_sigmoid tanh hardtanh hardsigmoid hardswish hardshrink softshrink tanhshrink threshold"
)
_NORMS = "batch_norm layer_norm group_norm instance_norm local_response_norm rms_norm"
_OTHERS = (
    "dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout flatten interpolate upsample "
    "grid_sample pixel_shuffle pixel_unshuffle channel_shuffle fold unfold max_unpool1d max_unpool2d max_unpool3d "
    "multi_head_attention_forward scaled_dot_product_attention"
)

_TABLE: dict[str, str] = {
    **{f"conv{d}": "conv" for d in _DIMENSIONS},
    **{f"conv_transpose{d}": "conv" for d in _DIMENSIONS},
    **{f"{pool}{d}": "pool" for pool in _POOLS for d in _DIMENSIONS},
    **dict.fromkeys(_ACTIVATIONS.split(), "activation"),
    **dict.fromkeys(_NORMS.split(), "norm"),
    **dict.fromkeys(_OTHERS.split(), "other"),
    "linear": "linear",
    "bilinear": "linear",
    "linear_dynamic": "linear",  # of a network quantised dynamically
}
_SYNONYMS = {"concat": "cat", "concatenate": "cat", "clip": "clamp", "log_sigmoid": "logsigmoid", "iadd": "add"}
_OVERLOADS = {  # operators below the level of torch functions, which exported and traced graphs call
    "native_batch_norm_legit_no_training": "batch_norm",
    "native_batch_norm_legit": "batch_norm",
    "native_batch_norm": "batch_norm",
    "native_layer_norm": "layer_norm",
    "native_group_norm": "group_norm",
    "upsample_nearest2d": "interpolate",
    "upsample_bilinear2d": "interpolate",
    "native_dropout": "dropout",
}

_NATIVE_KINDS: tuple[tuple[tuple[type[nn.Module], ...], str], ...] = (
    ((nn.modules.conv._ConvNd,), "conv"),
    ((nn.Linear, nn.Bilinear), "linear"),
    ((nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm, nn.LocalResponseNorm, nn.RMSNorm), "norm"),
)


def kind_of(op: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str | None:
    """Return the kind of a call of function `op` that is a layer, or None."""
    kind = _TABLE.get(op)
    if kind is not None:
        return kind
    special = _SPECIAL.get(op)
    return None if special is None else special(args, kwargs)


@cache
def op_name(func: Callable[..., Any]) -> str:
    """The name of a torch function without the marks of its in-place, private and indexed variants."""
    if isinstance(func, torch._ops.OpOverload):
        name = func._schema.name.rpartition(":")[2].strip("_").removesuffix("_with_indices")
        return _OVERLOADS.get(name, _SYNONYMS.get(name, name))
    name = getattr(func, "__name__", "").strip("_").removesuffix("_with_indices")
    return _SYNONYMS.get(name, name)


def as_function(
    func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[str, tuple[Any, ...], Mapping[str, Any]]:
    """The name of a function, and its arguments in the order of ``torch.nn.functional``.

    Only two operators of traced graphs have another order: ``aten.convolution``, which is every convolution, and
    ``aten.addmm``, which is ``linear``.
    """
    op = op_name(func)
    if not isinstance(func, torch._ops.OpOverload):
        return op, args, kwargs
    if op == "convolution":
        image, weight, bias, stride, padding, dilation, transposed, output_padding, groups = args
        axes = f"{weight.ndim - 2}d"
        if transposed:
            return f"conv_transpose{axes}", (image, weight, bias, stride, padding, output_padding, groups, dilation), {}
        return f"conv{axes}", (image, weight, bias, stride, padding, dilation, groups), {}
    if op == "addmm" and len(args) == 3:
        return "linear", (args[1], args[2].t(), args[0]), {}
    return op, args, kwargs


def written_by(func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[Tensor]:
    """The tensors that a function is about to write into, as far as its name, schema and arguments say.

    Functions that hand out a tensor's memory uncounted (``.data``, ``numpy()``) count as writing: what is done with
    that memory is seen by nobody.
    """
    if kwargs:
        if kwargs.get("inplace"):
            return all_tensors(args or tuple(kwargs.values()))[:1]
        if (out := kwargs.get("out")) is not None:
            return all_tensors(out)
    if isinstance(func, torch._ops.OpOverload):
        return written_values(func, args, kwargs)
    if not _is_inplace(func):
        return []
    first = args[0] if args else next(iter(kwargs.values()), None)
    return all_tensors(first)


@cache
def written_arguments(func: Any) -> tuple[int | str, ...]:
    """Which arguments an operator writes: positions, or names where they are keyword-only."""
    if not func._schema.is_mutable:
        return ()
    return tuple(
        argument.name if argument.kwarg_only else position
        for position, argument in enumerate(func._schema.arguments)
        if argument.alias_info is not None and argument.alias_info.is_write
    )


def written_values(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[Tensor]:
    """The tensors that an operator writes, by its schema."""
    return [tensor for where in written_arguments(func) for tensor in all_tensors(_argument(where, args, kwargs))]


def _argument(where: int | str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    if isinstance(where, str):
        return kwargs.get(where)
    return args[where] if where < len(args) else None


def all_tensors(value: Any) -> list[Tensor]:
    """Every tensor in a tensor, tuple, list or dict."""
    if isinstance(value, Tensor):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [tensor for item in items for tensor in all_tensors(item)]


def version(tensor: Tensor) -> int:
    """How often a tensor has been written into; -1 where torch does not count."""
    return -1 if tensor.is_inference() else int(tensor._version)


_ESCAPES = ("numpy", "untyped_storage", "storage", "__array__", "__dlpack__")


@cache
def _is_inplace(func: Callable[..., Any]) -> bool:
    name = getattr(func, "__name__", "")
    if name in ("__get__", "__set__"):  # of attributes, .data among them; reading the others changes nothing
        return name == "__set__" or getattr(func, "__self__", None) is _DATA
    inplace = name.endswith("_") and not name.endswith("__")
    return inplace or name in ("__setitem__", *_ESCAPES)


_DATA = Tensor.__dict__.get("data", getattr(torch._C.TensorBase, "data", None))


def _add(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str | None:
    """A sum of two activations; adding a constant, a bias or a positional embedding is none."""
    a, b = (*args, kwargs.get("other"), None)[:2]
    if not (isinstance(a, Tensor) and isinstance(b, Tensor)) or a.ndim < 2 or a.shape != b.shape:
        return None
    if isinstance(a, nn.Parameter) or isinstance(b, nn.Parameter):
        return None
    return "add"


def _concat(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str | None:
    parts = args[0] if args else kwargs.get("tensors", ())
    several = isinstance(parts, list | tuple) and len(parts) > 1 and all(isinstance(p, Tensor) for p in parts)
    return "concat" if several and parts[0].ndim > 1 else None


def _rectifier(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str | None:
    """``x.clamp(min=0)`` is a ReLU by another name; other clamps are none."""
    low = kwargs.get("min", args[1] if len(args) > 1 else None)
    return "activation" if isinstance(low, int | float) and low == 0 and args[0].ndim > 1 else None


def _global_pool(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str | None:
    """A mean, maximum or sum over exactly the spatial axes is a global pool."""
    if not args or not isinstance(args[0], Tensor) or args[0].ndim < 3:
        return None
    axes = kwargs.get("dim", args[1] if len(args) > 1 else None)
    if isinstance(axes, int) or axes is None or not all(isinstance(axis, int) for axis in axes):
        return None
    ndim = args[0].ndim
    return "pool" if sorted(axis % ndim for axis in axes) == list(range(2, ndim)) else None


_SPECIAL: dict[str, Callable[[tuple[Any, ...], Mapping[str, Any]], str | None]] = {
    "add": _add,
    "cat": _concat,
    "clamp": _rectifier,
    "clamp_min": _rectifier,
    "mean": _global_pool,
    "amax": _global_pool,
    "sum": _global_pool,
}


def native_kind(module_type: type[nn.Module]) -> str | None:
    """The kind of the one op that a torch.nn leaf lends its name to; ``"any"`` where its first op will do."""
    if module_type not in _native:
        _native[module_type] = _find_native_kind(module_type)
    return _native[module_type]


_native: dict[type[nn.Module], str | None] = {}


def _find_native_kind(module_type: type[nn.Module]) -> str | None:
    for classes, kind in _NATIVE_KINDS:
        if issubclass(module_type, classes):
            return kind
    leaves = ("torch.nn.modules", "torch.ao.nn.quantized")
    is_leaf = module_type.__module__.startswith(leaves) and not issubclass(module_type, _CONTAINERS)
    return "any" if is_leaf else None


_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict, nn.Transformer, nn.TransformerEncoderLayer)
_SETTINGS: dict[str, tuple[str, ...]] = {
    "conv": ("input", "weight", "bias", "stride", "padding", "dilation", "groups"),
    "conv_transpose": ("input", "weight", "bias", "stride", "padding", "output_padding", "groups", "dilation"),
    "max_pool": ("input", "kernel_size", "stride", "padding", "dilation", "ceil_mode"),
    "avg_pool": ("input", "kernel_size", "stride", "padding", "ceil_mode"),
    "lp_pool": ("input", "norm_type", "kernel_size", "stride", "ceil_mode"),
    "fractional_max_pool": ("input", "kernel_size"),
    "linear": ("input", "weight", "bias"),
    "bilinear": ("input", "input2", "weight", "bias"),
    "adaptive_max_pool": ("input", "output_size"),
    "adaptive_avg_pool": ("input", "output_size"),
}


def settings(op: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Name the arguments of a call, by the signature of its family of functions."""
    names = _SETTINGS.get(op.removesuffix("1d").removesuffix("2d").removesuffix("3d"), ("input",))
    return dict(zip(names, args, strict=False)) | dict(kwargs)


def first_tensor(value: Any) -> Tensor | None:
    """The first tensor in a tensor, tuple, list or dict."""
    if isinstance(value, Tensor):
        return value
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    for item in items:  # a generator would cost more than the search
        found = first_tensor(item)
        if found is not None:
            return found
    return None


def spread(value: Any, axes: int) -> tuple[int, ...]:
    """One number per spatial axis, from an int or a sequence.

    Examples
    --------
    >>> spread(3, 2), spread((1, 2), 2), spread([4], 2)
    ((3, 3), (1, 2), (4, 4))
    """
    if isinstance(value, int | torch.SymInt):
        return (int(value),) * axes
    values = tuple(int(v) for v in value)
    return values * axes if len(values) == 1 else values
