"""The model run with its pools as they are, and with one of them swapped."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from hierfeat.errors import HierfeatError
from hierfeat.physiology.invariance._pools import POOLS, Windows
from hierfeat.subjects.call import Call
from hierfeat.subjects.hierarchy import Hierarchy
from hierfeat.subjects.layer import Layer


def as_it_is(
    h: Hierarchy, pools: list[Layer], shown: list[Tensor]
) -> tuple[dict[str, list[Tensor]], dict[str, list[Tensor]], list[Tensor]]:
    """Inputs and outputs of every pool, and the model's outputs; a list over shifts each."""
    inputs: dict[str, list[Tensor]] = {layer.name: [] for layer in pools}
    outputs: dict[str, list[Tensor]] = {layer.name: [] for layer in pools}

    def before(call: Call) -> None:
        if call.name in inputs:
            inputs[call.name].append(call.input.clone())

    def after(call: Call, output: Tensor) -> None:
        if call.name in outputs:
            outputs[call.name].append(output.clone())

    with h.watching(before=before, after=after):
        intact = [_output(h, images) for images in shown]
    return inputs, outputs, intact


def outputs_with(
    h: Hierarchy, layer: Layer, pooling: str, shown: list[Tensor], shape: torch.Size
) -> tuple[list[Tensor], str]:
    """The model's outputs with one pool swapped; none, and why, if the rest of the model cannot take the new map."""
    try:
        with _swapped(h, layer, pooling):
            responses = [_output(h, images) for images in shown]
    except (RuntimeError, HierfeatError):
        if pooling != "none":
            raise
        return [], "no output: the layers after the pool cannot take the larger map"
    if responses[0].shape != shape:
        return [], "no output: it is of another shape, as no pool makes one score per class any more"
    return responses, "exact"


@contextmanager
def _swapped(h: Hierarchy, layer: Layer, pooling: str) -> Iterator[None]:
    """Within the block, `layer` of the model is another pool."""
    windows = Windows.of(layer)
    assert windows is not None, "only pools with windows are swapped"

    def before(call: Call) -> Tensor | None:
        if call.name != layer.name:
            return None
        pooled = POOLS[pooling](call.input, windows)
        return pooled if pooling == "none" else pooled.reshape(len(pooled), *layer.out_shape)

    with h.watching(before=before):
        yield


def _output(h: Hierarchy, images: Tensor) -> Tensor:
    """The model's response, (N, classes); maps are flattened, one score alone is a class."""
    return h.scores(images).reshape(len(images), -1)
