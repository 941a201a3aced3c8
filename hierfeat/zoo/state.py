"""State dicts: reading them without running their code, and fitting them into a model or saying why they do not fit."""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from hierfeat.errors import HierfeatError

_WRAPPERS = ("state_dict", "model_state_dict", "model")
_PREFIXES = ("module.", "_orig_mod.")
_SHOWN = 5


def read_state(path: Path) -> Mapping[str, Tensor]:
    """Read a safetensors file or a state_dict saved by ``torch.save``, on the CPU; no code in it is run.

    Raises
    ------
    HierfeatError
        If there is no such file, it cannot be read, or holds no state_dict.
    """
    if not path.is_file():
        raise HierfeatError(f"expected a safetensors file or a saved state_dict; there is no file {path}")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise HierfeatError(f"cannot read weights from {path}: it is no state_dict; save model.state_dict()") from error
    except Exception as error:  # the unpickler fails in as many ways as bytes can be wrong
        reason = (str(error).splitlines() or [""])[0]
        raise HierfeatError(f"cannot read weights from {path}: {type(error).__name__}: {reason}") from error
    return _unwrapped(content, path)


def fit(model: nn.Module, state: Mapping[str, Tensor], origin: str) -> None:
    """Copy `state` into `model`; every key and every shape must fit.

    Raises
    ------
    HierfeatError
        With the missing, unexpected and mismatched keys; the model is then left as it was.
    """
    own = model.state_dict()
    missing = [key for key in own if key not in state and not key.endswith("num_batches_tracked")]
    unexpected = [key for key in state if key not in own]
    shapes = [
        f"{key} {tuple(state[key].shape)} for {tuple(own[key].shape)}"
        for key in own
        if key in state and state[key].shape != own[key].shape and (own[key].ndim or state[key].numel() != 1)
    ]
    problems = {"missing": missing, "unexpected": unexpected, "of another shape": shapes}
    if any(problems.values()):
        listed = "; ".join(f"{what}: {_some(keys)}" for what, keys in problems.items() if keys)
        raise HierfeatError(f"{origin} does not fit {type(model).__name__}: {listed}")
    model.load_state_dict(state, strict=False)


def _some(keys: list[str]) -> str:
    more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
    return ", ".join(keys[:_SHOWN]) + more


def _unwrapped(content: Any, path: Path) -> dict[str, Tensor]:
    """Take the state_dict out of what training scripts save around it."""
    for key in _WRAPPERS:
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    if not isinstance(content, Mapping) or not all(isinstance(value, Tensor) for value in content.values()):
        raise HierfeatError(f"expected a state_dict (names to tensors) in {path}; it holds a {type(content).__name__}")
    for prefix in _PREFIXES:
        if content and all(key.startswith(prefix) for key in content):
            content = {key.removeprefix(prefix): value for key, value in content.items()}
    return dict(content)
