"""Which layer feeds which: the graph of a hierarchy's layer calls, branches and shortcuts included."""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor
from torch.autograd.graph import Node
from torch.utils._pytree import tree_iter

from hierfeat.subjects._lanes import unwrapped
from hierfeat.subjects.call import Call
from hierfeat.subjects.calls import Watch
from hierfeat.subjects.guard import undisturbed
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.trace import DryRun, one_forward

INPUT = "input"
Sources = dict[str, tuple[str, ...]]


def wiring(h: Hierarchy) -> Sources:
    """Find the layers that feed each layer.

    Parameters
    ----------
    h
        Run once, for shapes only where its control flow allows it.

    Returns
    -------
    dict
        Layer name to the names of the layers whose outputs reach it through no other layer, in call order;
        ``"input"`` stands for the image. Empty for a layer that no path of differentiable operations leads to.

    Raises
    ------
    HierfeatError
        If the model cannot run on its input shape.

    Notes
    -----
    The graph is the one that autograd records, so that reshapes, slices, gates and in-place operations
    between the layers are followed as they are. Weights do not count as inputs.

    Examples
    --------
    >>> import torch, hierfeat as hf
    >>> net = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2))
    >>> wiring(hf.Hierarchy(net, (1, 8, 8)))
    {'0': ('input',), '1': ('0',), '2': ('1',)}
    """
    sources, _ = one_forward(h, lambda image: _run(h, image))
    return sources


def condensed(sources: Mapping[str, tuple[str, ...]], kept: Iterable[str]) -> Sources:
    """Leave only the layers `kept`, each fed by the nearest kept ones before it.

    Examples
    --------
    >>> condensed({"conv": ("input",), "relu": ("conv",), "pool": ("relu",)}, ["conv", "pool"])
    {'conv': ('input',), 'pool': ('conv',)}
    """
    wanted = {INPUT, *kept}
    reached: dict[str, tuple[str, ...]] = {}
    for name, feeding in sources.items():
        found = (part for source in feeding for part in ((source,) if source in wanted else reached[source]))
        reached[name] = tuple(dict.fromkeys(found))
    return {name: reached[name] for name in sources if name in wanted}


def _run(h: Hierarchy, image: Tensor) -> Sources:
    sources: Sources = {}
    owners: dict[Node, str] = {}
    feeding: dict[str, tuple[str, ...]] = {}

    def before(call: Call) -> None:
        given = (item for item in tree_iter((call.args, call.kwargs)) if isinstance(item, Tensor))
        nodes = [unwrapped(item)[0].grad_fn for item in given]
        feeding[call.name] = _owners_behind([node for node in nodes if node is not None], owners)

    def after(call: Call, output: Tensor) -> Tensor:
        sources[call.name] = feeding[call.name]
        if output.grad_fn is not None:
            owners[output.grad_fn] = call.name
        return output  # what is mapped over is seen through a view, and goes on from there

    with undisturbed(h.model), torch.enable_grad(), DryRun(), Watch(h.model, before=before, after=after):
        start = image.requires_grad_().clone()
        assert start.grad_fn is not None
        owners[start.grad_fn] = INPUT
        h.run(start)
    order = {name: place for place, name in enumerate((INPUT, *sources))}
    return {name: tuple(sorted(names, key=order.__getitem__)) for name, names in sources.items()}


def _owners_behind(nodes: list[Node], owners: Mapping[Node, str]) -> tuple[str, ...]:
    """Walk back from some autograd nodes to the nearest layer outputs."""
    found: dict[str, None] = {}
    seen: set[Node] = set()
    while nodes:
        node = nodes.pop()
        if node in seen:
            continue
        seen.add(node)
        if node in owners:
            found[owners[node]] = None
        else:
            nodes.extend(parent for parent, _ in node.next_functions if parent is not None)
    return tuple(found)
