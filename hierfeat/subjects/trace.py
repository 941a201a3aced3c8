"""The list of a model's layers, from one forward pass."""

import torch
from torch import Tensor, nn

from hierfeat.errors import HierfeatError
from hierfeat.subjects.calls import Call, Watch
from hierfeat.subjects.dry_run import DryRun
from hierfeat.subjects.guard import undisturbed
from hierfeat.subjects.layer import Layer, describe


def trace(model: nn.Module, input_shape: tuple[int, int, int], dtype: torch.dtype, device: torch.device) -> list[Layer]:
    """Run `model` once and describe each layer call, in call order.

    The run computes nothing (shapes only) where the model allows it. Where its control flow depends on
    the data, it is run for real on one image of uniform noise.

    Raises
    ------
    HierfeatError
        If the model cannot take an input of this shape.
    """
    try:
        return _run(model, torch.empty(1, *input_shape, dtype=dtype, device="meta"))
    except Exception:  # whatever a shape-only run cannot do, a real one may
        noise = torch.rand(1, *input_shape, generator=torch.Generator().manual_seed(0))
    try:
        return _run(model, noise.to(device, dtype))
    except Exception as error:
        raise HierfeatError(
            f"{type(model).__name__} cannot run on an input of shape {(1, *input_shape)}: "
            f"{type(error).__name__}: {error}; check input_shape, which is (channels, height, width)"
        ) from error


def _run(model: nn.Module, image: Tensor) -> list[Layer]:
    layers: list[Layer] = []
    seen = 0

    def after(call: Call, output: Tensor) -> None:
        nonlocal seen
        layers.append(describe(call, output, (dry.flops - seen) // 2))
        seen = dry.flops

    def before(_call: Call) -> None:
        nonlocal seen
        seen = dry.flops

    with undisturbed(model), torch.no_grad(), DryRun() as dry, Watch(model, before=before, after=after):
        model(image)
    return layers
