"""Saving a sweep that may be killed, and taking it up again."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import save_file

from hierfeat._files import write_with
from hierfeat.errors import HierfeatError
from hierfeat.recording.measure import Measure


def save(path: Path, measures: Sequence[Measure], batches: int, images: int, identity: dict[str, Any]) -> None:
    """Write the state of all measures after `batches` batches, in one file, whole or not at all."""
    tensors = {
        f"{number}/{key}": tensor.detach().cpu().contiguous().clone()
        for number, measure in enumerate(measures)
        for key, tensor in measure.state.items()
    }
    keys = [list(measure.state) for measure in measures]  # safetensors sorts; call order is part of the state
    about = {"batches": batches, "images": images, "identity": identity, "keys": keys}
    write_with(path, lambda partial: save_file(tensors, partial, metadata={"sweep": json.dumps(about)}))


def resume(path: Path, measures: Sequence[Measure], identity: dict[str, Any]) -> tuple[int, int]:
    """Fill the measures from `path` if it exists; return how many batches and images they have seen.

    Raises
    ------
    HierfeatError
        If the file is of another model, other layers or other measures, or is not a checkpoint.
    """
    if not path.exists():
        return 0, 0
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads(file.metadata()["sweep"])
            states = [
                {key: file.get_tensor(f"{number}/{key}") for key in keys} for number, keys in enumerate(about["keys"])
            ]
    except Exception as error:
        raise HierfeatError(f"{path} is not a checkpoint of a sweep ({error}); remove it or name another") from error
    for name, now in identity.items():
        if about["identity"].get(name) != now:
            then = about["identity"].get(name)
            raise HierfeatError(f"checkpoint {path} was made with {name} = {then!r}, this sweep has {now!r}")
    for measure, state in zip(measures, states, strict=True):
        measure.state.clear()
        measure.state.update(state)
    return int(about["batches"]), int(about["images"])
