"""What is kept by reference of tensors that may be written into later, and the writes that say so."""

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from hierfeat.subjects.guard import Found, Guard
from hierfeat.subjects.ops import version, written_values


class CopyOnWrite:
    """Holds tensors by reference, and clones one when its memory is about to be written into."""

    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}
        self._versions: dict[str, int] = {}
        self._owners: dict[int, list[str]] = {}  # storage -> names of the tensors that lie in it

    def keep(self, name: str, tensor: Tensor) -> None:
        self.tensors[name] = tensor
        self._versions[name] = version(tensor)
        self._owners.setdefault(_storage(tensor), []).append(name)

    def forget(self) -> None:
        self.tensors, self._versions, self._owners = {}, {}, {}

    def rescue(self, tensor: Tensor) -> None:
        for name in self._owners.pop(_storage(tensor), ()):
            self.tensors[name] = self.tensors[name].clone()
            self._versions[name] = version(self.tensors[name])

    def is_true(self) -> bool:
        return all(version(tensor) == self._versions[name] for name, tensor in self.tensors.items())

    def is_counted(self) -> bool:
        """Whether torch counts what is written into these tensors; in inference mode it does not."""
        return all(count >= 0 for count in self._versions.values())


class Writes(TorchDispatchMode, Guard):
    """Calls ``writing(tensor)`` before any operation writes into a tensor.

    No write is missed: operators declare in their schema which arguments they write.
    """

    def __init__(self, writing: Callable[[Tensor], None]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._writing = writing

    def __enter__(self) -> Self:
        return Guard.__enter__(self)

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        Guard.__exit__(self, kind, value, traceback)

    def _save(self) -> None:
        self._found = Found()

    def _apply(self) -> None:
        TorchDispatchMode.__enter__(self)

    def _restore(self) -> None:
        self._found.leave_modes()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        for tensor in written_values(func, args, kwargs):
            self._writing(tensor)
        return func(*args, **kwargs)


def _storage(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)
