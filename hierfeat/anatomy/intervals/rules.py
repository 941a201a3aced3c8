"""One rule per family of aten operations: from the fields of its inputs to the field of its output.

The rules stand in :data:`RULES` under the operation's aten name, put there by the ``rules_*`` modules.
An operation without a rule is element-wise if torch tags it so; any other is given a bound, "all that its
inputs see" (see :func:`unknown`).
"""

from collections.abc import Callable, Sequence
from functools import cache, cached_property
from typing import Any

import torch
from torch import Tensor

from hierfeat.anatomy.intervals.field import BOUND, GLOBAL, Field
from hierfeat.anatomy.intervals.unions import constant, union

Found = Field | list[Field | None] | None
Lookup = Callable[[Any], Field | None]


class Op:
    """One call of an aten operation, with its arguments by name and the fields of its tensors."""

    def __init__(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any, lookup: Lookup) -> None:
        self.func, self.args, self.kwargs, self.out, self.lookup = func, args, kwargs, out, lookup
        self.name: str = func.overloadpacket.__name__

    @cached_property
    def _defaults(self) -> dict[str, Any]:
        return {argument.name: argument.default_value for argument in self.func._schema.arguments}

    def arg(self, name: str) -> Any:
        """The argument called `name`, or its default."""
        names = list(self._defaults)
        where = names.index(name)
        return self.args[where] if where < len(self.args) else self.kwargs.get(name, self._defaults[name])

    def has(self, name: str) -> bool:
        return name in self._defaults

    @property
    def input(self) -> Field:
        """The field of the first argument, which the caller has checked to depend on the image."""
        field = self.lookup(self.args[0])
        assert field is not None
        return field

    @cached_property
    def tensors(self) -> list[Tensor]:
        return list(tensors_of([*self.args, *self.kwargs.values()]))

    @cached_property
    def fields(self) -> list[Field]:
        found = (self.lookup(tensor) for tensor in self.tensors)
        return [field for field in found if field is not None]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the first output."""
        first = self.out[0] if isinstance(self.out, tuple | list) else self.out
        return tuple(int(size) for size in first.shape)


def tensors_of(values: Sequence[Any]) -> list[Tensor]:
    """The tensors among `values`, also those in lists."""
    found: list[Tensor] = []
    for value in values:
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, list | tuple):
            found.extend(tensors_of(value))
    return found


RULES: dict[str, Callable[[Op], Found]] = {}


def rule(*names: str) -> Callable[[Callable[[Op], Found]], Callable[[Op], Found]]:
    """Register a function as the rule of the aten operations called `names`."""

    def register(function: Callable[[Op], Found]) -> Callable[[Op], Found]:
        RULES.update(dict.fromkeys(names, function))
        return function

    return register


def field_after(op: Op) -> Found:
    """The field of an operation's output: by its rule, element by element, or a bound."""
    if op.name.startswith("_foreach_"):
        return foreach(op)
    found = RULES.get(op.name) or RULES.get(op.name.rstrip("_"))
    if found is not None:
        needs_first = bool(op.args) and isinstance(op.args[0], Tensor)
        if needs_first and op.lookup(op.args[0]) is None and op.name not in FIRST_MAY_BE_CONSTANT:
            return unknown(op)
        return found(op)
    return elementwise(op) if is_elementwise(op.func) else unknown(op)


FIRST_MAY_BE_CONSTANT = {"mm", "bmm", "addmm", "baddbmm", "native_group_norm"}


@cache
def is_elementwise(func: Any) -> bool:
    """Whether torch tags the operation, or the one it is the in-place form of, as pointwise."""
    if torch.Tag.pointwise in func.tags:
        return True
    packet = getattr(torch.ops.aten, func.overloadpacket.__name__.rstrip("_"), None)
    return packet is not None and any(torch.Tag.pointwise in getattr(packet, name).tags for name in packet.overloads())


def elementwise(op: Op) -> Field:
    return union(op.fields, op.shape)


def foreach(op: Op) -> list[Field | None]:
    """One field for each tensor of the first list: its own, and those of its partners in the other lists."""
    lists = [
        value for value in (*op.args, *op.kwargs.values()) if isinstance(value, list | tuple) and tensors_of(value)
    ]
    single = [value for value in (*op.args, *op.kwargs.values()) if isinstance(value, Tensor)]
    found: list[Field | None] = []
    for place, tensor in enumerate(lists[0]):
        partners = [*(values[place] for values in lists if len(values) == len(lists[0])), *single]
        fields = [field for partner in partners if (field := op.lookup(partner)) is not None]
        reduces = op.name.removeprefix("_foreach_") in ("norm", "max")
        shape = () if reduces else tuple(tensor.shape)
        found.append(None if not fields else whole(fields, shape, GLOBAL) if reduces else union(fields, shape))
    return found


def unknown(op: Op) -> Field:
    """A bound for an operation without a rule: every output sees all that the inputs see."""
    return whole(op.fields, op.shape, BOUND)


def whole(fields: Sequence[Field], shape: Sequence[int], level: int) -> Field:
    return union([constant(field, shape, level) for field in fields], shape)


_UNTAGGED = """clone alias detach _to_copy contiguous lift_fresh native_dropout bernoulli prelu _prelu_kernel
rrelu_with_noise fill masked_fill where hardswish log_sigmoid_forward special_erf polar complex"""
rule(*_UNTAGGED.split())(elementwise)


@rule("fake_quantize_per_tensor_affine_cachemask", "_fake_quantize_per_tensor_affine_cachemask_tensor_qparams",
      "fake_quantize_per_channel_affine_cachemask")  # fmt: skip
def fake_quantize(op: Op) -> Found:
    """Each unit sees itself, and all that the scale was computed from."""
    field = with_constants(op, op.input)
    return [field, field]


@rule("_fused_moving_avg_obs_fq_helper", "_fused_moving_avg_obs_fq_helper_functional")
def observed(op: Op) -> Found:
    """While it observes, it takes its scale from the extremes of the very tensor that it quantises."""
    field, observing = op.input, op.arg("observer_on")
    if observing.is_meta or bool(observing.any()):
        field = union([field, whole([field], field.shape, GLOBAL)], field.shape)
    return [field, field]


def with_constants(op: Op, field: Field) -> Field:
    """Add what weights see that were themselves computed from the image: each unit sees all of that."""
    extra = [found for tensor in op.tensors[1:] if (found := op.lookup(tensor)) is not None]
    return union([field, whole(extra, op.shape, GLOBAL)], op.shape) if extra else field


def dims_of(op: Op, name: str = "dim") -> list[int]:
    """The dimensions an operation names; all of them where it names none."""
    rank, value = len(op.input.dims), op.arg(name) if op.has(name) else None
    if value is None or (isinstance(value, list | tuple) and not value):
        return list(range(rank))
    return sorted({int(dim) % rank for dim in (value if isinstance(value, list | tuple) else [value])}) if rank else []
