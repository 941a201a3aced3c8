"""Weights from files: read without running their code, and fitted into a model or said why they do not fit."""

import difflib
import pickle
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from reprlib import repr as shorter
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from hierfeat._files import is_lfs_pointer
from hierfeat.errors import HierfeatError, warn
from hierfeat.zoo._unpickled import Stranger, unpickled

State = dict[str, Tensor]

_USUAL = ("state_dict", "model_state_dict", "model", "net", "network", "module", "weights", "params")
_WRAPPERS = {"module", "_orig_mod"}  # names that DataParallel and torch.compile put between those of modules
_LEFTOVERS = {"total_ops", "total_params", "n_averaged"}  # of thop, and of averaged models
_DEEPEST, _SHOWN = 4, 5
_OF_TORCH = b"PK", b"\x80"  # how its files begin: a zip archive, or a pickle as in old times


@dataclass(frozen=True)
class _Problems:
    """What keeps a state from fitting."""

    missing: list[str]
    unexpected: list[str]
    shapes: list[str]

    def __len__(self) -> int:
        return len(self.missing) + len(self.unexpected) + len(self.shapes)


def read_states(path: Path) -> dict[str, State]:
    """Read every group of tensors in a safetensors file, or in what ``torch.save`` wrote, on the CPU.

    Returns
    -------
    dict
        By the place where each group lies (``""`` for the file itself, else ``"model"`` or ``"ema.module"``), in the
        order in which they are to be tried. Settings, counters and optimisers beside them are left out.

    Raises
    ------
    HierfeatError
        If there is no such file, it cannot be read, or it holds no tensors by name.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "is not there"
        raise HierfeatError(f"expected a safetensors file or a saved state_dict; there is no file {path}: it {what}")
    if is_lfs_pointer(path):
        raise HierfeatError(f"{path} is a git-lfs pointer, not the weights: `git lfs pull` fetches them")
    if (kind := _of_another_kind(path)) is not None:
        raise HierfeatError(f"expected a safetensors file or a saved state_dict; {path} is {kind}")
    try:
        content: Any = load_file(path) if _is_safetensors(path) else unpickled(path)
    except pickle.UnpicklingError as error:
        raise HierfeatError(
            f"cannot read weights from {path}: it is not a state_dict that can be read without running code; "
            "save model.state_dict() alone, by torch.save's own pickle protocol (2)"
        ) from error
    except Exception as error:  # the unpickler fails in as many ways as bytes can be wrong
        reason = (str(error).splitlines() or [""])[0]
        raise HierfeatError(f"cannot read weights from {path}: {type(error).__name__}: {reason}") from error
    if isinstance(content, Stranger):
        raise HierfeatError(
            f"cannot read weights from {path}: it holds a whole model or another object, not a state_dict; "
            "save model.state_dict()"
        )
    found = dict(sorted(_groups(content), key=lambda item: _rank(item[0])))
    if not found:
        raise HierfeatError(f"expected a state_dict (names to tensors) in {path}; it holds a {type(content).__name__}")
    return found


def _of_another_kind(path: Path) -> str | None:
    """What a file is that is often taken for one of weights, and what to do with it."""
    with path.open("rb") as file:
        head = file.read(512)
    if head.startswith(b"\x1f\x8b"):
        return "compressed by gzip: unpack it"
    if head.startswith((b"\x93NUMPY", b"\x89HDF")):
        return "an array of NumPy or an HDF5 file: load it, and torch.save a dict of names to tensors"
    if b"\0" not in head and head.lstrip().startswith((b"<", b"{")):
        return f"text that begins {head[:20].decode(errors='replace')!r}: a page, or an index of other files"
    if not zipfile.is_zipfile(path):
        return None
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if any(name.endswith("/constants.pkl") for name in names):
        return "a TorchScript archive: torch.save the state_dict of torch.jit.load(path)"
    if not any(name.endswith("data.pkl") for name in names):
        return f"an archive of {shorter(names[:3])}, not what torch.save writes: unpack it, or save the state_dict"
    return None


def _is_safetensors(path: Path) -> bool:
    """By its content, a length and a JSON object; by its name where that is neither this nor torch's."""
    with path.open("rb") as file:
        head = file.read(9)
    named = path.suffix.lower() == ".safetensors" and not head.startswith(_OF_TORCH)
    return named or (head[8:] == b"{" and int.from_bytes(head[:8], "little") < path.stat().st_size)


def _groups(content: Any, place: str = "", depth: int = 0) -> Iterator[tuple[str, State]]:
    if not isinstance(content, Mapping) or depth > _DEEPEST:
        return
    tensors = {key: value for key, value in content.items() if isinstance(key, str) and _is_weight(value)}
    if tensors:
        yield place, {key: _plain(torch.as_tensor(value)) for key, value in tensors.items()}
    for key, value in content.items():
        yield from _groups(value, f"{place}.{key}" if place else str(key), depth + 1)


def _is_weight(value: Any) -> bool:
    if isinstance(value, Tensor):
        return not value.is_meta  # which has no values
    return isinstance(value, np.ndarray) and value.dtype.kind in "fiub"


def _plain(weights: Tensor) -> Tensor:
    """The numbers that quantised and sparse weights stand for."""
    weights = weights.dequantize() if weights.is_quantized else weights
    return weights if weights.layout == torch.strided else weights.to_dense()


def _rank(place: str) -> int:
    """Usual names first: of a model and its moving average, the model."""
    first = place.split(".")[0]
    return 0 if not place else 1 + _USUAL.index(first) if first in _USUAL else 1 + len(_USUAL)


def fit(model: nn.Module, states: Mapping[str, State], origin: str) -> None:
    """Copy into `model` the first of `states` whose names and shapes all fit, whatever wraps the names.

    Raises
    ------
    HierfeatError
        With the missing, unexpected and mismatched names of the state that comes nearest; the model is left as it was.
    """
    own = model.state_dict()
    fitting: dict[str, State] = {}
    nearest: tuple[_Problems, State] | None = None
    for place, state in states.items():
        for prefix, named in _renamed(state, own):
            problems = _problems(own, named)
            if not problems and not any(_same(named, other) for other in fitting.values()):
                fitting[".".join(filter(None, (place, prefix.rstrip("."))))] = named
            if nearest is None or len(problems) < len(nearest[0]):
                nearest = problems, named
    if not fitting:
        if nearest is None:
            raise HierfeatError(f"{origin} does not fit {type(model).__name__}: it holds no weights")
        raise HierfeatError(f"{origin} does not fit {type(model).__name__}: {_said(*nearest)}")
    place, *others = fitting
    if others:
        warn(f"{origin}: {place!r} is loaded; {', '.join(map(repr, others))} would fit as well")
    if whole := _whole_numbers(own, fitting[place]):
        warn(
            f"{origin} holds whole numbers for {_some(whole)}, loaded as they stand: if they were quantised, what they "
            "stand for needs their scale"
        )
    model.load_state_dict(fitting[place], strict=False)


def _whole_numbers(own: Mapping[str, Tensor], state: State) -> list[str]:
    """What is of floats in the model, and of integers in the state."""
    return [
        f"{key} ({str(state[key].dtype).removeprefix('torch.')})"
        for key in own
        if key in state and own[key].is_floating_point()
        if not (state[key].is_floating_point() or state[key].is_complex())
    ]


def _same(state: State, other: State) -> bool:
    return state.keys() == other.keys() and all(value is other[key] for key, value in state.items())


def _renamed(state: State, own: Mapping[str, Tensor]) -> Iterator[tuple[str, State]]:
    """What was taken off, and the state under the names that it may have meant: all of it, or a part of it."""
    kept = {key: value for key, value in state.items() if key in own or key.split(".")[-1] not in _LEFTOVERS}
    bare = {_without_wrappers(key): value for key, value in kept.items()}
    wrapped = {_without_wrappers(key): key for key in own}
    anchor = next(iter(own), "")
    yield "", kept
    for names in (kept, bare):
        prefixes = dict.fromkeys(key.removesuffix(anchor) for key in names if key.endswith(f".{anchor}"))
        for prefix in sorted(prefixes, key=len):
            yield prefix, {key.removeprefix(prefix): value for key, value in names.items() if key.startswith(prefix)}
        stem = _shared(names)
        while stem:
            yield stem, {key.removeprefix(stem): value for key, value in names.items()}
            stem = stem[: stem.rstrip(".").rfind(".") + 1]
    yield "", bare
    yield "", {wrapped.get(key, key): value for key, value in bare.items()}


def _without_wrappers(key: str) -> str:
    return ".".join(part for part in key.split(".") if part not in _WRAPPERS)


def _shared(names: Mapping[str, Tensor]) -> str:
    """The longest ``a.b.`` with which every name begins."""
    keys = list(names)
    parts = zip(*(key.split(".")[:-1] for key in keys), strict=False)
    stem = ""
    for level in parts:
        if len(set(level)) > 1:
            break
        stem += f"{level[0]}."
    return stem


def _problems(own: Mapping[str, Tensor], state: State) -> _Problems:
    missing = [key for key in own if key not in state and not key.endswith("num_batches_tracked")]
    shapes = [
        f"{key} {_shape(state[key])} for {_shape(own[key])}"
        for key in own
        if key in state and _shape(state[key]) != _shape(own[key]) and (own[key].ndim or state[key].numel() != 1)
    ]
    return _Problems(missing, [key for key in state if key not in own], shapes)


def _shape(weights: Tensor) -> str:
    return f"{'complex ' * weights.is_complex()}{tuple(weights.shape)}"


def _said(problems: _Problems, state: State) -> str:
    parts = {
        "missing": [
            _with_nearest(key, problems.unexpected, state) if place < _SHOWN else key
            for place, key in enumerate(problems.missing)
        ],
        "unexpected": problems.unexpected,
        "of another shape": problems.shapes,
    }
    return "; ".join(f"{what}: {_some(keys)}" for what, keys in parts.items() if keys)


def _with_nearest(key: str, others: list[str], state: State) -> str:
    close = difflib.get_close_matches(key, others, n=1, cutoff=0.75)
    return f"{key} (there is {close[0]} {tuple(state[close[0]].shape)})" if close else key


def _some(keys: list[str]) -> str:
    more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
    return ", ".join(keys[:_SHOWN]) + more
