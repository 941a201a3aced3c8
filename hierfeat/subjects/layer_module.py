"""What a module that is one layer as a whole says about itself."""

from typing import Protocol, runtime_checkable

from torch import Tensor, nn

from hierfeat.subjects.ops import native_kind


@runtime_checkable
class LayerModule(Protocol):
    """A module that is one layer as a whole, whatever it calls inside: what it says about itself.

    Any ``torch.nn.Module`` with an attribute ``layer_kind`` is such a layer; there is nothing to register or inherit.
    The other members are optional: where a module lacks one, the default named here holds. Beside them, the usual
    ``kernel_size``, ``stride``, ``padding``, ``dilation`` and ``groups`` say which window the layer has, if any.

    Attributes
    ----------
    layer_kind
        One of ``conv, pool, activation, linear, norm, add, concat, other``.
    layer_op
        What the layer table lists as its operation; the name of the class by default.
    layer_shows
        Operations inside it that are layers of their own all the same (``("relu",)``), named ``path.relu``; none by
        default.

    Examples
    --------
    >>> import torch, hierfeat as hf
    >>> class Square(torch.nn.Module):
    ...     layer_kind = "activation"
    ...     layer_op = "square"
    ...
    ...     def forward(self, x):
    ...         return x.relu() * x
    >>> isinstance(Square(), hf.LayerModule)
    True
    >>> list(hf.Hierarchy(torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), Square()), (1, 8, 8)).layers.table.op)
    ['conv2d', 'square']
    """

    layer_kind: str


class DetailedLayerModule(LayerModule, Protocol):
    """All that a :class:`LayerModule` may say about itself; every member but ``layer_kind`` is optional."""

    layer_op: str
    layer_shows: tuple[str, ...]

    def layer_kernel(self) -> Tensor:
        """Give the (outputs, inputs per group, height, width) kernel of a layer that is a convolution at heart.

        Without it, `filters` shows no kernel and linearised views treat the layer by its kind.
        """

    def layer_macs(self, in_shape: tuple[int, ...], out_shape: tuple[int, ...]) -> int:
        """Count multiply-accumulates for one image; by default those of the operations inside."""

    def layer_connections(self, in_shape: tuple[int, ...], out_shape: tuple[int, ...]) -> int:
        """Count connections, as LeCun et al. (1998) did; by default by the kind and the declared window."""


def is_whole(module: nn.Module) -> bool:
    """Whether the module as a whole is one layer: it says so, wraps a torch norm in permutes, or is an attention.

    ``nn.MultiheadAttention`` transposes around the function that it calls, so that only its own output has the images
    first.
    """
    if "layer_kind" in module.__dict__ or hasattr(type(module), "layer_kind"):
        return True
    if isinstance(module, nn.MultiheadAttention):
        return True
    if native_kind(type(module)) != "norm" or module._modules:
        return False
    return not type(module).forward.__module__.startswith("torch.nn.modules")


def whole_kind(module: nn.Module) -> tuple[str, str]:
    """The kind and op of a module that is one layer as a whole."""
    if isinstance(module, nn.MultiheadAttention) and not hasattr(module, "layer_kind"):
        return "other", "multi_head_attention_forward"
    return getattr(module, "layer_kind", "norm"), getattr(module, "layer_op", type(module).__name__)
