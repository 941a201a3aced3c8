"""torch's own modules that call one function and return what it returns: their calls are seen from outside."""

from torch import nn

from hierfeat.subjects.ops import kind_of

_FUNCTIONS = {
    **{f"Conv{d}": f"conv{d}" for d in ("1d", "2d", "3d")},
    **{f"ConvTranspose{d}": f"conv_transpose{d}" for d in ("1d", "2d", "3d")},
    **{f"MaxPool{d}": f"max_pool{d}" for d in ("1d", "2d", "3d")},
    **{f"AvgPool{d}": f"avg_pool{d}" for d in ("1d", "2d", "3d")},
    **{f"AdaptiveMaxPool{d}": f"adaptive_max_pool{d}" for d in ("1d", "2d", "3d")},
    **{f"AdaptiveAvgPool{d}": f"adaptive_avg_pool{d}" for d in ("1d", "2d", "3d")},
    **{f"BatchNorm{d}": "batch_norm" for d in ("1d", "2d", "3d")},
    "GroupNorm": "group_norm",
    "LayerNorm": "layer_norm",
    "Linear": "linear",
    "Dropout": "dropout",
    **{name: name.lower() for name in ("ReLU", "SiLU", "GELU", "ELU", "SELU", "Mish", "Sigmoid", "Tanh")},
    **{name: name.lower() for name in ("Hardswish", "Hardsigmoid", "Softplus", "PReLU")},
    "LeakyReLU": "leaky_relu",
    "ReLU6": "hardtanh",
}
LEAVES: dict[type, tuple[str, str]] = {
    getattr(nn, name): (kind_of(op, (), {}) or "other", op) for name, op in _FUNCTIONS.items()
}
"""The kind and the op of each of these modules."""


def is_as_torch_made_it(module: nn.Module) -> bool:
    """Whether nothing is hooked to a module, and its ``forward`` is that of its class."""
    slots = module.__dict__
    return not (
        slots["_forward_hooks"]
        or slots["_forward_pre_hooks"]
        or slots["_backward_hooks"]
        or slots["_backward_pre_hooks"]
        or "forward" in slots
    )
