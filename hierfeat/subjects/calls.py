"""Seeing every layer call of a model: modules, functions and methods, repeated and in-place ones alike.

A layer is a call, not a module. Calls are seen by a ``TorchFunctionMode``, and module hooks say in whose ``forward``
they happen; both exist only inside :class:`Watch`.
"""

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from threading import get_ident
from types import FrameType, TracebackType
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.modules import module as hooks
from torch.overrides import TorchFunctionMode

from hierfeat.subjects import _detours as detours
from hierfeat.subjects._lanes import mapped, seen, untransformed, unwrapped
from hierfeat.subjects._leaves import LEAVES, is_as_torch_made_it
from hierfeat.subjects._maps import STEPS, Maps
from hierfeat.subjects.call import FROM_CALLBACK, After, Before, Call, Ended, Stop, replaced
from hierfeat.subjects.guard import Guard, opened, undisturbed
from hierfeat.subjects.layer_module import is_whole, whole_kind
from hierfeat.subjects.ops import as_function, first_tensor, kind_of, native_kind, written_by


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
    leaf: tuple[str, str] | None = None  # kind and op, where the call is seen from outside


class Watch(TorchFunctionMode, Guard):
    """Within this context, `before` and `after` are called around each layer call of `model`.

    Parameters
    ----------
    model
    before
        ``before(call)``; a tensor that it returns is the call's output, and the op is skipped.
    after
        ``after(call, output)``; a tensor that it returns takes the output's place.
    writing
        ``writing(tensor)``, just before a function that says so in its name or arguments writes into `tensor`, or
        hands out its memory uncounted.
    only
        ``only(name, kind)``: whether a call is to be told of; all are by default. If it is given, `after` learns of
        torch's own modules from outside, at a third of the cost: a call's arguments are then those of the module.
    until
        The layer behind which a forward pass ends.

    Notes
    -----
    Operations of the callbacks are not calls, nor is what runs outside of the model. :class:`Stop`, raised by a
    callback, ends the block quietly. A watch may be entered again after it was left.
    The two hooks are global ones: two registrations instead of two for each of a net's hundreds of modules.
    """

    _REGISTRIES: ClassVar[tuple[str, ...]] = (
        "_global_forward_pre_hooks",
        "_global_forward_hooks",
        "_global_forward_hooks_always_called",
    )

    def __init__(
        self,
        model: nn.Module,
        *,
        before: Before | None = None,
        after: After | None = None,
        writing: Callable[[Tensor], None] | None = None,
        only: Callable[[str, str], bool] | None = None,
        until: str | None = None,
    ) -> None:
        super().__init__()
        self._before, self._after, self._writing = before, after, writing
        self._only, self._until = only, until
        self._told: list[Callable[[Tensor], None]] = []  # of writes
        self._modules = {id(m): (_without_wrappers(path), m, is_whole(m)) for path, m in model.named_modules()}
        self._leaves = {
            number: LEAVES[type(module)]
            for number, (path, module, _) in self._modules.items()
            if only is not None and before is None and path and type(module) in LEAVES
            if ".parametrizations." not in f".{path}."
        }
        self._maps = Maps()
        self._graph = True  # whether the caller runs the model with gradients
        self._quiet = 0  # callbacks that are running
        self._stack: list[_Frame] = []
        self._start_afresh()

    def _start_afresh(self) -> None:
        """Expect a new forward pass; the one before may have ended in an exception."""
        for frame in self._stack:
            self._look_again(frame)
        self._stack = []
        self._graph = torch.is_grad_enabled()
        self._counts: Counter[str] = Counter()
        self._entered: list[str] = []  # submodules that were called on their own, not by the model
        self._inside = 0  # modules that are one layer as a whole, and are running
        self._shown: tuple[str, ...] = ()  # ops that the outermost of these lets be seen
        self._maps.clear()

    def __enter__(self) -> "Watch":
        return Guard.__enter__(self)

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        Guard.__exit__(self, kind, value, traceback)
        return kind is not None and issubclass(kind, Stop)

    def _save(self) -> None:
        self._depth = torch._C._len_torch_function_stack()
        self._hooks: set[int] = set()
        self._told = [guard.writing for guard in opened() if isinstance(guard, undisturbed)]
        if self._writing is not None:
            self._told.append(self._writing)
        self._thread = get_ident()
        self._quiet = 0
        self._stack = []
        self._start_afresh()

    def _apply(self) -> None:
        hooks.register_module_forward_pre_hook(self._entering)
        hooks.register_module_forward_hook(self._leaving, always_call=True)
        detours.take(self)
        torch.overrides._push_mode(self)

    def _restore(self) -> None:
        while torch._C._len_torch_function_stack() > self._depth:
            torch.overrides._pop_mode()
        detours.leave(self)
        mine = (self._entering, self._leaving)
        for name in self._REGISTRIES[:2]:  # the third holds no hooks: what was found is kept, should this run again
            self._hooks |= {number for number, hook in [*vars(hooks)[name].items()] if hook in mine}
        for name in self._REGISTRIES:
            for number in self._hooks:
                vars(hooks)[name].pop(number, None)

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        for written in written_by(func, args, kwargs):
            for told in self._told:
                told(unwrapped(written)[0])
        if self._quiet or (self._inside and not self._shown):
            return func(*args, **kwargs)
        op, given, named = as_function(func, args, kwargs)
        kind = "pool" if op in STEPS and self._maps.is_pool(op, given, named) else kind_of(op, given, named)
        if kind is None or not self._is_layer(kind, op):
            output = func(*args, **kwargs)
            if op in STEPS:
                self._maps.note(op, given, named, output)
            return output
        call = self._call(kind, op, given, dict(named))
        instead = self._quietly(self._before, call)
        output = self._finished(call, func(*args, **kwargs) if instead is None else mapped(instead, first_tensor(args)))
        if op in STEPS:
            self._maps.note(op, given, named, output)
        return output

    def _is_layer(self, kind: str, op: str) -> bool:
        """Whether a call of this kind, made now, is a layer of the model.

        Outside of the model there is none. What makes a weight is none either: a parametrisation, a norm or reshape
        before a module's own convolution.
        """
        if self._inside:
            return op in self._shown
        if not self._stack:
            return self._caller_in_model() is not None
        frame = self._stack[-1]
        if ".parametrizations." in f".{frame.path}.":
            return False
        return not (kind in ("norm", "other") and frame.kind in ("conv", "linear") and not frame.named)

    def _caller_in_model(self) -> FrameType | None:
        """The frame of a method of the model that is running, where it was called without the module's ``__call__``."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            names = frame.f_code.co_varnames[: frame.f_code.co_argcount][:1]
            if names and id(frame.f_locals.get(names[0])) in self._modules and not _is_torch(frame):
                return frame
            frame = frame.f_back
        return None

    def _call(self, kind: str, op: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
        frame = self._stack[-1] if self._stack else None
        if frame is not None and not frame.named and frame.kind in (kind, "any"):
            frame.named = True
            given = first_tensor((frame.args, frame.kwargs))
            return Call(self._count(frame.path or op), kind, op, args, kwargs, frame.module, given, graph=self._graph)
        path = f"{frame.path}.{op}" if frame is not None and frame.path else op
        return Call(self._count(path), kind, op, args, kwargs, None, graph=self._graph)

    def _count(self, name: str) -> str:
        self._counts[name] += 1
        return name if self._counts[name] == 1 else f"{name}#{self._counts[name]}"

    def _quietly(self, callback: Callable[..., Tensor | None] | None, *args: Any) -> Tensor | None:
        """Run a callback whose own operations are not watched, and mark what it raises as not the model's."""
        if callback is None:
            return None
        self._quiet += 1
        try:
            with untransformed():
                return callback(*(seen(x, graph=self._graph) if isinstance(x, Tensor) else x for x in args))
        except Exception as error:
            error.__dict__[FROM_CALLBACK] = True
            raise
        finally:
            self._quiet -= 1

    def _finished(self, call: Call, output: Any) -> Any:
        tensor = first_tensor(output)
        if tensor is None:
            return output
        wanted = self._only is None or self._only(call.name, call.kind)
        replacement = self._quietly(self._after, call, tensor) if wanted else None
        if call.name == self._until:
            self._start_afresh()  # what runs between two passes is not the model's
            raise Ended
        return output if replacement is None else replaced(output, tensor, mapped(replacement, tensor))

    def _entering(self, module: nn.Module, args: tuple[Any, ...]) -> None:
        known = self._modules.get(id(module))
        if known is None or get_ident() != self._thread:  # hooks are everybody's, the mode is this thread's alone
            return
        path, _, whole = known
        if not self._quiet and (not path or (not self._stack and self._is_new_pass(path))):
            self._start_afresh()
        if path and not self._stack:
            self._entered.append(path)
        if id(module) in self._leaves and self._can_look_away(module, args):
            self._look_away(_Frame(path, module, None, args, {}, leaf=self._leaves[id(module)]))
            return
        frame = _Frame(path, module, None if whole else native_kind(type(module)), args, {})
        self._stack.append(frame)
        if whole and not self._quiet and not self._inside:
            kind, op = whole_kind(module)
            name, given = self._count(path or op), first_tensor(args)
            frame.call = Call(name, kind, op, args, {}, module, given, whole=True, graph=self._graph)
            self._inside, self._shown = 1, getattr(module, "layer_shows", ())
            frame.replacement = self._quietly(self._before, frame.call)

    def _can_look_away(self, module: nn.Module, args: tuple[Any, ...]) -> bool:
        """Whether what a module of torch's own calls inside need not be seen."""
        depth = torch._C._len_torch_function_stack()
        return (
            not (self._quiet or self._inside)
            and depth > self._depth
            and torch._C._get_function_stack_at(depth - 1) is self
            and bool(args)
            and isinstance(args[0], Tensor)
            and is_as_torch_made_it(module)
        )

    def _look_away(self, frame: _Frame) -> None:
        """Leave the mode, in which each function costs several microseconds, until the module has run."""
        self._stack.append(frame)
        torch._C._pop_torch_function_stack()
        if frame.module.__dict__.get("inplace"):
            for told in self._told:
                told(frame.args[0])

    def _look_again(self, frame: _Frame) -> None:
        if frame.leaf is not None:
            frame.leaf = None
            torch._C._push_on_torch_function_stack(self)

    def _seen_from_outside(self, frame: _Frame, output: Any) -> Any:
        """What a module that was not looked into returns; the mode is entered again behind the callback."""
        assert frame.leaf is not None
        try:
            name, (kind, op) = self._count(frame.path), frame.leaf
            if output is None or not (name == self._until or (self._only is not None and self._only(name, kind))):
                return None
            call = Call(name, kind, op, frame.args, {}, frame.module, frame.args[0], graph=self._graph)
            return self._finished(call, output)
        finally:
            self._look_again(frame)

    def _is_new_pass(self, path: str) -> bool:
        """Whether a submodule that is called on its own begins a new pass.

        It does if the present pass began with it, or has had it; unless a method of the model calls it again.
        """
        if path not in self._entered:
            return False
        return path == self._entered[0] or self._caller_in_model() is None

    def _leaving(self, module: nn.Module, _args: tuple[Any, ...], output: Any) -> Any:
        """Drop the frames down to `module`'s own: an exception may have skipped the hooks of inner ones."""
        if id(module) not in self._modules or get_ident() != self._thread:
            return None
        frame = None
        while self._stack and (frame is None or frame.module is not module):
            if frame is not None:
                self._look_again(frame)
            frame = self._stack.pop()
            self._inside -= frame.call is not None
        if frame is not None and frame.leaf is not None:
            return self._seen_from_outside(frame, output)
        if output is None or frame is None or frame.call is None:
            return None
        return self._finished(frame.call, output if frame.replacement is None else frame.replacement)


def _without_wrappers(path: str) -> str:
    """A module's path without the step into what ``torch.compile`` wraps."""
    return ".".join(part for part in path.split(".") if part != "_orig_mod")


def _is_torch(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).startswith(("torch.", "hierfeat.subjects."))
