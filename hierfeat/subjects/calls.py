"""Seeing every layer call of a model: modules, functions and methods, repeated and in-place ones alike.

A layer is a call, not a module. Calls are seen by a ``TorchFunctionMode``, and module hooks tell in
whose ``forward`` they happen; both live only inside :class:`Watch`.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode
from torch.utils.hooks import RemovableHandle

from hierfeat.subjects.ops import first_tensor, identify, native_kind, written_by


class Stop(BaseException):
    """Raised by a callback that has seen enough: the forward pass ends there, without an error."""


@dataclass(frozen=True, eq=False, slots=True)
class Call:
    """One call of one layer.

    Attributes
    ----------
    name : str
        ``features.3`` for a module, ``features.3#2`` for its second call, ``block.relu`` for a function.
    kind, op : str
        What it is (``conv``) and which function did it (``conv2d``).
    args, kwargs
        What the function was called with, or the module where the module as a whole is the layer.
    module : torch.nn.Module or None
        The module that gives the layer its name; None for a functional call.
    module_input : torch.Tensor or None
        What that module was given: a convolution with circular padding pads it before the call.
    whole : bool
        The module as a whole is the layer: it declares ``layer_kind``, or wraps a norm in permutes.
    """

    name: str
    kind: str
    op: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    module: nn.Module | None
    module_input: Tensor | None = None
    whole: bool = False

    @property
    def input(self) -> Tensor:
        """The first tensor among the arguments."""
        found = first_tensor((self.args, self.kwargs))
        assert found is not None, f"{self.name} was called without a tensor"
        return found


Before = Callable[[Call], Tensor | None]
After = Callable[[Call, Tensor], Tensor | None]


@dataclass(slots=True, eq=False)
class _Frame:
    """A module whose forward is running."""

    path: str
    module: nn.Module
    kind: str | None  # what the op that takes the module's own name must be
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    call: Call | None = None  # where the module as a whole is the layer
    replacement: Tensor | None = None
    named: bool = False


class Watch(TorchFunctionMode):
    """Within this context, `before` and `after` are called around each layer call of `model`.

    Parameters
    ----------
    model : torch.nn.Module
    before : callable, optional
        ``before(call)``; a tensor that it returns is the call's output, and the op is skipped.
    after : callable, optional
        ``after(call, output)``; a tensor that it returns takes the output's place.
    writing : callable, optional
        ``writing(tensor)``, just before a function that says so in its name or arguments writes into `tensor`.

    Notes
    -----
    Operations that the callbacks do are no calls. :class:`Stop`, raised by a callback, ends the block quietly.
    The two hooks are global ones: two registrations instead of two for each of a net's hundreds of modules.
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        before: Before | None = None,
        after: After | None = None,
        writing: Callable[[Tensor], None] | None = None,
    ) -> None:
        super().__init__()
        self._before, self._after, self._writing = before, after, writing
        self._modules = {id(module): (path, module, is_whole(module)) for path, module in model.named_modules()}
        self._stack: list[_Frame] = []
        self._counts: Counter[str] = Counter()
        self._quiet = 0  # callbacks that are running
        self._inside = 0  # modules that are one layer as a whole, and are running
        self._shown: tuple[str, ...] = ()  # ops that the outermost of these lets be seen
        self._handles: list[RemovableHandle] = []

    def __enter__(self) -> "Watch":
        self._handles.append(register_module_forward_pre_hook(self._entering))
        self._handles.append(register_module_forward_hook(self._leaving, always_call=True))
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        super().__exit__(kind, value, traceback)  # type: ignore[no-untyped-call]
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        return kind is not None and issubclass(kind, Stop)

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if self._writing is not None and (written := written_by(func, args, kwargs)) is not None:
            self._writing(written)
        hidden = self._quiet or (self._inside and not self._shown)
        found = None if hidden else identify(func, args, kwargs)
        if found is None or self._is_of_weights(found[0]) or (self._inside and found[1] not in self._shown):
            return func(*args, **kwargs)
        call = self._call(*found, args, kwargs)
        replaced = self._quietly(self._before, call)
        output = func(*args, **kwargs) if replaced is None else replaced
        return self._finished(call, output)

    def _is_of_weights(self, kind: str) -> bool:
        """What makes a weight is no layer: a parametrisation, a norm or reshape before a module's own convolution."""
        if not self._stack:
            return False
        frame = self._stack[-1]
        if ".parametrizations." in f".{frame.path}.":
            return True
        return kind in ("norm", "other") and frame.kind in ("conv", "linear") and not frame.named

    def _call(self, kind: str, op: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
        frame = self._stack[-1] if self._stack else None
        if frame is not None and not frame.named and frame.kind in (kind, "any"):
            frame.named = True
            given = first_tensor((frame.args, frame.kwargs))
            return Call(self._count(frame.path or op), kind, op, args, kwargs, frame.module, given)
        path = f"{frame.path}.{op}" if frame is not None and frame.path else op
        return Call(self._count(path), kind, op, args, kwargs, None)

    def _count(self, name: str) -> str:
        self._counts[name] += 1
        return name if self._counts[name] == 1 else f"{name}#{self._counts[name]}"

    def _quietly(self, callback: Callable[..., Tensor | None] | None, *args: Any) -> Tensor | None:
        """Run a callback whose own operations are not watched."""
        if callback is None:
            return None
        self._quiet += 1
        try:
            return callback(*args)
        finally:
            self._quiet -= 1

    def _finished(self, call: Call, output: Any) -> Any:
        tensor = first_tensor(output)
        if tensor is None:
            return output
        replacement = self._quietly(self._after, call, tensor)
        if replacement is None:
            return output
        return replacement if isinstance(output, Tensor) else type(output)((replacement, *output[1:]))

    def _entering(self, module: nn.Module, args: tuple[Any, ...]) -> None:
        known = self._modules.get(id(module))
        if known is None:
            return
        path, _, whole = known
        if not path and not self._quiet:  # a new forward pass; the one before may have ended in an exception
            self._stack.clear()
            self._counts.clear()
            self._inside, self._shown = 0, ()
        frame = _Frame(path, module, None if whole else native_kind(type(module)), args, {})
        self._stack.append(frame)
        if whole and not self._quiet and not self._inside:
            kind, op = whole_kind(module)
            frame.call = Call(self._count(path or op), kind, op, args, {}, module, first_tensor(args), whole=True)
            frame.replacement = self._quietly(self._before, frame.call)
            self._inside, self._shown = 1, getattr(module, "layer_shows", ())

    def _leaving(self, module: nn.Module, _args: tuple[Any, ...], output: Any) -> Any:
        """Drop the frames down to `module`'s own: an exception may have skipped the hooks of inner ones."""
        if id(module) not in self._modules:
            return None
        frame = None
        while self._stack and (frame is None or frame.module is not module):
            frame = self._stack.pop()
            self._inside -= frame.call is not None
        if output is None or frame is None or frame.call is None:
            return None
        return self._finished(frame.call, output if frame.replacement is None else frame.replacement)


def is_whole(module: nn.Module) -> bool:
    """Whether the module as a whole is one layer: it says so, or wraps a torch norm in permutes."""
    if "layer_kind" in module.__dict__ or hasattr(type(module), "layer_kind"):
        return True
    if native_kind(type(module)) != "norm" or module._modules:
        return False
    return not type(module).forward.__module__.startswith("torch.nn.modules")


def whole_kind(module: nn.Module) -> tuple[str, str]:
    """The kind and op of a module that is one layer as a whole."""
    return getattr(module, "layer_kind", "norm"), getattr(module, "layer_op", type(module).__name__)
