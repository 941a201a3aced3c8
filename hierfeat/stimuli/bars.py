"""Bars, slits and edges, light or dark, at any angle and place."""

from collections.abc import Mapping, Sequence

from torch import Tensor

from hierfeat.stimuli._checks import OFFSETS, POLARITIES, SIZES, SPREAD_ANGLES, UNIT, image_shape
from hierfeat.stimuli._checks import position as a_position
from hierfeat.stimuli.geometry import across, along, band, half_plane, once_each
from hierfeat.stimuli.stimulus_set import StimulusSet, Values, centre, product_table, spread
from hierfeat.subjects.arguments import checked


@checked(
    shape=image_shape,
    orientations=SPREAD_ANGLES,
    widths=SIZES,
    lengths=SIZES,
    offsets=OFFSETS,
    polarities=POLARITIES,
    contrasts=UNIT,
    position=a_position,
)
def bars(
    shape: Sequence[int],
    *,
    orientations: int | Values = 16,
    widths: Values = 2.0,
    lengths: Values | None = None,
    offsets: Values = 0.0,
    polarities: Values = 1.0,
    contrasts: Values = 1.0,
    position: tuple[float, float] | None = None,
    ground: float = 0.5,
) -> StimulusSet:
    """Bars: light slits (polarity 1) or dark bars (polarity -1), anti-aliased.

    Parameters
    ----------
    shape
        (channels, height, width) of each image.
    orientations
        Degrees of the bar, counter-clockwise from horizontal; an int n spreads n over 180.
    widths, lengths
        Pixels; a length of None runs across the whole image.
    offsets
        Pixels from the centre across the bar: downwards for a horizontal bar, to the right for a vertical one.
        A rising series sweeps the bar over the image.
    polarities
        1 light, -1 dark.
    contrasts
        0 to 1.
    position
        (row, col) of the centre in pixels; None is the middle of the image.
    ground
        Luminance of the ground.

    Returns
    -------
    StimulusSet
        Columns ``orientation, width, length, polarity, contrast, offset, row, col``.

    Notes
    -----
    A pixel's luminance is the share of it that the bar covers: exact along the sides and along the ends, the
    product of both at the four corners.

    Examples
    --------
    >>> sweep = bars((1, 28, 28), orientations=[90], offsets=range(-10, 11))
    >>> sweep
    StimulusSet(21 images of (1, 28, 28), varying offset)
    """
    row, col = centre(position, shape)
    table = product_table(
        orientation=spread(orientations, 180.0),
        width=widths,
        length=4.0 * max(shape[1:]) if lengths is None else lengths,
        polarity=polarities,
        contrast=contrasts,
        offset=offsets,
        row=row,
        col=col,
    )
    return StimulusSet(shape, table, draw_bars, ground=ground)


def draw_bars(rows: Tensor, cols: Tensor, values: Mapping[str, Tensor]) -> Tensor:
    """Draw each bar as its coverage across times its coverage along."""

    def side(row: Tensor, col: Tensor, angle: Tensor, offset: Tensor, width: Tensor) -> Tensor:
        return band(across(rows - row, cols - col, angle) - offset, width, angle)

    def end(row: Tensor, col: Tensor, angle: Tensor, length: Tensor) -> Tensor:
        return band(along(rows - row, cols - col, angle), length, angle + 90)

    place = [values[name] for name in ("row", "col", "orientation")]
    sides = once_each(side, *place, values["offset"], values["width"])
    ends = once_each(end, *place, values["length"])
    return sides.mul_(ends).mul_(values["polarity"] * values["contrast"])


@checked(
    shape=image_shape,
    orientations=SPREAD_ANGLES,
    offsets=OFFSETS,
    polarities=POLARITIES,
    contrasts=UNIT,
    position=a_position,
)
def edges(
    shape: Sequence[int],
    *,
    orientations: int | Values = 16,
    offsets: Values = 0.0,
    polarities: Values = (1.0, -1.0),
    contrasts: Values = 1.0,
    position: tuple[float, float] | None = None,
) -> StimulusSet:
    """Straight edges between light and dark.

    Parameters
    ----------
    shape, orientations, offsets
        As in :func:`bars`.
    polarities
        1: light beyond the edge (below a horizontal one, to the right of a vertical one); -1: light before it.
    contrasts, position
        As in :func:`bars`.

    Returns
    -------
    StimulusSet
        Columns ``orientation, polarity, contrast, offset, row, col``.

    Examples
    --------
    >>> edge = edges((1, 8, 8), orientations=[90], polarities=1)[0]
    >>> edge[0, 0].round(decimals=3).tolist()
    [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]
    """
    row, col = centre(position, shape)
    table = product_table(
        orientation=spread(orientations, 180.0),
        polarity=polarities,
        contrast=contrasts,
        offset=offsets,
        row=row,
        col=col,
    )
    return StimulusSet(shape, table, draw_edges)


def draw_edges(rows: Tensor, cols: Tensor, values: Mapping[str, Tensor]) -> Tensor:
    """Draw +contrast beyond the edge and -contrast before it."""

    def beyond(row: Tensor, col: Tensor, angle: Tensor, offset: Tensor) -> Tensor:
        return half_plane(across(rows - row, cols - col, angle) - offset, angle)

    share = once_each(beyond, *(values[name] for name in ("row", "col", "orientation", "offset")))
    return (2 * share - 1).mul_(values["polarity"] * values["contrast"])
