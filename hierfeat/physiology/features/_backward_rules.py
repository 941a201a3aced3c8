"""What a rectifier hands back, for guided backpropagation and the deconvolution network, on any kind of call."""

from typing import Any

import torch
from torch import Tensor

from hierfeat.physiology.features._reading import RECTIFIERS
from hierfeat.subjects.call import Call


class _Rectified(torch.autograd.Function):
    """The identity; what comes back through it is rectified."""

    @staticmethod
    def forward(_ctx: Any, output: Tensor) -> Tensor:
        return output.view_as(output)

    @staticmethod
    def backward(_ctx: Any, gradient: Tensor) -> Tensor:
        return gradient.clamp(min=0)


class _Passed(torch.autograd.Function):
    """A rectifier's output; what comes back goes, rectified, to its input as if it had let everything through."""

    @staticmethod
    def forward(_ctx: Any, _given: Tensor, output: Tensor) -> Tensor:
        return output.clone()

    @staticmethod
    def backward(_ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient.clamp(min=0), None


class Guided:
    """Callbacks for `reading`: only positive gradients through open rectifiers."""

    def before(self, call: Call) -> None:
        """Nothing is needed of the input."""

    def after(self, call: Call, output: Tensor) -> Tensor | None:
        """Rectify what will come back."""
        if call.op not in RECTIFIERS:
            return None
        rectified: Tensor = _Rectified.apply(output)  # type: ignore[no-untyped-call]
        return rectified


class Deconvolving:
    """Callbacks for `reading`: positive gradients through all rectifiers."""

    def __init__(self) -> None:
        self._given: dict[str, Tensor] = {}

    def before(self, call: Call) -> None:
        """Keep the input: the rectifier may write over it."""
        if call.op in RECTIFIERS:
            self._given[call.name] = call.input.clone()

    def after(self, call: Call, output: Tensor) -> Tensor | None:
        """Lead what comes back past the rectifier."""
        if call.op not in RECTIFIERS:
            return None
        passed: Tensor = _Passed.apply(self._given.pop(call.name), output.detach())  # type: ignore[no-untyped-call]
        return passed
