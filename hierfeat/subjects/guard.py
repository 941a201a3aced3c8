"""The model is left as it was found, whatever happens while it is examined."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def undisturbed(model: nn.Module) -> Iterator[None]:
    """Put `model` in eval mode for the block; restore modes, buffers, ``requires_grad`` and the global RNG after it.

    Notes
    -----
    Buffers are cloned on entry and written back only if something changed them: batch-norm statistics
    do not move in eval mode, but a model's own counters may.
    """
    modes = [(module, module.training) for module in model.modules()]
    buffers = [
        (module, name, buffer, None if buffer is None else (buffer._version, buffer.detach().clone()))
        for module in model.modules()
        for name, buffer in module._buffers.items()
    ]
    frozen = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
    devices = sorted({parameter.device.index or 0 for parameter in model.parameters() if parameter.is_cuda})
    with torch.random.fork_rng(devices=devices):
        try:
            if any(training for _, training in modes):
                model.eval()
            yield
        finally:
            for module, training in modes:
                module.__dict__["training"] = training
            for module, name, buffer, saved in buffers:
                module._buffers[name] = buffer
                if saved is not None and buffer is not None and _changed(buffer, *saved):
                    with torch.no_grad():
                        buffer.copy_(saved[1])
            for parameter, requires_grad in frozen:
                if parameter.requires_grad != requires_grad:
                    parameter.requires_grad_(requires_grad)


def _changed(buffer: Tensor, version: int, saved: Tensor) -> bool:
    """Whether a buffer was written into; no version counter sees a write through ``.data``."""
    return buffer._version != version or not (buffer.is_meta or torch.equal(buffer, saved))
