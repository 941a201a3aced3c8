"""Run a model once and carry the field of every tensor along: which pixels each of its units sees.

The forward pass runs on the meta device: real tensors are replaced by twins without data as they meet one, so no
convolution is computed and no weight is read, whatever Python the model runs. A model that looks at values on its
way (``.item()``, ``if x.max() > 0``) fails there, and is run for real on one image instead.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from hierfeat.anatomy.intervals import rules_mixing, rules_windows, windows  # noqa: F401  (they register their rules)
from hierfeat.anatomy.intervals import rules_shapes as shape_rules
from hierfeat.anatomy.intervals.field import BOUND, Atom, Field, image_field
from hierfeat.anatomy.intervals.rules import Found, Op, field_after, foreach, tensors_of, whole
from hierfeat.anatomy.intervals.rules_windows import padded
from hierfeat.anatomy.intervals.shapes import insert, permute
from hierfeat.anatomy.intervals.unions import constant, union
from hierfeat.subjects._lanes import unwrapped
from hierfeat.subjects.trace import Twins, run_on_meta

_VIEWS = [
    "slice",
    "select",
    "view",
    "_unsafe_view",
    "permute",
    "transpose",
    "t",
    "unsqueeze",
    "squeeze",
    "expand",
    "alias",
    "detach",
    "split",
    "split_with_sizes",
    "unbind",
    "unfold",
    "_reshape_alias",
]
_UNRELATED = [
    "empty_like",
    "zeros_like",
    "ones_like",
    "full_like",
    "rand_like",
    "randn_like",
    "randint_like",
    "new_empty",
    "new_zeros",
    "new_ones",
    "new_full",
    "new_empty_strided",
    "sym_size",
    "sym_stride",
    "sym_numel",
]


@dataclass(frozen=True, eq=False)
class _View:
    """How one tensor was cut from another."""

    base: Tensor
    op: Op


class Propagation(TorchDispatchMode):
    """The fields of all tensors of one forward pass.

    Inside the mode, :meth:`field` gives the field of any tensor that was computed from the image.
    """

    def __init__(self, *, on_meta: bool) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.on_meta = on_meta
        self._fields: dict[int, Field] = {}
        self._alive: dict[int, Tensor] = {}  # ids of tensors are only good while the tensors live
        self._twins = Twins()
        self._views: dict[int, _View] = {}
        self._cut: dict[int, list[Tensor]] = {}

    def start(self, image: Tensor) -> None:
        """Let every pixel of `image` see itself."""
        self._image = image_field(image.shape)
        self._set(image, self._image)

    def field(self, tensor: Any) -> Field | None:
        """What `tensor` sees, or None if it does not depend on the image."""
        return self._fields.get(id(tensor))

    def of_output(self, tensor: Tensor) -> Field:
        """What the output of a layer sees.

        One that was not computed from the image, as far as can be seen, sees nothing on the meta device. In a real
        run it may have gone through numpy: a bound.
        """
        inner, lanes = unwrapped(tensor)
        field = self.field(inner)
        if field is not None:
            others = [dim for dim in range(len(field.dims)) if dim not in lanes]
            return permute(field, [*lanes, *others]) if lanes else field
        if self.on_meta and inner is tensor:
            return _sees_nothing(tuple(tensor.shape))
        return constant(self._image, tensor.shape, BOUND)

    def _set(self, tensor: Tensor, field: Field) -> None:
        self._fields[id(tensor)] = field
        self._alive[id(tensor)] = tensor

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        op = Op(func, args, kwargs, None, self.field)
        depends = bool(op.fields)
        op.out = self._run(op, depends)
        if func._schema.is_mutable:
            return self._written(op) if depends else op.out
        if op.name in _VIEWS and isinstance(args[0], Tensor):
            self._note_view(op)
        if depends and op.name not in _UNRELATED and isinstance(op.out, Tensor | tuple | list):
            self._assign(op.out, op, field_after(op))
        return op.out

    def _run(self, op: Op, depends: bool) -> Any:
        args, kwargs = op.args, op.kwargs
        if self.on_meta and (depends or any(tensor.is_meta for tensor in op.tensors)):
            args, kwargs = self._twins.swap(args, kwargs)
            return run_on_meta(op.func, args, kwargs)
        return op.func(*args, **kwargs)

    def _assign(self, out: Any, op: Op, found: Found) -> None:
        """Give the outputs of an operation their fields."""
        tensors = [out] if isinstance(out, Tensor) else [t for t in out if isinstance(t, Tensor)] if out else []
        fields: Sequence[Field | None] = found if isinstance(found, list) else [found] * len(tensors)
        for tensor, field in zip(tensors, fields, strict=True):
            if field is None or tensor.numel() == 0:  # statistics that a norm leaves out in eval mode
                continue
            if field.shape != tuple(tensor.shape):
                field = union([constant(part, tensor.shape, BOUND) for part in op.fields], tensor.shape)
            self._set(tensor, field)

    # Tensors that share memory: an in-place operation on one changes what the others see.

    def _note_view(self, op: Op) -> None:
        outputs = [op.out] if isinstance(op.out, Tensor) else list(op.out)
        for out in outputs:
            self._views[id(out)] = _View(op.args[0], op)
            self._alive[id(out)] = out
            self._alive[id(op.args[0])] = op.args[0]
            self._cut.setdefault(id(op.args[0]), []).append(out)

    def _written(self, op: Op) -> Any:
        """An operation that writes into its arguments: they, and the tensors that share their memory, see more."""
        targets = [
            op.arg(argument.name)
            for argument in op.func._schema.arguments
            if argument.alias_info is not None and argument.alias_info.is_write
        ]
        tensors = tensors_of(targets)
        for tensor, field in zip(tensors, self._written_fields(op, tensors), strict=True):
            if field is not None:
                self._write(tensor, field)
        returns = op.func._schema.returns
        if returns and returns[0].alias_info is None:  # beside what it writes, it has outputs of its own
            self._assign(op.out, op, field_after(op))
        return targets[0] if len(targets) == 1 and isinstance(op.out, Tensor) and returns[0].alias_info else op.out

    def _written_fields(self, op: Op, tensors: Sequence[Tensor]) -> Sequence[Field | None]:
        shapes = [tuple(tensor.shape) for tensor in tensors]
        if op.name in ("zero_", "fill_"):
            return [_sees_nothing(shape) for shape in shapes]
        if op.name == "copy_":
            source = op.lookup(op.arg("src"))
            return [_sees_nothing(shape) if source is None else union([source], shape) for shape in shapes]
        if op.name.startswith("_foreach_"):
            return foreach(op)
        found = field_after(op) if len(tensors) == 1 and op.func._schema.returns else None
        if isinstance(found, Field) and found.shape == shapes[0]:
            return [found]
        return [whole(op.fields, shape, BOUND) for shape in shapes]

    def _write(self, target: Tensor, field: Field, *, up: bool = True, source: Tensor | None = None) -> None:
        if self.field(target) is field:
            return
        self._set(target, field)
        view = self._views.get(id(target))
        if up and view is not None:
            self._write(view.base, self._put_back(target, view, field), source=target)
        for other in self._cut.get(id(target), []):
            if other is not target and other is not source:
                self._recut(other, self._views[id(other)].op)

    def _recut(self, tensor: Tensor, op: Op) -> None:
        again = Op(op.func, op.args, op.kwargs, op.out, op.lookup)  # the first one remembers what its inputs saw then
        found = field_after(again) if again.fields else _sees_nothing(tuple(tensor.shape))
        if isinstance(found, list):
            found = next(f for f, out in zip(found, op.out, strict=True) if out is tensor)
        if found is not None:
            self._write(tensor, found, up=False)

    def _put_back(self, target: Tensor, view: _View, field: Field) -> Field:
        """What the base sees once a part of it has been written."""
        base, shape = self.field(view.base), tuple(int(size) for size in view.base.shape)
        back = shape_rules.undone(view.op, field, shape)
        if back is not None:
            return back
        part = shape_rules.part_of(view.op, target)
        if part is None:
            return union([constant(seen, shape, BOUND) for seen in (base, field) if seen is not None], shape)
        dim, index = part
        if len(field.dims) < len(shape):
            field = insert(field, dim)
        back_index = np.full(shape[dim], windows.NO_TAP)
        back_index[index] = np.arange(len(index))
        parts = [windows.pick(field, dim, back_index)]
        if base is not None:
            kept = np.where(back_index == windows.NO_TAP, np.arange(shape[dim]), windows.NO_TAP)
            parts.append(windows.pick(base, dim, kept))
        return union(parts, shape)


def _sees_nothing(shape: Sequence[int]) -> Field:
    return Field(tuple((Atom(int(size)),) for size in shape))


class Padding(TorchFunctionMode):
    """Knows circular padding as such; below this level torch writes it as slices and copies."""

    def __init__(self, propagation: Propagation) -> None:
        super().__init__()
        self.propagation = propagation

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        if func is torch._C._nn.pad or func is functional.pad:
            mode = args[2] if len(args) > 2 else kwargs.get("mode", "constant")
            source = self.propagation.field(args[0] if args else kwargs["input"])
            if mode == "circular" and source is not None:
                self.propagation._set(out, padded(source, args[1] if len(args) > 1 else kwargs["pad"], mode))
        return out


@contextmanager
def propagating(*, on_meta: bool) -> Iterator[Propagation]:
    """Carry fields through whatever torch runs inside."""
    mode = Propagation(on_meta=on_meta)
    with torch.no_grad(), Padding(mode), mode:
        yield mode
