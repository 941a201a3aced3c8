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
}
_SYNONYMS = {"concat": "cat", "concatenate": "cat", "clip": "clamp", "log_sigmoid": "logsigmoid", "iadd": "add"}

_NATIVE_KINDS: tuple[tuple[tuple[type[nn.Module], ...], str], ...] = (
    ((nn.modules.conv._ConvNd,), "conv"),
    ((nn.Linear, nn.Bilinear), "linear"),
    ((nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm, nn.LocalResponseNorm, nn.RMSNorm), "norm"),
)


def identify(func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return (kind, op) of a torch function call that is a layer, or None."""
    op = op_name(func)
    kind = _TABLE.get(op)
    if kind is not None:
        return kind, op
    special = _SPECIAL.get(op)
    return None if special is None else special(op, args, kwargs)


@cache
def op_name(func: Callable[..., Any]) -> str:
    """The name of a torch function without the marks of its in-place, private and indexed variants."""
    name = getattr(func, "__name__", "").strip("_").removesuffix("_with_indices")
    return _SYNONYMS.get(name, name)


def written_by(func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Tensor | None:
    """The tensor that a function is about to write into, as far as its name and arguments tell."""
    if kwargs:
        if kwargs.get("inplace"):
            return first_tensor(args)
        if isinstance(out := kwargs.get("out"), Tensor):
            return out
    return first_tensor(args) if _is_inplace(func) else None


def version(tensor: Tensor) -> int:
    """How often a tensor has been written into; -1 where torch does not count."""
    return -1 if tensor.is_inference() else int(tensor._version)


@cache
def _is_inplace(func: Callable[..., Any]) -> bool:
    name = getattr(func, "__name__", "")
    return name in ("__setitem__", "__set__") or (name.endswith("_") and not name.endswith("__"))


def _add(op: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[str, str] | None:
    """A sum of two activations; adding a constant, a bias or a positional embedding is none."""
    a, b = (*args, kwargs.get("other"), None)[:2]
    if not (isinstance(a, Tensor) and isinstance(b, Tensor)) or a.ndim < 2 or a.shape != b.shape:
        return None
    if isinstance(a, nn.Parameter) or isinstance(b, nn.Parameter):
        return None
    return "add", op


def _concat(op: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[str, str] | None:
    parts = args[0] if args else kwargs.get("tensors", ())
    several = isinstance(parts, list | tuple) and len(parts) > 1 and all(isinstance(p, Tensor) for p in parts)
    return ("concat", op) if several and parts[0].ndim > 1 else None


def _rectifier(op: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[str, str] | None:
    """``x.clamp(min=0)`` is a ReLU by another name; other clamps are none."""
    low = kwargs.get("min", args[1] if len(args) > 1 else None)
    return ("activation", op) if isinstance(low, int | float) and low == 0 and args[0].ndim > 1 else None


def _global_pool(op: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[str, str] | None:
    """A mean or maximum over exactly the spatial axes is a global pool."""
    if not args or not isinstance(args[0], Tensor) or args[0].ndim < 3:
        return None
    axes = kwargs.get("dim", args[1] if len(args) > 1 else None)
    if isinstance(axes, int) or axes is None or not all(isinstance(axis, int) for axis in axes):
        return None
    ndim = args[0].ndim
    return ("pool", op) if sorted(axis % ndim for axis in axes) == list(range(2, ndim)) else None


_SPECIAL: dict[str, Callable[[str, tuple[Any, ...], Mapping[str, Any]], tuple[str, str] | None]] = {
    "add": _add,
    "cat": _concat,
    "clamp": _rectifier,
    "clamp_min": _rectifier,
    "mean": _global_pool,
    "amax": _global_pool,
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
    is_leaf = module_type.__module__.startswith("torch.nn.modules") and not issubclass(module_type, _CONTAINERS)
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
