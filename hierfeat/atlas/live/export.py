"""A hierarchy's forward pass as a graph of ATen operations, in which every layer call is a named value.

``torch.export`` follows the model while :class:`hierfeat.subjects.calls.Watch` sees its layer calls. A copy of each
layer's output, taken at the call, is an output of the exported program: which value is which layer is known by
construction, for repeated and in-place calls too.
"""

import contextlib
import io
import re
import warnings
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from hierfeat.atlas.live.rewrite import Node, rewritten
from hierfeat.atlas.live.vocabulary import OPERATIONS
from hierfeat.atlas.live.whole_layers import exportable
from hierfeat.errors import HierfeatError
from hierfeat.subjects.call import Call
from hierfeat.subjects.calls import Watch
from hierfeat.subjects.guard import undisturbed
from hierfeat.subjects.hierarchy import Hierarchy


class CannotRun(HierfeatError):
    """The network cannot run in the page; the message says why."""


@dataclass(frozen=True)
class Graph:
    """What the engine runs.

    Attributes
    ----------
    name : str
        The hierarchy's.
    input_shape : tuple of int
        (channels, height, width) of an image in [0, 1]: the normalisation is part of the graph.
    tensors : dict
        Weights and constants by name.
    nodes : list of Node
        Operations in the order in which they run; each has one output.
    layers : dict
        The value that each of ``h.layers`` gives, by the layer's name, in call order.
    output : str
        The value that the model returns.
    """

    name: str
    input_shape: tuple[int, ...]
    tensors: dict[str, Tensor]
    nodes: list[Node]
    layers: dict[str, str]
    output: str
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)

    #: The value that holds the image, (1, C, H, W) in [0, 1].
    INPUT = "image"

    def run(self, image: Tensor, tensors: dict[str, Tensor] | None = None) -> dict[str, Tensor]:
        """Return every value of the graph for one image (1, C, H, W), as torch computes it.

        Parameters
        ----------
        image
        tensors
            Weights to take in place of the graph's own.
        """
        values = dict(tensors or self.tensors) | {self.INPUT: image}
        with torch.no_grad():
            for node in self.nodes:
                values[node.name] = node.run(values)
        return values


def export(h: Hierarchy) -> Graph:
    """Return the graph of `h`'s forward pass in eval mode.

    Raises
    ------
    CannotRun
        If the model's control flow looks at values, it computes in half precision, or needs an operation that the
        engine lacks: the message names it.
    """
    if h.dtype not in (torch.float32, torch.float64):
        raise CannotRun(f"{h.name} computes in {_plain(h.dtype)}, the page in float32: convert the model with .float()")
    odd = next((path for path, _ in h.model.named_modules() if not _is_plain(path)), None)
    odd = odd or next((path for path, _ in h.model.named_parameters() if not _is_plain(path)), None)
    if odd is not None:  # torch.fx writes names into source text that it runs, as they are
        raise CannotRun(f"{h.name} has a part named {odd!r}, and torch.export takes letters, digits, _ and - only")
    program, names = _program(h)
    tensors, nodes, outputs = rewritten(program, Graph.INPUT)
    missing = sorted({node.op for node in nodes} - OPERATIONS)
    if missing:
        raise CannotRun(
            f"{h.name} needs {_listed(missing)}, which the page's engine does not have: its maps are stored instead"
        )
    shapes = {node.name: node.shape for node in nodes}
    layers = dict(zip(names, outputs[1:], strict=True))
    return Graph(h.name, h.input_shape, tensors, nodes, layers, outputs[0], shapes)


class _Watched(nn.Module):
    """The model with its normalisation; it returns the output and a copy of every layer's."""

    def __init__(self, h: Hierarchy, names: list[str]) -> None:
        super().__init__()
        self.model = h.model
        self.h = h
        self.note = names.append  # torch.export would bring a list of the module's own back to what it was

    def forward(self, image: Tensor) -> list[Tensor]:
        kept: list[Tensor] = []

        def after(call: Call, output: Tensor) -> None:
            self.note(call.name)
            kept.append(output.clone())

        with Watch(self.model, after=after):
            output = self.h.read(self.model(self.h.normalise(image)))
        return [output.clone(), *kept]


def _program(h: Hierarchy) -> tuple[torch.export.ExportedProgram, list[str]]:
    """Export in eval mode, functional: no operation writes into the output of another."""
    expected = [layer.name for layer in h.layers]
    with undisturbed(h.model), torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names: list[str] = []
        watched = _Watched(h, names).eval()
        image = torch.zeros(1, *h.input_shape, dtype=h.dtype, device=h.device)
        try:
            with exportable(h.model), contextlib.redirect_stderr(io.StringIO()):  # it prints what it could follow
                program = torch.export.export(watched, (image,), strict=False).run_decompositions({})
        except HierfeatError:
            raise
        except Exception as error:  # torch.export raises whatever stopped it
            reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else ""
            raise CannotRun(
                f"torch.export cannot follow {h.name} ({type(error).__name__}: {reason}): its maps are stored instead"
            ) from error
    if names != expected:
        odd = next((name for name in expected if name not in names), "a layer more than usual")
        raise CannotRun(f"{h.name} calls other layers when it is exported ({odd}): its maps are stored instead")
    return program, names


def _is_plain(path: str) -> bool:
    return re.fullmatch(r"[\w.-]*", path) is not None  # RegNets have parts such as block1-0


def _plain(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"the operation{'s' if len(names) > 1 else ''} {', '.join(names[:5])}{more}"
