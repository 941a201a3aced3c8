"""Layers that ``torch.export`` cannot follow, as operations of their own that the engine has too."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from hierfeat.zoo.neocognitron.top import InterpolatingVector


@contextmanager
def exportable(model: nn.Module) -> Iterator[None]:
    """Within the block, each :class:`InterpolatingVector` of `model` is one operation."""
    found = [module for module in model.modules() if isinstance(module, InterpolatingVector)]
    try:
        for module in found:
            module.__dict__["forward"] = _as_operation(module)
        yield
    finally:
        for module in found:
            module.__dict__.pop("forward", None)


def _as_operation(module: InterpolatingVector) -> Any:
    operation = _interpolating_vector()

    def forward(features: Tensor) -> Tensor:
        output: Tensor = operation(features, module.references, module.labels, module.out_features, module.neighbours)
        return output

    return forward


@cache
def _interpolating_vector() -> Any:
    """The operation, registered when it is first needed."""

    def interpolating_vector(
        features: Tensor, references: Tensor, labels: Tensor, classes: int, neighbours: int
    ) -> Tensor:
        module = InterpolatingVector(references.shape[1], classes, references=1, neighbours=neighbours)
        return InterpolatingVector.forward(module.holding(references, labels), features)

    def shape_only(features: Tensor, references: Tensor, labels: Tensor, classes: int, neighbours: int) -> Tensor:
        return features.new_empty(len(features), classes)

    made = torch.library.custom_op("hierfeat::interpolating_vector", interpolating_vector, mutates_args=())
    made.register_fake(shape_only)
    return made
