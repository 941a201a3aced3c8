"""Sine gratings: the standard stimulus of visual physiology."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hierfeat.stimuli._checks import ANGLES, FREQUENCIES, SIZES, SPREAD_ANGLES, UNIT, image_shape
from hierfeat.stimuli._checks import position as a_position
from hierfeat.stimuli.geometry import directions, disc, once_each
from hierfeat.stimuli.stimulus_set import StimulusSet, Values, centre, product_table, refuse_too_many, spread
from hierfeat.subjects.arguments import checked

FULL_FIELD = 1e4
"""The diameter, in pixels, of a grating that fills every image."""


@checked(
    shape=image_shape,
    orientations=SPREAD_ANGLES,
    frequencies=FREQUENCIES,
    phases=SPREAD_ANGLES,
    contrasts=UNIT,
    diameters=SIZES,
    position=a_position,
)
def gratings(
    shape: Sequence[int],
    *,
    orientations: int | Values = 16,
    frequencies: Values = 0.1,
    phases: int | Values = 8,
    contrasts: Values = 1.0,
    diameters: Values | None = None,
    position: tuple[float, float] | None = None,
) -> StimulusSet:
    """Sine gratings on grey, every parameter crossed with every other.

    Parameters
    ----------
    shape
        (channels, height, width) of each image.
    orientations
        Degrees of the bars, counter-clockwise from horizontal; an int n spreads n over 180.
    frequencies
        Cycles/pixel, above 0 and at most 0.5.
    phases
        Degrees; an int n spreads n over 360, which is a drifting grating frame by frame. A light bar lies
        ``phase / 360`` of a cycle from the centre: downwards for horizontal bars, to the right for vertical ones.
    contrasts
        Michelson contrast, 0 to 1.
    diameters
        Of the circular window in pixels; None fills the image.
    position
        (row, col) of the centre in pixels; None is the middle of the image.

    Returns
    -------
    StimulusSet
        Columns ``orientation, frequency, phase, contrast, diameter, row, col``.

    Raises
    ------
    HierfeatError
        On frequencies beyond Nyquist, contrasts outside 0 to 1, an impossible shape, or more than 10,000,000 images.

    Notes
    -----
    Luminance is ``0.5 + 0.5 c cos(2π f u - φ)`` with ``u`` the distance across the bars from the centre.

    Examples
    --------
    >>> gratings((3, 64, 64), orientations=[0, 90], frequencies=[0.05, 0.1], phases=4)
    StimulusSet(16 images of (3, 64, 64), varying orientation, frequency, phase)
    """
    row, col = centre(position, shape)
    table = product_table(
        orientation=spread(orientations, 180.0),
        frequency=frequencies,
        phase=spread(phases, 360.0),
        contrast=contrasts,
        diameter=FULL_FIELD if diameters is None else diameters,
        row=row,
        col=col,
    )
    return StimulusSet(shape, table, draw_gratings)


def draw_gratings(rows: Tensor, cols: Tensor, values: Mapping[str, Tensor]) -> Tensor:
    """Draw gratings as products of a row and a column wave, which costs no cosine per pixel."""
    down, right = rows - values["row"], cols - values["col"]
    pattern = _wave(down, right, values["orientation"], values["frequency"], values["phase"])
    pattern = pattern.mul_(values["contrast"])
    if float(values["diameter"].min()) >= FULL_FIELD:
        return pattern
    place = (values[name] for name in ("row", "col", "diameter"))
    return pattern.mul_(once_each(lambda row, col, diameter: disc(rows - row, cols - col, diameter), *place))


def _wave(down: Tensor, right: Tensor, orientation: Tensor, frequency: Tensor, phase: Tensor) -> Tensor:
    """``cos(a + b) = cos a cos b - sin a sin b`` with a along the rows and b along the columns."""
    sine, cosine = directions(orientation)
    turns = 2 * math.pi * frequency
    vertical = turns * cosine * down - phase * (math.pi / 180)
    horizontal = turns * sine * right
    left = torch.cat([torch.cos(vertical), -torch.sin(vertical)], dim=2)
    return torch.bmm(left, torch.cat([torch.cos(horizontal), torch.sin(horizontal)], dim=1))


@checked(
    shape=image_shape,
    orientations=SPREAD_ANGLES,
    angles=ANGLES,
    frequencies=FREQUENCIES,
    phases=SPREAD_ANGLES,
    contrasts=UNIT,
    diameters=SIZES,
    position=a_position,
)
def plaids(
    shape: Sequence[int],
    *,
    orientations: int | Values = 16,
    angles: Values = 90.0,
    frequencies: Values = 0.1,
    phases: int | Values = 8,
    contrasts: Values = 1.0,
    diameters: Values | None = None,
    position: tuple[float, float] | None = None,
) -> StimulusSet:
    """Plaids: two gratings of half contrast laid over each other, `angles` degrees apart.

    Parameters
    ----------
    shape
        As in :func:`gratings`; both components share them.
    orientations
        Of the first component, degrees.
    angles
        From the first component to the second, degrees.
    frequencies, phases, contrasts, diameters, position
        As in :func:`gratings`; both components share them.

    Returns
    -------
    StimulusSet
        The columns of :func:`gratings` and ``angle``.

    Examples
    --------
    >>> len(plaids((1, 32, 32), orientations=4, angles=[60, 90], phases=2))
    16
    """
    base = gratings(
        shape,
        orientations=orientations,
        frequencies=frequencies,
        phases=phases,
        contrasts=contrasts,
        diameters=diameters,
        position=position,
    ).table
    apart = np.atleast_1d(np.asarray(angles, dtype=float))
    refuse_too_many(len(base) * len(apart))
    crossed = base.merge(pd.DataFrame({"angle": apart}), how="cross")
    return StimulusSet(shape, crossed, draw_plaids)


def draw_plaids(rows: Tensor, cols: Tensor, values: Mapping[str, Tensor]) -> Tensor:
    """Draw the mean of two gratings."""
    second = {**values, "orientation": values["orientation"] + values["angle"]}
    return draw_gratings(rows, cols, values).add_(draw_gratings(rows, cols, second)).mul_(0.5)
