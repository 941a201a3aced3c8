"""Where a result comes from: enough to make it again."""

import platform
from typing import Any

import numpy as np
import torch

from hierfeat._version import __version__
from hierfeat.subjects.subject import Subject


def provenance(h: Subject, **parameters: Any) -> dict[str, Any]:
    """The model, the sha256 of its weights, the parameters of an analysis, and the versions it ran with.

    Examples
    --------
    >>> import hierfeat as hf
    >>> sorted(provenance(hf.load("lenet5-digits"), seed=0))
    ['input_shape', 'model', 'parameters', 'versions', 'weights_sha256']
    """
    return weightless_provenance(h, **parameters) | {"weights_sha256": h.weights_sha256}


def weightless_provenance(h: Subject, **parameters: Any) -> dict[str, Any]:
    """The provenance of what does not depend on the weights: reading those of a big net takes seconds."""
    versions = {"hierfeat": __version__, "torch": torch.__version__, "numpy": np.__version__}
    return {
        "model": h.name,
        "input_shape": list(h.input_shape),
        "parameters": {name: _plain(value) for name, value in parameters.items()},
        "versions": versions | {"python": platform.python_version()},
        **({"notes": dict(h.notes)} if h.notes else {}),
    }


def _plain(value: Any) -> Any:
    """A form that JSON can hold."""
    if isinstance(value, torch.Tensor | np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple | set):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool | dict | None) else str(value)
