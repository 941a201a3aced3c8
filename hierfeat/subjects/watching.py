"""A model that is left as it was found while its calls are watched: what analyses and users run it within."""

from types import TracebackType
from typing import Any

from torch import nn

from hierfeat.subjects.call import Stop
from hierfeat.subjects.calls import Watch
from hierfeat.subjects.guard import undisturbed


class Watching(undisturbed):
    """What :meth:`hierfeat.Hierarchy.watching` returns: the model undisturbed, and watched."""

    def __init__(self, model: nn.Module, **callbacks: Any) -> None:
        super().__init__(model)
        self._watch = Watch(model, **callbacks)

    def _apply(self) -> None:
        super()._apply()
        self._watch.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        super().__exit__(kind, value, traceback)
        return kind is not None and issubclass(kind, Stop)
