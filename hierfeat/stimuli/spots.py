"""Spots and annuli, the stimuli that find a field and its surround."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from torch import Tensor

from hierfeat.errors import HierfeatError
from hierfeat.stimuli._checks import POLARITIES, SIZES, UNIT, axis, image_shape
from hierfeat.stimuli._checks import positions as some_positions
from hierfeat.stimuli.geometry import disc, once_each
from hierfeat.stimuli.stimulus_set import StimulusSet, Values, centre, product_table, refuse_too_many
from hierfeat.subjects.arguments import checked


@checked(
    shape=image_shape,
    diameters=SIZES,
    polarities=POLARITIES,
    contrasts=UNIT,
    positions=some_positions,
)
def spots(
    shape: Sequence[int],
    *,
    diameters: Values = 3.0,
    polarities: Values = 1.0,
    contrasts: Values = 1.0,
    positions: Sequence[tuple[float, float]] | np.ndarray | None = None,
    ground: float = 0.5,
) -> StimulusSet:
    """Round spots, light (polarity 1) or dark (polarity -1), anti-aliased.

    Parameters
    ----------
    shape
        (channels, height, width) of each image.
    diameters
        Pixels.
    polarities, contrasts
        1 light, -1 dark; 0 to 1.
    positions
        (row, col) of each centre; None is the middle of the image.
    ground
        Luminance of the ground.

    Returns
    -------
    StimulusSet
        Columns ``diameter, inner, polarity, contrast, row, col``; ``inner`` is 0.

    Examples
    --------
    >>> spots((1, 28, 28), polarities=(1, -1), positions=[(4.5, 4.5), (14, 14)])
    StimulusSet(4 images of (1, 28, 28), varying polarity, row, col)
    """
    return annuli(
        shape,
        inner_diameters=0.0,
        outer_diameters=diameters,
        polarities=polarities,
        contrasts=contrasts,
        positions=positions,
        ground=ground,
    )


@checked(
    shape=image_shape,
    inner_diameters=axis(0, 1e6),
    outer_diameters=SIZES,
    polarities=POLARITIES,
    contrasts=UNIT,
    positions=some_positions,
)
def annuli(
    shape: Sequence[int],
    *,
    inner_diameters: Values = 3.0,
    outer_diameters: Values = 9.0,
    polarities: Values = 1.0,
    contrasts: Values = 1.0,
    positions: Sequence[tuple[float, float]] | np.ndarray | None = None,
    ground: float = 0.5,
) -> StimulusSet:
    """Rings: a disc of the outer diameter less one of the inner.

    Parameters
    ----------
    shape
        As in :func:`spots`.
    inner_diameters, outer_diameters
        Pixels, crossed with each other; pairs whose inner one is not the smaller are left out.
    polarities, contrasts, positions, ground
        As in :func:`spots`.

    Returns
    -------
    StimulusSet
        Columns ``diameter, inner, polarity, contrast, row, col``.

    Examples
    --------
    >>> len(annuli((1, 28, 28), inner_diameters=[3, 9], outer_diameters=[6, 12]))
    3
    """
    table = product_table(
        diameter=outer_diameters,
        inner=inner_diameters,
        polarity=polarities,
        contrast=contrasts,
    )
    places = np.asarray([centre(None, shape)] if positions is None else positions, dtype=float)
    table = table[table.inner < table.diameter]
    if table.empty:
        raise HierfeatError(
            f"expected an inner diameter below an outer one, got {inner_diameters} within {outer_diameters}"
        )
    refuse_too_many(len(table) * len(places))
    table = table.merge(pd.DataFrame(places, columns=["row", "col"]), how="cross")
    return StimulusSet(shape, table, draw_annuli, ground=ground)


def draw_annuli(rows: Tensor, cols: Tensor, values: Mapping[str, Tensor]) -> Tensor:
    """Draw the outer disc less the inner one."""

    def ring(row: Tensor, col: Tensor, outer: Tensor, inner: Tensor) -> Tensor:
        down, right = rows - row, cols - col
        whole = disc(down, right, outer)
        return whole.sub_(disc(down, right, inner)) if float(inner.max()) > 0 else whole

    rings = once_each(ring, *(values[name] for name in ("row", "col", "diameter", "inner")))
    return rings.mul_(values["polarity"] * values["contrast"])
