"""What each unit depends on, found without any of the library's interval arithmetic.

One row of the image is set to NaN, and the units that turn NaN depend on it: NaN crosses convolutions, pools, sums and
norms in eval mode. Float64 keeps to kernels that do not smear it (Winograd, NNPACK). Bilinear upsampling multiplies
some pixels by a weight of zero, which lets NaN through although nothing depends on them: nets with it, of positive
weights only, are probed with a huge number instead.
"""

import numpy as np
import torch

import hierfeat as hf

HUGE = 1e60


def probed_boxes(h, *, kinds=("conv", "pool"), batch=16, marker=float("nan")):
    """By layer, for those of `kinds` with a map: (rows, cols, 4) half-open boxes of all units; zeros: sees nothing."""
    rows = _dependence(h, 1, kinds, batch, marker)
    cols = _dependence(h, 2, kinds, batch, marker)
    return {name: _boxes(rows[name], cols[name]) for name in rows}


def _dependence(h, axis, kinds, batch, marker):
    """By layer: (image rows or columns, unit rows, unit columns), whether the unit was reached by the marker."""
    length = h.input_shape[axis]
    found = {}

    def after(call, output):
        if call.kind in kinds and output.dim() == 4:
            reached = output.isnan() | (output.abs() > HUGE**0.5)
            found.setdefault(call.name, []).append(reached.any(dim=1).numpy())

    for start in range(0, length, batch):
        places = range(start, min(start + batch, length))
        with torch.no_grad(), h.watching(after=after):
            h.model(_marked(h.input_shape, axis, places, marker))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _marked(shape, axis, places, marker):
    images = torch.rand(len(places), *shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for index, place in enumerate(places):
        images[index].select(axis, place).fill_(marker)
    return images


def _boxes(rows, cols):
    top, bottom = _ends(rows)
    left, right = _ends(cols)
    return np.stack([top, left, bottom, right], axis=-1)


def _ends(reached):
    some = reached.any(axis=0)
    first, last = reached.argmax(axis=0), len(reached) - reached[::-1].argmax(axis=0)
    return np.where(some, first, 0), np.where(some, last, 0)


def assert_exact(h, *, kinds=("conv", "pool"), batch=16, marker=float("nan")):
    """Every unit of every conv and pool has the box that the probe finds; returns the fields."""
    fields = hf.receptive_fields(h)
    probed = probed_boxes(h, kinds=kinds, batch=batch, marker=marker)
    assert probed, "no layer was probed"
    for name, boxes in probed.items():
        np.testing.assert_array_equal(fields.boxes(name), boxes, err_msg=name)
    return fields
