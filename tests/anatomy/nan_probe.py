"""What each unit depends on, found without any of the library's interval arithmetic.

One row of the image is set to NaN, and the units that turn NaN depend on it: NaN crosses convolutions, pools, sums and
norms in eval mode. Float64 keeps to kernels that do not smear it (Winograd, NNPACK).
"""

import numpy as np
import torch

import hierfeat as hf


def probed_boxes(h: hf.Hierarchy, *, kinds=("conv", "pool"), batch=16) -> dict[str, np.ndarray]:
    """(rows, cols, 4) half-open boxes of every unit of every layer of `kinds` that has a map; zeros: sees nothing."""
    rows = _dependence(h, 1, kinds, batch)
    cols = _dependence(h, 2, kinds, batch)
    return {name: _boxes(rows[name], cols[name]) for name in rows}


def _dependence(h, axis, kinds, batch):
    """By layer: (image rows or columns, unit rows, unit columns), whether the unit turned NaN."""
    length = h.input_shape[axis]
    found: dict[str, list[np.ndarray]] = {}

    def after(call, output):
        if call.kind in kinds and output.dim() == 4:
            found.setdefault(call.name, []).append(output.isnan().any(dim=1).numpy())

    for start in range(0, length, batch):
        with torch.no_grad(), h.watching(after=after):
            h.model(with_nan(h.input_shape, axis, range(start, min(start + batch, length))))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def with_nan(shape, axis, places):
    images = torch.rand(len(places), *shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for index, place in enumerate(places):
        images[index].select(axis, place).fill_(float("nan"))
    return images


def _boxes(rows, cols):
    top, bottom = _ends(rows)
    left, right = _ends(cols)
    return np.stack([top, left, bottom, right], axis=-1)


def _ends(nan):
    some = nan.any(axis=0)
    first, last = nan.argmax(axis=0), len(nan) - nan[::-1].argmax(axis=0)
    return np.where(some, first, 0), np.where(some, last, 0)


def assert_exact(h: hf.Hierarchy, *, kinds=("conv", "pool"), batch=16) -> hf.receptive_fields:
    """Every unit of every conv and pool has the box that the probe finds."""
    fields = hf.receptive_fields(h)
    probed = probed_boxes(h, kinds=kinds, batch=batch)
    assert probed, "nothing was probed"
    for name, boxes in probed.items():
        np.testing.assert_array_equal(fields.boxes(name), boxes, err_msg=name)
    return fields
