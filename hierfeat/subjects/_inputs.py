"""What goes into a model beside images, which part of what comes out is its scores, and what the model is."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from hierfeat.errors import HierfeatError, warn
from hierfeat.subjects.guard import PLAIN
from hierfeat.subjects.ops import first_tensor

Example = tuple[Any, ...] | Mapping[str, Any] | Callable[..., Any]
_FLAGS = frozenset((bool, str, tuple))  # numbers of modules that are not torch's may count passes
Output = int | str | Callable[[Any], Any]


def checked_example(example: Any) -> Any:
    """Refuse what cannot be inputs beside the images."""
    if example is None or callable(example) or isinstance(example, tuple | list | Mapping):
        return tuple(example) if isinstance(example, list) else example
    if isinstance(example, Tensor):
        return (example,)
    raise HierfeatError(
        "expected example as a tuple of further inputs, a dict of keyword inputs or a function that makes them, "
        f"got {type(example).__name__}"
    )


def checked_name(name: Any) -> str | None:
    """What a model is to be called, or None."""
    if name is not None and not isinstance(name, str):
        raise HierfeatError(f"expected name as a word for tables and figures, got {type(name).__name__}")
    return name


def checked_output(output: Any) -> Any:
    """Refuse what cannot choose a part of an output."""
    if output is None or callable(output) or (isinstance(output, int | str) and not isinstance(output, bool)):
        return output
    raise HierfeatError(f"expected output as an index, a key or a function of the output, got {type(output).__name__}")


def further_inputs(example: Any, images: Tensor) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Positional and keyword inputs for a batch of normalised images."""
    if example is None:
        return (), {}
    if callable(example):
        takes = any(p.default is p.empty for p in inspect.signature(example).parameters.values())
        example = example(images) if takes else example()
    if isinstance(example, Mapping):
        return (), {name: _for_each(value, images) for name, value in example.items()}
    given = example if isinstance(example, tuple | list) else (example,)
    return tuple(_for_each(value, images) for value in given), {}


def _for_each(value: Any, images: Tensor) -> Any:
    """A tensor with a first axis of 1 once for each image, on the device of the images."""
    if not isinstance(value, Tensor) or value is images:
        return value
    value = value if images.is_meta else value.to(images.device)
    if value.ndim and value.shape[0] == 1 and len(images) != 1:
        return value.expand(len(images), *value.shape[1:])
    return value


def read_output(name: str, output: Any, returned: Any) -> Tensor:
    """The tensor in what a model returned that `output` chooses."""
    if output is None:
        return _scores_of(name, returned)
    try:
        found = output(returned) if callable(output) else returned[output]
    except Exception as error:
        raise HierfeatError(
            f"expected {name} to return something that output={output!r} picks from, got {_described(returned)}: "
            f"{type(error).__name__}: {error}"
        ) from error
    if not isinstance(found, Tensor):
        raise HierfeatError(f"expected output={output!r} to pick a tensor from what {name} returns, got {type(found)}")
    return found


def _scores_of(name: str, returned: Any) -> Tensor:
    """The first tensor, with a warning where others could be meant."""
    found = first_tensor(returned)
    if found is None:
        raise HierfeatError(f"{name} returned no tensor but {type(returned).__name__}; Hierarchy(output=) picks one")
    if not isinstance(returned, Tensor):
        several = returned.items() if isinstance(returned, Mapping) else enumerate(returned)
        rivals = [(key, part) for key, part in several if isinstance(part, Tensor) and part.ndim == found.ndim == 2]
        if len(rivals) > 1:
            listed = ", ".join(f"{key!r} {tuple(part.shape)}" for key, part in rivals)
            warn(f"{name} returns {listed}: the first is taken for its scores; Hierarchy(output=) says which part is")
    return found


def _described(returned: Any) -> str:
    if isinstance(returned, Mapping):
        return f"a dict with the keys {list(returned)}"
    return (
        f"{type(returned).__name__} of {len(returned)}" if isinstance(returned, tuple | list) else str(type(returned))
    )


def structure_of(model: nn.Module) -> tuple[Any, ...]:
    """All that a layer table depends on and that is cheap to read: modules, their settings, their parameters' shapes.

    Numbers that modules other than torch's hold are left out, since these may be counts of passes.
    It is read whenever ``h.layers`` is asked for, so that every microsecond counts: 150 modules take 0.4 ms.
    """
    found: list[Any] = []
    waiting: list[nn.Module | None] = [model]
    while waiting:
        module = waiting.pop()
        if module is None:
            continue
        slots = module.__dict__
        found += (id(module), type(module))
        settings = PLAIN if type(module).__module__.startswith("torch.") else _FLAGS
        found += [item for item in slots.items() if type(item[1]) in settings and item[0] != "training"]
        found += [(name, None if p is None else (p.shape, p.requires_grad)) for name, p in slots["_parameters"].items()]
        found += slots["_modules"]
        waiting += slots["_modules"].values()
    return tuple(found)


def unwrapped(model: nn.Module) -> nn.Module:
    """The model itself, inside what compiles or distributes it: hooks do not see through those."""
    if isinstance(model, torch.export.ExportedProgram):
        raise HierfeatError("expected a torch.nn.Module as the model, got an ExportedProgram: pass program.module()")
    if not isinstance(model, nn.Module):
        raise HierfeatError(f"expected a torch.nn.Module as the model, got {type(model).__name__}")
    while isinstance(inner := _inner(model), nn.Module):
        model = inner
    if any(isinstance(module, torch.jit.ScriptModule) for module in model.modules()):
        raise HierfeatError(
            f"{type(model).__name__} is a TorchScript module, whose calls cannot be seen: "
            "pass the module it was made from"
        )
    if any(is_lazy(tensor) for tensor in (*model.parameters(), *model.buffers())):
        raise HierfeatError(
            f"{type(model).__name__} has lazy modules that have met no image yet, so that their sizes are not known: "
            "run it once, model(torch.zeros(1, channels, height, width)), before it is examined"
        )
    packed = next((m for m in model.modules() if is_quantised(m) and not _computes_in_floats(m)), None)
    if packed is not None:
        raise HierfeatError(
            f"{type(model).__name__} is quantised ({type(packed).__name__} of {type(packed).__module__}): its weights "
            "are packed integers that no analysis can read; pass the floating-point model it was made from"
        )
    return model


def is_quantised(module: nn.Module) -> bool:
    """Whether a module computes with packed integer weights."""
    return ".quantized" in type(module).__module__ and hasattr(module, "_packed_params")


def _computes_in_floats(module: nn.Module) -> bool:
    """Whether a quantised module takes and gives floats: a dynamic one, or the store of its weights."""
    return "dynamic" in type(module).__module__ or type(module).__name__.endswith("PackedParams")


def advice(model: nn.Module) -> str:
    """What is most likely wrong where a model cannot run."""
    if any(map(is_quantised, model.modules())):
        return "it is quantised; pass the floating-point model it was made from"
    if is_exported(model):
        return (
            "it is an exported or traced program, which takes only batches like the one it was exported with: "
            "export it with a dynamic batch axis (from 1), or pass the module it was made from"
        )
    return "check input_shape, which is (channels, height, width), and example= if it takes further inputs"


def is_exported(model: nn.Module) -> bool:
    """Whether the model is a graph of operators, as torch.export and make_fx make them, with its sizes written in."""
    nodes = getattr(getattr(model, "graph", None), "nodes", ())
    return any(isinstance(node.target, torch._ops.OpOverload) for node in nodes)


def _inner(model: nn.Module) -> Any:
    if isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
        return model.module
    return getattr(model, "_orig_mod", None)
