"""Lets torchvision be imported where its compiled operators do not fit the torch beside it.

A torchvision built for CUDA next to a CPU build of torch fails on import with ``operator
torchvision::nms does not exist``. Models, data sets and transforms need none of those operators: once their schemas are
declared, the import goes through. The mending waits for that failure, in whoever's ``import torchvision`` it happens,
hierfeat's own, the user's, or timm's; no other import is touched, and this file imports no torch.
"""

import importlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_MISMATCH = "operator torchvision::nms does not exist"
_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_declared: list[Any] = []  # a torch.library.Library's schemas live only as long as it does


class _Finder:
    """Finds torchvision by the other finders, and has the import of what they find watched."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != "torchvision":
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(name, path, target)
            if spec is not None:
                _watch(spec)
                return spec
        return None


def mend_on_import() -> None:
    """Have every later ``import torchvision`` mended where it fails by the mismatch."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def _watch(spec: ModuleSpec) -> None:
    loader = spec.loader
    if loader is None:
        return
    execute = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        try:
            execute(module)
        except RuntimeError as error:
            if _MISMATCH not in str(error):
                raise
            _forget_parts()
            _declare()
            execute(module)

    loader.exec_module = exec_module  # type: ignore[method-assign]  # of this loader alone, which loads one package


def _declare() -> None:
    import torch

    library = torch.library.Library("torchvision", "FRAGMENT")
    library.define(f"nms{_SCHEMA}")
    library.define(f"qnms{_SCHEMA}")
    _declared.append(library)


def _forget_parts() -> None:
    """Drop the half-imported submodules, so that the second attempt starts clean."""
    for name in [name for name in sys.modules if name.startswith("torchvision.")]:
        del sys.modules[name]


def __getattr__(name: str) -> ModuleType:
    """Import a part of torchvision when it is first asked for."""
    if name not in ("datasets", "models", "transforms"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"torchvision.{name}")
