"""Running a model for its shapes alone: nothing is computed, so that a big net takes no longer than a small one."""

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter
from torch.utils.flop_counter import flop_registry

from hierfeat.subjects.meta_kernels import Twins, run_on_meta


class DryRun(TorchDispatchMode):
    """Carries operations out on the meta device, and counts their floating-point operations.

    Attributes
    ----------
    flops : int
        The count so far, by the rules of ``torch.utils.flop_counter``.

    Notes
    -----
    A real tensor that meets a meta tensor is replaced by a meta twin for that operation; operations on
    real tensors alone (of weights, say) are carried out as they are. What was written into from a
    meta tensor counts as meta from then on. The model's own tensors are never touched.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.flops = 0
        self._twins = Twins()
        self._overwritten: set[int] = set()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        tensors = [item for item in tree_iter((args, kwargs)) if isinstance(item, Tensor)]
        if not any(self._is_meta(tensor) for tensor in tensors):
            return self._counted(func, args, kwargs, on_meta=False)
        self._note_writes(func, args)
        args, kwargs = self._twins.swap(args, kwargs)
        return self._counted(func, args, kwargs, on_meta=True)

    def _counted(
        self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], *, on_meta: bool
    ) -> Any:
        out = run_on_meta(func, args, kwargs) if on_meta else func(*args, **kwargs)
        count = flop_registry.get(getattr(func, "overloadpacket", None))
        if count is not None:
            self.flops += int(count(*args, **kwargs, out_val=out))
        return out

    def _is_meta(self, tensor: Tensor) -> bool:
        return tensor.is_meta or tensor.untyped_storage()._cdata in self._overwritten

    def _note_writes(self, func: Any, args: tuple[Any, ...]) -> None:
        for argument, value in zip(func._schema.arguments, args, strict=False):
            written = argument.alias_info is not None and argument.alias_info.is_write
            if written and isinstance(value, Tensor) and not value.is_meta:
                self._overwritten.add(value.untyped_storage()._cdata)
                self._twins.of(value)
