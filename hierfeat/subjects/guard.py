"""The model is left as it was found, whatever happens while it is examined.

A guard reads what it is going to change, registers itself, and only then changes anything. Putting back can be
repeated, and is: an interrupt may strike in the middle of it, or just before it starts. In that case the outermost
public function puts back whatever is still registered, see :func:`settled`.
"""

import operator
import random
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from traceback import clear_frames
from types import TracebackType
from typing import Any, Self, TypeVar, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils import _python_dispatch

from hierfeat.subjects._buffers import Contents, Together, alike

T = TypeVar("T")
PLAIN = frozenset((bool, int, float, str, tuple, torch.Size))  # types of attributes that are settings or counts
_ATTEMPTS = 100  # interrupts that putting back survives
_local = threading.local()


def opened() -> list["Guard"]:
    """The guards whose blocks are running in this thread, the innermost last."""
    if not hasattr(_local, "opened"):
        _local.opened = []
    guards: list[Guard] = _local.opened
    return guards


class Guard(ABC):
    """A context manager that changes something for its block and puts it back, however the block ends."""

    def __enter__(self) -> Self:
        self._save()
        opened().append(self)
        try:
            self._apply()
            return self
        except BaseException:
            close(self)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        close(self)
        return None

    @abstractmethod
    def _save(self) -> None:
        """Note what will be changed; change nothing."""

    @abstractmethod
    def _apply(self) -> None:
        """Change what the block needs changed."""

    @abstractmethod
    def _restore(self) -> None:
        """Put back what was noted; it may run again after it was interrupted."""


def close(guard: Guard) -> None:
    """Put back what `guard` found, and before it whatever was opened after it."""
    guards = opened()
    if guard in guards:
        _unwind(guards.index(guard))


def _unwind(depth: int) -> None:
    """Close guards from the innermost one until `depth` are left; an interrupt is raised when that is done."""
    interrupt, guards = None, opened()
    for _ in range(_ATTEMPTS):
        try:
            while len(guards) > depth:
                guards[-1]._restore()
                guards.pop()
            break
        except KeyboardInterrupt as error:
            interrupt = error
    if interrupt is not None:
        raise interrupt


_FLAGS = (
    "_is_in_torch_dispatch_mode",
    "_is_in_non_infra_torch_dispatch_mode",
    "_is_in_any_mode_without_ignore_compile_internals",
)


class Found:
    """What torch keeps for a thread, and the guards open in it, at one moment."""

    def __init__(self) -> None:
        self.guards = len(opened())
        self.gradients = torch.is_grad_enabled()
        self.functions = torch._C._len_torch_function_stack()
        self.dispatches = torch._C._len_torch_dispatch_stack()
        self.flags = {name: getattr(_python_dispatch, name, None) for name in _FLAGS}
        self.enabled = torch._C._get_torch_function_state()  # type: ignore[attr-defined]

    def leave_modes(self) -> None:
        """Leave the modes that were entered since, and let torch functions be seen again as they were."""
        torch._C._set_torch_function_state(self.enabled)  # type: ignore[attr-defined]  # interrupts leave it off
        while torch._C._len_torch_function_stack() > self.functions:
            torch.overrides._pop_mode()
        while torch._C._len_torch_dispatch_stack() > self.dispatches:
            _python_dispatch._pop_mode()
        for name, value in self.flags.items():
            if hasattr(_python_dispatch, name) and getattr(_python_dispatch, name) is not value:
                setattr(_python_dispatch, name, value)
        setter = getattr(_python_dispatch, "set_is_in_mode_without_ignore_compile_internals", None)
        if setter is not None:
            setter(bool(self.flags[_FLAGS[2]]))


def put_back(state: Found) -> None:
    """Close every guard and leave every mode that an interrupted call has left open since `state` was noted."""
    _unwind(state.guards)
    state.leave_modes()
    if torch.is_grad_enabled() != state.gradients:
        torch.set_grad_enabled(state.gradients)


def settled(run: Callable[[], T]) -> T:
    """Return ``run()``, outside of inference mode; if it fails, :func:`put_back` closes whatever it has left open."""
    state = Found()
    try:
        if torch.is_inference_mode_enabled():  # tensors made in it can take no part in gradients
            with torch.inference_mode(False), torch.no_grad():
                return run()
        return run()
    except BaseException as error:
        if not isinstance(error, Exception):
            _end_generators(error)
        put_back(state)
        raise


def _end_generators(error: BaseException) -> None:
    """Let go of the frames that an interrupt has left behind.

    Context managers that are generators, torch's own among them, would otherwise run to their end when the traceback
    is thrown away, and put back what they found at a moment when all is long restored.
    """
    seen: BaseException | None = error
    while seen is not None:
        clear_frames(seen.__traceback__)
        seen = seen.__context__


class undisturbed(Guard):
    """Put a model in eval mode for the block, and leave it, after the block, as it was found.

    Parameters
    ----------
    model
        The model.
    buffers
        Whether buffers are left as found, too.

    Notes
    -----
    Restored are modes, buffers, ``requires_grad``, plain attributes of modules (counters, say), which tensors the
    others are, what lies in dicts that modules keep (caches, whose tensors may hold a graph of gradients),
    and the global random states of torch, numpy and Python.

    Buffers are cloned on entry, and written back only if something changed them; those of a GPU always, since to look
    would be to wait for it. Parameters are too large for that:
    one is cloned when :meth:`writing` is told that it is about to be written into.

    Modes are set as attributes. A ``train()`` of the model's own may do more (merge adapters into weights, raise in an
    exported program), and nothing would undo that. A module compiled in place runs uncompiled in the block.
    """

    def __init__(self, model: nn.Module, *, buffers: bool = True) -> None:
        self._model, self._with_buffers = model, buffers

    def _save(self) -> None:
        modules = list(self._model.modules())
        self._modes = [(module, module.training) for module in modules]
        self._compiled = [(m, m._compiled_call_impl) for m in modules if m.__dict__.get("_compiled_call_impl")]
        self._slots: list[tuple[dict[str, Any], dict[str, Any]]] = [
            (slots, slots.copy())
            for module in modules
            for slots in (
                module.__dict__,
                cast(dict[str, Any], module._parameters),
                cast(dict[str, Any], module._buffers),
            )
            if slots
        ]
        self._contents = Contents(modules)
        parameters = {id(p): p for module in modules for p in module._parameters.values() if p is not None}
        self._parameters = [(p, p.data, p.requires_grad) for p in parameters.values()]
        buffers = {id(b): b for module in modules for b in module._buffers.values() if b is not None}
        self._buffers = [Together(group) for group in alike(buffers.values() if self._with_buffers else ())]
        self._large: dict[int, Tensor] | None = None  # by storage; found when something is first written into
        self._rescued: dict[int, tuple[Tensor, Tensor]] = {}
        self._random = _random_states(self._model)

    def _apply(self) -> None:
        for module, training in self._modes:
            if training:
                module.__dict__["training"] = False
        for module, _ in self._compiled:
            module.__dict__["_compiled_call_impl"] = None
        self._contents.leave_graphs()

    def writing(self, tensor: Tensor) -> None:
        """Keep a copy of a parameter whose memory is about to be written into."""
        if self._large is None:
            tensors = [x for _, saved in self._slots for x in saved.values() if isinstance(x, Tensor)]
            self._large = {_storage(tensor): tensor for tensor in tensors}
        owner = self._large.get(_storage(tensor))
        if owner is not None and id(owner) not in self._rescued:
            self._rescued[id(owner)] = owner, owner.detach().clone()

    def _restore(self) -> None:
        for module, training in self._modes:
            module.__dict__["training"] = training
        for module, implementation in self._compiled:
            module.__dict__["_compiled_call_impl"] = implementation
        for slots, saved in self._slots:
            if slots.keys() == saved.keys() and all(map(operator.is_, slots.values(), saved.values())):
                continue  # as a rule
            for name, value in saved.items():
                if slots.get(name) is not value and (isinstance(value, Tensor) or type(value) in PLAIN):
                    slots[name] = value
        self._contents.restore()
        with torch.no_grad():
            for parameter, data, requires_grad in self._parameters:
                _restore_parameter(parameter, data, requires_grad)
            for buffers in self._buffers:
                buffers.restore()
            for owner, rescued in self._rescued.values():
                owner.detach().copy_(rescued)
        _set_random_states(self._random)


def _restore_parameter(parameter: nn.Parameter, data: Tensor, requires_grad: bool) -> None:
    if not parameter.is_meta and parameter.data_ptr() != data.data_ptr():  # given other memory through .data
        parameter.data = data
    if parameter.requires_grad != requires_grad:
        parameter.requires_grad_(requires_grad)


class seeded(Guard):
    """Random numbers from a seed for the block, and the global random states as they were, after it."""

    def __init__(self, model: nn.Module, seed: int) -> None:
        self._model, self._seed = model, seed

    def _save(self) -> None:
        self._random = _random_states(self._model)

    def _apply(self) -> None:
        torch.manual_seed(self._seed)

    def _restore(self) -> None:
        _set_random_states(self._random)


def _random_states(model: nn.Module) -> list[tuple[Any, Any]]:
    """Setters of the global random states that a model may draw from, and what to give them."""
    states: list[tuple[Any, Any]] = [
        (torch.set_rng_state, torch.get_rng_state()),
        (random.setstate, random.getstate()),
        (np.random.set_state, np.random.get_state()),  # noqa: NPY002 - the legacy state is the global one
    ]
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        for device in sorted({parameter.device.index or 0 for parameter in model.parameters() if parameter.is_cuda}):
            states.append((_on(device), torch.cuda.get_rng_state(device)))
    return states


def _on(device: int) -> Any:
    return lambda state: torch.cuda.set_rng_state(state, device)


def _set_random_states(states: list[tuple[Any, Any]]) -> None:
    for setter, state in states:
        setter(state)


def _storage(tensor: Tensor) -> int:
    return 0 if tensor.layout != torch.strided else int(tensor.untyped_storage()._cdata)


def dynamo() -> Any:
    """The part of torch that runs compiled functions, if anything has loaded it; nothing is compiled otherwise."""
    return sys.modules.get("torch._dynamo.eval_frame")
