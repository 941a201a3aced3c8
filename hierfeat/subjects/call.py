"""One call of one layer, as callbacks see it, and how a callback ends the forward pass."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from hierfeat.subjects._lanes import seen
from hierfeat.subjects.ops import first_tensor


class Stop(BaseException):
    """Ends a forward pass, without an error: raised by a callback that has seen enough.

    It is not an ``Exception``, so that a model that catches exceptions does not catch it.

    Examples
    --------
    >>> import torch, hierfeat as hf
    >>> h, found = hf.load("lenet5-digits"), []
    >>> def after(call, output):
    ...     found.append(call.name)
    ...     if call.name == "pool1":
    ...         raise hf.Stop
    >>> with h.watching(after=after):
    ...     _ = h.forward(torch.zeros(1, 1, 32, 32))
    >>> found
    ['conv1', 'act1', 'pool1']
    """


class Ended(Stop):
    """The last layer that was asked for has run; :meth:`hierfeat.Hierarchy.run` catches it."""


@dataclass(frozen=True, eq=False, slots=True)
class Call:
    """One call of one layer, as callbacks of :meth:`hierfeat.Hierarchy.watching` see it.

    Attributes
    ----------
    name
        ``features.3`` for a module, ``features.3#2`` for its second call, ``block.relu`` for a function.
    kind, op
        What it is (``conv``) and which function did it (``conv2d``).
    args, kwargs
        What the function was called with, or the module where the module as a whole is the layer.
    module
        The module that gives the layer its name; None for a functional call.
    module_input
        What that module was given: a convolution with circular padding pads it before the call.
    whole
        The module as a whole is the layer: it declares ``layer_kind``, wraps a norm in permutes, or is an attention.
    graph
        Whether the caller runs the model with gradients. The model may switch them on for itself; `input`, and the
        output that callbacks see, are then detached.

    Examples
    --------
    >>> import torch, hierfeat as hf
    >>> h, shapes = hf.load("lenet5-digits"), {}
    >>> with torch.no_grad(), h.watching(before=lambda call: shapes.update({call.name: tuple(call.input.shape)})):
    ...     _ = h.forward(torch.zeros(1, 1, 32, 32))
    >>> shapes["conv2"]
    (1, 6, 14, 14)
    """

    name: str
    kind: str
    op: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    module: nn.Module | None
    module_input: Tensor | None = None
    whole: bool = False
    graph: bool = True

    @property
    def input(self) -> Tensor:
        """The first tensor among the arguments; of what is mapped over by ``torch.vmap``, all images."""
        found = first_tensor((self.args, self.kwargs))
        assert found is not None, f"{self.name} was called without a tensor"
        return seen(found, graph=self.graph)


Before = Callable[[Call], Tensor | None]
After = Callable[[Call, Tensor], Tensor | None]

FROM_CALLBACK = "_from_hierfeat_callback"
"""What an exception's ``__dict__`` holds if a callback raised it, and not the model."""


def replaced(output: Any, tensor: Tensor, replacement: Tensor) -> Any:
    """`output` with `replacement` in place of its first tensor, in the same kind of container."""
    if output is tensor:
        return replacement
    if isinstance(output, dict):
        pairs = ((name, replaced(item, tensor, replacement)) for name, item in output.items())
        return type(output)(pairs)
    if isinstance(output, list | tuple):
        items = [replaced(item, tensor, replacement) for item in output]
        return type(output)(*items) if hasattr(output, "_fields") else type(output)(items)
    return output
