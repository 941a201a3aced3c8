"""What the kernel workshop starts with: the named kernels, and a photograph to lay them on."""

import base64
from functools import cache
from typing import Any

from hierfeat.stimuli.kernels import image_kernels
from hierfeat.stimuli.pictures import photographs

_SIDE = 96  # of the photograph: the matrix of a convolution of it can still be drawn
_FINEST = 0.3  # cycles/pixel of the Gabors, whose windows are then no larger than the workshop's tables


@cache
def workshop() -> dict[str, Any]:
    """The kernels by name, and the photograph's bytes."""
    found = image_kernels(frequency=_FINEST)
    said = dict(zip(found.table["kernel"], found.table["description"], strict=True))
    kernels = [
        {"name": name, "description": said[name], "weights": weights.round(6).tolist()}
        for name, weights in found.kernels.items()
    ]
    grey = (photographs(1, size=_SIDE, channels=1)[0, 0] * 255).round().byte()
    data = base64.b64encode(grey.numpy().tobytes()).decode("ascii")
    return {"kernels": kernels, "photograph": {"height": _SIDE, "width": _SIDE, "data": data}}
