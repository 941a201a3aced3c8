"""The only door to torchvision, open also where its compiled operators do not fit the torch beside it.

A torchvision built for CUDA next to a CPU build of torch fails on import with ``operator
torchvision::nms does not exist``. hierfeat needs none of those operators: it declares their schemas,
so that the import goes through, and models, datasets and transforms work.
"""

import importlib
import sys
from types import ModuleType

import torch

_MISMATCH = "operator torchvision::nms does not exist"
_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_declared: list[torch.library.Library] = []  # a Library's schemas live only as long as it does


def _import() -> ModuleType:
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if _MISMATCH not in str(error):
            raise
    _forget()
    library = torch.library.Library("torchvision", "FRAGMENT")
    library.define(f"nms{_SCHEMA}")
    library.define(f"qnms{_SCHEMA}")
    _declared.append(library)
    return importlib.import_module("torchvision")


def _forget() -> None:
    """Drop the half-imported modules, so that the second import starts clean."""
    for name in [name for name in sys.modules if name == "torchvision" or name.startswith("torchvision.")]:
        del sys.modules[name]


torchvision = _import()
models = importlib.import_module("torchvision.models")
datasets = importlib.import_module("torchvision.datasets")
transforms = importlib.import_module("torchvision.transforms.v2")
