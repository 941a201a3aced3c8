"""From an exported program to nodes with one output each: what depends on no input is computed, copies vanish."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx
from torch.export.graph_signature import InputKind

#: Operations that give their first argument back.
_COPIES = ("clone", "contiguous", "detach", "alias", "lift_fresh_copy", "_to_copy", "to", "dropout", "feature_dropout")
#: Operations without an output that matters.
_CHECKS = ("_assert_tensor_metadata", "_assert_async", "sym_constrain_range_for_size")


@dataclass(frozen=True)
class Ref:
    """The value of that name, as an argument."""

    name: str


@dataclass(frozen=True)
class Node:
    """One operation: all arguments of its ATen schema in order, defaults filled in."""

    name: str
    op: str
    args: tuple[Any, ...]
    shape: tuple[int, ...]
    function: Callable[..., Any]
    keywords: dict[str, Any]

    def run(self, values: dict[str, Tensor]) -> Tensor:
        """Compute the node in torch."""
        args = [resolved(value, values) for value in self.args[: len(self.args) - len(self.keywords)]]
        kwargs = {name: resolved(value, values) for name, value in self.keywords.items()}
        if self.op in ("view.default", "_unsafe_view.default"):
            source: Tensor = args[0]
            return source.reshape(args[1])  # the copy that made it contiguous may have been left out
        output = self.function(*args, **kwargs)
        return output if isinstance(output, Tensor) else output[0]


def resolved(value: Any, values: dict[str, Tensor]) -> Any:
    """An argument with the tensors in the places of their names."""
    if isinstance(value, Ref):
        return values[value.name]
    if isinstance(value, list | tuple):
        return [resolved(item, values) for item in value]
    return value


class _Rewriting:
    """The nodes found so far, and what each node of the exported graph stands for."""

    def __init__(self, program: torch.export.ExportedProgram, image: str) -> None:
        self.tensors: dict[str, Tensor] = {}
        self.nodes: list[Node] = []
        self._means: dict[str, Any] = {}  # a Ref, or a list of outputs
        self._image = image
        self._inputs(program)

    def _inputs(self, program: torch.export.ExportedProgram) -> None:
        for spec in program.graph_signature.input_specs:
            name = getattr(spec.arg, "name", "")
            if spec.kind == InputKind.USER_INPUT:
                self._means[name] = Ref(self._image)
                continue
            target = spec.target or ""
            held = program.state_dict if target in program.state_dict else program.constants
            self.tensors[name] = held[target].detach().cpu()  # as the page is: a copy to a device is none here
            self._means[name] = Ref(name)

    def add(self, node: fx.Node) -> None:
        """Take one call of the exported graph over."""
        if node.target is operator.getitem:
            source, index = node.args
            assert isinstance(source, fx.Node)
            self._means[node.name] = self._item(node, self._means[source.name], index)
            return
        name = _base(node.target)
        if name in _CHECKS:
            return
        args, keywords = self._arguments(node)
        if name in _COPIES and _floats(node):
            self._means[node.name] = args[0]
        elif name in ("split", "split_with_sizes", "chunk", "unbind"):
            self._means[node.name] = self._parts(node, name, args)
        elif name == "index" and (picked := self._picked(args)) is not None:
            self._means[node.name] = self._emit(
                node.name, torch.ops.aten.index_select.default, picked, {}, _shape(node)
            )
        else:
            self._means[node.name] = self._emit(node.name, node.target, args, keywords, _shape(node))

    def _picked(self, args: list[Any]) -> list[Any] | None:
        """An index along one axis by a constant list of places is a selection."""
        source, indices = args
        given = [(axis, index) for axis, index in enumerate(indices) if index is not None]
        if len(given) != 1 or self._constant(source):
            return None
        axis, index = given[0]
        places = self.tensors.get(index.name)
        whole = places is not None and places.dtype in (torch.int32, torch.int64) and places.ndim == 1
        return [source, axis, index] if whole else None

    def _item(self, node: fx.Node, meant: Any, index: Any) -> Any:
        """The first output of an operation is its value; another one is an operation that no engine has."""
        if isinstance(meant, list):
            return meant[index]
        if index == 0:
            return meant
        source = node.args[0]
        assert isinstance(source, fx.Node)
        self.nodes.append(Node(node.name, f"{_base(source.target)}[{index}]", (meant,), (), operator.getitem, {}))
        return Ref(node.name)

    def _parts(self, node: fx.Node, name: str, args: list[Any]) -> list[Any]:
        """Each part of a split tensor is a slice (of an unbound one, a selection) of it."""
        shapes = [tuple(part.shape) for part in node.meta["val"]]
        axis = args[1] if name == "unbind" else args[2]
        found, start = [], 0
        for index, shape in enumerate(shapes):
            label = f"{node.name}_{index}"
            if name == "unbind":
                found.append(self._emit(label, torch.ops.aten.select.int, [args[0], axis, index], {}, shape))
                continue
            stop = start + shape[axis]
            part = [args[0], axis, start, stop, 1]
            found.append(self._emit(label, torch.ops.aten.slice.Tensor, part, {}, shape))
            start = stop
        return found

    def _emit(self, name: str, target: Any, args: list[Any], keywords: dict[str, Any], shape: tuple[int, ...]) -> Ref:
        op = str(target).removeprefix("aten.")
        new = Node(name, op, tuple(args), shape, target, keywords)
        if self._constant(args):
            with torch.no_grad():
                self.tensors[name] = new.run(self.tensors).detach().cpu()
        else:
            self.nodes.append(new)
        return Ref(name)

    def _constant(self, value: Any) -> bool:
        if isinstance(value, Ref):
            return value.name in self.tensors
        return all(map(self._constant, value)) if isinstance(value, list | tuple) else True

    def _arguments(self, node: fx.Node) -> tuple[list[Any], dict[str, Any]]:
        """All arguments in the order of the schema, and those that torch takes by keyword only."""
        given = dict(node.kwargs)
        found: list[Any] = []
        keywords: dict[str, Any] = {}
        for place, argument in enumerate(node.target._schema.arguments):  # type: ignore[union-attr]
            value = node.args[place] if place < len(node.args) else given.get(argument.name, argument.default_value)
            found.append(self._argument(value))
            if argument.kwarg_only:
                keywords[argument.name] = found[-1]
        return found, keywords

    def _argument(self, value: Any) -> Any:
        if isinstance(value, fx.Node):
            return self._means[value.name]
        if isinstance(value, list | tuple):
            return [self._argument(item) for item in value]
        return value

    def outputs(self, node: fx.Node) -> list[str]:
        """Names of the values that the program returns."""
        flat = [item for item in torch.utils._pytree.tree_leaves(node.args) if isinstance(item, fx.Node)]
        return [self._means[item.name].name for item in flat]


def rewritten(program: torch.export.ExportedProgram, image: str) -> tuple[dict[str, Tensor], list[Node], list[str]]:
    """Return the weights and constants, the nodes, and the names of the program's outputs.

    Parameters
    ----------
    program
        A functional one of one image.
    image
        What the image is called in the nodes.
    """
    work = _Rewriting(program, image)
    outputs: list[str] = []
    for node in program.graph.nodes:
        if node.op == "call_function":
            work.add(node)
        elif node.op == "output":
            outputs = work.outputs(node)
    nodes = _needed(work.nodes, outputs)
    used = {name for node in nodes for name in _names(node.args)} | set(outputs)
    return {name: tensor for name, tensor in work.tensors.items() if name in used}, nodes, outputs


def _needed(nodes: list[Node], outputs: list[str]) -> list[Node]:
    wanted = set(outputs)
    for node in reversed(nodes):
        if node.name in wanted:
            wanted |= _names(node.args)
    return [node for node in nodes if node.name in wanted]


def _names(value: Any) -> set[str]:
    if isinstance(value, Ref):
        return {value.name}
    return set().union(*map(_names, value)) if isinstance(value, list | tuple) else set()


def _base(target: Any) -> str:
    return str(target).removeprefix("aten.").split(".")[0]


def _floats(node: fx.Node) -> bool:
    """A copy into whole numbers is none: it cuts the fraction off."""
    value = node.meta.get("val")
    return isinstance(value, Tensor) and (value.is_floating_point() or value.dtype == torch.bool)


def _shape(node: fx.Node) -> tuple[int, ...]:
    value = node.meta["val"]
    return tuple(int(size) for size in (value if isinstance(value, Tensor) else value[0]).shape)
