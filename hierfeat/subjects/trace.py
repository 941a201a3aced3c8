"""The list of a model's layers, from one forward pass."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import torch
from torch import Tensor, nn

from hierfeat.errors import HierfeatError
from hierfeat.subjects.calls import Call, Watch
from hierfeat.subjects.dry_run import DryRun
from hierfeat.subjects.guard import undisturbed
from hierfeat.subjects.layer import Layer, describe

if TYPE_CHECKING:
    from hierfeat.subjects.hierarchy import Hierarchy

T = TypeVar("T")


def trace(h: "Hierarchy") -> list[Layer]:
    """Run the model of `h` once and describe each layer call, in call order; see :func:`one_forward`."""
    layers, _ = one_forward(h, lambda image: _run(h.model, image))
    return layers


def one_forward(h: "Hierarchy", run: Callable[[Tensor], T]) -> tuple[T, str]:
    """Return ``run(image)`` for an image without data, or a real one, and which of them it was.

    On an image of the meta device a model computes shapes only, in no time. Where its control flow
    depends on the data, `run` gets one image of uniform noise.

    Raises
    ------
    HierfeatError
        If the model cannot take an input of this shape.
    """
    try:
        return run(torch.empty(1, *h.input_shape, dtype=h.dtype, device="meta")), "meta"
    except Exception as error:  # whatever a shape-only run cannot do, a real one may
        if h.device.type == "meta":
            raise HierfeatError(f"{h.name} has no weights (meta device) and needs them to run: {error}") from error
        noise = torch.rand(1, *h.input_shape, generator=torch.Generator().manual_seed(0))
    try:
        return run(noise.to(h.device, h.dtype)), "one image of noise"
    except Exception as error:
        raise HierfeatError(
            f"{h.name} cannot run on an input of shape {(1, *h.input_shape)}: {type(error).__name__}: {error}; "
            "check input_shape, which is (channels, height, width)"
        ) from error


def _run(model: nn.Module, image: Tensor) -> list[Layer]:
    layers: list[Layer] = []
    seen: dict[str, int] = {}  # flops at the start of each call: a layer may hold another one

    def before(call: Call) -> None:
        seen[call.name] = dry.flops

    def after(call: Call, output: Tensor) -> None:
        layers.append(describe(call, output, (dry.flops - seen[call.name]) // 2))

    with undisturbed(model), torch.no_grad(), DryRun() as dry, Watch(model, before=before, after=after):
        model(image)
    return layers
